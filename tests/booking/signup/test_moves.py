"""The life of a booking: every status with every move, those that are allowed and those that are not."""

from datetime import timedelta
from uuid import uuid4

import pytest

from booking.journal import kinds
from booking.journal.models import Fact
from booking.signup.bookings import Booking
from booking.signup.moves import ACTIVE, HOLDS_A_SEAT, MOVES, NEW, BookingStatus, IllegalMove
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import SessionPageFactory, mayor_of

#: All that can happen to a booking, and what the journal calls it. Everything else is refused.
ALLOWED = {
    ("", "confirmed"): kinds.BOOKED,
    ("", "held"): kinds.HELD,
    ("", "waiting"): kinds.QUEUED,
    ("", "pairing"): kinds.PAIR_ASKED,
    ("waiting", "offered"): kinds.OFFERED,
    ("waiting", "confirmed"): kinds.BOOKED,
    ("waiting", "held"): kinds.HELD,
    ("waiting", "cancelled"): kinds.QUEUE_LEFT,
    ("waiting", "expired"): kinds.NO_SEAT,
    ("offered", "confirmed"): kinds.BOOKED,
    ("offered", "held"): kinds.HELD,
    ("offered", "cancelled"): kinds.DECLINED,
    ("offered", "expired"): kinds.OFFER_LAPSED,
    ("offered", "waiting"): kinds.OFFER_WITHDRAWN,
    ("pairing", "confirmed"): kinds.BOOKED,
    ("pairing", "cancelled"): kinds.PAIR_DECLINED,
    ("pairing", "expired"): kinds.PAIR_LAPSED,
    ("held", "confirmed"): kinds.BOOKED,
    ("held", "expired"): kinds.EXPIRED,
    ("held", "cancelled"): kinds.CANCELLED,
    ("confirmed", "cancelled"): kinds.CANCELLED,
    ("expired", "confirmed"): kinds.BOOKED,
}
STATUSES = BookingStatus.values


def booking_that_is(status: str) -> Booking:
    """A booking in this status, however it came there; one that is new has no row yet."""
    booking = order(SessionPageFactory(), mayor_of("Fanø")).bookings.get()
    if status == NEW:
        booking.lines.all().delete()
        booking.delete()
        booking.pk, booking.status, booking.pair = None, NEW, uuid4()
        return booking
    Booking.objects.filter(pk=booking.pk).update(
        status=status,
        waiting_since=NOW if status in {"waiting", "offered"} else None,
        offered_until=NOW + timedelta(days=3) if status in {"offered", "pairing"} else None,
        pair=uuid4() if status == "pairing" else None,
        cancelled_at=NOW if status == "cancelled" else None,
    )
    return Booking.objects.get(pk=booking.pk)


@pytest.mark.parametrize("to", STATUSES)
@pytest.mark.parametrize("was", [NEW, *STATUSES], ids=["new", *STATUSES])
def test_a_move_is_made_and_recorded_or_refused(db, was, to):
    booking = booking_that_is(was)
    mayor = booking.participant
    recorded = Fact.objects.count()

    if (was, to) not in ALLOWED:
        with pytest.raises(IllegalMove):
            booking.move(to, by=mayor.user, now=NOW)
        assert booking.status == was
        assert Fact.objects.count() == recorded
        return

    fact = booking.move(to, by=mayor.user, now=NOW, until=NOW + timedelta(days=1))

    assert Booking.objects.get().status == to
    assert (fact.kind, fact.about, fact.by, fact.on_behalf_of, fact.at) == (
        ALLOWED[was, to],
        booking,
        mayor.user,
        mayor,
        NOW,
    )
    assert fact.details == {"order": booking.order.reference}


def test_the_table_is_what_is_tried_above():
    assert {(was, to): kind for was, moves in MOVES.items() for to, kind in moves.items()} == ALLOWED
    assert set(MOVES) == {NEW, *STATUSES}


def test_a_seat_is_held_only_by_those_who_are_active():
    assert set(HOLDS_A_SEAT) < set(ACTIVE)
    assert {status for status in STATUSES if status not in ACTIVE} == {"expired", "cancelled"}


def test_whoever_says_yes_waits_no_longer_and_is_booked_at_that_moment(db):
    booking = booking_that_is("offered")

    booking.move("confirmed", by=None, now=NOW + timedelta(hours=3))

    booking.refresh_from_db()
    assert (booking.waiting_since, booking.booked_at) == (None, NOW + timedelta(hours=3))


@pytest.mark.parametrize("end", ["cancelled", "expired"])
def test_whoever_says_no_or_nothing_never_had_a_seat(db, end):
    booking = booking_that_is("offered")

    booking.move(end, by=None, now=NOW)

    booking.refresh_from_db()
    assert booking.never_had_a_seat
    assert not booking.was_held
