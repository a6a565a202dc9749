"""An invoice or a credit note as a value: who, what, how much and how to pay. Pure: no database, no clock, no request.

The PDF and both e-invoices are written from it. Its sums are a quote's, so they are the receipt's too.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from booking.invoicing.numbers import is_creditor, is_cvr, is_gln, is_slip_number
from booking.money import MOMS, ORE, Price
from booking.pricing.quote import Line, VatLine

#: A public body may not be asked to pay sooner, nor be given longer. Source: renteloven § 3 a.
TO_PAY = timedelta(days=30)

NOTHING = Decimal("0.00")


class Kind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class Fault(StrEnum):
    """What keeps a document from being issued; the sentences are in ``sentences.py``."""

    SELLER_UNKNOWN = "seller_unknown"
    SELLER_CVR = "seller_cvr"
    SELLER_ADDRESS = "seller_address"
    SELLER_ACCOUNT = "seller_account"
    BUYER_GLN = "buyer_gln"
    BUYER_CVR = "buyer_cvr"
    BUYER_NOWHERE = "buyer_nowhere"
    BUYER_REFERENCE = "buyer_reference"
    NO_LINES = "no_lines"
    VAT_RATE = "vat_rate"
    EXEMPT_REASON = "exempt_reason"
    SLIP = "slip"
    DUE = "due"
    CREDITED = "credited"
    SUMS = "sums"


class NotInOrder(Exception):
    """A document that must not be issued; carries its faults."""

    def __init__(self, faults: Iterable[Fault], *, seller: str, buyer: str):
        self.faults, self.seller, self.buyer = list(faults), seller, buyer
        super().__init__(", ".join(self.faults))


@dataclass(frozen=True, slots=True)
class SellerParty:
    """Who sends it."""

    name: str
    cvr: str
    street: str
    postcode: str
    city: str


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who is to pay, and what their bookkeeping knows the purchase by.

    ``gln`` is empty where it was paid by card. ``person_reference`` is whom at the payer the invoice is for.
    """

    name: str
    cvr: str = ""
    gln: str = ""
    person_reference: str = ""
    requisition: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class BankAccount:
    registration: str
    account: str


@dataclass(frozen=True, slots=True)
class Slip:
    """A payment slip of kind 71: the creditor, and the 15 digits that tell this payment from all others."""

    creditor: str
    number: str

    @property
    def words(self) -> str:
        """As it is printed and typed."""
        return f"+71<{self.number}+{self.creditor}<"


@dataclass(frozen=True, slots=True)
class PaidByCard:
    paid_on: date


Payment = BankAccount | Slip | PaidByCard


@dataclass(frozen=True, slots=True)
class Credited:
    """The invoice that a credit note takes back, or a part of; the oldest notes don't say which, nor does any XML."""

    number: str
    issued_on: date
    is_whole: bool | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One line: so many of one thing at one net price, and when it was held.

    The price is in whole kroner, but for what was paid back of a card payment. ``note`` says for whom it was.
    """

    description: str
    unit_net: Decimal
    quantity: int = 1
    vat_rate: Decimal = MOMS
    exempt_reason: str = ""
    note: str = ""
    first_on: date | None = None
    last_on: date | None = None

    @classmethod
    def of(cls, line: Line, *, note: str = "", first_on: date | None = None, last_on: date | None = None):
        """A line of a quote, as it was agreed."""
        return cls(
            description=plain(line.description),
            unit_net=line.unit_net,
            quantity=line.quantity,
            vat_rate=line.vat_rate,
            exempt_reason=plain(line.exempt_reason),
            note=plain(note),
            first_on=first_on,
            last_on=last_on,
        )

    @property
    def net(self) -> Decimal:
        return (self.unit_net * self.quantity).quantize(ORE)


@dataclass(frozen=True, slots=True)
class Document:
    """One invoice or credit note. The amounts of a credit note are positive: its kind says which way they go.

    ``rounding`` is an øre now and then, where part of a card payment went back and no net amount with its VAT gives
    just that sum.
    """

    kind: Kind
    number: str
    issued_on: date
    seller: SellerParty
    buyer: Buyer
    lines: tuple[DocumentLine, ...]
    due_on: date | None = None
    payment: Payment | None = None
    credits: Credited | None = None
    note: str = ""
    rounding: Decimal = NOTHING

    @property
    def is_credit_note(self) -> bool:
        return self.kind == Kind.CREDIT_NOTE

    @property
    def is_paid(self) -> bool:
        return isinstance(self.payment, PaidByCard)

    @property
    def net(self) -> Decimal:
        return sum((line.net for line in self.lines), NOTHING)

    @property
    def vat_lines(self) -> tuple[VatLine, ...]:
        """The highest rate first; one for each reason that there is none."""
        sold: dict[tuple[Decimal, str], Decimal] = {}
        for line in self.lines:
            key = (line.vat_rate, line.exempt_reason)
            sold[key] = sold.get(key, NOTHING) + line.net
        return tuple(
            VatLine(rate, reason, net)
            for (rate, reason), net in sorted(sold.items(), key=lambda item: (-item[0][0], item[0][1]))
        )

    @property
    def vat_rates(self) -> tuple[VatLine, ...]:
        """As e-invoices want it, each rate once: all that is exempt stands together, with every reason for it."""
        rates = dict.fromkeys(part.rate for part in self.vat_lines)
        of_rate = [[part for part in self.vat_lines if part.rate == rate] for rate in rates]
        return tuple(
            VatLine(
                parts[0].rate,
                "; ".join(part.exempt_reason for part in parts),
                sum((part.net for part in parts), NOTHING),
            )
            for parts in of_rate
        )

    @property
    def vat(self) -> Decimal:
        return sum((part.vat for part in self.vat_lines), NOTHING)

    @property
    def gross(self) -> Decimal:
        return self.net + self.vat

    @property
    def total(self) -> Decimal:
        """What changes hands."""
        return self.gross + self.rounding

    @property
    def price(self) -> Price:
        return Price(net=self.net, vat=self.vat)

    @property
    def to_pay(self) -> Decimal:
        return NOTHING if self.is_paid else self.total

    def faults(self) -> list[Fault]:
        """Everything that keeps it from being issued, in the order of a reader's eye."""
        checks = {
            Fault.SELLER_CVR: is_cvr(self.seller.cvr),
            Fault.SELLER_ADDRESS: all((self.seller.street, self.seller.postcode, self.seller.city)),
            Fault.BUYER_GLN: not self.buyer.gln or is_gln(self.buyer.gln),
            Fault.BUYER_CVR: not self.buyer.cvr or is_cvr(self.buyer.cvr),
            Fault.BUYER_NOWHERE: bool(self.buyer.gln or self.buyer.cvr),
            Fault.BUYER_REFERENCE: bool(self.buyer.person_reference),
            Fault.NO_LINES: bool(self.lines) and all(line.net > 0 for line in self.lines),
            Fault.VAT_RATE: all(line.vat_rate in {MOMS, NOTHING} for line in self.lines),
            Fault.EXEMPT_REASON: all(bool(line.vat_rate) != bool(line.exempt_reason) for line in self.lines),
            Fault.SELLER_ACCOUNT: self.is_credit_note or self.payment is not None,
            Fault.SLIP: not isinstance(self.payment, Slip)
            or (is_creditor(self.payment.creditor) and is_slip_number(self.payment.number)),
            Fault.DUE: self._is_due_in_time(),
            Fault.CREDITED: self.is_credit_note == (self.credits is not None),
            Fault.SUMS: abs(self.rounding) <= ORE * len(self.vat_lines),
        }
        return [fault for fault, is_well in checks.items() if not is_well]

    def _is_due_in_time(self) -> bool:
        if self.is_credit_note:
            return self.due_on is None and self.payment is None
        return self.due_on is not None and self.issued_on <= self.due_on <= self.issued_on + TO_PAY

    def checked(self) -> "Document":
        """Itself, if it may be issued. Raises NotInOrder."""
        faults = self.faults()
        if faults:
            raise NotInOrder(faults, seller=self.seller.name, buyer=self.buyer.name)
        return self


def plain(text: str) -> str:
    """One line without characters that no XML can hold or nobody can see; what stood between words becomes a space."""
    seen = (" " if unicodedata.category(char) in {"Cc", "Cs", "Co", "Cn"} else char for char in text)
    return " ".join("".join(seen).split())


# As it is kept

_PAYMENTS: dict[str, type] = {"bank": BankAccount, "slip": Slip, "card": PaidByCard}


def as_kept(document: Document) -> dict[str, Any]:
    """The document in plain values, for the database. The sums stand beside it, for whoever reads it without us."""
    kept = _plainly(asdict(document))
    if document.payment:
        way = next(name for name, kind in _PAYMENTS.items() if isinstance(document.payment, kind))
        kept["payment"] = {"way": way, **kept["payment"]}
    sums = {"net": document.net, "vat": document.vat, "gross": document.gross, "total": document.total}
    return {**kept, "sums": _plainly(sums)}


def from_kept(kept: dict[str, Any]) -> Document:
    """The document that was kept. Raises NotInOrder if its sums are no longer those of its lines."""
    credited = kept["credits"]
    document = Document(
        kind=Kind(kept["kind"]),
        number=kept["number"],
        issued_on=_day(kept["issued_on"]),
        seller=SellerParty(**kept["seller"]),
        buyer=Buyer(**kept["buyer"]),
        lines=tuple(_line_from(line) for line in kept["lines"]),
        due_on=_day(kept["due_on"]),
        payment=_payment_from(kept["payment"]),
        credits=credited and Credited(credited["number"], _day(credited["issued_on"]), credited.get("is_whole")),
        note=kept["note"],
        rounding=Decimal(kept["rounding"]),
    )
    if as_kept(document)["sums"] != kept["sums"]:
        raise NotInOrder([Fault.SUMS], seller=document.seller.name, buyer=document.buyer.name)
    return document


def _payment_from(kept: dict[str, str] | None) -> Payment | None:
    if kept is None:
        return None
    details = dict(kept)
    kind = _PAYMENTS[details.pop("way")]
    return PaidByCard(_day(details["paid_on"])) if kind is PaidByCard else kind(**details)


def _line_from(kept: dict[str, Any]) -> DocumentLine:
    amounts = {name: Decimal(kept[name]) for name in ("unit_net", "vat_rate")}
    days = {name: _day(kept[name]) for name in ("first_on", "last_on")}
    return DocumentLine(**kept | amounts | days)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _plainly(value: Any) -> Any:
    match value:
        case dict():
            return {name: _plainly(part) for name, part in value.items()}
        case list() | tuple():
            return [_plainly(part) for part in value]
        case Decimal():
            return str(value)
        case date():
            return value.isoformat()
        case StrEnum():
            return value.value
    return value
