"""One's own calendar at a secret address: what one has a seat at or waits for, with the link and whom to ask.

It has the UIDs of the public feeds, and versions of its own: whoever loses a seat and gets it back must see it, though
the session has not changed. Nothing of anybody else stands in it.
"""

import logging
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import override

from booking.calendars.addresses import address
from booking.calendars.events import CalendarFile, event, expected_event
from booking.calendars.feed import CANCELLED, MOST_EVENTS, PAST
from booking.calendars.models import PersonalCalendar, PersonalEvent, Stand
from booking.calendars.outside import OutsideCalendar, OutsideEvent, once
from booking.calendars.outside_feed import item as outside_item
from booking.dates import today
from booking.journal.kinds import CALENDAR_ADDRESS_ENDED, CALENDAR_ADDRESS_MADE
from booking.journal.record import record
from booking.people.audiences import Opening, admits_by_office
from booking.people.models import ElectionTerm, Person, Secretary
from booking.sessions.calendar_entry import CalendarEntry
from booking.sessions.models import SessionPage
from booking.signup.models import Booking, BookingStatus, Interest

logger = logging.getLogger(__name__)

#: Whose dates stay, struck out, when they are lost. What only could have been chosen goes without a word.
HAVE_LEFT = {Stand.SEAT: Stand.LEFT, Stand.WAITING: Stand.NONE, Stand.OFFER: Stand.HIDDEN}


class NotYours(Exception):
    """Nobody fetches the calendar of somebody they do not act for."""


@dataclass(frozen=True, slots=True)
class Line:
    """A session as a personal calendar shows it now, before it has its version."""

    entry: CalendarEntry
    stand: str
    item: dict[str, Any]

    @property
    def fingerprint(self) -> str:
        shown = {key: value for key, value in self.item.items() if key not in {"timestamp", "updateddate", "sequence"}}
        return sha256(repr([self.stand, *sorted(shown.items())]).encode()).hexdigest()


# The address


@transaction.atomic
def open_calendar(reader: Person, person: Person, *, with_offers: bool = False, by, now: datetime) -> str:
    """Make the address, or another in its place, and give its key: it is not stored, and can't be given again.

    Raises NotYours.
    """
    link = None
    if reader != person:
        link = acting_link(reader, person, now=now)
        if link is None:
            raise NotYours
    key = secrets.token_hex(32)
    made = {"secretary": link, "digest": digest(key), "with_offers": with_offers, "made_at": now, "fetched_on": None}
    PersonalCalendar.objects.update_or_create(reader=reader, person=person, defaults=made)
    record(CALENDAR_ADDRESS_MADE, person, by=by, on_behalf_of=person, at=now)
    logger.info("calendar of person %s opened for %s", person.pk, reader.pk)
    return key


@transaction.atomic
def close_calendar(reader: Person, person: Person, *, by, now: datetime) -> None:
    """Revoke the address: from the next request on, nobody finds it."""
    _count, by_model = PersonalCalendar.objects.filter(reader=reader, person=person).delete()
    if by_model.get(PersonalCalendar._meta.label):
        record(CALENDAR_ADDRESS_ENDED, person, by=by, on_behalf_of=person, at=now)
        logger.info("calendar of person %s closed for %s", person.pk, reader.pk)


def show_offers(reader: Person, person: Person, *, with_offers: bool) -> None:
    """Say whether it also shows what an office gives access to."""
    PersonalCalendar.objects.filter(reader=reader, person=person).update(with_offers=with_offers)


def acting_link(reader: Person, person: Person, *, now: datetime) -> Secretary | None:
    """By what the reader acts for the person today."""
    return reader.acts_for.in_force(today(now)).filter(principal=person).order_by("pk").first()


def find_calendar(key: str, *, now: datetime) -> PersonalCalendar | None:
    """Whose calendar the key opens now: none that was revoked, and none of a secretary who acts no longer."""
    calendars = PersonalCalendar.objects.select_related("person", "secretary")
    calendar = calendars.filter(digest=digest(key)).first()
    if calendar is None or not _is_open(calendar, now):
        return None
    return calendar


def _is_open(calendar: PersonalCalendar, now: datetime) -> bool:
    link = calendar.secretary
    if link is None:
        return True
    on = today(now)
    return link.starts_on <= on and (link.ends_on is None or on <= link.ends_on)


def digest(key: str) -> str:
    """What is stored of a key. It is long and random, so a plain hash tells nothing of it."""
    return sha256(key.encode()).hexdigest()


def purge_calendars(now: datetime) -> int:
    """Remove addresses that no program asks for any more, and what stood of sessions that are long over."""
    cut = today(now) - PAST
    asked = Q(fetched_on__gte=cut) | Q(fetched_on=None, made_at__date__gte=cut)
    _all, by_model = PersonalCalendar.objects.exclude(asked).delete()
    _all, of_events = PersonalEvent.objects.filter(entry__ends_on__lt=cut).delete()
    return by_model.get(PersonalCalendar._meta.label, 0) + of_events.get(PersonalEvent._meta.label, 0)


# The file


def write_calendar(calendar: PersonalCalendar, *, now: datetime) -> str:
    """The calendar's file; the same bytes until something in it changes. A few queries, however much stands in it."""
    if calendar.fetched_on != today(now):
        PersonalCalendar.objects.filter(pk=calendar.pk).update(fetched_on=today(now))
    with override(settings.LANGUAGE_CODE):
        lines = _lines(calendar, now)
        known = _known(calendar)
        if _changes(calendar, lines, known, now):
            known = _note(calendar, lines, now)
        items = []
        for entry_id, line in _with_lost(lines, known, now).items():
            version = known[entry_id]
            stamp = version.changed_at.astimezone(UTC)
            items.append(line.item | {"sequence": version.sequence, "timestamp": stamp, "updateddate": stamp})
        items += _meetings(calendar.person, now)
        file = CalendarFile(_("Offers to mayors: %(what)s") % {"what": calendar.person.name})
        for item in sorted(items, key=_day)[-MOST_EVENTS:]:
            file.add_item(**item)
        return file.text()


def _day(item: dict) -> tuple[str, str]:
    """When it ends, as text that sorts, days and moments side by side; an event of others may have a start alone."""
    return (item["end_datetime"] or item["start_datetime"]).isoformat(), item["unique_id"]


@transaction.atomic
def _note(calendar: PersonalCalendar, lines: dict[int, Line], now: datetime) -> dict[int, PersonalEvent]:
    """Count the new versions. Two programs that ask at once take turns over the calendar's row.

    Raises PersonalCalendar.DoesNotExist when it was revoked meanwhile.
    """
    PersonalCalendar.objects.select_for_update(of=("self",)).get(pk=calendar.pk)
    changes = _changes(calendar, lines, _known(calendar), now)
    PersonalEvent.objects.bulk_create(
        changes,
        update_conflicts=True,
        unique_fields=["calendar", "entry"],
        update_fields=["stand", "fingerprint", "sequence", "changed_at"],
    )
    return _known(calendar)


def _known(calendar: PersonalCalendar) -> dict[int, PersonalEvent]:
    return {known.entry_id: known for known in calendar.events.select_related("entry")}


def _changes(
    calendar: PersonalCalendar, lines: dict[int, Line], known: dict[int, PersonalEvent], now: datetime
) -> list[PersonalEvent]:
    """The versions that are new: the session's own, or one more than the last one shown, whichever is higher."""
    found = []
    for entry_id, line in _with_lost(lines, known, now, hidden=True).items():
        last, fingerprint = known.get(entry_id), line.fingerprint
        if last and last.fingerprint == fingerprint:
            continue
        sequence, moment = line.entry.sequence, now.replace(microsecond=0)
        if last:
            sequence = max(sequence, last.sequence + 1)
            moment = max(moment, last.changed_at + timedelta(seconds=1))  # calendars know whole seconds
        found.append(
            PersonalEvent(
                calendar=calendar,
                entry=line.entry,
                stand=line.stand,
                fingerprint=fingerprint,
                sequence=sequence,
                changed_at=moment,
            )
        )
    return found


def _with_lost(
    lines: dict[int, Line], known: dict[int, PersonalEvent], now: datetime, *, hidden: bool = False
) -> dict[int, Line]:
    """The lines, and those that are lost: struck out until a month after the day, so that every program hears of it."""
    found = dict(lines)
    for entry_id, last in known.items():
        if entry_id in lines or last.entry.ends_on < today(now) - CANCELLED:
            continue
        stand = HAVE_LEFT.get(Stand(last.stand), last.stand)
        if stand != Stand.HIDDEN or hidden:
            found[entry_id] = Line(last.entry, stand, _lost(last.entry, stand))
    return found


# What stands in it


def _lines(calendar: PersonalCalendar, now: datetime) -> dict[int, Line]:
    """What the person has to do with now; where in several ways, the nearest. A fixed number of queries."""
    person, cut = calendar.person, today(now) - PAST
    offers = _offers(person, now) if calendar.with_offers else []
    return {line.entry.pk: line for line in [*offers, *_dates(person, cut), *_seats(calendar, cut)]}


def _seats(calendar: PersonalCalendar, cut: date) -> list[Line]:
    """Their own, also where somebody named them by their address, which a secretary may not read."""
    person = calendar.person
    own = Q(participant__in=person.selves().values("pk")) if calendar.secretary is None else Q(participant=person)
    bookings = Booking.objects.active().filter(own, session__ends_on__gte=cut)
    bookings = bookings.select_related("session__calendar_entry", "session__contact").order_by("pk")
    return [
        _seat(booking) if booking.status == BookingStatus.CONFIRMED else _waiting(booking)
        for booking in bookings
        if booking.session.entry is not None
    ]


def _seat(booking: Booking) -> Line:
    entry, session = booking.session.calendar_entry, booking.session
    item = event(entry, join_link=session.join_link)
    return Line(entry, Stand.SEAT, item | {"description": _practical(item, session)})


def _waiting(booking: Booking) -> Line:
    entry, session = booking.session.calendar_entry, booking.session
    item = event(entry)
    if entry.is_struck:
        return Line(entry, Stand.WAITING, item)
    standing = str(capfirst(booking.get_status_display()))
    return Line(
        entry,
        Stand.WAITING,
        item
        | {
            "status": "TENTATIVE",
            "title": _("%(standing)s: %(title)s") % {"standing": standing, "title": entry.title},
            "description": _practical(item, session),
        },
    )


def _practical(item: dict, session: SessionPage) -> str:
    """The public words, whom to ask, and where one's own sign-up stands."""
    lines = [str(item["description"])]
    contact = session.contact
    if contact:
        ways = ", ".join(part for part in (contact.name, contact.phone, contact.email) if part)
        lines.append(_("Questions: %(contact)s") % {"contact": ways})
    lines.append(_("Your sign-up: %(url)s") % {"url": address("booking:my_page")})
    return "\n".join(lines)


def _dates(person: Person, cut: date) -> list[Line]:
    """The dates that they wait for; when one is there, they have a mail about it, and wait no longer."""
    interests = Interest.objects.filter(person=person, session__ends_on__gte=cut)
    entries = [
        interest.session.calendar_entry
        for interest in interests.select_related("session__calendar_entry").order_by("pk")
        if interest.session.entry is not None
    ]
    return [Line(entry, Stand.WAITING, expected_event(entry)) for entry in entries]


def _offers(person: Person, now: datetime) -> list[Line]:
    """The coming sessions that an office of theirs gives access to. Exceptions and open audiences are no office."""
    sessions = (
        SessionPage.objects.live()
        .public()
        .upcoming(now)
        .not_cancelled()
        .filter(when_text="", alias_of=None, audience__opening=Opening.OFFICES)
        .select_related("audience", "calendar_entry")
        .prefetch_related("audience__municipalities")
        .defer("programme")
    )
    offices, terms = list(person.offices.all()), list(ElectionTerm.objects.all())
    return [
        _offer(session.calendar_entry)
        for session in sessions
        if session.entry is not None
        and not session.entry.is_struck
        and admits_by_office(session.audience, offices, on=session.starts_on, terms=terms)
    ]


def _meetings(person: Person, now: datetime) -> list[dict]:
    """What comes with an office of theirs: meetings in calendars of others, which have their own versions."""
    calendars = OutsideCalendar.objects.with_members().defer("content").select_related("members")
    members = {calendar.pk: calendar.members for calendar in calendars.prefetch_related("members__municipalities")}
    if not members:
        return []
    events = OutsideEvent.objects.filter(calendar__in=members, ends_on__gte=today(now) - PAST).with_calendar()
    offices, terms = list(person.offices.all()), list(ElectionTerm.objects.all())
    return [
        outside_item(event)
        for event in once(events)
        if admits_by_office(members[event.calendar_id], offices, on=event.starts_on, terms=terms)
    ]


def _offer(entry: CalendarEntry) -> Line:
    item = event(entry)
    return Line(
        entry,
        Stand.OFFER,
        item
        | {
            "status": "TENTATIVE",
            "transparency": "TRANSPARENT",
            "title": _("For you: %(title)s") % {"title": entry.title},
            "description": "\n".join([_("You are not signed up; your office gives you access."), item["description"]]),
        },
    )


def _lost(entry: CalendarEntry, stand: str) -> dict:
    """A date that is theirs no longer. One that is called off for everybody says so."""
    item = event(entry)
    if entry.is_off:
        return item
    title = _("Given up: %(title)s") if stand == Stand.LEFT else _("Not signed up: %(title)s")
    return item | {
        "status": "CANCELLED",
        "transparency": "TRANSPARENT",
        "title": title % {"title": entry.title},
        "description": "\n".join(
            [_("You have no seat here."), _("Read more: %(url)s") % {"url": address("booking:event", entry.uid)}]
        ),
    }
