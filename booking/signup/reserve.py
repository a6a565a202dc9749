"""Giving seats: the order, its bookings and their facts, in one transaction."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from booking.dates import today
from booking.people.models import Audience, Person
from booking.pricing.price import Prices
from booking.pricing.quote import Quote
from booking.pricing.rules import Asked, PriceUndecided
from booking.sessions.models import SessionPage
from booking.signup.cards import takes_cards
from booking.signup.models import Booking, BookingStatus, Order, OrderLine
from booking.signup.standing import CannotBook, Obstacle, admit, seats_left, session_obstacle

logger = logging.getLogger(__name__)


class PriceChanged(Exception):
    """The price is no longer the one that was shown; nothing was booked."""

    def __init__(self, quote: Quote):
        super().__init__(quote.shown)
        self.quote = quote


class ConditionsChanged(Exception):
    """The conditions are no longer the version that was shown; nothing was booked."""


class MayNotActFor(Exception):
    """The booker does not, or no longer, act for this participant."""


class NoEanNumber(Exception):
    """Something is to be paid, and nobody said where the invoice goes."""


class NoCards(Exception):
    """Cards are not, or no longer, taken for this session."""


@dataclass(frozen=True, slots=True)
class Seat:
    """One participant, what is added to the seat, and what the house must know to receive them.

    ``add_ons`` are ids; the two of a pair have the same ``pair``.
    """

    participant: Person
    diet: str = ""
    room: str = ""
    may_be_listed: bool = False
    add_ons: tuple[int, ...] = ()
    pair: str = ""


@dataclass(frozen=True, slots=True)
class Purchase:
    """How the payer wants the invoice, and whom to write to about practical matters."""

    contact_name: str
    contact_email: str
    contact_phone: str = ""
    gln: str = ""
    person_reference: str = ""
    requisition: str = ""


def order_of(submission: UUID, *, session: SessionPage, booker: Person) -> Order | None:
    """The order that this booker's form made for this session; the number alone might be of another session's."""
    return Order.objects.filter(submission=submission, booker=booker, bookings__session=session.pk).first()


def quote_for(session: SessionPage, seats: Sequence[Seat], *, prices: Prices) -> Quote:
    """What these seats cost these persons at these prices. Raises PriceUndecided."""
    priced_for = list(Audience.objects.filter(pk__in=prices.audiences)) if prices.audiences else []
    asked = [
        Asked(
            audiences=frozenset(
                audience.pk for audience in priced_for if audience.admits(seat.participant, on=session.starts_on)
            ),
            pair=seat.pair,
            add_ons=seat.add_ons,
        )
        for seat in seats
    ]
    return prices.quote(asked, what=session.title)


@transaction.atomic
def place_order(
    session: SessionPage,
    *,
    seats: Sequence[Seat],
    purchase: Purchase,
    booker: Person,
    shown: str,
    shown_conditions: int,
    submission: UUID,
    now: datetime,
    pays_by_card: bool = False,
    waits: bool = False,
) -> Order:
    """Give every participant a seat at today's price, or none of them.

    Where it ``pays_by_card``, the seats are only held until the money has come; what is free needs no card. Where it
    ``waits``, they go to the end of the waiting list instead, and card or invoice is settled when they take a seat.

    ``shown`` (the sums of a quote) and ``shown_conditions`` (a version's id) are what the booker saw and accepted. A
    ``submission`` that was placed before for this session gives the order it made. The session row is locked first, so
    the last seat goes to one.
    Raises CannotBook, MayNotActFor, PriceChanged, ConditionsChanged, NoCards or NoEanNumber.
    """
    session = (
        SessionPage.objects.select_for_update(of=("self",))
        .select_related("audience", "price_list", "conditions", "calendar_entry")
        .get(pk=session.pk)
    )
    placed = order_of(submission, session=session, booker=booker)
    if placed:
        return placed

    obstacle = session_obstacle(session, now=now)
    if obstacle and not (waits and obstacle == Obstacle.FULL):
        raise CannotBook(obstacle)
    left = seats_left(session)
    if not waits and left is not None and left < len(seats):
        raise CannotBook(Obstacle.FULL)
    try:
        quote = quote_for(session, seats, prices=session.prices(now=now))
    except PriceUndecided as undecided:
        raise CannotBook(Obstacle.PRICE_UNDECIDED) from undecided
    if quote.shown != shown:
        raise PriceChanged(quote)
    conditions = session.conditions.current()
    if conditions.pk != shown_conditions:
        raise ConditionsChanged
    pays_by_card = pays_by_card and not quote.is_free
    if pays_by_card and not takes_cards(session):
        raise NoCards
    if not (purchase.gln or pays_by_card or quote.is_free):
        raise NoEanNumber
    if not all(booker.may_act_for(seat.participant, today(now)) for seat in seats):
        raise MayNotActFor
    if len({seat.participant for seat in seats}) < len(seats):
        raise CannotBook(Obstacle.ALREADY_BOOKED)
    admissions = [admit(session, seat.participant) for seat in seats]

    payer = admissions[0].municipality
    order = Order.objects.create(
        submission=submission,
        booker=booker,
        payer=payer,
        payer_name=payer.full_name,
        payer_cvr=payer.cvr,
        pays_by_card=pays_by_card and not waits,
        gln=purchase.gln,
        person_reference=purchase.person_reference,
        requisition=purchase.requisition,
        contact_name=purchase.contact_name,
        contact_email=purchase.contact_email,
        contact_phone=purchase.contact_phone,
        created_at=now,
    )
    bookings = []
    status = BookingStatus.HELD if order.pays_by_card else BookingStatus.CONFIRMED
    if waits:
        status = BookingStatus.WAITING
    for seat, admission in zip(seats, admissions, strict=True):
        booking = Booking(
            order=order,
            session=session,
            participant=seat.participant,
            office=admission.office,
            conditions=conditions,
            accepted_at=now,
            diet=seat.diet,
            room=seat.room,
            may_be_listed=seat.may_be_listed,
        )
        booking.move(status, by=booker.user, now=now)
        bookings.append(booking)
    _write_lines(quote, bookings)
    logger.info("order %s placed", order.reference)
    return order


def _write_lines(quote: Quote, bookings: Sequence[Booking]) -> None:
    """Freeze what was agreed: each line at the booking it pays for, or at the first of those that share it."""
    OrderLine.objects.bulk_create(
        OrderLine(
            booking=bookings[line.seats[0]],
            description=line.description[:300],
            quantity=line.quantity,
            unit_net=line.unit_net,
            vat_rate=line.vat_rate,
            exempt_reason=line.exempt_reason,
            includes=line.includes,
            seats=len(line.seats),
        )
        for line in quote.lines
    )
