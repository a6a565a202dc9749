"""Putting another person in a seat: whoever follows in the office, or anybody else whom the session is for."""

import logging
from datetime import datetime

from django.db import transaction

from booking.dates import today
from booking.journal.kinds import SUBSTITUTED
from booking.journal.record import record
from booking.people.models import Person
from booking.pricing.rules import PriceUndecided
from booking.sessions.models import SessionPage
from booking.signup.bookings import Booking
from booking.signup.guests import Guest, NoHost, hosts, welcome
from booking.signup.hands import out_of_hand
from booking.signup.locks import lock_sessions
from booking.signup.moves import IN_LINE, BookingStatus
from booking.signup.reserve import MayNotActFor, Seat, quote_for
from booking.signup.standing import CannotBook, Obstacle, admit

logger = logging.getLogger(__name__)


class SeatGivenUp(Exception):
    """There is no seat to put anybody in: the booking was cancelled."""


class SeatNotPaid(Exception):
    """The seat is only held while it is being paid for: nobody has it yet, so nobody can pass it on."""


class DearerSeat(Exception):
    """The session costs more for the one than for the other, and the seat keeps its price: only staff may do that."""


@transaction.atomic
def substitute(
    booking: Booking,
    *,
    participant: Person | Guest,
    by,
    now: datetime,
    booker: Person | None = None,
    diet: str = "",
    room: str = "",
    may_be_listed: bool = False,
) -> Booking:
    """Give the seat to ``participant``, whom the session must be for; whoever had it has it no longer.

    Seat, order, payer, price and conditions stay as they were agreed. Diet and room were the other's, as was their yes
    to the list of participants; what is said of the new one takes their place. ``booker`` is whoever asks for it on
    the site: they must have a say over the seat, and act for the new participant, or name a Guest. Staff ask without
    one.
    Raises TooManyGuests, CannotBook, MayNotActFor, DearerSeat, SeatNotPaid or SeatGivenUp.
    """
    sessions = lock_sessions(booking.session_id)
    booking = (
        Booking.objects.select_for_update(of=("self",))
        .select_related("order__payer", "participant", "office", "session")
        .get(pk=booking.pk)
    )
    session = sessions.get(booking.session_id)
    if booker and not may_substitute(booking, booker, now=now):
        raise MayNotActFor
    if booking.awaits_payment:
        raise SeatNotPaid
    if not booking.is_confirmed or session is None:  # or it was moved to another session meanwhile
        raise SeatGivenUp
    obstacle = seat_obstacle(session, now=now)
    if obstacle:
        raise CannotBook(obstacle)
    if isinstance(participant, Guest):
        participant = _welcome(participant, booking, session, booker=booker, now=now)
    if booker and not booker.may_act_for(participant, today(now)):
        raise MayNotActFor
    in_line = Booking.objects.filter(session=session, participant__in=participant.alike().values("pk"))
    for place in in_line.filter(status__in=IN_LINE):
        place.move(BookingStatus.CANCELLED, by=by, now=now)  # they need not wait any longer
    admission = admit(session, participant)
    if booking.pair and admission.municipality_id != booking.order.payer_id:
        raise CannotBook(Obstacle.OTHER_MUNICIPALITY, participant=participant)
    if booker and not booker.may_act_for(booking.participant, today(now)) and _is_elsewhere(booking, participant):
        raise MayNotActFor  # who ordered it, and has gone to another town hall, takes nothing along
    if booker and _costs_more(session, participant, than=booking.participant, now=now):
        raise DearerSeat

    left = booking.participant_id
    booking.participant, booking.office = participant, admission.office
    booking.diet, booking.room = diet if session.needs_diet else "", room if session.needs_room else ""
    booking.attended, booking.may_be_listed = None, may_be_listed
    booking.save(update_fields=["participant", "office", "diet", "room", "attended", "may_be_listed"])
    record(
        SUBSTITUTED, booking, by=by, on_behalf_of=participant, at=now, order=booking.order.reference, in_place_of=left
    )
    logger.info("booking in order %s has another participant", booking.order.reference)
    return booking


def _welcome(guest: Guest, booking: Booking, session: SessionPage, *, booker: Person | None, now: datetime) -> Person:
    """The guest's row: of the municipality that pays for the seat."""
    if booker is None:
        raise MayNotActFor
    people = Person.with_offices(_acts_for(booker, now))
    try:
        [row] = welcome(session, [guest], people=people, payer=booking.order.payer, now=now)
    except NoHost as nobody:
        raise MayNotActFor from nobody
    return row


def may_name(booking: Booking, booker: Person, *, now: datetime) -> bool:
    """Whether ``booker`` can put somebody in the seat by name and address."""
    return booking.order.payer in hosts(booking.session, Person.with_offices(_acts_for(booker, now)))


def _acts_for(booker: Person, now: datetime) -> list[int]:
    return [booker.pk, *booker.principals(today(now)).values_list("pk", flat=True)]


def _is_elsewhere(booking: Booking, participant: Person) -> bool:
    """Whether the seat would leave the municipality that pays for it."""
    return participant.municipality_on(booking.session.starts_on) != booking.order.payer


def _costs_more(session: SessionPage, person: Person, *, than: Person, now: datetime) -> bool:
    """Whether a price that is for some alone would be had by somebody else. Both are asked about today."""
    prices = session.prices(now=now)
    try:
        theirs, others = (quote_for(session, [Seat(one)], prices=prices) for one in (person, than))
    except PriceUndecided:
        return False
    return theirs.net > others.net


def seat_obstacle(session: SessionPage, *, now: datetime) -> Obstacle | None:
    """What keeps everybody from taking over a seat; that sign-up has closed does not, nor that all seats are taken."""
    if session.is_cancelled:
        return Obstacle.CANCELLED
    return Obstacle.OVER if session.when.is_over(now) else None


def may_substitute(booking: Booking, person: Person, *, now: datetime) -> bool:
    """Whether ``person`` has the seat or acts for whoever has it; or ordered it for somebody who leaves the office.

    Whoever ordered it and acts for the participant no longer has no say over a seat that its holder will use.
    """
    if person.may_act_for(booking.participant, today(now)):
        return True
    is_ordered_by = booking.order.booker_id == person.pk
    return booking.holder_leaves and is_ordered_by and not out_of_hand([booking], person, on=today(now))


def candidates(booking: Booking, booker: Person, *, now: datetime) -> list[Person]:
    """Those for whom ``booker`` acts, themselves included, and whom the session is for; not who has a seat there.

    Whoever waits for a seat is among them.
    """
    seated = Booking.objects.filter(session=booking.session_id).seated().values("participant")
    session = booking.session
    admitted = session.audience.admitted(session.starts_on).exclude(pk__in=seated)
    people = admitted.filter(pk__in=_acts_for(booker, now)).order_by("name", "pk")
    if booker.may_act_for(booking.participant, today(now)):
        return list(people)
    return [person for person in people if not _is_elsewhere(booking, person)]


def can_pass_on(booking: Booking, booker: Person, *, now: datetime) -> bool:
    """Whether there is anybody whom ``booker`` can put in the seat."""
    return bool(candidates(booking, booker, now=now)) or may_name(booking, booker, now=now)
