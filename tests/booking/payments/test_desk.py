"""The money as staff see it: what was agreed, paid and given back, and giving back more."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from booking.desk.roles import ADMINISTRATORS, EDITORS, FINANCE, make_roles
from booking.payments.models import Refund, RefundReason
from tests.factories import UserFactory


def signed_in_as(role: str) -> Client:
    make_roles()
    user = UserFactory()
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def paid(payer, double, tell):
    double.pay(payer.to_checkout())
    tell()
    return payer


def test_a_booking_says_what_was_paid_and_given_back(paid, double):
    double.refund_by_hand(paid.payment.intent_id, 100000)
    paid.come_back()
    staff = signed_in_as(ADMINISTRATORS)
    staff.post(reverse("payments:refund", args=[paid.payment.pk]), {"amount": "625,00", "note": "Kulance"})

    page = staff.get(reverse("bookings:inspect", args=[paid.booking.pk])).content.decode()

    assert "6.625,00 kr." in page
    assert "625,00 kr." in page
    assert "Kulance" in page
    assert "6.000,00 kr." in page


def test_staff_give_back_more_with_a_reason(paid, double):
    staff = signed_in_as(ADMINISTRATORS)
    address = reverse("payments:refund", args=[paid.payment.pk])

    assert staff.post(address, {"amount": "1.000,00", "note": ""}).status_code == 200
    assert staff.post(address, {"amount": "6.626,00", "note": "For meget"}).status_code == 200
    assert not double.refunds
    assert staff.post(address, {"amount": "1.000,00", "note": "Kulance"}).status_code == 302

    refund = Refund.objects.get()
    assert (refund.reason, refund.amount, refund.note) == (RefundReason.STAFF, Decimal(1000), "Kulance")
    assert sum(one["amount"] for one in double.refunds.values()) == 100000


def test_finance_looks_and_editors_do_not(paid):
    inspect = reverse("payments:inspect", args=[paid.payment.pk])
    refund = reverse("payments:refund", args=[paid.payment.pk])
    finance, editor = signed_in_as(FINANCE), signed_in_as(EDITORS)

    assert finance.get(reverse("payments:index")).status_code == 200
    assert finance.get(inspect).status_code == 200
    assert finance.post(refund, {"amount": "1", "note": "Nej"}).status_code != 200
    assert editor.get(inspect).status_code != 200
    assert not Refund.objects.exists()


@pytest.mark.parametrize("takes_cards", [True, False])
def test_the_menu_speaks_of_payments_only_where_cards_are_taken(paid, settings, takes_cards):
    staff = signed_in_as(ADMINISTRATORS)
    settings.TAKES_CARDS = takes_cards

    page = staff.get(reverse("wagtailadmin_home")).content.decode()

    assert (reverse("payments:index") in page) == takes_cards
