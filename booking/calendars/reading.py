"""Somebody else's calendar file, read: its events as plain values, or the reason why it can't be taken in.

The file is a stranger's. It is read in a process of its own that is ended when it takes too long, so that no file can
hold up the site: a rule that never comes to a day, or a time zone that changes every second, costs a few seconds and no
more. Pure otherwise: no database, no clock, no settings.
"""

import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

from dateutil.rrule import rrulestr
from icalendar import Calendar, Component

from booking.calendars.lines import clean
from booking.dates import COPENHAGEN

logger = logging.getLogger(__name__)

#: What a file may hold. A political calendar of four years has a few hundred events.
MOST_BYTES = 2_000_000
MOST_LINES = 60_000
MOST_EVENTS = 2_000
MOST_DAYS = 2_000

#: Seconds that a file may take to read. A thousand events take one.
PATIENCE = 10

#: The years that a calendar file can name, in four figures, and that have a Danish clock.
YEARS = range(1000, 9999)

#: No meeting repeats more often than daily; such a rule is a mistake, or worse.
TOO_OFTEN = {"SECONDLY", "MINUTELY", "HOURLY"}

MOST_OF_A_UID = 255
MOST_OF_A_TITLE = 255
MOST_OF_A_PLACE = 400
MOST_OF_A_DESCRIPTION = 2_000

ROOT = Path(__file__).resolve().parents[2]


class Fault(StrEnum):
    """What is wrong with a file."""

    TOO_LARGE = "too_large"
    NOT_TEXT = "not_text"
    NOT_A_CALENDAR = "not_a_calendar"
    BROKEN_EVENT = "broken_event"
    TOO_MANY_EVENTS = "too_many_events"
    TOO_MANY_DAYS = "too_many_days"
    TOO_OFTEN = "too_often"
    TOO_SLOW = "too_slow"


class Unreadable(Exception):
    """The file can't be taken in. ``where`` is the title of the event at fault, if it is one."""

    def __init__(self, fault: Fault, where: str = ""):
        super().__init__(fault)
        self.fault = fault
        self.where = where


@dataclass(frozen=True, slots=True)
class Event:
    """One time that something takes place. Those of a series share a ``uid``, and differ in ``recurrence``.

    With hours, ``starts_at`` and ``ends_at`` are set, in UTC. The days are Danish, the last one included.
    """

    uid: str
    recurrence: str  # the original start, "20270505" or "20270505T080000Z"; empty for what does not repeat
    title: str
    place: str
    description: str
    url: str
    starts_on: date
    ends_on: date
    starts_at: datetime | None
    ends_at: datetime | None
    is_cancelled: bool


def read(content: bytes, *, first: date, last: date) -> list[Event]:
    """The events of a file between two days, read in a process of its own. Raises Unreadable."""
    if len(content) > MOST_BYTES:
        raise Unreadable(Fault.TOO_LARGE)
    command = [sys.executable, "-m", "booking.calendars.reading", first.isoformat(), last.isoformat()]
    try:
        # With an empty environment: our keys are no business of whoever reads strangers' files.
        done = subprocess.run(  # noqa: S603
            command, input=content, capture_output=True, timeout=PATIENCE, cwd=ROOT, env={}, check=False
        )
    except subprocess.TimeoutExpired:
        raise Unreadable(Fault.TOO_SLOW) from None
    if done.returncode:  # it fell over something that nobody has thought of
        logger.error("reading an outside calendar ended with %d", done.returncode)
        raise Unreadable(Fault.NOT_A_CALENDAR)
    answer = json.loads(done.stdout)
    if "fault" in answer:
        raise Unreadable(Fault(answer["fault"]), answer["where"])
    return [_from_json(event) for event in answer["events"]]


def read_here(content: bytes, *, first: date, last: date) -> list[Event]:
    """The same in this process, for however long it takes. Raises Unreadable."""
    text = _text(content)
    try:
        calendars = Calendar.from_ical(text, multiple=True)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise Unreadable(Fault.NOT_A_CALENDAR) from error
    if any(calendar.name != "VCALENDAR" for calendar in calendars):
        raise Unreadable(Fault.NOT_A_CALENDAR)
    found: dict[tuple[str, str], Event] = {}
    changed: dict[tuple[str, str], Event] = {}
    for component in _latest(component for calendar in calendars for component in calendar.walk("VEVENT")):
        if str(component.get("CLASS", "")).upper() in {"PRIVATE", "CONFIDENTIAL"}:
            continue  # not meant for others
        try:
            events = changed if "RECURRENCE-ID" in component else found
            for event in _occurrences(component, first, last):
                events[event.uid, event.recurrence] = event
                if len(found) + len(changed) > MOST_DAYS:
                    raise Unreadable(Fault.TOO_MANY_DAYS)
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
            raise Unreadable(Fault.BROKEN_EVENT, _title(component)) from error
    # One of a series that was moved takes the place of the one that the rule gives.
    whole = found | changed
    return sorted(
        (event for event in whole.values() if event.ends_on >= first and event.starts_on <= last),
        key=lambda event: (event.starts_on, event.uid, event.recurrence),
    )


def _text(content: bytes) -> str:
    """The file's lines, unfolded before they are text: simple programs fold within a character."""
    if len(content) > MOST_BYTES or content.count(b"\n") > MOST_LINES:
        raise Unreadable(Fault.TOO_LARGE)
    try:
        text = re.sub(rb"\r?\n[ \t]", b"", content).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(Fault.NOT_TEXT) from error
    if not re.match(r"\s*BEGIN:VCALENDAR\s*\n", text, re.IGNORECASE):
        raise Unreadable(Fault.NOT_A_CALENDAR)
    depth = 0
    for begins in re.findall(r"^(BEGIN|END):", text, re.MULTILINE | re.IGNORECASE):
        depth += 1 if begins.upper() == "BEGIN" else -1
        if not 0 <= depth <= 4:  # a calendar, an event, its alarm
            raise Unreadable(Fault.NOT_A_CALENDAR)
    if depth:  # cut off halfway
        raise Unreadable(Fault.NOT_A_CALENDAR)
    if len(re.findall(r"^BEGIN:VEVENT", text, re.MULTILINE | re.IGNORECASE)) > MOST_EVENTS:
        raise Unreadable(Fault.TOO_MANY_EVENTS)
    return text.lstrip()


def _latest(components: Iterable[Component]) -> Iterable[Component]:
    """Those that no other replaces: of several versions the one with the highest number, or the last in the file."""
    latest: dict[tuple[str, str], Component] = {}
    for component in components:
        try:
            key = _uid(component), str(_moment(component, "RECURRENCE-ID")) if "RECURRENCE-ID" in component else ""
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise Unreadable(Fault.BROKEN_EVENT, _title(component)) from error
        if key not in latest or _sequence(component) >= _sequence(latest[key]):
            latest[key] = component
    return latest.values()


def _sequence(component: Component) -> int:
    number = str(component.get("SEQUENCE", 0))
    return int(number) if re.fullmatch("[0-9]{1,10}", number) else 0


def _occurrences(component: Component, first: date, last: date) -> Iterator[Event]:
    """The times that an event takes place, or, of one that was moved out of its series, the one it says."""
    starts = _moment(component, "DTSTART")
    length = _length(component, starts)
    if "RECURRENCE-ID" in component:
        yield _event(component, starts, length, recurrence=_moment(component, "RECURRENCE-ID"))
    elif "RRULE" in component or "RDATE" in component:
        lengths = _lengths(component)
        longest = max([length, *lengths.values()])
        for moment in _moments(component, starts, first - longest, last):
            yield _event(component, moment, lengths.get(_recurrence(moment), length), recurrence=moment)
    else:
        yield _event(component, starts, length)


def _moment(component: Component, name: str) -> date | datetime:
    """A day, or a moment; the library takes a length of time in its place, too."""
    said: Any = component[name]
    value = said.dt
    if not isinstance(value, date):
        raise TypeError(f"{name} is neither a day nor a moment")
    return value


def _length(component: Component, starts: date | datetime) -> timedelta:
    """How long it lasts; a day for one with neither end nor hours, nothing for one with hours and no end."""
    if "DTEND" in component:
        ends = _moment(component, "DTEND")
        if isinstance(starts, datetime) and isinstance(ends, datetime):
            length = _aware(ends) - _aware(starts)
        elif isinstance(starts, datetime) or isinstance(ends, datetime):
            raise ValueError("it begins with hours and ends without, or the other way round")
        else:
            length = ends - starts
    elif "DURATION" in component:
        said: Any = component["DURATION"]
        length = said.dt
    else:
        length = timedelta(0)
    if length < timedelta(0):
        raise ValueError("it ends before it begins")
    return length if isinstance(starts, datetime) else max(length, timedelta(days=1))


def _lengths(component: Component) -> dict[str, timedelta]:
    """Of the times that were added to a series with a length of their own."""
    found = {}
    for line in _each(component, "RDATE"):
        for one in line.dts:
            if isinstance(one.dt, tuple):
                starts, until = one.dt
                found[_recurrence(starts)] = until if isinstance(until, timedelta) else _aware(until) - _aware(starts)
    if any(length < timedelta(0) for length in found.values()):
        raise ValueError("it ends before it begins")
    return found


def _moments(component: Component, starts: date | datetime, first: date, last: date) -> Iterator[date | datetime]:
    """When a series takes place, on the wall clock of its own time zone: its rules, and the days added and left out."""
    zone = starts.tzinfo if isinstance(starts, datetime) else None
    wall = _wall(starts, zone)
    begin = datetime.combine(first - timedelta(days=1), time.min)
    end = datetime.combine(last + timedelta(days=1), time.max)
    found = {wall} if wall >= begin else set()
    for rule in _each(component, "RRULE"):
        if TOO_OFTEN & {str(frequency).upper() for frequency in rule.get("FREQ", [])}:
            raise Unreadable(Fault.TOO_OFTEN, _title(component))
        rule = dict(rule)
        until = rule.pop("UNTIL", [None])[0]
        ends = min(end, _wall(until, zone, whole_day=True)) if until is not None else end
        words = ";".join(f"{name}={','.join(map(str, values))}" for name, values in rule.items())
        for moment in rrulestr(words, dtstart=wall):
            if moment > ends:
                break
            if moment >= begin:
                found.add(moment)
            if len(found) > MOST_DAYS:
                raise Unreadable(Fault.TOO_MANY_DAYS)
    found |= {_wall(day, zone) for day in _listed(component, "RDATE")}
    left_out = list(_listed(component, "EXDATE"))
    found -= {_wall(day, zone) for day in left_out}
    # Some name the day of an hour, or an hour of a day.
    days = {_wall(day, zone).date() for day in left_out if not isinstance(starts, datetime) or type(day) is date}
    for moment in sorted(found):
        if begin <= moment <= end and moment.date() not in days:
            yield moment.replace(tzinfo=zone) if isinstance(starts, datetime) else moment.date()


def _each(component: Component, name: str) -> list[Any]:
    """All properties of a name; one may stand once or more."""
    values = component.get(name, [])
    return values if isinstance(values, list) and not hasattr(values, "dts") else [values]


def _listed(component: Component, name: str) -> Iterator[date | datetime]:
    """The days that properties of this name list; of a period, its start."""
    for line in _each(component, name):
        for one in line.dts:
            yield one.dt[0] if isinstance(one.dt, tuple) else one.dt


def _wall(value: date | datetime, zone: Any, *, whole_day: bool = False) -> datetime:
    """A day or a moment as the clock of ``zone`` shows it; a day is its first moment, or its last."""
    if not isinstance(value, datetime):
        return datetime.combine(value, time.max if whole_day else time.min)
    if value.tzinfo is not None:
        value = value.astimezone(zone or COPENHAGEN)
    return value.replace(tzinfo=None)


def _aware(moment: datetime) -> datetime:
    """In UTC. A time without a zone is one on whatever clock hangs there, and here that is a Danish one."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=COPENHAGEN)).astimezone(UTC)


def _event(
    component: Component,
    starts: date | datetime,
    length: timedelta,
    *,
    recurrence: date | datetime | None = None,
) -> Event:
    if isinstance(starts, datetime):
        starts_at = _aware(starts).replace(microsecond=0)
        # A day of length is a day on the clock, also when the clock changes; an hour is an hour.
        days_long = timedelta(days=length.days if "DTEND" not in component else 0)
        ends_at = _aware(starts + days_long).replace(microsecond=0) + length - days_long
        # What ends at midnight ends on the day before.
        last_moment = max(starts_at, ends_at - timedelta(seconds=1))
        days = starts_at.astimezone(COPENHAGEN).date(), last_moment.astimezone(COPENHAGEN).date()
    else:
        starts_at = ends_at = None
        days = starts, starts + length - timedelta(days=1)
    if any(day.year not in YEARS for day in (*days, recurrence or starts)):
        raise ValueError("it lies in a year that no calendar has")
    return Event(
        uid=_uid(component),
        recurrence=_recurrence(recurrence),
        title=_title(component),
        place=_words(component, "LOCATION")[:MOST_OF_A_PLACE],
        description=_words(component, "DESCRIPTION")[:MOST_OF_A_DESCRIPTION],
        url=_url(component),
        starts_on=days[0],
        ends_on=days[1],
        starts_at=starts_at,
        ends_at=ends_at,
        is_cancelled=str(component.get("STATUS", "")).upper() == "CANCELLED",
    )


def _recurrence(moment: date | datetime | None) -> str:
    if moment is None:
        return ""
    return f"{_aware(moment):%Y%m%dT%H%M%SZ}" if isinstance(moment, datetime) else f"{moment:%Y%m%d}"


def _uid(component: Component) -> str:
    """Its own, or one made of when and what, should it lack one or have one that no calendar would keep."""
    uid = clean(str(component.get("UID", ""))).strip()
    if 0 < len(uid) <= MOST_OF_A_UID:
        return uid
    made_of = uid or f"{_moment(component, 'DTSTART').isoformat()} {_title(component)}"
    return sha256(made_of.encode()).hexdigest()


def _title(component: Component) -> str:
    return " ".join(_words(component, "SUMMARY").split())[:MOST_OF_A_TITLE]


def _words(component: Component, name: str) -> str:
    values = component.get(name, "")
    return clean(str(values[0] if isinstance(values, list) and values else values)).strip()


def _url(component: Component) -> str:
    """Its page, if that is an address that a browser opens and not one that does something else."""
    url = _words(component, "URL")
    return url if re.fullmatch(r"https?://[^\s<>\"\\^`{|}]{1,480}", url) else ""


def _from_json(event: dict[str, Any]) -> Event:
    for name in ("starts_on", "ends_on"):
        event[name] = date.fromisoformat(event[name])
    for name in ("starts_at", "ends_at"):
        event[name] = event[name] and datetime.fromisoformat(event[name])
    return Event(**event)


def _main(first: str, last: str) -> None:
    content = sys.stdin.buffer.read(MOST_BYTES + 1)
    try:
        events = read_here(content, first=date.fromisoformat(first), last=date.fromisoformat(last))
        answer: dict[str, Any] = {"events": [asdict(event) for event in events]}
    except Unreadable as unreadable:
        answer = {"fault": unreadable.fault, "where": unreadable.where}
    json.dump(answer, sys.stdout, default=lambda value: value.isoformat())


if __name__ == "__main__":
    _main(*sys.argv[1:])
