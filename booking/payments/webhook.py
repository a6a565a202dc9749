"""What Stripe tells us: a hint where to look, never what to believe."""

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
    match event.kind.split("."):
        case ["checkout", "session", *_rest]:
            payment = _payment_for(event.object_id)
            if payment:
                settle.look(payment, checkout_id=event.object_id, now=now)
        case ["charge", "dispute", *_rest]:
            payment = _paid_by(event.intent_id)
            if payment:
                refund.note_dispute(payment, stripe.dispute_status(event.object_id))
        case ["charge", "refunded"] | ["charge", "refund", *_] | ["refund", *_]:
            payment = _paid_by(event.intent_id)
            if payment:
                refund.look_at_refunds(payment)


def _payment_for(checkout_id: str) -> Payment | None:
    """The payment of a checkout, also if we crashed before we could write down which it was."""
    payment = Payment.objects.filter(checkout_id=checkout_id).first()
    if payment:
        return payment
    key = stripe.read_checkout(checkout_id).key
    try:
        return Payment.objects.filter(key=uuid.UUID(key)).first()
    except ValueError:
        logger.warning("checkout %s is not ours", checkout_id)
        return None


def _paid_by(intent_id: str) -> Payment | None:
    return Payment.objects.filter(intent_id=intent_id).first() if intent_id else None
