"""Bookings for the tests of messages, made by the site's own functions."""

from datetime import UTC, datetime
from uuid import uuid4

from booking.models import Booking, Person, SessionPage
from booking.signup.reserve import Purchase, Seat, place_order
from tests.factories import mayor_of, secretary_of

NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)


def book(
    session: SessionPage, *, participant: Person | None = None, booker: Person | None = None, **contact
) -> Booking:
    """A seat for the mayor of Fanø, booked by a secretary who is also the contact."""
    participant = participant or mayor_of("Fanø", person__email="borgmester@example.org")
    booker = booker or secretary_of(participant, name="Solveig Sekretær", email="sekretaer@example.org")
    quote = session.quote(now=NOW)
    order = place_order(
        session,
        seats=[Seat(participant)],
        purchase=Purchase(
            contact_name=contact.get("contact_name", booker.name),
            contact_email=contact.get("contact_email", booker.email),
            gln="5798009811578",
            person_reference="Bente fra økonomi",
            requisition="R-2027/44",
        ),
        booker=booker,
        shown=quote.shown,
        shown_conditions=session.conditions.current().pk,
        submission=uuid4(),
        now=NOW,
    )
    return order.bookings.get()
