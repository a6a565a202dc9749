"""Municipalities, election terms, persons, the offices they hold, and who acts for whom."""

from datetime import date

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _


class Municipality(models.Model):
    """One of the 98 municipalities. Source: booking/people/data/municipalities.csv."""

    code = models.CharField(_("code"), max_length=3, unique=True, validators=[RegexValidator(r"^\d{3}$")])
    name = models.CharField(_("name"), max_length=60, unique=True)
    region = models.CharField(_("region"), max_length=40)
    cvr = models.CharField(_("CVR number"), max_length=8, validators=[RegexValidator(r"^\d{8}$")])

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


class ElectionTerm(models.Model):
    """The years between two local elections, from a 1 January to a 31 December."""

    starts_on = models.DateField(_("from"), unique=True)
    ends_on = models.DateField(_("to"), unique=True)

    class Meta:
        verbose_name = _("election term")
        verbose_name_plural = _("election terms")
        ordering = ["-starts_on"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="election_term_ends_after_it_starts")
        ]

    def __str__(self) -> str:
        return f"{self.starts_on.year}-{self.ends_on.year}"

    def clean(self):
        if self.starts_on and self.ends_on:
            others = ElectionTerm.objects.exclude(pk=self.pk)
            if others.filter(starts_on__lte=self.ends_on, ends_on__gte=self.starts_on).exists():
                raise ValidationError(_("This election term overlaps another."))

    def is_past(self, on: date) -> bool:
        return self.ends_on < on


class Person(models.Model):
    """Somebody in the register: an office holder, a secretary, or both."""

    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("e-mail"), unique=True, null=True, blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, verbose_name=_("sign-in"), null=True, blank=True, on_delete=models.SET_NULL
    )

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("persons")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self):
        self.email = self.email.strip().lower() if self.email else None

    def principals(self, on: date) -> "models.QuerySet[Person]":
        """Those for whom this person may act on that day."""
        return Person.objects.filter(
            Q(secretaries__ends_on=None) | Q(secretaries__ends_on__gte=on),
            secretaries__secretary=self,
            secretaries__starts_on__lte=on,
        ).distinct()

    def may_act_for(self, other: "Person", on: date) -> bool:
        """Everybody acts for themselves; a secretary for the principals of that day."""
        return other == self or self.principals(on).filter(pk=other.pk).exists()


class OfficeKind(models.TextChoices):
    MAYOR = "mayor", _("mayor")
    DEPUTY_MAYOR = "deputy_mayor", _("deputy mayor")
    MUNICIPAL_DIRECTOR = "municipal_director", _("municipal director")
    COMMITTEE_CHAIR = "committee_chair", _("committee chair")
    COUNCIL_MEMBER = "council_member", _("council member")
    HEALTH_COUNCIL_MEMBER = "health_council_member", _("health-council member")


class OfficeQuerySet(models.QuerySet):
    def held_on(self, day: date) -> "OfficeQuerySet":
        """Offices that somebody holds on ``day``; the first and the last day count."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day)

    def held_between(self, first: date, last: date) -> "OfficeQuerySet":
        """Offices held on at least one day of the span."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=first), starts_on__lte=last)


class Office(models.Model):
    """One person's office (hverv) in one municipality, from a day to a day; it may span election terms."""

    person = models.ForeignKey(Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="offices")
    kind = models.CharField(_("office"), max_length=24, choices=OfficeKind.choices)
    municipality = models.ForeignKey(
        Municipality, verbose_name=_("municipality"), on_delete=models.PROTECT, related_name="offices"
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
            models.UniqueConstraint(
                fields=["municipality"],
                condition=Q(kind=OfficeKind.MAYOR, ends_on=None),
                name="one_sitting_mayor_per_municipality",
                violation_error_message=_("This municipality already has a sitting mayor. End that office first."),
            ),
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(kind=OfficeKind.MAYOR, ends_on=None),
                name="nobody_is_mayor_of_two",
                violation_error_message=_("This person is already the sitting mayor of a municipality."),
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
        if self.kind == OfficeKind.MAYOR and self.starts_on:
            mayors = Office.objects.filter(kind=OfficeKind.MAYOR).exclude(pk=self.pk)
            mayors = mayors.held_between(self.starts_on, self.ends_on or date.max)
            if mayors.filter(municipality=self.municipality_id).exists():
                raise ValidationError(_("This municipality has another mayor on some of these days."))
            if mayors.filter(person=self.person_id).exists():
                raise ValidationError(_("This person is mayor of another municipality on some of these days."))

    def is_newly_elected(self, on: date) -> bool:
        """Held on ``on``, in a term before which the same person held no such office anywhere.

        Without a known term for ``on`` nobody is newly elected.
        """
        term = ElectionTerm.objects.filter(starts_on__lte=on, ends_on__gte=on).first()
        if term is None:
            return False
        before = ElectionTerm.objects.filter(ends_on__lt=term.starts_on).order_by("-ends_on").first()
        if before is None:
            return True
        held_before = Office.objects.filter(person=self.person_id, kind=self.kind)
        return not held_before.held_between(before.starts_on, before.ends_on).exists()


class Secretary(models.Model):
    """One person who may act for one office holder, from a day to a day."""

    secretary = models.ForeignKey(
        Person, verbose_name=_("secretary"), on_delete=models.CASCADE, related_name="acts_for"
    )
    principal = models.ForeignKey(
        Person, verbose_name=_("acts for"), on_delete=models.CASCADE, related_name="secretaries"
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"), null=True, blank=True)

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

    def clean(self):
        if self.secretary_id and self.secretary_id == self.principal_id:
            raise ValidationError(_("Nobody needs to be their own secretary."))
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValidationError({"ends_on": _("It can't end before it begins.")})


class NotForYou(Exception):
    """The audience does not admit this person on that day."""

    def __init__(self, audience: "Audience", person: Person):
        super().__init__(audience.pk, person.pk)
        self.audience = audience
        self.person = person


class Audience(models.Model):
    """A rule over offices that says who may sign up."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    offices = models.JSONField(_("offices"), default=list)  # a list of OfficeKind values
    newly_elected = models.BooleanField(
        _("newly elected only"),
        default=False,
        help_text=_("Only those who hold the office in this election term and held none like it in the one before."),
    )
    municipalities = models.ManyToManyField(
        Municipality,
        verbose_name=_("municipalities"),
        blank=True,
        help_text=_("Leave empty for all of them."),
    )

    class Meta:
        verbose_name = _("audience")
        verbose_name_plural = _("audiences")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def _municipality_ids(self) -> set[int]:
        return {municipality.pk for municipality in self.municipalities.all()}

    def admit(self, person: Person, *, on: date) -> Office:
        """The office that lets ``person`` in on ``on``, the day of the session. Raises NotForYou."""
        for office in person.offices.held_on(on).filter(kind__in=self.offices).order_by("starts_on", "pk"):
            here = not self._municipality_ids or office.municipality_id in self._municipality_ids
            if here and (not self.newly_elected or office.is_newly_elected(on)):
                return office
        raise NotForYou(self, person)

    def admits(self, person: Person, *, on: date) -> bool:
        try:
            self.admit(person, on=on)
        except NotForYou:
            return False
        return True
