"""Changing to another run: the seat moves along, with its order, its price and its conditions."""

import logging
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from booking.dates import today
from booking.journal.kinds import SWITCHED
from booking.journal.record import record
from booking.people.models import Person
from booking.pricing.price import Prices
from booking.sessions.models import SessionPage
from booking.signup.bookings import Booking
from booking.signup.fee import counts_from, grace_of
from booking.signup.locks import lock_sessions
from booking.signup.reserve import MayNotActFor
from booking.signup.standing import Admission, CannotBook, admit, session_obstacle

logger = logging.getLogger(__name__)


class Hindrance(StrEnum):
    """Why a seat stays where it is, though the other run would take its holder."""

    NOT_A_RUN = "not_a_run"  # the two sessions are not alternatives to each other
    NOT_PAID = "not_paid"  # it is only held, while somebody pays
    NO_SEAT = "no_seat"  # it was given up, or there never was one
    PAIR = "pair"  # the two of a pair go together, and only one was asked about
    SHARED_PRICE = "shared_price"  # it was bought together with others, at one price
    OTHER_PRICE = "other_price"  # what was agreed would no longer be the price
    CANCELLED = "cancelled"  # its session is: a new sign-up is free to be made
    BEGUN = "begun"  # its session has begun


class CannotSwitch(Exception):
    """The seat stays where it is."""

    def __init__(self, hindrance: Hindrance):
        super().__init__(hindrance)
        self.hindrance = hindrance


@transaction.atomic
def switch(
    booking: Booking,
    *,
    to: SessionPage,
    by,
    now: datetime,
    booker: Person | None = None,
    within_offer: bool = False,
) -> Booking:
    """Move the seat to ``to``, another run of the same choice. One row changes, so nobody is left with none or two.

    ``within_offer`` is for staff, who may take any session of the same offer.

    Order, price and conditions stay as they were agreed; so does what was written about diet and room, where the other
    run asks for it. ``booker`` is whoever asks for it on the site, and must act for the participant; staff ask without
    one. The days of withdrawal go by the other run, except where that would be the booker's own doing. Asking twice
    changes nothing. Raises CannotBook, CannotSwitch or MayNotActFor.
    """
    sessions = lock_sessions(booking.session_id, to.pk)
    booking = Booking.objects.select_for_update(of=("self",)).select_related("order", "participant").get(pk=booking.pk)
    if booker and not booker.may_act_for(booking.participant, today(now)):
        raise MayNotActFor
    if booking.session_id == to.pk and booking.is_confirmed:
        return booking
    left, to = sessions.get(booking.session_id), sessions[to.pk]
    if left is None:  # moved meanwhile, to where no run is
        raise CannotSwitch(Hindrance.NO_SEAT)
    admission = admit_from(booking, left, to, now=now, within_offer=within_offer)

    booking.session = left
    booking.counts_from = counts_from(booking) if booker and not grace_of(booking, now=now) else None
    booking.session, booking.office, booking.switched_at = to, admission.office, now
    booking.diet = booking.diet if to.needs_diet else ""
    booking.room = booking.room if to.needs_room else ""
    booking.save(update_fields=["session", "office", "diet", "room", "switched_at", "counts_from"])
    record(
        SWITCHED,
        booking,
        by=by,
        on_behalf_of=booking.participant,
        at=now,
        order=booking.order.reference,
        from_session=left.pk,
        from_entry=left.entry.pk,
        left=f"{left.title}, {left.when.short}",
        to=f"{to.title}, {to.when.short}",
    )
    logger.info("booking in order %s switched to another run", booking.order.reference)
    return booking


def admit_from(
    booking: Booking, left: SessionPage, to: SessionPage, *, now: datetime, within_offer: bool = False
) -> Admission:
    """What lets the holder of a seat at ``left`` into ``to`` instead. Raises CannotSwitch or CannotBook."""
    hindrance = _hindrance(booking, left, to, now=now, within_offer=within_offer)
    if hindrance:
        raise CannotSwitch(hindrance)
    obstacle = session_obstacle(to, now=now)
    if obstacle:
        raise CannotBook(obstacle)
    if not _costs_the_same(booking, here=left.prices(now=now), there=to.prices(now=now)):
        raise CannotSwitch(Hindrance.OTHER_PRICE)
    return admit(to, booking.participant, besides=booking)


def hindrance_of(booking: Booking, to: SessionPage, *, here: Prices, there: Prices, now: datetime) -> Hindrance | None:
    """What keeps a seat from another run of its choice, whoever has it: ``here`` and ``there`` are today's prices."""
    hindrance = _hindrance(booking, booking.session, to, now=now, within_offer=False)
    if hindrance or _costs_the_same(booking, here=here, there=there):
        return hindrance
    return Hindrance.OTHER_PRICE


def _hindrance(
    booking: Booking, left: SessionPage, to: SessionPage, *, now: datetime, within_offer: bool
) -> Hindrance | None:
    is_run = left.choice_id is not None and left.choice_id == to.choice_id
    if left.pk == to.pk or not (is_run or (within_offer and left.is_sibling_of(to))):
        return Hindrance.NOT_A_RUN
    if booking.awaits_payment:
        return Hindrance.NOT_PAID
    if not booking.is_confirmed:
        return Hindrance.NO_SEAT
    if left.is_cancelled:
        return Hindrance.CANCELLED
    if left.when.has_started(now) and left.when.is_dated:
        return Hindrance.BEGUN
    if booking.pair:
        return Hindrance.PAIR
    if any(line.seats > 1 for line in booking.lines.all()) or booking.is_in_shared_price:
        return Hindrance.SHARED_PRICE
    return None


def _costs_the_same(booking: Booking, *, here: Prices, there: Prices) -> bool:
    """Whether a seat costs the same today at both, and what was added to this one too: then what was agreed holds.

    Both are asked about today. A price list that has changed since must not keep somebody from what was agreed.
    """
    has_add_ons = len(booking.lines.all()) > 1
    return here.tariffs == there.tariffs and (here.add_ons == there.add_ons or not has_add_ons)


def can_be_left(booking: Booking, *, now: datetime) -> bool:
    """Whether the seat is one of several runs', and it is not too late for another; not whether another takes it."""
    session = booking.session
    is_one_of_several = booking.is_confirmed and session.choice_id is not None
    has_begun = session.when.is_dated and session.when.has_started(now)
    return is_one_of_several and not session.is_cancelled and not has_begun


def sessions_for(booking: Booking, *, now: datetime) -> list[SessionPage]:
    """The sessions of the same offer still to come, the runs among them: for staff, who may move a seat to any."""
    others = SessionPage.objects.sibling_of(booking.session, inclusive=False).live()
    return list(others.not_cancelled().upcoming(now).for_listing().select_related("conditions"))


def runs_for(booking: Booking) -> list[SessionPage]:
    """The other runs that can be thought of: none for a seat that was given up, or whose session stands alone."""
    return booking.session.other_runs() if booking.is_seated else []
