"""Reminding those with a seat of what is coming: a week before, and the day before.

Each is written once for the day that a session begins on. Nobody is reminded of what they were told after the reminder
was due: whoever signs up, comes from another run or hears of a new day within the last week has just been told.
"""

import logging
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from booking.dates import COPENHAGEN, danish_span, today
from booking.journal.kinds import REMINDED
from booking.journal.record import record
from booking.messages.letters import reminder
from booking.messages.models import Reminder
from booking.messages.reminders_wanted import wanted_by
from booking.messages.tell import joiners, locked_entry, recipients, tellable, write
from booking.sessions.calendar_entry import CalendarEntry
from booking.sessions.models import SessionPage
from booking.signup.models import Booking, BookingStatus

logger = logging.getLogger(__name__)

#: The hour of the day that reminders are written.
HOUR = time(8, tzinfo=COPENHAGEN)


@dataclass(frozen=True, slots=True)
class Distance:
    """How long before the first day a reminder is due, and when it has become too late for it."""

    kind: str
    days: int
    until: int

    def due_at(self, entry: CalendarEntry) -> datetime:
        return datetime.combine(entry.starts_on - timedelta(days=self.days), HOUR)

    def is_due(self, entry: CalendarEntry, now: datetime) -> bool:
        """Whether it is time, and the day was known when it became so."""
        if entry.is_off or not entry.is_dated or entry.when.has_started(now):
            return False
        due = self.due_at(entry)
        too_late = datetime.combine(entry.starts_on - timedelta(days=self.until), HOUR)
        return due <= now < too_late and (entry.moved_at is None or entry.moved_at < due)


DISTANCES = (Distance("reminder_week", days=7, until=3), Distance("reminder_day", days=1, until=-1))


def remind_due(now: datetime) -> int:
    """Write what is due; give the number of mails. Several processes at once write each only once."""
    coming = CalendarEntry.objects.filter(
        session__isnull=False, starts_on__range=(today(now), today(now) + timedelta(days=DISTANCES[0].days))
    ).select_related("session")
    done = set(Reminder.objects.filter(entry__in=coming).values_list("entry", "kind", "starts_on"))
    due = [
        (distance, entry)
        for entry in coming
        for distance in DISTANCES
        if (entry.pk, distance.kind, entry.starts_on) not in done and distance.is_due(entry, now)
    ]
    wanted = wanted_by(entry.session for _distance, entry in due)
    return sum(
        _remind(distance, entry.pk, now=now)
        for distance, entry in due
        if distance.kind in wanted[entry.session_id].kinds
    )


def days_to_come(entry: CalendarEntry, kinds: frozenset[str], *, after: datetime) -> list[date]:
    """When those with a seat are reminded from now on, if the session stays as ``entry`` has it."""
    if entry.is_struck or not entry.is_dated:
        return []
    moments = [distance.due_at(entry) for distance in DISTANCES if distance.kind in kinds]
    return [moment.date() for moment in moments if moment > after]


def in_words_of(days: list[date]) -> str:
    """ "28. april 2027 and 4. maj 2027"."""
    names = [danish_span(day, day) for day in days]
    return _("%(first)s and %(second)s") % {"first": names[0], "second": names[1]} if len(names) > 1 else names[0]


@transaction.atomic
def _remind(distance: Distance, entry_id: int, *, now: datetime) -> int:
    """One mail to each address, however many seats it has to do with; none if another process was first."""
    entry = locked_entry(pk=entry_id)
    if entry.session_id is None or not distance.is_due(entry, now):
        return 0
    _reminder, is_new = Reminder.objects.get_or_create(
        entry=entry, kind=distance.kind, starts_on=entry.starts_on, defaults={"written_at": now}
    )
    if not is_new:
        return 0
    due = distance.due_at(entry)
    session = SessionPage.objects.get(pk=entry.session_id)
    seats = tellable().filter(session=session, status=BookingStatus.CONFIRMED, booked_at__lt=due)
    by_recipient: dict[str, list[Booking]] = defaultdict(list)
    for booking in seats.filter(Q(switched_at=None) | Q(switched_at__lt=due)).order_by("pk"):
        for recipient in recipients(booking):
            by_recipient[recipient].append(booking)
    if not by_recipient:
        return 0
    fact = record(REMINDED, entry, at=now, mail=distance.kind)
    with override(settings.LANGUAGE_CODE):
        for recipient, bookings in by_recipient.items():
            may_join = session.join_link and any(recipient in joiners(booking) for booking in bookings)
            letter = reminder(bookings, kind=distance.kind, join_link=session.join_link if may_join else "")
            write(fact, recipient, letter, contact=bookings[0].session.contact)
    logger.info("%s of session %s to %d addresses", distance.kind, session.pk, len(by_recipient))
    return len(by_recipient)
