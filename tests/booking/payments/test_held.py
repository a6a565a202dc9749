"""A seat that is held while it is being paid for is taken, and nobody's yet: no list says that somebody has it."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from booking.desk.roles import ADMINISTRATORS
from booking.desk.session_tab import numbers
from booking.messages.models import OutboxMessage
from booking.people.models import Office
from booking.signup.models import BookingStatus
from booking.signup.standing import seats_left
from booking.signup.substitute import SeatNotPaid, substitute
from booking.signup.successors import awaiting_successor
from tests.booking.payments.test_desk import signed_in_as
from tests.booking.signup.test_reserve import NOW
from tests.factories import mayor_of


@pytest.fixture
def held(payer):
    payer.to_checkout()
    return payer


def test_nobody_is_told_that_they_have_it(held):
    assert not OutboxMessage.objects.exists()


def test_it_is_neither_free_nor_booked(held):
    assert (seats_left(held.session), numbers(held.session)["booked"]) == (0, 0)


def test_the_first_screen_of_the_desk_does_not_count_it(held):
    page = signed_in_as(ADMINISTRATORS).get(reverse("wagtailadmin_home"))

    [row] = [
        one["page"]
        for panel in page.context["panels"]
        if panel.name == "next_sessions"
        for one in panel.get_context_data({"request": page.wsgi_request})["sessions"]
    ]
    assert (row.booked, row.held) == (0, 1)


def test_nobody_can_be_put_in_it(held, client):
    pass_on = reverse("booking:pass_on", args=[held.order.reference, held.booking.pk])

    page = client.get(pass_on, follow=True)

    assert page.redirect_chain == [(reverse("booking:receipt", args=[held.order.reference]), 302)]
    with pytest.raises(SeatNotPaid):
        substitute(held.booking, participant=mayor_of("Ærø"), by=None, now=NOW)


def test_staff_can_put_nobody_in_it_either(held):
    staff = signed_in_as(ADMINISTRATORS)
    address = reverse("bookings:substitute", args=[held.booking.pk])

    assert staff.get(address).status_code == 302
    assert staff.post(address, {"participant": mayor_of("Ærø").pk}).status_code == 422
    assert held.booking.participant == held.mayor
    assert address not in staff.get(reverse("bookings:inspect", args=[held.booking.pk])).content.decode()


def test_no_successor_is_asked_for(held):
    Office.objects.filter(person=held.mayor).update(ends_on=date(2027, 2, 1))

    assert not awaiting_successor(NOW).exists()


@pytest.mark.parametrize("page", ["receipt", "my_page"])
def test_the_payer_reads_that_it_is_not_paid(held, client, page):
    address = reverse(f"booking:{page}", args=[held.order.reference] if page == "receipt" else [])

    shown = client.get(address).content.decode()

    assert reverse("booking:payment", args=[held.order.reference]) in shown
    assert reverse("booking:session_ics", args=[held.session.entry.uid]) not in shown


def test_the_payer_reads_how_long_it_is_held(held):
    page = held.come_back()

    assert page.context["held_until"] == held.payment.expires_at
    assert "11. januar 2027 kl. 09.32" in page.content.decode()


def test_staff_read_that_it_awaits_payment(held):
    row = signed_in_as(ADMINISTRATORS).get(reverse("bookings:index"), {"export": "csv"}).getvalue().decode()

    assert str(BookingStatus.HELD.label) in row


def test_the_participant_may_pay_too(held, double):
    mayor = Client()
    mayor.force_login(held.mayor.user)
    assert mayor.post(reverse("booking:pay", args=[held.order.reference])).url.startswith(double.url)
