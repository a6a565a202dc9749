"""Events of outside calendars in the feed of everything, in the words of django-ical: each with its own UID."""

from datetime import UTC, datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from booking.calendars.addresses import address
from booking.calendars.feed import CANCELLED, COMING, PAST, refresh_those
from booking.calendars.outside import OutsideEvent, once
from booking.dates import today
from booking.sessions.feeds import ALL

#: Of the thousand events that a feed may have, those that may be others'; the nearest to come stay longest.
MOST = 400

#: Those that outside events stand in.
FEEDS = {ALL, COMING + ALL}


def refresh_outside(*, now: datetime) -> None:
    """What feeds show of outside calendars has changed."""
    refresh_those(FEEDS, now=now)


def outside_events(key: str, now: datetime) -> list[dict]:
    """What the feed of everything says of outside calendars; the other feeds are of our sessions alone."""
    if key not in FEEDS:
        return []
    on = today(now)
    events = OutsideEvent.objects.shown().with_calendar()
    if key.startswith(COMING):
        is_off = Q(is_cancelled=True) | Q(gone_at__isnull=False)
        events = events.filter(Q(ends_on__gte=on) | (is_off & Q(ends_on__gte=on - CANCELLED)))
    else:
        events = events.filter(ends_on__gte=on - PAST)
    coming = once(events.filter(ends_on__gte=on).order_by("starts_on", "pk"))[:MOST]
    past = once(events.filter(ends_on__lt=on))[::-1][: MOST - len(coming)]
    return [item(event) for event in [*past, *coming]]


def item(event: OutsideEvent) -> dict:
    """One event. Its times are written in UTC, which every program reads alike whatever zone they were made in."""
    title = str(event)
    lines = [event.description] if event.description else []
    if event.is_off:
        title = _("Cancelled: %(title)s") % {"title": title}
    lines.append(_("From the calendar %(name)s.") % {"name": event.calendar})
    if event.starts_at is None:
        starts, ends = event.starts_on, event.ends_on + timedelta(days=1)  # the day after, for whole days
    else:
        starts = event.starts_at.astimezone(UTC)
        ends = event.ends_at.astimezone(UTC) if event.ends_at > event.starts_at else None
    return {
        "unique_id": event.uid,
        "recurrence": _recurrence(event),
        "timestamp": event.changed_at.astimezone(UTC),
        "updateddate": event.changed_at.astimezone(UTC),
        "created": event.created_at.astimezone(UTC),
        "sequence": event.sequence,
        "status": "CANCELLED" if event.is_off else "CONFIRMED",
        # A holiday takes nobody's time; a meeting does.
        "transparency": "TRANSPARENT" if event.is_off or event.starts_at is None else "OPAQUE",
        "start_datetime": starts,
        "end_datetime": ends,
        "title": title,
        "location": event.place,
        "description": "\n".join(lines),
        "categories": [event.calendar.name],
        "link": event.url or address("booking:calendar"),
        "organizer": event.calendar.name,
    }


def _recurrence(event: OutsideEvent):
    """Which one of its series it is."""
    match len(event.recurrence):
        case 0:
            return None
        case 8:
            return datetime.strptime(event.recurrence, "%Y%m%d").replace(tzinfo=UTC).date()
    return datetime.strptime(event.recurrence, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
