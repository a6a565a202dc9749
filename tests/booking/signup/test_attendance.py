"""Who came: marked from the first day on, corrected, undone, and recorded."""

from datetime import datetime
from uuid import uuid4

import pytest

from booking.dates import COPENHAGEN
from booking.journal.kinds import ATTENDANCE_UNDONE, ATTENDED, MISSED
from booking.models import Booking, Fact
from booking.sessions.live import cancel_session
from booking.signup.attendance import NotHeldYet, mark_attendance
from booking.signup.cancel import cancel_booking
from booking.signup.reserve import Purchase, Seat, place_order
from booking.signup.substitute import substitute
from tests.factories import SessionPageFactory, UserFactory, mayor_of

SIGNED_UP = datetime(2027, 1, 10, 12, tzinfo=COPENHAGEN)
THE_DAY_BEFORE = datetime(2027, 5, 4, 23, 59, tzinfo=COPENHAGEN)
THAT_MORNING = datetime(2027, 5, 5, 0, 1, tzinfo=COPENHAGEN)
A_WEEK_LATER = datetime(2027, 5, 12, 9, tzinfo=COPENHAGEN)


def booked(session, *names: str) -> list[Booking]:
    return [
        place_order(
            session,
            seats=[Seat(mayor)],
            purchase=Purchase("Kontakt", "kontakt@example.org", gln="5798000000005"),
            booker=mayor,
            shown="5300.00+1325.00",
            shown_conditions=session.conditions.current().pk,
            submission=uuid4(),
            now=SIGNED_UP,
        ).bookings.get()
        for mayor in map(mayor_of, names)
    ]


def mark(session, *bookings, attended, now=THAT_MORNING, by=None) -> list[Booking]:
    return mark_attendance(session, [booking.pk for booking in bookings], attended=attended, by=by, now=now)


def marks(*bookings) -> list[bool | None]:
    return [Booking.objects.get(pk=booking.pk).attended for booking in bookings]


@pytest.fixture
def session(db):
    return SessionPageFactory()


def test_nobody_has_said_so_to_begin_with(session):
    assert marks(*booked(session, "Ærø")) == [None]


def test_several_are_marked_at_once_and_each_has_a_fact(session):
    came, missed, other = booked(session, "Ærø", "Fanø", "Samsø")
    clerk = UserFactory()

    mark(session, came, other, attended=True, by=clerk)
    mark(session, missed, attended=False, by=clerk)

    assert marks(came, missed, other) == [True, False, True]
    fact = Fact.objects.about(missed).get(kind=MISSED)
    assert (fact.by, fact.on_behalf_of, fact.at) == (clerk, missed.participant, THAT_MORNING)
    assert fact.details == {"order": missed.order.reference}
    assert Fact.objects.filter(kind=ATTENDED).count() == 2


def test_a_mark_is_corrected_and_undone(session):
    [booking] = booked(session, "Ærø")

    for attended in (False, True, None):
        mark(session, booking, attended=attended)

    assert marks(booking) == [None]
    kinds = Fact.objects.about(booking).order_by("pk").values_list("kind", flat=True)
    assert list(kinds)[1:] == [MISSED, ATTENDED, ATTENDANCE_UNDONE]


@pytest.mark.parametrize("attended", [True, False, None])
def test_what_is_said_twice_is_recorded_once(session, attended):
    [booking] = booked(session, "Ærø")
    mark(session, booking, attended=not attended)
    before = Fact.objects.count()

    assert mark(session, booking, attended=attended) == [booking]
    assert mark(session, booking, attended=attended) == []
    assert Fact.objects.count() == before + 1


def test_nobody_can_have_been_there_the_day_before(session):
    [booking] = booked(session, "Ærø")

    with pytest.raises(NotHeldYet):
        mark(session, booking, attended=True, now=THE_DAY_BEFORE)

    assert marks(booking) == [None]


def test_nobody_was_at_a_session_that_was_called_off(session):
    [booking] = booked(session, "Ærø")
    cancel_session(session, by=None, now=SIGNED_UP)

    with pytest.raises(NotHeldYet):
        mark(session, booking, attended=True)


def test_nobody_was_at_a_session_whose_day_is_not_settled(session):
    [booking] = booked(session, "Ærø")
    type(session).objects.update(when_text="maj/juni 2027")

    with pytest.raises(NotHeldYet):
        mark(session, booking, attended=True, now=A_WEEK_LATER)


def test_only_confirmed_seats_of_this_session_are_marked(session):
    left, held, here = booked(session, "Ærø", "Fanø", "Samsø")
    [elsewhere] = booked(SessionPageFactory(), "Læsø")
    cancel_booking(left, by=None, now=SIGNED_UP)
    Booking.objects.filter(pk=held.pk).update(status="held")

    changed = mark(session, left, held, here, elsewhere, attended=False, now=A_WEEK_LATER)

    assert changed == [here]
    assert marks(left, held, here, elsewhere) == [None, None, False, None]


def test_whoever_takes_the_seat_over_is_not_marked_for_another(session):
    [booking] = booked(session, "Ærø")
    mark(session, booking, attended=False)

    substitute(booking, participant=mayor_of("Fanø"), by=None, now=THAT_MORNING)

    assert marks(booking) == [None]
