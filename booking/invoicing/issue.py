"""Issuing: a number and the document that bears it, in one transaction. Nothing is numbered that is not in order."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from booking.dates import danish_span, today
from booking.invoicing import document as value
from booking.invoicing.document import (
    TO_PAY,
    BankAccount,
    Buyer,
    Credited,
    Document,
    DocumentLine,
    NotInOrder,
    PaidByCard,
    SellerParty,
    Slip,
    as_kept,
    plain,
)
from booking.invoicing.due import Bundle, Recipient, attention_of, format_of, is_right, ready, with_invoicing
from booking.invoicing.models import WRITERS, Charge, HandOver, Invoice, Kind, Series
from booking.invoicing.numbers import slip_number
from booking.journal.kinds import CREDITED, INVOICED
from booking.journal.record import record
from booking.ledger import share_out
from booking.money import ORE, Price
from booking.payments.models import Payment, Refund
from booking.people.models import InvoiceFormat
from booking.pricing.models import Seller
from booking.pricing.quote import Quote
from booking.signup.hold import lock_order
from booking.signup.locks import lock_sessions
from booking.signup.models import Booking, Order

logger = logging.getLogger(__name__)


class NothingToCredit(Exception):
    """All of it is credited or no longer kept, or it was paid by card, where the refund brings the credit note."""


# Invoices


@transaction.atomic
def issue(bundle: Bundle, *, now: datetime, by=None) -> Invoice | None:
    """The next invoice of the seller, of what of these bookings is still to be invoiced; None if nothing is.

    Sessions and orders are locked first, so that two who issue at once issue one. Raises NotInOrder.
    """
    lock(bundle.bookings)
    found = ready(now, among=[booking.pk for booking in bundle.bookings])
    recipient, bookings = next(
        ((one.recipient, one.bookings) for one in found if one.recipient == bundle.recipient), (None, ())
    )
    if recipient is None:
        return None
    lines = [lines_of(booking) for booking in bookings]
    seller = Seller.objects.get(pk=recipient.seller)
    series, serial = _next(seller, Kind.INVOICE)
    document = Document(
        kind=value.Kind.INVOICE,
        number=series.number(serial),
        issued_on=today(now),
        seller=_party(seller),
        buyer=_buyer(recipient, email=bookings[0].order.contact_email),
        lines=tuple(line for own in lines for line in own),
        due_on=today(now) + TO_PAY,
        payment=_way_to_pay(seller, serial),
    ).checked()
    invoice = _write(document, series, serial, payer_id=recipient.payer, written_as=recipient.format, now=now, by=by)
    _charge(invoice, bookings, [len(own) for own in lines])
    if recipient.held_back:
        Booking.objects.filter(pk__in=[booking.pk for booking in bookings]).update(awaits_correction=False)
    record(INVOICED, invoice, by=by, at=now, number=invoice.number, because=_because(bookings))
    return invoice


def preview(bundle: Bundle, *, now: datetime) -> Document:
    """How the invoice would look if it were issued now, with no number."""
    seller = Seller.objects.get(pk=bundle.recipient.seller)
    return Document(
        kind=value.Kind.INVOICE,
        number="",
        issued_on=today(now),
        seller=_party(seller),
        buyer=_buyer(bundle.recipient, email=bundle.bookings[0].order.contact_email),
        lines=tuple(line for booking in bundle.bookings for line in lines_of(booking)),
        due_on=today(now) + TO_PAY,
        payment=_way_to_pay(seller, 0),
    )


@transaction.atomic
def issue_paid(payment: Payment, *, now: datetime) -> Invoice | None:
    """The invoice of what was paid by card, marked as paid; None if there is one. Raises NotInOrder."""
    order = lock_order(payment.order_id)
    if Invoice.objects.filter(payment=payment).exists():
        return None
    series, serial = _next(_seller_of(payment), Kind.INVOICE)
    document = replace(preview_paid(payment, now=now), number=series.number(serial)).checked()
    if document.total != payment.amount:
        raise NotInOrder([value.Fault.SUMS], seller=document.seller.name, buyer=order.payer_name)
    invoice = _write(
        document, series, serial, payer_id=order.payer_id, written_as=format_of(order), now=now, payment=payment
    )
    record(INVOICED, invoice, at=now, number=invoice.number, order=order.reference, because=["card"])
    return invoice


def preview_paid(payment: Payment, *, now: datetime) -> Document:
    """How the invoice of a card payment would look if it were issued now, with no number. Raises NotInOrder."""
    bookings = list(with_invoicing(payment.bookings.order_by("pk")))
    return Document(
        kind=value.Kind.INVOICE,
        number="",
        issued_on=today(now),
        seller=_party(_seller_of(payment)),
        buyer=_buyer_of(payment.order),
        lines=tuple(line for booking in bookings for line in lines_of(booking, agreed=booking.quote())),
        due_on=today(now),
        payment=PaidByCard(today(payment.paid_at)),
    )


def _seller_of(payment: Payment) -> Seller:
    seller = payment.bookings.earliest("pk").seller
    if seller is None:
        raise NotInOrder([value.Fault.SELLER_UNKNOWN], seller="", buyer=payment.order.payer_name)
    return seller


# Credit notes


@transaction.atomic
def credit(
    invoice: Invoice,
    *,
    reason: str,
    now: datetime,
    by=None,
    charges: Iterable[Charge] | None = None,
    anew: bool = True,
    held_back: bool = False,
) -> Invoice:
    """Take an invoice back, or what of it is for some bookings. ``anew`` lets them be invoiced again.

    What is ``held_back`` then waits until somebody has corrected the order's invoice details, or issues it by hand.
    Raises NothingToCredit or NotInOrder.
    """
    lock(Booking.objects.filter(charges__invoice=invoice))
    wanted = invoice.charges.filter(credited_by=None).select_related("booking__session")
    if charges is not None:
        wanted = wanted.filter(pk__in=[charge.pk for charge in charges])
    taken = list(wanted.order_by("pk"))
    if not taken or not invoice.content:
        raise NothingToCredit
    original = invoice.document
    lines = tuple(original.lines[place] for charge in taken for place in charge.lines)
    note = _write_credit(invoice, lines=lines, note=reason, now=now, by=by)
    Charge.objects.filter(pk__in=[charge.pk for charge in taken]).update(credited_by=note, stands=not anew)
    if anew and held_back:
        Booking.objects.filter(charges__in=taken).update(awaits_correction=True)
    return note


@transaction.atomic
def take_back(invoice: Invoice, charges: Sequence[Charge], *, now: datetime) -> Invoice | None:
    """Credit what is no longer due as it was invoiced, so that what is due instead can be; None if all is right."""
    lock(Booking.objects.filter(charges__invoice=invoice))
    standing = Charge.objects.standing().filter(pk__in=[charge.pk for charge in charges], credited_by=None)
    bookings = with_invoicing(Booking.objects.filter(pk__in=standing.values("booking")))
    wrong = {booking.pk: booking for booking in bookings}
    taken = [charge for charge in standing if not is_right(charge, wrong[charge.booking_id])]
    if not taken:
        return None
    reason = _what_changed(wrong[charge.booking_id] for charge in taken)
    return credit(invoice, charges=taken, reason=reason, now=now)


def _what_changed(bookings: Iterable[Booking]) -> str:
    """Why these seats are credited, in the payer's words."""
    with override(settings.LANGUAGE_CODE):
        return " ".join(dict.fromkeys(_why(booking) for booking in bookings))


def _why(booking: Booking) -> str:
    if booking.session.is_cancelled or booking.called_off:
        return _("The session “%(title)s” is cancelled.") % {"title": booking.session.title}
    withdrawal = booking.withdrawal_or_none
    if withdrawal is None:
        return _("What is to be paid for these seats has changed since the invoice.")
    if withdrawal.waived_at:
        return _("What the withdrawal cost has been waived.")
    if withdrawal.released_by_id:
        return _("Somebody on the waiting list has got the seat, so there is nothing to pay for the withdrawal.")
    return _("The participant has withdrawn.")


@transaction.atomic
def credit_refund(refund: Refund, *, now: datetime) -> Invoice | None:
    """The credit note of what went back to a card; None if there is one. Raises NotInOrder."""
    lock_order(refund.payment.order_id)
    if Invoice.objects.filter(refund=refund).exists():
        return None
    invoice = refund.payment.invoice
    seats = [refund.booking] if refund.booking else list(refund.payment.bookings.all())
    agreed = Quote.of(line for booking in seats for line in booking.quote().lines)
    if refund.amount > agreed.gross:
        agreed = Quote.of(line for booking in refund.payment.bookings.all() for line in booking.quote().lines)
    lines, rounding = lines_of_refund(refund.amount, agreed)
    with override(settings.LANGUAGE_CODE):
        reason = _("Paid back to the card.")
    return _write_credit(invoice, lines=lines, note=reason, now=now, by=refund.by, rounding=rounding, refund=refund)


def lines_of_refund(amount: Decimal, agreed: Quote) -> tuple[tuple[DocumentLine, ...], Decimal]:
    """An amount (gross, to the øre) as lines, in the proportions of what was agreed at each rate; and what is rounded.

    Not every amount is a net amount with its VAT: one in five is an øre away from the nearest.
    """
    parts = agreed.vat_lines
    shares = share_out(amount, [part.net + part.vat for part in parts])
    with override(settings.LANGUAGE_CODE):
        words = _("Paid back of: %(what)s") % {
            "what": "; ".join(dict.fromkeys(line.description for line in agreed.lines))
        }
    lines = tuple(
        DocumentLine(
            description=plain(words),
            unit_net=(share / (1 + part.rate)).quantize(ORE),
            vat_rate=part.rate,
            exempt_reason=part.exempt_reason,
        )
        for part, share in zip(parts, shares, strict=True)
        if share > 0
    )
    reached = sum(Price.from_net(line.net, line.vat_rate).gross for line in lines)
    return lines, amount - reached


# What they are made of


def lock(bookings: Iterable[Booking]) -> None:
    """Sessions by id, then orders: as everywhere."""
    bookings = list(bookings)
    lock_sessions(*{booking.session_id for booking in bookings})
    orders = {booking.order_id for booking in bookings}
    list(Order.objects.select_for_update(of=("self",)).filter(pk__in=orders).order_by("pk"))


def lines_of(booking: Booking, *, agreed: Quote | None = None) -> tuple[DocumentLine, ...]:
    """What is due for a booking, line by line, with whom and when it was for; nothing of what is free."""
    quote = booking.due() if agreed is None else agreed
    with override(settings.LANGUAGE_CODE):
        note = _("Participant: %(name)s. Order %(reference)s.") % {
            "name": booking.participant.name,
            "reference": booking.order.reference,
        }
        if booking.cancelled_at and agreed is None:
            withdrawn = today(booking.cancelled_at)
            note = f"{note} " + _("Withdrawn on %(date)s.") % {"date": danish_span(withdrawn, withdrawn)}
    when = booking.session.when
    days = {"first_on": when.starts_on, "last_on": when.ends_on} if when and when.is_dated else {}
    return tuple(DocumentLine.of(line, note=note, **days) for line in quote.lines if line.net)


def _because(bookings: Sequence[Booking]) -> list[str]:
    """Why they are invoiced now: by what was agreed when, and by the conditions where somebody withdrew."""
    rules = {booking.order.invoiced for booking in bookings if not booking.cancelled_at}
    withdrawn = ["withdrawn"] if any(booking.cancelled_at for booking in bookings) else []
    return sorted(rules) + withdrawn


def _party(seller: Seller) -> SellerParty:
    return SellerParty(plain(seller.name), seller.cvr, plain(seller.street), seller.postcode, plain(seller.city))


def _buyer(recipient: Recipient, *, email: str) -> Buyer:
    return Buyer(
        name=plain(recipient.name),
        cvr=recipient.cvr,
        gln=recipient.gln,
        person_reference=plain(recipient.person_reference),
        requisition=plain(recipient.requisition),
        email=email,
    )


def _buyer_of(order: Order) -> Buyer:
    return Buyer(
        name=plain(order.payer_name),
        cvr=order.payer_cvr,
        gln=order.gln,
        person_reference=plain(attention_of(order)),
        requisition=plain(order.requisition),
        email=order.contact_email,
    )


def _way_to_pay(seller: Seller, serial: int) -> value.Payment | None:
    """A slip if the seller takes them, for then the payment says by itself what it is for; else the bank account."""
    if seller.fik_creditor:
        return Slip(seller.fik_creditor, slip_number(serial))
    if seller.bank_registration and seller.bank_account:
        return BankAccount(seller.bank_registration, seller.bank_account)
    return None


def _next(seller: Seller, kind: Kind) -> tuple[Series, int]:
    """The next number, held until the transaction ends: should it not commit, the number has never been given."""
    Series.objects.get_or_create(seller=seller, kind=kind)
    series = Series.objects.select_for_update(of=("self",)).get(seller=seller, kind=kind)
    series.last += 1
    series.save(update_fields=["last"])
    return series, series.last


def _write_credit(
    invoice: Invoice,
    *,
    lines: tuple[DocumentLine, ...],
    note: str,
    now: datetime,
    by=None,
    rounding: Decimal = value.NOTHING,
    refund: Refund | None = None,
) -> Invoice:
    original = invoice.document
    series, serial = _next(invoice.series.seller, Kind.CREDIT_NOTE)
    document = replace(
        original,
        kind=value.Kind.CREDIT_NOTE,
        number=series.number(serial),
        issued_on=today(now),
        lines=lines,
        due_on=None,
        payment=None,
        note=plain(note),
        rounding=rounding,
    )
    is_whole = document.total == original.total
    document = replace(document, credits=Credited(original.number, original.issued_on, is_whole)).checked()
    written = _write(
        document,
        series,
        serial,
        payer_id=invoice.payer_id,
        written_as=invoice.format,
        now=now,
        by=by,
        credits=invoice,
        refund=refund,
    )
    record(CREDITED, written, by=by, at=now, number=written.number, invoice=invoice.number)
    return written


def _write(document: Document, series: Series, serial: int, *, written_as: str, now: datetime, **details) -> Invoice:
    invoice = Invoice.objects.create(
        series=series,
        serial=serial,
        number=document.number,
        kind=document.kind,
        issued_at=now,
        issued_on=document.issued_on,
        due_on=document.due_on,
        net=document.net,
        vat=document.vat,
        total=document.total,
        content=as_kept(document),
        format=written_as,
        xml=WRITERS[InvoiceFormat(written_as)](document),
        **details,
    )
    HandOver.objects.create(invoice=invoice, not_before=now)
    logger.info("%s %s issued", invoice.kind, invoice.number)
    return invoice


def _charge(invoice: Invoice, bookings: Sequence[Booking], counts: Sequence[int]) -> None:
    """Write down which of the lines, of which each booking has so many, are whose."""
    charges, place = [], 0
    for booking, count in zip(bookings, counts, strict=True):
        due, places = booking.due(), list(range(place, place + count))
        charges.append(Charge(invoice=invoice, booking=booking, lines=places, net=due.net, vat=due.vat))
        place += count
    Charge.objects.bulk_create(charges)
