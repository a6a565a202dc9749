"""Bringing a register in: a file becomes a plan, which changes nothing; the plan is carried out as a whole or not.

A person is known by their e-mail address; or else by their name, if somebody of that name holds the same office in the
same municipality, and then the address has changed. Whoever holds the office already runs on. Where one person at a
time holds an office, another holder's ends on the day before.
"""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from booking.dates import today
from booking.journal.kinds import OFFICE_BEGAN, OFFICE_CHANGED, OFFICE_ENDED, PERSON_ADDED, PERSON_CHANGED
from booking.journal.record import record_all
from booking.people.constraints import AtMostOnAnyDay
from booking.people.models import HELD_BY_ONE, Municipality, Office, OfficeKind, Person
from booking.people.rows import BadRow, Reading, Row, Wrong, read_rows
from booking.people.signin import give_sign_in, staff_addresses
from booking.people.tables import plain

logger = logging.getLogger(__name__)

DAY = timedelta(days=1)

#: What a file can tell of a person, and what it is called.
FIELDS = {"name": gettext_lazy("name"), "email": gettext_lazy("e-mail"), "phone": gettext_lazy("phone")}


class HasBadRows(Exception):
    """Nothing is done while a row is wrong."""


class RegisterChanged(Exception):
    """The register is no longer the one that the plan was made from; nothing was done. Make the plan again."""


@dataclass(eq=False)
class Holder:
    """A person, as they are in the register and as they will be."""

    name: str
    email: str | None = None
    phone: str = ""
    person: Person | None = None  # None: not in the register yet

    @property
    def changes(self) -> list[str]:
        """The fields of theirs that will change."""
        if self.person is None:
            return []
        return [name for name in FIELDS if getattr(self, name) != getattr(self.person, name)]

    def change_in_words(self) -> str:
        """ "Anne Lund: e-mail anne@example.org → anne.lund@example.org"."""
        parts = [
            _("%(field)s %(before)s → %(after)s")
            % {
                "field": FIELDS[name],
                "before": getattr(self.person, name) or "–",
                "after": getattr(self, name) or "–",
            }
            for name in self.changes
        ]
        return f"{self.person.name}: {', '.join(parts)}"


@dataclass(eq=False)
class Held:
    """An office, as it is in the register and as it will be; ``lines`` are those of the file that speak of it."""

    holder: Holder
    municipality: Municipality
    kind: str
    starts_on: date
    ends_on: date | None
    health_council_id: int | None = None
    office: Office | None = None  # None: not in the register yet
    lines: list[int] = field(default_factory=list)
    ends_by_file: bool = False

    def meets(self, first: date, last: date | None) -> bool:
        """Whether it is held on a day of the span."""
        return (last is None or self.starts_on <= last) and (self.ends_on is None or first <= self.ends_on)

    @property
    def changes(self) -> list[str]:
        if self.office is None:
            return []
        names = ("starts_on", "ends_on", "health_council_id")
        return [name for name in names if getattr(self, name) != getattr(self.office, name)]

    @property
    def ends_sooner(self) -> bool:
        """Whether it will end, or end earlier than the register says, and nothing else about it changes."""
        if self.changes != ["ends_on"] or self.ends_on is None:
            return False
        return self.office.ends_on is None or self.ends_on < self.office.ends_on

    def __str__(self) -> str:
        return _("%(person)s, %(office)s in %(municipality)s") % {
            "person": self.holder.name,
            "office": OfficeKind(self.kind).label,
            "municipality": self.municipality.name,
        }

    @property
    def line(self) -> int:
        return self.lines[0]

    def change_in_words(self) -> str:
        """ "Anne Lund, mayor in Fanø: from 1.1.2022, to 31.12.2025"."""
        parts = [_("from %(day)s") % {"day": danish_date(self.starts_on)}]
        if self.ends_on:
            parts.append(_("to %(day)s") % {"day": danish_date(self.ends_on)})
        return f"{self}: {', '.join(parts)}"


@dataclass
class Plan:
    """What a file would do to the register: nothing has been done yet."""

    reading: Reading
    on: date
    added: list[Held] = field(default_factory=list)
    ended: list[Held] = field(default_factory=list)
    changed: list[Held] = field(default_factory=list)  # offices: their days or their health council
    persons_added: list[Holder] = field(default_factory=list)
    persons_changed: list[Holder] = field(default_factory=list)
    unchanged: list[Held] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)

    @property
    def does_nothing(self) -> bool:
        return not (self.added or self.ended or self.changed or self.persons_changed)

    @property
    def fingerprint(self) -> str:
        """The same for the same file and the same register, as far as the file touches it."""
        offices = [
            (
                held.office and held.office.pk,
                held.holder.email or held.holder.name,
                held.municipality.pk,
                held.kind,
                held.starts_on,
                held.ends_on,
                held.health_council_id,
            )
            for held in [*self.added, *self.ended, *self.changed]
        ]
        persons = [(holder.person.pk, holder.name, holder.email, holder.phone) for holder in self.persons_changed]
        everything = (offices, persons, len(self.unchanged), self.bad)
        return hashlib.sha256(repr(everything).encode()).hexdigest()


def plan_import(content: bytes, *, now: datetime) -> Plan:
    """What a file (CSV or XLSX) would do to the register as it is now. Raises Unreadable."""
    return _plan(read_rows(content), today(now))


def carry_out(plan: Plan, *, by, now: datetime) -> Plan:
    """Do what the plan says, in one transaction, and give it as it was done. No booking is touched.

    ``by`` is the user who did it. Raises HasBadRows, or RegisterChanged if the plan would not be the same any more.
    """
    if plan.bad:
        raise HasBadRows
    try:
        with transaction.atomic():
            # One import at a time: whoever comes second makes the plan from what the first has done.
            list(Municipality.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))
            again = _plan(plan.reading, plan.on)
            if again.fingerprint != plan.fingerprint:
                raise RegisterChanged
            _write(again, by=by, now=now)
    except IntegrityError as error:
        # Somebody wrote beside us, in the admin; the database's own rules have the last word.
        raise RegisterChanged from error
    logger.info("register imported: %d added, %d ended", len(again.added), len(again.ended))
    return again


# The plan


def _plan(reading: Reading, on: date) -> Plan:
    planner = _Planner(reading, on)
    planner.go_through()
    planner.hold_to_the_rules()
    return planner.plan()


class _Planner:
    """The register in memory, changed row by row as the file says."""

    def __init__(self, reading: Reading, on: date):
        self.reading = reading
        self.on = on
        self.bad: dict[int, list[str]] = defaultdict(list)
        self.holders: list[Holder] = []
        self.by_email: dict[str, Holder] = {}
        self.without_email: dict[tuple[str, int], Holder] = {}
        self.offices: list[Held] = []
        self.by_place: dict[tuple[int, str], list[Held]] = defaultdict(list)
        self.by_holder: dict[Holder, list[Held]] = defaultdict(list)
        self.by_name: dict[tuple[int, str, str], list[Held]] = defaultdict(list)
        self.emails_in_file = {row.email for row in reading.rows if row.email}
        self.emails_of_staff = staff_addresses()
        self._load()

    def _load(self) -> None:
        municipalities = {row.municipality.pk: row.municipality for row in self.reading.rows}
        municipalities |= Municipality.objects.exclude(pk__in=municipalities).in_bulk()
        holders = {}
        for person in Person.objects.registered().order_by("pk"):
            holder = holders[person.pk] = Holder(person.name, person.email, person.phone, person)
            if person.email:
                self.by_email[person.email.lower()] = holder
        for office in Office.objects.filter(kind__in={row.kind for row in self.reading.rows}).order_by("pk"):
            office.municipality = municipalities[office.municipality_id]
            self._keep(
                Held(
                    holder=holders[office.person_id],
                    municipality=office.municipality,
                    kind=office.kind,
                    starts_on=office.starts_on,
                    ends_on=office.ends_on,
                    health_council_id=office.health_council_id,
                    office=office,
                )
            )
        self.holders = list(holders.values())

    def _keep(self, held: Held) -> None:
        self.offices.append(held)
        self.by_place[held.municipality.pk, held.kind].append(held)
        self.by_holder[held.holder].append(held)
        self.by_name[held.municipality.pk, held.kind, plain(held.holder.name)].append(held)

    def go_through(self) -> None:
        """Row by row, the earliest office first, so that one holder follows the other."""
        shared = self._shared_addresses()
        for row in sorted(self.reading.rows, key=lambda row: (row.starts_on, row.line)):
            if row.line in shared:
                self.bad[row.line].append(shared[row.line])
                continue
            try:
                self._take(row)
            except Wrong as wrong:
                self.bad[row.line].append(str(wrong))

    def _shared_addresses(self) -> dict[int, str]:
        """The lines on which an address stands at somebody who is not the same as on another line."""
        by_email: dict[str, list[Row]] = defaultdict(list)
        for row in self.reading.rows:
            if row.email:
                by_email[row.email].append(row)
        sentences = {}
        for email, rows in by_email.items():
            if all(same_name(rows[0].name, row.name) for row in rows):
                continue
            for row in rows:
                others = ", ".join(str(other.line) for other in rows if other is not row)
                sentences[row.line] = _(
                    "The address %(email)s also stands at somebody else (line %(lines)s)."
                    " Everybody has an address of their own, or none."
                ) % {"email": email, "lines": others}
        return sentences

    def _take(self, row: Row) -> None:
        holder = self._holder(row)
        held = self._running(row, holder)
        ends_on = row.ends_on
        if held and ends_on is None and held.ends_on and held.ends_on >= row.starts_on:
            ends_on = held.ends_on  # the register knows more than the file
        if row.kind in HELD_BY_ONE:
            self._succeed(row, holder, ends_on)
        if held is None:
            held = Held(
                holder=holder,
                municipality=row.municipality,
                kind=row.kind.value,
                starts_on=row.starts_on,
                ends_on=row.ends_on,
                health_council_id=row.health_council.pk if row.health_council else None,
            )
            self._keep(held)
        held.starts_on, held.ends_on = min(held.starts_on, row.starts_on), ends_on
        held.ends_by_file = row.ends_on is not None
        if row.names_health_council:
            held.health_council_id = row.health_council.pk
        holder.name = row.name
        holder.phone = row.phone or holder.phone
        if row.email and row.email != holder.email:
            holder.email = row.email
            self.by_email[row.email] = holder
        held.lines.append(row.line)

    # Who it is

    def _holder(self, row: Row) -> Holder:
        known = self.by_email.get(row.email) if row.email else None
        if known:
            if not same_name(known.name, row.name):
                raise Wrong(
                    _(
                        "The address %(email)s belongs to %(person)s in the register. If it is the same person, change "
                        "the name there first; if not, write the new person's own address."
                    )
                    % {"email": row.email, "person": known.name}
                )
            return known
        if row.email in self.emails_of_staff:
            sentence = _(
                "A colleague signs in to the admin with the address %(email)s. Write another, or leave the cell empty."
            )
            raise Wrong(sentence % {"email": row.email})
        namesakes = {
            held.holder
            for held in self.by_name[row.municipality.pk, row.kind, plain(row.name)]
            if held.meets(row.starts_on - DAY, row.ends_on)
            # whoever stands in the file with the address that the register has is found by it
            and not (row.email and held.holder.email in self.emails_in_file)
        }
        if len(namesakes) > 1:
            raise Wrong(_("Several persons of this name hold the office. Write the address that the register has."))
        if namesakes:
            return namesakes.pop()
        if row.email:
            holder = Holder(row.name, row.email)
            self.by_email[row.email] = holder
        else:
            key = (plain(row.name), row.municipality.pk)
            holder = self.without_email.setdefault(key, Holder(row.name))
        if holder not in self.by_holder:
            self.holders.append(holder)
        return holder

    # Which office it is

    def _running(self, row: Row, holder: Holder) -> Held | None:
        """The office that they hold already, on one of these days or until the day before; None if there is none."""
        theirs = [
            held for held in self.by_holder[holder] if (held.municipality, held.kind) == (row.municipality, row.kind)
        ]
        running = [held for held in theirs if held.meets(row.starts_on, row.ends_on)]
        taken = next((held for held in running if held.lines), None)
        if taken:
            raise Wrong(_("The same office stands on line %(line)d already.") % {"line": taken.line})
        until_then = [held for held in theirs if held.ends_on == row.starts_on - DAY and held.office and not held.lines]
        return max(running or until_then, key=lambda held: held.starts_on, default=None)

    def _succeed(self, row: Row, holder: Holder, ends_on: date | None) -> None:
        """End the office of whoever held it until then."""
        is_past = ends_on is not None and ends_on < self.on
        others = [
            other
            for other in self.by_place[row.municipality.pk, row.kind]
            if other.holder is not holder and other.meets(row.starts_on, ends_on)
        ]
        for other in others:
            if is_past or other.starts_on >= row.starts_on or other.ends_by_file:
                sentence = _("Somebody else holds it on some of these days: %(other)s, from %(day)s.") % {
                    "other": other,
                    "day": danish_date(other.starts_on),
                }
                if other.lines:
                    sentence += " " + _("See line %(line)d.") % {"line": other.line}
                raise Wrong(sentence)
        for other in others:
            other.ends_on = row.starts_on - DAY

    # What came of it

    def hold_to_the_rules(self) -> None:
        """Find the rows after which the database would refuse an office."""
        for rule in Office._meta.constraints:
            if not isinstance(rule, AtMostOnAnyDay):
                continue
            alike: dict[tuple, list[Held]] = defaultdict(list)
            for held in self.offices:
                if rule.kind is None or held.kind == rule.kind:
                    alike[tuple(_alike(held, name) for name in rule.per)].append(held)
            for group in alike.values():
                lines = {line for held in group for line in held.lines}
                if lines and not rule.holds([(held.starts_on, held.ends_on) for held in group]):
                    for line in lines:
                        self.bad[line].append(str(rule.get_violation_error_message()))

    def plan(self) -> Plan:
        plan = Plan(self.reading, self.on)
        for held in self.offices:
            if held.office is None and held.lines:
                plan.added.append(held)
            elif held.ends_sooner:
                plan.ended.append(held)
            elif held.changes:
                plan.changed.append(held)
            elif held.lines:
                plan.unchanged.append(held)
        plan.persons_changed = [holder for holder in self.holders if holder.changes]
        holding = {held.holder for held in plan.added}
        plan.persons_added = [holder for holder in self.holders if holder.person is None and holder in holding]
        sentences = {line: " ".join(dict.fromkeys(reasons)) for line, reasons in self.bad.items()}
        own = [BadRow(line, reason) for line, reason in sentences.items()]
        plan.bad = sorted([*self.reading.bad, *own], key=lambda bad: bad.line)
        return plan


def _alike(held: Held, name: str):
    return {"person": held.holder, "municipality": held.municipality, "kind": held.kind}[name]


def same_name(one: str, other: str) -> bool:
    """Whether two names may be one person's: all the words of one stand in the other.

    A shared mailbox passes from mayor to mayor, and must not make one of two. A common first name would.
    """
    words, others = set(one.casefold().split()), set(other.casefold().split())
    return words <= others or others <= words


def danish_date(day: date) -> str:
    """ "1.1.2026"."""
    return f"{day.day}.{day.month}.{day.year}"


# The work


def _write(plan: Plan, *, by, now: datetime) -> None:
    """Persons first; then offices, those that end before those that begin, so that every step keeps the rules."""
    Person.objects.bulk_create(_new_persons(plan.persons_added))
    fields_by_person = {holder.person: holder.changes for holder in plan.persons_changed}
    for holder in plan.persons_changed:
        for name in holder.changes:
            setattr(holder.person, name, getattr(holder, name))
    Person.objects.bulk_update(list(fields_by_person), list(FIELDS), batch_size=200)

    shrinking = [held for held in plan.changed if _shrinks(held)]
    for step in (plan.ended, shrinking, [held for held in plan.changed if held not in shrinking]):
        for held in step:
            for name in held.changes:
                setattr(held.office, name, getattr(held, name))
        Office.objects.bulk_update(
            [held.office for held in step], ["starts_on", "ends_on", "health_council"], batch_size=200
        )
    for held in plan.added:
        held.office = Office(
            person=held.holder.person,
            kind=held.kind,
            municipality=held.municipality,
            health_council_id=held.health_council_id,
            starts_on=held.starts_on,
            ends_on=held.ends_on,
        )
    Office.objects.bulk_create([held.office for held in plan.added])

    def tell(kind: str, offices: Iterable[Held]) -> None:
        record_all(kind, [(held.office, _facts_of(held.office)) for held in offices], by=by, at=now)

    record_all(PERSON_ADDED, [(holder.person, {}) for holder in plan.persons_added], by=by, at=now)
    record_all(PERSON_CHANGED, [(who, {"fields": names}) for who, names in fields_by_person.items()], by=by, at=now)
    tell(OFFICE_ENDED, plan.ended)
    tell(OFFICE_CHANGED, plan.changed)
    tell(OFFICE_BEGAN, plan.added)

    for person, names in fields_by_person.items():
        if person.user_id and {"name", "email"} & set(names):
            give_sign_in(person)


def _new_persons(holders: list[Holder]) -> list[Person]:
    for holder in holders:
        holder.person = Person(name=holder.name, email=holder.email, phone=holder.phone)
    return [holder.person for holder in holders]


def _shrinks(held: Held) -> bool:
    """Whether it will be held on no day on which it is not held now."""
    before = held.office
    begins_no_sooner = held.starts_on >= before.starts_on
    ends_no_later = before.ends_on is None or (held.ends_on is not None and held.ends_on <= before.ends_on)
    return begins_no_sooner and ends_no_later


def _facts_of(office: Office) -> dict:
    """What the journal keeps of an office: no name, no address."""
    return {
        "office": str(office.kind),
        "municipality": office.municipality.code,
        "starts_on": office.starts_on.isoformat(),
        "ends_on": office.ends_on and office.ends_on.isoformat(),
    }
