"""Taking a seat back, or a place on the waiting list. The row stays, with what was agreed; only its status moves."""

import logging
from datetime import datetime

from django.db import transaction

from booking.sessions.models import SessionPage
from booking.signup.models import MOVES, Booking, BookingStatus

logger = logging.getLogger(__name__)


@transaction.atomic
def cancel_booking(booking: Booking, *, by, now: datetime) -> Booking:
    """Free the seat, or the place in line. A booking that is over is left as it is, and nothing is told twice."""
    # The session first, as in place_order: one order of locks, so that no two can wait for each other.
    SessionPage.objects.select_for_update(of=("self",)).get(pk=booking.session_id)
    booking = Booking.objects.select_for_update(of=("self",)).select_related("order", "participant").get(pk=booking.pk)
    if BookingStatus.CANCELLED not in MOVES[booking.status]:
        return booking
    # A seat that was only held had not been promised to anybody.
    details = {"was_held": True} if booking.awaits_payment else {}
    booking.move(BookingStatus.CANCELLED, by=by, now=now, **details)
    logger.info("booking in order %s cancelled", booking.order.reference)
    return booking
