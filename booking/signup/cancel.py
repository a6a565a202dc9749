"""Taking a seat back, or a place on the waiting list. The row stays, with what was agreed; only its status moves.

Beside a seat that was given up stands what that cost, as it was that day.
"""

import logging
from datetime import datetime
from typing import Any

from django.db import transaction

from booking.people.models import Person
from booking.pricing.quote import Quote
from booking.sessions.models import SessionPage
from booking.signup.bookings import Booking
from booking.signup.fee import fee_alone, fee_of
from booking.signup.locks import lock_session_of
from booking.signup.moves import MOVES, BookingStatus
from booking.signup.release import waive_fee
from booking.signup.reserve import MayNotActFor
from booking.signup.standing import CannotBook, Obstacle
from booking.signup.substitute import may_substitute
from booking.signup.withdrawals import Withdrawal, WithdrawalLine

logger = logging.getLogger(__name__)


class FeeChanged(Exception):
    """It does not cost what was shown; nothing was given up."""

    def __init__(self, fee: Quote):
        super().__init__(fee.shown)
        self.fee = fee


@transaction.atomic
def withdraw(booking: Booking, *, booker: Person, by, shown: str, now: datetime) -> Booking:
    """Give a seat up on the site, for what it costs today: ``shown`` is what ``booker`` saw.

    They must have a say over the seat. One that was given up before, or is not theirs for good, is left as it is.
    Raises MayNotActFor, CannotBook or FeeChanged.
    """
    lock_session_of(booking)
    booking = _locked(booking)
    if not may_substitute(booking, booker, now=now):
        raise MayNotActFor
    if not booking.is_confirmed:
        return booking
    obstacle = withdrawal_obstacle(booking.session, now=now)
    if obstacle:
        raise CannotBook(obstacle)
    return cancel_booking(booking, by=by, now=now, shown=shown)


@transaction.atomic
def cancel_booking(
    booking: Booking, *, by, now: datetime, shown: str | None = None, waived_because: str = ""
) -> Booking:
    """Free the seat, or the place in line. A booking that is over is left as it is, and nothing is told twice.

    What it costs is kept with it; where ``shown`` is given, it must be that. Staff may waive it at once, and say why.
    Raises FeeChanged.
    """
    lock_session_of(booking)
    booking = _locked(booking)
    if BookingStatus.CANCELLED not in MOVES[booking.status]:
        return booking
    fee = fee_of(booking, now=now)
    if shown is not None and fee.shown != shown:
        raise FeeChanged(fee)
    if booking.pair:
        return _cancel_pair(booking, by=by, now=now, waived_because=waived_because)
    return _cancel(booking, fee, by=by, now=now, waived_because=waived_because)


def _cancel_pair(booking: Booking, *, by, now: datetime, waived_because: str) -> Booking:
    """The two of a pair leave together. A price that they share goes with the one who leaves last."""
    left = booking
    for one in list(booking.of_the_pair()):
        one = _locked(one)
        fee = fee_alone(one, now=now)
        gone = _cancel(one, fee, by=by, now=now, waived_because="" if fee.is_free else waived_because)
        left = gone if gone == booking else left
    return left


def _cancel(booking: Booking, fee: Quote, *, by, now: datetime, waived_because: str) -> Booking:
    was_seat = booking.is_confirmed
    # A seat that was only held had not been promised to anybody.
    details: dict[str, Any] = {"was_held": True} if booking.awaits_payment else {}
    booking.move(BookingStatus.CANCELLED, by=by, now=now, **details)
    if was_seat:
        was_waited_for = Booking.objects.filter(session=booking.session_id, status=BookingStatus.WAITING).exists()
        withdrawal = Withdrawal.objects.create(booking=booking, withdrawn_at=now, by=by, was_waited_for=was_waited_for)
        WithdrawalLine.objects.bulk_create(WithdrawalLine.frozen(line, withdrawal=withdrawal) for line in fee.lines)
        if waived_because:
            waive_fee(booking, by=by, reason=waived_because, now=now)
    logger.info("booking in order %s cancelled", booking.order.reference)
    return booking


def withdrawal_obstacle(session: SessionPage, *, now: datetime) -> Obstacle | None:
    """What keeps a seat from being given up on the site: that its session is called off, or has begun."""
    if session.is_cancelled:
        return Obstacle.CANCELLED
    when = session.when
    if when.is_over(now):
        return Obstacle.OVER
    return Obstacle.STARTED if when.is_dated and when.has_started(now) else None


def _locked(booking: Booking) -> Booking:
    rows = Booking.objects.select_for_update(of=("self",))
    return rows.select_related("order", "participant", "office", "conditions", "session__calendar_entry").get(
        pk=booking.pk
    )
