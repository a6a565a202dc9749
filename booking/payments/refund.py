"""Giving money back: what is owed is written with the fact that calls for it, and done when that has committed."""

import contextlib
import logging
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from booking.journal.kinds import CHARGED_BACK, DISPUTED, REFUND_FAILED, REFUNDED
from booking.journal.models import Fact
from booking.journal.record import record
from booking.payments import stripe
from booking.payments.balance import kept_of
from booking.payments.models import BY_RULE, REFUND_MOVES, Payment, Refund, RefundReason, RefundState
from booking.signup.hold import lock_order
from booking.signup.models import Booking

logger = logging.getLogger(__name__)

#: The timer leaves the rest to its next round when Stripe has not answered so many times.
PATIENCE = 3


@transaction.atomic
def give_back(booking: Booking, *, by, now: datetime) -> Refund | None:
    """Decide what a booking gets back by rule as things stand, from the payment that bought its seat; None if nothing.

    That is its price less what is due for it, and less what was decided before, so asking again changes nothing; and no
    more than is left of it, when staff have given back of it. Sending is the caller's.
    """
    lock_order(booking.order_id)
    booking = Booking.objects.select_related("session__calendar_entry", "withdrawal").get(pk=booking.pk)
    by_rule = Refund.objects.filter(booking=booking, reason__in=BY_RULE, in_place_of=None)
    decided = by_rule.aggregate(total=Sum("amount"))["total"] or Decimal(0)
    due = booking.due().gross
    bought = booking.payments.paid().order_by("paid_at", "pk")
    payment = next((payment for payment in bought if payment.kept() > 0), None)
    if payment is None:
        return None
    amount = min(booking.price.gross - due - decided, kept_of(payment)[booking.pk] - due)
    return _owe(payment, amount=amount, reason=_reason(booking), booking=booking, by=by, now=now)


def _reason(booking: Booking) -> str:
    """Why nothing, or not all, is due for it."""
    withdrawal = booking.withdrawal_or_none
    if booking.session.is_cancelled or booking.called_off:
        return RefundReason.SESSION_CANCELLED
    if withdrawal and withdrawal.waived_at:
        return RefundReason.WAIVED
    if withdrawal and withdrawal.released_at:
        return RefundReason.RELEASED
    return RefundReason.WITHDRAWN


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
    key: UUID | None = None,
) -> Refund | None:
    """Decide to give ``amount`` back, or as much as is left; sent when this has committed. None if nothing is owed.

    What staff give back of one seat is at most what is left of that.

    Asked again with the same ``key``, give the refund that was decided then.
    """
    lock_order(payment.order_id)
    decided = payment.refunds.filter(key=key).first() if key else None
    if decided:
        return decided
    if booking and reason == RefundReason.STAFF:
        amount = min(amount, kept_of(payment)[booking.pk])
    given = {"key": key} if key else {}
    refund = _owe(payment, amount=amount, reason=reason, booking=booking, note=note, by=by, now=now, **given)
    if refund:
        send_on_commit(refund)
    return refund


@transaction.atomic
def try_again(refund: Refund, *, by, now: datetime) -> Refund | None:
    """Owe anew what a refund that failed was to give back, once; sent when this has committed. None if it can't be."""
    lock_order(refund.payment.order_id)
    refund = Refund.objects.select_related("payment", "booking").get(pk=refund.pk)
    if not refund.can_be_tried_again:
        return None
    again = _owe(
        refund.payment,
        amount=refund.amount,
        reason=refund.reason,
        booking=refund.booking,
        note=refund.note,
        by=by,
        now=now,
        in_place_of=refund,
    )
    if again:
        send_on_commit(again)
    return again


def _owe(payment: Payment, *, amount: Decimal, now: datetime, **details) -> Refund | None:
    """Write the row, with the order locked: as much as is left of the payment, or nothing."""
    amount = min(amount, payment.kept())
    if amount <= 0:
        return None
    refund = Refund.objects.create(payment=payment, amount=amount, created_at=now, **details)
    logger.info("refund %s of payment %s decided", refund.pk, payment.pk)
    return refund


def send_on_commit(refund: Refund) -> None:
    # A lambda, because Django logs what fails here by the function's name, which a partial does not have.
    transaction.on_commit(lambda: send_now(refund), robust=True)


def send_now(refund: Refund) -> bool:
    """Send it, or leave it to the timer if Stripe is silent; say whether Stripe answered."""
    try:
        send(refund)
    except stripe.Unreachable:
        logger.warning("refund %s waits for Stripe", refund.pk)
        return False
    return True


def send(refund: Refund) -> None:
    """Have Stripe give the money back, once however often it is asked. Raises stripe.Unreachable."""
    payment = refund.payment
    # Stripe forgets keys after a day, and then would pay again: what it has done already is looked up first.
    with contextlib.suppress(stripe.Refused):
        look_at_refunds(payment)
    try:
        amount = _still_owed(refund)
        if amount:
            given = stripe.create_refund(key=str(refund.key), intent_id=payment.intent_id, amount=amount)
            take_in(payment, [given])
    except stripe.Refused as refusal:
        _fail(refund, str(refusal))


@transaction.atomic
def _still_owed(refund: Refund) -> Decimal:
    """What is to be asked for: what Stripe has left of the payment may be less, when others gave back as well."""
    lock_order(refund.payment.order_id)
    refund = Refund.objects.select_related("payment").get(pk=refund.pk)
    if refund.state != RefundState.OWED:
        return Decimal(0)
    gone = refund.payment.refunds.exclude(stripe_id=None).exclude(state=RefundState.FAILED)
    left = refund.payment.amount - sum(other.amount for other in gone)
    if left <= 0:
        refund.move(RefundState.FAILED)
        refund.failure = "charge_already_refunded"  # by others, so that Stripe would say so
        refund.save(update_fields=["state", "failure"])
    elif left < refund.amount:
        refund.amount = left
        refund.save(update_fields=["amount"])
    return min(left, refund.amount)


def send_due(now: datetime) -> tuple[int, int]:
    """Send what could not be sent, and look at what is on its way; give the numbers done and failed."""
    owed = Refund.objects.filter(state=RefundState.OWED).select_related("payment").order_by("pk")
    on_their_way = Payment.objects.filter(refunds__state=RefundState.PENDING).distinct().order_by("pk")
    works = [*(partial(send, refund) for refund in owed), *(partial(look_at_refunds, one) for one in on_their_way)]
    done = silent = 0
    for work in works:
        try:
            work()
            done += 1
        except stripe.Refused:
            continue
        except stripe.Unreachable:
            silent += 1
            if silent == PATIENCE:
                break
    return done, len(works) - done


def look_at_refunds(payment: Payment) -> None:
    """Bring our refunds in step with Stripe's, also those made in Stripe's own pages.

    Raises stripe.Unreachable or stripe.Refused.
    """
    if payment.intent_id:
        take_in(payment, stripe.refunds_of(payment.intent_id))


@transaction.atomic
def take_in(payment: Payment, found: list[stripe.GivenBack]) -> None:
    """Write down how these refunds stand."""
    lock_order(payment.order_id)
    ours = list(payment.refunds.select_related("payment__order"))
    by_id = {refund.stripe_id: refund for refund in ours if refund.stripe_id}
    by_key = {str(refund.key): refund for refund in ours}
    for given in found:
        refund = by_id.get(given.id) or by_key.get(given.key)
        if refund is None:
            refund = Refund(payment=payment, amount=given.amount, reason=RefundReason.AT_STRIPE, created_at=given.at)
        _stands(refund, given)


def _stands(refund: Refund, given: stripe.GivenBack) -> None:
    if given.has_failed:
        state = RefundState.FAILED
    elif given.is_done:
        state = RefundState.DONE
    else:
        state = RefundState.PENDING
    before = refund.state
    # Somebody may have heard later news from Stripe, and written it while this came; and what Stripe says has failed,
    # has failed.
    is_old_news = state not in REFUND_MOVES[before] or (before == RefundState.FAILED and refund.stripe_id)
    refund.stripe_id = given.id
    if is_old_news:
        refund.save()
        return
    refund.move(state)
    refund.failure = given.failure
    if state == RefundState.DONE:
        refund.done_at = timezone.now()
    refund.save()
    if state == RefundState.FAILED:
        _record(REFUND_FAILED, refund)
    elif before in {RefundState.OWED, RefundState.FAILED}:  # told when it leaves us; a bank may take days
        _record(REFUNDED, refund)


@transaction.atomic
def _fail(refund: Refund, why: str) -> None:
    lock_order(refund.payment.order_id)
    refund = Refund.objects.select_related("payment__order").get(pk=refund.pk)
    if refund.state == RefundState.OWED:
        refund.move(RefundState.FAILED)
        refund.failure = why
        refund.save(update_fields=["state", "failure"])
        _record(REFUND_FAILED, refund)


def _record(kind: str, refund: Refund) -> None:
    logger.info("refund %s: %s", refund.pk, kind)
    record(kind, refund, by=refund.by, order=refund.payment.order.reference, amount=str(refund.amount))


def look_at_disputes(payment: Payment) -> None:
    """Whether the card's holder contests the payment. Raises stripe.Unreachable or stripe.Refused."""
    for dispute in stripe.disputes_of(payment.intent_id):
        note_dispute(payment, dispute)


@transaction.atomic
def note_dispute(payment: Payment, dispute: stripe.Dispute) -> None:
    """Write down that the card's holder contests the payment, and how that stands. What is lost is no longer ours."""
    lock_order(payment.order_id)
    payment = Payment.objects.select_related("order").get(pk=payment.pk)
    known = _disputes_of(payment)
    if known.get(dispute.id, known.get("")) == dispute.status:
        return
    told: dict[str, Any] = {"order": payment.order.reference, "amount": str(dispute.amount), "dispute": dispute.id}
    if dispute.id not in known or dispute.id == list(known)[-1]:  # an older one is not how the payment stands
        payment.dispute = dispute.status
    record(DISPUTED, payment, status=dispute.status, **told)
    if dispute.is_lost:
        payment.charged_back += dispute.amount
        record(CHARGED_BACK, payment, **told)
    payment.save(update_fields=["dispute", "charged_back"])


def _disputes_of(payment: Payment) -> dict[str, str]:
    """How each of a payment's disputes stands by what we have written down, by its id; the first first.

    Once there was at most one, and the facts did not name it.
    """
    facts = Fact.objects.about(payment).filter(kind=DISPUTED).order_by("pk")
    return {fact.details.get("dispute", ""): fact.details["status"] for fact in facts}
