"""What it costs to give a seat up today, and when that is nothing because the organiser moved the session."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from booking.dates import today
from booking.pricing.price import withdrawal_fee
from booking.pricing.quote import NOTHING, Quote
from booking.signup.models import Booking

#: Days that those who had a seat may think about it when a session has been moved; never beyond its first day.
FREE_DAYS_AFTER_MOVE = 14


@dataclass(frozen=True, slots=True)
class Grace:
    """A time in which a seat can be given up for nothing, whatever the conditions say.

    ``until`` is its last day; None where it lasts as long as the session has no new date.
    """

    until: date | None


def fee_of(booking: Booking, *, now: datetime) -> Quote:
    """What it costs to give the booking up now: by the conditions that were accepted, of the price that goes with it.

    A seat that is only held or offered, and a place in line, cost nothing; nor does a session that is called off.
    """
    session = booking.session
    if not booking.is_confirmed or session.is_cancelled or grace_of(booking, now=now):
        return NOTHING
    return withdrawal_fee(
        booking.own_quote(), rule=booking.conditions, starts_on=session.starts_on, withdrawn_on=today(now)
    )


def grace_of(booking: Booking, *, now: datetime) -> Grace | None:
    """Whether the organiser has moved the session since this seat at it was taken, and how long that counts."""
    entry = booking.session.entry
    if entry is None or not booking.is_confirmed:
        return None
    if entry.postponed_to:
        return Grace(None)
    if entry.moved_at is None or entry.moved_at <= (booking.switched_at or booking.booked_at):
        return None
    until = min(today(entry.moved_at) + timedelta(days=FREE_DAYS_AFTER_MOVE), entry.starts_on)
    return Grace(until) if today(now) <= until else None
