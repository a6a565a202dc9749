"""Municipalities, election terms, persons, the offices they hold, and who acts for whom."""

from collections.abc import Collection
from datetime import date, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Prefetch, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from booking.people.constraints import AtMostOnAnyDay


class HealthCouncil(models.Model):
    """One of the 17 health councils (sundhedsråd). Source: booking/people/data/README.md."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    region = models.CharField(_("region"), max_length=40)
    sort_order = models.PositiveSmallIntegerField(_("place in lists"), default=0)

    class Meta:
        verbose_name = _("health council")
        verbose_name_plural = _("health councils")
        ordering = ["sort_order", "name"]

    def __str__(self) -> str:
        return self.name


class InvoiceFormat(models.TextChoices):
    PEPPOL = "peppol", _("Peppol BIS Billing 3.0")
    OIOUBL = "oioubl", _("OIOUBL 2.1")


class MunicipalityQuerySet(models.QuerySet):
    def without(self, kind: "OfficeKind", on: date) -> "MunicipalityQuerySet":
        """Those where nobody holds an office of this kind on ``on``."""
        return self.exclude(Exists(Office.objects.held_on(on).filter(kind=kind, municipality=OuterRef("pk"))))


class Municipality(models.Model):
    """One of the 98 municipalities. Source: booking/people/data/README.md."""

    code = models.CharField(_("code"), max_length=3, unique=True, validators=[RegexValidator(r"^\d{3}$")])
    name = models.CharField(_("name"), max_length=60, unique=True)
    region = models.CharField(_("region"), max_length=40)
    cvr = models.CharField(_("CVR number"), max_length=8, validators=[RegexValidator(r"^\d{8}$")])
    health_council = models.ForeignKey(
        HealthCouncil,
        verbose_name=_("health council"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="municipalities",
        help_text=_("The one that the municipality appoints members to."),
    )
    invoice_format = models.CharField(
        _("e-invoices as"),
        max_length=8,
        choices=InvoiceFormat.choices,
        default=InvoiceFormat.PEPPOL,
        help_text=_("OIOUBL is for a municipality that does not receive Peppol yet."),
    )

    objects = MunicipalityQuerySet.as_manager()

    class Meta:
        verbose_name = _("municipality")
        verbose_name_plural = _("municipalities")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def full_name(self) -> str:
        """ "Fanø Kommune", as it stands on an invoice; Bornholm and Copenhagen have their own forms."""
        own_forms = {"101": "Københavns Kommune", "400": "Bornholms Regionskommune"}
        return own_forms.get(self.code, f"{self.name} Kommune")


class ElectionTermQuerySet(models.QuerySet):
    def at(self, day: date) -> "ElectionTerm | None":
        """The term that ``day`` falls in, if the register knows it."""
        return self.filter(starts_on__lte=day, ends_on__gte=day).first()


class ElectionTerm(models.Model):
    """The years between two local elections, from a 1 January to a 31 December."""

    starts_on = models.DateField(_("from"), unique=True)
    ends_on = models.DateField(_("to"), unique=True)

    objects = ElectionTermQuerySet.as_manager()

    class Meta:
        verbose_name = _("election term")
        verbose_name_plural = _("election terms")
        ordering = ["-starts_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("starts_on")),
                name="election_term_ends_after_it_starts",
                violation_error_message=_("An election term can't end before it begins."),
            ),
            AtMostOnAnyDay(
                name="election_terms_do_not_overlap",
                violation_error_message=_("This election term overlaps another."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_on.year}-{self.ends_on.year}"

    def is_past(self, on: date) -> bool:
        return self.ends_on < on

    def before(self) -> tuple[date, date]:
        """The first and the last day of the term before, whether the register knows it or not.

        Source: kommunal- og regionalvalgloven (four years, from 1 January).
        """
        last = self.starts_on - timedelta(days=1)
        known = ElectionTerm.objects.at(last)
        return (known.starts_on if known else self.starts_on.replace(year=self.starts_on.year - 4)), last


class PersonQuerySet(models.QuerySet):
    def registered(self) -> "PersonQuerySet":
        """Those in the register; not the guests, who were only named as participants."""
        return self.filter(host=None)


class Person(models.Model):
    """Somebody in the register: an office holder, a secretary, or both; or a guest, who is not in it.

    A guest was named by name and address when somebody signed them up. They are a row of their own, whoever else has
    the address: it is never looked up in the register, and nobody signs in as a guest.
    """

    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("e-mail"), unique=True, null=True, blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    municipality = models.ForeignKey(
        Municipality,
        verbose_name=_("municipality"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="employees",
        help_text=_("Only for somebody who works there without holding an office. It pays for their seats."),
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, verbose_name=_("sign-in"), null=True, blank=True, on_delete=models.SET_NULL
    )
    added_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)
    #: All is gone but what bookkeeping demands; see booking/mypage/forget.py.
    forgotten_at = models.DateTimeField(_("deleted"), null=True, editable=False)
    #: For whose sake a guest may come: whoever acts for the host acts for the guest. None for all in the register.
    host = models.ForeignKey("self", null=True, editable=False, on_delete=models.PROTECT, related_name="guests")
    #: Where a guest is written to. It is not their ``email``, which is unique and opens a sign-in.
    guest_email = models.EmailField(_("guest's e-mail"), blank=True, editable=False)

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("persons")
        ordering = ["name"]
        permissions = [("forget_person", "Can forget person")]
        constraints = [
            models.CheckConstraint(
                condition=Q(host=None, guest_email="") | Q(host__isnull=False, email=None, user=None),
                name="guests_have_no_sign_in",
                violation_error_message=_("This person was named as a participant only, and is not in the register."),
            )
        ]
        indexes = [
            models.Index(fields=["guest_email"], condition=~Q(guest_email=""), name="guests_by_address"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_guest(self) -> bool:
        return self.host_id is not None

    @property
    def mailbox(self) -> str:
        """Where they are written to; empty where we have no address."""
        return self.email or self.guest_email

    @property
    def identity(self) -> tuple[int | None, str]:
        """The same for two rows of which one seat is enough: a guest is whoever has the address in a municipality."""
        return (self.municipality_id, self.guest_email) if self.is_guest and self.guest_email else (self.pk, "")

    def is_at(self, other: "Person") -> bool:
        """Whether this is a guest at the other's own address, which only they can read."""
        return self.is_guest and bool(other.email) and self.guest_email == other.email

    def clean(self):
        self.email = self.email.strip().lower() if self.email else None

    @classmethod
    def with_offices(cls, ids: Collection[int]) -> "list[Person]":
        """These persons by name, their offices at hand, so that an audience need not ask once for each of them."""
        offices = Prefetch("offices", queryset=_in_order(Office.objects.all()), to_attr="known_offices")
        return list(cls.objects.filter(pk__in=ids).prefetch_related(offices).order_by("name", "pk"))

    def offices_at_hand(self) -> "list[Office]":
        """All the offices they ever held, the first first."""
        known: list[Office] | None = getattr(self, "known_offices", None)
        return list(_in_order(self.offices)) if known is None else known

    def principals(self, on: date) -> "models.QuerySet[Person]":
        """Those for whom this person may act on that day."""
        return Person.objects.filter(
            Q(secretaries__ends_on=None) | Q(secretaries__ends_on__gte=on),
            secretaries__secretary=self,
            secretaries__starts_on__lte=on,
        ).distinct()

    def municipality_on(self, on: date) -> Municipality | None:
        """Where this person comes from on that day, so that a seat has a payer.

        The municipality of an office they hold; else the one they work in; else that of somebody they act for.
        """
        if self.is_guest:
            return self.municipality
        held = Office.objects.held_on(on).select_related("municipality").order_by("starts_on", "pk")
        office = held.filter(person=self).first()
        if office is None and self.municipality_id is None:
            office = held.filter(person__in=self.principals(on)).first()
        return office.municipality if office else self.municipality

    def may_act_for(self, other: "Person", on: date) -> bool:
        """Everybody acts for themselves; a secretary for the principals of that day; and either for their guests."""
        if other.host is not None:
            return other.is_at(self) or self.may_act_for(other.host, on)
        return other == self or self.principals(on).filter(pk=other.pk).exists()

    def selves(self) -> "models.QuerySet[Person]":
        """Their row in the register, and those that others have named at their address."""
        rows = Q(pk=self.pk)
        return Person.objects.filter(rows | Q(guest_email=self.email) if self.email else rows)

    def alike(self) -> "models.QuerySet[Person]":
        """All rows with this ``identity``: of a guest there may be one for each order that names them."""
        if self.is_guest and self.guest_email:
            return Person.objects.filter(guest_email=self.guest_email, municipality=self.municipality_id)
        return Person.objects.filter(pk=self.pk)

    def represented(self, on: date) -> "models.QuerySet[Person]":
        """All for whom ``may_act_for`` says yes on that day."""
        principals = self.principals(on).values("pk")
        theirs = Q(pk=self.pk) | Q(pk__in=principals) | Q(host=self) | Q(host__in=principals)
        return Person.objects.filter(theirs | Q(guest_email=self.email) if self.email else theirs)


class OfficeKind(models.TextChoices):
    MAYOR = "mayor", _("mayor")
    DEPUTY_MAYOR = "deputy_mayor", _("deputy mayor")
    MUNICIPAL_DIRECTOR = "municipal_director", _("municipal director")
    COMMITTEE_CHAIR = "committee_chair", _("committee chair")
    COUNCIL_MEMBER = "council_member", _("council member")
    HEALTH_COUNCIL_MEMBER = "health_council_member", _("health-council member")


#: The offices in the plural, for sentences.
HOLDERS = {
    OfficeKind.MAYOR: _("mayors"),
    OfficeKind.DEPUTY_MAYOR: _("deputy mayors"),
    OfficeKind.MUNICIPAL_DIRECTOR: _("municipal directors"),
    OfficeKind.COMMITTEE_CHAIR: _("committee chairs"),
    OfficeKind.COUNCIL_MEMBER: _("council members"),
    OfficeKind.HEALTH_COUNCIL_MEMBER: _("health-council members"),
}

#: The offices that one person at a time holds in a municipality.
HELD_BY_ONE = frozenset({OfficeKind.MAYOR, OfficeKind.MUNICIPAL_DIRECTOR})

#: The offices that somebody holds in every municipality. No constraint can ask for it: a register is filled row by row,
#: and an office may end before the next one begins. Staff are told instead.
HELD_EVERYWHERE = (OfficeKind.MAYOR, OfficeKind.HEALTH_COUNCIL_MEMBER)

#: How many members a municipality may appoint to its health council (one to three). Source: the health reform of 2024.
HEALTH_COUNCIL_SEATS = 3


class OfficeQuerySet(models.QuerySet):
    def held_on(self, day: date) -> "OfficeQuerySet":
        """Offices that somebody holds on ``day``; the first and the last day count."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day)

    def held_between(self, first: date, last: date) -> "OfficeQuerySet":
        """Offices held on at least one day of the span."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=first), starts_on__lte=last)

    def newly_elected(self, on: date) -> "OfficeQuerySet":
        """Offices held on ``on`` by those who held none of the kind, anywhere, in the election term before.

        Outside the terms that the register knows, nobody is newly elected.
        """
        term = ElectionTerm.objects.at(on)
        if term is None:
            return self.none()
        same = Office.objects.filter(person=OuterRef("person"), kind=OuterRef("kind"))
        return self.held_on(on).exclude(Exists(same.held_between(*term.before())))


def _in_order(offices) -> "OfficeQuerySet":
    return offices.select_related("municipality").order_by("starts_on", "pk")


class Office(models.Model):
    """One person's office (hverv) in one municipality, from a day to a day; it may span election terms."""

    person = models.ForeignKey(Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="offices")
    kind = models.CharField(_("office"), max_length=24, choices=OfficeKind.choices)
    municipality = models.ForeignKey(
        Municipality, verbose_name=_("municipality"), on_delete=models.PROTECT, related_name="offices"
    )
    health_council = models.ForeignKey(
        HealthCouncil,
        verbose_name=_("health council"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="members",
        help_text=_("Only for its members. Left empty, it is the municipality's own."),
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"), null=True, blank=True, help_text=_("Leave empty while the office is held."))

    objects = OfficeQuerySet.as_manager()

    class Meta:
        verbose_name = _("office")
        verbose_name_plural = _("offices")
        ordering = ["municipality__name", "-starts_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="office_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(kind=OfficeKind.HEALTH_COUNCIL_MEMBER.value, health_council__isnull=False)
                | (~Q(kind=OfficeKind.HEALTH_COUNCIL_MEMBER.value) & Q(health_council=None)),
                name="health_council_members_name_their_council",
            ),
            AtMostOnAnyDay(
                per=["municipality"],
                kind=OfficeKind.MAYOR,
                name="one_sitting_mayor_per_municipality",
                violation_error_message=_(
                    "This municipality has another mayor on some of these days. End that office first."
                ),
            ),
            AtMostOnAnyDay(
                per=["person"],
                kind=OfficeKind.MAYOR,
                name="nobody_is_mayor_of_two",
                violation_error_message=_("This person is mayor of another municipality on some of these days."),
            ),
            AtMostOnAnyDay(
                per=["municipality"],
                kind=OfficeKind.HEALTH_COUNCIL_MEMBER,
                limit=HEALTH_COUNCIL_SEATS,
                name="three_health_council_members_per_municipality",
                violation_error_message=_(
                    "This municipality already has three health-council members on some of these days."
                ),
            ),
            AtMostOnAnyDay(
                per=["person", "municipality", "kind"],
                name="nobody_holds_an_office_twice",
                violation_error_message=_("This person already holds the office on some of these days."),
            ),
        ]

    def __str__(self) -> str:
        return _("%(office)s, %(municipality)s") % {
            "office": self.get_kind_display(),
            "municipality": self.municipality.full_name,
        }

    def clean(self):
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValidationError({"ends_on": _("The office can't end before it begins.")})
        if self.kind != OfficeKind.HEALTH_COUNCIL_MEMBER:
            self.health_council = None
        elif self.health_council_id is None and self.municipality_id:
            self.health_council = self.municipality.health_council
            if self.health_council is None:
                raise ValidationError(_("Say first which health council the municipality appoints members to."))

    def is_held_on(self, day: date) -> bool:
        """The first and the last day count."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)

    def is_newly_elected(self, on: date) -> bool:
        """Held on ``on``, in a term before which the same person held no such office anywhere."""
        return Office.objects.filter(pk=self.pk).newly_elected(on).exists()


class SecretaryQuerySet(models.QuerySet):
    def in_force(self, on: date) -> "SecretaryQuerySet":
        """Those that let somebody act for somebody on ``on``; the first and the last day count."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=on), starts_on__lte=on)


class Secretary(models.Model):
    """One person who may act for one office holder, from a day to a day."""

    secretary = models.ForeignKey(
        Person, verbose_name=_("secretary"), on_delete=models.CASCADE, related_name="acts_for"
    )
    principal = models.ForeignKey(
        Person, verbose_name=_("acts for"), on_delete=models.CASCADE, related_name="secretaries"
    )
    #: What the principal calls somebody they named themselves. They are not told whether the register knew the address,
    #: nor what it calls its owner.
    named_as = models.CharField(max_length=120, blank=True, editable=False)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"), null=True, blank=True)

    objects = SecretaryQuerySet.as_manager()

    class Meta:
        verbose_name = _("secretary")
        verbose_name_plural = _("secretaries")
        ordering = ["principal__name", "secretary__name"]
        constraints = [
            models.UniqueConstraint(fields=["secretary", "principal", "starts_on"], name="acts_for_once"),
            models.CheckConstraint(condition=~Q(secretary=F("principal")), name="nobody_is_their_own_secretary"),
        ]

    def __str__(self) -> str:
        return _("%(secretary)s for %(principal)s") % {"secretary": self.secretary, "principal": self.principal}

    @property
    def name_for_principal(self) -> str:
        return self.named_as or self.secretary.name

    def clean(self):
        if self.secretary_id and self.secretary_id == self.principal_id:
            raise ValidationError(_("Nobody needs to be their own secretary."))
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValidationError({"ends_on": _("It can't end before it begins.")})
