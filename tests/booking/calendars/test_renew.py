"""An outside calendar is followed: each event once, as it is now, and nothing is lost to a bad file."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO
from threading import Barrier, Thread

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection, transaction
from django.utils.translation import override

from booking.calendars.feed import MOST_BYTES, build, find
from booking.calendars.fetch import Trouble
from booking.calendars.reading import Fault, Unreadable
from booking.calendars.renew import EVERY, LEASE, Busy, renew, renew_due, take_in
from booking.models import OutsideCalendar, OutsideEvent
from tests.booking.calendars.outside_server import sends, serving
from tests.booking.calendars.readers import agreed
from tests.booking.calendars.test_reading import calendar, event
from tests.factories import SessionPageFactory

NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)
HOURS = ("DTSTART:20270305T090000Z", "DTEND:20270305T110000Z")


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def server(settings):
    with serving() as server:
        settings.OUTSIDE_CALENDARS_NEARBY = [server.origin]
        yield server


@pytest.fixture
def b98(db, server) -> OutsideCalendar:
    return OutsideCalendar.objects.create(name="B98", url=server.url, next_at=NOW)


def uploaded(*events: str, at: datetime = NOW, **fields) -> OutsideCalendar:
    followed, _made = OutsideCalendar.objects.get_or_create(name="B98", defaults=fields)
    take_in(followed, calendar(*events), now=at)
    followed.refresh_from_db()
    return followed


def standing() -> list[tuple]:
    rows = OutsideEvent.objects.order_by("starts_on", "uid", "recurrence")
    return [(row.uid, row.recurrence, row.sequence, row.is_off) for row in rows]


def test_a_calendar_is_fetched_each_hour_and_only_then(b98, server):
    server.content = calendar(event(*HOURS, "SUMMARY:B98-møde"))

    assert [renew_due(NOW), renew_due(NOW + EVERY - timedelta(seconds=1)), renew_due(NOW + EVERY)] == [
        (1, 0), (0, 0), (1, 0)
    ]  # fmt: skip
    assert len(server.asked) == 2
    b98.refresh_from_db()
    assert (b98.fetched_at, b98.error, b98.leased_until) == (NOW + EVERY, "", None)


def test_the_same_file_again_changes_nothing(b98, server):
    server.content = calendar(event(*HOURS))
    renew(b98.pk, now=NOW)
    [before] = OutsideEvent.objects.values()

    server.content = server.content.replace(b"DTSTAMP:2026", b"DTSTAMP:2027")  # made anew, and says the same
    renew(b98.pk, now=NOW + EVERY)

    assert list(OutsideEvent.objects.values()) == [before]


def test_a_file_is_asked_for_by_what_it_came_with(b98, server):
    server.content, server.etag = calendar(event(*HOURS)), '"1"'

    for hour in range(2):
        assert renew(b98.pk, now=NOW + hour * EVERY)

    assert [asked.get("If-None-Match") for asked in server.asked] == [None, '"1"']
    assert standing() == [("b98@example.org", "", 0, False)]


def test_what_changes_is_a_new_version_of_the_same_event(db):
    uploaded(event(*HOURS, "SUMMARY:B98"))

    uploaded(event("DTSTART:20270306T090000Z", "SUMMARY:B98"), at=NOW + EVERY)
    [row] = OutsideEvent.objects.all()

    assert (row.uid, row.sequence, row.starts_on) == ("b98@example.org", 1, date(2027, 3, 6))
    assert (row.created_at, row.changed_at) == (NOW, NOW + EVERY)


def test_what_vanishes_before_its_day_is_cancelled_and_may_come_back(db):
    other = event("DTSTART:20270401T090000Z", uid="kkr@example.org")
    uploaded(event(*HOURS), other)

    uploaded(other, at=NOW + EVERY)
    assert standing() == [("b98@example.org", "", 1, True), ("kkr@example.org", "", 0, False)]

    uploaded(event(*HOURS), other, at=NOW + 2 * EVERY)
    assert standing() == [("b98@example.org", "", 2, False), ("kkr@example.org", "", 0, False)]


def test_what_vanished_leaves_when_all_have_heard_of_it(db):
    uploaded(event(*HOURS))
    uploaded(at=NOW + EVERY)

    for day, left in ((date(2027, 4, 4), 1), (date(2027, 4, 5), 0)):
        uploaded(at=datetime(day.year, day.month, day.day, 9, tzinfo=UTC))
        assert OutsideEvent.objects.count() == left, day


def test_what_a_calendar_forgets_of_its_past_was_held_all_the_same(db):
    uploaded(event("DTSTART;VALUE=DATE:20270103"))

    uploaded(at=NOW + EVERY)
    assert standing() == [("b98@example.org", "", 0, False)]

    uploaded(at=NOW + timedelta(days=367))
    assert standing() == []


def test_a_series_that_moves_to_another_hour_is_not_called_off_at_the_old_one(db):
    rule = "RRULE:FREQ=WEEKLY;COUNT=2"
    uploaded(event("DTSTART:20270305T090000Z", rule))

    uploaded(event("DTSTART:20270305T100000Z", rule), at=NOW + EVERY)

    assert [(which, is_off) for _uid, which, _sequence, is_off in standing()] == [
        ("20270305T100000Z", False),
        ("20270312T100000Z", False),
    ]


def test_an_endless_series_is_followed_further_as_time_passes(db):
    yearly = event("DTSTART;VALUE=DATE:20200605", "RRULE:FREQ=YEARLY", "SUMMARY:Grundlovsdag")
    uploaded(yearly)
    last = OutsideEvent.objects.latest("starts_on").starts_on

    assert renew_due(NOW + timedelta(days=365)) == (1, 0)

    assert (last, OutsideEvent.objects.latest("starts_on").starts_on) == (date(2030, 6, 5), date(2031, 6, 5))


def test_our_own_sessions_are_not_taken_in_from_elsewhere(db, settings):
    uploaded(event(*HOURS, uid="1@borgmestre.example.org"), event(*HOURS, uid="2@kl.example.org"))

    assert [row[0] for row in standing()] == ["2@kl.example.org"]


@pytest.mark.parametrize(
    ("answer", "fault", "sentence"),
    [
        (sends(b"", 404), Trouble.STATUS, "The server answered with the error 404."),
        (sends(b"<html>"), Fault.NOT_A_CALENDAR, "What came is not a whole calendar file (.ics)."),
        (
            sends(calendar(event("DTSTART:20270305T100000Z", "RRULE:FREQ=SECONDLY", "SUMMARY:100 %(x)s"))),
            Fault.TOO_OFTEN,
            "The event “100 %(x)s” repeats several times a day.",
        ),
        (sends(b"x" * 2_000_001), Trouble.TOO_LARGE, "The file is too large for a calendar."),
    ],
    ids=["missing", "a page", "a bomb", "too large"],
)
def test_a_bad_answer_changes_nothing_and_says_why(b98, server, answer, fault, sentence):
    server.content = calendar(event(*HOURS))
    renew(b98.pk, now=NOW)
    before, body = list(OutsideEvent.objects.values()), build(now=NOW)
    server.answer = answer

    assert renew_due(NOW + EVERY) == (0, 1)

    b98.refresh_from_db()
    with override("en"):
        assert (b98.fault, b98.error) == (fault, sentence)
    assert (b98.fetched_at, b98.tried_at, b98.next_at) == (NOW, NOW + EVERY, NOW + 2 * EVERY)
    assert (list(OutsideEvent.objects.values()), build(now=NOW)) == (before, body)
    server.answer = None
    assert renew_due(NOW + 2 * EVERY) == (1, 0)
    b98.refresh_from_db()
    assert b98.error == ""


def test_an_uploaded_file_that_is_bad_changes_nothing(db):
    followed = uploaded(event(*HOURS))

    with pytest.raises(Unreadable):
        take_in(followed, b"nonsense", now=NOW + EVERY)

    followed.refresh_from_db()
    assert (followed.fault, bytes(followed.content)) == (Fault.NOT_A_CALENDAR, calendar(event(*HOURS)))
    assert standing() == [("b98@example.org", "", 0, False)]


def test_nobody_is_asked_inside_a_transaction(transactional_db, b98, server):
    seen = []
    server.content = calendar(event(*HOURS))
    server.answer = lambda handler: (seen.append(in_transaction()), server.serve(handler))
    in_transaction = lambda: connection_of_the_test.in_atomic_block  # noqa: E731
    connection_of_the_test = transaction.get_connection()

    renew(b98.pk, now=NOW)

    assert seen == [False]


def test_one_process_at_a_time_has_a_calendar_and_none_forever(transactional_db, b98, server):
    server.content = calendar(event(*HOURS))

    def while_busy(handler):
        with pytest.raises(Busy):
            renew(b98.pk, now=NOW)
        connection.close()
        server.serve(handler)

    server.answer = while_busy
    assert renew(b98.pk, now=NOW)

    OutsideCalendar.objects.update(leased_until=NOW + LEASE, next_at=NOW)  # a process that died
    server.answer = None
    assert [renew_due(NOW + LEASE - timedelta(seconds=1)), renew_due(NOW + LEASE)] == [(0, 0), (1, 0)]


def test_whoever_comes_too_late_writes_nothing(transactional_db, b98, server):
    """A process that hung in its fetch finds that another has been there since."""
    old, new = calendar(event(*HOURS, "SUMMARY:Gammel")), calendar(event(*HOURS, "SUMMARY:Ny"))

    def hangs(handler):
        server.answer = sends(new)
        assert renew(b98.pk, now=NOW + LEASE)
        connection.close()
        sends(old)(handler)

    server.answer = hangs
    renew(b98.pk, now=NOW)

    assert [row.title for row in OutsideEvent.objects.all()] == ["Ny"]


def test_many_processes_at_once_make_each_event_once(transactional_db, b98, server):
    server.content = calendar(*[event(*HOURS, uid=str(number)) for number in range(20)])
    ready, outcomes = Barrier(6), []

    def run():
        ready.wait()
        try:
            outcomes.append(renew_due(NOW))
        finally:
            connection.close()

    threads = [Thread(target=run) for _number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == [(0, 0)] * 5 + [(1, 0)]
    assert (OutsideEvent.objects.count(), len(server.asked)) == (20, 1)


def test_three_readers_agree_on_outside_events_in_the_feed(db):
    SessionPageFactory(title="Lederskab")
    uploaded(
        event(
            *HOURS, "SUMMARY:B98-møde", "LOCATION:KL-Huset", "URL:https://kl.example.org/b98", uid="1@kl.example.org"
        ),
        event("DTSTART;VALUE=DATE:20270414", "DTEND;VALUE=DATE:20270416", "SUMMARY:Topmøde", uid="2@kl.example.org"),
        event("DTSTART;VALUE=DATE:20270601", "STATUS:CANCELLED", "SUMMARY:KKR", uid="3@kl.example.org"),
    )

    seen = {one.uid: one for one in agreed(build(now=NOW))}

    assert {(one.title, one.status, one.categories) for uid, one in seen.items() if "kl." in uid} == {
        ("B98-møde", "CONFIRMED", ("B98",)),
        ("Topmøde", "CONFIRMED", ("B98",)),
        ("Aflyst: KKR", "CANCELLED", ("B98",)),
    }
    summit = seen["2@kl.example.org"]
    assert (summit.starts, summit.ends) == (date(2027, 4, 14), date(2027, 4, 16))
    meeting = seen["1@kl.example.org"]
    assert (meeting.starts, meeting.url) == (datetime(2027, 3, 5, 9, tzinfo=UTC), "https://kl.example.org/b98")
    assert "B98" in meeting.description
    assert len(seen) == 4


def test_each_time_of_a_series_is_in_the_feed_by_its_place_in_the_series(db):
    import icalendar

    uploaded(event("DTSTART;TZID=Europe/Copenhagen:20270310T100000", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;COUNT=2"))

    events = icalendar.Calendar.from_ical(build(now=NOW)).walk("VEVENT")

    assert [(str(one["UID"]), one.decoded("RECURRENCE-ID"), one.decoded("DTSTART")) for one in events] == [
        ("b98@example.org", moment, moment)
        for moment in (datetime(2027, 3, 10, 9, tzinfo=UTC), datetime(2027, 4, 10, 8, tzinfo=UTC))
    ]


def test_what_two_calendars_have_is_in_the_feed_once(db):
    uploaded(event(*HOURS, "SUMMARY:Topmøde", "STATUS:CANCELLED"))
    other = OutsideCalendar.objects.create(name="KKR")
    take_in(other, calendar(event(*HOURS, "SUMMARY:Topmøde")), now=NOW)

    [seen] = agreed(build(now=NOW))

    assert (seen.title, seen.categories) == ("Topmøde", ("KKR",))


def test_however_much_another_calendar_writes_our_own_sessions_stay_in_the_feed(db):
    SessionPageFactory(title="Lederskab", starts_on=date(2027, 2, 2), ends_on=date(2027, 2, 2))
    later = ("DTSTART;VALUE=DATE:20280305", "DESCRIPTION:" + "ø" * 2000)
    uploaded(*(event(*later, f"SUMMARY:Nr. {number}", uid=f"{number}@example.org") for number in range(300)))

    feed = build(now=NOW)

    assert "SUMMARY:Lederskab" in feed
    assert "SUMMARY:Nr. 0" in feed
    assert len(feed.encode()) <= MOST_BYTES


@pytest.mark.parametrize(
    ("before", "after", "stand"),
    [
        ((), ("RRULE:FREQ=WEEKLY;COUNT=2",), ["20270312T090000Z", "20270319T090000Z"]),
        (("RRULE:FREQ=WEEKLY;COUNT=2",), (), [""]),
    ],
)
def test_what_becomes_a_series_or_is_one_no_more_is_not_called_off_under_its_own_name(db, before, after, stand):
    """A program would take a cancelled event of the same UID without a place in the series for the end of it all."""
    uploaded(event(*HOURS, *before))

    uploaded(event(*(line.replace("20270305", "20270312") for line in HOURS), *after))

    assert [(which, is_off) for _uid, which, _sequence, is_off in standing()] == [(one, False) for one in stand]


def test_a_calendar_that_is_for_staff_alone_is_in_no_feed(db):
    uploaded(event(*HOURS), is_shown=False)

    assert agreed(build(now=NOW)) == []


def test_only_the_feed_of_everything_has_outside_events(db):
    uploaded(event(*HOURS))

    assert {key: len(agreed(build(key, now=NOW))) for key in ("alle", "kommende/alle", "online", "forventet")} == {
        "alle": 1,
        "kommende/alle": 1,
        "online": 0,
        "forventet": 0,
    }


def test_run_due_speaks_of_outside_calendars_where_there_are_some(b98, server):
    def said() -> list[str]:
        out = StringIO()
        call_command("run_due", stdout=out)
        return [line for line in out.getvalue().splitlines() if line.startswith("Outside calendars")]

    server.content = calendar(event(*HOURS))
    with override("en"):
        assert said() == ["Outside calendars: 1 brought up to date, 0 not"]
        server.answer = sends(b"", 500)
        OutsideCalendar.objects.update(next_at=NOW)
        assert said() == ["Outside calendars: 0 brought up to date, 1 not"]  # and the command itself is content
        OutsideCalendar.objects.all().delete()
        assert said() == []


def test_feeds_follow_what_comes_from_outside_and_only_those_that_show_it(db):
    keys = ["alle", "kommende/alle", "online"]
    before = [find(key, now=NOW).revision for key in keys]

    uploaded(event(*HOURS))
    uploaded(event(*HOURS), at=NOW + EVERY)

    assert [find(key, now=NOW).revision - number for key, number in zip(keys, before, strict=True)] == [1, 1, 0]
