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
from django.utils.translation import gettext as _
from django.utils.translation import override

from booking.dates import COPENHAGEN, danish_time
from booking.journal.kinds import PAID
from booking.journal.record import record
from booking.payments import stripe
from booking.payments.models import Payment, PaymentState, RefundReason
from booking.payments.refund import owe_refund
from booking.signup.cards import LEAST
from booking.signup.hold import confirm_seats, expire_seats, lock_order
from booking.signup.models import Booking, BookingStatus, Order

logger = logging.getLogger(__name__)

#: How long a checkout is open. Stripe expires none before 30 minutes; the rest is for clocks that differ.
OPEN_FOR = timedelta(minutes=32)
#: How long a seat is held for somebody who never came to a checkout.
HELD_FOR = timedelta(minutes=35)
#: The webhook is given so long before we ask for ourselves.
WEBHOOK_HAS = timedelta(minutes=2)
#: A key that has brought no checkout for so long is given up when it fails again: Stripe may be repeating itself.
KEY_HAS = timedelta(minutes=1)
#: Stripe closes a checkout by itself when its time is over. Where it can't be asked any more, because the keys are gone
#: or are another account's, that is believed after so long.
OVER_AFTER = timedelta(days=1)
#: Clocks differ by less.
LEEWAY = timedelta(minutes=10)
#: The timer leaves the rest to its next round when Stripe has not answered so many times.
PATIENCE = 3


class NothingToPay(Exception):
    """The order has no seats that are held for payment."""


def open_checkout(order: Order, *, now: datetime) -> Payment:
    """A payment with an address to pay at; the same one, as long as it is open.

    Raises NothingToPay, stripe.Unreachable or stripe.Refused. After all of them it may be tried again.
    """
    payment, is_fresh = _begin(order, now=now)
    if payment.state == PaymentState.OPEN:
        return payment
    return _ask_for_checkout(payment, now=now) if is_fresh else _ask_again(payment, now=now)


def _begin(order: Order, *, now: datetime) -> tuple[Payment, bool]:
    """The payment that nobody has settled, or a fresh one of what is held now. Raises NothingToPay."""
    payment, is_fresh = _payment_of(order, now=now)
    if payment is None:
        raise NothingToPay
    return payment, is_fresh


@transaction.atomic
def _payment_of(order: Order, *, now: datetime) -> tuple[Payment | None, bool]:
    """As ``_begin`` has it; what is held and costs nothing, because those who were to pay are gone, is theirs.

    So is what costs less than a card is charged with, because staff cancelled the dearer seats: that is invoiced.
    """
    order = lock_order(order.pk)
    unsettled = order.payments.unsettled().first()
    bookings = list(order.bookings.filter(status=BookingStatus.HELD, session__calendar_entry__cancelled_at=None))
    if not bookings:
        return None, False
    if unsettled:
        return unsettled, False
    amount = sum((booking.price.gross for booking in bookings), Decimal(0))
    if amount < LEAST and not order.payments.paid().exists():
        if amount:
            order.pays_by_card = False
            order.save(update_fields=["pays_by_card"])
        if amount or not any(booking.is_in_shared_price for booking in bookings):
            confirm_seats(order, [booking.pk for booking in bookings], now=now)
        return None, False
    payment = Payment.objects.create(
        order=order, amount=amount, created_at=now, expires_at=(now + OPEN_FOR).replace(microsecond=0)
    )
    payment.bookings.set(bookings)
    logger.info("payment %s of order %s begun", payment.pk, order.reference)
    return payment, True


def _ask_for_checkout(payment: Payment, *, now: datetime) -> Payment:
    """Ask with what stands in the row, so that asking again after a crash asks for the same."""
    order = payment.order
    booking = payment.bookings.select_related("session").earliest("pk")
    back = settings.SITE_URL + reverse("booking:payment", args=[order.reference])
    with override(settings.LANGUAGE_CODE):
        until = danish_time(payment.expires_at.astimezone(COPENHAGEN).time())
        note = _("The seat is held for you until %(time)s.") % {"time": until}
    try:
        checkout = stripe.create_checkout(
            key=str(payment.key),
            reference=order.reference,
            what=booking.session.title,
            note=note,
            amount=payment.amount,
            expires_at=payment.expires_at,
            success_url=back,
            cancel_url=back,
        )
    except stripe.Refused as refusal:
        logger.error("Stripe opens no checkout for payment %s: %s", payment.pk, refusal)
        _give_up(payment)
        raise
    return take_in(payment, checkout, now=now)


def _ask_again(payment: Payment, *, now: datetime) -> Payment:
    """The answer to the first try never came. What came of it is looked for, and else asked for by the same key.

    A key that brings nothing is given up for a new one. Should a checkout come of it all the same, nobody knows its
    address, and it runs out by itself.
    """
    found = _find(payment)
    if found:
        return take_in(payment, found, now=now)
    try:
        return _ask_for_checkout(payment, now=now)
    except stripe.Refused:
        other, _is_fresh = _begin(payment.order, now=now)
        return other if other.state == PaymentState.OPEN else _ask_for_checkout(other, now=now)
    except stripe.Unreachable:
        if payment.created_at <= now - KEY_HAS:
            _give_up(payment)
        raise


def _find(payment: Payment) -> stripe.Checkout | None:
    """The checkout that was opened for this payment, if there is one that nobody told us of."""
    try:
        opened = stripe.checkouts_since(payment.created_at - LEEWAY)
        return next((checkout for checkout in opened if checkout.key == str(payment.key)), None)
    except stripe.Refused:
        return None


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
    known = checkout_id or payment.checkout_id
    checkout = stripe.read_checkout(known) if known else _find(payment)
    return take_in(payment, checkout, now=now) if checkout else payment


def close(payment: Payment, *, now: datetime, by=None) -> Payment:
    """See to it that nobody can pay any more, or find that somebody has; ``by`` is whoever gives the seats up.

    Raises stripe.Unreachable or stripe.Refused.
    """
    if payment.state == PaymentState.NEW:
        found = _find(payment)
        if found is None:  # there is no address to pay at, and this key will not get one any more
            _give_up(payment)
            payment.refresh_from_db()
        else:
            payment = take_in(payment, found, now=now)
    if payment.state != PaymentState.OPEN:
        return payment
    try:
        checkout = stripe.expire_checkout(payment.checkout_id)
    except stripe.Refused:  # somebody was first: it is paid, or expired
        try:
            checkout = stripe.read_checkout(payment.checkout_id)
        except stripe.Refused:
            return _bury(payment, now=now)
    return take_in(payment, checkout, by=by, now=now)


@transaction.atomic
def _bury(payment: Payment, *, now: datetime) -> Payment:
    """Believe that nothing was paid, where Stripe does not know the checkout; should it turn up as paid, that counts.

    Raises stripe.Refused as long as somebody could still be paying.
    """
    payment = _locked(payment)
    if payment.is_unsettled:
        if payment.expires_at > now - OVER_AFTER:
            raise stripe.Refused
        logger.error("payment %s is not known at Stripe, and its time is over", payment.pk)
        payment.move(PaymentState.EXPIRED)
        payment.save(update_fields=["state"])
        expire_seats(payment.order, payment.seats(), now=now)
    return payment


@transaction.atomic
def take_in(payment: Payment, checkout: stripe.Checkout, *, now: datetime, by=None) -> Payment:
    """Write down how the checkout stands, and do what follows: confirm, refund, or free the seat."""
    payment = _locked(payment)
    if checkout.key != str(payment.key):
        logger.error("checkout %s is not that of payment %s", checkout.id, payment.pk)
        return payment
    payment.checkout_id = payment.checkout_id or checkout.id
    payment.url = checkout.url or payment.url
    if checkout.is_paid and not payment.is_paid:
        _receive(payment, checkout, now=now)
    elif checkout.is_expired and payment.is_unsettled:
        payment.move(PaymentState.EXPIRED)
        payment.save()
        expire_seats(payment.order, payment.seats(), by=by, now=now)
    elif not checkout.is_paid and payment.state == PaymentState.NEW:
        payment.move(PaymentState.OPEN)
        payment.save()
    else:
        payment.save()
    return payment


def _receive(payment: Payment, checkout: stripe.Checkout, *, now: datetime) -> None:
    """The money is here: the seats are theirs, or it goes back. What was cancelled while they paid goes back anyhow."""
    if checkout.amount != payment.amount:
        logger.error("payment %s was of another amount than asked for", payment.pk)
        payment.save()
        return
    payment.move(PaymentState.PAID)
    payment.paid_at = now
    payment.intent_id = checkout.intent_id
    payment.save()
    order, seats = payment.order, payment.seats()
    what = {"order": order.reference, "amount": str(payment.amount)} | payment.sold()
    record(PAID, payment, by=order.booker.user, at=now, **what)
    logger.info("payment %s of order %s received", payment.pk, order.reference)
    if confirm_seats(order, seats, now=now):
        # A price that is shared stays whole as long as one of those who share it has a seat.
        for booking in payment.bookings.filter(status=BookingStatus.CANCELLED):
            amount = booking.own_quote().gross
            owe_refund(payment, amount=amount, reason=RefundReason.GIVEN_UP, booking=booking, now=now)
    else:
        reason = _why_not(payment)
        expire_seats(order, seats, now=now)
        owe_refund(payment, amount=payment.amount, reason=reason, now=now)


def _why_not(payment: Payment) -> RefundReason:
    """Why the money did not bring a seat."""
    bookings = list(payment.bookings.select_related("session__calendar_entry"))
    if any(booking.session.is_cancelled for booking in bookings):
        return RefundReason.SESSION_CANCELLED
    sessions = {booking.session_id for booking in bookings}
    participants = {booking.participant_id for booking in bookings}
    theirs = Booking.objects.filter(session__in=sessions, participant__in=participants)
    if theirs.filter(status=BookingStatus.CONFIRMED).exists():
        return RefundReason.PAID_TWICE
    if all(booking.status == BookingStatus.CANCELLED for booking in bookings):
        return RefundReason.GIVEN_UP
    return RefundReason.TOO_LATE


def settle_due(now: datetime) -> tuple[int, int]:
    """Look at what nobody told us of, close what has had its time, free what nobody pays for; give settled and failed.

    A seat is free only when its checkout is known to be closed. While Stripe is silent, it stays held.
    """
    settled = failed = silent = 0
    waiting = Booking.objects.filter(
        payments=OuterRef("pk"), status=BookingStatus.HELD, session__calendar_entry__cancelled_at=None
    )
    unsettled = Payment.objects.unsettled().filter(created_at__lte=now - WEBHOOK_HAS)
    for payment in unsettled.annotate(is_wanted=Exists(waiting)).select_related("order").order_by("pk"):
        has_had_its_time = payment.expires_at <= now or not payment.is_wanted
        try:
            if not settings.TAKES_CARDS:
                if payment.expires_at <= now - OVER_AFTER:
                    settled += not _bury(payment, now=now).is_unsettled
            elif silent == PATIENCE:
                failed += 1
            elif has_had_its_time:
                settled += not close(payment, now=now).is_unsettled
            elif payment.state == PaymentState.OPEN:
                settled += not look(payment, now=now).is_unsettled
        except stripe.Refused:
            failed += 1
        except stripe.Unreachable:
            failed, silent = failed + 1, silent + 1
    before = now - HELD_FOR
    held = Order.objects.filter(bookings__status=BookingStatus.HELD, bookings__booked_at__lte=before)
    for order in held.distinct():
        settled += free_if_nobody_pays(order, held_before=before, now=now)
    return settled, failed


@transaction.atomic
def free_if_nobody_pays(order: Order, *, now: datetime, held_before: datetime | None = None, by=None) -> bool:
    """Free the seats (those that were held before a moment) if no checkout is open; say whether any were freed."""
    order = lock_order(order.pk)
    if order.payments.unsettled().exists():
        return False
    held = order.bookings.filter(booked_at__lte=held_before or now).values_list("pk", flat=True)
    return expire_seats(order, list(held), by=by, now=now)


def _locked(payment: Payment) -> Payment:
    """The payment as it stands, with its order locked: all that happens to one order's money happens in a row."""
    lock_order(payment.order_id)
    return Payment.objects.select_related("order__booker__user").get(pk=payment.pk)
