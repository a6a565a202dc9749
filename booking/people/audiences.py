"""Audiences: the rules over offices that say who may sign up, and why somebody may not."""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.utils.functional import cached_property
from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from booking.people.models import HOLDERS, ElectionTerm, Municipality, Office, OfficeKind, Person


class Refusal(StrEnum):
    """Why an audience does not admit somebody, the nearest miss first."""

    NOT_NEWLY_ELECTED = "not_newly_elected"  # holds the office, but held one like it in the term before
    WRONG_MUNICIPALITY = "wrong_municipality"  # holds the office, but elsewhere
    OFFICE_ENDED = "office_ended"  # held it, but no longer on the day
    OFFICE_NOT_BEGUN = "office_not_begun"  # will hold it, but not yet on the day
    NO_OFFICE = "no_office"
    NO_MUNICIPALITY = "no_municipality"  # nobody knows which municipality would pay
    NO_GUESTS = "no_guests"  # named as a participant, where only those come whom it is for


class NotForYou(Exception):
    """The audience does not admit this person on that day; ``reason`` says why, ``office`` which one missed."""

    def __init__(
        self,
        audience: "Audience",
        person: Person,
        *,
        reason: Refusal = Refusal.NO_OFFICE,
        office: Office | None = None,
    ):
        super().__init__(audience.pk, person.pk, str(reason))
        self.audience = audience
        self.person = person
        self.reason = reason
        self.office = office


class Opening(models.TextChoices):
    """How wide an audience is."""

    OFFICES = "offices", _("those who hold certain offices")
    REGISTER = "register", _("everyone in office and those who act for them")
    ANYONE = "anyone", _("anyone who can sign in")


#: So many municipalities are named in a sentence; more are counted.
NAMED_MUNICIPALITIES = 4


class Audience(models.Model):
    """A rule over offices that says who may sign up."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    opening = models.CharField(_("open to"), max_length=12, choices=Opening.choices, default=Opening.OFFICES)
    offices = models.JSONField(_("offices"), default=list, blank=True)  # a list of OfficeKind values
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

    takes_guests = models.BooleanField(
        _("those they name as well"),
        default=False,
        help_text=_(
            "Whoever signs up somebody whom it is for can also name others from the same municipality, by name and "
            "e-mail address. Only for sessions where they can vouch for whoever comes, such as a whole council."
        ),
    )

    class Meta:
        verbose_name = _("audience")
        verbose_name_plural = _("audiences")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self):
        if self.opening == Opening.OFFICES and not self.offices:
            raise ValidationError(_("Choose at least one office, or open it to everyone."))
        if self.opening != Opening.OFFICES:
            self.offices, self.newly_elected = [], False

    @cached_property
    def _municipality_names(self) -> dict[int, str]:
        return {municipality.pk: municipality.name for municipality in self.municipalities.all()}

    # One person

    def admit(self, person: Person, *, on: date) -> Office | None:
        """Let ``person`` in on ``on``, the day of the session, and say by which office. Raises NotForYou.

        There is no office when they come without one: through an exception, or because the audience is open. Where
        they come from is known all the same (``Person.municipality_on``), so there is always a payer.
        """
        offices = [] if person.is_guest else person.offices_at_hand()
        reason, office = self._judge(person, offices, on)
        if reason is None:
            return office
        if self.grants.in_force(on).filter(person=person).exists():
            held = next((office for office in offices if office.is_held_on(on)), None)
            if held or person.municipality_on(on):
                return held
            reason = Refusal.NO_MUNICIPALITY
        raise NotForYou(self, person, reason=reason, office=office)

    def admits(self, person: Person, *, on: date) -> bool:
        try:
            self.admit(person, on=on)
        except NotForYou:
            return False
        return True

    def _judge(self, person: Person, offices: list[Office], on: date) -> tuple[Refusal | None, Office | None]:
        """What the rule itself says, exceptions aside: no refusal and the office, or the reason and what missed.

        None and None: they come without an office, through those they act for or the place where they work, or because
        somebody whom it is for has named them.
        """
        if person.is_guest:
            is_welcome = self.takes_guests and self._is_here(person.municipality_id)
            return (None if is_welcome else Refusal.NO_GUESTS), None
        if self.opening == Opening.OFFICES:
            offices = [office for office in offices if office.kind in self.offices]
        held = [office for office in offices if office.is_held_on(on)]
        here = [office for office in held if self._is_here(office.municipality_id)]
        if here and not self.newly_elected:
            return None, here[0]
        if here:
            newly = set(person.offices.newly_elected(on).values_list("pk", flat=True))
            newly_here = [office for office in here if office.pk in newly]
            return (None, newly_here[0]) if newly_here else (Refusal.NOT_NEWLY_ELECTED, here[0])
        if (
            not held
            and self.opening != Opening.OFFICES
            and Person.objects.filter(self._rule(on), pk=person.pk).exists()
        ):
            return None, None  # through those they act for, or the place where they work
        if held:
            return Refusal.WRONG_MUNICIPALITY, held[0]
        ended = [office for office in offices if office.ends_on and office.ends_on < on]
        if ended:
            return Refusal.OFFICE_ENDED, max(ended, key=lambda office: office.ends_on)
        if offices:
            return Refusal.OFFICE_NOT_BEGUN, offices[0]
        return (Refusal.NO_MUNICIPALITY if self.opening == Opening.ANYONE else Refusal.NO_OFFICE), None

    def _is_here(self, municipality_id: int) -> bool:
        return not self._municipality_names or municipality_id in self._municipality_names

    # Everybody at once

    def admitted(self, on: date) -> "models.QuerySet[Person]":
        """All whom ``admit`` would let in on ``on``, in one query (two for the newly elected: the terms)."""
        return Person.objects.registered().filter(self._rule(on) | self._exceptions(on))

    def sentence(self, on: date) -> str:
        """Whom it lets in, and how many that is today: for whoever picks it."""
        persons = self.admitted(on)
        counted = persons.aggregate(all=Count("pk"), exceptions=Count("pk", filter=~self._rule(on)))
        sentences = [capfirst(self._rule_in_words()) + "."]
        if not counted["all"]:
            sentences.append(gettext("Today that is nobody."))
        else:
            sentences.append(
                ngettext("Today that is %(count)d person.", "Today that is %(count)d persons.", counted["all"])
                % {"count": counted["all"]}
            )
        if counted["exceptions"]:
            sentences.append(
                ngettext(
                    "%(count)d of them has been granted an exception.",
                    "%(count)d of them have been granted an exception.",
                    counted["exceptions"],
                )
                % {"count": counted["exceptions"]}
            )
        if self.takes_guests:
            sentences.append(gettext("Those who sign up can name others from their municipality as well."))
        return " ".join(sentences)

    def _rule_in_words(self) -> str:
        if self.opening != Opening.OFFICES:
            whom = self.get_opening_display()
            if not self._municipality_names:
                return whom
            return gettext("%(whom)s, %(where)s") % {"whom": whom, "where": self._where()}
        holders = get_text_list([str(HOLDERS[kind]) for kind in OfficeKind if kind in self.offices], gettext("and"))
        if self.newly_elected:
            holders = gettext("newly elected %(holders)s") % {"holders": holders}
        return gettext("%(holders)s %(where)s") % {"holders": holders, "where": self._where()}

    def _where(self) -> str:
        names = list(self._municipality_names.values())
        if not names:
            return gettext("in all municipalities")
        if len(names) <= NAMED_MUNICIPALITIES:
            return gettext("in %(municipalities)s") % {"municipalities": get_text_list(names, gettext("and"))}
        return gettext("in %(count)d chosen municipalities") % {"count": len(names)}

    def _rule(self, on: date) -> Q:
        """The rule itself, exceptions aside, as a condition on persons."""
        held = Office.objects.held_on(on)
        places = list(self._municipality_names)
        here = held.filter(municipality__in=places) if places else held
        own = here.filter(person=OuterRef("pk"))
        if self.opening == Opening.OFFICES:
            own = own.filter(kind__in=self.offices)
            return Q(Exists(own.newly_elected(on) if self.newly_elected else own))
        without = Q(Exists(here.filter(_helped_by(OuterRef("pk"), on))))
        if self.opening == Opening.ANYONE:
            works_here = Q(municipality__in=places) if places else Q(municipality__isnull=False)
            without = works_here | (Q(municipality=None) & without)
        return Q(Exists(own)) | (~Q(Exists(held.filter(person=OuterRef("pk")))) & without)

    def _exceptions(self, on: date) -> Q:
        """Those with an exception, as far as it is known which municipality they come from."""
        held = Office.objects.held_on(on)
        comes_from = (
            Q(municipality__isnull=False)
            | Q(Exists(held.filter(person=OuterRef("pk"))))
            | Q(Exists(held.filter(_helped_by(OuterRef("pk"), on))))
        )
        return Q(Exists(self.grants.in_force(on).filter(person=OuterRef("pk")))) & comes_from


def _helped_by(secretary, on: date) -> Q:
    """As a condition on offices: somebody acts for the holder on that day."""
    return Q(
        Q(person__secretaries__ends_on=None) | Q(person__secretaries__ends_on__gte=on),
        person__secretaries__secretary=secretary,
        person__secretaries__starts_on__lte=on,
    )


def admits_by_office(audience: Audience, offices: Iterable[Office], *, on: date, terms: Iterable[ElectionTerm]) -> bool:
    """Whether one of a person's ``offices`` lets them in on ``on``, as ``admit`` would; no exceptions.

    For many sessions at once: it asks nothing of the database when the audience's municipalities are at hand.
    """
    offices, terms = list(offices), list(terms)
    held = [office for office in offices if office.kind in audience.offices and office.is_held_on(on)]
    places = {municipality.pk for municipality in audience.municipalities.all()}
    here = [office for office in held if not places or office.municipality_id in places]
    if not audience.newly_elected:
        return bool(here)
    term = _term_on(terms, on)
    if term is None:
        return False
    last = term.starts_on - timedelta(days=1)
    before = _term_on(terms, last)
    first = before.starts_on if before else term.starts_on.replace(year=term.starts_on.year - 4)
    earlier = {one.kind for one in offices if one.starts_on <= last and (one.ends_on is None or one.ends_on >= first)}
    return any(office.kind not in earlier for office in here)


def _term_on(terms: list[ElectionTerm], on: date) -> ElectionTerm | None:
    return next((term for term in terms if term.starts_on <= on <= term.ends_on), None)
