"""One transfer that pays several invoices is split over them; what no invoice takes is placed later, and wrong placing
is taken back by a row of its own."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from booking.invoicing.deposits import DoesNotFit, place, plan, shared_out, take_in, to_pay
from booking.invoicing.issue import NothingToCredit, credit
from booking.invoicing.models import Deposit, Invoice, Reversal, Settlement, Transfer
from booking.invoicing.run import issue_due
from booking.invoicing.settle import (
    NothingToReverse,
    NotOpen,
    mark_paid,
    marked_by_hand,
    owed,
    reverse_deposit,
    reverse_settlement,
)
from booking.invoicing.story import story
from booking.invoicing.vouchers import vouchers
from booking.journal.models import Fact
from tests.booking.invoicing.bank_files import AMOUNT, DAY, slip
from tests.booking.invoicing.test_deposits import CAME, LATER, take, verdicts
from tests.booking.invoicing.test_issue import AFTER, at
from tests.booking.signup.test_reserve import order
from tests.factories import SessionPageFactory, mayor_of

WRONG = {"reason": "Det var en anden.", "by": None, "now": LATER}
HELD = [date(2027, 5, 3), date(2027, 5, 4), date(2027, 5, 5)]


@pytest.fixture
def invoices(seller) -> list[Invoice]:
    """Three of Fanø's, of 6.625 kr. each, the oldest first."""
    fanoe = mayor_of("Fanø")
    issued = []
    for day in HELD:
        order(SessionPageFactory(starts_on=day), fanoe)
        issued += issue_due(at(day + timedelta(days=1))).issued
    return issued


def came(amount, reference="F1 og F2") -> object:
    return replace(CAME, amount=Decimal(amount), reference=reference)


def stand() -> list[tuple[str, Decimal, bool]]:
    """What each invoice has open, and whether it is paid."""
    return [(one.number, owed(one), one.settlement is not None) for one in Invoice.objects.order_by("pk")]


def unplaced() -> list[Decimal]:
    return [transfer.rest() for transfer in Transfer.objects.unplaced()]


# One transfer, several invoices


def test_a_transfer_that_names_several_invoices_pays_them_all(seller, invoices):
    assert take(seller, came(13250)) == ["split"]

    assert stand() == [("F1", 0, True), ("F2", 0, True), ("F3", AMOUNT, False)]
    assert [(one.transfer.amount, one.amount) for one in Deposit.objects.all()] == [(13250, AMOUNT), (13250, AMOUNT)]
    assert unplaced() == []


def test_too_little_pays_the_oldest_first_and_the_last_in_part(seller, invoices):
    assert take(seller, came(10000, "F3, F2")) == ["split"]

    assert stand() == [("F1", AMOUNT, False), ("F2", 0, True), ("F3", Decimal(3250), False)]
    assert list(Invoice.objects.partly_paid()) == [invoices[2]]


def test_too_much_leaves_the_rest_unplaced(seller, invoices):
    [row] = plan([came(14000)], seller=seller, on=LATER.date())
    take(seller, came(14000))

    assert (row.rest, unplaced()) == (Decimal(750), [Decimal(750)])


def test_the_same_file_twice_changes_nothing(seller, invoices):
    take(seller, came(14000), came(5, "Hvad er det?"))
    before = stand(), unplaced()

    assert take(seller, came(14000)) == []
    assert (stand(), unplaced()) == before
    assert verdicts(seller, came(14000)) == ["known"]


@pytest.mark.parametrize("change", ["paid", "credited", "another payer's", "unknown", "another creditor's"])
def test_what_is_not_clear_is_not_split(seller, invoices, change):
    reference = "F1 og F2"
    match change:
        case "paid":
            mark_paid(invoices[0], paid_on=DAY, by=None, now=LATER)
        case "credited":
            credit(invoices[0], reason="Forkert.", now=LATER)
        case "another payer's":
            order(SessionPageFactory(), mayor_of("Ærø"))
            issue_due(AFTER)
            reference = "F1 og F4"
        case "unknown":
            reference = "F1 og F9"
        case "another creditor's":
            reference = f"F1 {slip(2)}+87654321"
    before = stand()

    assert verdicts(seller, came(13250, reference)) == ["several"]
    assert take(seller, came(13250, reference)) == []
    assert (stand(), unplaced()) == (before, [])


@pytest.mark.parametrize(
    ("amount", "shares"), [("0.01", ["0.01"]), ("10", ["10"]), ("10.01", ["10", "0.01"]), ("99", ["10", "5"])]
)
def test_shares_are_never_more_than_the_amount_nor_than_what_is_open(amount, shares):
    invoice = Invoice()
    found = shared_out(Decimal(amount), [(invoice, Decimal(10)), (invoice, Decimal(0)), (invoice, Decimal(5))])

    assert [share.amount for share in found] == [Decimal(share) for share in shares]


# Placing by hand


@pytest.fixture
def transfer(seller, invoices) -> Transfer:
    """8.000 kr. that nobody knows what is for."""
    payment = came(8000, "Tak for sidst")
    [row] = plan([payment], seller=seller, on=LATER.date())
    take_in([payment], seller=seller, by=None, now=LATER, to_place=[row.key])
    return Transfer.objects.get()


def test_what_names_nothing_can_be_taken_in_and_placed(transfer, invoices):
    assert unplaced() == [Decimal(8000)]

    place(transfer, {invoices[0].pk: AMOUNT, invoices[2].pk: Decimal(1000)}, by=None, now=LATER)

    assert stand() == [("F1", 0, True), ("F2", AMOUNT, False), ("F3", Decimal(5625), False)]
    assert unplaced() == [Decimal(375)]
    assert invoices[0].settlement.paid_on == DAY


@pytest.mark.parametrize(
    "amounts",
    [["6625.01"], ["6625", "1375.01"], ["0"], ["-1"]],
    ids=["more than is open", "more than came", "nothing", "less than nothing"],
)
def test_what_does_not_add_up_is_not_placed(transfer, invoices, amounts):
    asked = {invoice.pk: Decimal(amount) for invoice, amount in zip(invoices, amounts, strict=False)}

    with pytest.raises(DoesNotFit):
        place(transfer, asked, by=None, now=LATER)
    assert (unplaced(), Deposit.objects.count()) == ([Decimal(8000)], 0)


def test_what_is_paid_or_unknown_takes_no_money(transfer, invoices):
    mark_paid(invoices[0], paid_on=DAY, by=None, now=LATER)

    for invoice in (invoices[0].pk, 0):
        with pytest.raises(DoesNotFit):
            place(transfer, {invoice: Decimal(1)}, by=None, now=LATER)


def test_of_those_who_place_the_same_transfer_at_once_one_does(transactional_db, seller):
    order(SessionPageFactory(), mayor_of("Fanø"))
    [invoice] = issue_due(AFTER).issued
    transfer = Transfer.objects.create(seller=seller, paid_on=DAY, amount=AMOUNT, key="a", noted_at=LATER)
    together = threading.Barrier(4)

    def one_of_them(_number: int) -> bool:
        together.wait()
        try:
            place(transfer, {invoice.pk: AMOUNT}, by=None, now=LATER)
        except DoesNotFit:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one_of_them, range(4))) == [False, False, False, True]
    assert Deposit.objects.count() == 1


def test_credited_marked_and_paid_by_the_bank_at_once_it_is_paid_once_at_most(transactional_db, seller):
    order(SessionPageFactory(), mayor_of("Fanø"))
    [invoice] = issue_due(AFTER).issued
    together = threading.Barrier(3)

    def at_once(act) -> str:
        together.wait()
        try:
            return act() and "did"
        except (NotOpen, NothingToCredit):
            return ""
        finally:
            connection.close()

    acts = [
        lambda: credit(invoice, reason="Forkert.", now=LATER, anew=False),
        lambda: take(seller, came(AMOUNT, "F1")),
        lambda: mark_paid(invoice, paid_on=DAY, by=None, now=LATER),
    ]
    with ThreadPoolExecutor(3) as pool:
        credited, came_in, marked = pool.map(at_once, acts)

    paid = [bool(came_in), bool(marked)].count(True)
    assert (credited, paid <= 1) == ("did", True)
    assert (Settlement.objects.count(), Transfer.objects.count()) == (paid, int(bool(came_in)))


def test_what_is_to_be_paid_comes_oldest_first_and_less_what_has_come(seller, transfer, invoices):
    place(transfer, {invoices[1].pk: Decimal(625)}, by=None, now=LATER)
    mark_paid(invoices[0], paid_on=DAY, by=None, now=LATER)

    assert to_pay(seller, payer=invoices[0].payer) == [(invoices[1], Decimal(6000)), (invoices[2], AMOUNT)]


# Taking back


def test_a_wrong_marking_is_taken_back_by_a_row_and_the_invoice_is_open_again(seller, invoices):
    settlement = mark_paid(invoices[0], paid_on=DAY, by=None, now=LATER)
    reverse_settlement(settlement, **WRONG)

    assert stand()[0] == ("F1", AMOUNT, False)
    assert invoices[0] in Invoice.objects.overdue(date(2027, 8, 1))
    assert invoices[0] not in Invoice.objects.paid()
    assert [row.paid for row in vouchers(seller, HELD[0], AFTER.date())] == [None] * 3
    assert (Settlement.objects.count(), Reversal.objects.get().reason) == (1, "Det var en anden.")
    assert Fact.objects.about(invoices[0]).latest("pk").kind == "settlement_reversed"
    assert any("Det var en anden." in step.what for step in story(invoices[0]))
    mark_paid(invoices[0], paid_on=DAY, by=None, now=LATER + timedelta(days=1))
    assert stand()[0] == ("F1", AMOUNT, True)


def test_what_was_taken_back_is_not_taken_back_again(invoices):
    settlement = mark_paid(invoices[0], paid_on=DAY, by=None, now=LATER)
    reverse_settlement(settlement, **WRONG)

    with pytest.raises(NothingToReverse):
        reverse_settlement(settlement, **WRONG)
    assert Reversal.objects.count() == 1


def test_what_the_bank_says_is_taken_back_with_its_money_alone(seller, invoices):
    take(seller, came(AMOUNT, "F1"))
    assert marked_by_hand(invoices[0]) is None
    with pytest.raises(NothingToReverse):
        reverse_settlement(invoices[0].settlement, **WRONG)

    reverse_deposit(Deposit.objects.get(), **WRONG)

    assert stand()[0] == ("F1", AMOUNT, False)
    assert unplaced() == [AMOUNT]
    with pytest.raises(NothingToReverse):
        reverse_deposit(Deposit.objects.get(), **WRONG)


def test_money_matched_to_the_wrong_invoice_is_placed_at_the_right_one(seller, invoices):
    take(seller, came(AMOUNT, "F1"))
    reverse_deposit(Deposit.objects.get(), **WRONG)
    place(Transfer.objects.get(), {invoices[1].pk: AMOUNT}, by=None, now=LATER)

    assert stand()[:2] == [("F1", AMOUNT, False), ("F2", 0, True)]
    assert verdicts(seller, came(AMOUNT, "F1")) == ["known"]


def test_a_part_taken_back_is_owed_again(seller, invoices):
    take(seller, came(6000, "F1"))
    assert list(Invoice.objects.partly_paid()) == [invoices[0]]

    reverse_deposit(Deposit.objects.get(), **WRONG)

    assert (stand()[0], list(Invoice.objects.partly_paid())) == (("F1", AMOUNT, False), [])


def test_a_marking_of_the_rest_by_hand_goes_with_the_part_that_it_relied_on(seller, invoices):
    take(seller, came(6000, "F1"))
    settlement = mark_paid(invoices[0], paid_on=DAY, by=None, now=LATER + timedelta(hours=1))
    assert marked_by_hand(invoices[0]) == settlement

    reverse_deposit(Deposit.objects.get(), **WRONG)

    assert stand()[0] == ("F1", AMOUNT, False)
    assert [bool(one.settlement_id) for one in Reversal.objects.order_by("pk")] == [True, False]


def test_the_database_knows_one_standing_marking_of_an_invoice(invoices):
    mark_paid(invoices[0], paid_on=DAY, by=None, now=LATER)

    with pytest.raises(IntegrityError), transaction.atomic():
        Settlement.objects.create(invoice=invoices[0], paid_on=DAY, noted_at=LATER)


def test_what_payers_wrote_is_emptied_with_the_documents(transfer):
    Transfer.objects.empty_before(DAY)
    assert Transfer.objects.get().reference == "Tak for sidst"
    Transfer.objects.empty_before(DAY + timedelta(days=1))

    assert Transfer.objects.get().reference == ""
