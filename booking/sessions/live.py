"""The one door through which Wagtail's signals enter: what is live on the site becomes what calendars see.

``note`` reads the live page from the database, never the draft in hand, so drafts, autosaves and pages that are only
scheduled change nothing (wagtail#13959).
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models.signals import post_delete, post_save, pre_delete
from django.utils import timezone
from wagtail.models import PageViewRestriction
from wagtail.signals import page_published, page_unpublished, post_page_move

from booking.journal.kinds import SESSION_CANCELLED, SESSION_SHOWN
from booking.journal.record import record
from booking.sessions.models import CalendarEntry, SessionPage, Venue


@transaction.atomic
def note(session_id: int, *, now: datetime | None = None) -> CalendarEntry | None:
    """Bring the calendar entry in step with the live page; give the entry, or None if it never was public."""
    now = now or timezone.now()
    entry = CalendarEntry.objects.select_for_update(of=("self",)).filter(session_id=session_id).first()
    page = SessionPage.objects.live().public().select_related("venue").filter(pk=session_id).first()
    if page is None or page.when is None:
        return entry and _take_away(entry, now)
    shown = _shown(page)
    if entry is None:
        entry = CalendarEntry.objects.create(session=page, created_at=now, changed_at=now, **shown)
        record(SESSION_SHOWN, entry, at=now, sequence=0)
    elif entry.gone_at or any(getattr(entry, name) != value for name, value in shown.items()):
        entry.gone_at = None
        _show(entry, shown, now)
    return entry


@transaction.atomic
def cancel_session(session: SessionPage, *, by, now: datetime) -> CalendarEntry:
    """Call a published session off. Doing it again changes nothing; the page stays and says so."""
    entry = CalendarEntry.objects.select_for_update(of=("self",)).get(session=session)
    if entry.cancelled_at is None:
        entry.cancelled_at = now
        _show(entry, {}, now)
        record(SESSION_CANCELLED, entry, by=by, at=now)
    return entry


def _shown(page: SessionPage) -> dict:
    when = page.when
    return {
        "title": page.title,
        "kind": page.kind,
        "starts_on": when.starts_on,
        "ends_on": when.ends_on,
        "starts_time": when.starts_time,
        "ends_time": when.ends_time,
        "words": when.words,
        "place": page.place,
    }


def _show(entry: CalendarEntry, shown: dict, now: datetime) -> None:
    changed = [name for name, value in shown.items() if getattr(entry, name) != value]
    for name in changed:
        setattr(entry, name, shown[name])
    entry.sequence += 1
    entry.changed_at = now
    entry.save()
    record(SESSION_SHOWN, entry, at=now, sequence=entry.sequence, changed=changed)


def _take_away(entry: CalendarEntry, now: datetime) -> CalendarEntry:
    if entry.gone_at is None:
        entry.gone_at = now
        _show(entry, {}, now)
    return entry


def note_all(session_ids: Iterable[int]) -> None:
    for session_id in session_ids:
        note(session_id)


def venue_changed(venue: Venue) -> None:
    """An address was put right: every calendar that shows it must follow."""
    note_all(venue.sessions.values_list("pk", flat=True))


def _on_page(sender, instance, **kwargs):
    # Publishing, unpublishing or moving any page can show or hide the sessions below it.
    if isinstance(instance.specific_deferred, SessionPage):
        note(instance.pk)


def _on_moved(sender, instance, **kwargs):
    note_all(SessionPage.objects.descendant_of(instance, inclusive=True).values_list("pk", flat=True))


def _on_restriction(sender, instance, **kwargs):
    _on_moved(sender, instance.page)


@transaction.atomic
def _before_delete(sender, instance, **kwargs):
    entry = CalendarEntry.objects.select_for_update(of=("self",)).filter(session_id=instance.pk).first()
    if entry:
        _take_away(entry, timezone.now())


def connect() -> None:
    """Called once, from the app's ``ready``."""
    page_published.connect(_on_page, dispatch_uid="booking_session_published")
    page_unpublished.connect(_on_page, dispatch_uid="booking_session_unpublished")
    post_page_move.connect(_on_moved, dispatch_uid="booking_session_moved")
    post_save.connect(_on_restriction, sender=PageViewRestriction, dispatch_uid="booking_restriction_set")
    post_delete.connect(_on_restriction, sender=PageViewRestriction, dispatch_uid="booking_restriction_gone")
    pre_delete.connect(_before_delete, sender=SessionPage, dispatch_uid="booking_session_deleted")
