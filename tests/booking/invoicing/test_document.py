"""An invoice as a value: its sums, what it refuses, and how it is kept."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from booking.invoicing.document import Fault, NotInOrder, PaidByCard, as_kept, from_kept, plain
from booking.pricing.quote import Line, Quote
from tests.booking.invoicing.documents import BANK, DOCUMENTS, EXEMPT, FANOE, SELLER, SLIP, credit_of, invoice, line


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_all_that_is_to_be_invoiced_is_in_order(document):
    assert document.faults() == []


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_document_comes_back_as_it_was_kept(document):
    assert from_kept(as_kept(document)) == document


def test_an_invoice_shows_the_figures_of_the_quote_it_is_made_of():
    agreed = [
        Line("Kursus", Decimal(5300)),
        Line("Materiale", Decimal(1249), quantity=3, vat_rate=Decimal(0), exempt_reason=EXEMPT),
    ]
    quote = Quote.of(agreed)

    document = invoice(*[line(one.description, one.unit_net, quantity=one.quantity, vat_rate=one.vat_rate,
                              exempt_reason=one.exempt_reason) for one in agreed])  # fmt: skip

    assert (document.net, document.vat, document.gross) == (quote.net, quote.vat, quote.gross)
    assert document.vat_lines == quote.vat_lines


def test_what_was_paid_by_card_is_not_to_be_paid_again():
    document = DOCUMENTS["invoice: paid by card"]

    assert (document.total, document.to_pay) == (Decimal("6625.00"), Decimal("0.00"))


def test_a_document_whose_sums_were_tampered_with_is_refused():
    kept = as_kept(invoice())
    kept["sums"]["vat"] = "1325.01"

    with pytest.raises(NotInOrder) as refusal:
        from_kept(kept)

    assert refusal.value.faults == [Fault.SUMS]


ISSUED = invoice().issued_on
FAULTY = {
    "a seller without CVR": (invoice(seller=replace(SELLER, cvr="")), Fault.SELLER_CVR),
    "a seller's CVR with a wrong digit": (invoice(seller=replace(SELLER, cvr="31210918")), Fault.SELLER_CVR),
    "a seller without a town": (invoice(seller=replace(SELLER, city="")), Fault.SELLER_ADDRESS),
    "a seller without an account": (invoice(payment=None), Fault.SELLER_ACCOUNT),
    "an EAN-8": (invoice(buyer=replace(FANOE, gln="73513537")), Fault.BUYER_GLN),
    "an EAN with a wrong check digit": (invoice(buyer=replace(FANOE, gln="5798009811579")), Fault.BUYER_GLN),
    "an EAN with letters": (invoice(buyer=replace(FANOE, gln="57980098I1578")), Fault.BUYER_GLN),
    "an EAN of noughts": (invoice(buyer=replace(FANOE, gln="0" * 13)), Fault.BUYER_GLN),
    "a buyer's CVR with a wrong digit": (invoice(buyer=replace(FANOE, cvr="31210918")), Fault.BUYER_CVR),
    "a buyer with no number at all": (invoice(buyer=replace(FANOE, cvr="", gln="")), Fault.BUYER_NOWHERE),
    "nobody at the buyer": (invoice(buyer=replace(FANOE, person_reference="")), Fault.BUYER_REFERENCE),
    "no lines": (replace(invoice(), lines=()), Fault.NO_LINES),
    "a line of nothing": (invoice(line(net=0)), Fault.NO_LINES),
    "20 % VAT": (invoice(line(vat_rate=Decimal("0.20"))), Fault.VAT_RATE),
    "no VAT and no law": (invoice(line(vat_rate=Decimal(0))), Fault.EXEMPT_REASON),
    "VAT and a law": (invoice(line(exempt_reason=EXEMPT)), Fault.EXEMPT_REASON),
    "a slip with a wrong check digit": (invoice(payment=replace(SLIP, number="000000000000175")), Fault.SLIP),
    "a creditor of seven digits": (invoice(payment=replace(SLIP, creditor="1234567")), Fault.SLIP),
    "31 days to pay": (invoice(due_on=ISSUED + timedelta(days=31)), Fault.DUE),
    "due yesterday": (invoice(due_on=ISSUED - timedelta(days=1)), Fault.DUE),
    "no day to pay": (invoice(due_on=None), Fault.DUE),
    "a credit note to be paid": (credit_of(invoice(), payment=BANK), Fault.DUE),
    "a credit note of no invoice": (credit_of(invoice(), credits=None), Fault.CREDITED),
    "more rounding than rounding is": (invoice(rounding=Decimal("0.02")), Fault.SUMS),
}


@pytest.mark.parametrize(("document", "fault"), FAULTY.values(), ids=FAULTY)
def test_a_document_that_is_not_in_order_is_refused(document, fault):
    with pytest.raises(NotInOrder) as refusal:
        document.checked()

    assert refusal.value.faults == [fault]


def test_a_paid_invoice_needs_no_account():
    assert invoice(payment=PaidByCard(date(2027, 5, 4))).checked().to_pay == 0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Æ\x00r\x1b", "Æ r"),
        (" to\n\tlinjer  ", "to linjer"),
        ("\ud800x\ue000", "x"),
        ("a\u00a0b", "a b"),
        ("\uffff", ""),
    ],
    ids=["control characters", "white space", "no characters", "hard space", "never a character"],
)  # fmt: skip
def test_what_xml_cannot_hold_becomes_a_space(text, shown):
    assert plain(text) == shown
