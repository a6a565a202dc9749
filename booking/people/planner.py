"""From the rows of a file to a plan: who each row speaks of, what it changes, and which rule it would break.

A person is known by their e-mail address; or else by their name, if somebody of that name holds the same office in the
same municipality, and then the address has changed. Whoever holds the office already runs on. Where one person at a
time holds an office, another holder's ends on the day before.
"""

from collections import defaultdict
from datetime import date, timedelta

from django.utils.translation import gettext as _

from booking.people.constraints import AtMostOnAnyDay
from booking.people.models import HELD_BY_ONE, Municipality, Office, Person
from booking.people.plan import Held, Holder, Plan, danish_date
from booking.people.rows import BadRow, Reading, Row, Wrong
from booking.people.signin import staff_addresses
from booking.people.tables import plain

DAY = timedelta(days=1)


def plan_for(reading: Reading, on: date) -> Plan:
    """What these rows would do to the register as it is now."""
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
