"""The reconciliation over real HTTP: what is found, what is put right by itself, and what waits for a person."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from booking.journal.models import Fact
from booking.models import Booking
from booking.payments import stripe
from booking.payments.differences import Difference, DifferenceKind, Ending, Reconciliation
from booking.payments.models import Payment, PaymentState, Refund, RefundReason, RefundState
from booking.payments.reconcile import UnderWay, put_right, reconcile, reconcile_due, reconcile_now
from booking.payments.refund import owe_refund
from booking.signup.cancel import cancel_booking
from booking.signup.models import BookingStatus
from tests.booking.payments.test_road import given_back
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import UserFactory, mayor_of

TOMORROW = NOW + timedelta(days=1)
K = DifferenceKind


@pytest.fixture
def paid(payer, double, tell):
    double.pay(payer.to_checkout())
    tell()
    return payer


def found(now=NOW) -> list[tuple]:
    """What a comparison finds: the kind, whose it is, both figures, and how it ended."""
    return [_row(difference) for difference in reconcile(now).found]


def _row(difference: Difference) -> tuple:
    return difference.kind, difference.reference, difference.ours, difference.theirs, difference.ending


def kroner(amount) -> Decimal:
    return Decimal(amount).quantize(Decimal("0.01"))


def older(payment, days) -> None:
    """So many days ago, here; the double's clock is left alone."""
    Payment.objects.filter(pk=payment.pk).update(
        created_at=NOW - timedelta(days=days), paid_at=NOW - timedelta(days=days)
    )


# What is put right


def test_books_that_agree_have_no_difference(paid):
    cancel_booking(paid.booking, by=None, now=NOW)

    assert reconcile(NOW).found == []
    assert not Difference.objects.exists()


def test_money_that_no_webhook_told_of_is_found_and_the_seat_confirmed(payer, double):
    double.pay(payer.to_checkout())

    assert found() == [(K.PAID_AT_STRIPE, payer.order.reference, kroner(0), kroner(6625), Ending.REPAIRED)]
    assert payer.booking.status == BookingStatus.CONFIRMED
    assert found() == []


def test_a_page_that_ran_out_frees_its_seat(payer, double):
    double.expire(payer.to_checkout())

    assert found() == [(K.CLOSED_AT_STRIPE, payer.order.reference, kroner(0), kroner(0), Ending.REPAIRED)]
    assert payer.booking.status == BookingStatus.EXPIRED


def test_a_page_that_we_never_heard_of_is_ours_after_all(payer, double):
    checkout = payer.to_checkout()
    Payment.objects.update(state=PaymentState.NEW, checkout_id=None, url="")

    assert found() == [(K.OPEN_AT_STRIPE, payer.order.reference, kroner(0), kroner(0), Ending.REPAIRED)]
    assert payer.payment.checkout_id == checkout


def test_an_old_payment_that_is_still_open_is_looked_at(payer, double):
    double.pay(payer.to_checkout())
    older_than_the_window = NOW - timedelta(days=90)
    Payment.objects.update(created_at=older_than_the_window)
    for checkout in double.checkouts.values():
        checkout["created"] = int(older_than_the_window.timestamp())

    assert found() == [(K.PAID_AT_STRIPE, payer.order.reference, kroner(0), kroner(6625), Ending.REPAIRED)]


def test_what_was_paid_back_in_stripes_own_pages_is_taken_over(paid, double):
    double.refund_by_hand(paid.payment.intent_id, 100000)

    assert found() == [(K.REFUND_UNKNOWN, paid.order.reference, None, kroner(1000), Ending.REPAIRED)]
    assert Refund.objects.get().reason == RefundReason.AT_STRIPE
    assert found() == []


def test_a_refund_of_a_payment_far_older_than_the_window_is_found(paid, double):
    older(paid.payment, 300)
    for checkout in double.checkouts.values():
        checkout["created"] -= 300 * 24 * 3600
    double.refund_by_hand(paid.payment.intent_id, 100000)

    assert found() == [(K.REFUND_UNKNOWN, paid.order.reference, None, kroner(1000), Ending.REPAIRED)]


def test_money_and_its_refund_of_which_nobody_told_us_are_both_found(payer, double):
    checkout = payer.to_checkout()
    double.pay(checkout)
    double.refund_by_hand(double.checkouts[checkout]["payment_intent"], 100000)

    assert [row[0] for row in found()] == [K.PAID_AT_STRIPE, K.REFUND_UNKNOWN]
    assert payer.payment.kept() == Decimal(5625)
    assert not Difference.objects.open().exists()


def test_a_refund_that_the_bank_sent_back_is_seen_and_waits_for_a_person(paid, double):
    cancel_booking(paid.booking, by=None, now=NOW)
    double.fail_refund(Refund.objects.get().stripe_id)

    assert found() == [(K.REFUND_OTHERWISE, paid.order.reference, kroner(6625), kroner(0), Ending.REPAIRED)]
    assert Refund.objects.get().state == RefundState.FAILED
    assert found() == [(K.REFUND_FAILED, paid.order.reference, kroner(6625), kroner(0), "")]


def test_nobody_is_told_to_try_again_what_has_gone_after_all(paid, double):
    cancel_booking(paid.booking, by=None, now=NOW)
    Refund.objects.update(state=RefundState.FAILED)

    assert found() == [(K.REFUND_OTHERWISE, paid.order.reference, kroner(0), kroner(6625), "")]


@pytest.mark.parametrize("status", ["needs_response", "lost"])
def test_a_dispute_that_nobody_told_us_of_is_noted(paid, double, status):
    older(paid.payment, 200)
    double.contest(paid.payment.intent_id, status=status)

    assert found() == [(K.DISPUTE_UNSEEN, paid.order.reference, kroner(0), kroner(6625), Ending.REPAIRED)]
    assert paid.payment.dispute == status
    assert paid.payment.kept() == (0 if status == "lost" else 6625)
    assert found() == []


def test_late_money_follows_the_rules_of_a_webhook_and_nothing_else(payer, double, january):
    """What goes back goes back by the rule for money that came too late, as it would have, had we been told."""
    checkout = payer.to_checkout()
    double.expire(checkout)
    reconcile(NOW)
    order(payer.session, mayor_of("Ærø"), now=NOW)
    double.force_paid(checkout)

    assert [row[0] for row in found()] == [K.PAID_AT_STRIPE]
    assert Refund.objects.get().reason == RefundReason.TOO_LATE


# What is left to a person


def test_another_amount_is_left_to_a_person(payer, double):
    checkout = payer.to_checkout()
    double.checkouts[checkout]["amount_total"] = 100
    double.pay(checkout)

    for _twice in range(2):
        assert found() == [(K.OTHER_AMOUNT, payer.order.reference, kroner(6625), kroner(1), "")]
    assert Difference.objects.count() == 1
    assert payer.payment.state == PaymentState.OPEN


@pytest.mark.parametrize(("is_paid", "theirs"), [(True, 6625), (False, 0)])
def test_a_page_that_we_do_not_know_is_left_to_a_person(payer, double, is_paid, theirs):
    checkout = payer.to_checkout()
    double.checkouts[checkout]["metadata"] = {"payment": str(uuid.uuid4())}
    double.checkouts[checkout]["client_reference_id"] = "ANDEN"
    if is_paid:
        double.pay(checkout)
    payer.payment.bookings.clear()
    payer.payment.delete()

    assert found() == [(K.UNKNOWN_CHECKOUT, checkout, None, kroner(theirs), "")]
    assert not double.refunds


def test_a_payment_that_stripe_does_not_have_is_left_to_a_person(paid, double):
    double.checkouts.clear()

    assert found() == [(K.NOT_AT_STRIPE, paid.order.reference, kroner(6625), None, "")]


def test_a_second_payment_of_the_same_is_left_to_a_person(paid, double):
    [first] = double.checkouts.values()
    second = first | {"id": "cs_test_second", "payment_intent": "pi_second"}
    double.checkouts["cs_test_second"] = second

    assert found() == [(K.PAID_TWICE, paid.order.reference, kroner(0), kroner(6625), "")]
    assert not double.refunds


def test_a_refund_that_stripe_does_not_have_is_left_to_a_person(paid, double):
    cancel_booking(paid.booking, by=None, now=NOW)
    double.refunds.clear()

    assert found() == [(K.REFUND_NOT_AT_STRIPE, paid.order.reference, kroner(6625), None, "")]


def test_a_refund_of_something_we_do_not_know_is_left_to_a_person(paid, double):
    refund = double.refund_by_hand(paid.payment.intent_id, 100000)
    refund["payment_intent"] = "pi_unknown"

    assert found() == [(K.UNKNOWN_REFUND, refund["id"], None, kroner(1000), "")]


def test_a_refund_that_waits_for_a_day_is_told_and_not_sent_from_here(paid, double):
    double.fail("GET /v1/refunds", "500")
    cancel_booking(paid.booking, by=None, now=NOW)

    assert found(NOW + timedelta(hours=23)) == []
    assert found(TOMORROW) == [(K.REFUND_UNSENT, paid.order.reference, kroner(6625), kroner(0), "")]
    assert given_back(double) == 0


def test_what_can_not_be_put_right_does_not_keep_the_others(payer, double, monkeypatch):
    """One of two seats can't be written; the other is confirmed all the same."""
    payer.session.capacity = 2
    payer.session.save()
    first = payer.to_checkout()
    double.pay(first)
    stuck = payer.payment
    payer.mayor = mayor_of("Ærø")
    second = paid_elsewhere(payer, double)
    taken = settle_only(second)
    monkeypatch.setattr("booking.payments.settle._receive", taken)

    rows = found()

    assert {(row[0], row[4]) for row in rows} == {(K.PAID_AT_STRIPE, ""), (K.PAID_AT_STRIPE, Ending.REPAIRED)}
    stuck.refresh_from_db()
    assert not stuck.is_paid


def paid_elsewhere(payer, double) -> Payment:
    """Another order for the same session, paid at Stripe."""
    from booking.payments.settle import open_checkout

    placed = order(payer.session, payer.mayor, now=NOW, pays_by_card=True)
    payment = open_checkout(placed, now=NOW)
    double.pay(payment.checkout_id)
    return payment


def settle_only(payment: Payment):
    """As ``settle._receive``, but for a fault that all other payments meet."""
    from booking.payments import settle

    receive = settle._receive

    def received(one, checkout, *, now):
        if one.pk != payment.pk:
            raise RuntimeError("a fault in the house")
        receive(one, checkout, now=now)

    return received


# Rows that staff see


def test_a_difference_is_one_row_until_it_is_put_right(paid, double):
    double.checkouts.clear()
    reconcile(NOW)
    reconcile(TOMORROW)

    difference = Difference.objects.get()

    assert (difference.found_at, difference.is_open) == (NOW, True)
    assert difference.payment == paid.payment


def test_what_no_longer_differs_is_closed(paid, double):
    kept = dict(double.checkouts)
    double.checkouts.clear()
    reconcile(NOW)
    double.checkouts.update(kept)

    assert found(TOMORROW) == []

    difference = Difference.objects.get()
    assert (difference.ending, difference.closed_at) == (Ending.GONE, TOMORROW)


def test_what_a_person_put_right_stays_so_until_the_figures_change(payer, double):
    checkout = payer.to_checkout()
    double.checkouts[checkout]["amount_total"] = 100
    reconcile(NOW)
    clerk = UserFactory()

    assert put_right(Difference.objects.get(), note="Aftalt med KL", by=clerk, now=NOW)
    assert not put_right(Difference.objects.get(), note="Igen", by=clerk, now=NOW)

    assert found(TOMORROW) == []
    closed = Difference.objects.get()
    assert (closed.note, closed.by, closed.ending) == ("Aftalt med KL", clerk, Ending.BY_PERSON)
    assert Fact.objects.about(closed).get().by == clerk
    double.checkouts[checkout]["amount_total"] = 200
    assert found(TOMORROW) == [(K.OTHER_AMOUNT, payer.order.reference, kroner(6625), kroner(2), "")]


def test_a_process_that_dies_before_it_puts_right_leaves_the_row(payer, double, monkeypatch):
    double.pay(payer.to_checkout())
    monkeypatch.setattr("booking.payments.reconcile._repair", _die)
    with pytest.raises(SystemExit):
        reconcile(NOW)
    monkeypatch.undo()
    assert Difference.objects.open().count() == 1

    assert found(TOMORROW) == [(K.PAID_AT_STRIPE, payer.order.reference, kroner(0), kroner(6625), Ending.REPAIRED)]
    assert Difference.objects.count() == 1


def _die(*_args):
    raise SystemExit


# Stripe down, slow, cutting the line


@pytest.mark.parametrize("how", ["500", "429", "cut_before", "cut_after"])
@pytest.mark.parametrize("path", ["GET /v1/checkout/sessions", "GET /v1/refunds", "GET /v1/disputes"])
def test_while_stripe_is_silent_nothing_changes(payer, double, path, how):
    double.pay(payer.to_checkout())
    double.fail(path, how)

    with pytest.raises(stripe.Unreachable):
        reconcile(NOW)

    assert not Difference.objects.exists()
    assert payer.booking.status == BookingStatus.HELD


def test_stripe_going_silent_halfway_leaves_the_rest_for_the_next_time(payer, double):
    double.pay(payer.to_checkout())
    double.fail(f"GET /v1/checkout/sessions/{payer.payment.checkout_id}", "500")

    with pytest.raises(stripe.Unreachable):
        reconcile(NOW)

    assert [row[4] for row in found()] == [Ending.REPAIRED]


def test_more_than_one_page_of_everything_is_read(paid, double):
    double.page = 1
    [checkout] = list(double.checkouts.values())
    for number in range(3):
        its_id = f"cs_test_{number}"
        double.checkouts[its_id] = checkout | {"id": its_id, "metadata": {}, "client_reference_id": "ANDEN"}
        double.refund_by_hand(paid.payment.intent_id, 100)

    kinds = [row[0] for row in found()]

    assert (kinds.count(K.UNKNOWN_CHECKOUT), kinds.count(K.REFUND_UNKNOWN)) == (3, 3)


# Once a day


def test_it_is_done_once_a_copenhagen_day(paid, double):
    assert reconcile_due(NOW) is not None
    asked = double.requests.total()

    assert reconcile_due(NOW + timedelta(hours=14, minutes=59)) is None
    assert double.requests.total() == asked
    assert reconcile_due(NOW + timedelta(hours=15)) is not None


def test_stripe_down_is_said_and_tried_again_before_the_next_day(paid, double):
    double.fail("GET /v1/checkout", "500")
    with pytest.raises(stripe.Unreachable):
        reconcile_due(NOW)

    assert Reconciliation.objects.get().failed_at == NOW
    assert reconcile_due(NOW + timedelta(minutes=4)) is None
    assert reconcile_due(NOW + timedelta(minutes=5)) is not None
    assert Reconciliation.objects.get().failed_at is None


def test_nobody_takes_it_while_another_has_it_and_a_killed_one_is_taken_over(paid, january):
    Reconciliation.objects.create(on=NOW.date(), not_before=NOW, claimed_until=timezone.now() + timedelta(minutes=30))

    assert reconcile_due(NOW) is None
    with pytest.raises(UnderWay):
        reconcile_now(NOW)
    january.shift(timedelta(minutes=30))
    assert reconcile_due(NOW) is not None


def test_of_many_processes_at_once_one_compares(paid, double):
    started = threading.Barrier(6)

    def compare(_number) -> bool:
        started.wait()
        try:
            return reconcile_due(NOW) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(compare, range(6))) == 1
    assert double.requests["GET /v1/disputes"] == 1


def test_by_hand_it_is_done_as_often_as_one_likes(paid):
    assert reconcile_due(NOW) is not None
    assert reconcile_now(NOW).found == []


def lines_of(command: str, *, fails: bool = False, **options) -> str:
    out = StringIO()
    with pytest.raises(CommandError) if fails else nullcontext():
        call_command(command, stdout=out, **options)
    return out.getvalue()


def test_the_command_says_what_was_put_right_and_what_waits(payer, double):
    double.pay(payer.to_checkout())
    assert str(K.PAID_AT_STRIPE.label) in lines_of("reconcile_payments")
    assert "6.625,00 kr." not in lines_of("reconcile_payments")
    double.checkouts.clear()

    for _each_day in range(2):
        said = lines_of("reconcile_payments", fails=True)
        assert f"{payer.order.reference}: {K.NOT_AT_STRIPE.label}" in said
        assert "6.625,00 kr." in said


def test_the_timer_does_it_and_says_so(payer, double, settings):
    double.pay(payer.to_checkout())

    first, second = lines_of("run_due"), lines_of("run_due")

    assert Booking.objects.get().status == BookingStatus.CONFIRMED
    assert "1 " in line_of(first)
    assert line_of(first) != line_of(second)
    assert Reconciliation.objects.get().attempts == 1


def test_the_timer_says_that_stripe_is_down_and_goes_on(payer, double):
    double.fail("GET /v1/checkout/sessions", "500", times=20)

    said = lines_of("run_due", fails=True)

    assert len(said.splitlines()) == 14
    assert Reconciliation.objects.get().done_at is None


def line_of(said: str) -> str:
    from django.utils.translation import gettext

    return next(line for line in said.splitlines() if line.startswith(gettext("Reconciliation")))


def test_the_timer_leaves_stripe_alone_where_no_cards_are_taken(paid, settings, double):
    settings.TAKES_CARDS = False
    asked = double.requests.total()

    lines_of("run_due")

    assert double.requests.total() == asked
    assert not Reconciliation.objects.exists()


def test_no_money_is_sent_by_a_comparison(paid, double):
    refund = owe_refund(paid.payment, amount=Decimal(1000), reason=RefundReason.STAFF, note="Kulance", now=NOW)
    double.fail_refund(refund.stripe_id or Refund.objects.get().stripe_id)
    double.contest(paid.payment.intent_id)
    asked = double.requests["POST /v1/refunds"]

    reconcile(NOW)
    reconcile(TOMORROW)

    assert double.requests["POST /v1/refunds"] == asked
