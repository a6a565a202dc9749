"""A document as OIOUBL 2.1, for those who do not yet receive Peppol.

Mind ``TaxExclusiveAmount``: here it is the VAT, where in Peppol it is the net. Source: Erhvervsstyrelsen, OIOUBL 2.1
(schematron 1.17.2).
"""

from lxml import etree

from booking.invoicing.document import BankAccount, Document, DocumentLine, PaidByCard, Slip
from booking.invoicing.ubl import (
    CURRENCY,
    UNIT,
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
from booking.pricing.quote import VatLine

AGENCY = {"schemeAgencyID": "320"}
LIST_AGENCY = {"listAgencyID": "320"}
INVOICE = "380"
BANK_TRANSFER, SLIP = "42", "93"
#: Required, and what one writes who has none.
NO_REQUISITION = "n/a"
MOMS = "63"


def write(document: Document) -> bytes:
    tree = root(document)
    put(tree, "cbc:UBLVersionID", "2.1")
    put(tree, "cbc:CustomizationID", "OIOUBL-2.1")
    put(tree, "cbc:ProfileID", "Procurement-BilSim-1.0", schemeID="urn:oioubl:id:profileid-1.6", **AGENCY)
    put(tree, "cbc:ID", document.number)
    put(tree, "cbc:CopyIndicator", "false")
    put_day(tree, "cbc:IssueDate", document.issued_on)
    if not document.is_credit_note:
        codes = {"listID": "urn:oioubl:codelist:invoicetypecode-1.1", **LIST_AGENCY}
        put(tree, "cbc:InvoiceTypeCode", INVOICE, **codes)
    if document.note:
        put(tree, "cbc:Note", document.note)
    put(tree, "cbc:DocumentCurrencyCode", CURRENCY)
    put(tree, "OrderReference/cbc:ID", document.buyer.requisition or NO_REQUISITION)
    put_credited(tree, document)
    _put_seller(tree, document)
    _put_buyer(tree, document)
    _put_payment(tree, document)
    if isinstance(document.payment, PaidByCard):
        prepaid = put(tree, "PrepaidPayment")
        put_amount(prepaid, "cbc:PaidAmount", document.total)
        put_day(prepaid, "cbc:ReceivedDate", document.payment.paid_on)
    total = put(tree, "TaxTotal")
    put_amount(total, "cbc:TaxAmount", document.vat)
    for part in document.vat_rates:
        _put_subtotal(total, part)
    # With what was rounded, which Peppol leaves out of the sum with VAT.
    put_sums(tree, document, tax_exclusive=document.vat, tax_inclusive=document.total)
    for place, line in enumerate(document.lines, start=1):
        _put_line(tree, document, place, line)
    return written(tree)


def _put_seller(tree: etree._Element, document: Document) -> None:
    seller = document.seller
    party = put(tree, "AccountingSupplierParty/Party")
    put(party, "cbc:EndpointID", f"DK{seller.cvr}", schemeID="DK:CVR")
    put(party, "PartyName/cbc:Name", seller.name)
    address = put(party, "PostalAddress")
    _put_format(address, "StructuredLax")
    put_where(address, seller)
    tax = put(party, "PartyTaxScheme")
    put(tax, "cbc:CompanyID", f"DK{seller.cvr}", schemeID="DK:SE")
    _put_scheme(tax)
    legal = put(party, "PartyLegalEntity")
    put(legal, "cbc:RegistrationName", seller.name)
    put(legal, "cbc:CompanyID", f"DK{seller.cvr}", schemeID="DK:CVR")


def _put_buyer(tree: etree._Element, document: Document) -> None:
    buyer = document.buyer
    party = put(tree, "AccountingCustomerParty/Party")
    if buyer.gln:
        put(party, "cbc:EndpointID", buyer.gln, schemeID="GLN")
    else:
        put(party, "cbc:EndpointID", f"DK{buyer.cvr}", schemeID="DK:CVR")
    put(party, "PartyName/cbc:Name", buyer.name)
    address = put(party, "PostalAddress")
    _put_format(address, "StructuredRegion")
    put(address, "Country/cbc:IdentificationCode", "DK")
    if buyer.cvr:  # without a number it would not be an entity
        legal = put(party, "PartyLegalEntity")
        put(legal, "cbc:RegistrationName", buyer.name)
        put(legal, "cbc:CompanyID", f"DK{buyer.cvr}", schemeID="DK:CVR")
    contact = put(party, "Contact")
    put(contact, "cbc:ID", buyer.person_reference)
    put(contact, "cbc:Name", buyer.person_reference)
    if buyer.email:
        put(contact, "cbc:ElectronicMail", buyer.email)


def _put_format(address: etree._Element, kind: str) -> None:
    put(address, "cbc:AddressFormatCode", kind, listID="urn:oioubl:codelist:addressformatcode-1.1", **LIST_AGENCY)


def _put_scheme(parent: etree._Element) -> None:
    scheme = put(parent, "TaxScheme")
    put(scheme, "cbc:ID", MOMS, schemeID="urn:oioubl:id:taxschemeid-1.5", **AGENCY)
    put(scheme, "cbc:Name", "Moms")


def _put_payment(tree: etree._Element, document: Document) -> None:
    if document.payment is None or document.is_paid:  # of a card it wants the number, which nobody here knows
        return
    means = put(tree, "PaymentMeans")
    put(means, "cbc:ID", "1")
    channel = {"listID": "urn:oioubl:codelist:paymentchannelcode-1.1", **LIST_AGENCY}
    match document.payment:
        case BankAccount(registration, account):
            put(means, "cbc:PaymentMeansCode", BANK_TRANSFER)
            put_day(means, "cbc:PaymentDueDate", document.due_on)
            put(means, "cbc:PaymentChannelCode", "DK:BANK", **channel)
            put(means, "PayeeFinancialAccount/cbc:ID", account)
            put(means[-1], "cbc:PaymentNote", document.number)
            put(means[-1], "FinancialInstitutionBranch/cbc:ID", registration)
        case Slip(creditor, number):
            put(means, "cbc:PaymentMeansCode", SLIP)
            put_day(means, "cbc:PaymentDueDate", document.due_on)
            put(means, "cbc:PaymentChannelCode", "DK:FIK", **channel)
            put(means, "cbc:InstructionID", number)
            put(means, "cbc:PaymentID", "71", schemeID="urn:oioubl:id:paymentid-1.1", **AGENCY)
            put(means, "CreditAccount/cbc:AccountID", creditor)


def _put_subtotal(total: etree._Element, part: VatLine) -> None:
    subtotal = put(total, "TaxSubtotal")
    put_amount(subtotal, "cbc:TaxableAmount", part.net)
    put_amount(subtotal, "cbc:TaxAmount", part.vat)
    category = put(subtotal, "TaxCategory")
    name = "StandardRated" if part.rate else "ZeroRated"
    put(category, "cbc:ID", name, schemeID="urn:oioubl:id:taxcategoryid-1.4", **AGENCY)
    put(category, "cbc:Percent", per_cent(part.rate))
    if part.exempt_reason:
        put(category, "cbc:TaxExemptionReason", part.exempt_reason)
    _put_scheme(category)


def _put_line(tree: etree._Element, document: Document, place: int, line: DocumentLine) -> None:
    row = put_line(tree, document, place, line)
    part = VatLine(line.vat_rate, line.exempt_reason, line.net)
    total = put(row, "TaxTotal")
    put_amount(total, "cbc:TaxAmount", part.vat)
    _put_subtotal(total, part)
    item = put(row, "Item")
    put(item, "cbc:Description", line.description)
    put(item, "cbc:Name", line.description[:40])
    price = put(row, "Price")
    put_amount(price, "cbc:PriceAmount", line.unit_net)
    put(price, "cbc:BaseQuantity", "1", unitCode=UNIT)
