"""What it costs to give a seat up today, and when that is nothing because the organiser moved the session."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from booking.dates import today
from booking.pricing.price import withdrawal_fee
from booking.pricing.quote import NOTHING, Quote
from booking.signup.bookings import Booking

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
    return _fee(booking, booking.own_quote(), now=now)


def fee_alone(booking: Booking, *, now: datetime) -> Quote:
    """As ``fee_of``, for one of a pair: its part of what both cost."""
    return _fee(booking, booking.lone_quote(), now=now)


def _fee(booking: Booking, agreed: Quote, *, now: datetime) -> Quote:
    session = booking.session
    if not booking.is_confirmed or session.is_cancelled or grace_of(booking, now=now):
        return NOTHING
    return withdrawal_fee(agreed, rule=booking.conditions, starts_on=counts_from(booking), withdrawn_on=today(now))


def counts_from(booking: Booking) -> date:
    """The day from which the days before the start are counted back: that of the earliest run they had by choice.

    So a switch makes it no cheaper to withdraw. Where the organiser has moved the session since, its own day counts.
    """
    starts_on, entry = booking.session.starts_on, booking.session.entry
    if booking.counts_from is None or (entry and entry.moved_at and entry.moved_at > booking.switched_at):
        return starts_on
    return min(starts_on, booking.counts_from)


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


def holds_until(booking: Booking, *, now: datetime) -> date | None:
    """The last day that giving the seat up costs no more than it does now; None where that does not change."""
    grace = grace_of(booking, now=now)
    if grace:
        return grace.until
    rule = booking.conditions
    last_days = [
        counts_from(booking) - timedelta(days=days) for days in (rule.free_days, rule.share_days) if days is not None
    ]
    return next((day for day in last_days if today(now) <= day), None)
