"""What becomes of seats that are held while they are paid for: confirmed, or free again."""

import logging
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction

from booking.signup.bookings import Booking
from booking.signup.locks import lock_sessions
from booking.signup.moves import BookingStatus
from booking.signup.orders import Order
from booking.signup.release import release_fee
from booking.signup.reserve import note_together
from booking.signup.standing import at_another_run, seats_left

logger = logging.getLogger(__name__)


def lock_order(order_id: int) -> Order:
    """The order as it stands, locked, and the sessions of its seats before it: one order of locks everywhere."""
    _lock_sessions(Booking.objects.filter(order=order_id))
    return Order.objects.select_for_update(of=("self",)).get(pk=order_id)


@transaction.atomic
def confirm_seats(order: Order, ids: Collection[int], *, now: datetime) -> bool:
    """Give these seats for good, now that they are paid for; say whether that could be done, for all or for none.

    One that was cancelled meanwhile is left out. One that is no longer held is given back if it is still free, and if
    nobody has signed the participant up since.
    """
    bookings = [booking for booking in _locked(order, ids) if booking.status != BookingStatus.CANCELLED]
    if not bookings or not all(booking.awaits_payment or booking.was_held for booking in bookings):
        return False
    if any(booking.session.is_cancelled for booking in bookings):
        return False
    lost = [booking for booking in bookings if booking.was_held]
    if not all(_is_free_for(booking, wanted=len(lost), now=now) for booking in lost):
        return False
    together: dict[str, Any] = {"together": True} if len(bookings) > 1 else {}
    for booking in bookings:
        booking.move(BookingStatus.CONFIRMED, by=order.booker.user, now=now, **together)
        release_fee(booking, now=now)
    note_together(bookings, by=order.booker.user, now=now)
    logger.info("order %s confirmed", order.reference)
    return True


@transaction.atomic
def expire_seats(order: Order, ids: Collection[int], *, now: datetime, by=None) -> bool:
    """Free those of these seats that are held and will not be paid for; say whether there were any.

    ``by`` is whoever gave them up; nobody, when their time is over.
    """
    held = [booking for booking in _locked(order, ids) if booking.awaits_payment]
    for booking in held:
        booking.move(BookingStatus.EXPIRED, by=by, now=now)
    if held:
        logger.info("order %s was not paid, its seats are free", order.reference)
    return bool(held)


def _is_free_for(booking: Booking, *, wanted: int, now: datetime) -> bool:
    left = seats_left(booking.session)
    theirs = Booking.objects.filter(participant__in=booking.participant.alike().values("pk")).active()
    return (
        (left is None or left >= wanted)
        and not booking.session.when.is_over(now)
        and not theirs.filter(session=booking.session_id).exists()
        and at_another_run(theirs, booking.session) is None
    )


def _locked(order: Order, ids: Collection[int]) -> list[Booking]:
    _lock_sessions(Booking.objects.filter(pk__in=ids))
    return list(
        order.bookings.filter(pk__in=ids)
        .select_for_update(of=("self",))
        .select_related("order", "session__calendar_entry", "participant")
        .order_by("pk")
    )


def _lock_sessions(bookings) -> None:
    lock_sessions(*bookings.values_list("session", flat=True))
