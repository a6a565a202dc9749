"""The waiting list at the desk: in order, filtered, counted, and taken off."""

import pytest
import time_machine
from django.urls import reverse
from django.utils.translation import gettext

from booking.models import Booking
from booking.signup.cancel import cancel_booking
from booking.signup.said import state_of
from booking.signup.waiting import offer_free_seats
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import SessionPageFactory, mayor_of


@pytest.fixture(autouse=True)
def january():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def line(db):
    """A full session, and three who wait."""
    session = SessionPageFactory(capacity=1)
    order(session, mayor_of("Fanø"))
    return [order(session, mayor_of(name), waits=True).bookings.get() for name in ("Ærø", "Samsø", "Odder")]


def test_whoever_waits_is_not_called_signed_up(client, administrator, line):
    seated = Booking.objects.get(status="confirmed")

    pages = [client.get(reverse("bookings:inspect", args=[one.pk])).content.decode() for one in (seated, line[0])]

    label = f"<dt>{gettext('Put on the waiting list')}</dt>"
    assert [label in page for page in pages] == [False, True]


def editor_of(client, session) -> str:
    return client.get(reverse("wagtailadmin_pages:edit", args=[session.pk])).content.decode()


def test_the_sessions_tab_shows_the_line_in_order_and_counts_it_apart(client, administrator, line):
    session = line[0].session
    cancel_booking(Booking.objects.get(status="confirmed"), by=None, now=NOW)
    offer_free_seats(session, now=NOW)

    page = editor_of(client, session)

    places = [page.index(reverse("bookings:inspect", args=[booking.pk])) for booking in line]
    assert places == sorted(places)
    assert "14. januar 2027 kl. 09.00" in page
    assert 'value="waiting"' in client.get(reverse("bookings:index")).content.decode()


def test_the_list_of_bookings_is_filtered_by_waiting(client, administrator, line):
    page = client.get(reverse("bookings:index"), {"status": "waiting"}).content.decode()

    assert all(booking.order.reference in page for booking in line)
    assert Booking.objects.get(status="confirmed").order.reference not in page


def test_editors_read_the_number_of_those_who_wait_and_no_names(client, editor, line):
    page = editor_of(client, line[0].session)

    assert "<dd>3</dd>" in page
    assert line[0].participant.name not in page


def test_staff_take_somebody_off_the_list_and_the_next_move_up(client, administrator, line):
    inspect = client.get(reverse("bookings:inspect", args=[line[0].pk])).content.decode()
    assert reverse("bookings:cancel", args=[line[0].pk]) in inspect
    assert reverse("bookings:substitute", args=[line[0].pk]) not in inspect

    client.post(reverse("bookings:cancel", args=[line[0].pk]))

    line[0].refresh_from_db()
    assert line[0].status == "cancelled"
    assert [booking.place for booking in Booking.objects.waiting().with_place()] == [1, 2]


def test_whoever_left_the_list_is_not_said_to_have_given_up_a_seat(line):
    words = state_of(line[0])
    seat = Booking.objects.get(status="confirmed")
    cancel_booking(line[0], by=None, now=NOW)
    cancel_booking(seat, by=None, now=NOW)

    states = [state_of(Booking.objects.get(pk=booking.pk)) for booking in (line[0], seat)]

    assert len({words, *states}) == 3


def test_those_who_come_stand_before_those_who_do_not(client, administrator):
    session = SessionPageFactory()
    gone, comes = (order(session, mayor_of(name)).bookings.get() for name in ("Aabenraa", "Ærø"))
    cancel_booking(gone, by=None, now=NOW)

    page = editor_of(client, session)

    first, second = (page.index(reverse("bookings:inspect", args=[one.pk])) for one in (comes, gone))
    assert first < second


def test_a_list_says_of_seats_that_are_kept_and_not_confirmed(client, administrator, line):
    session = line[0].session
    session.capacity = 2
    session.save_revision().publish()
    offer_free_seats(session, now=NOW)

    page = client.get(reverse("hotel_list", args=[session.pk]))

    assert [count for _status, count in page.context["undecided"]] == [1]
    assert line[0].participant.name not in page.content.decode()
