"""The life of a booking: its statuses, every move between them, and what each status means for the seat."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from booking.journal import kinds


class IllegalMove(Exception):
    """A status was about to change in a way that the table of moves does not know."""


class BookingStatus(models.TextChoices):
    WAITING = "waiting", _("on the waiting list")
    OFFERED = "offered", _("offered a seat")  # which is kept until ``offered_until``
    PAIRING = "pairing", _("awaits the other of the pair")  # for whom both seats are kept until ``offered_until``
    HELD = "held", _("awaits payment")
    CONFIRMED = "confirmed", _("confirmed")
    EXPIRED = "expired", _("lapsed")  # a seat was offered or held, and not taken in time; or there never was one
    CANCELLED = "cancelled", _("cancelled")


#: Where every booking begins: it is being made, and has no row yet.
NEW = ""

#: The whole life of a booking: from, to, and the fact that tells it. A move that is not listed cannot happen.
MOVES: dict[str, dict[str, str]] = {
    NEW: {
        BookingStatus.CONFIRMED: kinds.BOOKED,  # by the booker, or by staff
        BookingStatus.HELD: kinds.HELD,  # by the booker, who pays by card
        BookingStatus.WAITING: kinds.QUEUED,  # by the booker, when all seats are taken
        BookingStatus.PAIRING: kinds.PAIR_ASKED,  # by the booker, who does not act for both of the pair
    },
    BookingStatus.WAITING: {
        BookingStatus.OFFERED: kinds.OFFERED,  # by the house: a seat is free, and this is the first whom it is for
        BookingStatus.CONFIRMED: kinds.BOOKED,  # by booker or participant: the first to press, near the start
        BookingStatus.HELD: kinds.HELD,  # the same, by card
        BookingStatus.CANCELLED: kinds.QUEUE_LEFT,  # by booker, participant or staff
        BookingStatus.EXPIRED: kinds.NO_SEAT,  # by the house: the session has begun
    },
    BookingStatus.OFFERED: {
        BookingStatus.CONFIRMED: kinds.BOOKED,  # by booker or participant: yes
        BookingStatus.HELD: kinds.HELD,  # the same, by card
        BookingStatus.CANCELLED: kinds.DECLINED,  # by booker, participant or staff: no
        BookingStatus.EXPIRED: kinds.OFFER_LAPSED,  # by the house: no answer in time
        BookingStatus.WAITING: kinds.OFFER_WITHDRAWN,  # by the house: the session lost its date or its page
    },
    BookingStatus.PAIRING: {
        BookingStatus.CONFIRMED: kinds.BOOKED,  # by the one who was asked: yes, and both have their seat
        BookingStatus.CANCELLED: kinds.PAIR_DECLINED,  # by either, or by staff: no
        BookingStatus.EXPIRED: kinds.PAIR_LAPSED,  # by the house: no answer in time
    },
    BookingStatus.HELD: {
        BookingStatus.CONFIRMED: kinds.BOOKED,  # by the house: the money has come
        BookingStatus.EXPIRED: kinds.EXPIRED,  # by the house, or by the booker who gives up: it will not come
        BookingStatus.CANCELLED: kinds.CANCELLED,  # by staff
    },
    BookingStatus.CONFIRMED: {
        BookingStatus.CANCELLED: kinds.CANCELLED,  # by the booker, or by staff
    },
    BookingStatus.EXPIRED: {
        BookingStatus.CONFIRMED: kinds.BOOKED,  # by the house: paid late, and a seat was still free
    },
    BookingStatus.CANCELLED: {},
}

#: Somebody has said yes to a seat.
SEATED = [BookingStatus.HELD, BookingStatus.CONFIRMED]
#: A seat that nobody else can have: one that is offered, too, or kept for a pair.
HOLDS_A_SEAT = [BookingStatus.OFFERED, BookingStatus.PAIRING, *SEATED]
#: Has a seat or may still get one; a person has one such booking at a session.
ACTIVE = [BookingStatus.WAITING, *HOLDS_A_SEAT]
#: On the waiting list, with an offer or without.
IN_LINE = [BookingStatus.WAITING, BookingStatus.OFFERED]


def fact_of(was: str, to: str) -> str:
    """The kind of fact that tells the move from one status to another. Raises IllegalMove."""
    if to not in MOVES[was]:
        raise IllegalMove(was, to)
    return MOVES[was][to]
