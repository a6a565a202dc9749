"""What becomes of seats that are held while they are paid for: confirmed, or free again."""

import logging
from datetime import datetime

from django.db import transaction

from booking.sessions.models import SessionPage
from booking.signup.models import Booking, BookingStatus, Order
from booking.signup.standing import seats_left

logger = logging.getLogger(__name__)


@transaction.atomic
def confirm_order(order: Order, *, now: datetime) -> bool:
    """Give the seats for good, now that they are paid for; say whether that could be done, for all or for none.

    A seat that is no longer held is given back if it is still free, and if nobody has signed the participant up since.
    """
    bookings = _locked(order)
    if not bookings or not all(booking.awaits_payment or booking.was_held for booking in bookings):
        return False
    if any(booking.session.is_cancelled for booking in bookings):
        return False
    lost = [booking for booking in bookings if booking.was_held]
    if not all(_is_free_for(booking, wanted=len(lost), now=now) for booking in lost):
        return False
    for booking in bookings:
        booking.move(BookingStatus.CONFIRMED, by=order.booker.user, now=now)
    logger.info("order %s confirmed", order.reference)
    return True


@transaction.atomic
def expire_order(order: Order, *, now: datetime) -> bool:
    """Free the seats that are held and will not be paid for; say whether there were any."""
    held = [booking for booking in _locked(order) if booking.awaits_payment]
    for booking in held:
        booking.move(BookingStatus.EXPIRED, by=None, now=now)
    if held:
        logger.info("order %s was not paid, its seats are free", order.reference)
    return bool(held)


def _is_free_for(booking: Booking, *, wanted: int, now: datetime) -> bool:
    left = seats_left(booking.session)
    taken_anew = Booking.objects.filter(session=booking.session_id, participant=booking.participant_id)
    return (
        (left is None or left >= wanted) and not booking.session.when.is_over(now) and not taken_anew.active().exists()
    )


def _locked(order: Order) -> list[Booking]:
    # The sessions first, as in place_order: one order of locks, so that no two can wait for each other.
    sessions = SessionPage.objects.filter(bookings__order=order).order_by("pk")
    list(SessionPage.objects.select_for_update(of=("self",)).filter(pk__in=sessions.values("pk")).order_by("pk"))
    return list(
        order.bookings.select_for_update(of=("self",))
        .select_related("order", "session__calendar_entry", "participant")
        .order_by("pk")
    )
