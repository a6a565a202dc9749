"""What Stripe tells us: proved, then looked into. An event says where to look, never what to believe."""

import logging
import uuid
from datetime import datetime

from booking.payments import refund, settle, stripe
from booking.payments.models import Payment, StripeEvent

logger = logging.getLogger(__name__)


def hear(payload: bytes, signature: str, *, now: datetime) -> None:
    """Look at whatever the event is about, once. Raises stripe.Forged or stripe.Unreachable.

    The event is marked as heard after the work, so that one that failed halfway is taken up when it comes again.
    """
    event = stripe.read_event(payload, signature)
    if StripeEvent.objects.filter(event_id=event.id).exists():
        return
    try:
        _look_at(event, now=now)
    except stripe.Refused:
        logger.warning("event %s is about something that Stripe does not have", event.id)
    StripeEvent.objects.get_or_create(event_id=event.id, defaults={"kind": event.kind[:80], "heard_at": now})


def _look_at(event: stripe.Event, *, now: datetime) -> None:
    if not event.object_id:
        return
    match event.kind.split("."):
        case ["checkout", "session", *_rest]:
            _look_at_checkout(event.object_id, now=now)
        case ["charge", "dispute", *_rest]:
            dispute = stripe.read_dispute(event.object_id)
            payment = _paid_by(dispute.intent_id, now=now)
            if payment:
                refund.note_dispute(payment, dispute)
        case ["charge", "refunded"]:
            _look_at_refunds(event.intent_id or stripe.intent_of_charge(event.object_id), now=now)
        case ["charge", "refund", *_rest] | ["refund", *_rest]:
            _look_at_refunds(event.intent_id or stripe.intent_of_refund(event.object_id), now=now)


def _look_at_checkout(checkout_id: str, *, now: datetime) -> None:
    """Also if we crashed before we could write down whose it is."""
    checkout = stripe.read_checkout(checkout_id)
    payment = Payment.objects.filter(checkout_id=checkout_id).first() or _payment_of(checkout)
    if payment:
        settle.take_in(payment, checkout, now=now)


def _look_at_refunds(intent_id: str, *, now: datetime) -> None:
    payment = _paid_by(intent_id, now=now)
    if payment:
        refund.look_at_refunds(payment)


def _paid_by(intent_id: str, *, now: datetime) -> Payment | None:
    """The payment that this money is; should nobody have told us yet that it was paid, that is settled first."""
    if not intent_id:
        return None
    payment = Payment.objects.filter(intent_id=intent_id).first()
    if payment:
        return payment
    checkout = stripe.checkout_of(intent_id)
    payment = _payment_of(checkout) if checkout else None
    return settle.take_in(payment, checkout, now=now) if payment and checkout else None


def _payment_of(checkout: stripe.Checkout) -> Payment | None:
    try:
        return Payment.objects.filter(key=uuid.UUID(checkout.key)).first()
    except ValueError:
        logger.warning("checkout %s is not ours", checkout.id)
        return None
