"""The bank's file at finance's desk: first what would follow, then once and for all."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from booking.invoicing.models import Deposit, Invoice, Settlement
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
