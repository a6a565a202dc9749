"""The timetable of a municipality's own course: every line of all its tracks, in the order of time."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from booking.sessions.models import SessionPage
from home.listing import Entry, Group

if TYPE_CHECKING:
    from home.models import OfferPage


@dataclass(frozen=True, slots=True)
class TimetableLine:
    """One session with the track it belongs to, and the runs that one may choose instead."""

    session: SessionPage
    track: "OfferPage"
    other_runs: tuple[SessionPage, ...]


def timetable(group: Group) -> list[TimetableLine]:
    """The sessions of a heading and its groups, those of past terms too; the ones called off are left out.

    What has only words for a date stands where its span begins; of two that begin together the shorter comes first.
    """
    found = [(session, entry.offer) for entry in _entries(group) for session in entry.sessions]
    found.sort(key=lambda pair: (pair[0].when.starts_at, pair[0].when.ends_at, pair[0].path))
    runs = defaultdict(list)
    for session, _track in found:
        runs[session.choice_id].append(session)
    runs.pop(None, None)
    return [
        TimetableLine(session, track, tuple(run for run in runs.get(session.choice_id, ()) if run != session))
        for session, track in found
    ]


def _entries(group: Group) -> Iterator[Entry]:
    yield from group.entries
    yield from group.past
    for below in group.groups:
        yield from _entries(below)
