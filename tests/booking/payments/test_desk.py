"""The money as staff see it: what was agreed, paid and given back, and giving back more."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext

from booking.desk.roles import ADMINISTRATORS, EDITORS, FINANCE, make_roles
from booking.payments.models import Payment, Refund, RefundReason, RefundState
from booking.payments.refund import send_due
from tests.booking.payments.test_road import given_back
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import SessionPageFactory, UserFactory, mayor_of


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


def give_back(staff, payment, **written):
    """Fill in the page as it is shown, and send it."""
    address = reverse("payments:refund", args=[payment.pk])
    shown = staff.get(address).context["form"]
    sent = {"amount": "1.000,00", "note": "Kulance", "submission": shown["submission"].value()} | written
    return staff.post(address, {name: value for name, value in sent.items() if value is not None})


def test_a_booking_says_what_was_paid_and_given_back(paid, double, tell):
    double.refund_by_hand(paid.payment.intent_id, 100000)
    tell()
    staff = signed_in_as(ADMINISTRATORS)
    give_back(staff, paid.payment, amount="625,00")

    for page in (
        reverse("bookings:inspect", args=[paid.booking.pk]),
        reverse("payments:inspect", args=[paid.payment.pk]),
    ):
        said = staff.get(page).content.decode()
        for words in ("6.625,00 kr.", "1.000,00 kr.", "625,00 kr.", "1.625,00 kr.", "Kulance", "0,00 kr."):
            assert words in said


def test_a_booking_by_invoice_says_what_is_to_be_invoiced(db):
    booking = order(SessionPageFactory(), mayor_of("Fanø")).bookings.get()

    said = signed_in_as(FINANCE).get(reverse("bookings:inspect", args=[booking.pk])).content.decode()

    for label in ("Agreed, including VAT", "To be invoiced"):
        assert f"<dt>{gettext(label)}</dt><dd>6.625,00 kr.</dd>" in said


def test_staff_give_back_more_with_a_reason(paid, double):
    staff = signed_in_as(ADMINISTRATORS)

    assert give_back(staff, paid.payment).status_code == 302

    refund = Refund.objects.get()
    assert (refund.reason, refund.amount, refund.note) == (RefundReason.STAFF, Decimal(1000), "Kulance")
    assert given_back(double) == 100000


NO_AMOUNT = (
    ["", "0", "-1", "-0", "6.625,01", "6626", "1e3", "1E3", "NaN", "Infinity", "0,001", "0x10", "1_000", "9" * 400],
    ["1,0,0", "1.00.000", "1,000.00", "1.000.50", "1000 eller 2000", "１０００", "١٠"],
)


@pytest.mark.parametrize("amount", [amount for line in NO_AMOUNT for amount in line])
def test_an_amount_that_is_none_pays_nothing_back(paid, double, amount):
    answer = give_back(signed_in_as(ADMINISTRATORS), paid.payment, amount=amount)

    assert answer.status_code == 422
    assert "error-message" in answer.content.decode()
    assert not double.refunds
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    ("amount", "kroner"),
    [
        ("1.000", "1000"),
        ("1000", "1000"),
        ("1.000,50", "1000.50"),
        ("1000,5", "1000.50"),
        ("1000.50", "1000.50"),
        (" 1 000,50 kr. ", "1000.50"),
        ("0,01", "0.01"),
        ("6.625,00", "6625"),
    ],
)
def test_an_amount_is_written_as_danes_write_it(paid, amount, kroner):
    give_back(signed_in_as(ADMINISTRATORS), paid.payment, amount=amount)

    assert Refund.objects.get().amount == Decimal(kroner)


@pytest.mark.parametrize("written", [{"note": ""}, {"note": " "}, {"note": "x" * 201}, {"submission": None}])
def test_without_a_reason_nothing_is_paid_back(paid, written):
    assert give_back(signed_in_as(ADMINISTRATORS), paid.payment, **written).status_code == 422
    assert not Refund.objects.exists()


def test_the_form_of_one_payment_pays_back_no_other(paid):
    staff, first = signed_in_as(ADMINISTRATORS), paid.payment
    other = Payment.objects.create(
        order=paid.order, amount=Decimal(100), state="paid", created_at=NOW, expires_at=NOW, paid_at=NOW
    )
    other.bookings.add(paid.booking)
    submission = uuid4()
    give_back(staff, first, amount="10", submission=submission)

    answer = give_back(staff, other, amount="10", submission=submission)

    assert answer.status_code == 422
    assert Refund.objects.count() == 1


def test_a_form_that_is_sent_twice_pays_back_once(paid, double):
    staff = signed_in_as(ADMINISTRATORS)
    submission = uuid4()

    answers = [give_back(staff, paid.payment, submission=submission).status_code for _twice in range(2)]

    assert answers == [302, 302]
    assert given_back(double) == 100000


def test_what_was_sent_twice_and_took_all_is_still_no_error(paid, double):
    staff = signed_in_as(ADMINISTRATORS)
    sent = {"amount": "6625", "note": "Kulance", "submission": str(uuid4())}

    answers = [staff.post(reverse("payments:refund", args=[paid.payment.pk]), sent).status_code for _twice in range(2)]

    assert answers == [302, 302]
    assert given_back(double) == 662500


def test_no_more_is_paid_back_than_is_left(paid, double):
    staff = signed_in_as(ADMINISTRATORS)
    give_back(staff, paid.payment, amount="6.000")

    assert give_back(staff, paid.payment, amount="625,01").status_code == 422
    assert give_back(staff, paid.payment, amount="625").status_code == 302
    assert staff.get(reverse("payments:refund", args=[paid.payment.pk])).status_code == 302
    assert given_back(double) == 662500


def test_while_stripe_is_silent_the_money_waits_and_staff_hear_of_it(paid, double):
    staff = signed_in_as(ADMINISTRATORS)
    double.fail("POST /v1/refunds", "500")

    page = staff.get(give_back(staff, paid.payment).url).content.decode()

    assert Refund.objects.get().state == RefundState.OWED
    assert gettext("to be paid back") in page
    send_due(NOW)
    assert given_back(double) == 100000


def test_a_refund_that_failed_is_tried_again(paid, double, tell):
    staff = signed_in_as(ADMINISTRATORS)
    give_back(staff, paid.payment)
    failed = Refund.objects.get()
    double.fail_refund(failed.stripe_id)
    tell()
    again = reverse("payments:again", args=[failed.pk])
    assert again in staff.get(reverse("payments:inspect", args=[paid.payment.pk])).content.decode()
    assert staff.get(again).status_code == 200

    answers = [staff.post(again).status_code for _twice in range(2)]

    assert answers == [302, 302]
    assert [refund.state for refund in Refund.objects.order_by("pk")] == [RefundState.FAILED, RefundState.DONE]
    assert given_back(double) == 100000
    assert staff.get(again).status_code == 302


def test_finance_looks_and_editors_do_not(paid):
    inspect = reverse("payments:inspect", args=[paid.payment.pk])
    refund = reverse("payments:refund", args=[paid.payment.pk])
    finance, editor = signed_in_as(FINANCE), signed_in_as(EDITORS)

    assert finance.get(reverse("payments:index")).status_code == 200
    assert finance.get(inspect).status_code == 200
    for stranger in (finance, editor, Client()):
        assert stranger.get(refund).status_code == 302
        assert stranger.post(refund, {"amount": "1", "note": "Nej", "submission": uuid4()}).status_code == 302
    assert editor.get(inspect).status_code == 302
    assert not Refund.objects.exists()


@pytest.mark.parametrize("takes_cards", [True, False])
def test_the_menu_speaks_of_payments_only_where_cards_are_taken(paid, settings, takes_cards):
    staff = signed_in_as(ADMINISTRATORS)
    settings.TAKES_CARDS = takes_cards

    page = staff.get(reverse("wagtailadmin_home")).content.decode()

    assert (reverse("payments:index") in page) == takes_cards
