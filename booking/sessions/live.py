"""The one door through which Wagtail's signals enter: what is live on the site becomes what calendars see.

``note`` reads the live page from the database, never the draft in hand, so drafts, autosaves and pages that are only
scheduled change nothing (wagtail#13959).
"""

from collections import defaultdict
from collections.abc import Iterable
from copy import copy
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.signals import post_delete, post_save, pre_delete
from django.utils import timezone
from wagtail.models import PageViewRestriction
from wagtail.signals import page_published, page_unpublished, post_page_move

from booking.journal.kinds import (
    JOIN_LINK_CHANGED,
    PROGRAMME_PUBLISHED,
    SEATS_CHANGED,
    SESSION_CANCELLED,
    SESSION_PLACED,
    SESSION_REVIVED,
    SESSION_SHOWN,
)
from booking.journal.record import record
from booking.pricing.models import SessionKind
from booking.sessions.calendar_entry import CalendarEntry, FeedPlace
from booking.sessions.feeds import EXPECTED, feeds_of
from booking.sessions.models import QuietRevision, SessionPage, SessionPageQuerySet, Venue


@transaction.atomic
def note(session_id: int, *, now: datetime | None = None, quiet: bool = False) -> CalendarEntry | None:
    """Bring the calendar entry in step with the live page; give the entry, or None if it never was public.

    Calendars follow a change that is ``quiet`` too; those who take part are not written to about it.
    """
    now = now or timezone.now()
    # The session first, as in place_order: one order of locks, and two who publish at once make one entry.
    page = _public().select_for_update(of=("self",)).filter(pk=session_id).first()
    entry = CalendarEntry.objects.select_for_update(of=("self",)).filter(session_id=session_id).first()
    if page is None or page.when is None:
        return entry and _take_away(entry, now)
    seen = entry and entry.sequence
    if entry is None:
        entry = CalendarEntry.objects.create(
            session=page,
            created_at=now,
            changed_at=now,
            link_digest=page.link_digest,
            capacity=page.capacity,
            venue=page.venue,
            **_shown(page),
        )
    elif not _is_in_step(entry, page):
        entry.gone_at = None
        shown = _shown(page, entry)
        if _is_moved(entry, shown, page.venue):
            entry.moved_at = now
        entry.venue = page.venue or entry.venue
        _show(entry, shown, now, quiet=quiet)
    if entry.link_digest != page.link_digest:
        _note_link(entry, page, now, quiet=quiet)
    if entry.capacity != page.capacity:
        _note_seats(entry, page, now)
    _note_places(entry, feeds_of([page])[page.pk], now=now, is_told=seen != entry.sequence)
    if seen is None:
        record(SESSION_SHOWN, entry, at=now, sequence=0)
    return entry


@transaction.atomic
def cancel_session(session: SessionPage, *, by, now: datetime) -> CalendarEntry:
    """Call a published session off. Doing it again changes nothing; the page stays and says so."""
    # Whoever is being booked right now goes first, or comes too late; nobody is left with a seat and no word of it.
    SessionPage.objects.select_for_update(of=("self",)).get(pk=session.pk)
    entry = CalendarEntry.objects.select_for_update(of=("self",)).get(session=session)
    if entry.cancelled_at is None:
        entry.cancelled_at = now
        _show(entry, {}, now)
        record(SESSION_CANCELLED, entry, by=by, at=now)
        _note_other_runs(session.pk)
    return entry


@transaction.atomic
def note_programme(session_id: int, *, now: datetime | None = None, quiet: bool = False) -> None:
    """The first programme that a session has on the site is a fact; what is changed in it later is not."""
    now = now or timezone.now()
    page = _public().filter(pk=session_id).first()
    entry = CalendarEntry.objects.select_for_update(of=("self",)).filter(session_id=session_id).first()
    if page is None or entry is None or entry.programme_at or not page.programme:
        return
    entry.programme_at = now
    entry.save(update_fields=["programme_at"])
    record(PROGRAMME_PUBLISHED, entry, at=now, **_manner(quiet))


@transaction.atomic
def revive_session(session: SessionPage, *, by, now: datetime) -> CalendarEntry:
    """Take back that a session was called off, for calendars under the same UID. Doing it again changes nothing.

    What becomes of those who were signed up is not known here (booking.signup.revive).
    """
    SessionPage.objects.select_for_update(of=("self",)).get(pk=session.pk)
    entry = CalendarEntry.objects.select_for_update(of=("self",)).get(session=session)
    if entry.cancelled_at is not None:
        entry.cancelled_at = None
        _show(entry, {}, now)
        record(SESSION_REVIVED, entry, by=by, at=now)
        _note_other_runs(session.pk)
    return entry


def _public():
    """The sessions that calendars show. An alias is another page for the same session, not a session of its own."""
    return SessionPage.objects.live().public().filter(alias_of=None).select_related("venue")


def is_open(page: SessionPage) -> bool:
    """Whether the public sees the page as soon as it is live; nobody does behind a lock, on it or above it."""
    return SessionPage.objects.public().filter(pk=page.pk, alias_of=None).exists()


def as_shown(entry: CalendarEntry, page: SessionPage) -> CalendarEntry:
    """The entry as it would be if ``page`` were live, for whoever asks beforehand. Nothing is stored."""
    would = copy(entry)
    would.gone_at = None
    for name, value in _shown(page, entry).items():
        setattr(would, name, value)
    return would


def _is_in_step(entry: CalendarEntry, page: SessionPage) -> bool:
    shown = _shown(page, entry)
    return entry.gone_at is None and all(getattr(entry, name) == value for name, value in shown.items())


def _is_noted(entry: CalendarEntry, page: SessionPage, feeds: set[str], places: set[str]) -> bool:
    is_told = entry.link_digest == page.link_digest and entry.capacity == page.capacity
    return _is_in_step(entry, page) and is_told and feeds <= places


def _shown(page: SessionPage, entry: CalendarEntry | None = None) -> dict:
    """What the page says to calendars that have seen ``entry``.

    Dates that gave way to words stay what they were: a calendar that has put the session on a day must be told that
    this very day no longer holds. It learns the new ones, under the same UID, when there are any.
    """
    when = page.when
    shown = {"title": page.title, "kind": page.kind, "place": page.place, "other_runs": page.other_runs_in_words}
    if when.words and entry is not None and not entry.words:
        return shown | {
            "postponed_to": when.words,
            "expected_on": when.starts_on,
            "expected_until": when.ends_on,
        }
    return shown | {
        "starts_on": when.starts_on,
        "ends_on": when.ends_on,
        "starts_time": when.starts_time,
        "ends_time": when.ends_time,
        "words": when.words,
        "postponed_to": "",
        "expected_on": None,
        "expected_until": None,
    }


def _is_moved(entry: CalendarEntry, shown: dict, venue: Venue | None) -> bool:
    """Whether whoever had planned to come must plan anew: other days, another town, or online instead of there.

    An address that is put right, and a place that is settled or for now unknown, are no move; nor is a first date.
    """
    if entry.words:
        return False
    other_days = any(name in shown and shown[name] != getattr(entry, name) for name in ("starts_on", "ends_on"))
    other_kind = (shown["kind"] == SessionKind.ONLINE) != (entry.kind == SessionKind.ONLINE)
    return other_days or other_kind or _is_in_another_town(entry.venue, venue)


def _is_in_another_town(was: Venue | None, venue: Venue | None) -> bool:
    if was is None or venue is None or was.pk == venue.pk:
        return False
    return bool(was.town and venue.town) and was.town != venue.town


def _note_places(entry: CalendarEntry, feeds: set[str], *, now: datetime, is_told: bool) -> None:
    """The feeds that the session stands in from now on.

    It leaves none that has shown it: a subscriber would take a date that vanishes for one that is off. One that never
    had a date was not shown, but where dates are expected.
    """
    new = feeds - set(entry.places.values_list("feed", flat=True))
    FeedPlace.objects.bulk_create([FeedPlace(entry=entry, feed=feed) for feed in sorted(new)])
    if entry.words:
        entry.places.exclude(feed__in=feeds | {EXPECTED}).delete()
    if new and not is_told:
        record(SESSION_PLACED, entry, at=now, feeds=sorted(new))


def _note_link(entry: CalendarEntry, page: SessionPage, now: datetime, *, quiet: bool = False) -> None:
    """The link for participants is another. Those who may have it are told; no feed is touched."""
    entry.link_digest = page.link_digest
    entry.link_changed_at = now
    entry.save(update_fields=["link_digest", "link_changed_at"])
    record(JOIN_LINK_CHANGED, entry, at=now, **_manner(quiet))


def _note_seats(entry: CalendarEntry, page: SessionPage, now: datetime) -> None:
    """There are more seats, or fewer. No calendar shows them; those who wait for one may get it now."""
    entry.capacity = page.capacity
    entry.save(update_fields=["capacity"])
    record(SEATS_CHANGED, entry, at=now, seats=page.capacity)


def _show(entry: CalendarEntry, shown: dict, now: datetime, *, quiet: bool = False) -> None:
    changed = [name for name, value in shown.items() if getattr(entry, name) != value]
    for name in changed:
        setattr(entry, name, shown[name])
    entry.sequence += 1
    # Calendars know whole seconds, and a clock may be put back: each version has a moment of its own, and later.
    entry.changed_at = max(now, entry.changed_at + timedelta(seconds=1))
    entry.save()
    record(SESSION_SHOWN, entry, at=now, sequence=entry.sequence, changed=changed, **_manner(quiet))


def _manner(quiet: bool) -> dict[str, bool]:
    return {"quiet": True} if quiet else {}


def _take_away(entry: CalendarEntry, now: datetime) -> CalendarEntry:
    if entry.gone_at is None:
        entry.gone_at = now
        _show(entry, {}, now)
    return entry


def _note_other_runs(session_id: int) -> None:
    """What is shown of a run names the others. Each has a transaction of its own, so that no two wait for each other.

    A run that has left its choice is put right by ``recover``, in those that still name it.
    """
    others = SessionPage.objects.with_other_runs(session_id).exclude(pk=session_id).order_by("pk")
    ids = list(others.values_list("pk", flat=True))
    if ids:
        transaction.on_commit(lambda: note_all(ids), robust=True)


def note_all(session_ids: Iterable[int], *, quiet: bool = False) -> None:
    for session_id in session_ids:
        note(session_id, quiet=quiet)


def venue_changed(venue: Venue, *, quiet: bool = False) -> None:
    """An address was put right: every calendar that shows it must follow."""
    note_all(venue.sessions.order_by("pk").values_list("pk", flat=True), quiet=quiet)


def shown_at(venue: Venue) -> SessionPageQuerySet:
    """The sessions that calendars show and that are held at ``venue``."""
    return _public().filter(venue=venue).select_related("calendar_entry").order_by("pk")


def recover(*, now: datetime | None = None) -> int:
    """Put right what no signal told, such as a process that died halfway; give the number of sessions."""
    now = now or timezone.now()
    pages = {page.pk: page for page in _public().select_related("calendar_entry").defer("programme")}
    places: dict[int, set[str]] = defaultdict(set)
    known = FeedPlace.objects.filter(entry__session__isnull=False)
    for session_id, feed in known.values_list("entry__session", "feed"):
        places[session_id].add(feed)
    feeds = feeds_of(pages.values())
    stale = [
        pk
        for pk, page in pages.items()
        if page.when is not None and (page.entry is None or not _is_noted(page.entry, page, feeds[pk], places[pk]))
    ]
    lost = CalendarEntry.objects.filter(gone_at=None, session__isnull=False).values_list("session_id", flat=True)
    stale += [session_id for session_id in lost if session_id not in pages]
    for session_id in stale:
        _bring_in_step(session_id, now=now)
    without = _public().filter(calendar_entry__programme_at=None).values_list("pk", "programme")
    for session_id in [pk for pk, programme in without if programme]:
        _bring_in_step(session_id, now=now)
    return len(stale)


@transaction.atomic
def _bring_in_step(session_id: int, *, now: datetime) -> None:
    """What a version that has gone live says to calendars and participants, in the manner that its editor chose."""
    live = SessionPage.objects.filter(pk=session_id).values("live_revision")
    quiet = QuietRevision.objects.filter(revision__in=live, used_at=None)
    is_quiet = quiet.exists()
    note(session_id, now=now, quiet=is_quiet)
    note_programme(session_id, now=now, quiet=is_quiet)
    quiet.update(used_at=now)


def _on_published(sender, instance, **kwargs):
    if isinstance(instance.specific_deferred, SessionPage):
        _bring_in_step(instance.pk, now=timezone.now())
        _note_other_runs(instance.pk)


@transaction.atomic
def _take_page_away(sender, instance, **kwargs):
    # Taken from the site, whatever its row says: Wagtail unpublishes a page it is about to delete without saving it.
    entry = CalendarEntry.objects.select_for_update(of=("self",)).filter(session_id=instance.pk).first()
    if entry:
        _take_away(entry, timezone.now())
        _note_other_runs(instance.pk)


def _on_moved(sender, instance, **kwargs):
    # Where a page lies, and what is closed above it, decides for all the sessions below.
    note_all(SessionPage.objects.descendant_of(instance, inclusive=True).values_list("pk", flat=True))


def _on_restriction_set(sender, instance, **kwargs):
    _on_moved(sender, instance.page)


def _on_restriction_lifted(sender, instance, origin=None, **kwargs):
    # One that goes because its page is being deleted shows nobody anything; the pages are still there at this moment.
    if getattr(origin, "model", type(origin)) is PageViewRestriction:
        _on_moved(sender, instance.page)


def connect() -> None:
    """Called once, from the app's ``ready``."""
    page_published.connect(_on_published, dispatch_uid="booking_session_published")
    page_unpublished.connect(_take_page_away, dispatch_uid="booking_session_unpublished")
    post_page_move.connect(_on_moved, dispatch_uid="booking_session_moved")
    post_save.connect(_on_restriction_set, sender=PageViewRestriction, dispatch_uid="booking_restriction_set")
    post_delete.connect(_on_restriction_lifted, sender=PageViewRestriction, dispatch_uid="booking_restriction_lifted")
    pre_delete.connect(_take_page_away, sender=SessionPage, dispatch_uid="booking_session_deleted")
