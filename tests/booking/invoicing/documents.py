"""Documents to try everything on: what the site will be asked to invoice, and what is hard about it."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from booking.invoicing.document import (
    BankAccount,
    Buyer,
    Credited,
    Document,
    DocumentLine,
    Kind,
    PaidByCard,
    SellerParty,
    Slip,
)
from booking.invoicing.numbers import slip_number
from booking.pricing.quote import Line, Quote

EXEMPT = "Momsfritaget efter momslovens § 13, stk. 1, nr. 3"
OTHERWISE_EXEMPT = "Momsfritaget efter momslovens § 13, stk. 1, nr. 6"

MAY = date(2027, 5, 5)
SELLER = SellerParty("KL", "31210917", "Weidekampsgade 10", "2300", "København S")
FANOE = Buyer("Fanø Kommune", "31210917", "5798009811578", "Anne Ærø", "REK-2027-1", "anne@example.org")
BANK = BankAccount("1234", "1234567890")
SLIP = Slip("12345678", slip_number(17))


def line(description="Lederskab i en ny tid", net=5300, on=MAY, days=1, note="Deltager: Borgmesteren i Fanø", **agreed):
    agreed = Line(description=description, unit_net=Decimal(net), **agreed)
    return DocumentLine.of(agreed, note=note, first_on=on, last_on=on + timedelta(days=days - 1))


def invoice(*lines, **changes) -> Document:
    issued = date(2027, 5, 6)
    plain = Document(
        kind=Kind.INVOICE,
        number="F17",
        issued_on=issued,
        seller=SELLER,
        buyer=FANOE,
        lines=lines or (line(),),
        due_on=issued + timedelta(days=30),
        payment=BANK,
    )
    return replace(plain, **changes)


def credit_of(document: Document, **changes) -> Document:
    """The credit note that takes all of it back."""
    kept = {
        "kind": Kind.CREDIT_NOTE,
        "number": "K3",
        "issued_on": date(2027, 6, 1),
        "credits": Credited(document.number, document.issued_on),
        "due_on": None,
        "payment": None,
        "note": "Forkert rekvisitionsnummer.",
    }
    return replace(document, **kept | changes)


def _late(share: int) -> list[DocumentLine]:
    agreed = Quote.of([Line("Lederskab i en ny tid", Decimal(5301)), Line("Ekstra overnatning", Decimal(999))])
    return [
        DocumentLine.of(part, note="Frameldt 1. maj 2027", first_on=MAY, last_on=MAY)
        for part in agreed.share(share).lines
    ]


INVOICES: dict[str, Document] = {
    "a day session": invoice(),
    "an overnight session": invoice(line("Strategisk ledelse", 8800, days=2)),
    "an order of 25 persons, with VAT and without": invoice(
        *[line(note=f"Deltager: Person {number}") for number in range(24)],
        line("Kursusmateriale", 1249, quantity=25, vat_rate=Decimal(0), exempt_reason=EXEMPT, note=""),
    ),
    "without VAT by two laws": invoice(
        line(vat_rate=Decimal(0), exempt_reason=EXEMPT),
        line("Undervisning", 700, quantity=3, vat_rate=Decimal(0), exempt_reason=OTHERWISE_EXEMPT),
    ),
    "add-ons": invoice(line(), line("Ekstra overnatning", 1200, quantity=2), line("Parkering", 85)),
    "a share after a late withdrawal": invoice(*_late(33)),
    "a collected month": invoice(*[line(on=MAY + timedelta(days=day), note=f"Nr. {day}") for day in range(0, 25, 3)]),
    "names that XML and Danes find hard": invoice(
        line("Æblegrød & <b>øl</b> \"på\" ]]> 'ålen' – §", note="Deltager: Åse & Øjvind <Ærø>"),
        buyer=replace(FANOE, name="Æ & <Ø> \"Å\" Kommune", person_reference="<Åse> & \"Ø\"", requisition="&lt;1&gt;"),
        seller=replace(SELLER, name="K & <L>", street="Øster \"Allé\" 1"),
    ),
    "very long references": invoice(
        buyer=replace(FANOE, person_reference="P" * 2000, requisition="Ø" * 2000), note="N" * 2000
    ),
    "no requisition and no address to write to": invoice(buyer=replace(FANOE, requisition="", email="")),
    "a municipality without a CVR number": invoice(buyer=replace(FANOE, cvr="")),
    "a payment slip": invoice(payment=SLIP),
    "paid by card": invoice(
        buyer=replace(FANOE, gln="", requisition=""), payment=PaidByCard(date(2027, 5, 4)), due_on=date(2027, 5, 6)
    ),
}  # fmt: skip

CREDIT_NOTES = {
    **{name: credit_of(document) for name, document in INVOICES.items()},
    "an odd sum that went back to a card": credit_of(
        invoice(),
        lines=(DocumentLine("Tilbagebetalt", Decimal("80.02"), first_on=MAY, last_on=MAY),),
        rounding=Decimal("-0.01"),
    ),
    "one line of several": credit_of(INVOICES["add-ons"], lines=INVOICES["add-ons"].lines[1:2]),
}
DOCUMENTS = {
    **{f"invoice: {name}": document for name, document in INVOICES.items()},
    **{f"credit note: {name}": document for name, document in CREDIT_NOTES.items()},
}
