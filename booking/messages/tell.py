"""Turning facts into mail: rows in the outbox, written in the transaction that follows the fact."""

from collections import defaultdict
from collections.abc import Collection
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import override

from booking.calendars.addresses import calendar_domain
from booking.calendars.events import session_file
from booking.dates import today
from booking.journal.kinds import BOOKED, CANCELLED, SECRETARY_NAMED, SESSION_CANCELLED, SUBSTITUTED
from booking.journal.models import Fact
from booking.messages import letters
from booking.messages.deliver import deliver_soon
from booking.messages.letters import Letter
from booking.messages.models import OutboxMessage
from booking.people.models import Person, Secretary
from booking.sessions.models import Contact
from booking.signup.models import Booking


def tell(fact: Fact) -> None:
    """Write the mails that a fact calls for. News that has been overtaken is not told."""
    with override(settings.LANGUAGE_CODE):
        _TELLERS[fact.kind](fact)


def _tell_booked(fact: Fact, *, without: Collection[str] = ()) -> None:
    booking = _bookings().get(pk=fact.about_id)
    session = booking.session
    if not booking.holds_a_seat or session.is_cancelled or booking.participant_id != fact.on_behalf_of_id:
        return
    for recipient in recipients(booking):
        if recipient in without:
            continue
        with_link = bool(session.join_link) and may_join(recipient, booking)
        calendar = session_file(session.calendar_entry, join_link=session.join_link if with_link else "")
        letter = letters.booked(booking, with_link=with_link, calendar=calendar)
        _write(fact, recipient, letter, contact=session.contact)


def _tell_cancelled(fact: Fact) -> None:
    booking = _bookings().get(pk=fact.about_id)
    for recipient in recipients(booking):
        _write(fact, recipient, letters.cancelled(booking), contact=booking.session.contact)


def _tell_substituted(fact: Fact) -> None:
    """Whoever had the seat hears that it is gone; the new participant and the contact get what a sign-up gets.

    A contact who is the one that left hears only that: the joining link and the receipt are not theirs any more.
    """
    booking = _bookings().get(pk=fact.about_id)
    left = Person.objects.filter(pk=fact.details["in_place_of"]).exclude(pk=booking.participant_id).first()
    email = (left.email or "").lower() if left else ""
    if email and not booking.session.is_cancelled:
        _write(fact, email, letters.seat_passed_on(booking, left), contact=booking.session.contact)
    _tell_booked(fact, without={email} - {booking.participant.email})


def _tell_session_cancelled(fact: Fact) -> None:
    """One mail to each address, however many seats it has to do with."""
    entry = fact.about
    by_recipient: dict[str, list[Booking]] = defaultdict(list)
    for booking in _bookings().filter(session=entry.session_id).holding_a_seat().order_by("pk"):
        for recipient in recipients(booking):
            by_recipient[recipient].append(booking)
    for recipient, bookings in by_recipient.items():
        letter = letters.session_cancelled(entry, bookings, calendar=session_file(entry))
        _write(fact, recipient, letter, contact=bookings[0].session.contact)


def _tell_secretary_named(fact: Fact) -> None:
    link = Secretary.objects.select_related("secretary", "principal").filter(pk=fact.about_id).first()
    is_over = link is None or (link.ends_on is not None and link.ends_on < today(timezone.now()))
    if not is_over and link.secretary.email:
        _write(fact, link.secretary.email, letters.secretary_named(link))


def recipients(booking: Booking) -> list[str]:
    """The order's contact, and the participant where that is another address; each once."""
    addresses = [booking.order.contact_email, booking.participant.email or ""]
    return list(dict.fromkeys(one.strip().lower() for one in addresses if one.strip()))


def may_join(recipient: str, booking: Booking) -> bool:
    """Whether the address is the participant's or the booker's: those the register knows, not one that was typed in."""
    known = {booking.participant.email, booking.order.booker.email}
    return recipient in {one.lower() for one in known if one}


def _bookings():
    return Booking.objects.select_related(
        "order__booker",
        "participant",
        "conditions",
        "session__venue",
        "session__contact",
        "session__calendar_entry",
    )


def _write(fact: Fact, recipient: str, letter: Letter, *, contact: Contact | None = None) -> None:
    """Put one letter to one address into the outbox, and have it sent when this has been committed."""
    now = timezone.now()
    message = OutboxMessage.objects.create(
        fact=fact,
        kind=letter.name,
        recipient=recipient,
        reply_to=contact.email if contact else "",
        subject=" ".join(letter.subject.split())[:200],
        text=letter.text(),
        html=letter.html(),
        calendar=letter.calendar,
        message_id=f"<{uuid4()}@{calendar_domain()}>",
        created_at=now,
        not_before=now,
    )
    transaction.on_commit(lambda: deliver_soon(message.pk), robust=True)


_TELLERS = {
    BOOKED: _tell_booked,
    CANCELLED: _tell_cancelled,
    SUBSTITUTED: _tell_substituted,
    SESSION_CANCELLED: _tell_session_cancelled,
    SECRETARY_NAMED: _tell_secretary_named,
}

#: The facts that are told.
KINDS = frozenset(_TELLERS)
