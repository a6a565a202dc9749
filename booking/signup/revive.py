"""A session that was called off is held after all: what was agreed for it before is over, and sign-up begins anew."""

import logging
from datetime import datetime

from django.db import transaction

from booking.sessions.live import revive_session
from booking.sessions.models import CalendarEntry, SessionPage
from booking.signup.bookings import Booking
from booking.signup.locks import lock_session
from booking.signup.moves import BookingStatus
from booking.signup.orders import Order

logger = logging.getLogger(__name__)


@transaction.atomic
def hold_after_all(session: SessionPage, *, by, now: datetime) -> CalendarEntry:
    """Take back that a session was called off. Doing it again changes nothing.

    Whoever had a seat, or waited for one, has heard that it is off, and their money was put right. Nobody is bound anew
    without a yes of their own, so their bookings end here, and one mail tells them how to sign up again.
    """
    session = lock_session(session.pk)
    if session.is_cancelled:
        _end_bookings(session, by=by, now=now)
    return revive_session(session, by=by, now=now)


def _end_bookings(session: SessionPage, *, by, now: datetime) -> None:
    active = Booking.objects.active().filter(session=session)
    orders = Order.objects.filter(pk__in=active.values("order")).order_by("pk")
    list(orders.select_for_update(of=("self",)))  # before the bookings, as everywhere
    bookings = active.select_for_update(of=("self",)).select_related("order", "participant").order_by("pk")
    for booking in list(bookings):
        was_held = {"was_held": True} if booking.awaits_payment else {}
        booking.called_off = True
        booking.save(update_fields=["called_off"])
        booking.move(BookingStatus.CANCELLED, by=by, now=now, called_off=True, **was_held)
        logger.info("booking in order %s ended, its session had been called off", booking.order.reference)
