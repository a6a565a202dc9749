"""How an order that is paid by card stands, as its payer is told: what is known, and no more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from booking.payments.models import Payment, RefundReason, RefundState
from booking.payments.settle import HELD_FOR
from booking.signup.models import Booking, BookingStatus, Order


class Standing(StrEnum):
    CONFIRMED = "confirmed"  # it is paid for
    HELD = "held"  # it is yet to be paid for
    EXPIRED = "expired"  # it was not paid for in time, or given up
    GIVEN_UP = "given_up"  # it was cancelled before it was paid for
    WITHDRAWN = "withdrawn"  # it was paid for, and cancelled later
    SENT_BACK = "sent_back"  # the money came when there was no seat any more
    PAID_TWICE = "paid_twice"  # the money came when the participant had a seat by another order
    CALLED_OFF = "called_off"  # the session is cancelled


@dataclass(frozen=True, slots=True)
class CardOrder:
    """An order with its money, kroner including VAT."""

    order: Order
    bookings: Sequence[Booking]
    payments: Sequence[Payment]  # the first first
    standing: Standing

    @classmethod
    def of(cls, order: Order) -> "CardOrder":
        bookings = list(order.bookings.for_listing().select_related("session__contact").order_by("pk"))
        payments = list(order.payments.prefetch_related("refunds").order_by("pk"))
        return cls(order, bookings, payments, _standing(bookings, payments))

    @property
    def latest(self) -> Payment | None:
        return self.payments[-1] if self.payments else None

    @property
    def amount(self) -> Decimal:
        """What it costs."""
        return sum((booking.price.gross for booking in self.bookings), Decimal(0))

    @property
    def paid(self) -> Decimal:
        return sum((payment.amount for payment in self.payments if payment.is_paid), Decimal(0))

    @property
    def given_back(self) -> Decimal:
        """Paid back, or on its way."""
        return sum((refund.amount for refund in self._refunds() if refund.state != RefundState.FAILED), Decimal(0))

    @property
    def is_stuck(self) -> bool:
        """Whether something was to be paid back, and could not be."""
        tried_again = {refund.in_place_of_id for refund in self._refunds()}
        failed = [refund for refund in self._refunds() if refund.state == RefundState.FAILED]
        return self.given_back < self.paid and any(refund.pk not in tried_again for refund in failed)

    def held_until(self, now: datetime) -> datetime | None:
        """How long the seat is held; None when that time is over, and it is being found out whether it was paid for."""
        held = [booking.booked_at + HELD_FOR for booking in self.bookings if booking.awaits_payment]
        if self.latest and self.latest.is_unsettled:
            held = [self.latest.expires_at]
        return next((until for until in held if until > now), None)

    def _refunds(self):
        return [refund for payment in self.payments for refund in payment.refunds.all()]


def _standing(bookings: Sequence[Booking], payments: Sequence[Payment]) -> Standing:
    if any(booking.session.is_cancelled for booking in bookings):
        return Standing.CALLED_OFF
    if any(booking.is_confirmed for booking in bookings):
        return Standing.CONFIRMED
    if any(booking.awaits_payment for booking in bookings):
        return Standing.HELD
    is_cancelled = any(booking.status == BookingStatus.CANCELLED for booking in bookings)
    if not any(payment.is_paid for payment in payments):
        return Standing.GIVEN_UP if is_cancelled else Standing.EXPIRED
    if is_cancelled:
        return Standing.WITHDRAWN
    reasons = {refund.reason for payment in payments for refund in payment.refunds.all()}
    return Standing.PAID_TWICE if RefundReason.PAID_TWICE in reasons else Standing.SENT_BACK
