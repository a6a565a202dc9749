"""What a session looks like in a calendar, as three independent programs read it."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine

from booking.calendars.events import event, expected_event, left_file, session_file, written
from booking.models import CalendarEntry, SessionPage
from booking.sessions.live import cancel_session
from tests.booking.calendars.readers import agreed
from tests.factories import SessionPageFactory, VenueFactory

pytestmark = pytest.mark.django_db

MADE = datetime(2027, 1, 4, 9, 30, 15, 999999, tzinfo=UTC)
DAY = date(2027, 5, 5)


def entry(**session) -> CalendarEntry:
    with time_machine.travel(MADE, tick=False):
        return SessionPageFactory(**session).calendar_entry


def unfolded(text: str) -> list[str]:
    return text.replace("\r\n ", "").split("\r\n")


def test_three_programs_read_the_same():
    made = entry(title="Lederskab", venue=VenueFactory())

    [seen] = agreed(session_file(made))

    assert seen.uid == f"{made.uid}@borgmestre.example.org"
    assert seen.starts == datetime(2027, 5, 5, 8, tzinfo=UTC)
    assert seen.ends == datetime(2027, 5, 5, 16, tzinfo=UTC)
    assert seen.title == "Lederskab"
    assert seen.place == "Campus Carlsberg, Humletorvet 3, 1799 København V"
    assert (seen.status, seen.sequence) == ("CONFIRMED", 0)
    assert seen.stamp == seen.changed == MADE.replace(microsecond=0)
    assert seen.url == f"https://borgmestre.example.org/kalender/afholdelse/{made.uid}/"
    assert seen.url in seen.description


@pytest.mark.parametrize(
    "title",
    [
        "Ærø, Ålborg og Øerne",
        "Mad; drikke, og \\ mere",
        "🎉 Fest 🎉",
        "Blandet “citat” – og 'pling' & <b>",
        "Økonomi" * 36,
        "🎉" * 63,
        "Et langt ord " * 19,
        "n\\n",
        ":;,",
    ],
    ids=["danish", "escapes", "emoji", "quotes", "long danish", "long emoji", "long words", "backslash", "signs"],
)
def test_any_title_survives(title):
    title = title.strip()

    text = session_file(entry(title=title, slug="en-titel"))

    [seen] = agreed(text)
    assert seen.title == title
    assert max(len(one.encode()) for one in text.split("\r\n")) <= 75


@pytest.mark.parametrize(
    ("day", "starts", "ends", "hours"),
    [
        (date(2027, 3, 27), datetime(2027, 3, 27, 11, tzinfo=UTC), datetime(2027, 3, 28, 10, tzinfo=UTC), 23),
        (date(2027, 10, 30), datetime(2027, 10, 30, 10, tzinfo=UTC), datetime(2027, 10, 31, 11, tzinfo=UTC), 25),
        (date(2027, 1, 4), datetime(2027, 1, 4, 11, tzinfo=UTC), datetime(2027, 1, 5, 11, tzinfo=UTC), 24),
        (date(2027, 7, 5), datetime(2027, 7, 5, 10, tzinfo=UTC), datetime(2027, 7, 6, 10, tzinfo=UTC), 24),
    ],
    ids=["the clock goes forward", "the clock goes back", "winter", "summer"],
)
def test_noon_to_noon_is_noon_to_noon(day, starts, ends, hours):
    made = entry(
        kind="overnight",
        starts_on=day,
        ends_on=day + timedelta(days=1),
        starts_time=time(12),
        ends_time=time(12),
    )

    [seen] = agreed(session_file(made))

    assert (seen.starts, seen.ends) == (starts, ends)
    assert seen.ends - seen.starts == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("day", "starts", "ends", "expected"),
    [
        (31, time(1, 30), time(2, 30), ["DTSTART:20271030T233000Z", "DTEND:20271031T003000Z"]),
        (31, time(2), time(2, 59), ["DTSTART:20271031T000000Z", "DTEND:20271031T005900Z"]),
        (31, time(2, 30), time(3), ["DTSTART:20271031T003000Z", "DTEND:20271031T020000Z"]),
        (30, time(22), time(2, 30), ["DTSTART:20271030T200000Z", "DTEND:20271031T003000Z"]),
        (
            31,
            time(3),
            time(4),
            ["DTSTART;TZID=Europe/Copenhagen:20271031T030000", "DTEND;TZID=Europe/Copenhagen:20271031T040000"],
        ),
    ],
    ids=["it ends then", "all of it", "it begins then", "it ends then, begun the day before", "after it"],
)
def test_the_hour_that_clocks_show_twice_is_written_as_the_one_that_is_meant(day, starts, ends, expected):
    """Programs differ over which of the two a wall clock means; nobody doubts UTC."""
    days = {"starts_on": date(2027, 10, day), "ends_on": date(2027, 10, 31)}

    lines = unfolded(session_file(entry(**days, starts_time=starts, ends_time=ends)))

    assert [line for line in lines if line.startswith(("DTSTART", "DTEND")) and "2027" in line] == expected


@pytest.mark.parametrize(("last", "end"), [(DAY, date(2027, 5, 6)), (date(2027, 5, 6), date(2027, 5, 7))])
def test_days_without_hours_are_whole_days_up_to_the_day_after(last, end):
    [seen] = agreed(session_file(entry(ends_on=last, starts_time=None, ends_time=None)))

    assert (seen.starts, seen.ends) == (DAY, end)
    assert not isinstance(seen.starts, datetime)


def test_an_unknown_place_is_left_out_and_said_in_words():
    [seen] = agreed(session_file(entry()))

    assert seen.place == ""
    assert len(seen.description.split("\n")) == 3


def test_a_session_called_off_says_so_twice():
    made = entry(title="Lederskab")
    cancel_session(made.session, by=None, now=MADE + timedelta(days=1))

    [seen] = agreed(session_file(CalendarEntry.objects.get()))

    assert (seen.status, seen.sequence) == ("CANCELLED", 1)
    assert seen.title.endswith(": Lederskab")
    assert seen.starts == datetime(2027, 5, 5, 8, tzinfo=UTC)
    assert seen.stamp == MADE.replace(microsecond=0) + timedelta(days=1)


def test_a_session_called_off_takes_nobodys_time():
    made = entry()
    assert "TRANSP:OPAQUE" in unfolded(session_file(made))

    cancel_session(made.session, by=None, now=MADE)

    assert "TRANSP:TRANSPARENT" in unfolded(session_file(CalendarEntry.objects.get()))


def test_a_title_is_not_escaped_for_html():
    assert "SUMMARY:Viden & værktøjer <2027>" in unfolded(session_file(entry(title="Viden & værktøjer <2027>")))


def test_no_link_for_participants_is_in_a_public_file():
    made = entry(kind="online", join_link="https://moede.example.org/hemmeligt")

    assert "hemmeligt" not in session_file(made)
    assert "hemmeligt" not in session_file(SessionPage.objects.get().calendar_entry)


def test_a_participants_file_has_the_link_where_programs_look_for_it():
    made = entry(kind="online", join_link="https://moede.example.org/1")

    [seen] = agreed(session_file(made, join_link="https://moede.example.org/1"))

    assert seen.place == "https://moede.example.org/1"
    assert "https://moede.example.org/1" in seen.description


def test_a_participants_file_of_a_session_with_a_place_keeps_the_place():
    made = entry(venue=VenueFactory(), join_link="https://moede.example.org/1")

    [seen] = agreed(session_file(made, join_link="https://moede.example.org/1"))

    assert seen.place.startswith("Campus Carlsberg")
    assert "https://moede.example.org/1" in seen.description


def test_a_file_with_one_session_has_no_name():
    """Outlook opens a new calendar for a file that has one."""
    lines = unfolded(session_file(entry()))

    assert not [one for one in lines if one.startswith(("NAME", "X-WR-CALNAME"))]


def test_the_file_is_complete():
    lines = unfolded(session_file(entry()))

    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    assert "METHOD:PUBLISH" in lines
    assert "CALSCALE:GREGORIAN" in lines
    assert lines.count("BEGIN:VTIMEZONE") == 1
    assert "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU" in lines
    assert "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU" in lines
    assert "CREATED:20270104T093015Z" in lines
    assert 'ORGANIZER;CN="KL\'s tilbud til borgmestre":mailto:tilbud@example.org' in lines
    assert not [one for one in lines if one.startswith(("ATTENDEE", "BEGIN:VALARM", "RDATE"))]
    assert lines[-2:] == ["END:VCALENDAR", ""]


def test_every_line_ends_in_crlf():
    text = session_file(entry(title="Linje\nskift"))

    assert text.count("\n") == text.count("\r\n") == text.count("\r")


def test_the_uid_keeps_the_domain_it_was_given(settings):
    made = entry()
    settings.SITE_URL = "https://tilbud.example.org"
    settings.CALENDAR_DOMAIN = "borgmestre.example.org"

    text = session_file(made)

    assert f"UID:{made.uid}@borgmestre.example.org" in unfolded(text)
    assert f"URL:https://tilbud.example.org/kalender/afholdelse/{made.uid}/" in unfolded(text)


def test_the_organizer_has_the_name_that_mail_comes_from(settings):
    settings.DEFAULT_FROM_EMAIL = '"Tilbud, KL" <tilbud@example.org>'

    assert 'ORGANIZER;CN="Tilbud, KL":mailto:tilbud@example.org' in unfolded(session_file(entry()))


# A seat that was given up


def test_a_seat_that_was_given_up_is_struck_out_under_the_same_uid_and_version():
    made = entry(title="Lederskab")

    [had] = agreed(session_file(made))
    [gone] = agreed(left_file(made, at=MADE + timedelta(days=9)))

    assert (gone.uid, gone.sequence, gone.starts, gone.ends) == (had.uid, had.sequence, had.starts, had.ends)
    assert gone.status == "CANCELLED"
    assert gone.title == "Frameldt: Lederskab"
    assert gone.stamp > had.stamp


def test_a_seat_that_is_taken_again_wins_over_the_file_that_struck_it_out():
    made, later = entry(), MADE + timedelta(days=9)

    [gone] = agreed(left_file(made, at=later))
    [back] = agreed(session_file(made, since=later + timedelta(hours=1)))

    assert back.status == "CONFIRMED"
    assert back.stamp > gone.stamp


def test_the_file_of_a_change_after_the_seat_was_taken_has_the_moment_of_the_change():
    made = entry()

    [seen] = agreed(session_file(made, since=MADE - timedelta(days=9)))

    assert seen.stamp == MADE.replace(microsecond=0)


# Alternate runs


def test_a_run_names_the_others_that_one_may_choose_instead():
    made = entry(venue=VenueFactory())
    made.other_runs = "22.-24. marts 2027 eller 29.-31. marts 2027"

    [seen] = agreed(session_file(made))
    assert "Eller 22.-24. marts 2027 eller 29.-31. marts 2027: Man deltager kun én gang." in seen.description

    made.gone_at = MADE
    [seen] = agreed(session_file(made))
    assert "22.-24. marts" not in seen.description


STATES = {
    "waits for another date": {
        "postponed_to": "maj/juni 2027",
        "expected_on": DAY,
        "expected_until": DAY,
    },
    "only words": {"words": "maj/juni 2027", "expected_on": DAY, "expected_until": DAY},
    "called off": {"cancelled_at": MADE},
    "gone": {"gone_at": MADE},
    "held": {"other_runs": "10. maj", "place": "Weidekampsgade 10", "starts_time": time(9), "ends_time": time(16)},
}


@pytest.mark.parametrize("what", [event, expected_event])
@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_what_is_remembered_is_made_from_all_that_an_event_is_made_from(what, state):
    about = {
        "title": "Lederskab",
        "kind": "online",
        "starts_on": DAY,
        "ends_on": DAY,
        "sequence": 4,
    }
    CalendarEntry.objects.create(**about, **state, created_at=MADE, changed_at=MADE + timedelta(hours=1))

    [item] = written(CalendarEntry.objects.all(), what)

    assert {name: value for name, value in item.items() if name != "written"} == what(CalendarEntry.objects.get())
