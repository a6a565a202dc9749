"""Waiting is shown as waiting: on the receipt, on My page, and never as a seat."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from booking.models import Booking, Secretary
from booking.mypage.forget import HasComingBookings, forget_person
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from booking.signup.link import key_for
from booking.signup.purge import purge_practical
from booking.signup.waiting import offer_free_seats
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import SessionPageFactory, mayor_of, secretary_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("january")]

LINK = "https://moede.example.org/hemmeligt-rum"
ANSWER_BY = "14. januar 2027 kl. 09.00"


@pytest.fixture
def seat():
    return order(SessionPageFactory(capacity=1, join_link=LINK), mayor_of("Fanø")).bookings.get()


@pytest.fixture
def waiting(client, seat):
    """The second in line, with their secretary signed in."""
    order(seat.session, mayor_of("Samsø"), waits=True)
    mayor = mayor_of("Ærø")
    secretary = secretary_of(mayor)
    client.force_login(secretary.user)
    return order(seat.session, mayor, booker=secretary, waits=True).bookings.get()


@pytest.fixture
def offered(seat, waiting):
    cancel_booking(Booking.objects.waiting().first(), by=None, now=NOW)
    cancel_booking(seat, by=None, now=NOW)
    offer_free_seats(seat.session, now=NOW)
    waiting.refresh_from_db()
    return waiting


def receipt(client, booking) -> str:
    return client.get(reverse("booking:receipt", args=[booking.order.reference])).content.decode()


def my_page(client) -> str:
    return client.get(reverse("booking:my_page")).content.decode()


def place_of(booking) -> str:
    return reverse("booking:place_in_line", args=[key_for(booking, participant=True)])


@pytest.mark.parametrize("page", [receipt, lambda client, _booking: my_page(client)], ids=["receipt", "my page"])
def test_whoever_waits_reads_the_place_and_the_way_out_and_nothing_of_a_seat(client, waiting, page):
    shown = page(client, waiting)

    assert "2" in shown.split(place_of(waiting))[0][-600:]
    assert place_of(waiting) in shown
    assert LINK not in shown
    assert reverse("booking:session_ics", args=[waiting.session.entry.uid]) not in shown


@pytest.mark.parametrize("page", [receipt, lambda client, _booking: my_page(client)], ids=["receipt", "my page"])
def test_whoever_is_offered_a_seat_reads_until_when_and_where_to_answer(client, offered, page):
    shown = page(client, offered)

    assert ANSWER_BY in shown
    assert place_of(offered) in shown
    assert LINK not in shown


def test_the_receipt_of_a_place_says_what_was_agreed(client, waiting):
    shown = receipt(client, waiting)

    assert "6.625,00 kr." in shown
    assert "Tilmeldingen er bindende." in shown


def test_a_booker_who_acts_for_them_no_longer_has_no_link(client, waiting):
    Secretary.objects.update(ends_on=NOW.date() - timedelta(days=1))

    assert "/venteliste/" not in receipt(client, waiting)


def test_of_a_cancelled_session_there_is_no_way_to_answer(client, offered):
    cancel_session(offered.session, by=None, now=NOW)

    assert "/venteliste/" not in receipt(client, offered)
    assert "/venteliste/" not in my_page(client)


def test_my_page_asks_as_few_questions_for_three_places_as_for_one(client, seat, django_assert_num_queries):
    mayors = [mayor_of(name) for name in ("Ærø", "Samsø", "Læsø")]
    secretary = secretary_of(*mayors)
    client.force_login(secretary.user)
    order(seat.session, mayors[0], booker=secretary, waits=True)
    my_page(client)
    with CaptureQueriesContext(connection) as one:
        my_page(client)
    for mayor in mayors[1:]:
        order(seat.session, mayor, booker=secretary, waits=True)

    with django_assert_num_queries(len(one)):
        my_page(client)


def test_diet_is_kept_while_they_wait_and_not_after(seat, waiting):
    Booking.objects.filter(pk=waiting.pk).update(diet="Vegetar")
    purge_practical(NOW)
    assert Booking.objects.get(pk=waiting.pk).diet == "Vegetar"

    cancel_booking(waiting, by=None, now=NOW)
    purge_practical(NOW)

    assert Booking.objects.get(pk=waiting.pk).diet == ""


def test_whoever_waits_is_not_forgotten_meanwhile(waiting):
    with pytest.raises(HasComingBookings):
        forget_person(waiting.participant, by=None, now=NOW)
