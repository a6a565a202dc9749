"""The PDF as a person reads it, by eye and by ear."""

import re
from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader

from booking.invoicing import pdf
from booking.money import danish_amount
from tests.booking.invoicing.documents import DOCUMENTS, FANOE, SLIP, invoice, line


def words_of(document) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf.write(document))).pages).split())


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_it_says_all_that_the_document_says(document):
    without_breaks = words_of(document).replace(" ", "")
    footer = pdf.in_words(document)["footer"].replace(" ", "")
    without_breaks = re.sub(rf"{re.escape(footer)}Side\daf\d", "", without_breaks)

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


LONG = "Ø" * 2000


@pytest.mark.parametrize(
    "document",
    [
        invoice(buyer=replace(FANOE, person_reference=LONG)),
        invoice(buyer=replace(FANOE, name=LONG)),
        invoice(line("Kursus " + LONG)),
        invoice(line(note="Deltager: " + LONG)),
    ],
    ids=["reference", "buyer", "description", "participant"],
)
def test_what_has_no_place_to_break_stays_on_the_paper(document):
    pages = PdfReader(BytesIO(pdf.write(document))).pages
    lines = [text for page in pages for text in page.extract_text().splitlines()]

    assert max(text.count("Ø") for text in lines) < 100
    assert sum(text.count("Ø") for text in lines) == 2000


@pytest.mark.parametrize("reference", ["2MRW-T4AM", "REK-2028-1", "ÆØÅ-123"])
@pytest.mark.parametrize("before", range(0, 40, 4))
def test_a_reference_is_not_broken(reference, before):
    document = invoice(line(note="x" * before + " xxx xxx Borgmesteren. Bestilling " + f"{reference} {reference}."))

    assert words_of(document).count(reference) == 2


def test_the_same_document_is_the_same_file():
    assert pdf.write(invoice()) == pdf.write(invoice())


def test_a_slip_is_printed_as_it_is_typed():
    assert SLIP.words.replace(" ", "") in words_of(invoice(payment=SLIP)).replace(" ", "")


def test_nothing_in_a_document_is_read_as_markup():
    text = '#panic("nej") *fed* $x$ `kode` @henvisning [parentes] \\ <mærke> // kommentar'

    assert text.replace(" ", "") in words_of(invoice(line(text))).replace(" ", "")


@pytest.mark.parametrize("name", ["Kurt 🎓 Ærø", "李小龍 Ærø", "👩‍👩‍👧 Ærø", "🎓" * 500 + " Ærø"], ids=range(4))
def test_what_no_font_has_is_a_box_and_keeps_no_invoice_from_being_read(name):
    words = words_of(invoice(line(name, note=name), buyer=replace(FANOE, name=name, person_reference=name)))

    assert words.count("Ærø") == 4
    assert "□" in words
