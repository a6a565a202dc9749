"""What comes, as a reader wants it: month by month, then what is expected without a date."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import groupby

from wagtail.models import Page

from booking.calendars.outside import OutsideEvent, once
from booking.dates import COPENHAGEN, MONTHS, today
from booking.sessions.models import SessionPage
from booking.signup.lines import SessionLine, session_lines

#: More than this of others' would hide our own; a reader who wants them all has the calendar they come from.
MOST_OUTSIDE = 300


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: a session and the page it belongs to, or an event of a calendar that somebody else keeps."""

    line: SessionLine | None = None
    parent: Page | None = None
    outside: OutsideEvent | None = None


@dataclass(frozen=True, slots=True)
class Month:
    """A month with what begins in it."""

    first: date
    rows: list[Entry]

    @property
    def name(self) -> str:
        """ "December 2026"."""
        return f"{MONTHS[self.first.month - 1].capitalize()} {self.first.year}"

    @property
    def anchor(self) -> str:
        """Its place on the page: "2026-12"."""
        return f"{self.first:%Y-%m}"


def coming(now: datetime) -> tuple[list[Month], list[Entry]]:
    """The months with what has a date, and the sessions that have only words for one; a fixed number of queries."""
    sessions = SessionPage.objects.live().public().upcoming(now).for_listing()
    rows = _rows(session_lines(sessions, now=now))
    expected = [row for row in rows if not row.line.session.when.is_dated]
    dated = [(row.line.session.when.starts_at, row) for row in rows if row.line.session.when.is_dated]
    # What goes on for years, such as an election term, stands in the month that it is.
    outside = once(OutsideEvent.objects.shown().upcoming(now).with_calendar()[:MOST_OUTSIDE])
    dated += [(max(event.first_time, start_of_day(now)), Entry(outside=event)) for event in outside]
    dated.sort(key=lambda moment_and_row: moment_and_row[0])
    months = groupby(dated, key=lambda moment_and_row: today(moment_and_row[0]).replace(day=1))
    return [Month(first, [row for _moment, row in rows]) for first, rows in months], expected


def sources(months: Iterable[Month]) -> list[str]:
    """The names of the outside calendars that stand in these months."""
    return sorted({row.outside.calendar.name for month in months for row in month.rows if row.outside})


def start_of_day(now: datetime) -> datetime:
    return datetime.combine(today(now), time.min, COPENHAGEN)


def _rows(lines: Iterable[SessionLine]) -> list[Entry]:
    """The lines beside their parents; the parents come in one query."""
    lines = list(lines)
    above = {line.session.path[: -Page.steplen] for line in lines}
    parents = {page.path: page for page in Page.objects.filter(path__in=above)}
    return [Entry(line, parents.get(line.session.path[: -Page.steplen])) for line in lines]
