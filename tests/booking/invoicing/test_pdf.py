"""The PDF as a person reads it, by eye and by ear."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from booking.invoicing import pdf
from booking.money import danish_amount
from tests.booking.invoicing.documents import DOCUMENTS, SLIP, invoice, line


def words_of(document) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf.write(document))).pages).split())


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_it_says_all_that_the_document_says(document):
    words = words_of(document)
    without_breaks = words.replace(" ", "")

    said = [document.number, document.seller.name, document.buyer.name, document.buyer.person_reference]
    said += [danish_amount(amount) for amount in (document.net, document.vat, document.total)]
    said += [text for one in document.lines for text in (one.description, one.note, danish_amount(one.net))]
    if document.credits:
        said.append(document.credits.number)
    for text in said:
        assert text.replace(" ", "") in without_breaks


def test_it_is_tagged_danish_and_has_a_title():
    root = PdfReader(BytesIO(pdf.write(invoice()))).trailer["/Root"]

    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "da"
    assert "/StructTreeRoot" in root
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    assert "F17" in PdfReader(BytesIO(pdf.write(invoice()))).metadata.title


def headers_in(node, found):
    node = node.get_object()
    if not hasattr(node, "get"):
        return found
    if node.get("/S") in {"/TH", "/H1", "/H2", "/Table", "/TD"}:
        found.append(node["/S"])
    children = node.get("/K", [])
    for child in children if isinstance(children, list) else [children]:
        if hasattr(child, "get_object") and hasattr(child.get_object(), "get"):
            headers_in(child, found)
    return found


def test_tables_have_headers_and_headings_are_headings():
    found = headers_in(PdfReader(BytesIO(pdf.write(invoice()))).trailer["/Root"]["/StructTreeRoot"], [])

    assert found.count("/H1") == 1
    assert found.count("/Table") == 3
    assert found.count("/TH") == 2 + 4 + 2


@pytest.mark.parametrize("lines", [1, 8])
def test_the_usual_case_is_one_page(lines):
    document = invoice(*[line() for _number in range(lines)])

    assert len(PdfReader(BytesIO(pdf.write(document))).pages) == 1


def test_twenty_five_persons_take_more_pages_and_lose_nobody():
    document = DOCUMENTS["invoice: an order of 25 persons, with VAT and without"]

    assert len(PdfReader(BytesIO(pdf.write(document))).pages) == 2


def test_the_same_document_is_the_same_file():
    assert pdf.write(invoice()) == pdf.write(invoice())


def test_a_slip_is_printed_as_it_is_typed():
    assert SLIP.words.replace(" ", "") in words_of(invoice(payment=SLIP)).replace(" ", "")


def test_nothing_in_a_document_is_read_as_markup():
    text = '#panic("nej") *fed* $x$ `kode` @henvisning [parentes] \\ <mærke> // kommentar'

    assert text.replace(" ", "") in words_of(invoice(line(text))).replace(" ", "")
