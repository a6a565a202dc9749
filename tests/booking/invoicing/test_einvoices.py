"""Both e-invoices: the official rules have nothing to say, and another reader finds in them just what was written."""

import pytest

from booking.invoicing import oioubl, peppol
from tests.booking.invoicing.documents import DOCUMENTS, SLIP, credit_of, invoice
from tests.booking.invoicing.reader import Refused, read

FORMATS = {"peppol": peppol, "oioubl": oioubl}


@pytest.fixture(params=FORMATS)
def written_as(request):
    return FORMATS[request.param].write


@pytest.fixture(params=DOCUMENTS)
def document(request):
    return DOCUMENTS[request.param]


def test_the_official_rules_find_nothing_wrong(broken_rules, document, written_as):
    assert broken_rules(written_as(document)) == []


def test_another_reader_finds_just_what_was_written(document, written_as):
    assert read(written_as(document)) == document


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b"5798009811578", b"5798009811579"),
        (b">DKK<", b">dkk<"),
        (b"<cbc:IssueDate>2027-05-06<", b"<cbc:IssueDate>6.5.2027<"),
        (b'"DKK">5300.00</cbc:LineExtensionAmount', b'"DKK">5300.02</cbc:LineExtensionAmount'),
    ],
    ids=["check digit", "currency", "date", "sum"],
)
def test_the_rules_do_find_what_is_wrong(broken_rules, was, becomes):
    xml = peppol.write(invoice())
    assert was in xml

    assert broken_rules(xml.replace(was, becomes))


#: What the official rules let through in at least one format.
LET_THROUGH = {
    "VAT one øre wrong": [(b">1325.00<", b">1325.01<"), (b">6625.00<", b">6625.01<")],
    "a rate of 20 %": [(b">25.00<", b">20.00<"), (b">1325.00<", b">1060.00<"), (b">6625.00<", b">6360.00<")],
    "a buyer's EAN number with a wrong check digit": [(b"5798009811578", b"5798009811579")],
    "a CVR number with a wrong check digit": [(b"31210917", b"31210918")],
    "a slip with a wrong check digit": [(SLIP.number.encode(), SLIP.number[:-1].encode() + b"0")],
    "two months to pay": [(b"2027-06-05", b"2027-07-05")],
}


#: What of it a credit note can have, which is not paid by slip nor on a day.
OF_CREDIT_NOTES = {name: LET_THROUGH[name] for name in list(LET_THROUGH)[:4]}
CASES = {f"invoice: {name}": (invoice(payment=SLIP), changes) for name, changes in LET_THROUGH.items()} | {
    f"credit note: {name}": (credit_of(invoice()), changes) for name, changes in OF_CREDIT_NOTES.items()
}


def changed(xml: bytes, changes) -> bytes:
    for was, becomes in changes:
        assert was in xml
        xml = xml.replace(was, becomes)
    return xml


@pytest.mark.parametrize(("document", "changes"), CASES.values(), ids=CASES)
def test_the_other_reader_refuses_what_the_rules_let_through(document, changes, written_as):
    with pytest.raises(Refused):
        read(changed(written_as(document), changes))


@pytest.mark.parametrize(("document", "changes"), CASES.values(), ids=CASES)
def test_the_rules_do_let_it_through_in_one_format_at_least(broken_rules, document, changes):
    found = [broken_rules(changed(writer.write(document), changes)) for writer in FORMATS.values()]

    assert [] in found
