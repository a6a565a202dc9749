"""What both e-invoice formats share: UBL 2.1's names, and how an element is put into another."""

from datetime import date
from decimal import Decimal

from lxml import etree

from booking.invoicing.document import Document

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
