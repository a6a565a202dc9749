"""Three independent programs that read calendar files, brought to one form to be held against each other."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import icalendar
import vobject
from ical.calendar_stream import IcsCalendarStream


@dataclass(frozen=True)
class Seen:
    """An event as one program understood it; moments in UTC."""

    uid: str
    starts: date | datetime
    ends: date | datetime
    title: str
    place: str
    description: str
    status: str
    sequence: int
    stamp: datetime
    changed: datetime
    url: str
    categories: tuple[str, ...]


def _utc(value):
    if isinstance(value, datetime):
        assert value.tzinfo is not None, "a floating time"
        return value.astimezone(UTC)
    return value


def by_icalendar(text: str) -> list[Seen]:
    return [
        Seen(
            uid=str(event["UID"]),
            starts=_utc(event.decoded("DTSTART")),
            ends=_utc(event.decoded("DTEND")),
            title=str(event["SUMMARY"]),
            place=str(event.get("LOCATION", "")),
            description=str(event["DESCRIPTION"]),
            status=str(event["STATUS"]),
            sequence=int(event["SEQUENCE"]),
            stamp=_utc(event.decoded("DTSTAMP")),
            changed=_utc(event.decoded("LAST-MODIFIED")),
            url=str(event["URL"]),
            categories=tuple(map(str, event["CATEGORIES"].cats)),
        )
        for event in icalendar.Calendar.from_ical(text).walk("VEVENT")
    ]


def by_vobject(text: str) -> list[Seen]:
    calendar = vobject.readOne(text)
    return [
        Seen(
            uid=event.uid.value,
            starts=_utc(event.dtstart.value),
            ends=_utc(event.dtend.value),
            title=event.summary.value,
            place=event.location.value if "location" in event.contents else "",
            description=event.description.value,
            status=event.status.value,
            sequence=int(event.sequence.value),
            stamp=_utc(event.dtstamp.value),
            changed=_utc(event.last_modified.value),
            url=event.url.value,
            categories=tuple(event.categories.value),
        )
        for event in calendar.contents.get("vevent", [])
    ]


def by_ical(text: str) -> list[Seen]:
    return [
        Seen(
            uid=event.uid,
            starts=_utc(event.dtstart),
            ends=_utc(event.dtend),
            title=event.summary,
            place=event.location or "",
            description=event.description,
            status=event.status.value,
            sequence=event.sequence,
            stamp=_utc(event.dtstamp),
            changed=_utc(event.last_modified),
            url=event.url if isinstance(event.url, str) else event.url.uri,
            categories=tuple(event.categories),
        )
        for event in IcsCalendarStream.calendar_from_ics(text).events
    ]


READERS = (by_icalendar, by_vobject, by_ical)


def agreed(text: str) -> list[Seen]:
    """What all three read in the file; fails where they differ."""
    readings = [reader(text) for reader in READERS]
    assert readings[0] == readings[1] == readings[2]
    return readings[0]
