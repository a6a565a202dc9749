"""The rows of this room, gathered for the others; each kind lives in a module of its own."""

from booking.signup.bookings import ATTENDANCE, Booking
from booking.signup.interests import Interest
from booking.signup.moves import ACTIVE, HOLDS_A_SEAT, IN_LINE, SEATED, BookingStatus
from booking.signup.order_lines import OrderLine
from booking.signup.orders import AcceptedHow, Order, new_reference
from booking.signup.withdrawals import Withdrawal, WithdrawalLine

__all__ = [
    "ACTIVE",
    "ATTENDANCE",
    "HOLDS_A_SEAT",
    "IN_LINE",
    "SEATED",
    "AcceptedHow",
    "Booking",
    "BookingStatus",
    "Interest",
    "Order",
    "OrderLine",
    "Withdrawal",
    "WithdrawalLine",
    "new_reference",
]
