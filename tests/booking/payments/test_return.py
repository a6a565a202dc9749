"""The page that one comes back to says what is known, and no more."""

from datetime import timedelta

import pytest
from django.utils.html import escape
from django.utils.translation import gettext

from booking.payments.models import Refund
from booking.payments.refund import try_again
from booking.payments.settle import settle_due
from booking.payments.standing import CardOrder, Standing
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import mayor_of

LATER = NOW + timedelta(minutes=40)


def says(page, words: str, **amounts) -> bool:
    return escape(gettext(words) % amounts) in page.content.decode()


def paid(payer, double, tell):
    double.pay(payer.to_checkout())
    tell()


def test_paid(payer, double):
    double.pay(payer.to_checkout())

    page = payer.come_back()

    assert says(page, "The payment has come, and the seat is yours.")


def test_not_paid_yet(payer):
    payer.to_checkout()

    page = payer.come_back()

    assert page.context["card"].standing == Standing.HELD
    assert page.context["held_until"] == payer.payment.expires_at


def test_not_known(payer, double):
    payer.to_checkout()
    double.fail("GET /v1/checkout", "500")

    page = payer.come_back()

    assert says(
        page,
        "We can't reach the payment service right now, so we don't know whether you have paid. "
        "The seat is held meanwhile. Try again in a moment.",
    )


def test_not_to_be_paid_at_the_moment(payer, double):
    payer.sign_up()
    double.fail("POST /v1/checkout", "500")

    page = payer.go_to_pay()

    assert says(
        page,
        "We can't reach the payment service right now, so you can't pay yet. "
        "The seat is held meanwhile. Try again in a moment.",
    )


def test_no_time_is_given_that_is_over(payer, double, january):
    payer.to_checkout()
    january.move_to(LATER)
    double.fail("GET /v1/checkout", "500")

    assert payer.come_back().context["held_until"] is None


def test_expired(payer, january):
    payer.to_checkout()
    january.move_to(LATER)
    settle_due(LATER)

    page = payer.come_back()

    assert says(page, "The payment was not made, so the seat is no longer held. Nothing has been taken from the card.")
    assert "ikke trukket noget" in page.content.decode()


def test_withdrawn_before_it_was_paid(payer):
    payer.to_checkout()
    cancel_booking(payer.booking, by=None, now=NOW)

    page = payer.come_back()

    assert says(page, "The sign-up has been withdrawn. Nothing has been taken from the card.")


def test_paid_too_late(payer, double, january, tell):
    checkout = payer.to_checkout()
    payer.release()
    order(payer.session, mayor_of("Ærø"), now=NOW)
    double.force_paid(checkout)
    tell()

    page = payer.come_back()

    assert says(
        page,
        "The payment came when the seat could no longer be yours. We pay %(back)s back to the card.",
        back="6.625,00 kr.",
    )


def test_paid_twice(payer, double, tell):
    checkout = payer.to_checkout()
    payer.release()
    first = payer.order
    paid(payer, double, tell)
    double.force_paid(checkout)
    tell()
    payer.order = first

    page = payer.come_back()

    assert says(
        page, "The seat had been paid for by another order. We pay %(back)s back to the card.", back="6.625,00 kr."
    )


def test_withdrawn_and_paid_back(payer, double, tell):
    paid(payer, double, tell)
    cancel_booking(payer.booking, by=None, now=NOW)

    page = payer.come_back()

    assert says(
        page,
        "The sign-up has been withdrawn. You paid %(paid)s, and we pay %(back)s back to the card.",
        paid="6.625,00 kr.",
        back="6.625,00 kr.",
    )


def test_withdrawn_and_nothing_paid_back(payer, double, tell):
    paid(payer, double, tell)
    payer.booking.conditions.__class__.objects.update(free_days=None)
    cancel_booking(payer.booking, by=None, now=NOW)

    page = payer.come_back()

    assert says(
        page,
        "The sign-up has been withdrawn. You paid %(paid)s, and by the conditions nothing is paid back.",
        paid="6.625,00 kr.",
    )


@pytest.mark.parametrize("was_paid", [True, False])
def test_called_off(payer, double, tell, was_paid):
    checkout = payer.to_checkout()
    if was_paid:
        double.pay(checkout)
        tell()
    cancel_session(payer.session, by=None, now=NOW)

    page = payer.come_back()

    if was_paid:
        said = "The session has been cancelled. We pay %(back)s back to the card."
        assert says(page, said, back="6.625,00 kr.")
    else:
        assert says(page, "The session has been cancelled. Nothing has been taken from the card.")


def test_a_refund_that_failed_is_not_called_nothing_taken(payer, double, tell):
    paid(payer, double, tell)
    cancel_booking(payer.booking, by=None, now=NOW)
    double.fail_refund(Refund.objects.get().stripe_id)
    tell()

    page = payer.come_back()

    assert page.context["card"].is_stuck
    assert "ikke trukket noget" not in page.content.decode()
    assert payer.session.contact.email in page.content.decode()
    try_again(Refund.objects.get(), by=None, now=NOW)
    assert not CardOrder.of(payer.order).is_stuck
