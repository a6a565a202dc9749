"""Dates of any precision, and how they are said in Danish. Pure: no database, no clock, no request.

All wall-clock times are Europe/Copenhagen; ``starts_at`` and ``ends_at`` are aware.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

COPENHAGEN = ZoneInfo("Europe/Copenhagen")

WEEKDAYS = ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag")
MONTHS = (
    "januar",
    "februar",
    "marts",
    "april",
    "maj",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "december",
)


@dataclass(frozen=True, slots=True)
class When:
    """When something is held: exact times, whole days, or only words with a span to sort by.

    ``words`` ("maj/juni 2028") means that the dates are only the span the words stand for.
    Times come in pairs or not at all.
    """

    starts_on: date
    ends_on: date
    starts_time: time | None = None
    ends_time: time | None = None
    words: str = ""

    def __post_init__(self) -> None:
        if (self.starts_time is None) != (self.ends_time is None):
            raise ValueError("a start time and an end time come together")
        if self.ends_on < self.starts_on:
            raise ValueError("it ends before it starts")
        if self.has_times and self.ends_at <= self.starts_at:
            raise ValueError("it ends before it starts")

    @property
    def is_dated(self) -> bool:
        """The days are settled, though perhaps not the hours."""
        return not self.words

    @property
    def has_times(self) -> bool:
        return self.is_dated and self.starts_time is not None

    @property
    def starts_at(self) -> datetime:
        """The moment it starts; midnight when the hours are unknown."""
        return datetime.combine(self.starts_on, self.starts_time or time.min, COPENHAGEN)

    @property
    def ends_at(self) -> datetime:
        """The moment it is over; the midnight after the last day when the hours are unknown."""
        if self.ends_time is None:
            return datetime.combine(self.ends_on + timedelta(days=1), time.min, COPENHAGEN)
        return datetime.combine(self.ends_on, self.ends_time, COPENHAGEN)

    def is_over(self, now: datetime) -> bool:
        """Whether the end has come; a session in progress is not over."""
        return self.ends_at.astimezone(UTC) <= now.astimezone(UTC)

    def has_started(self, now: datetime) -> bool:
        return self.starts_at.astimezone(UTC) <= now.astimezone(UTC)

    def __str__(self) -> str:
        """As a Danish reader says it: "mandag den 5. – tirsdag den 6. december 2022 kl. 12.00-12.00"."""
        if self.words:
            return self.words
        if not self.has_times:
            return danish_days(self.starts_on, self.ends_on)
        return f"{danish_days(self.starts_on, self.ends_on)} kl. {self.hours}"

    @property
    def short(self) -> str:
        """As it is said among others of its kind: "15.-17. marts 2018"; words stay as they are."""
        return self.words or danish_span(self.starts_on, self.ends_on)

    @property
    def hours(self) -> str:
        """ "12.00-12.00", or nothing when the hours are unknown."""
        if not self.has_times:
            return ""
        return f"{danish_time(self.starts_time)}-{danish_time(self.ends_time)}"


def danish_time(value: time | None) -> str:
    """``10.00``, with the dot that Danish clocks use; nothing for an unknown time."""
    return f"{value:%H.%M}" if value else ""


def danish_day(day: date) -> str:
    """``mandag den 5. december 2022``."""
    return f"{WEEKDAYS[day.weekday()]} den {day.day}. {MONTHS[day.month - 1]} {day.year}"


def danish_days(first: date, last: date) -> str:
    """One day, or two that share what they can: "mandag den 31. januar – tirsdag den 1. februar 2022"."""
    if first == last:
        return danish_day(first)
    start = f"{WEEKDAYS[first.weekday()]} den {first.day}."
    if first.year != last.year:
        start = danish_day(first)
    elif first.month != last.month:
        start = f"{start} {MONTHS[first.month - 1]}"
    return f"{start} – {danish_day(last)}"


def danish_span(first: date, last: date) -> str:
    """The days without their names: "1. marts 2018", "15.-17. marts 2018", "30. april – 2. maj 2018"."""
    end = f"{last.day}. {MONTHS[last.month - 1]} {last.year}"
    if first == last:
        return end
    if first.year != last.year:
        return f"{first.day}. {MONTHS[first.month - 1]} {first.year} – {end}"
    if first.month != last.month:
        return f"{first.day}. {MONTHS[first.month - 1]} – {end}"
    return f"{first.day}.-{end}"


def danish_choice(things: Sequence[str]) -> str:
    """What one chooses between: "a", "a eller b", "a, b eller c"."""
    return " eller ".join([", ".join(things[:-1]), things[-1]] if len(things) > 1 else things)


def danish_moment(moment: datetime) -> str:
    """An aware moment on the Copenhagen clock: "5. december 2022 kl. 12.00"."""
    local = moment.astimezone(COPENHAGEN)
    return f"{local.day}. {MONTHS[local.month - 1]} {local.year} kl. {local:%H.%M}"


def danish_deadline(moment: datetime) -> str:
    """A moment that somebody has to keep, with its weekday: "mandag den 5. december 2022 kl. 12.00"."""
    local = moment.astimezone(COPENHAGEN)
    return f"{danish_day(local.date())} kl. {local:%H.%M}"


def today(now: datetime) -> date:
    """The date on the Copenhagen calendar at ``now`` (aware)."""
    return now.astimezone(COPENHAGEN).date()


def exists(day: date, clock: time) -> bool:
    """Whether this wall-clock time exists; an hour is skipped when summer time begins."""
    moment = datetime.combine(day, clock, COPENHAGEN)
    return moment.astimezone(UTC).astimezone(COPENHAGEN).replace(tzinfo=None) == moment.replace(tzinfo=None)


def is_before_the_change(moment: datetime) -> bool:
    """Whether the clock is put forward or back later that day: in October it will show the last hour once more."""
    return moment.utcoffset() != moment.replace(hour=12).utcoffset()
