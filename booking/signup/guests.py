"""Guests: participants who are not in the register, named by whoever signs up somebody whom the session is for.

A guest is a row of their own, made for one order. The address is never looked up in the register, so the answer is the
same whether or not it is there, and it opens nothing. Whoever reads mail there can answer an offer from the waiting
list, and nothing else; where it is somebody's own in the register, they find the seat on My page.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from booking.people.audiences import NotForYou
from booking.people.models import Municipality, Person
from booking.sessions.models import SessionPage

#: The largest council has 55 members. Each guest gets a mail, so there is an end to it.
IN_AN_ORDER = 60
#: So many one may name in a day on behalf of those one acts for, at whatever sessions.
IN_A_DAY = 180


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody to whom a seat is to be given by name and address, as the ``line`` of a list says."""

    name: str
    email: str
    diet: str = ""
    room: str = ""
    add_ons: tuple[int, ...] = ()
    line: int = 1

    def person(self, host: Person | None = None, municipality: Municipality | None = None) -> Person:
        """The row they get, not saved yet."""
        return Person(name=self.name, guest_email=self.email, host=host, municipality=municipality)


def with_add_ons(guests: Iterable[Guest], keys: Iterable[str]) -> list[Guest]:
    """The guests, each with these add-ons (ids, as a form has them)."""
    add_ons = tuple(int(key) for key in keys)
    return [replace(guest, add_ons=add_ons) for guest in guests]


class NoHost(Exception):
    """The booker acts for nobody whom the session is for, so there is nobody to name others."""


class SeveralHosts(Exception):
    """Those who could name them come from more than one municipality; one of them is to take part, or to be chosen."""


class TooManyGuests(Exception):
    """As many as one may name in a day have been named."""


def can_be_named(session: SessionPage) -> bool:
    """Whether others than those whom the session is for may be named. The two of a pair are asked in another way."""
    return session.audience is not None and session.audience.takes_guests and not session.takes_pairs


def hosts(session: SessionPage, people: Sequence[Person]) -> dict[Municipality, Person]:
    """Of each municipality the first of these whom the session is for, whether or not they have a seat already."""
    found: dict[Municipality, Person] = {}
    if not can_be_named(session):
        return found
    for person in people:
        if person.is_guest:
            continue
        try:
            office = session.audience.admit(person, on=session.starts_on)
        except NotForYou:
            continue
        place = office.municipality if office else person.municipality_on(session.starts_on)
        found.setdefault(place, person)
    return found


def welcome(
    session: SessionPage,
    guests: Sequence[Guest],
    *,
    people: Sequence[Person],
    chosen: Collection[Person] = (),
    payer: Municipality | None = None,
    now: datetime,
) -> list[Person]:
    """The rows of those whom somebody names who acts for ``people``, in their order.

    They come from the municipality that is the ``payer``; where that is still open, from that of those who are
    ``chosen`` beside them, or else from the only one there is. Nothing is said here of seats or prices.
    Raises NoHost, SeveralHosts or TooManyGuests.
    """
    if not guests:
        return []
    found = hosts(session, people)
    if payer is not None:
        found = {place: host for place, host in found.items() if place == payer}
    found = hosts(session, [person for person in people if person in chosen]) or found
    if not found:
        raise NoHost
    if len(found) > 1:
        raise SeveralHosts
    # Whoever was put in a seat and replaced there had a mail too, so it is not the seats that are counted.
    named = Person.objects.filter(host__in=people, added_at__gt=now - timedelta(days=1))
    if named.count() + len(guests) > IN_A_DAY:
        raise TooManyGuests
    [(municipality, host)] = found.items()
    rows = [guest.person(host, municipality) for guest in guests]
    for row in rows:
        row.added_at = now
    return Person.objects.bulk_create(rows)
