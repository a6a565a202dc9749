"""Two who come as a pair, such as a mayor and a municipal director: both have a seat, or neither.

Whoever acts for both signs them up at once. Otherwise one starts and names the other, who is asked; both seats are kept
until the answer, or until it is too late for one.
"""

import logging
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.urls import reverse

from booking.people.models import Office, Person
from booking.sessions.models import SessionPage
from booking.signup.bookings import Booking
from booking.signup.locks import lock_session
from booking.signup.moves import BookingStatus
from booking.signup.orders import Order
from booking.signup.reserve import Cost, PriceChanged, Seat, note_together, place_order
from booking.signup.standing import CannotBook, Obstacle, admit
from booking.signup.waiting import line_obstacle

logger = logging.getLogger(__name__)

_SALT = "booking.signup.pairs"


class PairGone(Exception):
    """There is nothing to say yes to any more: it was too late, or one of the two said no."""


class BadKey(Exception):
    """Not the key of a seat in a pair, or not of whoever has it now."""


# Who


def partners(session: SessionPage, of: Collection[Person], *, besides: Collection[int]) -> list[Person]:
    """Those whom the people ``of`` may name, by name, their offices at hand; not those whose ids are in ``besides``.

    They hold an office in the same municipality on the day, and the session is for them.
    """
    day = session.starts_on
    places = Office.objects.held_on(day).filter(person__in=of).values("municipality")
    there = Office.objects.held_on(day).filter(municipality__in=places).values("person")
    admitted = session.audience.admitted(day).filter(pk__in=there).exclude(pk__in=besides)
    return Person.with_offices(admitted.values_list("pk", flat=True))


def key_for(booking: Booking) -> str:
    """What stands in the address where the participant answers; nobody can guess it, and it is theirs alone."""
    words = f"{booking.pk}p{booking.participant_id}"
    return f"{Signer(salt=_SALT).signature(words)}-{words}"


def read_key(key: str) -> Booking:
    """The seat whose key it is. Raises BadKey."""
    signature, _dash, words = key.rpartition("-")
    try:
        booking_id, _p, participant_id = Signer(salt=_SALT).unsign(f"{words}:{signature}").partition("p")
    except BadSignature as error:
        raise BadKey from error
    bookings = Booking.objects.for_listing().select_related("conditions", "session__contact", "session__audience")
    booking = bookings.filter(pk=int(booking_id), participant=int(participant_id), pair__isnull=False).first()
    if booking is None:
        raise BadKey
    return booking


def pair_url(booking: Booking) -> str:
    """Where the pair is answered, or taken back; empty where there is nothing to answer."""
    return reverse("booking:pair", args=[key_for(booking)]) if booking.awaits_partner else ""


# Beginning


@transaction.atomic
def sign_up_pair(
    session: SessionPage, *, seats: Sequence[Seat], asks: Person | None, booker: Person, now: datetime, **order
) -> Order:
    """As ``place_order``, for two who come as a pair; ``asks`` is the one of them for whom the booker does not act.

    If that one has asked the other already, this is the yes that was awaited, and gives the order that asked. So two
    who start at once, each naming the other, have one seat each.
    """
    session = lock_session(session.pk)
    asked = _awaited(session, seats, asks)
    if asked is None:
        return place_order(session, seats=seats, asks=asks, booker=booker, now=now, **order)
    agreed = Cost(asked.order.quote())
    if agreed.shown != order["shown"]:
        raise PriceChanged(agreed)
    [seat] = [seat for seat in seats if seat.participant == asked.participant]
    details = {"diet": seat.diet, "room": seat.room, "may_be_listed": seat.may_be_listed}
    return confirm_pair(asked, by=booker.user, now=now, **details).order


def _awaited(session: SessionPage, seats: Sequence[Seat], asks: Person | None) -> Booking | None:
    """The seat for which one of these two is asked by the other, if that is so."""
    if asks is None:
        return None
    pairing = Booking.objects.filter(session=session, status=BookingStatus.PAIRING)
    by_them = pairing.filter(participant=asks, asked_at=None).values("pair")
    asked = pairing.filter(pair__in=by_them, participant__in=[seat.participant for seat in seats])
    return asked.exclude(asked_at=None).select_related("order", "participant").first()


# Answers


@transaction.atomic
def confirm_pair(
    booking: Booking, *, by, now: datetime, diet: str = "", room: str = "", may_be_listed: bool = False, **details
) -> Booking:
    """The one who was asked says yes: both have their seat from now on. Saying yes twice changes nothing.

    The audience is asked anew about both. Raises PairGone or CannotBook.
    """
    session = lock_session(booking.session_id)
    booking, both = _locked(booking)
    if booking.is_confirmed:
        return booking
    if booking.asked_at is None or not booking.awaits_partner or now >= booking.offered_until:
        raise PairGone
    obstacle = line_obstacle(session, now=now)
    if obstacle:
        raise CannotBook(obstacle)
    for one in both:
        admission = admit(session, one.participant, besides=one)
        if admission.municipality_id != one.order.payer_id:
            raise CannotBook(Obstacle.OTHER_MUNICIPALITY, participant=one.participant)
        one.office = admission.office
        if one == booking:
            one.accepted_at = now
            one.diet = diet if session.needs_diet else ""
            one.room = room if session.needs_room else ""
            one.may_be_listed = may_be_listed
        one.save(update_fields=["office", "accepted_at", "diet", "room", "may_be_listed"])
        one.move(BookingStatus.CONFIRMED, by=by, now=now, together=True, **details)
    note_together(both, by=by, now=now)
    logger.info("pair of order %s confirmed", booking.order.reference)
    return next(one for one in both if one == booking)


@transaction.atomic
def decline_pair(booking: Booking, *, by, now: datetime, **details) -> Booking:
    """Either of the two says no, while the answer is awaited: both seats are free. Nothing else is changed."""
    lock_session(booking.session_id)
    booking, both = _locked(booking)
    if booking.awaits_partner:
        for one in both:
            one.move(BookingStatus.CANCELLED, by=by, now=now, declined_by=booking.pk, **details)
        logger.info("pair of order %s declined", booking.order.reference)
    return next((one for one in both if one == booking), booking)


def lapse_due(now: datetime) -> tuple[Counter[str], int]:
    """Free the seats of pairs that nobody answered for in time; give what was done, and how many pairs failed."""
    done: Counter[str] = Counter()
    failed = 0
    late = Booking.objects.filter(status=BookingStatus.PAIRING, offered_until__lte=now, asked_at__isnull=False)
    for booking in late.order_by("pk"):
        try:
            done += _lapse(booking, now=now)
        except Exception:
            # One pair that can't be handled must not keep the seats of the others.
            logger.exception("pair of booking %s", booking.pk)
            failed += 1
    return done, failed


@transaction.atomic
def _lapse(booking: Booking, *, now: datetime) -> Counter[str]:
    lock_session(booking.session_id)
    booking, both = _locked(booking)
    if not booking.awaits_partner or booking.offered_until > now:
        return Counter()
    return Counter(one.move(BookingStatus.EXPIRED, by=None, now=now).kind for one in both)


def _locked(booking: Booking) -> tuple[Booking, list[Booking]]:
    """The seat and both of its pair as they stand now; the caller has locked the session."""
    Order.objects.select_for_update(of=("self",)).get(pk=booking.order_id)
    rows = Booking.objects.select_for_update(of=("self",)).select_related("order__payer", "participant")
    both = list(rows.filter(order=booking.order_id, pair=booking.pair).order_by("pk"))
    return next(one for one in both if one.pk == booking.pk), both
