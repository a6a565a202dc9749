"""A session as calendars see it: its entry in the words of a calendar file."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django_ical.feedgenerator import ICal20Feed

from booking.calendars.addresses import address, calendar_domain
from booking.calendars.lines import TIMEZONE, VTIMEZONE, clean, folded, line, quoted
from booking.dates import When, is_before_the_change
from booking.pricing.models import SessionKind
from booking.sessions.calendar_entry import CalendarEntry

#: Who made the file. Programs use it to know our quirks, so it stays as it is.
PRODUCT = "-//KL//Tilbud til borgmestre//DA"

#: How often a subscriber may ask again.
REFRESH = "PT1H"

#: django-ical's names and the properties they become, in the order they are written.
FIELDS = (
    ("unique_id", "UID"),
    ("recurrence", "RECURRENCE-ID"),  # of an outside event that is one of a series
    ("timestamp", "DTSTAMP"),
    ("updateddate", "LAST-MODIFIED"),
    ("created", "CREATED"),
    ("sequence", "SEQUENCE"),
    ("status", "STATUS"),
    ("transparency", "TRANSP"),
    ("start_datetime", "DTSTART"),
    ("end_datetime", "DTEND"),
    ("title", "SUMMARY"),
    ("location", "LOCATION"),
    ("description", "DESCRIPTION"),
    ("categories", "CATEGORIES"),
)


class CalendarFile(ICal20Feed):
    """django-ical's generator, with its own writing.

    The original has no time zone in the file, fills DTSTAMP with the time of the request and folds lines slowly; its
    view also knows neither cancellations nor ETags (calendars.views has those). A file without a name holds one event:
    Outlook opens a new calendar for a file that has one.
    """

    def __init__(self, name: str = ""):
        super().__init__(title=name, link=settings.SITE_URL, description="")

    def add_entry(
        self,
        entry: CalendarEntry,
        *,
        join_link: str = "",
        since: datetime | None = None,
        sequence: int | None = None,
    ) -> None:
        self.add_item(**event(entry, join_link=join_link, since=since, sequence=sequence))

    def add_item(self, **item) -> None:
        """What is written already needs none of the generator's preparations, which cost as much as all the rest."""
        if "written" in item:
            self.items.append(item)
        else:
            super().add_item(**item)

    def write(self, outfile, encoding) -> None:
        outfile.write(self.text().encode(encoding))

    def text(self) -> str:
        """The whole file."""
        name = self.feed["title"]
        parts = ["BEGIN:VCALENDAR\r\n", line("VERSION", "2.0"), line("PRODID", PRODUCT)]
        parts += [line("CALSCALE", "GREGORIAN"), line("METHOD", "PUBLISH")]
        if name:
            parts += [line("NAME", name), line("X-WR-CALNAME", name), line("X-WR-TIMEZONE", TIMEZONE)]
            parts += [folded(f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}"), line("X-PUBLISHED-TTL", REFRESH)]
        parts.append(VTIMEZONE)
        parts += [_vevent(item) for item in self.items]
        parts.append("END:VCALENDAR\r\n")
        return "".join(parts)


def event(
    entry: CalendarEntry, *, join_link: str = "", since: datetime | None = None, sequence: int | None = None
) -> dict:
    """One session in the words of django-ical; ``join_link`` only in a file for somebody who has a seat.

    ``since`` and ``sequence`` are those of a mail, which must win over what was mailed to the same reader before.
    """
    when = entry.when
    stamp = max(entry.changed_at, since or entry.changed_at)
    if join_link and entry.link_changed_at:
        # A new link is no new version to the public, but the file that brings it must win over the one before.
        stamp = max(stamp, entry.link_changed_at)
    return {
        "unique_id": f"{entry.uid}@{calendar_domain()}",
        "timestamp": stamp.astimezone(UTC),
        "updateddate": stamp.astimezone(UTC),
        "created": entry.created_at.astimezone(UTC),
        "sequence": entry.sequence if sequence is None else sequence,
        "status": "CANCELLED" if entry.is_struck else "CONFIRMED",
        "transparency": "TRANSPARENT" if entry.is_struck else "OPAQUE",
        **_span(when),
        "title": title(entry),
        "location": join_link if join_link and entry.kind == SessionKind.ONLINE else entry.place,
        "description": description(entry, join_link=join_link),
        "categories": [str(capfirst(entry.get_kind_display()))],
        "link": address("booking:event", entry.uid),
    }


def _span(when: When) -> dict:
    """Its hours by a Danish clock, or whole days up to the day after.

    A clock shows one hour of October twice. The standard means the first, and half of all programs read the second;
    some are mistaken about the hours before. So in the night when the clock changes, both ends are in UTC.
    """
    if not when.has_times:
        return {"start_datetime": when.starts_on, "end_datetime": when.ends_on + timedelta(days=1)}
    starts, ends = when.starts_at, when.ends_at
    if is_before_the_change(starts) or is_before_the_change(ends):
        starts, ends = starts.astimezone(UTC), ends.astimezone(UTC)
    return {"start_datetime": starts, "end_datetime": ends}


def expected_event(entry: CalendarEntry) -> dict:
    """The same where dates are expected: words for a date are a tentative span of days that takes nobody's time."""
    item = event(entry)
    if entry.is_off or entry.is_dated:
        return item
    words = entry.words or entry.postponed_to
    starts_on, ends_on = entry.expected_on or entry.starts_on, entry.expected_until or entry.ends_on
    return item | {
        "status": "TENTATIVE",
        "transparency": "TRANSPARENT",
        "start_datetime": starts_on,
        "end_datetime": ends_on + timedelta(days=1),
        "title": _("Expected: %(title)s (%(words)s)") % {"title": entry.title, "words": words},
        "description": "\n".join(
            [
                str(capfirst(entry.get_kind_display())),
                _("The date is not settled yet. When it is, it comes here by itself."),
                _("Read more: %(url)s") % {"url": item["link"]},
            ]
        ),
    }


def title(entry: CalendarEntry) -> str:
    """Its title. Outlook shows a cancelled event as if it took place, so the title says it too."""
    if entry.is_off:
        return _("Cancelled: %(title)s") % {"title": entry.title}
    if entry.postponed_to:
        return _("Postponed: %(title)s") % {"title": entry.title}
    return entry.title


def description(entry: CalendarEntry, *, join_link: str = "") -> str:
    """A few lines: what it is, what is still unknown, and where to read on."""
    lines = [capfirst(entry.get_kind_display())]
    if entry.is_off:
        lines.append(_("This session has been cancelled."))
    elif entry.postponed_to:
        lines.append(_("This date no longer holds. Expected: %(words)s.") % {"words": entry.postponed_to})
    else:
        if entry.other_runs:
            lines.append(_("Or %(runs)s: one takes part once.") % {"runs": entry.other_runs})
        if not entry.place:
            lines.append(_("The place will follow."))
    if join_link and not entry.is_struck:
        lines.append(_("Take part here: %(link)s") % {"link": join_link})
    lines.append(_("Read more: %(url)s") % {"url": address("booking:event", entry.uid)})
    return "\n".join(lines)


def session_file(
    entry: CalendarEntry, *, join_link: str = "", since: datetime | None = None, sequence: int | None = None
) -> str:
    """A file with this one session, to download or to send."""
    with override(settings.LANGUAGE_CODE):
        calendar = CalendarFile()
        calendar.add_entry(entry, join_link=join_link, since=since, sequence=sequence)
        return calendar.text()


def left_file(entry: CalendarEntry, *, at: datetime, sequence: int | None = None) -> str:
    """For somebody who gave up their seat ``at``, and whose own calendar has the session: it strikes it out there.

    It has the session's UID, or it would strike out nothing. For the others the session takes place, so the session's
    own version stays: ``sequence`` is the reader's. A calendar that is subscribed to stands by itself.
    """
    with override(settings.LANGUAGE_CODE):
        calendar = CalendarFile()
        calendar.add_item(
            **event(entry, since=at, sequence=sequence)
            | {
                "status": "CANCELLED",
                "transparency": "TRANSPARENT",
                "title": _("Given up: %(title)s") % {"title": entry.title},
                "description": _(
                    "You no longer have a seat here. Remove the date if it still stands in your calendar."
                ),
            }
        )
        return calendar.text()


def written(entries: QuerySet[CalendarEntry], what: Callable[[CalendarEntry], dict]) -> list[dict]:
    """What ``what`` says of each, with its lines written: remembered, because feeds share most of their events.

    The key is all that the lines are made from, so that nothing stale can be remembered.
    """
    sender = (settings.DEFAULT_FROM_EMAIL, settings.WAGTAIL_SITE_NAME)
    about = (what, settings.SITE_URL, settings.CALENDAR_DOMAIN, *sender, get_language())
    items = []
    for row in entries.values_list(*_READ):
        item = _remembered.get((about, row))
        if item is None:
            item = what(CalendarEntry(**dict(zip(_READ, row, strict=True))))
            item["written"] = _vevent(item)
            if len(_remembered) >= MOST_REMEMBERED:
                _remembered.clear()
            _remembered[about, row] = item
        items.append(item)
    return items


#: All that ``event`` and ``expected_event`` read of an entry.
_READ = (
    *CalendarEntry.SHOWN,
    *("uid", "sequence", "created_at", "changed_at", "cancelled_at", "gone_at", "expected_on", "expected_until"),
)
#: So many events are a megabyte or two, and more than any site has.
MOST_REMEMBERED = 4000
_remembered: dict[tuple, dict] = {}


def _vevent(item: dict) -> str:
    if "written" in item:
        return item["written"]
    parts = ["BEGIN:VEVENT\r\n"]
    parts += [line(name, item[field]) for field, name in FIELDS if item.get(field) not in (None, "", [])]
    parts += [_organizer(item.get("organizer", "")), folded(f"URL:{clean(item['link'])}"), "END:VEVENT\r\n"]
    return "".join(parts)


def _organizer(organizer: str) -> str:
    """Whose event it is, by our address: whoever publishes a file must name one. Source: RFC 5546, section 3.2.1."""
    name, mailbox = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return folded(f"ORGANIZER;CN={quoted(organizer or name or settings.WAGTAIL_SITE_NAME)}:mailto:{mailbox}")
