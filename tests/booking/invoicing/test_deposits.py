"""Money from the bank pays the invoice that it names, once; what does not fit is shown and changes nothing."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from booking.dates import COPENHAGEN
from booking.invoicing.bank_file import Incoming
from booking.invoicing.deposits import Verdict, named, plan, take_in
from booking.invoicing.issue import credit
from booking.invoicing.models import Deposit, Invoice, Settlement
from booking.invoicing.run import issue_due
from booking.invoicing.settle import mark_paid, owed, paid_too_much
from booking.journal.models import Fact
from tests.booking.invoicing.bank_files import AMOUNT, DAY, slip
from tests.booking.invoicing.test_cards import payment  # noqa: F401
from tests.booking.invoicing.test_issue import AFTER
from tests.booking.signup.test_reserve import order
from tests.factories import SellerFactory, SessionPageFactory, mayor_of

LATER = datetime(2027, 7, 1, 9, tzinfo=COPENHAGEN)
CAME = Incoming(DAY, AMOUNT, f"+71<{slip()}+12345678<")


@pytest.fixture
def seller(seller):
    """KL, which takes slips."""
    seller.fik_creditor = "12345678"
    seller.save()
    return seller


@pytest.fixture
def invoice(seller) -> Invoice:
    order(SessionPageFactory(), mayor_of("Fanø"))
    return issue_due(AFTER).issued[0]


def verdicts(seller, *payments) -> list[str]:
    return [row.verdict for row in plan(payments, seller=seller, on=LATER.date())]


def take(seller, *payments) -> list[str]:
    return [row.verdict for row in take_in(payments, seller=seller, by=None, now=LATER)]


def stand() -> tuple[int, list[str]]:
    """How many invoices are paid, and what has come."""
    return Settlement.objects.count(), [str(one.amount) for one in Deposit.objects.order_by("pk")]


@pytest.mark.parametrize(
    ("reference", "numbers"),
    [
        (slip(17), {"F17"}),
        (f"+71<{slip(17)}+12345678<", {"F17"}),
        (f"71{slip(17)}", {"F17"}),
        (f"71+{slip(17)}", {"F17"}),
        (f"71#{slip(17)}", {"F17"}),
        ("Faktura F17, tak", {"F17"}),
        ("f-0017", {"F17"}),
        ("K3", {"K3"}),
        (f"F17 {slip(17)}", {"F17"}),
        (f"{slip(17)} {slip(18)}", {"F17", "F18"}),
        ("F17 og F18", {"F17", "F18"}),
        (slip(17)[:-1] + "9", set()),
        ("17", set()),
        ("1234567890123456789", set()),
        ("HF17 og F17A", set()),
        ("", set()),
    ],
)
def test_a_reference_names_what_checks_out(reference, numbers):
    assert {one.number for one in named(reference)} == numbers


def test_a_payment_of_all_of_it_marks_the_invoice_as_paid_once(seller, invoice):
    assert take(seller, CAME) == ["paid"]
    assert take(seller, CAME) == []

    assert stand() == (1, ["6625.00"])
    assert invoice.settlement.paid_on == DAY
    told = [(fact.kind, fact.details) for fact in Fact.objects.about(invoice).order_by("pk")][1:]
    assert told == [
        ("deposited", {"number": "F1", "amount": "6625.00", "paid_on": "2027-06-01"}),
        ("settled", {"number": "F1", "paid_on": "2027-06-01"}),
    ]
    assert verdicts(seller, CAME) == [Verdict.KNOWN]


def test_of_those_who_take_in_the_same_file_at_once_one_does(transactional_db, seller):
    order(SessionPageFactory(), mayor_of("Fanø"))
    issue_due(AFTER)
    together = threading.Barrier(4)

    def one_of_them(_number: int) -> list[str]:
        together.wait()
        try:
            return take(seller, CAME)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(one_of_them, range(4)))

    assert sorted(done) == [[], [], [], ["paid"]]
    assert stand() == (1, ["6625.00"])


def test_a_part_is_noted_as_a_part_and_the_rest_pays(seller, invoice):
    first, rest = replace(CAME, amount=Decimal(6000)), replace(CAME, amount=Decimal(625), paid_on=DAY + timedelta(1))

    assert take(seller, first) == ["part"]
    assert (stand(), owed(invoice)) == ((0, ["6000.00"]), Decimal(625))
    assert list(Invoice.objects.partly_paid()) == [invoice]
    assert take(seller, first, rest) == ["paid"]
    assert stand() == (1, ["6000.00", "625.00"])
    assert list(Invoice.objects.partly_paid()) == []


def test_two_parts_in_one_file_pay_together(seller, invoice):
    half = replace(CAME, amount=Decimal("3312.50"))

    assert take(seller, half, half) == ["part", "paid"]
    assert stand()[0] == 1


@pytest.mark.parametrize("reference", [slip(), "Faktura F1", "F1 og F2"])
def test_the_same_part_in_another_kind_of_file_is_shown_and_not_taken(seller, invoice, reference):
    half = replace(CAME, amount=Decimal("3312.50"))
    take(seller, half)

    again = replace(half, reference=reference, bank_id="B7")

    assert verdicts(seller, again) == ["alike"]
    assert take(seller, again) == []
    assert stand() == (0, ["3312.50"])


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"amount": Decimal("6625.01")}, "too_much"),
        ({"reference": slip(2)}, "unknown"),
        ({"reference": "Tak for sidst"}, "unknown"),
        ({"reference": f"+71<{slip()}+87654321<"}, "other_creditor"),
        ({"reference": "F1 og F2"}, "several"),
        ({"currency": "SEK"}, "foreign"),
        ({"paid_on": LATER.date() + timedelta(days=1)}, "future"),
    ],
)
def test_what_does_not_fit_says_so_and_changes_nothing(seller, invoice, change, verdict):
    other = replace(CAME, **change)

    assert verdicts(seller, other) == [verdict]
    assert take(seller, other) == []
    assert stand() == (0, [])


def test_what_is_paid_twice_is_shown_and_not_taken(seller, invoice):
    assert verdicts(seller, CAME, CAME) == ["paid", "twice"]
    assert take(seller, CAME, CAME) == ["paid"]
    assert verdicts(seller, CAME, CAME, replace(CAME, bank_id="2")) == ["known", "already_paid", "already_paid"]


def test_what_staff_marked_as_paid_is_not_paid_again(seller, invoice):
    mark_paid(invoice, paid_on=DAY, by=None, now=LATER)

    assert verdicts(seller, CAME) == ["already_paid"]


def test_what_was_paid_by_card_is_not_paid_by_the_bank(seller, payment):  # noqa: F811
    issue_due(AFTER)

    assert verdicts(seller, CAME) == ["already_paid"]


def test_what_is_credited_is_not_paid(seller, invoice):
    credit(invoice, reason="Forkert.", now=AFTER)

    assert verdicts(seller, CAME, replace(CAME, reference="K1")) == ["credited", "credit_note"]


def test_what_is_credited_in_part_is_paid_by_the_rest(seller):
    fanoe = mayor_of("Fanø")
    for day in (date(2027, 5, 4), date(2027, 5, 5)):
        order(SessionPageFactory(starts_on=day), fanoe)
    [invoice] = issue_due(AFTER).issued
    credit(invoice, charges=[invoice.charges.first()], reason="Var der ikke.", now=AFTER, anew=False)

    assert verdicts(seller, replace(CAME, amount=AMOUNT * 2)) == ["too_much"]
    assert take(seller, CAME) == ["paid"]


def test_what_was_paid_and_then_credited_was_paid_too_much(seller, invoice):
    credit(invoice, reason="Forkert.", now=AFTER)
    assert paid_too_much(invoice) == 0

    order(SessionPageFactory(), mayor_of("Ærø"))
    other = next(one for one in issue_due(AFTER).issued if one.payer.name == "Ærø")
    take(seller, replace(CAME, reference=other.number))
    credit(other, reason="Forkert.", now=LATER + timedelta(hours=1))

    assert paid_too_much(Invoice.objects.get(pk=other.pk)) == AMOUNT


def test_a_part_that_came_before_the_credit_note_was_paid_too_much(seller, invoice):
    take(seller, replace(CAME, amount=Decimal(6000)))
    credit(invoice, reason="Forkert.", now=LATER)

    assert paid_too_much(invoice) == Decimal(6000)


def test_another_sellers_invoice_of_the_same_number_is_not_paid(seller, invoice):
    assert verdicts(SellerFactory(name="Komponent"), CAME) == ["unknown"]


def test_a_plan_asks_no_more_of_the_database_when_there_are_more(seller, invoice, django_assert_num_queries):
    for number in range(3):
        order(SessionPageFactory(), mayor_of(f"Kommune {number}"))
    issue_due(AFTER)
    few, many = [CAME], [replace(CAME, reference=slip(serial)) for serial in range(1, 5)] * 5

    with django_assert_num_queries(6):
        plan(few, seller=seller, on=LATER.date())
    with django_assert_num_queries(6):
        plan(many, seller=seller, on=LATER.date())
