"""Another reader of both e-invoices, with a library of its own: from XML back to the document, or a refusal.

It refuses what the official rules let through: VAT that is an øre off, a rate that is not Denmark's, a number whose
check digit does not fit, a due date too far off.
"""

from datetime import date
from decimal import Decimal
from xml.etree import ElementTree

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

CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
NAMES = {"b": CBC, "": CAC}


class Refused(Exception):
    """The document does not add up."""


def need(claim: bool, what: str) -> None:
    if not claim:
        raise Refused(what)


def weighted(digits: str, weights: str) -> list[int]:
    return [int(digit) * int(weight) for digit, weight in zip(digits, weights, strict=True)]


def has_gs1_digit(number: str) -> bool:
    return len(number) == 13 and sum(weighted(number, "1313131313131")) % 10 == 0


def has_cvr_digit(number: str) -> bool:
    return len(number) == 8 and sum(weighted(number, "27654321")) % 11 == 0


def has_slip_digit(number: str) -> bool:
    doubled = weighted(number, "121212121212121")
    return len(number) == 15 and sum(value // 10 + value % 10 for value in doubled) % 10 == 0


class Node:
    """An element with what stands below it, by short paths: ``b:ID`` is basic, ``Party`` an aggregate."""

    def __init__(self, element):
        self.element = element

    def all(self, path: str) -> list["Node"]:
        return [Node(found) for found in self.element.findall(path, NAMES)]

    def text(self, path: str) -> str:
        found = self.element.find(path, NAMES)
        return "" if found is None else found.text or ""

    def attribute(self, path: str, name: str) -> str:
        found = self.element.find(path, NAMES)
        return "" if found is None else found.get(name, "")

    def amount(self, path: str) -> Decimal:
        found = self.element.find(path, NAMES)
        if found is None:
            return Decimal("0.00")
        need(found.get("currencyID") == "DKK", path)
        need(Decimal(found.text).as_tuple().exponent == -2, path)
        return Decimal(found.text)

    def day(self, path: str) -> date | None:
        return date.fromisoformat(self.text(path)) if self.text(path) else None


def read(xml: bytes) -> Document:
    tree = Node(ElementTree.fromstring(xml))
    is_peppol = "peppol" in tree.text("b:CustomizationID")
    is_credit = tree.element.tag.endswith("}CreditNote")
    rows = tree.all("CreditNoteLine" if is_credit else "InvoiceLine")
    document = Document(
        kind=Kind.CREDIT_NOTE if is_credit else Kind.INVOICE,
        number=tree.text("b:ID"),
        issued_on=tree.day("b:IssueDate"),
        seller=_seller(tree.all("AccountingSupplierParty/Party")[0]),
        buyer=_buyer(tree, tree.all("AccountingCustomerParty/Party")[0], is_peppol=is_peppol),
        lines=tuple((_line_of_peppol if is_peppol else _line_of_oioubl)(row) for row in rows),
        payment=_payment(tree),
        due_on=None if is_credit else _due(tree),
        credits=_credited(tree),
        note=tree.text("b:Note"),
        rounding=tree.amount("LegalMonetaryTotal/b:PayableRoundingAmount"),
    )
    need([row.text("b:ID") for row in rows] == [str(place) for place in range(1, len(rows) + 1)], "line numbers")
    _check_sums(tree, rows, is_peppol=is_peppol)
    need(is_credit or document.issued_on <= document.due_on, "due before it is issued")
    need(is_credit or (document.due_on - document.issued_on).days <= 30, "due too late")
    return document


def _bare(number: str) -> str:
    return number.removeprefix("DK")


def _seller(party: Node) -> SellerParty:
    cvr = _bare(party.text("PartyLegalEntity/b:CompanyID"))
    need(has_cvr_digit(cvr), "the seller's CVR number")
    need(_bare(party.text("b:EndpointID")) == cvr, "the seller's address")
    need(party.text("PartyTaxScheme/b:CompanyID") == f"DK{cvr}", "the seller's VAT number")
    need(party.text("PartyName/b:Name") == party.text("PartyLegalEntity/b:RegistrationName"), "the seller's name")
    place = [party.text(f"PostalAddress/b:{name}") for name in ("StreetName", "PostalZone", "CityName")]
    return SellerParty(party.text("PartyName/b:Name"), cvr, *place)


def _buyer(tree: Node, party: Node, *, is_peppol: bool) -> Buyer:
    endpoint = party.text("b:EndpointID")
    is_gln = party.attribute("b:EndpointID", "schemeID") in {"0088", "GLN"}
    need(not is_gln or has_gs1_digit(endpoint), "the buyer's EAN number")
    cvr = _bare(party.text("PartyLegalEntity/b:CompanyID"))
    need(not cvr or has_cvr_digit(cvr), "the buyer's CVR number")
    need(is_gln or _bare(endpoint) == cvr, "the buyer's address")
    requisition = tree.text("OrderReference/b:ID")
    return Buyer(
        name=party.text("PartyName/b:Name"),
        cvr=cvr,
        gln=endpoint if is_gln else "",
        person_reference=tree.text("b:BuyerReference") if is_peppol else party.text("Contact/b:ID"),
        requisition=requisition if is_peppol else requisition.removeprefix("n/a"),
        email=party.text("Contact/b:ElectronicMail"),
    )


def _payment(tree: Node):
    code = tree.text("PaymentMeans/b:PaymentMeansCode")
    account = tree.text("PaymentMeans/PayeeFinancialAccount/b:ID")
    match code:
        case "42":
            branch = "PaymentMeans/PayeeFinancialAccount/FinancialInstitutionBranch/b:ID"
            return BankAccount(tree.text(branch), account)
        case "93":
            number = tree.text("PaymentMeans/b:InstructionID") or tree.text("PaymentMeans/b:PaymentID")[3:]
            need(tree.text("PaymentMeans/b:PaymentID").startswith("71"), "a slip of kind 71")
            need(has_slip_digit(number), "the slip's number")
            return Slip(account or tree.text("PaymentMeans/CreditAccount/b:AccountID"), number)
        case "48":
            return PaidByCard(date.fromisoformat(tree.text("PaymentTerms/b:Note").split()[-1]))
    paid = tree.day("PrepaidPayment/b:ReceivedDate")
    return paid and PaidByCard(paid)


def _due(tree: Node) -> date:
    named = tree.day("b:DueDate") or tree.day("PaymentMeans/b:PaymentDueDate")
    return named or tree.day("b:IssueDate")  # paid already


def _credited(tree: Node) -> Credited | None:
    number = tree.text("BillingReference/InvoiceDocumentReference/b:ID")
    return (number and Credited(number, tree.day("BillingReference/InvoiceDocumentReference/b:IssueDate"))) or None


def _rate(percent: str) -> Decimal:
    need(percent in {"25.00", "0.00"}, "a rate of VAT that Denmark does not have")
    return (Decimal(percent) / 100).quantize(Decimal("0.01"))


def _line(row: Node, **own) -> DocumentLine:
    quantity = row.text("b:InvoicedQuantity") or row.text("b:CreditedQuantity")
    line = DocumentLine(
        unit_net=row.amount("Price/b:PriceAmount"),
        quantity=int(quantity),
        note=row.text("b:Note"),
        first_on=row.day("InvoicePeriod/b:StartDate"),
        last_on=row.day("InvoicePeriod/b:EndDate"),
        **own,
    )
    need(row.amount("b:LineExtensionAmount") == line.unit_net * line.quantity, "a line's sum")
    return line


def _line_of_peppol(row: Node) -> DocumentLine:
    rate = _rate(row.text("Item/ClassifiedTaxCategory/b:Percent"))
    need(row.text("Item/ClassifiedTaxCategory/b:ID") == ("S" if rate else "E"), "a line's category")
    reason = row.text("Item/AdditionalItemProperty/b:Value")
    return _line(row, description=row.text("Item/b:Name"), vat_rate=rate, exempt_reason=reason)


def _line_of_oioubl(row: Node) -> DocumentLine:
    category = row.all("TaxTotal/TaxSubtotal/TaxCategory")[0]
    rate = _rate(category.text("b:Percent"))
    need(category.text("b:ID") == ("StandardRated" if rate else "ZeroRated"), "a line's category")
    return _line(
        row,
        description=row.text("Item/b:Description"),
        vat_rate=rate,
        exempt_reason=category.text("b:TaxExemptionReason"),
    )


def _check_sums(tree: Node, rows: list[Node], *, is_peppol: bool) -> None:
    """Every sum in the document, reckoned again from its lines."""
    of_rate: dict[Decimal, Decimal] = {}
    for row in rows:
        percent = "Item/ClassifiedTaxCategory/b:Percent" if is_peppol else "TaxTotal/TaxSubtotal/TaxCategory/b:Percent"
        rate = _rate(row.text(percent))
        of_rate[rate] = of_rate.get(rate, Decimal(0)) + row.amount("b:LineExtensionAmount")
        if not is_peppol:
            vat = _vat(row.amount("b:LineExtensionAmount"), rate)
            need(
                row.amount("TaxTotal/b:TaxAmount") == vat == row.amount("TaxTotal/TaxSubtotal/b:TaxAmount"), "line VAT"
            )
    subtotals = tree.all("TaxTotal/TaxSubtotal")
    found = {
        _rate(part.text("TaxCategory/b:Percent")): (part.amount("b:TaxableAmount"), part.amount("b:TaxAmount"))
        for part in subtotals
    }
    need(found == {rate: (net, _vat(net, rate)) for rate, net in of_rate.items()}, "the VAT of a rate")
    need(len(found) == len(subtotals), "a rate twice")
    net, vat = sum(of_rate.values()), sum(vat for _net, vat in found.values())
    need(tree.amount("TaxTotal/b:TaxAmount") == vat, "the VAT")
    sums = tree.all("LegalMonetaryTotal")[0]
    rounding, prepaid = sums.amount("b:PayableRoundingAmount"), sums.amount("b:PrepaidAmount")
    need(sums.amount("b:LineExtensionAmount") == net, "the sum of the lines")
    need(sums.amount("b:TaxExclusiveAmount") == (net if is_peppol else vat), "the sum without, or of, VAT")
    need(sums.amount("b:TaxInclusiveAmount") == net + vat + (0 if is_peppol else rounding), "the sum with VAT")
    need(sums.amount("b:PayableAmount") == net + vat + rounding - prepaid, "what is to be paid")


def _vat(net: Decimal, rate: Decimal) -> Decimal:
    ore = int(net * rate * 1000)
    return Decimal((ore + 5) // 10) / 100
