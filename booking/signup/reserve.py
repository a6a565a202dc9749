"""Giving seats: the order, its bookings and their facts, in one transaction."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from booking.dates import today
from booking.journal.kinds import ORDERED
from booking.journal.record import record
from booking.people.audiences import Audience
from booking.people.grants import grant_access
from booking.people.models import Person
from booking.pricing.price import Prices
from booking.pricing.quote import NOTHING, Quote
from booking.pricing.rules import Asked, PriceUndecided
from booking.sessions.models import SessionPage
from booking.signup.authority import Authority, may_pass
from booking.signup.bookings import Booking
from booking.signup.cards import fits_a_card, takes_cards
from booking.signup.deadline import deadline
from booking.signup.guests import Guest, welcome
from booking.signup.locks import lock_session
from booking.signup.moves import BookingStatus
from booking.signup.order_lines import OrderLine
from booking.signup.orders import Order
from booking.signup.standing import Admission, CannotBook, Obstacle, admit, admit_each, obstacles, seats_left

logger = logging.getLogger(__name__)


class PriceChanged(Exception):
    """The price is no longer the one that was shown; nothing was booked."""

    def __init__(self, cost: "Cost"):
        super().__init__(cost.shown)
        self.cost = cost


class TooFewSeats(CannotBook):
    """There are seats, but not for all, and it was to be all or none; ``left`` is how many there are."""

    def __init__(self, left: int):
        super().__init__(Obstacle.FULL)
        self.left = left


class NotAPair(Exception):
    """The session is for pairs, and these are not two."""


class CannotAsk(Exception):
    """The other of the pair can't be asked: there is too little time left, or we have no address to write to."""


class SeveralPayers(Exception):
    """The participants come from more than one municipality, and an order has one payer."""


class ConditionsChanged(Exception):
    """The conditions are no longer the version that was shown; nothing was booked."""


class MayNotActFor(Exception):
    """The booker does not, or no longer, act for this participant."""


class NoEanNumber(Exception):
    """Something is to be paid, and nobody said where the invoice goes."""


class NoCards(Exception):
    """Cards are not, or no longer, taken for this session."""


class NoCardsForAmount(NoCards):
    """It is less, or more, than a card can be charged with."""


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


@dataclass(frozen=True, slots=True)
class Cost:
    """What an order costs: the ``seats`` that are given at once, and, apart from them, the places of those who wait."""

    seats: Quote
    waiting: Quote = NOTHING

    @property
    def shown(self) -> str:
        """The sums as a form carries them."""
        return f"{self.seats.shown} {self.waiting.shown}" if self.waiting.lines else self.seats.shown

    @property
    def is_free(self) -> bool:
        return self.seats.is_free and self.waiting.is_free


def allot(seats: Sequence[Seat], left: int | None) -> tuple[list[Seat], list[Seat]]:
    """Those who get the seats that are ``left`` (None for no limit), in the order they were named; and the rest."""
    given = len(seats) if left is None else left
    return list(seats[:given]), list(seats[given:])


def cost_of(session: SessionPage, seats: Sequence[Seat], waiting: Sequence[Seat], *, prices: Prices) -> Cost:
    """What these cost. Each of those who wait is priced alone, for each gets a seat at another time, or none.

    Raises PriceUndecided.
    """
    later = [
        replace(line, seats=(place,))
        for place, asked in enumerate(asked_for(session, waiting, prices=prices))
        for line in prices.quote([replace(asked, pair="")], what=session.title).lines
    ]
    return Cost(quote_for(session, seats, prices=prices), Quote.of(later))


def order_of(submission: UUID, *, session: SessionPage, booker: Person) -> Order | None:
    """The order that this booker's form made for this session; the number alone might be of another session's."""
    return Order.objects.filter(submission=submission, booker=booker, bookings__session=session.pk).first()


def quote_for(session: SessionPage, seats: Sequence[Seat], *, prices: Prices) -> Quote:
    """What these seats cost these persons at these prices. Raises PriceUndecided."""
    return prices.quote(asked_for(session, seats, prices=prices), what=session.title)


def asked_for(session: SessionPage, seats: Sequence[Seat], *, prices: Prices) -> list[Asked]:
    """These seats as the rules of pricing see them; the audiences that have a price are looked up once for all."""
    priced_for = list(Audience.objects.filter(pk__in=prices.audiences)) if prices.audiences else []
    return [
        Asked(
            audiences=frozenset(
                audience.pk
                for audience in priced_for
                if not seat.participant.guest_email and audience.admits(seat.participant, on=session.starts_on)
            ),
            pair=seat.pair,
            add_ons=seat.add_ons,
        )
        for seat in seats
    ]


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
    rest_waits: bool = False,
    asks: Person | None = None,
    guests: Sequence[Guest] = (),
    authority: Authority | None = None,
) -> Order:
    """Give every participant a seat at today's price, or none of them.

    Where it ``pays_by_card``, the seats are only held until the money has come; what is free needs no card. Where it
    ``waits``, they go to the end of the waiting list instead, and card or invoice is settled when they take a seat.
    Where the ``rest_waits``, as many as there are seats for get one, in the order they are named, and the others go to
    the waiting list; that is not paid by card, for nobody can say of how much.

    Where the session is for pairs, the two of one are signed up together. ``asks`` is the one of them for whom the
    booker does not act: they are asked, and both seats are kept until the answer. Then it is paid by invoice.

    ``guests`` get a row each, and seats after those who are in the register.

    Staff sign somebody up on an ``authority``: what it sets aside does not keep anybody out, and the fact says why.

    ``shown`` (the sums of a quote) and ``shown_conditions`` (a version's id) are what the booker saw and accepted. A
    ``submission`` that was placed before for this session gives the order it made. The session row is locked first, so
    the last seat goes to one.
    Raises CannotBook, TooFewSeats, MayNotActFor, SeveralPayers, NotAPair, CannotAsk, PriceChanged, ConditionsChanged,
    NoCards or NoEanNumber; of guests, what ``welcome`` does.
    """
    session = lock_session(session.pk)
    placed = order_of(submission, session=session, booker=booker)
    if placed:
        return placed

    represented = {booker.pk, *booker.principals(today(now)).values_list("pk", flat=True)}
    seats = _read_anew(seats)
    named = _welcome(session, guests, seats, represented=represented, now=now)
    seats += named
    pair = uuid4() if session.takes_pairs and authority is None else None
    if pair and len(seats) != 2:
        raise NotAPair
    seats = [replace(seat, pair=str(pair or "")) for seat in seats]
    for obstacle in obstacles(session, now=now):
        if not (waits and obstacle == Obstacle.FULL) and not may_pass(obstacle, authority):
            raise CannotBook(obstacle)
    left = None if may_pass(Obstacle.FULL, authority) else seats_left(session)
    if pair and (waits or (left is not None and left < 2)):
        raise CannotBook(Obstacle.FULL)  # one seat is of no use to them, and nobody waits for two
    if left is not None and left < len(seats) and not (waits or rest_waits):
        raise TooFewSeats(left)
    given, waiting = allot(seats, 0 if waits else left)
    try:
        cost = cost_of(session, given, waiting, prices=session.prices(now=now))
    except PriceUndecided as undecided:
        raise CannotBook(Obstacle.PRICE_UNDECIDED) from undecided
    if cost.shown != shown:
        raise PriceChanged(cost)
    conditions = session.conditions.current()
    if conditions.pk != shown_conditions:
        raise ConditionsChanged
    pays_by_card = pays_by_card and not cost.is_free
    if pays_by_card and ((rest_waits and waiting) or not takes_cards(session)):
        raise NoCards
    if pays_by_card and not waits and not fits_a_card(cost.seats.gross):
        raise NoCardsForAmount
    # Staff may put somebody in line without it: whoever says yes to the seat is asked for it then.
    is_for_later = waits and authority is not None
    if not (purchase.gln or pays_by_card or cost.is_free or is_for_later):
        raise NoEanNumber
    theirs = represented | {seat.participant.pk for seat in named}
    others = [seat.participant for seat in seats if seat.participant.pk not in theirs]
    if others and not (pair and others == [asks]):
        raise MayNotActFor
    until = _answer_by(session, others, now=now)
    if until and pays_by_card:
        raise NoCards
    if len({seat.participant.identity for seat in seats}) < len(seats):
        raise CannotBook(Obstacle.ALREADY_BOOKED)
    admissions = _admissions(session, [seat.participant for seat in seats], authority, now=now)
    payers = {admission.municipality for admission in admissions}
    if len(payers) > 1:
        raise SeveralPayers

    [payer] = payers
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
        invoiced=session.invoiced,
        seller_id=session.seller_id,
        contact_name=purchase.contact_name,
        contact_email=purchase.contact_email,
        contact_phone=purchase.contact_phone,
        created_at=now,
        **(authority.on_the_order if authority else {}),
    )
    bookings = []
    doer = authority.by if authority else booker.user
    status = BookingStatus.HELD if order.pays_by_card else BookingStatus.CONFIRMED
    if until:
        status = BookingStatus.PAIRING
    statuses = [status] * len(given) + [BookingStatus.WAITING] * len(waiting)
    together = {"together": True} if statuses.count(BookingStatus.CONFIRMED) > 1 else {}
    for seat, admission, status in zip(seats, admissions, statuses, strict=True):
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
            pair=pair,
            asked_at=now if seat.participant in others else None,
        )
        details = authority.in_the_fact if authority else {}
        if status == BookingStatus.CONFIRMED:
            details = details | together
        booking.move(status, by=doer, now=now, until=until, **details)
        bookings.append(booking)
    _write_lines(cost.seats, bookings)
    _write_lines(cost.waiting, bookings[len(given) :])
    note_together([booking for booking in bookings if booking.is_confirmed], by=doer, now=now)
    logger.info("order %s placed", order.reference)
    return order


def _answer_by(session: SessionPage, others: Sequence[Person], *, now: datetime) -> datetime | None:
    """How long those who are asked may think about it; None where nobody is. Raises CannotAsk."""
    if not others:
        return None
    until = deadline(now, session.when.starts_at)
    if until is None or not all(other.email for other in others):
        raise CannotAsk
    return until


def note_together(bookings: Sequence[Booking], *, by, now: datetime) -> None:
    """That these seats of an order were given at once, if they are several: whoever ordered hears of it in one mail."""
    if len(bookings) > 1:
        order = bookings[0].order
        ids = [booking.pk for booking in bookings]
        record(ORDERED, order, by=by, on_behalf_of=order.booker, at=now, order=order.reference, bookings=ids)


def _welcome(
    session: SessionPage,
    guests: Sequence[Guest],
    seats: Sequence[Seat],
    *,
    represented: Collection[int],
    now: datetime,
) -> list[Seat]:
    """The seats of the guests, who come with those of the register that have ``seats``."""
    if not guests:
        return []
    rows = welcome(
        session,
        guests,
        people=Person.with_offices(represented),
        chosen=[seat.participant for seat in seats],
        now=now,
    )
    return [
        Seat(
            row,
            diet=guest.diet if session.needs_diet else "",
            room=guest.room if session.needs_room else "",
            add_ons=guest.add_ons,
        )
        for guest, row in zip(guests, rows, strict=True)
    ]


def _read_anew(seats: Sequence[Seat]) -> list[Seat]:
    """With the participants as they stand now that the session is locked."""
    people = {person.pk: person for person in Person.with_offices({seat.participant.pk for seat in seats})}
    return [replace(seat, participant=people[seat.participant.pk]) for seat in seats]


def _admissions(
    session: SessionPage, participants: Sequence[Person], authority: Authority | None, *, now: datetime
) -> list[Admission]:
    """As ``admit`` for each; whom the session is not for gets an exception until its day, if the authority says so."""
    admissions = []
    for answer in admit_each(session, participants):
        if isinstance(answer, Admission):
            admissions.append(answer)
            continue
        if authority is None or not may_pass(answer.obstacle, authority):
            raise answer
        grant_access(
            session.audience,
            answer.participant,
            reason=authority.reason,
            ends_on=session.starts_on,
            by=authority.by,
            now=now,
        )
        admissions.append(admit(session, answer.participant))
    return admissions


def _write_lines(quote: Quote, bookings: Sequence[Booking]) -> None:
    """Freeze what was agreed: each line at the booking it pays for, or at the first of those that share it."""
    written = OrderLine.objects.bulk_create(
        OrderLine.frozen(line, booking=bookings[line.seats[0]], seats=len(line.seats)) for line in quote.lines
    )
    for line, row in zip(quote.lines, written, strict=True):
        if len(line.seats) > 1:
            row.shared_by.set(bookings[seat] for seat in line.seats)
