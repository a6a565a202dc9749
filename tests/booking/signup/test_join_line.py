"""Joining the waiting list on the session's own page, and what page and lists say while somebody waits."""

import pytest
from django.test import Client
from django.urls import reverse

from booking.models import Booking, Order, SessionPage
from booking.signup import views
from booking.signup.cancel import cancel_booking
from booking.signup.lines import session_lines
from booking.signup.refusals import SEAT_FREE, SEATS_TAKEN
from booking.signup.standing import Obstacle
from booking.signup.waiting import offer_free_seats
from tests.booking.signup.filled import EAN, fields_on, filled, send
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import SessionPageFactory, mayor_of, secretary_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("january")]


@pytest.fixture
def mayor():
    return mayor_of("Ærø")


@pytest.fixture
def secretary(client, mayor):
    secretary = secretary_of(mayor)
    client.force_login(secretary.user)
    return secretary


@pytest.fixture
def session():
    return SessionPageFactory(capacity=1)


@pytest.fixture
def seat(session):
    return order(session, mayor_of("Fanø")).bookings.get()


def page_of(client, session) -> str:
    return client.get(session.get_url()).content.decode()


def test_a_full_session_has_the_same_form_to_the_waiting_list(client, secretary, session, seat):
    values = fields_on(client.get(session.get_url()), session)
    page = page_of(client, session)

    assert values["to_line"] == "1"
    assert {"ean", "contact_email", "shown", "shown_conditions"} <= set(values)
    for words in ("5.300,00 kr.", "1.325,00 kr.", "6.625,00 kr.", "Tilmeldingen er bindende."):
        assert words in page
    assert "6.625,00" not in page.split('<div class="submit">')[1]  # pressing it binds to nothing


def test_whoever_sends_it_waits_on_what_was_shown(client, secretary, mayor, session, seat):
    answer = send(client, session, filled(client, session))

    booking = Booking.objects.get(participant=mayor)
    assert answer.url == reverse("booking:receipt", args=[booking.order.reference])
    assert (booking.status, booking.price.gross, booking.order.gln) == ("waiting", 6625, EAN)


def test_sent_twice_it_is_one_place(client, secretary, mayor, session, seat):
    values = filled(client, session)

    send(client, session, values)
    send(client, session, values)

    assert Booking.objects.filter(participant=mayor).count() == 1


def test_a_new_price_is_accepted_anew_before_anybody_waits(client, secretary, mayor, session, seat):
    values = filled(client, session)
    SessionPage.objects.filter(pk=session.pk).update(own_net=7000)

    assert send(client, session, values).status_code == 422
    assert not Booking.objects.filter(participant=mayor).exists()


def test_who_meant_to_sign_up_is_not_put_on_the_list_unasked(client, secretary, mayor, session):
    values = filled(client, session)
    order(session, mayor_of("Fanø"))

    answer = send(client, session, values)

    assert answer.status_code == 422
    assert SEATS_TAKEN in answer.context["form"].non_field_errors()
    assert not Booking.objects.filter(participant=mayor).exists()
    again = fields_on(answer, session) | {"accepted": "on"}
    assert again["to_line"] == "1"
    assert send(client, session, again).status_code == 302
    assert Booking.objects.get(participant=mayor).status == "waiting"


def test_a_seat_that_goes_between_look_and_lock_leads_to_the_list_too(client, secretary, mayor, session, monkeypatch):
    values = filled(client, session)

    def taken_at_the_last_moment(session, **asked):
        monkeypatch.setattr(views, "place_order", placed)
        order(session, mayor_of("Fanø"))
        return placed(session, **asked)

    placed = views.place_order
    monkeypatch.setattr(views, "place_order", taken_at_the_last_moment)

    answer = send(client, session, values)

    assert SEATS_TAKEN in answer.context["form"].non_field_errors()
    again = fields_on(answer, session) | {"accepted": "on"}
    assert send(client, session, again).status_code == 302
    assert Booking.objects.get(participant=mayor).status == "waiting"


def test_who_meant_to_wait_is_not_bound_to_a_seat_unasked(client, secretary, mayor, session, seat):
    values = filled(client, session)
    cancel_booking(seat, by=None, now=NOW)

    answer = send(client, session, values)

    assert answer.status_code == 422
    assert SEAT_FREE in answer.context["form"].non_field_errors()
    assert not Booking.objects.filter(participant=mayor).exists()


def test_whoever_waits_reads_it_instead_of_the_form(client, secretary, mayor, session, seat):
    waiting = order(session, mayor, booker=secretary, waits=True)

    page = page_of(client, session)

    assert 'name="submission"' not in page
    assert reverse("booking:receipt", args=[waiting.reference]) in page


def test_a_stranger_is_led_to_sign_in(session, seat):
    page = page_of(Client(), session)

    assert 'name="submission"' not in page
    assert reverse("account_login") in page


def test_while_somebody_waits_a_free_seat_is_not_for_sale(client, secretary, session, seat):
    order(session, mayor_of("Samsø"), waits=True)
    cancel_booking(seat, by=None, now=NOW)

    assert fields_on(client.get(session.get_url()), session)["to_line"] == "1"
    [line] = session_lines(SessionPage.objects.for_listing(), now=NOW)
    assert (line.obstacle, line.seats_left) == (Obstacle.FULL, 0)


def test_an_offered_seat_is_not_for_sale_either(session, seat):
    order(session, mayor_of("Samsø"), waits=True)
    cancel_booking(seat, by=None, now=NOW)
    offer_free_seats(session, now=NOW)

    [line] = session_lines(SessionPage.objects.for_listing(), now=NOW)

    assert (line.obstacle, line.seats_left) == (Obstacle.FULL, 0)


def test_who_means_to_pay_by_card_writes_no_ean_number_yet(client, secretary, mayor, session, settings):
    settings.TAKES_CARDS = True
    session.price_list.takes_cards = True
    session.price_list.save()
    order(session, mayor_of("Fanø"))

    answer = send(client, session, filled(client, session, pays_by="card", ean=""))

    placed = Order.objects.get(booker=secretary)
    assert answer.url == reverse("booking:receipt", args=[placed.reference])
    assert (placed.pays_by_card, placed.gln, placed.bookings.get().status) == (False, "", "waiting")
