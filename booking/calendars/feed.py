"""The public feeds: each is built when something in it changes, and stored until it does again."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from wagtail.models import Page

from booking.calendars.events import CalendarFile, event, expected_event, written
from booking.calendars.models import Feed
from booking.dates import today
from booking.journal.models import Fact
from booking.people.audiences import Audience
from booking.sessions.calendar_entry import CalendarEntry, FeedPlace
from booking.sessions.feeds import ALL, EXPECTED, ONLINE, catalogue_models, meant_for

#: What the name of a feed begins with that leaves out what is over.
COMING = "kommende/"

#: How far back a feed reaches. Cancelled sessions stay as long.
PAST = timedelta(days=365)
#: How long those stay in a feed of what comes: a calendar that has the date must hear that it is off.
CANCELLED = timedelta(days=30)

#: More than this and calendar programs begin to refuse a feed; the oldest sessions then leave it first.
MOST_EVENTS = 999
MOST_BYTES = 1_000_000

#: What else stands in feeds: functions of a feed's name and the moment that give events in the words of django-ical.
_contributors: list[Callable[[str, datetime], list[dict]]] = []


def contribute(events: Callable[[str, datetime], list[dict]]) -> None:
    """Let ``events`` add to feeds from now on. Who changes what it gives calls ``refresh_those``."""
    if events not in _contributors:
        _contributors.append(events)


def follow_sessions(fact: Fact) -> None:
    """What calendars show of a session has changed, and so do the feeds that it stands in."""
    now = timezone.now()
    places = set(FeedPlace.objects.filter(entry=fact.about_id).values_list("feed", flat=True))
    refresh_those(places | {COMING + place for place in places}, now=now)


def refresh_due(*, now: datetime) -> int:
    """The feed of everything, and those that were not looked at today; give the number of those that changed."""
    due = Feed.objects.filter(Q(built_on=None) | ~Q(built_on=today(now)))
    return refresh_those({ALL, *due.values_list("key", flat=True)}, now=now)


def refresh_those(keys: set[str], *, now: datetime) -> int:
    """Those that were ever asked for, and the one of everything; in one order, so that no two wait for each other."""
    asked = Feed.objects.filter(key__in=keys).values_list("key", flat=True)
    return sum(refresh(key, now=now) for key in sorted({*asked, *({ALL} & keys)}))


def find(key: str, *, now: datetime) -> Feed | None:
    """The stored feed without its body, made when it is asked for the first time; None if there is no such feed.

    The row is there before it is filled: whatever changes meanwhile finds it, or is found in it.
    """
    stamps = Feed.objects.filter(key=key).only("key", "revision", "changed_at")
    feed = next(iter(stamps), None)  # quicker than first(): there is one at most, and nothing to sort
    if feed is None:
        if name_of(key) is None:
            return None
        Feed.objects.get_or_create(key=key, defaults={"changed_at": now.replace(microsecond=0)})
    if feed is None or not feed.revision:
        refresh(key, now=now)
        feed = stamps.get()  # a query of its own, so it sees what was stored
    return feed


@transaction.atomic
def refresh(key: str, *, now: datetime) -> bool:
    """Build the feed and store it if it says something new; tell whether it did.

    The row is locked before anything is read, so the last to write has seen all that the others wrote. ``changed_at``
    rises by whole seconds, because HTTP dates know nothing smaller and two changes within one would look like one.
    """
    moment = now.replace(microsecond=0)
    feed, _created = Feed.objects.select_for_update().get_or_create(key=key, defaults={"changed_at": moment})
    feed.name = name_of(key) or feed.name
    feed.built_on = today(now)
    body = build(key, name=feed.name, now=now)
    is_new = body != feed.body
    if is_new:
        if feed.revision:
            feed.changed_at = max(moment, feed.changed_at + timedelta(seconds=1))
        feed.revision += 1
        feed.body = body
    feed.save(update_fields=None if is_new else ["name", "built_on"])  # a body may be a megabyte
    return is_new


def name_of(key: str) -> str | None:
    """What a calendar program calls the feed; None if there is no such feed now."""
    kind, _slash, number = key.removeprefix(COMING).partition("/")
    with override(settings.LANGUAGE_CODE):
        if kind == ALL:
            return _("Offers to mayors")
        if kind == ONLINE:
            return _("Offers to mayors: online")
        if kind == EXPECTED:
            return _("Offers to mayors: expected dates")
        name = _audience_name(int(number)) if kind == "maalgruppe" else _page_title(int(number))
        return name and _("Offers to mayors: %(what)s") % {"what": name}


def _page_title(page_id: int) -> str | None:
    pages = Page.objects.live().public().type(*catalogue_models())
    return pages.filter(pk=page_id).values_list("title", flat=True).first()


def _audience_name(audience_id: int) -> str | None:
    """Only of one that a session is meant for: the others are staff's own affair."""
    if not FeedPlace.objects.filter(feed=meant_for(audience_id)).exists():
        return None
    return Audience.objects.filter(pk=audience_id).values_list("name", flat=True).first()


def build(key: str = ALL, *, name: str = "", now: datetime) -> str:
    """The feed's file as it should be now."""
    with override(settings.LANGUAGE_CODE):
        what = expected_event if key.removeprefix(COMING) == EXPECTED else event
        own = written(in_the_feed(key, now)[:MOST_EVENTS], what)
        others = [item for add in _contributors for item in add(key, now)]
        name = name or name_of(key) or ""
        body = _file(name, own + others)
        while len(body.encode()) > MOST_BYTES:
            # What stands last among others' goes first: none of ours may go because somebody else wrote much.
            if others:
                others = others[: len(others) * 9 // 10]
            else:
                own = own[: len(own) * 9 // 10]
            body = _file(name, own + others)
    return body


def in_the_feed(key: str, now: datetime):
    """The sessions of the last year and all coming ones that have, or once had, a date; the latest first.

    Those with only words for a date stand where dates are expected, and nowhere else.
    """
    place = key.removeprefix(COMING)
    entries = CalendarEntry.objects.filter(places__feed=place)
    if place != EXPECTED:
        entries = entries.filter(words="")
    on = today(now)
    if key.startswith(COMING):
        is_struck = Q(cancelled_at__isnull=False) | Q(gone_at__isnull=False) | ~Q(postponed_to="")
        entries = entries.filter(_ends_from(place, on) | (is_struck & _ends_from(place, on - CANCELLED)))
    else:
        entries = entries.filter(_ends_from(place, on - PAST))
    return entries.order_by("-ends_on", "-pk")


def _ends_from(place: str, day) -> Q:
    if place == EXPECTED:
        return Q(ends_on__gte=day) | Q(expected_until__gte=day)
    return Q(ends_on__gte=day)


def _day(item: dict) -> str:
    """When it ends, as text that sorts; days and moments side by side."""
    return (item["end_datetime"] or item["start_datetime"]).isoformat()


def _file(name: str, items: Iterable[dict]) -> str:
    """The file with the latest of these, the earliest first."""
    calendar = CalendarFile(name)
    for item in reversed(sorted(items, key=_day, reverse=True)[:MOST_EVENTS]):
        calendar.add_item(**item)
    return calendar.text()
