"""What a file would do to the register: persons and offices as they are, and as they will be. Values alone."""

import hashlib
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from booking.people.models import Municipality, Office, OfficeKind, Person
from booking.people.rows import BadRow, Reading

#: What a file can tell of a person, and what it is called.
FIELDS = {"name": gettext_lazy("name"), "email": gettext_lazy("e-mail"), "phone": gettext_lazy("phone")}


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


def danish_date(day: date) -> str:
    """ "1.1.2026"."""
    return f"{day.day}.{day.month}.{day.year}"
