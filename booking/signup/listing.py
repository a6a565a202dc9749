"""Whether a participant's name may stand on the list that goes to those who take part."""

import logging
from datetime import datetime

from django.db import transaction

from booking.journal.kinds import LISTING_ALLOWED, LISTING_REFUSED
from booking.journal.record import record
from booking.sessions.models import SessionPage
from booking.signup.bookings import Booking

logger = logging.getLogger(__name__)


@transaction.atomic
def allow_listing(booking: Booking, *, may_be_listed: bool, by, now: datetime) -> bool:
    """Say yes or no to the list of participants; give whether that changed anything.

    It is said of whoever had the seat when ``booking`` was read: nobody speaks for whom took it over since.
    """
    # The session first, as in place_order: one order of locks, so that no two can wait for each other.
    SessionPage.objects.select_for_update(of=("self",)).get(pk=booking.session_id)
    seats = Booking.objects.select_for_update(of=("self",)).select_related("order", "participant")
    participant, booking = booking.participant_id, seats.get(pk=booking.pk)
    if booking.participant_id != participant or not booking.is_active or booking.may_be_listed == may_be_listed:
        return False
    booking.may_be_listed = may_be_listed
    booking.save(update_fields=["may_be_listed"])
    kind = LISTING_ALLOWED if may_be_listed else LISTING_REFUSED
    record(kind, booking, by=by, on_behalf_of=booking.participant, at=now, order=booking.order.reference)
    logger.info("booking %s: %s", booking.pk, kind)
    return True
