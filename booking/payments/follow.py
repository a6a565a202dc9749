"""What follows for the money when a booking or a session is cancelled, or what a withdrawal costs falls away."""

import logging
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from booking.journal.kinds import CANCELLED, FEE_RELEASED, FEE_WAIVED, SESSION_CANCELLED
from booking.journal.models import Fact
from booking.payments import stripe
from booking.payments.models import Payment, Refund
from booking.payments.refund import give_back, send_now
from booking.payments.settle import close
from booking.signup.models import Booking, BookingStatus

logger = logging.getLogger(__name__)

#: The facts that money follows from.
KINDS = frozenset({CANCELLED, FEE_WAIVED, FEE_RELEASED, SESSION_CANCELLED})

#: So many calls to Stripe are made while somebody may be waiting for a page; the timer makes the rest.
AT_ONCE = 5


def follow_cancelling(fact: Fact) -> None:
    """Give back what is no longer due: of a cancelled booking by its conditions, of a cancelled session all.

    Where somebody was still to pay, nobody can any more. Stripe hears of it when this has committed.
    """
    by_card = Booking.objects.filter(order__pays_by_card=True)
    if fact.kind == SESSION_CANCELLED:
        bookings = by_card.filter(session=fact.about.session_id, status=BookingStatus.CONFIRMED)
        payments = Payment.objects.unsettled().filter(bookings__session=fact.about.session_id)
    else:
        # What comes for a held seat goes back when it comes.
        bookings = by_card.none() if fact.details.get("was_held") else by_card.filter(pk=fact.about_id)
        payments = Payment.objects.unsettled().filter(bookings=fact.about_id)
        payments = payments.exclude(bookings__status=BookingStatus.HELD)
    now = timezone.now()
    decided = [give_back(booking, by=fact.by, now=now) for booking in bookings.order_by("order_id", "pk")]
    refunds = [refund for refund in decided if refund]
    unpaid = list(payments.distinct().order_by("pk"))
    transaction.on_commit(lambda: _tell_stripe(refunds, unpaid), robust=True)


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
