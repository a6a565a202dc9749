"""What was agreed, paid, given back and is still to be invoiced, seat by seat."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch, QuerySet

from booking.ledger import NOTHING, Part, by_rate, share_out
from booking.payments.models import Payment, Refund, RefundState
from booking.payments.refund import what_a_withdrawal_gives
from booking.signup.models import SEATED, Booking, BookingStatus


@dataclass(frozen=True, slots=True)
class Balance:
    """Kroner, including VAT, as things stand.

    ``agreed`` is the price of a seat, or what the conditions leave of it when the seat was given up.
    """

    agreed: Decimal = NOTHING
    paid: Decimal = NOTHING
    given_back: Decimal = NOTHING
    to_invoice: Decimal = NOTHING

    def __add__(self, other: "Balance") -> "Balance":
        return Balance(
            self.agreed + other.agreed,
            self.paid + other.paid,
            self.given_back + other.given_back,
            self.to_invoice + other.to_invoice,
        )


def with_money(bookings: QuerySet[Booking]) -> QuerySet[Booking]:
    """The bookings with all that a balance is made of, in a fixed number of queries."""
    return bookings.select_related("order", "conditions", "session__calendar_entry").prefetch_related(
        Prefetch("order__bookings", Booking.objects.order_by("pk")),
        Prefetch("order__payments", Payment.objects.paid().order_by("pk")),
        Prefetch("order__payments__refunds", Refund.objects.order_by("pk")),
    )


def balances(bookings: Iterable[Booking]) -> dict[int, Balance]:
    """The balance of each (by its id); give bookings that come ``with_money``."""
    found: dict[int, Balance] = {}
    cards: dict[int, dict[int, Balance]] = {}
    for booking in bookings:
        order = booking.order
        if not order.pays_by_card:
            due = what_is_due(booking)
            found[booking.pk] = Balance(agreed=due, to_invoice=due)
            continue
        if order.pk not in cards:
            cards[order.pk] = _by_card(order.payments.all(), list(order.bookings.all()))
        found[booking.pk] = Balance(agreed=what_is_due(booking)) + cards[order.pk].get(booking.pk, Balance())
    return found


def what_is_due(booking: Booking) -> Decimal:
    """What the seat costs as things stand: its price, what a withdrawal leaves of it, or nothing."""
    if booking.session.is_cancelled:
        return NOTHING
    if booking.status in SEATED:
        return booking.price.gross
    has_had_a_seat = booking.status == BookingStatus.CANCELLED and booking.waiting_since is None
    return booking.price.gross - what_a_withdrawal_gives(booking) if has_had_a_seat else NOTHING


def paid_for(payment: Payment, bookings: Sequence[Booking]) -> list[Booking]:
    """The seats of an order that a payment was for: those that were not given up before it was begun."""
    return [one for one in bookings if one.cancelled_at is None or one.cancelled_at >= payment.created_at]


def parts_of(bookings: Iterable[Booking]) -> list[Part]:
    """What was agreed of these seats, by rate of VAT."""
    prices = [booking.price for booking in bookings]
    return by_rate(Part(price.vat / price.net, price.net, price.vat) for price in prices if not price.is_free)


def _by_card(payments: Iterable[Payment], bookings: Sequence[Booking]) -> dict[int, Balance]:
    """What came and went by card, over the seats of one order.

    What was given back for a seat is that seat's; the rest is shared by what is left.
    """
    found = {booking.pk: Balance() for booking in bookings}
    for payment in payments:
        seats = paid_for(payment, bookings) or bookings
        paid = share_out(payment.amount, [seat.price.gross for seat in seats])
        kept = {seat.pk: share for seat, share in zip(seats, paid, strict=True)}
        for pk, share in kept.items():
            found[pk] += Balance(paid=share)
        for refund in payment.refunds.all():
            if refund.state == RefundState.FAILED:
                continue
            for pk, share in _taken(refund, kept).items():
                kept[pk] -= share
                found[pk] += Balance(given_back=share)
    return found


def _taken(refund: Refund, kept: dict[int, Decimal]) -> dict[int, Decimal]:
    """What a refund takes of what is kept for each seat."""
    own = min(refund.amount, kept.get(refund.booking_id, NOTHING))
    first = {pk: own if pk == refund.booking_id else NOTHING for pk in kept}
    rest = share_out(refund.amount - own, [left - first[pk] for pk, left in kept.items()])
    return {pk: first[pk] + share for pk, share in zip(kept, rest, strict=True)}
