"""The waiting list: who gets the seats that come free, how long they may think, and what they answer.

A free seat is offered to the first in line whom the session is for, and kept until ``deadline``; no answer or a no
passes it on. Near the start all who wait are told at once, and the first to press has it.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from booking.journal import kinds
from booking.journal.models import Fact
from booking.journal.record import record
from booking.sessions.models import SessionPage
from booking.signup.bookings import Booking
from booking.signup.cards import fits_a_card, takes_cards
from booking.signup.deadline import deadline
from booking.signup.locks import lock_session
from booking.signup.moves import IN_LINE, BookingStatus
from booking.signup.orders import Order
from booking.signup.release import release_fee
from booking.signup.reserve import NoCards, NoEanNumber
from booking.signup.standing import Admission, CannotBook, Obstacle, admit, seats_left, time_obstacle

logger = logging.getLogger(__name__)

#: The facts after which there may be a free seat, or somebody new who waits for one.
KINDS = frozenset(
    {
        kinds.CANCELLED,
        kinds.EXPIRED,
        kinds.PAIR_DECLINED,
        kinds.PAIR_LAPSED,
        kinds.SWITCHED,
        kinds.QUEUED,
        kinds.QUEUE_LEFT,
        kinds.DECLINED,
        kinds.SESSION_SHOWN,
        kinds.SEATS_CHANGED,
    }
)


class SeatGone(Exception):
    """There is no seat to take: the offer has run out, or somebody else was first."""


def place_in_line(booking: Booking) -> int:
    """1 for whoever gets the next free seat."""
    ahead = Booking.objects.filter(session=booking.session_id, pk__lt=booking.pk)
    return ahead.in_line_for_a_seat().count() + 1


def line_obstacle(session: SessionPage, *, now: datetime) -> Obstacle | None:
    """What keeps those who wait from getting a seat. That sign-up has closed does not: they joined in time."""
    obstacle = time_obstacle(session, now=now)
    return None if obstacle in {Obstacle.NOT_OPEN, Obstacle.CLOSED} else obstacle


# Free seats


@transaction.atomic
def offer_free_seats(session: SessionPage, *, now: datetime) -> Counter[str]:
    """Bring the waiting list in step with the seats and the clock; give how often each kind of thing was done.

    May be called at any time, and by any number of processes: it does what there is to do, once.
    """
    session = lock_session(session.pk)
    line = list(
        Booking.objects.select_for_update(of=("self",))
        .filter(session=session, status__in=IN_LINE)
        .select_related("order", "participant")
        .order_by("pk")
    )
    if _has_begun(session, now):
        return _done(booking.move(BookingStatus.EXPIRED, by=None, now=now) for booking in line)
    offered = [booking for booking in line if booking.is_offered]
    if line_obstacle(session, now=now):
        return _done(booking.move(BookingStatus.WAITING, by=None, now=now) for booking in offered)
    late = [booking for booking in offered if booking.offered_until <= now]
    done = _done(booking.move(BookingStatus.EXPIRED, by=None, now=now) for booking in late)
    waiting = [booking for booking in line if booking.is_waiting]
    return done + _give_out(session, waiting, now=now)


def _give_out(session: SessionPage, waiting: Sequence[Booking], *, now: datetime) -> Counter[str]:
    """Offer what is free to the first in line; or, near the start, call them all."""
    if seats_left(session) == 0:
        _call_off(session)
        return Counter()
    return _done(fact for turn in _turns(session, waiting, now=now) for fact in _take(turn, now=now))


@dataclass(frozen=True, slots=True)
class Turn:
    """That the free seats reach one of those who wait.

    There is no ``admission`` where the session is not for them any more, and no ``until`` where all are told at once.
    """

    booking: Booking
    admission: Admission | None
    until: datetime | None

    @property
    def news(self) -> str:
        """The kind of fact that it makes; empty where they have heard of it."""
        if self.admission is None:  # they keep their place, should the session be for them again
            return "" if self.booking.passed_over_at else kinds.PASSED_OVER
        if self.until:
            return kinds.OFFERED
        return "" if self.booking.called_at else kinds.CALLED


def _turns(session: SessionPage, waiting: Sequence[Booking], *, now: datetime) -> Iterator[Turn]:
    """Whose turn it is with the seats that are free, in order. Nothing is written."""
    left = seats_left(session)
    until = deadline(now, session.when.starts_at)
    for booking in waiting:
        if left == 0:
            return
        admission = _admission(session, booking)
        yield Turn(booking, admission, until)
        if admission and until:
            left = left and left - 1


def _admission(session: SessionPage, booking: Booking) -> Admission | None:
    """What lets them in as of now: it may be another office than when they joined, or none."""
    try:
        return admit(session, booking.participant, besides=booking)
    except CannotBook:
        return None


def _take(turn: Turn, *, now: datetime) -> list[Fact]:
    booking = turn.booking
    if turn.admission:
        _note_admission(booking, turn.admission)
    if turn.news == kinds.OFFERED:
        return [booking.move(BookingStatus.OFFERED, by=None, now=now, until=turn.until)]
    if turn.news:
        told_at = {kinds.CALLED: "called_at", kinds.PASSED_OVER: "passed_over_at"}[turn.news]
        kind = turn.news
        setattr(booking, told_at, now)
        booking.save(update_fields=[told_at])
        return [_record(kind, booking, now=now)]
    return []


def _note_admission(booking: Booking, admission: Admission) -> None:
    office_id = admission.office and admission.office.pk
    if booking.office_id != office_id or booking.passed_over_at:
        booking.office, booking.passed_over_at = admission.office, None
        booking.save(update_fields=["office", "passed_over_at"])


def news_for_line(session: SessionPage, *, now: datetime) -> list[tuple[Booking, str]]:
    """Whom of those in line a session would tell something, were it published as it is in hand: each with the fact."""
    in_line = Booking.objects.filter(session=session.pk, status__in=IN_LINE)
    line = list(in_line.select_related("order", "participant__host").order_by("pk"))
    if _has_begun(session, now):  # which closes the list
        return [(booking, kinds.OFFER_LAPSED if booking.is_offered else kinds.NO_SEAT) for booking in line]
    if not line:
        return []
    if line_obstacle(session, now=now):
        return [(booking, kinds.OFFER_WITHDRAWN) for booking in line if booking.is_offered]
    waiting = [booking for booking in line if booking.is_waiting]
    return [(turn.booking, turn.news) for turn in _turns(session, waiting, now=now) if turn.news]


def _call_off(session: SessionPage) -> None:
    """The seat that they were told of is taken; the next one is news again."""
    Booking.objects.filter(session=session, called_at__isnull=False).update(called_at=None)


def _record(kind: str, booking: Booking, *, now: datetime) -> Fact:
    return record(kind, booking, on_behalf_of=booking.participant, at=now, order=booking.order.reference)


def _done(facts) -> Counter[str]:
    return Counter(fact.kind for fact in facts)


def offer_due(now: datetime) -> tuple[Counter[str], int]:
    """Do so for every session that somebody waits for; give what was done, and how many sessions failed."""
    done: Counter[str] = Counter()
    failed = 0
    waited_for = Booking.objects.filter(status__in=IN_LINE).values("session")
    for session in SessionPage.objects.filter(pk__in=waited_for).order_by("pk"):
        try:
            done += offer_free_seats(session, now=now)
        except Exception:
            # One session that can't be handled must not keep the seats of the others from those who wait.
            logger.exception("waiting list of session %s", session.pk)
            failed += 1
    return done, failed


def follow_seats(fact: Fact) -> None:
    """A seat may be free now, or a session be open again."""
    session = fact.about.session
    if fact.kind == kinds.SWITCHED:  # the seat that was left
        session = SessionPage.objects.filter(pk=fact.details["from_session"]).first()
    if session and Booking.objects.filter(session=session, status__in=IN_LINE).exists():
        offer_free_seats(session, now=timezone.now())


# Answers


def can_be_taken(booking: Booking, *, now: datetime) -> bool:
    """Whether a seat is there for them right now: one that is kept for them, or one that goes to the first."""
    if booking.is_offered:
        return now < booking.offered_until
    session = booking.session
    is_near = booking.is_waiting and deadline(now, session.when.starts_at) is None
    return is_near and line_obstacle(session, now=now) is None and seats_left(session) != 0


@transaction.atomic
def leave_line(booking: Booking, *, by, now: datetime, **details) -> Booking:
    """Wait no longer, or say no to the seat that is offered. Whoever has taken a seat meanwhile keeps it."""
    lock_session(booking.session_id)
    locked = Booking.objects.select_for_update(of=("self",)).select_related("order", "participant")
    booking = locked.get(pk=booking.pk)
    if booking.is_in_line:
        booking.move(BookingStatus.CANCELLED, by=by, now=now, **details)
        logger.info("place in line given up, order %s", booking.order.reference)
    return booking


@transaction.atomic
def take_seat(booking: Booking, *, by, now: datetime, pays_by_card: bool = False, gln: str = "", **details) -> Booking:
    """Say yes to the seat, at the price and on the conditions that were accepted when they joined the line.

    The audience is asked anew. Where it ``pays_by_card`` the seat is held until the money has come; where no invoice
    was thought of before, ``gln`` says where it goes. Saying yes twice changes nothing.
    Raises SeatGone, CannotBook, NoCards or NoEanNumber.
    """
    session = lock_session(booking.session_id)
    booking = Booking.objects.select_related("order", "participant").get(pk=booking.pk)
    if booking.is_seated:
        return booking
    obstacle = line_obstacle(session, now=now)
    if obstacle and booking.is_active:
        raise CannotBook(obstacle)
    booking.session = session
    if not can_be_taken(booking, now=now):
        raise SeatGone
    admission = admit(session, booking.participant, besides=booking)
    order = Order.objects.select_for_update(of=("self",)).get(pk=booking.order_id)
    _settle_payment(order, booking, session, pays_by_card=pays_by_card, gln=gln)
    booking = Booking.objects.select_for_update(of=("self",)).select_related("participant").get(pk=booking.pk)
    booking.order, booking.office = order, admission.office
    booking.save(update_fields=["office"])
    booking.move(BookingStatus.HELD if order.pays_by_card else BookingStatus.CONFIRMED, by=by, now=now, **details)
    if booking.is_confirmed:  # one that is held may still be lost
        release_fee(booking, now=now)
    if seats_left(session) == 0:
        _call_off(session)
    logger.info("seat taken from the waiting list, order %s", order.reference)
    return booking


def _settle_payment(order: Order, booking: Booking, session: SessionPage, *, pays_by_card: bool, gln: str) -> None:
    """Card or invoice, now that there is something to pay."""
    if order.quote().is_free:
        return
    if pays_by_card and not can_pay_by_card(booking, session):
        raise NoCards
    if not (pays_by_card or gln or order.gln):
        raise NoEanNumber
    order.pays_by_card = pays_by_card
    order.gln = "" if pays_by_card else gln or order.gln
    order.save(update_fields=["pays_by_card", "gln"])


def can_pay_by_card(booking: Booking, session: SessionPage) -> bool:
    """One payment is for all of an order, so it must be for this seat alone."""
    is_payable = takes_cards(session) and fits_a_card(booking.price.gross)
    return is_payable and booking.order.bookings.count() == 1


def _has_begun(session: SessionPage, now: datetime) -> bool:
    when = session.when
    return when is not None and (when.is_over(now) or (when.is_dated and when.has_started(now)))
