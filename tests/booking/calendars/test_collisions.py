"""Whoever plans a date is told what it falls together with, and is stopped by nothing."""

from datetime import UTC, date, datetime, time

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from booking.calendars.planning import collisions_of
from booking.calendars.renew import take_in
from booking.models import Choice, OutsideCalendar, OutsideEvent, SessionPage
from booking.people.models import OfficeKind
from booking.sessions.live import cancel_session
from tests.booking.calendars.test_reading import calendar, event
from tests.factories import AudienceFactory, MunicipalityFactory, SessionPageFactory

NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)
DAY = date(2027, 3, 3)


@pytest.fixture(autouse=True)
def now(db):
    with time_machine.travel(NOW, tick=False), override("en"):
        yield


@pytest.fixture
def session():
    return SessionPageFactory(title="Planlagt", starts_on=DAY)


def words(session) -> list[str]:
    return [collision.words for collision in collisions_of(session)]


def followed(*events: str, name: str = "B98", **fields) -> None:
    take_in(OutsideCalendar.objects.create(name=name, **fields), calendar(*events), now=NOW)


def test_a_day_of_its_own_falls_together_with_nothing(session):
    SessionPageFactory(starts_on=date(2027, 3, 4))

    assert words(session) == []


def test_sessions_for_the_same_people_are_named_drafts_too(session):
    held = SessionPageFactory(title="Andet", starts_on=date(2027, 3, 2), ends_on=DAY, kind="overnight")
    SessionPageFactory(title="Kladde", starts_on=DAY, published=False, starts_time=None, ends_time=None)

    assert words(session) == [
        "Andet (Borgmestre): tirsdag den 2. – onsdag den 3. marts 2027 kl. 10.00-18.00",
        "Kladde (Borgmestre): onsdag den 3. marts 2027",
    ]
    assert collisions_of(session)[0].url == reverse("wagtailadmin_pages:edit", args=[held.pk])


def test_what_is_cancelled_or_has_only_words_for_a_date_is_not(session):
    cancel_session(SessionPageFactory(starts_on=DAY), by=None, now=NOW)
    SessionPageFactory(
        starts_on=date(2027, 3, 1),
        ends_on=date(2027, 4, 30),
        starts_time=None,
        ends_time=None,
        when_text="marts/april",
    )

    assert words(session) == []


def test_runs_that_one_chooses_between_do_not_collide():
    choice = Choice.objects.create(name="Kattegatkursus")
    one, other = (SessionPageFactory(starts_on=DAY, choice=choice) for _run in range(2))

    assert words(one) == words(other) == []


@pytest.mark.parametrize(
    ("offices", "here", "there", "collides"),
    [
        ([OfficeKind.MAYOR], [], [], True),
        ([OfficeKind.MUNICIPAL_DIRECTOR], [], [], False),
        ([OfficeKind.MAYOR, OfficeKind.MUNICIPAL_DIRECTOR], [], [], True),
        ([OfficeKind.MAYOR], ["Fanø"], ["Samsø"], False),
        ([OfficeKind.MAYOR], ["Fanø"], ["Samsø", "Fanø"], True),
        ([OfficeKind.MAYOR], [], ["Samsø"], True),
    ],
    ids=["same office", "another office", "one in common", "other places", "a place in common", "everywhere"],
)
def test_audiences_collide_when_somebody_may_be_in_both(session, offices, here, there, collides):
    other = AudienceFactory(name="Andre", offices=[kind.value for kind in offices])
    other.municipalities.set([MunicipalityFactory(name=name) for name in there])
    session.audience.municipalities.set([MunicipalityFactory(name=name) for name in here])
    SessionPageFactory(title="Andet", starts_on=DAY, audience=other)

    assert bool(words(session)) == collides


def test_holidays_and_outside_events_are_named(session):
    followed(event("DTSTART:20270303T090000Z", "DTEND:20270303T110000Z", "SUMMARY:B98-møde"))
    followed(
        event("DTSTART;VALUE=DATE:20270303", "SUMMARY:Ferie", uid="1"),
        event("DTSTART;VALUE=DATE:20270303", "SUMMARY:Aflyst", "STATUS:CANCELLED", uid="2"),
        name="Egen",
        is_shown=False,
    )
    session.starts_on, session.ends_on = DAY, DAY

    assert words(session) == [
        "Ferie (Egen): onsdag den 3. marts 2027",
        "B98-møde (B98): onsdag den 3. marts 2027 kl. 10.00-12.00",
    ]
    session.starts_on = session.ends_on = date(2027, 5, 6)
    assert words(session) == ["Kristi himmelfartsdag: torsdag den 6. maj 2027"]


def test_the_days_of_a_school_holiday_and_a_weekend_are_named(session):
    session.starts_on, session.ends_on = date(2027, 10, 15), date(2027, 10, 19)

    assert words(session) == [
        "Weekend: lørdag den 16. – søndag den 17. oktober 2027",
        "The schools' autumn holiday (week 42): mandag den 18. – tirsdag den 19. oktober 2027",
    ]


def test_the_file_of_an_outside_calendar_does_not_come_with_each_event():
    assert "content" not in str(OutsideEvent.objects.with_calendar().query)


def test_words_for_a_date_fall_together_with_nothing(session):
    session.starts_on, session.ends_on, session.when_text = date(2027, 7, 1), date(2027, 7, 31), "juli"

    assert words(session) == []


def test_a_page_without_a_date_or_an_audience_is_no_trouble():
    assert words(SessionPage(title="Ny")) == []
    assert words(SessionPage(starts_on=date(2027, 5, 6), ends_on=date(2027, 5, 1))) != []


def test_many_on_one_day_take_as_many_queries_as_one(session):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            words(session)
        return len(captured)

    SessionPageFactory(starts_on=DAY, starts_time=time(9))
    followed(event("DTSTART;VALUE=DATE:20270303"))
    queries()
    one = queries()
    for _number in range(12):
        SessionPageFactory(starts_on=DAY, audience=AudienceFactory(name="Også borgmestre"))
    followed(*[event("DTSTART;VALUE=DATE:20270303", uid=str(number)) for number in range(30)], name="KKR")

    assert queries() == one
    assert len(words(session)) == 20
