"""Payments and refunds: a period on a page and as a spreadsheet, and sums that agree with the lines."""

from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

import pytest
import time_machine
from django.urls import reverse
from django.utils.translation import gettext
from openpyxl import load_workbook

from booking.dates import COPENHAGEN
from booking.desk.period import Period, month_before, month_of
from booking.money import kroner
from booking.payments.books import movements
from tests.booking.desk.test_bookings import csv_rows
from tests.booking.payments.test_balance import paid_by_card
from tests.booking.payments.test_books import received, refunded
from tests.booking.signup.test_reserve import NOW
from tests.factories import SessionPageFactory

JANUARY = {"first": "2027-01-01", "last": "2027-01-31"}


def page(client, **asked) -> str:
    return client.get(reverse("movements:index"), asked).content.decode()


def column(rows, heading: str) -> list[str]:
    head, *lines = rows
    return [line[head.index(heading)] for line in lines]


def test_the_page_tells_what_moved_and_what_it_comes_to(client, finance):
    payment = received("Fanø", session=SessionPageFactory(title="Ny borgmester"))
    refunded(payment, 1000)

    said = page(client, **JANUARY)

    for words in (
        "Ny borgmester",
        payment.order.reference,
        payment.order.payer_name,
        "Kulance",
        "11-01-2027",
        "09.00",
        "6.625,00 kr.",
        "-1.000,00 kr.",
        "5.625,00 kr.",
        "1.125,00 kr.",
        "25 %",
    ):
        assert words in said


def test_the_columns_of_the_spreadsheet_add_up_to_the_sums_on_the_page(client, finance):
    session = SessionPageFactory()
    for number, amount in enumerate(["0.01", "33.33", "1000.07", "6625"]):
        refunded(received(f"Kommune {number}", session=session), amount)

    rows = csv_rows(client.get(reverse("movements:index"), JANUARY | {"export": "csv"}))
    said = page(client, **JANUARY)

    def summed(heading):
        return sum(Decimal(cell.replace(",", ".")) for cell in column(rows, heading))

    net, vat, gross = (summed(gettext(heading)) for heading in ("Excluding VAT", "VAT", "Including VAT"))
    assert gross == net + vat == Decimal(4 * 6625) - Decimal("7658.41")
    for amount in (net, vat, gross):
        assert kroner(amount) in said


def test_the_csv_file_opens_right_in_a_danish_excel(client, finance):
    payment = received("Fanø", session=SessionPageFactory(title="=HYPERLINK(1)"))
    payment.intent_id = "pi_1"
    payment.save()

    head, row = csv_rows(client.get(reverse("movements:index"), JANUARY | {"export": "csv"}))

    assert len(head) == len(row)
    for cell in ("11-01-2027", "'=HYPERLINK(1)", "5300,00", "1325,00", "6625,00", "25 %", "pi_1", "KL"):
        assert cell in row


def test_the_workbook_holds_numbers_and_days(client, finance):
    received("Fanø")

    response = client.get(reverse("movements:index"), JANUARY | {"export": "xlsx"})
    values = [cell.value for row in load_workbook(BytesIO(b"".join(response.streaming_content))).active for cell in row]

    assert NOW.date() in values
    assert {5300, 1325, 6625} <= {value for value in values if isinstance(value, int | float)}


@pytest.mark.parametrize(
    "asked",
    [
        {"first": "2027-02-30", "last": "2027-03-01"},
        {"first": "i går", "last": "i morgen"},
        {"first": "", "last": "2027-01-31"},
        {"first": "2027-01-01"},
        {"first": "2027-01-31", "last": "2027-01-01"},
        {"first": "0001-01-01", "last": "9999-12-31"},
        {"first": "1999-12-31", "last": "2027-01-01"},
        {"first": "2027-01-01\x00", "last": "2027-01-01"},
        {"first": "99999999999999999999-01-01", "last": "2027-01-01"},
    ],
    ids=str,
)
@pytest.mark.parametrize("export", ["", "csv", "xlsx"])
def test_a_period_that_can_not_be_read_gets_a_sentence_and_no_file(client, finance, asked, export):
    response = client.get(reverse("movements:index"), asked | {"export": export})

    assert response.status_code == 422
    assert "error-message" in response.content.decode()
    assert "attachment" not in response.get("Content-Disposition", "")


@pytest.mark.parametrize("written", ["01-01-2027", "1.1.2027", "01/01/2027", "2027-01-01"])
def test_a_day_is_written_as_danes_write_it(client, finance, written):
    payment = received("Fanø")

    assert payment.order.reference in page(client, first=written, last="31-01-2027")


@pytest.fixture
def in_january():
    with time_machine.travel(NOW):
        yield


def test_nothing_asked_for_is_the_month_at_hand(in_january, client, finance):
    december = received("Fanø", datetime(2026, 12, 31, 23, 59, tzinfo=COPENHAGEN)).order.reference
    january = received("Ærø").order.reference

    said = page(client)

    assert january in said
    assert december not in said


def test_an_unknown_page_or_file_is_the_first_page(client, finance):
    reference = received("Fanø").order.reference

    assert reference in page(client, p="-7", export="pdf", **JANUARY)


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        (month_of(date(2028, 2, 29)), date(2028, 2, 1), date(2028, 2, 29)),
        (month_of(date(2027, 12, 31)), date(2027, 12, 1), date(2027, 12, 31)),
        (month_before(date(2027, 1, 15)), date(2026, 12, 1), date(2026, 12, 31)),
        (month_before(date(2027, 3, 31)), date(2027, 2, 1), date(2027, 2, 28)),
    ],
    ids=str,
)
def test_months_are_whole(period, first, last):
    assert period == Period(first, last)


def test_thirty_movements_cost_as_many_queries_as_one(client, finance, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    session = SessionPageFactory()
    received("Kommune 0", session=session)
    page(client, **JANUARY)
    with CaptureQueriesContext(connection) as one:
        page(client, **JANUARY)
    for number in range(1, 30):
        received(f"Kommune {number}", session=session)

    with django_assert_num_queries(len(one)):
        page(client, **JANUARY)
    assert len(movements(date(2027, 1, 1), date(2027, 1, 31))) == 30


def test_what_was_begun_and_never_paid_is_no_movement(client, finance):
    placed, _payment = paid_by_card("Fanø")  # a row without a fact: the money never came

    assert placed.reference not in page(client, **JANUARY)
