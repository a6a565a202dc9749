"""How the price of a withdrawal falls away: somebody on the waiting list gets the seat, staff waive it, or the session
is called off. Each is recorded once, so that money and mail can follow."""

import logging
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from booking.journal.kinds import FEE_RELEASED, FEE_WAIVED, QUEUED, SESSION_CANCELLED
from booking.journal.models import Fact
from booking.journal.record import record
from booking.signup.bookings import Booking
from booking.signup.locks import lock_session_of, lock_sessions
from booking.signup.withdrawals import Withdrawal

logger = logging.getLogger(__name__)

#: The facts after which nobody owes anything for a seat that was given up.
KINDS = frozenset({SESSION_CANCELLED})


def release_fee(taker: Booking, *, now: datetime) -> Withdrawal | None:
    """Somebody from the waiting list has got a seat: whoever gave one up first, and still owes for it, owes nothing.

    Who left a seat that nobody waited for stands behind all whose seat somebody did wait for. The caller has the
    session's row locked. Each who gets a seat releases one.
    """
    has_waited = Fact.objects.about(taker).filter(kind=QUEUED).exists()
    if not has_waited or Withdrawal.objects.filter(released_by=taker).exists():
        return None
    withdrawal = Withdrawal.objects.owing().filter(booking__session=taker.session_id).first()
    if withdrawal:
        _release(withdrawal, by=taker, now=now)
    return withdrawal


@transaction.atomic
def waive_fee(booking: Booking, *, by, reason: str, now: datetime) -> bool:
    """Let staff waive what is owed for a seat that was given up; say whether anything was."""
    if not reason:
        raise ValueError("a price is waived for a reason")
    lock_session_of(booking)
    withdrawal = Withdrawal.objects.owing().filter(booking=booking).first()
    if withdrawal is None:
        return False
    withdrawal.waived_at, withdrawal.waived_by, withdrawal.waived_reason = now, by, reason
    withdrawal.save(update_fields=["waived_at", "waived_by", "waived_reason"])
    _record(FEE_WAIVED, withdrawal, by=by, at=now)
    return True


def follow_cancelled_session(fact: Fact) -> None:
    """Of a session that is not held nobody pays for a seat, nor for having given one up."""
    lock_sessions(fact.about.session_id)
    for withdrawal in Withdrawal.objects.owing().filter(booking__session=fact.about.session_id):
        _release(withdrawal, by=None, now=timezone.now())


def _release(withdrawal: Withdrawal, *, by: Booking | None, now: datetime) -> None:
    withdrawal.released_at, withdrawal.released_by = now, by
    withdrawal.save(update_fields=["released_at", "released_by"])
    _record(FEE_RELEASED, withdrawal, by=None, at=now)


def _record(kind: str, withdrawal: Withdrawal, *, by, at: datetime) -> None:
    booking = withdrawal.booking
    record(kind, booking, by=by, on_behalf_of=booking.participant, at=at, order=booking.order.reference)
    logger.info("order %s: %s", booking.order.reference, kind)
