"""The feed follows the site, and changes only when it says something new."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO
from threading import Barrier, Thread

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override
from wagtail.models import PageViewRestriction

from booking.calendars.feed import ALL, build, refresh
from booking.models import CalendarEntry, Feed, FeedPlace, SessionPage
from booking.sessions.live import cancel_session
from tests.booking.calendars.readers import agreed
from tests.factories import OfferPageFactory, SessionPageFactory, VenueFactory

NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW) as clock:
        yield clock


def stored() -> Feed:
    return Feed.objects.get(key=ALL)


def titles(text: str) -> list[str]:
    return [seen.title for seen in agreed(text)]


def publish(session, **changes):
    page = SessionPage.objects.get(pk=session.pk)
    for name, value in changes.items():
        setattr(page, name, value)
    page.save_revision().publish()


def test_the_feed_follows_a_session_from_its_first_day_to_after_its_last(transactional_db, now):
    session = SessionPageFactory(title="Lederskab", venue=VenueFactory())
    [seen] = agreed(stored().body)
    assert (seen.title, seen.sequence, seen.status) == ("Lederskab", 0, "CONFIRMED")

    publish(session, starts_on=date(2027, 5, 12), ends_on=date(2027, 5, 12))
    [moved] = agreed(stored().body)
    assert (moved.uid, moved.sequence) == (seen.uid, 1)
    assert moved.starts - seen.starts == timedelta(days=7)

    session.refresh_from_db()
    session.delete()
    [gone] = agreed(stored().body)
    assert (gone.uid, gone.sequence, gone.status, gone.starts) == (seen.uid, 2, "CANCELLED", moved.starts)
    assert stored().revision == 3


def test_what_no_calendar_shows_moves_nothing(transactional_db):
    session = SessionPageFactory()
    before = stored()

    publish(session, intro="Ny indledning", slug="nyt-navn", capacity=3, join_link="https://moede.example.org/1")
    page = SessionPage.objects.get(pk=session.pk)
    page.title = "Kladde"
    page.save_revision()

    after = stored()
    assert (after.revision, after.changed_at, after.body) == (before.revision, before.changed_at, before.body)


def test_building_again_gives_the_same_bytes(transactional_db):
    for _number in range(3):
        SessionPageFactory(venue=VenueFactory())

    assert build(now=NOW) == build(now=NOW + timedelta(hours=5)) == stored().body
    assert refresh(ALL, now=NOW + timedelta(hours=5)) is False


def test_a_feed_that_says_the_same_is_not_written_again(transactional_db):
    """It is looked over each minute, and may be a megabyte."""
    SessionPageFactory()
    refresh(ALL, now=NOW)

    with CaptureQueriesContext(connection) as queries:
        refresh(ALL, now=NOW)

    [update] = [query["sql"] for query in queries if query["sql"].startswith("UPDATE")]
    assert "body" not in update


def test_sessions_without_a_date_are_left_out_until_they_have_one(transactional_db):
    session = SessionPageFactory(
        starts_on=date(2028, 5, 1), ends_on=date(2028, 6, 30), starts_time=None, ends_time=None, when_text="maj/juni"
    )
    assert titles(stored().body) == []

    publish(session, when_text="", starts_on=date(2028, 5, 9), ends_on=date(2028, 5, 9))

    assert titles(stored().body) == [session.title]


def test_a_date_that_gave_way_to_words_stays_as_cancelled(transactional_db):
    session = SessionPageFactory()
    before = stored()

    publish(session, when_text="maj/juni", starts_time=None, ends_time=None)

    after = stored()
    [seen] = agreed(after.body)
    assert (seen.status, seen.sequence, seen.starts) == ("CANCELLED", 1, agreed(before.body)[0].starts)
    assert after.revision == before.revision + 1
    assert after.changed_at > before.changed_at


def test_changes_within_one_second_have_moments_of_their_own(transactional_db):
    with time_machine.travel(NOW, tick=False):
        session = SessionPageFactory()
        moments = [stored().changed_at]
        for number in range(3):
            publish(session, title=f"Titel {number}")
            moments.append(stored().changed_at)

    assert moments == [NOW + timedelta(seconds=number) for number in range(4)]


def test_a_clock_put_back_does_not_take_the_feed_back(transactional_db):
    session = SessionPageFactory()
    before = stored()

    with time_machine.travel(NOW - timedelta(days=3)):
        publish(session, title="Ny titel")

    assert stored().changed_at > before.changed_at


def test_a_private_page_that_never_was_public_does_not_enter(transactional_db):
    offer = OfferPageFactory()
    PageViewRestriction.objects.create(page=offer, restriction_type=PageViewRestriction.LOGIN)

    SessionPageFactory(parent=offer, title="Hemmelig")
    refresh(ALL, now=NOW)

    assert "Hemmelig" not in stored().body


def test_a_page_made_private_is_cancelled_in_the_feed(transactional_db):
    offer = OfferPageFactory()
    SessionPageFactory(parent=offer)

    PageViewRestriction.objects.create(page=offer, restriction_type=PageViewRestriction.LOGIN)

    [seen] = agreed(stored().body)
    assert seen.status == "CANCELLED"


def test_a_scheduled_page_enters_when_its_time_comes(transactional_db, now):
    session = SessionPageFactory(published=False, title="Senere", go_live_at=NOW + timedelta(days=1))
    session.save_revision().publish()
    assert not Feed.objects.exists()

    now.shift(timedelta(days=2))
    call_command("run_due", stdout=StringIO())

    assert titles(stored().body) == ["Senere"]


@pytest.mark.parametrize(
    ("days_ago", "is_in"), [(0, True), (29, True), (30, True), (31, True), (365, True), (366, False)]
)
@pytest.mark.parametrize("is_off", [False, True], ids=["held", "cancelled"])
def test_a_year_of_the_past_is_kept(db, days_ago, is_in, is_off):
    day = NOW.date() - timedelta(days=days_ago)
    session = SessionPageFactory(title="Før", starts_on=day, ends_on=day)
    if is_off:
        cancel_session(session, by=None, now=NOW)

    assert bool(titles(build(now=NOW))) is is_in


def test_the_past_leaves_by_itself(transactional_db):
    SessionPageFactory(starts_on=NOW.date(), ends_on=NOW.date())
    before = stored()

    assert refresh(ALL, now=NOW + timedelta(days=365)) is False
    assert refresh(ALL, now=NOW + timedelta(days=366)) is True
    assert titles(stored().body) == []
    assert stored().revision == before.revision + 1


def many(count: int, **fields) -> None:
    """So many entries, three a day; their pages do not matter here."""
    first = NOW.date() - timedelta(days=100)
    CalendarEntry.objects.bulk_create(
        CalendarEntry(
            title=f"Nummer {number}",
            kind="day",
            starts_on=first + timedelta(days=number // 3),
            ends_on=first + timedelta(days=number // 3),
            created_at=NOW,
            changed_at=NOW,
            **fields,
        )
        for number in range(count)
    )
    FeedPlace.objects.bulk_create(FeedPlace(entry=entry, feed=ALL) for entry in CalendarEntry.objects.all())


def test_there_are_never_a_thousand_events(db):
    many(1100)

    body = build(now=NOW)

    assert body.count("BEGIN:VEVENT") == 999
    assert "SUMMARY:Nummer 1099\r\n" in body
    assert "SUMMARY:Nummer 100\r\n" not in body


def test_there_is_never_a_megabyte(db):
    many(900, place="Æ" * 400)

    body = build(now=NOW)

    assert len(body.encode()) <= 1_000_000
    assert body.count("BEGIN:VEVENT") > 600
    assert "SUMMARY:Nummer 899\r\n" in body


@pytest.mark.parametrize("sessions", [1, 30])
def test_building_asks_as_much_for_one_session_as_for_thirty(db, sessions, django_assert_num_queries):
    offer = OfferPageFactory()
    for _number in range(sessions):
        SessionPageFactory(parent=offer)

    with django_assert_num_queries(3):  # sessions, and what comes from outside
        build(now=NOW)


def test_events_stand_in_order_of_date(db):
    for day in (date(2027, 6, 1), date(2027, 3, 1), date(2027, 9, 1)):
        SessionPageFactory(title=f"{day:%m}", starts_on=day, ends_on=day)

    assert titles(build(now=NOW)) == ["03", "06", "09"]


def test_the_feed_has_a_name_and_says_how_often_to_ask(db):
    lines = build(now=NOW).split("\r\n")

    assert [one.partition(":")[0] for one in lines if one.startswith(("NAME", "X-WR"))] == [
        "NAME",
        "X-WR-CALNAME",
        "X-WR-TIMEZONE",
    ]
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in lines
    assert "X-PUBLISHED-TTL:PT1H" in lines
    assert "BEGIN:VTIMEZONE" in lines


def test_the_language_of_whoever_publishes_does_not_matter(db):
    SessionPageFactory()

    with override("en"):
        english = build(now=NOW)

    assert english == build(now=NOW)


def test_parallel_refreshes_make_one_revision(transactional_db):
    SessionPageFactory()
    Feed.objects.all().delete()
    barrier, results = Barrier(5), []

    def run():
        try:
            barrier.wait()
            results.append(refresh(ALL, now=NOW))
        finally:
            connection.close()

    threads = [Thread(target=run) for _number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert sorted(results) == [False] * 4 + [True]
    assert stored().revision == 1


@pytest.mark.parametrize("day", [date(202, 5, 5), date(9999, 12, 31)])
def test_no_session_lies_in_a_year_that_calendars_can_not_write(db, day):
    session = SessionPageFactory()
    session.starts_on = session.ends_on = day

    with pytest.raises(ValidationError) as refused:
        session.full_clean()

    assert {"starts_on", "ends_on"} <= set(refused.value.error_dict)
