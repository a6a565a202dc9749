"""Giving money back: what is owed is written with the fact that calls for it, and done when that has committed."""

import logging
from datetime import datetime
from decimal import Decimal
from functools import partial

from django.db import transaction
from django.utils import timezone

from booking.dates import today
from booking.journal.kinds import CANCELLED, DISPUTED, REFUND_FAILED, REFUNDED, SESSION_CANCELLED
from booking.journal.models import Fact
from booking.journal.record import record
from booking.payments import stripe
from booking.payments.models import BY_RULE, Payment, Refund, RefundReason, RefundState
from booking.pricing.price import withdrawal_fee
from booking.signup.models import Booking, BookingStatus, Order

logger = logging.getLogger(__name__)

#: The facts that money follows from.
KINDS = frozenset({CANCELLED, SESSION_CANCELLED})


def follow_cancelling(fact: Fact) -> None:
    """Give back what the conditions say of a cancelled booking, and all of a cancelled session."""
    bookings = Booking.objects.select_related("conditions", "order", "session__calendar_entry")
    bookings = bookings.filter(order__pays_by_card=True)
    if fact.kind == SESSION_CANCELLED:
        confirmed = bookings.filter(session=fact.about.session_id, status=BookingStatus.CONFIRMED)
        for booking in confirmed.order_by("order_id", "pk"):
            _give_back(booking, booking.price.gross, RefundReason.SESSION_CANCELLED, by=fact.by)
        return
    cancelled = bookings.filter(pk=fact.about_id).first()
    if cancelled and cancelled.session.is_cancelled:
        _give_back(cancelled, cancelled.price.gross, RefundReason.SESSION_CANCELLED, by=fact.by)
    elif cancelled:
        _give_back(cancelled, what_a_withdrawal_gives(cancelled), RefundReason.WITHDRAWN, by=fact.by)


def what_a_withdrawal_gives(booking: Booking) -> Decimal:
    """What comes back of a booking's price, by the conditions that were accepted, on the day it was cancelled."""
    fee = withdrawal_fee(
        booking.tariff,
        rule=booking.conditions,
        starts_on=booking.session.starts_on,
        withdrawn_on=today(booking.cancelled_at or timezone.now()),
    )
    return booking.price.gross - fee.gross


def _give_back(booking: Booking, amount: Decimal, reason: str, *, by) -> None:
    # One who paid twice got the second back when it came: the first payment is the one that bought the seat.
    payment = booking.order.payments.paid().order_by("paid_at", "pk").first()
    if payment:
        owe_refund(payment, amount=amount, reason=reason, booking=booking, by=by, now=timezone.now())


@transaction.atomic
def owe_refund(
    payment: Payment,
    *,
    amount: Decimal,
    reason: str,
    now: datetime,
    booking: Booking | None = None,
    note: str = "",
    by=None,
) -> Refund | None:
    """Decide to give ``amount`` back, or as much as is left; sent when this has committed. None if nothing is owed."""
    Order.objects.select_for_update(of=("self",)).get(pk=payment.order_id)
    if booking and reason in BY_RULE and payment.refunds.filter(booking=booking, reason__in=BY_RULE).exists():
        return None
    amount = min(amount, payment.kept())
    if amount <= 0:
        return None
    refund = Refund.objects.create(
        payment=payment, booking=booking, amount=amount, reason=reason, note=note, by=by, created_at=now
    )
    logger.info("refund %s of payment %s decided", refund.pk, payment.pk)
    transaction.on_commit(partial(_send_now, refund), robust=True)
    return refund


def _send_now(refund: Refund) -> None:
    try:
        send(refund)
    except stripe.Unreachable:
        logger.warning("refund %s waits for Stripe", refund.pk)


def send(refund: Refund) -> None:
    """Have Stripe give the money back, once however often it is asked. Raises stripe.Unreachable."""
    intent_id = refund.payment.intent_id
    try:
        # Stripe forgets keys after a day, and then would pay again: what it has done already is looked up first.
        made = [given for given in stripe.refunds_of(intent_id) if given.key == str(refund.key)]
        given = (
            made[0] if made else stripe.create_refund(key=str(refund.key), intent_id=intent_id, amount=refund.amount)
        )
    except stripe.Refused:
        _fail(refund)
        return
    take_in(refund.payment, [given])


def send_due(now: datetime) -> tuple[int, int]:
    """Send what could not be sent, and look at what was on its way; give the numbers done and failed."""
    done = failed = 0
    for refund in Refund.objects.filter(state=RefundState.OWED).select_related("payment").order_by("pk"):
        try:
            send(refund)
            done += 1
        except stripe.Unreachable:
            failed += 1
    on_their_way = Payment.objects.filter(refunds__state=RefundState.PENDING).distinct()
    for payment in on_their_way:
        try:
            look_at_refunds(payment)
        except (stripe.Unreachable, stripe.Refused):
            failed += 1
    return done, failed


def look_at_refunds(payment: Payment) -> None:
    """Bring our refunds in step with Stripe's, also those made in Stripe's own pages. Raises stripe.Unreachable."""
    if payment.intent_id:
        take_in(payment, stripe.refunds_of(payment.intent_id))


@transaction.atomic
def take_in(payment: Payment, found: list[stripe.GivenBack]) -> None:
    """Write down how these refunds stand."""
    Order.objects.select_for_update(of=("self",)).get(pk=payment.order_id)
    ours = list(payment.refunds.select_related("payment__order"))
    by_id = {refund.stripe_id: refund for refund in ours if refund.stripe_id}
    by_key = {str(refund.key): refund for refund in ours}
    for given in found:
        refund = by_id.get(given.id) or by_key.get(given.key)
        if refund is None:
            refund = Refund(payment=payment, amount=given.amount, reason=RefundReason.AT_STRIPE, created_at=given.at)
        refund.stripe_id = given.id
        _stands(refund, given)


def _stands(refund: Refund, given: stripe.GivenBack) -> None:
    if given.has_failed:
        state = RefundState.FAILED
    elif given.is_done:
        state = RefundState.DONE
    else:
        state = RefundState.PENDING
    if refund.state == state:
        refund.save()
        return
    before = refund.state
    refund.move(state)
    if state == RefundState.DONE:
        refund.done_at = timezone.now()
    refund.save()
    if state == RefundState.FAILED:
        _record(REFUND_FAILED, refund)
    elif before == RefundState.OWED:  # told when it leaves us; a bank may take days
        _record(REFUNDED, refund)


@transaction.atomic
def _fail(refund: Refund) -> None:
    Order.objects.select_for_update(of=("self",)).get(pk=refund.payment.order_id)
    refund = Refund.objects.select_related("payment__order").get(pk=refund.pk)
    if refund.state == RefundState.OWED:
        refund.move(RefundState.FAILED)
        refund.save(update_fields=["state"])
        _record(REFUND_FAILED, refund)


def _record(kind: str, refund: Refund) -> None:
    logger.info("refund %s: %s", refund.pk, kind)
    record(kind, refund, by=refund.by, order=refund.payment.order.reference, amount=str(refund.amount))


@transaction.atomic
def note_dispute(payment: Payment, status: str) -> None:
    """Write down that the card's holder contests the payment, and how that stands."""
    Order.objects.select_for_update(of=("self",)).get(pk=payment.order_id)
    payment = Payment.objects.select_related("order").get(pk=payment.pk)
    if payment.dispute == status:
        return
    payment.dispute = status
    payment.save(update_fields=["dispute"])
    record(DISPUTED, payment, order=payment.order.reference, status=status)
