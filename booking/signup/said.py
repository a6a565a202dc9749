"""What every list that staff read says of a booking: the office, the municipality and the state."""

from django.utils.translation import gettext as _

from booking.people.models import Municipality
from booking.signup.bookings import Booking


def office_of(booking: Booking) -> str:
    """The office that admitted the participant; some come without one."""
    return booking.office.get_kind_display() if booking.office else ""


def municipality_of(booking: Booking) -> Municipality:
    """Where the participant comes from; the payer, for somebody without an office."""
    return booking.office.municipality if booking.office else booking.order.payer


def state_of(booking: Booking) -> str:
    """Its status, and whether the participant came once somebody has said so."""
    if booking.never_had_a_seat and not booking.is_active:
        return _("no longer on the waiting list")
    if booking.called_off:
        return _("ended when the session was cancelled")
    return ", ".join(words for words in (str(booking.get_status_display()), booking.attendance) if words)
