"""Money that came to the bank, matched with the invoices it is for: first what would follow, then once and for all."""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from django.db import transaction
from django.db.models import Q

from booking.dates import today
from booking.invoicing.bank_file import Incoming
from booking.invoicing.models import Deposit, Invoice, Kind, Transfer
from booking.invoicing.numbers import is_slip_number
from booking.invoicing.settle import mark_paid, owed
from booking.journal.kinds import DEPOSITED
from booking.journal.record import record
from booking.people.models import Municipality
from booking.pricing.models import Seller

#: 15 digits as banks tell them, the kind of slip before them or not, the creditor after them or not.
SLIP = re.compile(r"(?<!\d)(?:71)?\D?(\d{15})(?!\d)(?:\s*\+\s*(\d{8})(?!\d))?")
NUMBER = re.compile(r"(?<!\w)([FK])[ -]?0*(\d{1,9})(?!\w)", re.IGNORECASE)


class Verdict(StrEnum):
    """What follows from a payment. Only the first three do anything by themselves."""

    PAID = "paid"
    PART = "part"
    SPLIT = "split"
    KNOWN = "known"
    ALIKE = "alike"
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


DOES_SOMETHING = {Verdict.PAID, Verdict.PART, Verdict.SPLIT}
#: What would be money for an invoice, if it is not the same that came for it before.
IF_NEW = {Verdict.PAID, Verdict.PART, Verdict.SEVERAL}
#: What is not our money, or was taken in before, or has not come: nobody places it at an invoice.
NOT_TO_PLACE = {Verdict.KNOWN, Verdict.FOREIGN, Verdict.FUTURE}


class DoesNotFit(Exception):
    """More was to be placed than the transfer has left, or than an invoice has open."""


@dataclass(frozen=True, slots=True)
class Share:
    """What of a transfer is for an invoice, of which so much was open before."""

    invoice: Invoice
    amount: Decimal
    owed: Decimal


@dataclass(frozen=True, slots=True)
class Row:
    """A payment, the document that it names, and what follows: what of it goes to which invoices.

    ``owed`` is what the one document had open before the payment came.
    """

    incoming: Incoming
    key: str
    verdict: Verdict
    invoice: Invoice | None = None
    owed: Decimal = Decimal(0)
    shares: tuple[Share, ...] = ()

    @property
    def does_something(self) -> bool:
        return self.verdict in DOES_SOMETHING

    @property
    def may_be_placed(self) -> bool:
        """Whether staff may take it in, to say themselves which invoices it is for."""
        return not self.does_something and self.verdict not in NOT_TO_PLACE

    @property
    def rest(self) -> Decimal:
        """What no invoice takes."""
        return self.incoming.amount - sum((share.amount for share in self.shares), Decimal(0))


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
    known = set(Transfer.objects.filter(key__in=keys).values_list("key", flat=True))
    names = [named(one.reference) for one in payments]
    documents = _documents(seller, {one for of_payment in names for one in of_payment})
    left: dict[int, Decimal] = {}
    rows = []
    for payment, key, of_payment in zip(payments, keys, names, strict=True):
        found = [documents[one.number] for one in of_payment if one.number in documents]
        for one in found:
            left.setdefault(one.pk, owed(one))
        document = found[0] if found and len(of_payment) == 1 else None
        open_before = left[document.pk] if document else Decimal(0)
        if key in known:
            verdict = Verdict.KNOWN
        else:
            verdict = _verdict(payment, of_payment, document, seller=seller, left=open_before, on=on)
        if verdict in IF_NEW and _is_like_another(payment, found):
            verdict = Verdict.ALIKE
        shares: tuple[Share, ...] = ()
        if document and verdict in DOES_SOMETHING:
            shares = (Share(document, payment.amount, open_before),)
        elif verdict == Verdict.SEVERAL and _are_one_payers_to_pay(of_payment, documents, seller=seller, left=left):
            shares = tuple(shared_out(payment.amount, [(one, left[one.pk]) for one in sorted(found, key=_age)]))
            verdict = Verdict.SPLIT
        for share in shares:
            left[share.invoice.pk] -= share.amount
        rows.append(Row(payment, key, verdict, document, open_before, shares))
    return rows


def _is_like_another(payment: Incoming, documents: Collection[Invoice]) -> bool:
    """Whether as much came for one of these on the same day: the same money in another kind of file, most likely."""
    placed = (one for document in documents for one in document.deposits.all() if one.stands)
    return any((one.transfer.paid_on, one.transfer.amount) == (payment.paid_on, payment.amount) for one in placed)


def shared_out(amount: Decimal, open_ones: Sequence[tuple[Invoice, Decimal]]) -> Iterator[Share]:
    """The amount over invoices with what each has open, in their order: each in full, as long as there is any."""
    for invoice, is_open in open_ones:
        share = min(amount, is_open)
        if share > 0:
            yield Share(invoice, share, is_open)
        amount -= share


def _age(invoice: Invoice) -> tuple:
    return invoice.issued_on, invoice.serial


def _are_one_payers_to_pay(
    names: set[Named], documents: dict[str, Invoice], *, seller: Seller, left: dict[int, Decimal]
) -> bool:
    """Whether all that a payment names are open invoices of one payer: then nothing is left to guess."""
    found = [documents.get(one.number) for one in names]
    return (
        all(
            document is not None
            and not is_another_creditors(name, document, seller)
            and obstacle_to(document, left=left[document.pk]) is None
            for name, document in zip(names, found, strict=True)
        )
        and len({document.payer_id for document in found if document}) == 1
    )


def _documents(seller: Seller, names: set[Named]) -> dict[str, Invoice]:
    found = (
        Invoice.objects.filter(
            Q(kind=Kind.INVOICE, serial__in={one.serial for one in names if one.prefix == "F"})
            | Q(kind=Kind.CREDIT_NOTE, serial__in={one.serial for one in names if one.prefix == "K"}),
            series__seller=seller,
        )
        .select_related("payer")
        .prefetch_related("charges", "credit_notes", "deposits__transfer", "settlements")
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
    if is_another_creditors(name, document, seller):
        return Verdict.OTHER_CREDITOR
    obstacle = obstacle_to(document, left=left)
    if obstacle:
        return obstacle
    if payment.amount > left:
        return Verdict.TOO_MUCH
    return Verdict.PAID if payment.amount == left else Verdict.PART


def obstacle_to(document: Invoice, *, left: Decimal) -> Verdict | None:
    """Why nothing can be paid of it; None if so much is ``left`` to pay."""
    if document.is_credit_note:
        return Verdict.CREDIT_NOTE
    if document.payment_id or document.settlement:
        return Verdict.ALREADY_PAID
    if all(charge.credited_by_id for charge in document.charges.all()):
        return Verdict.CREDITED
    return Verdict.TWICE if left == 0 else None


def is_another_creditors(name: Named, document: Invoice, seller: Seller) -> bool:
    return bool(name.creditor) and name.creditor not in {seller.fik_creditor, _creditor_of(document)}


def _creditor_of(document: Invoice) -> str:
    """The creditor that stood on it: the seller may have another by now."""
    return ((document.content or {}).get("payment") or {}).get("creditor", "")


@transaction.atomic
def take_in(
    payments: Sequence[Incoming], *, seller: Seller, by, now: datetime, to_place: Collection[str] = ()
) -> list[Row]:
    """Note what came, and mark as paid what is paid in full; give what was done. Done again, it does nothing.

    What is ``to_place`` (keys) and does nothing by itself is noted too, for staff to place. The seller and the invoices
    are locked before they are judged, so that of two who take in the same file one does it.
    """
    list(Seller.objects.select_for_update(of=("self",), no_key=True).filter(pk=seller.pk).values_list("pk"))
    names = {one for payment in payments for one in named(payment.reference)}
    _lock({document.pk for document in _documents(seller, names).values()})
    judged = plan(payments, seller=seller, on=today(now))
    done = [row for row in judged if row.does_something or (row.may_be_placed and row.key in to_place)]
    for row in done:
        payment = row.incoming
        transfer = Transfer.objects.create(
            seller=seller,
            paid_on=payment.paid_on,
            amount=payment.amount,
            reference=payment.reference,
            key=row.key,
            noted_at=now,
        )
        for share in row.shares:
            _deposit(transfer, share, by=by, now=now)
    return done


@transaction.atomic
def place(transfer: Transfer, amounts: Mapping[int, Decimal], *, by, now: datetime) -> list[Deposit]:
    """Place what is left of a transfer, or some of it, at invoices (by id) of its seller. Raises DoesNotFit."""
    transfer = Transfer.objects.select_for_update(of=("self",)).get(pk=transfer.pk)
    _lock(set(amounts))
    invoices = Invoice.objects.open().filter(pk__in=amounts, series__seller=transfer.seller_id)
    shares = [Share(invoice, amounts[invoice.pk], owed(invoice)) for invoice in invoices.order_by("pk")]
    is_known = len(shares) == len(amounts)
    if not is_known or not all(0 < share.amount <= share.owed for share in shares):
        raise DoesNotFit
    if sum(share.amount for share in shares) > transfer.rest():
        raise DoesNotFit
    return [_deposit(transfer, share, by=by, now=now) for share in shares]


def to_pay(seller: Seller, *, payer: Municipality | None = None) -> list[tuple[Invoice, Decimal]]:
    """A seller's open invoices with what is to be paid of each, the oldest first; of one payer, or of all."""
    invoices = Invoice.objects.open().filter(series__seller=seller).select_related("payer")
    if payer:
        invoices = invoices.filter(payer=payer)
    invoices = invoices.prefetch_related("credit_notes", "deposits").defer("xml", "content")
    return [(one, owed(one)) for one in invoices.order_by("issued_on", "serial") if owed(one) > 0]


def _lock(invoices: Collection[int]) -> None:
    list(Invoice.objects.select_for_update(of=("self",)).filter(pk__in=invoices).order_by("pk").values_list("pk"))


def _deposit(transfer: Transfer, share: Share, *, by, now: datetime) -> Deposit:
    """Note what is for the invoice, which is paid when that is all that was open."""
    invoice = share.invoice
    deposit = Deposit.objects.create(transfer=transfer, invoice=invoice, amount=share.amount, by=by, noted_at=now)
    record(DEPOSITED, invoice, by=by, at=now, number=invoice.number, amount=str(share.amount),
           paid_on=transfer.paid_on.isoformat())  # fmt: skip
    if share.amount == share.owed:
        mark_paid(invoice, paid_on=transfer.paid_on, by=by, now=now)
    return deposit
