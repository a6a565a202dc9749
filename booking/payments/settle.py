"""From a held seat to money in hand: opening a checkout, asking Stripe how it went, and what follows.

Stripe is asked outside any transaction; what it said is written in one, with the order locked. Whoever asks, however
often and in whatever order, ends in the same place.
"""

import logging
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse

from booking.journal.kinds import PAID
from booking.journal.record import record
from booking.payments import stripe
from booking.payments.models import Payment, PaymentState, RefundReason
from booking.payments.refund import owe_refund
from booking.signup.hold import confirm_order, expire_order
from booking.signup.models import Booking, BookingStatus, Order

logger = logging.getLogger(__name__)

#: How long a checkout is open. Stripe expires none before 30 minutes; the rest is for clocks that differ.
OPEN_FOR = timedelta(minutes=32)
#: How long a seat is held for somebody who never came to a checkout.
HELD_FOR = timedelta(minutes=35)
#: The webhook is given so long before we ask for ourselves.
WEBHOOK_HAS = timedelta(minutes=2)


class NothingToPay(Exception):
    """The order has no seats that are held for payment."""


def open_checkout(order: Order, *, now: datetime) -> Payment:
    """A payment with an address to pay at; the same one, as long as it is open.

    Raises NothingToPay, stripe.Unreachable or stripe.Refused. After all of them it may be tried again.
    """
    payment = _begin(order, now=now)
    if payment.state == PaymentState.OPEN:
        return payment
    return _ask_for_checkout(payment, now=now)


@transaction.atomic
def _begin(order: Order, *, now: datetime) -> Payment:
    order = Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
    bookings = list(order.bookings.filter(status=BookingStatus.HELD, session__calendar_entry__cancelled_at=None))
    if not bookings:
        raise NothingToPay
    unsettled = order.payments.unsettled().first()
    if unsettled:
        return unsettled
    amount = sum((booking.price.gross for booking in bookings), Decimal(0))
    payment = Payment.objects.create(
        order=order, amount=amount, created_at=now, expires_at=(now + OPEN_FOR).replace(microsecond=0)
    )
    logger.info("payment %s of order %s begun", payment.pk, order.reference)
    return payment


def _ask_for_checkout(payment: Payment, *, now: datetime) -> Payment:
    """Ask with what stands in the row, so that asking again after a crash asks for the same."""
    order = payment.order
    booking = order.bookings.select_related("session").earliest("pk")
    back = settings.SITE_URL + reverse("booking:payment", args=[order.reference])
    try:
        checkout = stripe.create_checkout(
            key=str(payment.key),
            reference=order.reference,
            what=booking.session.title,
            amount=payment.amount,
            expires_at=payment.expires_at,
            success_url=back,
            cancel_url=back,
        )
    except stripe.Refused:
        _give_up(payment)
        raise
    return take_in(payment, checkout, now=now)


@transaction.atomic
def _give_up(payment: Payment) -> None:
    payment = _locked(payment)
    if payment.state == PaymentState.NEW:
        payment.move(PaymentState.FAILED)
        payment.save(update_fields=["state"])


def look(payment: Payment, *, now: datetime, checkout_id: str = "") -> Payment:
    """Ask Stripe how the payment stands, and act on it. Raises stripe.Unreachable or stripe.Refused.

    ``checkout_id`` is what an event named, for a payment whose own checkout we never came to know.
    """
    known = payment.checkout_id or checkout_id
    if known:
        return take_in(payment, stripe.read_checkout(known), now=now)
    return look(_ask_for_checkout(payment, now=now), now=now)


def close(payment: Payment, *, now: datetime) -> Payment:
    """See to it that nobody can pay any more, or find that somebody has. Raises stripe.Unreachable."""
    if payment.state == PaymentState.NEW:
        try:
            payment = _ask_for_checkout(payment, now=now)
        except stripe.Refused:  # there is no checkout, and there will be none
            payment.refresh_from_db()
    if payment.state != PaymentState.OPEN:
        return payment
    try:
        checkout = stripe.expire_checkout(payment.checkout_id)
    except stripe.Refused:  # somebody was first: it is paid, or expired
        checkout = stripe.read_checkout(payment.checkout_id)
    return take_in(payment, checkout, now=now)


@transaction.atomic
def take_in(payment: Payment, checkout: stripe.Checkout, *, now: datetime) -> Payment:
    """Write down how the checkout stands, and do what follows: confirm, refund, or free the seat."""
    payment = _locked(payment)
    if checkout.key != str(payment.key):
        logger.error("checkout %s is not that of payment %s", checkout.id, payment.pk)
        return payment
    if payment.state == PaymentState.NEW:
        payment.move(PaymentState.OPEN)
    payment.checkout_id = payment.checkout_id or checkout.id
    payment.url = checkout.url or payment.url
    if checkout.is_paid and not payment.is_paid:
        _receive(payment, checkout, now=now)
    elif checkout.is_expired and payment.state == PaymentState.OPEN:
        payment.move(PaymentState.EXPIRED)
        payment.save()
        expire_order(payment.order, now=now)
    else:
        payment.save()
    return payment


def _receive(payment: Payment, checkout: stripe.Checkout, *, now: datetime) -> None:
    if checkout.amount != payment.amount:
        logger.error("payment %s was of another amount than asked for", payment.pk)
        payment.save()
        return
    others = payment.order.payments.paid().exists()
    payment.move(PaymentState.PAID)
    payment.paid_at = now
    payment.intent_id = checkout.intent_id
    payment.save()
    order = payment.order
    record(PAID, payment, by=order.booker.user, at=now, order=order.reference, amount=str(payment.amount))
    logger.info("payment %s of order %s received", payment.pk, order.reference)
    if confirm_order(order, now=now):
        return
    if others:
        reason = RefundReason.PAID_TWICE
    elif any(booking.session.is_cancelled for booking in order.bookings.select_related("session__calendar_entry")):
        reason = RefundReason.SESSION_CANCELLED
    else:
        reason = RefundReason.TOO_LATE
    owe_refund(payment, amount=payment.amount, reason=reason, now=now)


def settle_due(now: datetime) -> tuple[int, int]:
    """Look at what nobody told us of, close what has had its time, free what nobody pays for; give settled and failed.

    A seat is free only when its checkout is known to be closed. While Stripe is silent, it stays held.
    """
    settled = failed = 0
    waiting = Booking.objects.filter(
        order=OuterRef("order"), status=BookingStatus.HELD, session__calendar_entry__cancelled_at=None
    )
    unsettled = Payment.objects.unsettled().filter(created_at__lte=now - WEBHOOK_HAS)
    for payment in unsettled.annotate(is_wanted=Exists(waiting)).select_related("order").order_by("pk"):
        has_had_its_time = payment.expires_at <= now or not payment.is_wanted
        try:
            if has_had_its_time:
                payment = close(payment, now=now)
            elif payment.state == PaymentState.OPEN:
                payment = look(payment, now=now)
        except (stripe.Unreachable, stripe.Refused):
            failed += 1
        else:
            settled += payment.state not in {PaymentState.NEW, PaymentState.OPEN}
    held = Order.objects.filter(bookings__status=BookingStatus.HELD, created_at__lte=now - HELD_FOR)
    for order in held.distinct():
        settled += free_if_nobody_pays(order, now=now)
    return settled, failed


@transaction.atomic
def free_if_nobody_pays(order: Order, *, now: datetime) -> bool:
    """Free the seats if no checkout is open; say whether any were freed."""
    order = Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
    if order.payments.unsettled().exists():
        return False
    return expire_order(order, now=now)


def _locked(payment: Payment) -> Payment:
    """The payment as it stands, with its order locked: all that happens to one order's money happens in a row."""
    Order.objects.select_for_update(of=("self",)).get(pk=payment.order_id)
    return Payment.objects.select_related("order__booker__user").get(pk=payment.pk)
