"""Attendance at the desk: the page, its buttons, and where the marks are shown."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext

from booking.models import Booking, SessionPage
from tests.booking.desk.conftest import NOW
from tests.booking.desk.test_bookings import NAMES, book, csv_rows
from tests.booking.desk.test_sessions import editor_of
from tests.factories import SessionPageFactory

TODAY = NOW.date()


def held(*names: str, starts_on=TODAY):
    """A session that these mayors signed up for, and its bookings; it begins today, unless said otherwise."""
    session = SessionPageFactory(title="Ny borgmester")
    bookings = book(session, *names)
    SessionPage.objects.filter(pk=session.pk).update(starts_on=starts_on, ends_on=starts_on)
    return session, bookings


def page_of(session) -> str:
    return reverse("session_attendance", args=[session.pk])


def say(client, session, said, *bookings):
    return client.post(page_of(session), {"said": said, "bookings": [booking.pk for booking in bookings]})


def told(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def marks(*bookings) -> list[bool | None]:
    return [Booking.objects.get(pk=booking.pk).attended for booking in bookings]


def test_many_are_marked_at_once_and_taken_back(client, administrator):
    session, bookings = held("Ærø", "Fanø", "Samsø")

    say(client, session, "came", *bookings)
    say(client, session, "missed", bookings[1])
    assert marks(*bookings) == [True, False, True]

    response = say(client, session, "undo", *bookings[1:])
    assert marks(*bookings) == [True, None, None]
    assert response.url == page_of(session)


def test_nothing_is_marked_before_somebody_is_ticked(client, administrator):
    session, bookings = held("Ærø")

    response = say(client, session, "came")

    assert told(response) == [gettext("Tick those you mean first.")]
    assert marks(*bookings) == [None]


def test_a_seat_that_was_given_up_meanwhile_stops_it_all(client, administrator):
    session, bookings = held("Ærø", "Fanø")
    Booking.objects.filter(pk=bookings[0].pk).update(status="cancelled", cancelled_at=timezone.now())

    say(client, session, "came", *bookings)

    assert marks(*bookings) == [None, None]


@pytest.mark.parametrize(("starts_on", "is_open"), [(TODAY, True), (TODAY + timedelta(days=1), False)])
def test_the_page_opens_on_the_day(client, administrator, starts_on, is_open):
    session, bookings = held("Ærø", starts_on=starts_on)

    assert (client.get(page_of(session)).status_code == 200) == is_open
    assert (page_of(session) in editor_of(client, session)) == is_open
    say(client, session, "came", *bookings)
    assert marks(*bookings) == [True if is_open else None]


def test_an_editor_is_not_led_there(client, editor):
    session, bookings = held("Ærø")

    assert page_of(session) not in editor_of(client, session)
    assert say(client, session, "came", *bookings).status_code == 302
    assert marks(*bookings) == [None]


def test_the_mark_is_shown_wherever_the_booking_is(client, administrator):
    session, [missed, _open] = held("Ærø", "Fanø")
    say(client, session, "missed", missed)
    listing = reverse("bookings:index")
    stayed_away = gettext("did not come")

    assert f"<td>{capfirst(stayed_away)}</td>" in client.get(page_of(session)).content.decode()
    assert f"{capfirst(gettext('confirmed'))}, {stayed_away}" in editor_of(client, session)
    inspected = client.get(reverse("bookings:inspect", args=[missed.pk])).content.decode()
    assert f"<dd>{capfirst(stayed_away)}</dd>" in inspected
    assert f"{gettext('confirmed')}, {stayed_away}" in client.get(listing).content.decode()
    assert list(client.get(listing, {"attended": "False"}).context["object_list"]) == [missed]
    head, *rows = csv_rows(client.get(listing, {"export": "csv"}))
    marked = {row[0]: row[head.index(gettext("Attendance"))] for row in rows}
    assert sorted(marked.values()) == ["", stayed_away]
    assert marked[missed.order.reference] == stayed_away


def test_thirty_cost_as_many_queries_as_one(client, administrator, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    session, _bookings = held("Ærø")
    client.get(page_of(session))
    with CaptureQueriesContext(connection) as one:
        client.get(page_of(session))
    SessionPage.objects.update(starts_on=TODAY + timedelta(days=9), ends_on=TODAY + timedelta(days=9))
    book(session, *NAMES[1:])
    SessionPage.objects.update(starts_on=TODAY, ends_on=TODAY)

    with django_assert_num_queries(len(one)):
        client.get(page_of(session))
