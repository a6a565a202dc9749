"""A seller's documents as its bookkeeping takes them in: one row for each rate of VAT, that add up to the documents."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from booking.dates import today
from booking.invoicing.document import NOTHING, Document, Slip
from booking.invoicing.models import Invoice
from booking.ledger import Part, by_rate
from booking.money import MOMS
from booking.pricing.models import Seller

#: What bookkeeping systems in Denmark call the VAT of a sale; a sale without VAT has no code.
SALES_VAT = "U25"
CURRENCY = "DKK"
#: What a text may fill in the systems that take it in.
TEXT = 250


@dataclass(frozen=True, slots=True)
class Voucher:
    """What of a document is at one rate. The amounts of a credit note are negative.

    ``rate`` is None for what an øre was rounded, and where bookkeeping no longer asks what stood on the document.
    ``against`` is the invoice that a credit note takes back.
    """

    number: str
    kind: str
    dated: date
    due: date | None
    payer: str
    cvr: str
    gln: str
    text: str
    rate: Decimal | None
    net: Decimal
    vat: Decimal
    slip: str
    against: str
    paid: date | None

    @property
    def gross(self) -> Decimal:
        return self.net + self.vat

    @property
    def code(self) -> str:
        return SALES_VAT if self.rate == MOMS else ""


def vouchers(seller: Seller, first: date, last: date) -> list[Voucher]:
    """All that is dated on these days, invoices before credit notes, in the order of their numbers."""
    issued = (
        Invoice.objects.filter(series__seller=seller, issued_on__range=(first, last))
        .select_related("payer", "credits", "payment")
        .prefetch_related("settlements")
        .defer("xml")
        .order_by("-kind", "serial")
    )
    return [row for invoice in issued for row in _rows(invoice)]


def _rows(invoice: Invoice) -> Iterator[Voucher]:
    document = invoice.document if invoice.content else None
    sign = -1 if invoice.is_credit_note else 1
    buyer = document.buyer if document else None
    whole = Voucher(
        number=invoice.number,
        kind=str(invoice.get_kind_display()),
        dated=invoice.issued_on,
        due=invoice.due_on,
        payer=buyer.name if buyer else invoice.payer.full_name,
        cvr=buyer.cvr if buyer else "",
        gln=buyer.gln if buyer else "",
        text="",
        rate=None,
        net=sign * invoice.net,
        vat=sign * invoice.vat,
        slip=f"71<{document.payment.number}" if document and isinstance(document.payment, Slip) else "",
        against=invoice.credits.number if invoice.credits else "",
        paid=_paid(invoice),
    )
    if document is None:
        yield whole
    else:
        for part in by_rate(Part(line.rate, line.net, line.vat) for line in document.vat_lines):
            text = _text(document, part.rate)
            yield replace(whole, text=text, rate=part.rate, net=sign * part.net, vat=sign * part.vat)
    rounding = invoice.total - invoice.net - invoice.vat
    if rounding:
        yield replace(whole, text=_("Rounding"), net=sign * rounding, vat=NOTHING)


def _paid(invoice: Invoice) -> date | None:
    if invoice.payment:
        return today(invoice.payment.paid_at)
    return invoice.settlement.paid_on if invoice.settlement else None


def _text(document: Document, rate: Decimal) -> str:
    """What was sold at that rate, each thing once."""
    sold = "; ".join(dict.fromkeys(line.description for line in document.lines if line.vat_rate == rate))
    return sold if len(sold) <= TEXT else f"{sold[: TEXT - 1]}…"


def in_all(rows: Iterable[Voucher]) -> tuple[Decimal, Decimal, Decimal]:
    """Net, VAT and gross."""
    rows = list(rows)
    net, vat = sum((row.net for row in rows), NOTHING), sum((row.vat for row in rows), NOTHING)
    return net, vat, net + vat
