"""What staff's lists in the admin have in common; what each list shows stands in the admin.py of its room.

Some lists staff keep (venues, persons); some they only look at (bookings, the journal), with named actions.
"""

import re

import django_filters
from django import forms
from django.contrib import messages
from django.contrib.admin.utils import quote
from django.contrib.auth import get_permission_codename
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models, router
from django.db.models import Q
from django.db.models.deletion import Collector, ProtectedError
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin.views import generic
from wagtail.admin.views.generic.base import BaseObjectMixin, WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.models import ReferenceIndex
from wagtail.permission_policies import ModelPermissionPolicy


class LookOnlyPolicy(ModelPermissionPolicy):
    """Nobody adds, changes or deletes here, not even a superuser; whoever may view, views.

    A named action asks for the permission of its own name (``cancel`` of a booking: ``booking.cancel_booking``).
    """

    def user_has_permission(self, user, action):
        return action not in {"add", "change", "delete"} and super().user_has_permission(user, action)

    def users_with_any_permission(self, actions):
        return super().users_with_any_permission(set(actions) - {"add", "change", "delete"})


class RegisterIndexView(generic.IndexView):
    def spellings(self, word: str) -> set[str]:
        """The ways in which ``word`` may be written. SQLite knows no capitals beyond A to Z, so they are among them."""
        return {word, word.lower(), word.upper(), word.capitalize()}

    def search_queryset(self, queryset):
        """Every word must stand in one of the searched fields, in capitals or not."""
        for word in self.search_query.split():
            found = Q()
            for field in self.search_fields or []:
                for spelling in self.spellings(word):
                    found |= Q(**{f"{field}__icontains": spelling})
            queryset = queryset.filter(found)
        return queryset


class RowField(django_filters.fields.ModelChoiceField):
    def to_python(self, value):
        """A number that no database can hold is as unknown as any other."""
        try:
            return super().to_python(value)
        except OverflowError as error:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice") from error


class RowFilter(django_filters.ModelChoiceFilter):
    """Filters by one row of another register."""

    field_class = RowField


def is_row_number(value) -> bool:
    """Whether it is written as an id is, and no larger than any database can hold."""
    return re.fullmatch(r"[0-9]{1,18}", str(value), re.ASCII) is not None


class RowsField(forms.ModelMultipleChoiceField):
    """Some rows of another register; what is no id is refused as an unknown one is."""

    def clean(self, value):
        for one in value or ():
            if not is_row_number(one):
                raise ValidationError(
                    self.error_messages["invalid_pk_value"], code="invalid_pk_value", params={"pk": str(one)[:20]}
                )
        return super().clean(value)


class DayRangeField(django_filters.fields.DateRangeField):
    def compress(self, days):
        """The first days of the calendar begin before it, where the time is another."""
        if any(day and day.year < 1900 for day in days or ()):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().compress(days)


class DayRangeFilter(django_filters.DateFromToRangeFilter):
    """Filters by moments from a day to a day."""

    field_class = DayRangeField


class RegisterDeleteView(generic.DeleteView):
    """Deletes what nothing refers to; otherwise says what does."""

    template_name = "booking/admin/confirm_delete.html"

    @cached_property
    def kept_by(self) -> str:
        return kept_by(self.object)

    def form_valid(self, form):
        if self.kept_by:
            messages.error(self.request, refusal(self.object, self.kept_by))
            return redirect(self.get_success_url())
        return super().form_valid(form)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        context["is_protected"] = bool(self.kept_by)
        context["refusal"] = self.kept_by and refusal(self.object, self.kept_by)
        return context


def refusal(thing: models.Model, kept_by: str) -> str:
    """The sentence that says why ``thing`` must stay."""
    return _("“%(name)s” is in use and can't be deleted: %(kept_by)s.") % {"name": thing, "kept_by": kept_by}


def kept_by(thing: models.Model) -> str:
    """What refers to ``thing``, so that it must stay: "2 offers, 1 session"; empty if nothing does.

    Counts, never names: whoever asks may not be allowed to know more.
    """
    users: set[tuple[type[models.Model], str]] = set()
    try:
        Collector(using=router.db_for_write(type(thing), instance=thing), origin=thing).collect([thing])
    except ProtectedError as protected:
        users |= {(type(user), str(user.pk)) for user in protected.protected_objects}
    for reference in ReferenceIndex.get_references_to(thing).select_related("content_type"):
        users.add((reference.content_type.model_class(), reference.object_id))
    by_model: dict[type[models.Model], int] = {}
    for model, _pk in users:
        by_model[model] = by_model.get(model, 0) + 1
    return ", ".join(
        f"{count} {model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural}"
        for model, count in sorted(by_model.items(), key=lambda item: item[0].__name__)
    )


class RegisterViewSet(ModelViewSet):
    """A list of records that staff keep."""

    index_view_class = RegisterIndexView
    delete_view_class = RegisterDeleteView
    copy_view_enabled = False
    list_per_page = 50


class LookOnlyViewSet(RegisterViewSet):
    """A list that staff look at. Register a LookOnlyPolicy for the model beside it."""

    inspect_view_enabled = True
    add_to_reference_index = False  # else a page's usage would count, and show, what editors may not see
    #: The named actions and their views.
    actions: dict[str, type["NamedActionView"]] = {}
    #: Permissions besides: to see more than the rest.
    rights: tuple[str, ...] = ()

    def get_common_view_kwargs(self, **kwargs):
        return super().get_common_view_kwargs(
            action_url_names={action: self.get_url_name(action) for action in self.actions}, **kwargs
        )

    def get_urlpatterns(self):
        conv = self.pk_path_converter
        return [
            path("", self.index_view, name="index"),
            path("results/", self.index_results_view, name="index_results"),
            path(f"inspect/<{conv}:pk>/", self.inspect_view, name="inspect"),
            *(
                path(f"{action}/<{conv}:pk>/", self.construct_view(view_class), name=action)
                for action, view_class in self.actions.items()
            ),
        ]

    def get_permissions_to_register(self):
        """Those that mean something here, for whoever edits the groups."""
        named = ("view", *self.actions, *self.rights)
        codenames = [get_permission_codename(action, self.model_opts) for action in named]
        content_type = ContentType.objects.get_for_model(self.model)
        return Permission.objects.filter(content_type=content_type, codename__in=codenames)


class NamedActionView(PermissionCheckedMixin, WagtailAdminTemplateMixin, BaseObjectMixin, TemplateView):
    """A page that says what follows, and one button that does it."""

    index_url_name = ""
    inspect_url_name = ""

    def get_back_url(self) -> str:
        """Where one came from, and where one lands."""
        return reverse(self.inspect_url_name, args=[quote(self.object.pk)])

    def act(self) -> None:
        """Do it, and leave a message that says so."""
        raise NotImplementedError

    def post(self, request, *args, **kwargs):
        self.act()
        return redirect(self.get_back_url())

    def get_breadcrumbs_items(self):
        return [
            *self.breadcrumbs_items,
            {"url": self.get_back_url(), "label": str(self.object)},
            {"url": "", "label": self.get_page_title()},
        ]

    def get_context_data(self, **kwargs):
        return super().get_context_data(object=self.object, back_url=self.get_back_url(), **kwargs)
