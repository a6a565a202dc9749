from datetime import datetime, timedelta

import pytest

from booking.dates import COPENHAGEN
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from booking.signup.models import Booking
from booking.signup.purge import purge_practical
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import SessionPageFactory, mayor_of

HELD_ON = datetime(2027, 5, 5, 18, tzinfo=COPENHAGEN)


@pytest.fixture
def booking(db):
    placed = order(SessionPageFactory(), mayor_of("Fanø"))
    placed.bookings.update(diet="Vegetar", room="Allergivenligt")
    return placed.bookings.get()


@pytest.mark.parametrize(("days", "kept"), [(-100, True), (14, True), (15, False)])
def test_diet_and_room_are_forgotten_a_fortnight_after(booking, days, kept):
    purged = purge_practical(HELD_ON + timedelta(days=days))

    booking.refresh_from_db()
    assert (booking.diet, booking.room) == (("Vegetar", "Allergivenligt") if kept else ("", ""))
    assert purged == (0 if kept else 1)


def test_diet_and_room_of_a_given_up_seat_are_forgotten_at_once(booking):
    cancel_booking(booking, by=None, now=NOW)

    assert purge_practical(NOW) == 1
    assert not Booking.objects.exclude(diet="", room="").exists()


def test_what_the_kitchen_of_a_session_that_is_called_off_would_have_known_is_forgotten_at_once(booking):
    cancel_session(booking.session, by=None, now=NOW)

    assert purge_practical(NOW) == 1


@pytest.mark.parametrize(
    ("status", "kept"),
    [("waiting", True), ("offered", True), ("held", True), ("confirmed", True), ("expired", False)],
)
def test_whoever_may_still_come_is_expected_and_whoever_lost_the_seat_is_not(booking, status, kept):
    Booking.objects.update(status=status, waiting_since=NOW, offered_until=NOW)

    assert purge_practical(NOW) == (0 if kept else 1)
