"""Bringing an outside calendar up to date: fetched, read and compared with what we have, without ever doubling it."""

import logging
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Count, Q

from booking.calendars.addresses import calendar_domain
from booking.calendars.feed import CANCELLED
from booking.calendars.fetch import Fetched, NotFetched, fetch
from booking.calendars.outside import AHEAD, PAST, OutsideCalendar, OutsideEvent
from booking.calendars.outside_feed import refresh_outside
from booking.calendars.reading import Event, Unreadable, read
from booking.dates import today

logger = logging.getLogger(__name__)

#: How often an address is asked.
EVERY = timedelta(hours=1)

#: How long a calendar is in one process's hands. Longer than fetching and reading may take.
LEASE = timedelta(minutes=5)

#: How often a series is followed further into the future from the file that we have.
FURTHER = timedelta(days=7)


class Busy(Exception):
    """Somebody else is fetching it right now."""


def renew_due(now: datetime) -> tuple[int, int]:
    """Ask the addresses whose hour has come; give the numbers that answered well and not."""
    due = OutsideCalendar.objects.filter(next_at__lte=now).order_by("next_at", "pk").values_list("pk", flat=True)
    done = failed = 0
    for pk in due:
        try:
            well = renew(pk, now=now, if_due=True)
        except Busy:
            continue
        done, failed = done + well, failed + (not well)
    return done, failed


def renew(pk: int, *, now: datetime, if_due: bool = False) -> bool:
    """Fetch one calendar, or follow an uploaded one further; tell whether it went well. Raises Busy.

    Nobody else does the same meanwhile. No transaction is open while another machine is waited for, nor while a file
    is read. A failure leaves everything as it was, and a sentence that says why.
    """
    lease = _claim(pk, now, if_due=if_due)
    calendar = OutsideCalendar.objects.get(pk=pk)
    try:
        fetched = Fetched(None)
        if calendar.url:
            etag, last_modified = (calendar.etag, calendar.last_modified) if calendar.content else ("", "")
            fetched = fetch(calendar.url, etag=etag, last_modified=last_modified)
        content = bytes(calendar.content) if fetched.content is None else fetched.content
        is_news = content != bytes(calendar.content)
        goes_further = calendar.read_on is None or calendar.read_on + FURTHER <= today(now)
        events = events_in(content, now) if is_news or goes_further else None
    except (NotFetched, Unreadable) as trouble:
        _note_fault(pk, lease, trouble, now)
        return False
    changed = _store(pk, lease, fetched, content, events, now=now)
    if changed:
        refresh_outside(now=now)
    return True


def take_in(calendar: OutsideCalendar, content: bytes, *, now: datetime) -> None:
    """Bring a file that staff uploaded. Raises Busy, and Unreadable, which leaves everything as it was."""
    lease = _claim(calendar.pk, now)
    try:
        events = events_in(content, now)
    except Unreadable as unreadable:
        _note_fault(calendar.pk, lease, unreadable, now)
        raise
    if _store(calendar.pk, lease, Fetched(content), content, events, now=now):
        refresh_outside(now=now)


def _claim(pk: int, now: datetime, *, if_due: bool = False) -> datetime:
    """Take the calendar in hand; give the moment until which it is. Raises Busy."""
    lease = now + LEASE
    free = OutsideCalendar.objects.filter(Q(leased_until=None) | Q(leased_until__lte=now), pk=pk)
    if if_due:
        free = free.filter(next_at__lte=now)
    if not free.update(leased_until=lease, tried_at=now):
        raise Busy
    return lease


def events_in(content: bytes, now: datetime) -> list[Event]:
    """The events of a file but our own, should somebody's calendar have those too."""
    events = read(content, first=today(now) - PAST, last=today(now) + AHEAD)
    ours = f"@{calendar_domain()}"
    return [event for event in events if not event.uid.endswith(ours)]


def _note_fault(pk: int, lease: datetime, trouble: NotFetched | Unreadable, now: datetime) -> None:
    fault, detail = (
        (trouble.trouble, trouble.detail) if isinstance(trouble, NotFetched) else (trouble.fault, trouble.where)
    )
    logger.warning("outside calendar %s is not renewed: %s", pk, fault)
    mine = OutsideCalendar.objects.filter(pk=pk, leased_until=lease)
    mine.exclude(url="").update(next_at=now + EVERY)
    mine.update(fault=fault, fault_detail=detail[:255], leased_until=None)


@transaction.atomic
def _store(
    pk: int, lease: datetime, fetched: Fetched, content: bytes, events: list[Event] | None, *, now: datetime
) -> bool:
    """Keep what came; tell whether anything that is shown is another. Too late, it changes nothing."""
    calendar = OutsideCalendar.objects.select_for_update().filter(pk=pk, leased_until=lease).first()
    if calendar is None:  # deleted, or in somebody else's hands by now
        return False
    if fetched.content is not None:
        calendar.etag, calendar.last_modified = fetched.etag, fetched.last_modified
    calendar.content = content
    calendar.fetched_at, calendar.fault, calendar.fault_detail = now, "", ""
    calendar.leased_until = None
    calendar.next_at = now + (EVERY if calendar.url else FURTHER)
    changed = False
    if events is not None:
        calendar.read_on = today(now)
        changed = compare(calendar, events, now=now)
    calendar.save()
    return changed


def compare(calendar: OutsideCalendar, events: Iterable[Event], *, now: datetime) -> bool:
    """Make our events those of the file; tell whether any of them is another. The calendar's row is locked."""
    said = {(event.uid, event.recurrence): event for event in events}
    known = {(event.uid, event.recurrence): event for event in calendar.events.all()}
    moment = now.replace(microsecond=0)
    new = [
        OutsideEvent(
            calendar=calendar, uid=uid, recurrence=which, created_at=moment, changed_at=moment, **_shown(event)
        )
        for (uid, which), event in said.items()
        if (uid, which) not in known
    ]
    moved_to = {(event.uid, event.starts_on) for event in new}
    # A series and a single event can't share a name: of what it was before, nothing is left to call off.
    kinds = {(uid, bool(which)) for uid, which in said}
    changed, dropped = [], []
    for key, event in known.items():
        is_repeated = bool(event.recurrence)
        has_turned = (event.uid, not is_repeated) in kinds and (event.uid, is_repeated) not in kinds
        if key in said:
            shown = _shown(said[key]) | {"gone_at": None}
            if any(getattr(event, name) != value for name, value in shown.items()):
                changed.append(_next_version(event, shown, moment))
        elif _is_old(event, today(now)) or (event.uid, event.starts_on) in moved_to:
            dropped.append(event.pk)  # over and done with, or at another hour of the same day now
        elif _is_over(event, now):
            continue
        elif has_turned:
            dropped.append(event.pk)
        elif event.gone_at is None:
            changed.append(_next_version(event, {"gone_at": moment}, moment))
    OutsideEvent.objects.filter(pk__in=dropped).delete()
    OutsideEvent.objects.bulk_update(changed, [*OutsideEvent.SHOWN, "gone_at", "sequence", "changed_at"])
    OutsideEvent.objects.bulk_create(new)
    return bool(new or changed or dropped)


def _shown(event: Event) -> dict:
    return {name: getattr(event, name) for name in OutsideEvent.SHOWN}


def _next_version(event: OutsideEvent, shown: dict, moment: datetime) -> OutsideEvent:
    for name, value in shown.items():
        setattr(event, name, value)
    event.sequence += 1
    # Calendars know whole seconds, and a clock may be put back: each version has a moment of its own, and later.
    event.changed_at = max(moment, event.changed_at + timedelta(seconds=1))
    return event


def _is_over(event: OutsideEvent, now: datetime) -> bool:
    """Whether it has taken place: what a calendar forgets of its past was held all the same."""
    return event.ends_at <= now if event.ends_at else event.ends_on < today(now)


def _is_old(event: OutsideEvent, on: date) -> bool:
    """Whether nobody needs it: it was off, and every calendar has heard so; or it was held long ago."""
    return event.ends_on < on - (CANCELLED if event.gone_at else PAST)


@transaction.atomic
def note_new_name(calendar: OutsideCalendar, *, now: datetime) -> None:
    """Its name stands in each of its events, so each is a new version."""
    OutsideCalendar.objects.select_for_update().get(pk=calendar.pk)
    changed = [_next_version(event, {}, now.replace(microsecond=0)) for event in calendar.events.all()]
    OutsideEvent.objects.bulk_update(changed, ["sequence", "changed_at"])


def with_counts(now: datetime):
    """The calendars with how many events each has to come."""
    coming = Q(events__ends_on__gte=today(now), events__is_cancelled=False, events__gone_at=None)
    return OutsideCalendar.objects.defer("content").annotate(coming=Count("events", filter=coming))
