"""Sessions in figures: counts for everybody at the desk, sums for those who see the money."""

from decimal import Decimal
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from booking.models import SessionPage
from booking.payments.models import RefundReason
from booking.sessions.live import cancel_session
from booking.signup.models import BookingStatus
from tests.booking.desk.test_bookings import csv_rows
from tests.booking.payments.test_balance import give_back, paid_by_card
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import ConditionsFactory, SessionPageFactory, mayor_of

YEAR = {"first": "2027-01-01", "last": "2027-12-31"}


@pytest.fixture
def session(db):
    """Two seats paid by card, one of them given up and paid back; one seat by invoice."""
    session = SessionPageFactory(title="Ny borgmester", capacity=5, conditions=ConditionsFactory(free_days=30))
    placed, payment = paid_by_card("Fanø", "Hanne", session=session)
    gone = placed.bookings.earliest("pk")
    gone.status, gone.cancelled_at = BookingStatus.CANCELLED, NOW
    gone.save()
    give_back(payment, 6625, booking=gone, reason=RefundReason.WITHDRAWN)
    give_back(payment, "0.01")
    order(session, mayor_of("Samsø"))
    return session


def tab(client, session) -> str:
    return client.get(reverse("wagtailadmin_pages:edit", args=[session.pk])).content.decode()


def report(client, **asked) -> str:
    return client.get(reverse("session_report"), YEAR | asked).content.decode()


def test_the_tab_and_the_report_say_the_same_sums(client, administrator, session):
    for page in (tab(client, session), report(client)):
        for sum_ in ("13.250,00 kr.", "6.625,01 kr.", "6.625,00 kr."):
            assert sum_ in page
        assert f"{BookingStatus.CONFIRMED.label.capitalize()}: 2" in page
        assert f"{BookingStatus.CANCELLED.label.capitalize()}: 1" in page


def test_seats_that_are_kept_for_those_who_wait_are_not_said_to_be_taken(client, administrator, session):
    SessionPage.objects.filter(pk=session.pk).update(capacity=2)
    order(session, mayor_of("Ærø"), waits=True)
    assert "Alle pladser er optaget." in tab(client, session)
    SessionPage.objects.filter(pk=session.pk).update(capacity=4)

    page = tab(client, session)

    assert "Alle pladser er optaget." not in page
    assert "De ledige pladser holdes til dem på ventelisten" in page


def test_finance_reads_the_sums_of_every_session(client, finance, session):
    head, row = csv_rows(client.get(reverse("session_report"), YEAR | {"export": "csv"}))

    assert len(head) == len(row)
    assert row[0] == "Ny borgmester"
    assert row[-5:] == ["13250,00", "13250,00", "6625,01", "0,00", "6625,00"]


def test_an_editor_counts_seats_and_reads_no_money(client, editor, session):
    in_report = report(client)
    in_tab = tab(client, session)
    text = b"".join(client.get(reverse("session_report"), YEAR | {"export": "csv"}).streaming_content).decode()
    sheet = load_workbook(BytesIO(b"".join(client.get(reverse("session_report"), YEAR | {"export": "xlsx"})))).active
    cells = str([cell.value for row in sheet for cell in row])

    assert f"{BookingStatus.CONFIRMED.label.capitalize()}: 2" in in_report
    assert f"{BookingStatus.CONFIRMED.label.capitalize()}: 2" in in_tab
    for said in (in_report, in_tab, text, cells):
        for secret in ("13.250", "13250", "6625", "6.625,01", "Borgmesteren i", "Hanne"):
            assert secret not in said


def test_a_period_that_can_not_be_read_gets_a_sentence(client, finance, session):
    response = client.get(reverse("session_report"), {"first": "2027-02-30", "last": "2027-12-31", "export": "csv"})

    assert response.status_code == 422
    assert "error-message" in response.content.decode()


def test_the_report_is_of_sessions_that_begin_in_the_period(client, finance, session):
    assert "Ny borgmester" in report(client, first="2027-05-05", last="2027-05-05")
    assert "Ny borgmester" not in report(client, first="2027-05-06")


def test_a_cancelled_session_agrees_nothing_more(client, finance):
    session = SessionPageFactory()
    order(session, mayor_of("Fanø"))
    cancel_session(session, by=None, now=NOW)

    [_head, row] = csv_rows(client.get(reverse("session_report"), YEAR | {"export": "csv"}))

    assert row[-4:] == ["0,00"] * 4


@pytest.mark.parametrize("look", [tab, lambda client, _session: report(client)], ids=["tab", "report"])
def test_thirty_bookings_cost_as_many_queries_as_one(client, administrator, django_assert_num_queries, look):
    session = SessionPageFactory()
    paid_by_card("Kommune 0", session=session)
    look(client, session)
    with CaptureQueriesContext(connection) as one:
        look(client, session)
    for number in range(1, 29):
        _placed, payment = paid_by_card(f"Kommune {number}", session=session)
        give_back(payment, Decimal(1000))
    order(session, mayor_of("Kommune 29"))

    with django_assert_num_queries(len(one)):
        look(client, session)


def test_more_sessions_cost_no_more_queries(client, finance, django_assert_num_queries):
    paid_by_card("Kommune 0", session=SessionPageFactory())
    report(client)
    with CaptureQueriesContext(connection) as one:
        report(client)
    for number in range(1, 5):
        paid_by_card(f"Kommune {number}", session=SessionPageFactory())

    with django_assert_num_queries(len(one)):
        report(client)
