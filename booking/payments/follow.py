"""What follows for the money when a booking or a session is cancelled."""

import logging
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from booking.journal.kinds import CANCELLED, SESSION_CANCELLED
from booking.journal.models import Fact
from booking.payments import stripe
from booking.payments.models import Payment, Refund, RefundReason
from booking.payments.refund import give_back, send_now, what_a_withdrawal_gives
from booking.payments.settle import close
from booking.signup.models import Booking, BookingStatus

logger = logging.getLogger(__name__)

#: The facts that money follows from.
KINDS = frozenset({CANCELLED, SESSION_CANCELLED})

#: So many calls to Stripe are made while somebody may be waiting for a page; the timer makes the rest.
AT_ONCE = 5


def follow_cancelling(fact: Fact) -> None:
    """Give back what the conditions say of a cancelled booking, and all of a cancelled session.

    Where somebody was still to pay, nobody can any more. Stripe hears of it when this has committed.
    """
    by_card = Booking.objects.filter(order__pays_by_card=True).select_related("conditions", "session__calendar_entry")
    if fact.kind == SESSION_CANCELLED:
        refunds = _of_session(fact, by_card.filter(session=fact.about.session_id))
        payments = Payment.objects.unsettled().filter(bookings__session=fact.about.session_id)
    else:
        refunds = _of_booking(fact, by_card.filter(pk=fact.about_id).first())
        payments = Payment.objects.unsettled().filter(bookings=fact.about_id)
        payments = payments.exclude(bookings__status=BookingStatus.HELD)
    unpaid = list(payments.distinct().order_by("pk"))
    transaction.on_commit(lambda: _tell_stripe(refunds, unpaid), robust=True)


def _of_session(fact: Fact, bookings) -> list[Refund]:
    confirmed = bookings.filter(status=BookingStatus.CONFIRMED).order_by("order_id", "pk")
    reason, now = RefundReason.SESSION_CANCELLED, timezone.now()
    owed = [give_back(booking, booking.price.gross, reason, by=fact.by, now=now) for booking in confirmed]
    return [refund for refund in owed if refund]


def _of_booking(fact: Fact, booking: Booking | None) -> list[Refund]:
    if booking is None or fact.details.get("was_held"):  # what comes for a held seat goes back when it comes
        return []
    if booking.session.is_cancelled:
        amount, reason = booking.price.gross, RefundReason.SESSION_CANCELLED
    else:
        amount, reason = what_a_withdrawal_gives(booking), RefundReason.WITHDRAWN
    refund = give_back(booking, amount, reason, by=fact.by, now=timezone.now())
    return [refund] if refund else []


def _tell_stripe(refunds: Sequence[Refund], unpaid: Sequence[Payment]) -> None:
    """As far as it can be done at once."""
    try:
        for payment in unpaid[:AT_ONCE]:
            close(payment, now=timezone.now())
    except (stripe.Unreachable, stripe.Refused):
        logger.warning("checkouts of cancelled seats wait for Stripe")
        return
    for refund in refunds[:AT_ONCE]:
        if not send_now(refund):
            return
