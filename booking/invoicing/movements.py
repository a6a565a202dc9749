"""The books of invoices: every one that was sent in a period, and what was credited of it.

What was paid by card is in the books of card payments already, so its documents are not told here once more.
"""

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from booking.invoicing.models import Invoice
from booking.ledger import NOTHING, Movement, Part
from booking.money import MOMS


def movements(first: date, last: date) -> list[Movement]:
    """What was issued on these days, both included, in the order in which it was; credit notes are negative."""
    documents = Invoice.objects.filter(issued_on__range=(first, last), payment=None, refund=None)
    return [
        _movement(document)
        for document in documents.select_related("series__seller", "payer", "credits").order_by("issued_at", "pk")
    ]


def _movement(invoice: Invoice) -> Movement:
    """Names are the document's own, or of today where bookkeeping no longer keeps them."""
    content = invoice.content
    buyer = content.get("buyer", {"name": invoice.payer.full_name, "cvr": invoice.payer.cvr})
    parts = _parts(invoice)
    return Movement(
        at=invoice.issued_at,
        kind=_("Credit note") if invoice.is_credit_note else _("Invoice"),
        reference=invoice.number,
        payer=buyer["name"],
        payer_cvr=buyer["cvr"],
        session="; ".join(dict.fromkeys(line["description"] for line in content.get("lines", []))),
        seller=content["seller"]["name"] if content else str(invoice.series.seller),
        parts=tuple(-part for part in parts) if invoice.is_credit_note else parts,
        numbers=("", ""),
        reason=": ".join(part for part in (invoice.credits.number, content.get("note", "")) if part)
        if invoice.credits
        else "",
    )


def _parts(invoice: Invoice) -> tuple[Part, ...]:
    """By rate. There is one besides none, and prices are whole kroner, so the VAT says what of the net it is of."""
    taxed = (invoice.vat / MOMS).quantize(Decimal("0.01"))
    parts = (Part(MOMS, taxed, invoice.vat), Part(NOTHING, invoice.net - taxed, NOTHING))
    return tuple(part for part in parts if part.gross)
