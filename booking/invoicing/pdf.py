"""A document as a PDF that a person can read, on paper or by ear: Danish, tagged (PDF/UA-1), one page as a rule."""

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from booking.dates import danish_span
from booking.invoicing.document import BankAccount, Document, DocumentLine, PaidByCard, Slip
from booking.money import danish_amount, kroner

TEMPLATE = Path(__file__).with_name("invoice.typ")


#: Letters that the fonts surely have: those of Europe's Latin alphabets, and what stands between them.
SURELY_SHOWN = re.compile(r"[^\u0020-\u024f\u2010-\u2026\u20ac]+")
#: Stands where a character can't be shown.
BOX = "□"


def write(document: Document) -> bytes:
    """The same bytes for the same document. What no font of ours has, such as an emoji, is a box on the paper."""
    with override(settings.LANGUAGE_CODE):
        said = json.dumps(in_words(document), ensure_ascii=False)
    try:
        return _set(said)
    except typst.TypstError:  # a tagged PDF must not hold what can't be read
        return _set(SURELY_SHOWN.sub(BOX, unicodedata.normalize("NFC", said)))


def _set(said: str) -> bytes:
    return typst.compile(
        TEMPLATE.read_bytes(),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"document": said},
        pdf_standards="ua-1",
        timestamp=0,
    )


def in_words(document: Document) -> dict[str, Any]:
    """All that stands on the paper, in order."""
    seller, buyer = document.seller, document.buyer
    cvr = _("CVR %(number)s")
    return {
        "title": title(document),
        "credits": _credits(document),
        "note": document.note,
        "seller": {
            "name": seller.name,
            "lines": [seller.street, f"{seller.postcode} {seller.city}", cvr % {"number": seller.cvr}],
        },
        "buyer": {"lines": [buyer.name, *([cvr % {"number": buyer.cvr}] if buyer.cvr else [])]},
        "facts": facts(document),
        "lines": [_line(line) for line in document.lines],
        "sums": sums(document),
        "payment": how_to_pay(document),
        "footer": f"{seller.name} · {seller.street} · {seller.postcode} {seller.city} · "
        + cvr % {"number": seller.cvr},
        "page": _("Page %(page)s of %(pages)s") % {"page": "{page}", "pages": "{pages}"},
        "words": {
            "about": _("Detail"),
            "value": _("Value"),
            "columns": [_("Description"), _("Quantity"), _("Price each"), _("Kr. excl. VAT")],
            "sum": _("Sum"),
            "kroner": _("Kroner"),
            "payment": _("Payment"),
        },
    }


def title(document: Document) -> str:
    if not document.number:
        return _("Invoice – not yet issued")
    words = _("Credit note %(number)s") if document.is_credit_note else _("Invoice %(number)s")
    return words % {"number": document.number}


def _credits(document: Document) -> str:
    if document.credits is None:
        return ""
    day = document.credits.issued_on
    words = {
        True: _("Takes back invoice %(number)s of %(date)s."),
        False: _("Takes back a part of invoice %(number)s of %(date)s."),
        None: _("Takes back invoice %(number)s of %(date)s, or a part of it."),
    }
    return words[document.credits.is_whole] % {
        "number": document.credits.number,
        "date": danish_span(day, day),
    }


def facts(document: Document) -> list[tuple[str, str]]:
    buyer = document.buyer
    known = [
        (_("Date"), danish_span(document.issued_on, document.issued_on)),
        (_("To be paid by"), danish_span(document.due_on, document.due_on) if _is_owed(document) else ""),
        (_("EAN number"), buyer.gln),
        (_("Reference"), buyer.person_reference),
        (_("Requisition number"), buyer.requisition),
    ]
    return [(what, value) for what, value in known if value]


def _is_owed(document: Document) -> bool:
    return document.due_on is not None and not document.is_paid


def _line(line: DocumentLine) -> dict[str, str]:
    held = danish_span(line.first_on, line.last_on or line.first_on) if line.first_on else ""
    return {
        "description": line.description,
        "under": ". ".join(part for part in (held, line.note) if part),
        "quantity": str(line.quantity),
        "unit": danish_amount(line.unit_net),
        "net": danish_amount(line.net),
    }


def sums(document: Document) -> list[dict[str, Any]]:
    rows = [(_("Excluding VAT"), document.net, False)]
    rows += [(part.words, part.vat, False) for part in document.vat_lines]
    if document.rounding:
        rows.append((_("Rounding"), document.rounding, False))
    rows.append((_("In all, including VAT"), document.total, True))
    if document.is_credit_note:
        rows[-1] = (_("Credited in all, including VAT"), document.total, True)
    if document.is_paid:
        rows += [(_("Paid"), document.total, False), (_("To pay"), document.to_pay, True)]
    return [{"what": what, "kroner": danish_amount(amount), "is_total": is_total} for what, amount, is_total in rows]


def how_to_pay(document: Document) -> list[str]:
    match document.payment:
        case BankAccount(registration, account):
            return [
                _("To registration number %(registration)s, account %(account)s.")
                % {"registration": registration, "account": account},
                _("Write %(number)s with the payment.") % {"number": document.number},
            ]
        case Slip() as slip:
            return [_("Payment slip: %(slip)s") % {"slip": slip.words}]
        case PaidByCard(paid_on):
            return [
                _("%(amount)s was paid by card on %(date)s. There is nothing more to pay.")
                % {"amount": kroner(document.total), "date": danish_span(paid_on, paid_on)}
            ]
    return []
