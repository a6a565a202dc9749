"""What differs from Stripe's books, as staff see it: found from the start page, read, and put right with a note."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from booking.desk.roles import ADMINISTRATORS, EDITORS, FINANCE
from booking.payments.differences import Difference, DifferenceKind, Ending, Reconciliation
from booking.payments.reconcile import reconcile_due
from booking.payments.stripe import Unreachable
from tests.booking.payments.test_desk import signed_in_as
from tests.booking.signup.test_reserve import NOW

INDEX = reverse("differences:index")


@pytest.fixture
def missing(payer, double, tell):
    """A payment that Stripe does not have."""
    double.pay(payer.to_checkout())
    tell()
    double.checkouts.clear()
    reconcile_due(NOW)
    return Difference.objects.get()


def read(client, address: str) -> str:
    return client.get(address).content.decode()


@pytest.mark.parametrize("role", [FINANCE, ADMINISTRATORS])
def test_from_the_start_page_to_a_note_that_it_is_in_order(missing, payer, role):
    staff = signed_in_as(role)
    assert f"{INDEX}?state=open" in read(staff, reverse("wagtailadmin_home"))

    listed = read(staff, f"{INDEX}?state=open")
    page = read(staff, reverse("differences:inspect", args=[missing.pk]))

    for said in (listed, page):
        for words in (
            payer.order.reference,
            str(DifferenceKind.NOT_AT_STRIPE.label)[1:],
            "6.625,00 kr.",
            "11. januar 2027",
        ):
            assert words in said
    address = reverse("differences:put_right", args=[missing.pk])
    assert address in page
    assert staff.post(address, {"note": ""}).status_code == 422
    assert staff.post(address, {"note": "Fundet på den gamle konto"}).status_code == 302

    missing.refresh_from_db()
    assert (missing.ending, missing.note) == (Ending.BY_PERSON, "Fundet på den gamle konto")
    assert "Fundet på den gamle konto" in read(staff, reverse("differences:inspect", args=[missing.pk]))
    assert payer.order.reference not in read(staff, f"{INDEX}?state=open")
    assert staff.get(address).status_code == 302
    assert staff.post(address, {"note": "En gang til"}).status_code == 302
    missing.refresh_from_db()
    assert missing.note == "Fundet på den gamle konto"


def test_others_neither_see_nor_close_it(missing):
    address = reverse("differences:put_right", args=[missing.pk])

    for stranger in (signed_in_as(EDITORS), Client()):
        assert INDEX not in stranger.get(reverse("wagtailadmin_home"), follow=True).content.decode()
        for asked in (INDEX, reverse("differences:inspect", args=[missing.pk]), address):
            assert stranger.get(asked).status_code == 302
        assert stranger.post(address, {"note": "Nej"}).status_code == 302

    missing.refresh_from_db()
    assert missing.is_open


def test_the_list_says_when_the_books_were_compared_and_that_stripe_was_silent(missing, double):
    staff = signed_in_as(FINANCE)
    assert "11. januar 2027 kl. 09.00" in read(staff, INDEX)
    Reconciliation.objects.all().delete()
    Difference.objects.all().delete()

    double.fail("GET /v1/checkout", "500")
    with pytest.raises(Unreachable):
        reconcile_due(NOW)

    assert "help-warning" in read(staff, INDEX)
    assert "11. januar 2027 kl. 09.00" in read(staff, INDEX)


def test_those_that_wait_come_first(missing, payer):
    for number, closed in enumerate([NOW, None]):
        Difference.objects.create(
            kind=DifferenceKind.UNKNOWN_CHECKOUT,
            subject=f"cs_{number}",
            theirs=number,
            found_at=NOW,
            closed_at=closed,
            ending="gone" if closed else "",
        )

    listed = list(signed_in_as(FINANCE).get(INDEX).context["object_list"])

    assert [one.is_open for one in listed] == [True, True, False]


def test_without_cards_nothing_is_said_of_it(missing, settings):
    settings.TAKES_CARDS = False

    assert INDEX not in read(signed_in_as(FINANCE), reverse("wagtailadmin_home"))


def test_thirty_differences_cost_as_many_queries_as_one(missing, payer, django_assert_num_queries):
    staff = signed_in_as(FINANCE)
    read(staff, INDEX)
    with CaptureQueriesContext(connection) as one:
        read(staff, INDEX)
    for number in range(29):
        Difference.objects.create(
            kind=DifferenceKind.REFUND_FAILED, subject=f"refund {number}", payment=payer.payment, found_at=NOW
        )

    with django_assert_num_queries(len(one)):
        read(staff, INDEX)
