"""What is invoiced and what is to be, seat by seat, and the documents of a period among the movements of money."""

from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils.translation import gettext

from booking.desk.movements import all_movements
from booking.invoicing.balance import balances
from booking.invoicing.issue import credit
from booking.invoicing.run import issue_due
from booking.ledger import Part
from booking.models import Booking
from booking.mypage.retention import purge_invoices
from booking.payments.balance import Balance, with_money
from booking.signup.cancel import cancel_booking
from tests.booking.desk.conftest import finance  # noqa: F401
from tests.booking.invoicing.test_issue import AFTER, HELD, at, issue_all, listed
from tests.booking.payments.test_balance import paid_by_card
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import ConditionsFactory, SessionPageFactory, mayor_of

SEAT, NONE = Decimal(6625), Decimal(0)


@pytest.fixture(autouse=True)
def somebody_sells(seller):
    return seller


@pytest.fixture
def booking():
    session = SessionPageFactory(
        title="Lederskab", starts_on=HELD, price_list=listed("booked"), conditions=ConditionsFactory(free_days=14)
    )
    return order(session, mayor_of("Fanø")).bookings.get()


def standing() -> Balance:
    return sum(balances(with_money(Booking.objects.all())).values(), Balance())


def test_what_is_invoiced_is_no_longer_to_be(booking):
    before = standing()
    issue_all(NOW)

    assert (before.to_invoice, before.invoiced) == (SEAT, NONE)
    assert (standing().to_invoice, standing().invoiced) == (NONE, SEAT)


def test_what_is_credited_is_to_be_invoiced_again(booking):
    [invoice] = issue_all(NOW)
    credit(invoice, reason="Forkert.", now=NOW)

    assert (standing().to_invoice, standing().invoiced) == (SEAT, NONE)


def test_what_is_credited_for_good_is_neither(booking):
    [invoice] = issue_all(NOW)
    credit(invoice, reason="Eftergivet.", now=NOW, anew=False)

    assert (standing().to_invoice, standing().invoiced) == (NONE, NONE)


def test_a_seat_given_up_after_its_invoice_is_to_be_credited(booking):
    issue_all(NOW)
    cancel_booking(booking, by=None, now=NOW)
    before = standing()
    issue_all(NOW)

    assert (before.to_invoice, before.invoiced) == (-SEAT, SEAT)
    assert (standing().to_invoice, standing().invoiced) == (NONE, NONE)


def test_what_is_paid_by_card_is_not_invoiced(db):
    paid_by_card("Fanø")
    issue_all(NOW)

    assert standing() == Balance(agreed=SEAT, paid=SEAT)


def test_thirty_bookings_cost_as_many_queries_as_one(booking, django_assert_num_queries):
    for number in range(29):
        order(booking.session, mayor_of(f"Kommune {number}"))
    issue_all(NOW)
    with_money_of_one = list(with_money(Booking.objects.filter(pk=booking.pk)))
    with_money_of_all = list(with_money(Booking.objects.all()))

    for bookings in (with_money_of_one, with_money_of_all):
        with django_assert_num_queries(1):
            balances(bookings)


# The books


def books(first=date(2027, 1, 1), last=date(2027, 12, 31)):
    return all_movements(first, last)


def test_invoices_and_credit_notes_are_in_the_books_of_their_day(booking):
    [invoice] = issue_all(NOW)
    credit(invoice, reason="Forkert.", now=AFTER)

    sent, taken_back = books()

    assert (sent.reference, sent.session, sent.seller, sent.payer) == ("F1", "Lederskab", "KL", "Fanø Kommune")
    assert sent.parts == (Part(Decimal("0.25"), Decimal(5300), Decimal(1325)),)
    assert (taken_back.reference, taken_back.gross, taken_back.reason) == ("K1", -SEAT, "F1: Forkert.")
    assert [one.reference for one in books(last=date(2027, 3, 31))] == ["F1"]


def test_what_was_paid_by_card_is_in_the_books_once(db):
    paid_by_card("Fanø")
    issue_all(NOW)

    assert [one for one in books() if one.reference.startswith("F")] == []


def test_the_books_are_the_same_when_names_are_gone(booking):
    issue_all(NOW)
    [before] = books()
    purge_invoices(at(date(2033, 1, 1)))
    [after] = books()

    assert (after.reference, after.payer, after.parts) == (before.reference, before.payer, before.parts)


# What is refused


def test_the_timer_counts_refusals_and_says_where_to_see_why(booking, somebody_sells):
    type(somebody_sells).objects.update(bank_account="", bank_registration="")
    order(SessionPageFactory(starts_on=HELD), mayor_of("Ærø"))
    said = StringIO()

    call_command("run_due", at="2027-05-06T06:00", stdout=said)

    [line] = [line for line in said.getvalue().splitlines() if line.startswith(gettext("Invoices") + ":")]
    assert [part for part in line.split() if part.isdigit()] == ["0", "2"]
    assert "KL" not in line


def test_the_desk_shows_why_a_card_payment_has_no_invoice(client, finance, somebody_sells):  # noqa: F811
    type(somebody_sells).objects.update(street="")
    paid_by_card("Fanø")
    [refusal] = issue_due(NOW).refusals

    said = client.get(reverse("ready-to-invoice:index")).content.decode()

    assert somebody_sells.name in refusal
    assert client.get(reverse("ready-to-invoice:index")).context["paid"][0]["why_not"] in said
