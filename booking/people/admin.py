"""The register of people, as course administrators keep it. Editors see none of it, not even in a chooser."""

import django_filters
from django import forms
from django.db.models import Prefetch, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, ObjectList
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import CreateView, EditView
from wagtail.admin.widgets.button import Button

from booking.dates import today
from booking.people.models import (
    HELD_EVERYWHERE,
    ElectionTerm,
    HealthCouncil,
    Municipality,
    Office,
    OfficeKind,
    Person,
    Secretary,
)
from booking.people.secretaries import note_ended, note_named
from booking.people.signin import give_sign_in, staff_with
from booking.registers import RegisterViewSet


class MunicipalityFilterSet(WagtailFilterSet):
    region = django_filters.AllValuesFilter(label=gettext_lazy("region"), empty_label=gettext_lazy("All"))
    without = django_filters.ChoiceFilter(
        label=gettext_lazy("Has nobody today as"),
        choices=[(kind.value, kind.label) for kind in HELD_EVERYWHERE],
        method="that_lack",
    )

    def that_lack(self, municipalities, _name, kind):
        return municipalities.without(kind, today(timezone.now()))

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
