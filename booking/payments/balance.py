"""What was agreed, paid and given back, and what invoices are to bring, seat by seat."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter

from django.db.models import Prefetch, QuerySet

from booking.ledger import NOTHING, Part, by_rate, share_out
from booking.payments.models import Payment, Refund, RefundReason, RefundState
from booking.pricing.quote import Quote
from booking.signup.models import SEATED, Booking


@dataclass(frozen=True, slots=True)
class Balance:
    """Kroner, including VAT, as things stand.

    ``agreed`` is the price of a seat, or what is owed for it when it was given up. ``to_invoice`` is what of that is
    paid by invoice, as far as it is not ``invoiced``: that is for the room to say that invoices.
    """

    agreed: Decimal = NOTHING
    paid: Decimal = NOTHING
    given_back: Decimal = NOTHING
    to_invoice: Decimal = NOTHING
    invoiced: Decimal = NOTHING

    def __add__(self, other: "Balance") -> "Balance":
        return Balance(
            self.agreed + other.agreed,
            self.paid + other.paid,
            self.given_back + other.given_back,
            self.to_invoice + other.to_invoice,
            self.invoiced + other.invoiced,
        )


def with_money(bookings: QuerySet[Booking]) -> QuerySet[Booking]:
    """The bookings with all that a balance is made of, in a fixed number of queries."""
    return bookings.select_related("order", "session__calendar_entry", "withdrawal").prefetch_related(
        "lines",
        "withdrawal__lines",
        Prefetch("order__payments", Payment.objects.paid().order_by("pk")),
        Prefetch("order__payments__bookings", Booking.objects.order_by("pk").prefetch_related("lines")),
        Prefetch("order__payments__refunds", Refund.objects.order_by("pk")),
    )


def balances(bookings: Iterable[Booking]) -> dict[int, Balance]:
    """The balance of each (by its id); give bookings that come ``with_money``."""
    found: dict[int, Balance] = {}
    by_order: dict[int, dict[int, Balance]] = {}
    for booking in bookings:
        order, due = booking.order, booking.due().gross
        if not order.pays_by_card:
            found[booking.pk] = Balance(agreed=due, to_invoice=due)
            continue
        payments = order.payments.all()
        if order.pk not in by_order:
            by_order[order.pk] = _by_card(payments)
        was_had = booking.status in SEATED or _was_bought(booking, payments)
        found[booking.pk] = by_order[order.pk][booking.pk] + Balance(agreed=due if was_had else NOTHING)
    return found


def _was_bought(booking: Booking, payments: Iterable[Payment]) -> bool:
    """Whether money brought the seat, before it was given up: it may have come when nobody wanted the seat any more."""
    return any(
        booking in payment.bookings.all()
        and not any(
            refund.reason == RefundReason.GIVEN_UP and refund.booking_id in {booking.pk, None}
            for refund in payment.refunds.all()
        )
        for payment in payments
    )


def parts_of(bookings: Iterable[Booking]) -> list[Part]:
    """What was agreed of these seats, by rate of VAT."""
    agreed = Quote.of(line for booking in bookings for line in booking.quote().lines)
    return by_rate(Part(one.rate, one.net, one.vat) for one in agreed.vat_lines)


def _by_card(payments: Iterable[Payment]) -> dict[int, Balance]:
    """What came and went by card, over the seats of one order."""
    found: dict[int, Balance] = defaultdict(Balance)
    for payment in payments:
        paid, kept = _paid_and_kept(payment)
        for pk, share in paid.items():
            found[pk] += Balance(paid=share, given_back=share - kept[pk])
    return found


def kept_of(payment: Payment) -> dict[int, Decimal]:
    """What is left of the payment for each of its seats, by its id; nothing of one that was not paid."""
    return _paid_and_kept(payment)[1] if payment.is_paid else {}


def _paid_and_kept(payment: Payment) -> tuple[dict[int, Decimal], dict[int, Decimal]]:
    """What of a payment was paid for each seat, and what is left of that.

    What was given back for a seat is that seat's; the rest is shared by what is left, and so is what a bank took back.
    """
    seats = sorted(payment.bookings.all(), key=attrgetter("pk"))
    shares = share_out(payment.amount, [seat.price.gross for seat in seats])
    paid = {seat.pk: share for seat, share in zip(seats, shares, strict=True)}
    kept = dict(paid)
    refunds = sorted(payment.refunds.all(), key=attrgetter("pk"))
    gone = [(one.booking_id, one.amount) for one in refunds if one.state != RefundState.FAILED]
    for booking_id, amount in [*gone, (None, payment.charged_back)]:
        for pk, share in _taken(amount, kept, first=booking_id).items():
            kept[pk] -= share
    return paid, kept


def _taken(amount: Decimal, kept: dict[int, Decimal], *, first: int | None) -> dict[int, Decimal]:
    """What an amount takes of what is kept for each seat: as much as can be of the first, the rest of all."""
    own = min(amount, kept.get(first, NOTHING))
    of_first = {pk: own if pk == first else NOTHING for pk in kept}
    rest = share_out(amount - own, [left - of_first[pk] for pk, left in kept.items()])
    return {pk: of_first[pk] + share for pk, share in zip(kept, rest, strict=True)}
