"""A document as Peppol BIS Billing 3.0, which Danish public bodies receive by their EAN number.

Source: OpenPeppol, BIS Billing 3.0.21 (May 2026), with the Danish rules DK-R-*.
"""

from decimal import Decimal

from lxml import etree

from booking.invoicing.document import BankAccount, Document, DocumentLine, PaidByCard, Slip
from booking.invoicing.ubl import (
    CURRENCY,
    per_cent,
    put,
    put_amount,
    put_credited,
    put_day,
    put_line,
    put_sums,
    put_where,
    root,
    written,
)

CUSTOMIZATION = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
GLN, CVR = "0088", "0184"
INVOICE, CREDIT_NOTE = "380", "381"
BANK_TRANSFER, SLIP, CARD = "42", "93", "48"
#: What the payer reads, in their language: why a line is without VAT, and when it was paid.
EXEMPT, PAID = "Momsfritagelse", "Betalt med kort"


def write(document: Document) -> bytes:
    tree = root(document)
    put(tree, "cbc:CustomizationID", CUSTOMIZATION)
    put(tree, "cbc:ProfileID", PROFILE)
    put(tree, "cbc:ID", document.number)
    put_day(tree, "cbc:IssueDate", document.issued_on)
    if document.is_credit_note:
        put(tree, "cbc:CreditNoteTypeCode", CREDIT_NOTE)
    else:
        put_day(tree, "cbc:DueDate", document.due_on)
        put(tree, "cbc:InvoiceTypeCode", INVOICE)
    if document.note:
        put(tree, "cbc:Note", document.note)
    put(tree, "cbc:DocumentCurrencyCode", CURRENCY)
    put(tree, "cbc:BuyerReference", document.buyer.person_reference)
    if document.buyer.requisition:
        put(tree, "OrderReference/cbc:ID", document.buyer.requisition)
    put_credited(tree, document)
    _put_seller(tree, document)
    _put_buyer(tree, document)
    _put_payment(tree, document)
    _put_vat(tree, document)
    put_sums(tree, document, tax_exclusive=document.net, tax_inclusive=document.gross)
    for place, line in enumerate(document.lines, start=1):
        _put_line(tree, document, place, line)
    return written(tree)


def _put_seller(tree: etree._Element, document: Document) -> None:
    seller = document.seller
    party = put(tree, "AccountingSupplierParty/Party")
    put(party, "cbc:EndpointID", seller.cvr, schemeID=CVR)
    put(party, "PartyName/cbc:Name", seller.name)
    address = put(party, "PostalAddress")
    put_where(address, seller)
    tax = put(party, "PartyTaxScheme")
    put(tax, "cbc:CompanyID", f"DK{seller.cvr}")
    put(tax, "TaxScheme/cbc:ID", "VAT")
    legal = put(party, "PartyLegalEntity")
    put(legal, "cbc:RegistrationName", seller.name)
    put(legal, "cbc:CompanyID", seller.cvr, schemeID=CVR)


def _put_buyer(tree: etree._Element, document: Document) -> None:
    buyer = document.buyer
    party = put(tree, "AccountingCustomerParty/Party")
    if buyer.gln:
        put(party, "cbc:EndpointID", buyer.gln, schemeID=GLN)
    else:
        put(party, "cbc:EndpointID", buyer.cvr, schemeID=CVR)
    put(party, "PartyName/cbc:Name", buyer.name)
    put(party, "PostalAddress/Country/cbc:IdentificationCode", "DK")
    legal = put(party, "PartyLegalEntity")
    put(legal, "cbc:RegistrationName", buyer.name)
    if buyer.cvr:
        put(legal, "cbc:CompanyID", buyer.cvr, schemeID=CVR)
    if buyer.email:
        put(party, "Contact/cbc:ElectronicMail", buyer.email)


def _put_payment(tree: etree._Element, document: Document) -> None:
    if document.payment is None:
        return
    means = put(tree, "PaymentMeans")
    match document.payment:
        case BankAccount(registration, account):
            put(means, "cbc:PaymentMeansCode", BANK_TRANSFER)
            put(means, "cbc:PaymentID", document.number)
            put(means, "PayeeFinancialAccount/cbc:ID", account)
            put(means[-1], "FinancialInstitutionBranch/cbc:ID", registration)
        case Slip(creditor, number):
            put(means, "cbc:PaymentMeansCode", SLIP)
            put(means, "cbc:PaymentID", f"71#{number}")
            put(means, "PayeeFinancialAccount/cbc:ID", creditor)
        case PaidByCard(paid_on):
            put(means, "cbc:PaymentMeansCode", CARD)
            put(tree, "PaymentTerms/cbc:Note", f"{PAID} {paid_on.isoformat()}")


def _put_vat(tree: etree._Element, document: Document) -> None:
    total = put(tree, "TaxTotal")
    put_amount(total, "cbc:TaxAmount", document.vat)
    for part in document.vat_rates:
        subtotal = put(total, "TaxSubtotal")
        put_amount(subtotal, "cbc:TaxableAmount", part.net)
        put_amount(subtotal, "cbc:TaxAmount", part.vat)
        category = put(subtotal, "TaxCategory")
        _put_category(category, part.rate)
        if part.exempt_reason:
            put(category, "cbc:TaxExemptionReason", part.exempt_reason)
        put(category, "TaxScheme/cbc:ID", "VAT")


def _put_category(category: etree._Element, rate: Decimal) -> None:
    put(category, "cbc:ID", "S" if rate else "E")
    put(category, "cbc:Percent", per_cent(rate))


def _put_line(tree: etree._Element, document: Document, place: int, line: DocumentLine) -> None:
    row = put_line(tree, document, place, line)
    item = put(row, "Item")
    put(item, "cbc:Name", line.description)
    category = put(item, "ClassifiedTaxCategory")
    _put_category(category, line.vat_rate)
    put(category, "TaxScheme/cbc:ID", "VAT")
    if line.exempt_reason:
        put(item, "AdditionalItemProperty/cbc:Name", EXEMPT)
        put(item[-1], "cbc:Value", line.exempt_reason)
    put_amount(row, "Price/cbc:PriceAmount", line.unit_net)
