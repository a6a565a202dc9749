"""What both e-invoice formats share: UBL 2.1's names, how an element is put into another, and what is alike in both."""

from datetime import date
from decimal import Decimal

from lxml import etree

from booking.invoicing.document import Document, DocumentLine, SellerParty

BASIC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
AGGREGATE = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
NAMESPACES = {"cac": AGGREGATE, "cbc": BASIC}

CURRENCY = "DKK"
#: A piece. Source: UN/ECE recommendation 20.
UNIT = "EA"


def root(document: Document) -> etree._Element:
    name = "CreditNote" if document.is_credit_note else "Invoice"
    namespace = f"urn:oasis:names:specification:ubl:schema:xsd:{name}-2"
    return etree.Element(f"{{{namespace}}}{name}", nsmap={None: namespace, **NAMESPACES})


def put(parent: etree._Element, path: str, text: str = "", **attributes: str) -> etree._Element:
    """An element below ``parent``, with those that lead to it: ``put(party, "PartyName/cbc:Name", "KL")``.

    A name without a prefix is an aggregate.
    """
    for name in path.split("/"):
        prefix, _colon, local = name.rpartition(":")
        parent = etree.SubElement(parent, f"{{{NAMESPACES[prefix or 'cac']}}}{local}")
    parent.text = text or None
    parent.attrib.update(attributes)
    return parent


def put_amount(parent: etree._Element, path: str, amount: Decimal) -> etree._Element:
    return put(parent, path, f"{amount:.2f}", currencyID=CURRENCY)


def put_day(parent: etree._Element, path: str, day: date) -> etree._Element:
    return put(parent, path, day.isoformat())


def written(tree: etree._Element) -> bytes:
    return etree.tostring(tree, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def per_cent(rate: Decimal) -> str:
    return f"{rate * 100:.2f}"


# What is alike in both


def put_credited(tree: etree._Element, document: Document) -> None:
    """The invoice that a credit note takes back."""
    if document.credits:
        credited = put(tree, "BillingReference/InvoiceDocumentReference")
        put(credited, "cbc:ID", document.credits.number)
        put_day(credited, "cbc:IssueDate", document.credits.issued_on)


def put_where(address: etree._Element, seller: SellerParty) -> None:
    put(address, "cbc:StreetName", seller.street)
    put(address, "cbc:CityName", seller.city)
    put(address, "cbc:PostalZone", seller.postcode)
    put(address, "Country/cbc:IdentificationCode", "DK")


def put_sums(tree: etree._Element, document: Document, *, tax_exclusive: Decimal, tax_inclusive: Decimal) -> None:
    """The formats mean different sums by the two names that are given; the others are one."""
    sums = put(tree, "LegalMonetaryTotal")
    put_amount(sums, "cbc:LineExtensionAmount", document.net)
    put_amount(sums, "cbc:TaxExclusiveAmount", tax_exclusive)
    put_amount(sums, "cbc:TaxInclusiveAmount", tax_inclusive)
    if document.is_paid:
        put_amount(sums, "cbc:PrepaidAmount", document.total)
    if document.rounding:
        put_amount(sums, "cbc:PayableRoundingAmount", document.rounding)
    put_amount(sums, "cbc:PayableAmount", document.to_pay)


def put_line(tree: etree._Element, document: Document, place: int, line: DocumentLine) -> etree._Element:
    """A line's head: its number, for whom, how many, how much and when. What was sold and its VAT follow."""
    row = put(tree, "CreditNoteLine" if document.is_credit_note else "InvoiceLine")
    put(row, "cbc:ID", str(place))
    if line.note:
        put(row, "cbc:Note", line.note)
    quantity = "cbc:CreditedQuantity" if document.is_credit_note else "cbc:InvoicedQuantity"
    put(row, quantity, str(line.quantity), unitCode=UNIT)
    put_amount(row, "cbc:LineExtensionAmount", line.net)
    if line.first_on:
        put_day(row, "InvoicePeriod/cbc:StartDate", line.first_on)
        put_day(row[-1], "cbc:EndDate", line.last_on)
    return row
