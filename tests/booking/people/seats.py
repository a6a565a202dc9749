"""A seat for an office holder, given the way the site gives it."""

from datetime import UTC, datetime
from uuid import uuid4

from booking.people.models import Office
from booking.signup.models import Booking
from booking.signup.reserve import Purchase, Seat, place_order
from tests.factories import SessionPageFactory

BOOKED_AT = datetime(2025, 11, 3, 9, tzinfo=UTC)
PURCHASE = Purchase(contact_name="Sekretariatet", contact_email="sekretariat@example.org", gln="5798009811578")


def booking_of(office: Office, *, now: datetime = BOOKED_AT, session=None, **page) -> Booking:
    """The office holder's seat at a session (on 5 May 2027 unless said otherwise)."""
    session = session or SessionPageFactory(**page)
    order = place_order(
        session,
        seats=[Seat(office.person)],
        purchase=PURCHASE,
        booker=office.person,
        shown=session.quote(now=now).shown,
        shown_conditions=session.conditions.current().pk,
        submission=uuid4(),
        now=now,
    )
    return order.bookings.get()
