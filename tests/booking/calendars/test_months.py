"""The page of what comes shows outside events among the sessions, and takes as many queries for many as for few."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from booking.calendars.months import coming
from booking.calendars.renew import take_in
from booking.models import OutsideCalendar
from tests.booking.calendars.test_reading import calendar, event
from tests.factories import SessionPageFactory

NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def now(db):
    with time_machine.travel(NOW, tick=False):
        yield


def followed(*events: str, name: str = "B98", **fields) -> OutsideCalendar:
    outside = OutsideCalendar.objects.create(name=name, **fields)
    take_in(outside, calendar(*events), now=NOW)
    return outside


def listed() -> list[tuple[str, list[str]]]:
    months, _expected = coming(NOW)
    return [(month.anchor, [str(row.outside or row.line.session) for row in month.rows]) for month in months]


def test_outside_events_stand_among_sessions_in_the_order_of_the_clock():
    SessionPageFactory(title="Lederskab", starts_on=date(2027, 5, 5))
    followed(
        event("DTSTART:20270505T060000Z", "SUMMARY:Før", uid="1"),
        event("DTSTART:20270505T090000Z", "SUMMARY:Efter", uid="2"),
        event("DTSTART;VALUE=DATE:20270505", "SUMMARY:Hele dagen", uid="3"),
        event("DTSTART;VALUE=DATE:20270601", "SUMMARY:Juni", uid="4"),
        event("DTSTART;VALUE=DATE:20270103", "SUMMARY:Forbi", uid="5"),
        event("DTSTART;VALUE=DATE:20260101", "DTEND;VALUE=DATE:20300101", "SUMMARY:Valgperiode", uid="6"),
    )

    assert listed() == [
        ("2027-01", ["Valgperiode"]),
        ("2027-05", ["Hele dagen", "Før", "Lederskab", "Efter"]),
        ("2027-06", ["Juni"]),
    ]


def test_the_page_names_the_source_and_what_is_off(client):
    followed(
        event("DTSTART:20270505T060000Z", "SUMMARY:<b>B98</b>", "URL:https://kl.example.org/b98", "STATUS:CANCELLED")
    )

    page = client.get(reverse("booking:calendar")).content.decode()

    assert "&lt;b&gt;B98&lt;/b&gt;" in page
    assert 'href="https://kl.example.org/b98" rel="external noreferrer"' in page
    assert "badge-cancelled" in page


def test_what_two_calendars_have_stands_there_once():
    followed(event("DTSTART;VALUE=DATE:20270505", "SUMMARY:Topmøde"))
    followed(event("DTSTART;VALUE=DATE:20270505", "SUMMARY:Topmøde"), name="KKR")

    assert listed() == [("2027-05", ["Topmøde"])]


def test_a_calendar_for_staff_alone_is_not_on_the_page():
    followed(event("DTSTART;VALUE=DATE:20270505"), is_shown=False)

    assert listed() == []


def test_whoever_subscribes_reads_which_calendars_come_along(client):
    followed(name="B98")
    followed(name="Ferier", is_shown=False)

    page = client.get(reverse("booking:subscribe"))

    assert page.context["sources"] == ["B98"]
    assert "(B98)" in page.content.decode()


def test_the_page_takes_the_same_queries_for_one_event_and_for_thirty(client):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("booking:calendar")).status_code == 200
        return len(captured)

    SessionPageFactory()
    followed(event("DTSTART;VALUE=DATE:20270505"))
    queries()
    one = queries()
    for number in range(5):
        days = [event(f"DTSTART;VALUE=DATE:202706{day:02}", uid=f"{number} {day}") for day in range(1, 7)]
        followed(*days, name=f"KKR {number}")

    assert queries() == one
