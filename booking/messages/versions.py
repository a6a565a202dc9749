"""The version of a session that a mail puts into somebody's own calendar, counted for each reader.

A calendar program takes a file for news only if its SEQUENCE is higher than what it has, or equal and stamped later;
and not all of them read the stamp. Whoever loses a seat and gets it back is sent three files of a session that has not
changed, so the session's own count is not enough. A mail has the session's, or one more than the last one mailed to
the same address, whichever is higher. Feeds have the session's own: a calendar that is subscribed to is read whole each
time, and lies beside the one that files are opened into.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db.models import QuerySet

from booking.messages.models import MailedVersion
from booking.sessions.calendar_entry import CalendarEntry


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells one file of a session from the next in the same calendar; both rise."""

    sequence: int
    since: datetime


def next_versions(entry: CalendarEntry, recipients: Iterable[str], *, at: datetime) -> dict[str, Stamp]:
    """Count the files that are about to be written, one to each address, in the transaction that writes the mails.

    The session's entry is locked, so those who count at once take turns.
    """
    entry = CalendarEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    digests = {recipient: _digest(entry.uid, recipient) for recipient in recipients}
    mailed = {row.recipient_digest: row for row in entry.mailed_versions.filter(recipient_digest__in=digests.values())}
    moments = [at, entry.changed_at, *([entry.link_changed_at] if entry.link_changed_at else [])]
    first = Stamp(entry.sequence, max(moments).replace(microsecond=0))
    stamps = {
        recipient: _after(mailed[digest], first) if digest in mailed else first for recipient, digest in digests.items()
    }
    rows = [
        MailedVersion(entry=entry, recipient_digest=digests[one], sequence=stamp.sequence, stamped_at=stamp.since)
        for one, stamp in stamps.items()
    ]
    MailedVersion.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["entry", "recipient_digest"],
        update_fields=["sequence", "stamped_at"],
    )
    return stamps


def _after(last: MailedVersion, first: Stamp) -> Stamp:
    """Calendars know whole seconds."""
    return Stamp(max(first.sequence, last.sequence + 1), max(first.since, last.stamped_at + timedelta(seconds=1)))


def forget_reader(recipient: str) -> None:
    """Remove what leads from an address to the sessions that were mailed to it."""
    mailed_to(recipient).delete()


def mailed_to(recipient: str) -> QuerySet[MailedVersion]:
    """What is counted of one reader. The rows name nobody, so the digest of each session that was mailed is tried."""
    uids = CalendarEntry.objects.exclude(mailed_versions=None).distinct().values_list("uid", flat=True)
    return MailedVersion.objects.filter(recipient_digest__in=[_digest(uid, recipient) for uid in uids])


def _digest(uid: UUID, recipient: str) -> str:
    """The reader of one session; another for the same reader of the next, so that the rows join nothing up."""
    return sha256(f"{uid} {recipient.strip().lower()}".encode()).hexdigest()
