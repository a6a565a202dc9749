"""The kinds of mail whose words are staff's, and what a text of each can have filled in."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

#: What can be filled in, and what it is to whoever writes a text.
PLACES = {
    "emne": gettext_lazy("the standard subject"),
    "titel": gettext_lazy("the title of the session"),
    "dato": gettext_lazy("the day or days of the session"),
    "sted": gettext_lazy("where it is held"),
    "deltager": gettext_lazy("the name of the participant"),
    "reference": gettext_lazy("the reference of the sign-up"),
    "frist": gettext_lazy("until when there can be answered"),
    "anden": gettext_lazy("the name of the other of the pair"),
    "nummer": gettext_lazy("the number of the invoice or credit note"),
}
_SESSION = ("emne", "titel", "dato", "sted")
_SEAT = (*_SESSION, "deltager", "reference")
_OFFER = (*_SEAT, "frist")
_PAIR = (*_SEAT, "anden")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of mail whose words are staff's: what it is called, and the places that its texts may have."""

    label: str | Promise
    places: tuple[str, ...] = _SEAT
    may_be_left_out: bool = False


#: Those that staff may give words. Letters that they write themselves, and mails to staff, are not among them. Of the
#: mail that signs somebody in, what stands around the code is staff's, and the code is the reader's alone.
KINDS = {
    "booked": Kind(gettext_lazy("Signed up")),
    "ordered": Kind(gettext_lazy("Several signed up at once")),
    "queued": Kind(gettext_lazy("On the waiting list")),
    "offered": Kind(gettext_lazy("Offered a seat from the waiting list"), _OFFER),
    "called": Kind(gettext_lazy("A seat for the first of those who wait")),
    "offer_lapsed": Kind(gettext_lazy("Not answered, so the seat is passed on"), _OFFER),
    "declined": Kind(gettext_lazy("Declined the seat from the waiting list")),
    "offer_withdrawn": Kind(gettext_lazy("The offered seat is taken back")),
    "passed_over": Kind(gettext_lazy("Waits, but could not have the free seat")),
    "queue_left": Kind(gettext_lazy("Left the waiting list")),
    "no_seat": Kind(gettext_lazy("Waited, and no seat came free")),
    "pair_asked": Kind(gettext_lazy("Invited to take part together with another"), (*_PAIR, "frist")),
    "pair_awaits": Kind(gettext_lazy("Awaits the answer of the other of the pair"), (*_PAIR, "frist")),
    "pair_ended": Kind(gettext_lazy("Nothing came of the pair"), _PAIR),
    "seat_passed_on": Kind(gettext_lazy("Seat passed on to another person"), (*_SESSION, "reference")),
    "switched": Kind(gettext_lazy("Switched to another run")),
    "cancelled": Kind(gettext_lazy("Sign-up cancelled")),
    "session_changed": Kind(gettext_lazy("New time, place or link")),
    "programme": Kind(gettext_lazy("Programme published")),
    "session_cancelled": Kind(gettext_lazy("Session cancelled")),
    "session_revived": Kind(gettext_lazy("Session held after all")),
    "reminder_week": Kind(gettext_lazy("Reminder a week before"), may_be_left_out=True),
    "reminder_day": Kind(gettext_lazy("Reminder the day before"), may_be_left_out=True),
    "dated": Kind(gettext_lazy("Now there is a date"), ("emne", "titel")),
    "paid": Kind(gettext_lazy("Receipt for a payment by card"), (*_SESSION, "reference")),
    "refunded": Kind(gettext_lazy("Paid back"), (*_SESSION, "reference")),
    "not_paid": Kind(gettext_lazy("Not paid in time"), (*_SESSION, "reference")),
    "fee_fell_away": Kind(gettext_lazy("Nothing to pay for a withdrawal")),
    "invoice": Kind(gettext_lazy("Invoice by mail, without an EAN number"), ("emne", "nummer")),
    "credit_note": Kind(gettext_lazy("Credit note by mail, without an EAN number"), ("emne", "nummer")),
    "secretary_named": Kind(gettext_lazy("May act for somebody"), ("emne",)),
    "sign_in": Kind(gettext_lazy("Code for signing in"), ("emne",)),
    "unknown_address": Kind(gettext_lazy("Asked for a code, but is not in the register"), ("emne",)),
}
