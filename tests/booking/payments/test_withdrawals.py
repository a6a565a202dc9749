"""What was paid by card goes back as far as a withdrawal leaves it, and the rest when its price falls away; once."""

from datetime import timedelta

import pytest

from booking.journal import record as journal
from booking.journal.models import FollowUp
from booking.journal.record import attempt
from booking.messages.models import OutboxMessage
from booking.payments.balance import Balance, balances, with_money
from booking.payments.models import Refund, RefundReason
from booking.payments.refund import owe_refund, send_due
from booking.payments.settle import open_checkout
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from booking.signup.models import Booking, Withdrawal
from booking.signup.release import waive_fee
from booking.signup.revive import hold_after_all
from booking.signup.waiting import offer_free_seats, take_seat
from tests.booking.signup.test_reserve import NOW, order
from tests.booking.signup.test_withdraw import shared
from tests.factories import UserFactory, mayor_of


@pytest.fixture
def paid(payer, double, tell):
    """A seat paid by card, of which half is to be paid when it is given up now; two wait for it."""
    payer.session.conditions.versions.update(free_days=200, share_days=30, share_percent=50)
    double.pay(payer.to_checkout())
    tell()
    payer.line = [order(payer.session, mayor_of(name), waits=True).bookings.get() for name in ("Ærø", "Samsø")]
    return payer


@pytest.fixture
def withdrawn(paid):
    paid.seat = cancel_booking(paid.booking, by=None, now=NOW)
    return paid


def test_a_seat_that_ended_with_its_session_is_paid_back_once_though_the_session_is_held_after_all(paid, double):
    cancel_session(paid.session, by=None, now=NOW)
    hold_after_all(paid.session, by=None, now=NOW)

    assert given_back(double) == [662500]
    assert paid.booking.due().is_free
    assert Refund.objects.get().reason == RefundReason.SESSION_CANCELLED


def given_back(double) -> list[int]:
    """Each refund at Stripe, in øre."""
    return [refund["amount"] for refund in double.refunds.values()]


def take_over(payer):
    offer_free_seats(payer.session, now=NOW)
    return take_seat(Booking.objects.get(pk=payer.line[0].pk), by=None, now=NOW)


def again() -> None:
    """Every follow-up of money once more, as if nobody knew that it was done."""
    for owed in FollowUp.objects.filter(room="payments"):
        owed.done_at = None
        owed.save()
        assert attempt(owed.pk)
    send_due(NOW + timedelta(minutes=5))


def balance_of(booking):
    [balance] = balances(with_money(Booking.objects.filter(pk=booking.pk))).values()
    return balance


def test_the_rest_goes_back_when_somebody_who_waits_gets_the_seat(withdrawn, double):
    assert given_back(double) == [331250]
    assert balance_of(withdrawn.seat).agreed == Withdrawal.objects.get().owed().gross == 3312.50

    take_over(withdrawn)
    again()

    assert given_back(double) == [331250, 331250]
    assert [refund.reason for refund in Refund.objects.order_by("pk")] == [
        RefundReason.WITHDRAWN,
        RefundReason.RELEASED,
    ]
    balance = balance_of(withdrawn.seat)
    assert (balance.agreed, balance.paid, balance.given_back) == (0, 6625, 6625)


def test_the_rest_goes_back_when_staff_waive_it(withdrawn, double):
    waive_fee(withdrawn.seat, by=UserFactory(), reason="Kulance", now=NOW)
    again()

    assert given_back(double) == [331250, 331250]
    assert Refund.objects.latest("pk").reason == RefundReason.WAIVED


def test_what_is_waived_at_once_goes_back_in_one(payer, double, tell):
    payer.session.conditions.versions.update(free_days=None)
    double.pay(payer.to_checkout())
    tell()

    cancel_booking(payer.booking, by=UserFactory(), now=NOW, waived_because="Kulance")
    again()

    assert given_back(double) == [662500]
    assert Refund.objects.get().reason == RefundReason.WAIVED


def test_the_rest_goes_back_when_the_session_is_cancelled_afterwards(withdrawn, double):
    cancel_session(withdrawn.session, by=None, now=NOW)
    again()

    assert given_back(double) == [331250, 331250]
    assert Refund.objects.latest("pk").reason == RefundReason.SESSION_CANCELLED
    assert balance_of(withdrawn.seat).agreed == 0


def test_a_withdrawal_that_is_followed_after_its_release_gives_back_the_same(paid, double, monkeypatch):
    with monkeypatch.context() as dead:
        dead.setattr(journal, "attempt", lambda follow_up_id: False)
        cancel_booking(paid.booking, by=None, now=NOW)
    take_over(paid)
    assert given_back(double) == [662500]

    again()

    assert given_back(double) == [662500]


def test_what_staff_gave_back_already_is_not_given_twice(withdrawn, double):
    owe_refund(withdrawn.payment, amount=2000, reason=RefundReason.STAFF, by=UserFactory(), now=NOW)
    send_due(NOW)

    take_over(withdrawn)

    assert sum(given_back(double)) == 662500


def test_each_refund_says_why(withdrawn):
    take_over(withdrawn)

    first, second = [message.text for message in OutboxMessage.objects.filter(kind="refunded").order_by("pk")]
    assert "betingelserne" in first
    assert "ventelisten" in second


# A price that several share


def test_nothing_goes_back_while_one_of_those_who_share_a_price_stays(payer, double, tell):
    """Three at one price, paid by one card: two leave one after the other, then the last."""
    placed = shared(pays_by_card=True)
    double.pay(open_at_stripe(placed))
    tell()
    first, second, third = placed.bookings.order_by("pk")

    cancel_booking(first, by=None, now=NOW)
    cancel_booking(second, by=None, now=NOW)
    assert given_back(double) == []
    assert total(placed).agreed == total(placed).paid == 15000
    cancel_booking(third, by=None, now=NOW)

    assert given_back(double) == [1500000]
    assert (total(placed).agreed, total(placed).given_back) == (0, 15000)


def open_at_stripe(placed) -> str:
    return open_checkout(placed, now=NOW).checkout_id


def total(placed):
    return sum(balances(with_money(placed.bookings.all())).values(), Balance())
