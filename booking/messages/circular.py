"""A letter that staff write to all who take part in a session: who gets it, who does not, and sending it once."""

import logging
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from booking.journal.kinds import WRITTEN_TO
from booking.journal.models import Fact, FactQuerySet
from booking.journal.record import record
from booking.messages.models import OutboxMessage
from booking.messages.tell import recipients, write_circular
from booking.sessions.models import SessionPage
from booking.signup.models import IN_LINE, Booking, BookingStatus

logger = logging.getLogger(__name__)

#: Whom a letter may go to: the words of the choice, and the statuses of their bookings.
CIRCLES = {
    "confirmed": (_("Those with a confirmed seat"), {BookingStatus.CONFIRMED}),
    "waiting": (_("Those on the waiting list"), set(IN_LINE)),
    "both": (_("Those with a confirmed seat, and those on the waiting list"), {BookingStatus.CONFIRMED, *IN_LINE}),
}

NO_ADDRESS = _("no e-mail address is known")


class RecipientsChanged(Exception):
    """Others would get the letter than those who were shown; nothing was sent."""


class NobodyToWriteTo(Exception):
    """There is no address to send the letter to."""


@dataclass(frozen=True, slots=True)
class Mailing:
    """Who gets a letter: the addresses, each with the bookings it is about; and the bookings left out, with why."""

    addresses: dict[str, list[Booking]]
    left_out: list[tuple[Booking, str]]

    @property
    def participants(self) -> list[Booking]:
        """The bookings that somebody is written to about, each once, in the order of the list."""
        found = {booking.pk: booking for bookings in self.addresses.values() for booking in bookings}
        return sorted(found.values(), key=lambda booking: (booking.participant.name, booking.pk))

    @property
    def fingerprint(self) -> str:
        """Tells one set of addresses and bookings from another."""
        who = sorted((address, [booking.pk for booking in about]) for address, about in self.addresses.items())
        return sha256(repr(who).encode()).hexdigest()


def mailing(session: SessionPage, *, circle: str) -> Mailing:
    """Who would get a letter to this circle now: the contact of each order and the participant, as in all mails.

    Whoever has given up a seat and has another is not named among those left out.
    """
    _words, statuses = CIRCLES[circle]
    bookings = list(_bookings(session))
    addresses: dict[str, list[Booking]] = defaultdict(list)
    left_out = []
    reached = {booking.participant_id for booking in bookings if booking.status in statuses}
    for booking in bookings:
        found = recipients(booking) if booking.status in statuses else []
        for address in found:
            addresses[address].append(booking)
        if booking.status in statuses and not found:
            left_out.append((booking, str(NO_ADDRESS)))
        elif booking.participant_id not in reached:
            left_out.append((booking, str(booking.get_status_display())))
    return Mailing(dict(addresses), left_out)


@transaction.atomic
def send_circular(
    session: SessionPage, *, circle: str, subject: str, text: str, shown: str, submission: UUID, by, now: datetime
) -> Fact:
    """Write the letter to everybody in the circle, one mail to each address, and record that it was done.

    ``shown`` is the fingerprint of the mailing that the sender saw. A ``submission`` that was sent before gives the
    fact of that time. Raises RecipientsChanged or NobodyToWriteTo.
    """
    session = SessionPage.objects.select_for_update(of=("self",)).select_related("calendar_entry").get(pk=session.pk)
    written = letters_to(session).filter(details__submission=str(submission)).first()
    if written:
        return written
    found = mailing(session, circle=circle)
    if found.fingerprint != shown:
        raise RecipientsChanged
    if not found.addresses:
        raise NobodyToWriteTo
    fact = record(
        WRITTEN_TO,
        session.entry,
        by=by,
        at=now,
        circle=circle,
        addresses=len(found.addresses),
        submission=str(submission),
    )
    write_circular(fact, found.addresses, subject=subject, text=text)
    logger.info("letter to %d addresses at session %s", len(found.addresses), session.pk)
    return fact


def letters_to(session: SessionPage) -> FactQuerySet:
    """The facts of the letters written to those at this session, the newest first, each with its ``subject``."""
    if session.entry is None:
        return Fact.objects.none()
    written = OutboxMessage.objects.filter(fact=OuterRef("pk")).order_by("pk")
    facts = Fact.objects.about(session.entry).filter(kind=WRITTEN_TO)
    return facts.annotate(subject=Subquery(written.values("subject")[:1]))


def _bookings(session: SessionPage):
    of_session = Booking.objects.with_hands().for_listing().filter(session=session)
    return of_session.select_related("session__contact").order_by("participant__name", "pk")
