"""Another person in a seat: what stays, what goes with whoever left, and who may not."""

from datetime import UTC, date, datetime, timedelta

import pytest

from booking.journal.kinds import SUBSTITUTED
from booking.models import Booking, Fact, Secretary
from booking.people.audiences import Refusal
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from booking.signup.reserve import MayNotActFor
from booking.signup.standing import CannotBook, Obstacle
from booking.signup.substitute import SeatGivenUp, candidates, substitute
from booking.signup.successors import awaiting_successor
from tests.booking.people.seats import booking_of
from tests.factories import PriceListFactory, SessionPageFactory, mayor_of, secretary_of

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
EVE, NEW_YEAR = date(2025, 12, 31), date(2026, 1, 1)


@pytest.fixture
def left(db):
    """A mayor with a seat on 5 May 2027, who left when 2025 ended."""
    office = mayor_of("Fanø").offices.get()
    booking = booking_of(office, capacity=1)
    Booking.objects.filter(pk=booking.pk).update(diet="vegetar", room="stille")
    office.ends_on = EVE
    office.save()
    booking.refresh_from_db()
    return booking


@pytest.fixture
def successor(left):
    return mayor_of("Fanø", starts_on=NEW_YEAR, person__name="Ole Ny")


def test_the_successor_has_the_seat_on_what_was_agreed(left, successor):
    PriceListFactory().rows.update(net=9999)

    booking = substitute(left, participant=successor, by=None, now=NOW)

    booking.refresh_from_db()
    assert (booking.participant, booking.office) == (successor, successor.offices.get())
    assert (booking.diet, booking.room) == ("", "")
    kept = ("order_id", "session_id", "status", "price", "conditions_id", "accepted_at", "booked_at")
    assert [getattr(booking, name) for name in kept] == [getattr(left, name) for name in kept]
    assert Booking.objects.count() == 1
    assert not awaiting_successor(NOW).exists()


def test_the_journal_says_who_came_for_whom(left, successor):
    substitute(left, participant=successor, by=successor.user, now=NOW)

    [fact] = Fact.objects.filter(kind=SUBSTITUTED)
    assert (fact.about, fact.by, fact.on_behalf_of, fact.at) == (left, successor.user, successor, NOW)
    assert fact.details == {"order": left.order.reference, "in_place_of": left.participant_id}


def test_whom_the_session_is_not_for_gets_no_seat(left):
    with pytest.raises(CannotBook) as refused:
        substitute(left, participant=secretary_of(left.participant), by=None, now=NOW)

    assert refused.value.obstacle == Obstacle.NOT_FOR_YOU
    assert refused.value.refusal.reason == Refusal.NO_OFFICE
    left.refresh_from_db()
    assert left.diet == "vegetar"


def test_nobody_has_two_seats(left, successor):
    session = left.session
    session.capacity = 2
    session.save_revision().publish()
    booking_of(successor.offices.get(), session=session, now=NOW)

    with pytest.raises(CannotBook) as refused:
        substitute(left, participant=successor, by=None, now=NOW)

    assert refused.value.obstacle == Obstacle.ALREADY_BOOKED


def test_a_seat_that_was_given_up_is_not_taken_over(left, successor):
    cancel_booking(left, by=None, now=NOW)

    with pytest.raises(SeatGivenUp):
        substitute(left, participant=successor, by=None, now=NOW)


def test_a_cancelled_session_and_one_that_is_over_take_nobody(left, successor):
    with pytest.raises(CannotBook) as over:
        substitute(left, participant=successor, by=None, now=datetime(2027, 5, 6, 12, tzinfo=UTC))
    cancel_session(left.session, by=None, now=NOW)
    with pytest.raises(CannotBook) as cancelled:
        substitute(left, participant=successor, by=None, now=NOW)

    assert (over.value.obstacle, cancelled.value.obstacle) == (Obstacle.OVER, Obstacle.CANCELLED)


def test_a_closed_sign_up_keeps_no_successor_out(left, successor):
    session = left.session
    session.signup_closes_at = NOW - timedelta(days=1)
    session.save_revision().publish()

    assert substitute(left, participant=successor, by=None, now=NOW).participant == successor


# By the booker and their secretaries


def test_a_secretary_of_both_does_it_and_a_stranger_does_not(left, successor):
    secretary, stranger = secretary_of(left.participant, successor), secretary_of(successor)

    with pytest.raises(MayNotActFor):
        substitute(left, participant=successor, by=stranger.user, booker=stranger, now=NOW)
    assert candidates(left, secretary, now=NOW) == [successor]
    assert (
        substitute(left, participant=successor, by=secretary.user, booker=secretary, now=NOW).participant == successor
    )


def test_whoever_does_not_act_for_the_successor_may_not(left, successor):
    secretary = secretary_of(left.participant)

    assert candidates(left, secretary, now=NOW) == []
    with pytest.raises(MayNotActFor):
        substitute(left, participant=successor, by=secretary.user, booker=secretary, now=NOW)


def test_a_revoked_secretary_takes_no_seat_from_whoever_uses_it(db):
    sitting, other = mayor_of("Fanø"), mayor_of("Ærø")
    secretary = secretary_of(sitting, other)
    booking = booking_of(sitting.offices.get(), session=SessionPageFactory())
    booking.order.booker = secretary
    booking.order.save()
    Secretary.objects.filter(principal=sitting).update(ends_on=EVE)

    with pytest.raises(MayNotActFor):
        substitute(booking, participant=other, by=secretary.user, booker=secretary, now=NOW)


def test_whoever_ordered_for_one_that_left_and_serves_another_municipality_gives_them_no_seat(left):
    other = mayor_of("Ærø")
    secretary = secretary_of(left.participant, other)
    left.order.booker = secretary
    left.order.save()
    Secretary.objects.filter(principal=left.participant).update(ends_on=EVE)

    assert candidates(left, secretary, now=NOW) == []
    with pytest.raises(MayNotActFor):
        substitute(left, participant=other, by=secretary.user, booker=secretary, now=NOW)


def test_whoever_ordered_for_one_that_left_puts_in_the_successor(left, successor):
    secretary = secretary_of(left.participant, successor)
    left.order.booker = secretary
    left.order.save()
    Secretary.objects.filter(principal=left.participant).update(ends_on=EVE)

    assert (
        substitute(left, participant=successor, by=secretary.user, booker=secretary, now=NOW).participant == successor
    )
