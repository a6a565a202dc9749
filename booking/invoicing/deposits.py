"""Money that came to the bank, matched with the invoices it is for: first what would follow, then once and for all."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from django.db import transaction
from django.db.models import Q

from booking.dates import today
from booking.invoicing.bank_file import Incoming
from booking.invoicing.models import Deposit, Invoice, Kind
from booking.invoicing.numbers import is_slip_number
from booking.invoicing.settle import mark_paid, owed
from booking.journal.kinds import DEPOSITED
from booking.journal.record import record
from booking.pricing.models import Seller

#: 15 digits as banks tell them, the kind of slip before them or not, the creditor after them or not.
SLIP = re.compile(r"(?<!\d)(?:71)?\D?(\d{15})(?!\d)(?:\s*\+\s*(\d{8})(?!\d))?")
NUMBER = re.compile(r"(?<!\w)([FK])[ -]?0*(\d{1,9})(?!\w)", re.IGNORECASE)


class Verdict(StrEnum):
    """What follows from a payment. Only the first two do anything."""

    PAID = "paid"
    PART = "part"
    KNOWN = "known"
    TWICE = "twice"
    ALREADY_PAID = "already_paid"
    TOO_MUCH = "too_much"
    CREDITED = "credited"
    CREDIT_NOTE = "credit_note"
    SEVERAL = "several"
    OTHER_CREDITOR = "other_creditor"
    FOREIGN = "foreign"
    FUTURE = "future"
    UNKNOWN = "unknown"


DOES_SOMETHING = {Verdict.PAID, Verdict.PART}


@dataclass(frozen=True, slots=True)
class Row:
    """A payment, the document that it names, and what follows. ``owed`` is what was open before it came."""

    incoming: Incoming
    key: str
    verdict: Verdict
    invoice: Invoice | None = None
    owed: Decimal = Decimal(0)

    @property
    def does_something(self) -> bool:
        return self.verdict in DOES_SOMETHING


@dataclass(frozen=True, slots=True)
class Named:
    """A document that a reference names: "F" and 17. ``creditor`` is that of a slip, where it was told."""

    prefix: str
    serial: int
    creditor: str = ""

    @property
    def number(self) -> str:
        return f"{self.prefix}{self.serial}"


def named(reference: str) -> set[Named]:
    """The documents that a reference names, by slips that check out or by number."""
    slips = {
        Named("F", int(digits[:-1]), creditor or "")
        for digits, creditor in SLIP.findall(reference)
        if is_slip_number(digits)
    }
    numbers = {Named(prefix.upper(), int(serial)) for prefix, serial in NUMBER.findall(reference)}
    told = {slip.number for slip in slips}
    return slips | {one for one in numbers if one.number not in told}


def keys_of(payments: Sequence[Incoming], seller: Seller) -> list[str]:
    """What each payment is known by when the file comes again; two of a kind in one file are two payments."""
    seen: Counter[Incoming] = Counter()
    keys = []
    for one in payments:
        seen[one] += 1
        parts = (seller.pk, one.paid_on, one.amount, one.currency, one.reference, one.bank_id, seen[one])
        keys.append(hashlib.sha256(repr([str(part) for part in parts]).encode()).hexdigest())
    return keys


def plan(payments: Sequence[Incoming], *, seller: Seller, on: date) -> list[Row]:
    """What would follow from these payments that day; it changes nothing. The queries do not grow with the file."""
    keys = keys_of(payments, seller)
    known = set(Deposit.objects.filter(key__in=keys).values_list("key", flat=True))
    names = [named(one.reference) for one in payments]
    documents = _documents(seller, {one for of_payment in names for one in of_payment})
    left: dict[int, Decimal] = {}
    rows = []
    for payment, key, of_payment in zip(payments, keys, names, strict=True):
        first = next(iter(of_payment), None)
        document = documents.get(first.number) if first and len(of_payment) == 1 else None
        open_before = left.setdefault(document.pk, owed(document)) if document else Decimal(0)
        if key in known:
            verdict = Verdict.KNOWN
        else:
            verdict = _verdict(payment, of_payment, document, seller=seller, left=open_before, on=on)
        if document and verdict in DOES_SOMETHING:
            left[document.pk] -= payment.amount
        rows.append(Row(payment, key, verdict, document, open_before))
    return rows


def _documents(seller: Seller, names: set[Named]) -> dict[str, Invoice]:
    found = (
        Invoice.objects.filter(
            Q(kind=Kind.INVOICE, serial__in={one.serial for one in names if one.prefix == "F"})
            | Q(kind=Kind.CREDIT_NOTE, serial__in={one.serial for one in names if one.prefix == "K"}),
            series__seller=seller,
        )
        .select_related("payer", "settlement")
        .prefetch_related("charges", "credit_notes", "deposits")
        .defer("xml")
    )
    return {invoice.number: invoice for invoice in found}


def _verdict(
    payment: Incoming, names: set[Named], document: Invoice | None, *, seller: Seller, left: Decimal, on: date
) -> Verdict:
    if payment.currency != "DKK":
        return Verdict.FOREIGN
    if payment.paid_on > on:
        return Verdict.FUTURE
    if len(names) > 1:
        return Verdict.SEVERAL
    if document is None:
        return Verdict.UNKNOWN
    [name] = names
    if name.creditor and name.creditor not in {seller.fik_creditor, _creditor_of(document)}:
        return Verdict.OTHER_CREDITOR
    if document.is_credit_note:
        return Verdict.CREDIT_NOTE
    if document.payment_id or hasattr(document, "settlement"):
        return Verdict.ALREADY_PAID
    if all(charge.credited_by_id for charge in document.charges.all()):
        return Verdict.CREDITED
    if left == 0:
        return Verdict.TWICE
    if payment.amount > left:
        return Verdict.TOO_MUCH
    return Verdict.PAID if payment.amount == left else Verdict.PART


def _creditor_of(document: Invoice) -> str:
    """The creditor that stood on it: the seller may have another by now."""
    return ((document.content or {}).get("payment") or {}).get("creditor", "")


@transaction.atomic
def take_in(payments: Sequence[Incoming], *, seller: Seller, by, now: datetime) -> list[Row]:
    """Note what came, and mark as paid what is paid in full; give what was done. Done again, it does nothing.

    The invoices are locked before they are judged, so that of two who take in the same file one does it.
    """
    judged = plan(payments, seller=seller, on=today(now))
    ids = [row.invoice.pk for row in judged if row.invoice]
    list(Invoice.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk").values_list("pk"))
    done = [row for row in plan(payments, seller=seller, on=today(now)) if row.does_something]
    for row in done:
        invoice, payment = row.invoice, row.incoming
        Deposit.objects.create(
            invoice=invoice, paid_on=payment.paid_on, amount=payment.amount, key=row.key, by=by, noted_at=now
        )
        record(DEPOSITED, invoice, by=by, at=now, number=invoice.number, amount=str(payment.amount),
               paid_on=payment.paid_on.isoformat())  # fmt: skip
        if row.verdict == Verdict.PAID:
            mark_paid(invoice, paid_on=payment.paid_on, by=by, now=now)
    return done
