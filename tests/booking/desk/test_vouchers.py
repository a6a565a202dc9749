"""A month for the bookkeeping: rows that add up to the documents to the øre, in a file that a Danish system reads."""

import csv
import io
from datetime import date
from decimal import Decimal
from itertools import groupby

import pytest
from django.urls import reverse

from booking.invoicing.document import as_kept
from booking.invoicing.issue import credit
from booking.invoicing.models import HandOver, Invoice, Kind, Series
from booking.invoicing.run import issue_due
from booking.invoicing.settle import mark_paid
from booking.invoicing.vouchers import in_all, vouchers
from tests.booking.invoicing.documents import DOCUMENTS, INVOICES
from tests.booking.invoicing.test_issue import AFTER
from tests.booking.signup.test_reserve import order
from tests.factories import MunicipalityFactory, SellerFactory, SessionPageFactory, mayor_of

URL = "vouchers:index"


@pytest.fixture
def seller(db):
    details = {"cvr": "31210917", "street": "Weidekampsgade 10", "postcode": "2300", "city": "København S"}
    return SellerFactory(name="KL", fik_creditor="12345678", **details)


def keep(document, seller, *, serial: int, of=None) -> Invoice:
    """The document as it would have been issued in May."""
    series, _made = Series.objects.get_or_create(seller=seller, kind=str(document.kind))
    invoice = Invoice.objects.create(
        series=series,
        serial=serial,
        number=series.number(serial),
        kind=str(document.kind),
        issued_at=AFTER,
        issued_on=date(2027, 5, 6),
        due_on=document.due_on,
        payer=MunicipalityFactory(name="Fanø"),
        net=document.net,
        vat=document.vat,
        total=document.total,
        credits=of,
        content=as_kept(document),
        format="peppol",
        xml=b"<x/>",
    )
    HandOver.objects.create(invoice=invoice, not_before=AFTER)
    return invoice


def rows_of(client, **asked) -> list[dict]:
    answer = client.get(reverse(URL), {"export": "csv", **asked})
    content = b"".join(answer.streaming_content)
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_the_rows_of_every_kind_of_document_add_up_to_it(seller):
    first = keep(INVOICES["a day session"], seller, serial=100)
    for serial, document in enumerate(DOCUMENTS.values(), start=101):
        keep(document, seller, serial=serial, of=first if document.is_credit_note else None)

    found = vouchers(seller, date(2027, 5, 1), date(2027, 5, 31))

    for number, rows in groupby(found, key=lambda row: row.number):
        invoice = Invoice.objects.get(number=number)
        sign = -1 if invoice.is_credit_note else 1
        assert in_all(rows)[2] == sign * invoice.total
    issued = Invoice.objects.all()
    assert in_all(row for row in found if row.rate is not None)[1] == sum(
        invoice.vat if invoice.kind == Kind.INVOICE else -invoice.vat for invoice in issued
    )


def test_there_is_a_row_for_each_rate(seller):
    keep(INVOICES["an order of 25 persons, with VAT and without"], seller, serial=1)

    taxed, exempt = vouchers(seller, date(2027, 5, 1), date(2027, 5, 31))

    assert (taxed.net, taxed.vat, taxed.code) == (Decimal("127200.00"), Decimal("31800.00"), "U25")
    assert (exempt.net, exempt.vat, exempt.code) == (Decimal("31225.00"), Decimal("0.00"), "")


def test_a_seller_has_its_own_and_a_month_its_own(seller):
    keep(INVOICES["a day session"], seller, serial=1)

    assert vouchers(SellerFactory(name="Komponent"), date(2027, 5, 1), date(2027, 5, 31)) == []
    assert vouchers(seller, date(2027, 6, 1), date(2027, 6, 30)) == []


def test_the_file_is_what_a_danish_bookkeeping_takes_in(client, finance, seller):
    order(SessionPageFactory(title='=Æblegrød; og "øl"'), mayor_of("Fanø"))
    [invoice] = issue_due(AFTER).issued
    mark_paid(invoice, paid_on=date(2027, 5, 20), by=None, now=AFTER)

    [row] = rows_of(client)

    document = invoice.document
    assert list(row.values()) == [
        "F1", str(invoice.get_kind_display()), "06-05-2027", "05-06-2027", document.buyer.name, document.buyer.cvr,
        "5798009811578", "'=Æblegrød; og \"øl\"", "5300,00", "25 %", "U25", "1325,00", "6625,00", "DKK",
        "71<000000000000018", "", "20-05-2027",
    ]  # fmt: skip


def test_a_credit_note_is_negative_and_names_its_invoice(client, finance, seller):
    order(SessionPageFactory(), mayor_of("Fanø"))
    [invoice] = issue_due(AFTER).issued
    credit(invoice, reason="Forkert.", now=AFTER)

    first, second = (list(row.values()) for row in rows_of(client))

    assert (first[0], second[0], second[15]) == ("F1", "K1", "F1")
    assert (second[8], second[11], second[12]) == ("-5300,00", "-1325,00", "-6625,00")


def test_what_was_emptied_after_five_years_is_still_in_its_month(client, finance, seller):
    keep(INVOICES["a day session"], seller, serial=1)
    Invoice.objects.empty_before(date(2028, 1, 1), on=date(2033, 1, 1))

    [row] = rows_of(client)

    assert list(row.values())[8:13] == ["5300,00", "", "", "1325,00", "6625,00"]


def test_the_page_shows_the_newest_month_and_its_sums(client, finance, seller):
    keep(INVOICES["a day session"], seller, serial=1)

    page = client.get(reverse(URL))

    assert page.context["sums"][-1]["sums"] == (Decimal(5300), Decimal(1325), Decimal(6625))


@pytest.mark.parametrize("asked", [{"month": "2027-13"}, {"month": "x"}, {"seller": "x"}, {"seller": "99999999"}])
def test_a_month_that_is_none_is_answered_beside_its_field(client, finance, seller, asked):
    keep(INVOICES["a day session"], seller, serial=1)

    answer = client.get(reverse(URL), asked)

    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == asked.keys()


def test_before_the_first_invoice_the_page_says_so(client, finance):
    assert client.get(reverse(URL)).status_code == 200


def test_more_documents_take_no_more_queries(client, finance, seller, django_assert_num_queries):
    first = keep(INVOICES["a day session"], seller, serial=1)
    with django_assert_num_queries(2):
        vouchers(seller, date(2027, 5, 1), date(2027, 5, 31))
    for serial in range(2, 31):
        keep(INVOICES["add-ons"], seller, serial=serial)
        keep(DOCUMENTS["credit note: add-ons"], seller, serial=serial, of=first)
    with django_assert_num_queries(2):
        assert len(vouchers(seller, date(2027, 5, 1), date(2027, 5, 31))) == 59


def test_an_editor_sees_nothing_of_it(client, editor):
    assert client.get(reverse(URL)).status_code == 302
