"""The way from a mail to one's place in line: an address that nobody can guess, and that needs no sign-in.

It opens the one place and nothing else. The contact's is good as long as the booker acts for the participant.
"""

from dataclasses import dataclass
from datetime import datetime

from django.core.signing import BadSignature, Signer
from django.urls import reverse

from booking.dates import today
from booking.signup.bookings import Booking

_SALT = "booking.signup.link"


class BadLink(Exception):
    """Not one of ours, or no longer good."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The place in line that a link opens, and whose link it is."""

    booking: Booking
    is_participant: bool


def key_for(booking: Booking, *, participant: bool) -> str:
    """What stands in the address: of the participant's own link, or of that which the order's contact gets."""
    words = f"{booking.pk}{'p' if participant else 'c'}"
    return f"{_signer().signature(words)}-{words}"


def place_url(booking: Booking) -> str:
    """Where whoever represents the participant answers an offer, or leaves the waiting list; empty if there is none."""
    if not booking.is_in_line or booking.session.is_cancelled:
        return ""
    return reverse("booking:place_in_line", args=[key_for(booking, participant=True)])


def read_key(key: str, *, now: datetime) -> Holder:
    """Whose place it is, and who holds the link. Raises BadLink."""
    signature, _dash, words = key.rpartition("-")
    try:
        words = _signer().unsign(f"{words}:{signature}")
    except BadSignature as error:
        raise BadLink from error
    bookings = Booking.objects.for_listing().select_related("conditions", "session__price_list", "session__contact")
    booking = bookings.get(pk=int(words[:-1]))
    is_participant = words.endswith("p")
    if not is_participant and not booking.order.booker.may_act_for(booking.participant, today(now)):
        raise BadLink
    return Holder(booking, is_participant)


def _signer() -> Signer:
    return Signer(salt=_SALT)
