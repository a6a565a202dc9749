"""The public feed: every dated session in one file, built when something changes and stored until it does again."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from booking.calendars.events import CalendarFile
from booking.calendars.models import Feed
from booking.dates import today
from booking.journal.models import Fact
from booking.sessions.models import CalendarEntry

#: The feed of everything.
ALL = "alle"

#: How far back the feed reaches. Cancelled sessions stay as long: never less than 30 days past their original end.
PAST = timedelta(days=365)

#: More than this and calendar programs begin to refuse a feed; the oldest sessions then leave it first.
MOST_EVENTS = 999
MOST_BYTES = 1_000_000


def follow_sessions(fact: Fact) -> None:
    """What calendars show of a session has changed, and so does the feed."""
    refresh(ALL, now=timezone.now())


@transaction.atomic
def refresh(key: str, *, now: datetime) -> bool:
    """Build the feed and store it if it says something new; tell whether it did.

    The row is locked before anything is read, so the last to write has seen all that the others wrote. ``changed_at``
    rises by whole seconds, because HTTP dates know nothing smaller and two changes within one would look like one.
    """
    moment = now.replace(microsecond=0)
    feed, _created = Feed.objects.select_for_update().get_or_create(key=key, defaults={"changed_at": moment})
    body = build(now=now)
    if body == feed.body:
        return False
    if feed.revision:
        feed.changed_at = max(moment, feed.changed_at + timedelta(seconds=1))
    feed.revision += 1
    feed.body = body
    feed.save()
    return True


def build(*, now: datetime) -> str:
    """The feed's file as it should be now."""
    entries = list(in_the_feed(now)[:MOST_EVENTS])
    with override(settings.LANGUAGE_CODE):
        body = _file(entries)
        while len(body.encode()) > MOST_BYTES:
            entries = entries[: len(entries) * 9 // 10]
            body = _file(entries)
    return body


def in_the_feed(now: datetime):
    """The sessions of the last year and all coming ones that have, or once had, a date; the latest first."""
    return CalendarEntry.objects.filter(words="", ends_on__gte=today(now) - PAST).order_by("-ends_on", "-pk")


def _file(entries: list[CalendarEntry]) -> str:
    calendar = CalendarFile(_("Offers to mayors"))
    for entry in reversed(entries):
        calendar.add_entry(entry)
    return calendar.text()
