"""What comes, as a reader wants it: month by month, then what is expected without a date."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from wagtail.models import Page

from booking.dates import MONTHS
from booking.sessions.models import SessionPage
from booking.signup.lines import SessionLine, session_lines


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: a session and the page it belongs to."""

    line: SessionLine
    parent: Page | None


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
    """The months with dated sessions, and those that have only words for a date; a fixed number of queries."""
    sessions = SessionPage.objects.live().public().upcoming(now).for_listing()
    rows = _rows(session_lines(sessions, now=now))
    dated = [row for row in rows if row.line.session.when.is_dated]
    expected = [row for row in rows if not row.line.session.when.is_dated]
    months = groupby(dated, key=lambda row: row.line.session.starts_on.replace(day=1))
    return [Month(first, list(rows)) for first, rows in months], expected


def _rows(lines: Iterable[SessionLine]) -> list[Entry]:
    """The lines beside their parents; the parents come in one query."""
    lines = list(lines)
    above = {line.session.path[: -Page.steplen] for line in lines}
    parents = {page.path: page for page in Page.objects.filter(path__in=above)}
    return [Entry(line, parents.get(line.session.path[: -Page.steplen])) for line in lines]
