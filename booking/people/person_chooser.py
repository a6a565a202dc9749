"""Choosing a person in the admin: for those who keep the register, and for nobody else."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import chooser as chooser_views
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.admin.widgets import BaseChooser

from booking.people.models import Person
from booking.registers import is_row_number


class PersonSearchForm(BaseFilterForm):
    q = forms.CharField(
        label=gettext_lazy("Search"),
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Name or e-mail")}),
        required=False,
    )

    def filter(self, persons):
        self.search_query = self.cleaned_data.get("q")
        self.is_searching = bool(self.search_query)
        for word in (self.search_query or "").split():
            found = Q()
            for spelling in {word, word.lower(), word.capitalize()}:
                found |= Q(name__icontains=spelling) | Q(email__icontains=spelling)
            persons = persons.filter(found)
        return persons


class KeepersOnly(PermissionCheckedMixin):
    """Wagtail shows every chooser to everybody in the admin; this one only to those who keep the register."""

    any_permission_required = ["add", "change", "view"]

    def get_object_list(self):
        return super().get_object_list().registered()


class ListsPersons(KeepersOnly):
    filter_form_class = PersonSearchForm

    @property
    def columns(self):
        return [*super().columns, Column("email", label=_("E-mail"))]


class ChoosePersonView(ListsPersons, chooser_views.ChooseView):
    pass


class ChoosePersonResultsView(ListsPersons, chooser_views.ChooseResultsView):
    pass


class ChosenPersonView(KeepersOnly, chooser_views.ChosenView):
    def get_object(self, pk):
        if not is_row_number(pk):
            raise Person.DoesNotExist
        return super().get_object(pk)


class ChosenPersonsView(KeepersOnly, chooser_views.ChosenMultipleView):
    def get_objects(self, pks):
        return super().get_objects([pk for pk in pks if is_row_number(pk)])


class PersonChooser(BaseChooser):
    def get_instance(self, value):
        """Nobody, where a forged form brings what is no id: the field refuses it, and the form is shown again."""
        try:
            return super().get_instance(value)
        except ValueError:
            return None


class PersonChooserViewSet(ChooserViewSet):
    model = Person
    base_widget_class = PersonChooser
    name = "choose-person"
    icon = "user"
    per_page = 20
    choose_one_text = gettext_lazy("Choose a person")
    choose_another_text = gettext_lazy("Choose another person")
    edit_item_text = gettext_lazy("Edit this person")
    choose_view_class = ChoosePersonView
    choose_results_view_class = ChoosePersonResultsView
    chosen_view_class = ChosenPersonView
    chosen_multiple_view_class = ChosenPersonsView
