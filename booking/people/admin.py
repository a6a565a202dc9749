"""The register of people, as course administrators keep it. Editors see none of it, not even in a chooser."""

import django_filters
from django import forms
from django.contrib import messages
from django.db.models import Prefetch, Q
from django.http import Http404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, ObjectList, Panel
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import CreateView, EditView
from wagtail.admin.views.generic import chooser as chooser_views
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.admin.widgets import BaseChooser
from wagtail.admin.widgets.button import Button

from booking.dates import danish_day, today
from booking.people.audiences import Audience
from booking.people.grants import AudienceGrant, end_access, grant_access
from booking.people.models import ElectionTerm, HealthCouncil, Municipality, Office, OfficeKind, Person, Secretary
from booking.people.secretaries import note_ended, note_named
from booking.people.signin import give_sign_in, staff_with
from booking.registers import NamedActionView, RegisterViewSet, RowsField, is_row_number


class MunicipalityFilterSet(WagtailFilterSet):
    region = django_filters.AllValuesFilter(label=gettext_lazy("region"), empty_label=gettext_lazy("All"))

    class Meta:
        model = Municipality
        fields = ["region"]


class MunicipalityViewSet(RegisterViewSet):
    model = Municipality
    name = "municipalities"
    icon = "home"
    panels = [
        FieldPanel("name"),
        FieldRowPanel([FieldPanel("code"), FieldPanel("cvr")]),
        FieldRowPanel([FieldPanel("region"), FieldPanel("health_council")]),
        FieldPanel("invoice_format"),
    ]
    list_display = ["name", "code", "cvr", "region"]
    filterset_class = MunicipalityFilterSet
    search_fields = ["name", "code", "cvr"]
    add_to_reference_index = False


class HealthCouncilViewSet(RegisterViewSet):
    model = HealthCouncil
    name = "health-councils"
    icon = "group"
    panels = [FieldPanel("name"), FieldRowPanel([FieldPanel("region"), FieldPanel("sort_order")])]
    list_display = ["name", "region"]
    search_fields = ["name", "region"]
    add_to_reference_index = False


class ElectionTermViewSet(RegisterViewSet):
    model = ElectionTerm
    name = "election-terms"
    icon = "calendar"
    panels = [FieldRowPanel([FieldPanel("starts_on"), FieldPanel("ends_on")])]
    list_display = ["__str__", "starts_on", "ends_on"]


# Persons


class PersonForm(WagtailAdminModelForm):
    def clean_email(self):
        """Staff put themselves in the register; nobody else writes the address that opens their desk on a person."""
        email = self.cleaned_data["email"]
        staff = staff_with(email.strip().lower()) if email else None
        if staff and staff != self.for_user:
            raise forms.ValidationError(
                _("A colleague signs in to the admin with this address. Write another, or leave the field empty.")
            )
        return email


class GivesSignIn:
    """What is saved in the register decides who can sign in, at once."""

    def save_instance(self):
        person = super().save_instance()
        give_sign_in(person)
        return person


class PersonCreateView(GivesSignIn, CreateView):
    pass


class PersonEditView(GivesSignIn, EditView):
    def get_object(self, queryset=None):
        """Guests are not in the register, and nobody writes them into it."""
        return super().get_object(Person.objects.registered())

    @cached_property
    def header_more_buttons(self):
        buttons = super().header_more_buttons
        if self.request.user.has_perm("booking.forget_person"):
            url = reverse("forget_person", args=[self.object.pk])
            buttons.append(Button(_("Delete all about the person"), url=url, icon_name="bin", priority=30))
        return buttons


def held_today(person: Person) -> str:
    """The offices that a person holds, for a list: they were fetched with the person."""
    return ", ".join(capfirst(str(office)) for office in person.held)


def acts_for_today(person: Person) -> str:
    return ", ".join(str(link.principal) for link in person.acting)


class PersonFilterSet(WagtailFilterSet):
    office = django_filters.ChoiceFilter(
        label=gettext_lazy("office"),
        choices=OfficeKind.choices,
        method="holding",
    )
    municipality = django_filters.ModelChoiceFilter(
        label=gettext_lazy("municipality"), queryset=Municipality.objects.all(), method="in_municipality"
    )

    def holding(self, persons, _name, kind):
        held = Office.objects.held_on(today(timezone.now())).filter(kind=kind)
        return persons.filter(pk__in=held.values("person"))

    def in_municipality(self, persons, _name, municipality):
        held = Office.objects.held_on(today(timezone.now())).filter(municipality=municipality)
        helped = Secretary.objects.filter(principal__in=held.values("person"))
        return persons.filter(Q(pk__in=held.values("person")) | Q(pk__in=helped.values("secretary")))

    class Meta:
        model = Person
        fields: list[str] = []


class PersonIndexView(RegisterViewSet.index_view_class):
    def get_base_queryset(self):
        day = today(timezone.now())
        held = Office.objects.held_on(day).select_related("municipality")
        current = Q(ends_on=None) | Q(ends_on__gte=day)
        acting = Secretary.objects.filter(current, starts_on__lte=day).select_related("principal")
        return Person.objects.registered().prefetch_related(
            Prefetch("offices", held, to_attr="held"), Prefetch("acts_for", acting, to_attr="acting")
        )


class PersonViewSet(RegisterViewSet):
    model = Person
    name = "persons"
    icon = "user"
    add_view_class = PersonCreateView
    edit_view_class = PersonEditView
    index_view_class = PersonIndexView
    edit_handler = ObjectList(
        [
            FieldPanel("name"),
            FieldPanel(
                "email",
                help_text=gettext_lazy(
                    "Sign-in codes are sent here. Whoever has the address can sign in as this person."
                ),
            ),
            FieldPanel("phone"),
            FieldPanel("municipality"),
        ],
        base_form_class=PersonForm,
    )
    list_display = [
        "name",
        Column("held", label=gettext_lazy("Holds"), accessor=held_today),
        Column("acting", label=gettext_lazy("Acts for"), accessor=acts_for_today),
        "email",
        "phone",
    ]
    filterset_class = PersonFilterSet
    search_fields = ["name", "email"]
    add_to_reference_index = False


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


class ChoosePersonView(KeepersOnly, chooser_views.ChooseView):
    filter_form_class = PersonSearchForm

    @property
    def columns(self):
        return [*super().columns, Column("email", label=_("E-mail"))]


class ChoosePersonResultsView(KeepersOnly, chooser_views.ChooseResultsView):
    filter_form_class = PersonSearchForm

    @property
    def columns(self):
        return [*super().columns, Column("email", label=_("E-mail"))]


class ChosenPersonView(KeepersOnly, chooser_views.ChosenView):
    pass


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


# Offices and secretaries


class CurrentFilter(django_filters.ChoiceFilter):
    """What holds today, what did, and what is to come, by ``starts_on`` and ``ends_on``."""

    def __init__(self, **kwargs):
        choices = [
            ("now", gettext_lazy("Today")),
            ("past", gettext_lazy("Ended")),
            ("future", gettext_lazy("To come")),
        ]
        super().__init__(label=gettext_lazy("In force"), choices=choices, **kwargs)

    def filter(self, queryset, value):
        day = today(timezone.now())
        match value:
            case "now":
                return queryset.filter(Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day)
            case "past":
                return queryset.filter(ends_on__lt=day)
            case "future":
                return queryset.filter(starts_on__gt=day)
        return queryset


class OfficeFilterSet(WagtailFilterSet):
    in_force = CurrentFilter()

    class Meta:
        model = Office
        fields = ["kind", "municipality"]


class OfficeIndexView(RegisterViewSet.index_view_class):
    def get_base_queryset(self):
        return Office.objects.select_related("person", "municipality")


class OfficeViewSet(RegisterViewSet):
    model = Office
    name = "offices"
    icon = "key"
    index_view_class = OfficeIndexView
    panels = [
        FieldPanel("person"),
        FieldRowPanel([FieldPanel("kind"), FieldPanel("municipality")]),
        FieldPanel("health_council"),
        FieldRowPanel([FieldPanel("starts_on"), FieldPanel("ends_on")]),
    ]
    list_display = ["person", "kind", "municipality", "starts_on", "ends_on"]
    filterset_class = OfficeFilterSet
    search_fields = ["person__name", "municipality__name"]
    add_to_reference_index = False


class SecretaryFilterSet(WagtailFilterSet):
    in_force = CurrentFilter()

    class Meta:
        model = Secretary
        fields: list[str] = []


class SecretaryCreateView(CreateView):
    def save_instance(self):
        link = super().save_instance()
        note_named(link, by=self.request.user, now=timezone.now())
        return link


class SecretaryEditView(EditView):
    """Whoever is given a last day that is over acts no more, and the journal says so."""

    def save_instance(self):
        now = timezone.now()
        acted = Secretary.objects.in_force(today(now)).filter(pk=self.object.pk).exists()
        link = super().save_instance()
        give_sign_in(link.secretary)
        if acted and link.ends_on and link.ends_on < today(now):
            note_ended(link, by=self.request.user, now=now)
        return link


class SecretaryIndexView(RegisterViewSet.index_view_class):
    def get_base_queryset(self):
        return Secretary.objects.select_related("secretary", "principal")


class SecretaryViewSet(RegisterViewSet):
    model = Secretary
    name = "secretaries"
    icon = "group"
    add_view_class = SecretaryCreateView
    edit_view_class = SecretaryEditView
    index_view_class = SecretaryIndexView
    panels = [
        FieldPanel("secretary"),
        FieldPanel("principal"),
        FieldRowPanel([FieldPanel("starts_on"), FieldPanel("ends_on")]),
    ]
    list_display = ["secretary", "principal", "starts_on", "ends_on"]
    filterset_class = SecretaryFilterSet
    search_fields = ["secretary__name", "principal__name"]
    add_to_reference_index = False


# Audiences


def whom_it_admits(audience: Audience) -> str:
    return audience.sentence(today(timezone.now()))


class AdmitsPanel(Panel):
    """The audience in words, as it was last saved."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "booking/admin/admits.html"

        def is_shown(self):
            return self.instance.pk is not None

        def get_context_data(self, parent_context=None):
            return super().get_context_data(parent_context) | {"sentence": whom_it_admits(self.instance)}


class GrantsPanel(Panel):
    """Who is let in although the rule would not, and until when; the list of exceptions is where they are kept."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "booking/admin/grants.html"

        def is_shown(self):
            return self.instance.pk is not None

        def get_context_data(self, parent_context=None):
            in_force = self.instance.grants.in_force(today(timezone.now())).select_related("person", "granted_by")
            return super().get_context_data(parent_context) | {
                "grants": [{"grant": grant, "last_day": danish_day(grant.ends_on)} for grant in in_force],
                "may_end": self.request.user.has_perm("booking.change_audiencegrant"),
                "may_grant": self.request.user.has_perm("booking.add_audiencegrant"),
                "sees_grants": self.request.user.has_perm("booking.view_audiencegrant"),
            }


class AudienceForm(WagtailAdminModelForm):
    offices = forms.MultipleChoiceField(
        label=gettext_lazy("Offices"),
        choices=OfficeKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Whoever holds one of these on the day of the session may sign up."),
    )
    municipalities = Audience._meta.get_field("municipalities").formfield(
        form_class=RowsField, widget=forms.CheckboxSelectMultiple
    )


class AudienceViewSet(RegisterViewSet):
    model = Audience
    name = "audiences"
    icon = "crosshairs"
    edit_handler = ObjectList(
        [
            AdmitsPanel(heading=gettext_lazy("Whom it admits")),
            FieldPanel("name"),
            FieldPanel("opening"),
            FieldPanel("offices"),
            FieldPanel("newly_elected"),
            FieldPanel("municipalities", widget=forms.CheckboxSelectMultiple),
            FieldPanel("takes_guests"),
            GrantsPanel(heading=gettext_lazy("Exceptions")),
        ],
        base_form_class=AudienceForm,
    )
    list_display = [
        "name",
        Column("admits", label=gettext_lazy("Whom it admits"), accessor=whom_it_admits),
    ]
    search_fields = ["name"]


# Exceptions


class GrantForm(WagtailAdminModelForm):
    def clean_ends_on(self):
        ends_on = self.cleaned_data["ends_on"]
        if ends_on < today(timezone.now()):
            raise forms.ValidationError(_("This day is over."))
        return ends_on

    def clean(self):
        cleaned = super().clean()
        audience, person = cleaned.get("audience"), cleaned.get("person")
        if audience and person:
            held = audience.grants.in_force(today(timezone.now())).filter(person=person).first()
            if held:
                sentence = _("%(person)s has an exception already, until %(day)s. End it first.")
                self.add_error("person", sentence % {"person": person, "day": danish_day(held.ends_on)})
        return cleaned


class GrantCreateView(CreateView):
    """Who granted it, and when, is what the server knows; the form can't say it."""

    def get_initial(self):
        return super().get_initial() | {"audience": self.request.GET.get("audience")}

    def save_instance(self):
        now = timezone.now()
        written = self.form.cleaned_data
        grant = grant_access(
            written["audience"],
            written["person"],
            reason=written["reason"],
            ends_on=written["ends_on"],
            by=self.request.user,
            now=now,
        )
        if grant.person.municipality_on(today(now)) is None:
            messages.warning(
                self.request,
                _(
                    "We don't know which municipality %(person)s comes from, and so not who is to pay. Nobody can sign "
                    "them up before it stands in the register."
                )
                % {"person": grant.person},
            )
        return grant

    def get_success_buttons(self):
        return []


class EndGrantView(NamedActionView):
    permission_required = "change"
    template_name = "booking/admin/end_grant.html"
    page_title = gettext_lazy("End the exception")
    header_icon = "cross"

    def get_base_object_queryset(self):
        return AudienceGrant.objects.select_related("audience", "person", "granted_by")

    def get_back_url(self):
        return reverse(self.index_url_name)

    def dispatch(self, request, *args, **kwargs):
        if self.user_has_permission("change") and self.object.ends_on < today(timezone.now()):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def act(self):
        end_access(self.object, by=self.request.user, now=timezone.now())
        messages.success(
            self.request,
            _("%(person)s is no longer let in by the exception.") % {"person": self.object.person},
        )

    def get_context_data(self, **kwargs):
        return super().get_context_data(last_day=danish_day(self.object.ends_on), **kwargs)


class GrantFilterSet(WagtailFilterSet):
    in_force = django_filters.ChoiceFilter(
        label=gettext_lazy("In force"),
        choices=[("now", gettext_lazy("Today")), ("past", gettext_lazy("Ended"))],
        method="that_are",
    )

    def that_are(self, grants, _name, value):
        in_force = grants.in_force(today(timezone.now()))
        return in_force if value == "now" else grants.exclude(pk__in=in_force.values("pk"))

    class Meta:
        model = AudienceGrant
        fields = ["audience"]


class GrantIndexView(RegisterViewSet.index_view_class):
    def get_base_queryset(self):
        return AudienceGrant.objects.select_related("audience", "person", "granted_by")

    def get_edit_url(self, grant):
        """What can be done with an exception is to end it, while it is in force."""
        if grant.ends_on >= today(timezone.now()) and self.user_has_permission("change"):
            return reverse(self.edit_url_name, args=[grant.pk])
        return None


class GrantViewSet(RegisterViewSet):
    """Granted and ended, never edited: what was granted, and why, stays to be read."""

    model = AudienceGrant
    name = "exceptions"
    icon = "lock-open"
    index_view_class = GrantIndexView
    add_view_class = GrantCreateView
    edit_view_class = EndGrantView
    edit_handler = ObjectList(
        [FieldPanel("person"), FieldPanel("audience"), FieldPanel("reason"), FieldPanel("ends_on")],
        base_form_class=GrantForm,
    )
    list_display = ["person", "audience", "reason", "ends_on", "granted_by"]
    filterset_class = GrantFilterSet
    search_fields = ["person__name", "audience__name", "reason"]
    add_to_reference_index = False

    def get_urlpatterns(self):
        return [
            path("", self.index_view, name="index"),
            path("results/", self.index_results_view, name="index_results"),
            path("new/", self.add_view, name="add"),
            path("end/<int:pk>/", self.construct_view(EndGrantView), name="edit"),
        ]
