"""The bank's file at finance's desk: first what would follow, then once and for all."""

from datetime import date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from booking.dates import COPENHAGEN
from booking.invoicing.models import Deposit, Invoice, Settlement, Transfer
from booking.invoicing.run import issue_due
from tests.booking.invoicing.bank_files import camt, entry, row, table
from tests.booking.invoicing.test_issue import AFTER
from tests.booking.signup.test_reserve import order
from tests.factories import SellerFactory, SessionPageFactory, UserFactory, mayor_of


@pytest.fixture
def seller(db):
    return SellerFactory(
        name="KL",
        cvr="31210917",
        street="Weidekampsgade 10",
        postcode="2300",
        city="København S",
        fik_creditor="12345678",
    )


@pytest.fixture
def invoice(seller) -> Invoice:
    order(SessionPageFactory(), mayor_of("Fanø"))
    return issue_due(AFTER).issued[0]


@pytest.fixture(autouse=True)
def long_after(time_machine):
    time_machine.move_to("2027-07-01T09:00:00+02:00")


def stand() -> tuple[int, list[str]]:
    """How many invoices are paid, and what has come."""
    return Settlement.objects.count(), [str(one.amount) for one in Deposit.objects.order_by("pk")]


def upload(client, seller, content: bytes, name="bank.xml"):
    return client.post(
        reverse("bank-file:index"), {"seller": seller.pk, "file": SimpleUploadedFile(name, content)}, follow=True
    )


@pytest.mark.parametrize("content", [camt(entry()), table(row())], ids=["CAMT", "table"])
def test_finance_sees_what_would_follow_before_it_does(client, finance, seller, invoice, content):
    shown = upload(client, seller, content)

    assert stand() == (0, [])
    assert [row["verdict"] for row in shown.context["rows"]] == ["paid"]
    done = client.post(reverse("bank-file:take"), {"payments": shown.context["payments"]}, follow=True)
    assert stand() == (1, ["6625.00"])
    assert done.status_code == 200
    client.post(reverse("bank-file:take"), {"payments": shown.context["payments"]})
    assert stand() == (1, ["6625.00"])


def test_a_bad_file_is_answered_beside_its_field_and_changes_nothing(client, finance, seller, invoice):
    answer = upload(client, seller, b"<html/>")

    assert answer.status_code == 422
    assert answer.context["form"].has_error("file")
    assert stand() == (0, [])


def test_a_file_of_another_sellers_account_is_refused(client, finance, seller, invoice):
    other = SellerFactory(name="Komponent", bank_registration="1234", bank_account="7777777777")

    answer = upload(client, seller, camt(entry(), iban=f"DK501234{other.bank_account}"))

    assert answer.context["form"].has_error("file", "other_seller")


@pytest.mark.parametrize("tampered", ["", "x", "YWJj:1sV:abc"])
def test_payments_that_nobody_was_shown_are_not_taken(client, finance, seller, invoice, tampered):
    answer = client.post(reverse("bank-file:take"), {"payments": tampered})

    assert answer.status_code == 302
    assert stand() == (0, [])


def test_what_one_was_shown_another_cannot_take(client, finance, seller, invoice):
    shown = upload(client, seller, camt(entry()))
    colleague = UserFactory()
    colleague.groups.set(finance.groups.all())
    client.force_login(colleague, backend="django.contrib.auth.backends.ModelBackend")

    client.post(reverse("bank-file:take"), {"payments": shown.context["payments"]})

    assert stand() == (0, [])


def test_nobody_takes_a_bank_file_in_who_may_not_mark_as_paid(client, editor, seller, invoice):
    for page in ("index", "take"):
        assert client.post(reverse(f"bank-file:{page}"), {"payments": "x"}).status_code == 302

    assert stand() == (0, [])


# Money that no invoice took


def take_to_place(client, seller, content):
    """All that does not fit is ticked."""
    shown = upload(client, seller, content).context
    keys = [row["key"] for row in shown["rows"] if row["key"]]
    return client.post(reverse("bank-file:take"), {"payments": shown["payments"], "to_place": keys}, follow=True)


def amounts_in(answer) -> list[str]:
    return [field.value() and str(field.value()) for field in answer.context["form"].visible_fields()]


@pytest.fixture
def invoices(seller) -> list[Invoice]:
    """Two of Fanø's, and one of Ærø's between them."""
    fanoe, aeroe = mayor_of("Fanø"), mayor_of("Ærø")
    issued = []
    for day, mayor in ((3, fanoe), (4, aeroe), (5, fanoe)):
        order(SessionPageFactory(starts_on=date(2027, 5, day)), mayor)
        issued += issue_due(datetime(2027, 5, day + 1, 6, tzinfo=COPENHAGEN)).issued
    return issued


def test_the_preview_says_how_a_payment_is_split(client, finance, seller, invoices):
    [row] = upload(client, seller, table("01-06-2027;14.000,00;F1 og F3")).context["rows"]

    for part in ("F1", "F3", "750,00"):
        assert part in row["follows"]
    assert (row["verdict"], row["key"]) == ("split", "")


def test_what_is_not_ticked_is_not_taken_in(client, finance, seller, invoices):
    shown = upload(client, seller, table("01-06-2027;100,00;Tak")).context
    client.post(reverse("bank-file:take"), {"payments": shown["payments"], "to_place": ["x" * 64]})

    assert not Transfer.objects.exists()


def test_money_of_a_payer_is_proposed_for_what_it_names_and_then_the_oldest(client, finance, seller, invoices):
    answer = take_to_place(client, seller, table("01-06-2027;7.000,00;Fanø: faktura F3 og F9"))
    [transfer] = answer.context["unplaced"]
    address = reverse("bank-file:place", args=[transfer.pk])

    shown = client.get(address)
    assert (shown.context["payer"].name, amounts_in(shown)) == ("Fanø", ["375.00", "6625.00"])
    said = {f"amount-{invoices[0].pk}": "375,00", f"amount-{invoices[2].pk}": "6.625,00"}
    for _again in range(2):
        client.post(f"{address}?payer={shown.context['payer'].pk}", said)

    assert [(one.invoice.number, str(one.amount)) for one in Deposit.objects.order_by("amount")] == [
        ("F1", "375.00"),
        ("F3", "6625.00"),
    ]
    assert not Transfer.objects.unplaced().exists()
    assert client.get(address).status_code == 302


@pytest.mark.parametrize(
    ("amount", "field"),
    [("8000", "amount"), ("7000,01", "amount"), ("-1", "amount"), ("6 fod", "amount"), ("", None), ("0", None)],
)
def test_amounts_that_do_not_add_up_are_answered_at_the_form(client, finance, seller, invoices, amount, field):
    [transfer] = take_to_place(client, seller, table("01-06-2027;7.000,00;Fanø")).context["unplaced"]
    name = f"amount-{invoices[0].pk}"

    answer = client.post(
        f"{reverse('bank-file:place', args=[transfer.pk])}?payer={invoices[0].payer_id}", {name: amount, "x": "1"}
    )

    assert answer.status_code == 422
    assert answer.context["form"].has_error(name if field else "__all__")
    assert not Deposit.objects.exists()


def test_more_than_the_transfer_has_is_refused_over_all_of_its_invoices(client, finance, seller, invoices):
    [transfer] = take_to_place(client, seller, table("01-06-2027;7.000,00;Fanø")).context["unplaced"]
    address = f"{reverse('bank-file:place', args=[transfer.pk])}?payer={invoices[0].payer_id}"

    answer = client.post(address, {f"amount-{one.pk}": "6625" for one in (invoices[0], invoices[2])})

    assert answer.context["form"].has_error("__all__", "too_much")


@pytest.mark.parametrize("payer", ["x", "0", "9" * 30, "²"])
def test_a_payer_that_is_none_shows_none(client, finance, seller, invoices, payer):
    [transfer] = take_to_place(client, seller, table("01-06-2027;7.000,00;Tak")).context["unplaced"]

    answer = client.get(reverse("bank-file:place", args=[transfer.pk]), {"payer": payer})

    assert (answer.status_code, answer.context["payer"]) == (200, None)


def test_a_list_of_thirty_that_wait_costs_as_many_queries_as_one(
    client, finance, seller, invoices, django_assert_num_queries
):
    take_to_place(client, seller, table("01-06-2027;1,00;Tak"))
    client.get(reverse("bank-file:index"))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("bank-file:index"))
    asked = len(few)
    take_to_place(client, seller, table(*[f"01-06-2027;{number},00;Tak" for number in range(2, 31)]))
    client.get(reverse("bank-file:index"))

    with django_assert_num_queries(asked):
        assert len(client.get(reverse("bank-file:index")).context["unplaced"]) == 30


def test_nobody_places_money_who_may_not_mark_as_paid(client, editor, seller, invoices):
    transfer = Transfer.objects.create(
        seller=seller, paid_on=date(2027, 6, 1), amount=1, key="a", noted_at=invoices[0].issued_at
    )

    assert client.get(reverse("bank-file:place", args=[transfer.pk])).status_code == 302
