"""Staff put right where an invoice goes, before it is issued."""

import pytest
import time_machine
from django.urls import reverse
from django.utils.translation import gettext

from booking.invoicing.correct import InvoiceDetails
from booking.invoicing.issue import credit
from booking.invoicing.run import issue_due
from booking.journal.models import Fact
from tests.booking.invoicing.conftest import seller  # noqa: F401
from tests.booking.invoicing.test_correct import CORRECTED, SENT
from tests.booking.invoicing.test_issue import AFTER
from tests.booking.signup.test_reserve import PURCHASE, order
from tests.factories import SessionPageFactory, mayor_of


@pytest.fixture(autouse=True)
def the_day_after():
    with time_machine.travel(AFTER, tick=False) as clock:
        yield clock


@pytest.fixture
def placed(seller):  # noqa: F811
    return order(SessionPageFactory(), mayor_of("Fanø"))


def page(placed) -> str:
    return reverse("ready-to-invoice:correct", args=[placed.reference])


def booking_page(client, placed) -> str:
    return client.get(reverse("bookings:inspect", args=[placed.bookings.get().pk])).content.decode()


@pytest.mark.parametrize("role", ["finance", "administrator", "superuser"])
def test_those_who_issue_correct_what_is_not_issued(client, placed, role, request):
    user = request.getfixturevalue(role)
    assert page(placed) in booking_page(client, placed)
    assert page(placed) in client.get(reverse("ready-to-invoice:index")).content.decode()

    client.post(page(placed), SENT)

    placed.refresh_from_db()
    assert InvoiceDetails.of(placed) == CORRECTED
    assert Fact.objects.about(placed).get(kind="invoice_corrected").by == user
    assert gettext("Invoice details corrected") in booking_page(client, placed)


@pytest.mark.parametrize("role", ["editor", "mayor"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_else_does(client, placed, role, method, request):
    request.getfixturevalue(role)

    assert getattr(client, method)(page(placed), SENT).status_code == 302

    placed.refresh_from_db()
    assert placed.gln == PURCHASE.gln


def test_a_wrong_number_gets_a_sentence_and_changes_nothing(client, placed, finance):
    answer = client.post(page(placed), SENT | {"ean": "5798009811579"})

    assert answer.status_code == 422
    assert answer.context["form"].has_error("ean", "check_digit")
    placed.refresh_from_db()
    assert placed.gln == PURCHASE.gln


def test_what_is_issued_is_credited_first(client, placed, finance):
    [invoice] = issue_due(AFTER).issued
    assert page(placed) not in booking_page(client, placed)
    assert 'name="ean"' not in client.get(page(placed)).content.decode()
    client.post(page(placed), SENT)
    placed.refresh_from_db()
    assert placed.gln == PURCHASE.gln

    credit(invoice, reason="Forkert EAN-nummer.", now=AFTER)
    client.post(page(placed), SENT)
    [anew] = issue_due(AFTER).issued

    assert anew.document.buyer.gln == CORRECTED.gln
    assert f"/admin/invoices/inspect/{anew.pk}/" in booking_page(client, placed)


def test_an_order_that_there_is_not_is_not_found(client, finance):
    assert client.get(reverse("ready-to-invoice:correct", args=["AAAA-BBBB"])).status_code == 404
