"""Who came and who stayed away: marked at the desk from the session's first day on, and open to correction."""

import logging
from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from booking.dates import today
from booking.journal.kinds import ATTENDANCE_UNDONE, ATTENDED, MISSED
from booking.journal.record import record
from booking.sessions.models import SessionPage
from booking.signup.bookings import Booking
from booking.signup.moves import BookingStatus

logger = logging.getLogger(__name__)

#: What is recorded of a seat when it is said that the participant came, stayed away, or that nobody knows.
FACTS = {True: ATTENDED, False: MISSED, None: ATTENDANCE_UNDONE}


class NotHeldYet(Exception):
    """The session's first day has not come, or it will never come: nobody can have been there."""


def can_be_marked(session: SessionPage, *, now: datetime) -> bool:
    """Whether it can be known who came: from the morning of the first day, and not of a session that is called off."""
    when = session.when
    return when is not None and when.is_dated and when.starts_on <= today(now) and not session.is_cancelled


@transaction.atomic
def mark_attendance(
    session: SessionPage, bookings: Collection[int], *, attended: bool | None, by, now: datetime
) -> list[Booking]:
    """Say of these bookings (ids) that their participants came (True), stayed away (False), or take it back (None).

    Only confirmed seats of this session are marked. Gives those that were not so marked before; what is said twice is
    recorded once. Raises NotHeldYet.
    """
    session = SessionPage.objects.select_for_update(of=("self",)).select_related("calendar_entry").get(pk=session.pk)
    if not can_be_marked(session, now=now):
        raise NotHeldYet
    seats = Booking.objects.filter(session=session, pk__in=bookings, status=BookingStatus.CONFIRMED)
    locked = seats.select_for_update(of=("self",)).select_related("order", "participant").order_by("pk")
    changed = [booking for booking in locked if booking.attended is not attended]
    for booking in changed:
        booking.attended = attended
        booking.save(update_fields=["attended"])
        record(FACTS[attended], booking, by=by, on_behalf_of=booking.participant, at=now, order=booking.order.reference)
    logger.info("attendance at session %s marked for %d bookings", session.pk, len(changed))
    return changed
