"""Those who want to hear when a session gets its date."""

from datetime import datetime

from django.db import transaction

from booking.journal.kinds import INTERESTED
from booking.journal.record import record
from booking.people.models import Person
from booking.sessions.models import SessionPage
from booking.signup.interests import Interest


@transaction.atomic
def show_interest(session: SessionPage, person: Person, *, now: datetime) -> Interest:
    """Put ``person`` on the list. Doing it again changes nothing."""
    interest, is_new = Interest.objects.get_or_create(session=session, person=person, defaults={"created_at": now})
    if is_new:
        record(INTERESTED, session, by=person.user, on_behalf_of=person, at=now)
    return interest


def withdraw_interest(session: SessionPage, person: Person) -> None:
    """Take ``person`` off the list, if they are on it."""
    Interest.objects.filter(session=session, person=person).delete()
