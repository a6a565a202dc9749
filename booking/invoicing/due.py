"""What is to be invoiced now, and what must be taken back: it follows from the bookings and their conditions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from booking.dates import today
from booking.invoicing.models import Charge
from booking.payments.models import Payment, Refund, RefundState
from booking.pricing.models import Invoiced
from booking.sessions.models import SessionPage
from booking.signup.models import Booking, BookingStatus, Order, Withdrawal


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets one invoice, and from whom. What differs in any of these is invoiced apart.

    What is ``held_back`` was credited because something was wrong, and is only issued by hand until it is corrected.
    """

    seller: int
    payer: int
    name: str
    cvr: str
    gln: str
    person_reference: str
    requisition: str
    format: str
    held_back: bool


@dataclass(frozen=True, slots=True)
class Bundle:
    """Bookings that come on one invoice."""

    recipient: Recipient
    bookings: tuple[Booking, ...]


def recipient_of(booking: Booking) -> Recipient:
    """For a booking that somebody sells.

    Where nobody gave a person reference, the order's contact is the one to ask for; a year later, its reference.
    """
    order = booking.order
    return Recipient(
        seller=booking.seller.pk,
        payer=order.payer_id,
        name=order.payer_name,
        cvr=order.payer_cvr,
        gln=order.gln,
        person_reference=attention_of(order),
        requisition=order.requisition,
        format=format_of(order),
        held_back=booking.awaits_correction,
    )


def attention_of(order: Order) -> str:
    """Whom at the payer the invoice is for. The contact is forgotten a year after the session, the order is not."""
    return order.person_reference or order.contact_name or order.reference


def format_of(order: Order) -> str:
    """Which e-invoice the order asks for, or else its payer."""
    return order.invoice_format or order.payer.invoice_format


def with_invoicing(bookings: QuerySet[Booking]) -> QuerySet[Booking]:
    """The bookings with all that an invoice says of them."""
    return bookings.select_related(
        "order__payer",
        "order__seller",
        "participant",
        "session__price_list__seller",
        "session__calendar_entry",
        "withdrawal",
    ).prefetch_related("lines", "withdrawal__lines")


def ready(now: datetime, *, among: Iterable[int] | None = None) -> list[Bundle]:
    """What is to be invoiced at this moment, gathered by who gets it; of all bookings or of those ``among`` (ids)."""
    has_price = Q(status=BookingStatus.CONFIRMED, lines__unit_net__gt=0)
    owes = Q(status=BookingStatus.CANCELLED, withdrawal__in=Withdrawal.objects.owing())
    bookings = Booking.objects.filter(
        has_price | owes, order__pays_by_card=False, session__calendar_entry__cancelled_at=None
    ).exclude(charges__in=Charge.objects.standing())
    if among is not None:
        bookings = bookings.filter(pk__in=list(among))
    bundles: dict[Recipient, list[Booking]] = {}
    for booking in with_invoicing(bookings.distinct().order_by("session__starts_on", "order", "pk")):
        if is_ripe(booking, on=today(now)):
            bundles.setdefault(recipient_of(booking), []).append(booking)
    return [Bundle(recipient, tuple(found)) for recipient, found in bundles.items()]


def without_seller() -> QuerySet[SessionPage]:
    """Sessions with seats to invoice that nobody sold, and no price list to say who sells them."""
    seats = Booking.objects.filter(
        status=BookingStatus.CONFIRMED, lines__unit_net__gt=0, order__pays_by_card=False, order__seller=None
    ).exclude(charges__in=Charge.objects.standing())
    return SessionPage.objects.filter(price_list=None, bookings__in=seats.values("pk")).distinct().order_by("starts_on")


def is_ripe(booking: Booking, *, on: date) -> bool:
    """Whether it may be invoiced that day, as was agreed. What has no date yet waits until it has."""
    session = booking.session
    if booking.seller is None or session.when is None or booking.due().is_free:
        return False
    match booking.order.invoiced:
        case Invoiced.BOOKED:
            return True
        case Invoiced.MONTHLY:
            held = session.when.ends_on
            return session.when.is_dated and (held.year, held.month) < (on.year, on.month)
    return session.when.is_dated and session.when.ends_on < on


def to_take_back() -> list[Charge]:
    """Charges of another amount than is due by now: of seats that were given up, waived or cancelled since.

    What bookkeeping no longer keeps is not credited any more.
    """
    may_have_changed = Q(booking__order__bookings__status=BookingStatus.CANCELLED) | Q(
        booking__session__calendar_entry__cancelled_at__isnull=False
    )
    standing = Charge.objects.standing().filter(may_have_changed, credited_by=None).exclude(invoice__content={})
    charges = standing.distinct().order_by("invoice", "pk")
    bookings = {
        booking.pk: booking for booking in with_invoicing(Booking.objects.filter(pk__in=charges.values("booking")))
    }
    return [charge for charge in charges.select_related("invoice") if not is_right(charge, bookings[charge.booking_id])]


def is_right(charge: Charge, booking: Booking) -> bool:
    due = booking.due()
    return (charge.net, charge.vat) == (due.net, due.vat)


def card_payments() -> QuerySet[Payment]:
    """Those that have come for somebody's seat, and have no invoice yet."""
    return Payment.objects.paid().filter(invoice=None).exclude(bookings=None).order_by("paid_at", "pk")


def card_refunds() -> list[Refund]:
    """Those that have left us, and have no credit note yet; one that failed and was tried again has one in all."""
    sent = Refund.objects.filter(
        state__in=[RefundState.PENDING, RefundState.DONE], credit_note=None, payment__invoice__isnull=False
    ).exclude(payment__invoice__content={})
    return [refund for refund in sent.select_related("payment").order_by("pk") if not _was_credited_before(refund)]


def _was_credited_before(refund: Refund) -> bool:
    earlier = refund.in_place_of
    while earlier is not None:
        if hasattr(earlier, "credit_note"):
            return True
        earlier = earlier.in_place_of
    return False
