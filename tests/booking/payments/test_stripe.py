"""Stripe is down, slow, strange or far away; and what is only a hint is looked into."""

import contextlib
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from booking.journal.models import Fact
from booking.messages.models import OutboxMessage
from booking.payments import stripe
from booking.payments.models import Payment, PaymentState, Refund, RefundReason, RefundState, StripeEvent
from booking.payments.reconcile import reconcile
from booking.payments.refund import look_at_disputes, owe_refund, send_due, take_in, try_again
from booking.payments.settle import settle_due
from booking.signup.cancel import cancel_booking
from booking.signup.models import BookingStatus, Order
from tests.booking.signup.test_reserve import NOW

LATER = NOW + timedelta(minutes=40)


@pytest.fixture
def paid(payer, double, tell):
    double.pay(payer.to_checkout())
    tell()
    return payer


def thin(double, kind: str, object_id: str) -> None:
    """An event that says no more of its object than which it is."""
    double._happened(kind, {"id": object_id})


# Silence


@pytest.mark.parametrize("how", ["500", "429", "409", "slow", "cut_before", "cut_after"])
def test_a_checkout_that_goes_wrong_is_had_by_trying_again(payer, double, how):
    payer.sign_up()
    double.fail("POST /v1/checkout", how)

    assert payer.go_to_pay().status_code == 503
    assert payer.booking.status == BookingStatus.HELD
    answer = payer.go_to_pay()

    assert answer.url.startswith(double.url)
    assert (Payment.objects.count(), len(double.checkouts)) == (1, 1)


def test_a_key_by_which_stripe_only_repeats_a_failure_is_given_up(payer, double, january):
    payer.sign_up()
    double.fail("POST /v1/checkout", "500", times=2)
    payer.go_to_pay()
    january.shift(timedelta(minutes=2))

    assert payer.go_to_pay().status_code == 503
    assert payer.go_to_pay().url.startswith(double.url)

    states = Payment.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [PaymentState.FAILED, PaymentState.OPEN]


def test_a_payer_who_comes_back_late_is_not_refused_for_it(payer, double, january):
    """The first try never reached Stripe, and by now its time is less than the half hour that Stripe asks for."""
    payer.sign_up()
    double.fail("POST /v1/checkout", "cut_before")
    payer.go_to_pay()
    january.shift(timedelta(minutes=10))

    assert payer.go_to_pay().url.startswith(double.url)
    assert payer.booking.status == BookingStatus.HELD


def test_a_page_waits_no_longer_than_a_person_does():
    assert stripe.TIMEOUT * (1 + stripe.RETRIES) <= 20


def test_a_refused_key_is_silence_not_a_no(payer, settings):
    payer.sign_up()
    settings.STRIPE_SECRET_KEY = "sk_test_other"

    assert payer.go_to_pay().status_code == 503
    assert (payer.booking.status, payer.payment.state) == (BookingStatus.HELD, PaymentState.NEW)


def test_the_timer_does_not_wait_for_everybody_while_stripe_is_silent(payer, double, january):
    payer.to_checkout()
    for number in range(5):
        other = Order.objects.create(
            booker=payer.mayor,
            payer=payer.order.payer,
            pays_by_card=True,
            created_at=NOW,
            contact_email="a@example.org",
        )
        Payment.objects.create(
            order=other,
            amount=Decimal(100),
            checkout_id=f"cs_{number}",
            state=PaymentState.OPEN,
            created_at=NOW,
            expires_at=NOW,
        )
    double.fail("POST /v1/checkout", "500", times=9)
    january.move_to(LATER)
    double.requests.clear()

    assert settle_due(LATER) == (0, 6)
    assert double.requests.total() == 3


# Another place, another page


def test_a_payment_page_elsewhere_is_led_to_by_a_link(payer, double, settings):
    settings.STRIPE_PAGES = ["https://checkout.stripe.com"]
    payer.sign_up()

    page = payer.go_to_pay()

    assert page.status_code == 200
    assert f'href="{double.url}/pay/' in page.content.decode()


def test_lists_come_in_pages(payer, double, january):
    double.page = 1
    payer.to_checkout()
    payer.release()
    double.pay(payer.to_checkout())

    assert reconcile(NOW).repaired == 1
    assert payer.booking.status == BookingStatus.CONFIRMED
    owe_refund(payer.payment, amount=Decimal(1000), reason=RefundReason.STAFF, now=NOW)
    double.refund_by_hand(payer.payment.intent_id, 50000)
    reconcile(NOW)

    assert payer.payment.given_back() == Decimal(1500)


# Banks that take their time


def test_a_bank_that_thinks_keeps_the_seat(payer, double, january, tell):
    double.pay_later(payer.to_checkout())
    tell()
    january.move_to(LATER)

    settle_due(LATER)
    assert (payer.booking.status, payer.payment.state) == (BookingStatus.HELD, PaymentState.OPEN)
    double.bank_says(payer.payment.checkout_id, yes=True)
    tell()

    assert payer.booking.status == BookingStatus.CONFIRMED


def test_a_bank_that_says_no_frees_the_seat(payer, double, tell):
    double.pay_later(payer.to_checkout())
    double.bank_says(payer.payment.checkout_id, yes=False)

    tell()

    assert (payer.booking.status, payer.payment.state) == (BookingStatus.EXPIRED, PaymentState.EXPIRED)


# Without keys


def test_without_keys_the_payment_pages_do_not_exist(paid, client, settings, double):
    settings.TAKES_CARDS, settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = False, "", ""
    body, signature = double.signed(double.events[-1], secret="")
    reference = [paid.order.reference]

    assert client.get(reverse("booking:pay", args=reference)).status_code == 404
    assert client.get(reverse("booking:payment", args=reference)).status_code == 404
    assert client.post(reverse("booking:release", args=reference)).status_code == 404
    answer = client.post(
        reverse("booking:stripe_webhook"),
        body,
        content_type="application/json",
        headers={"Stripe-Signature": signature},
    )
    assert answer.status_code == 404


def test_an_order_paid_before_the_keys_went_still_shows_right(paid, client, settings):
    settings.TAKES_CARDS, settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = False, "", ""

    receipt = client.get(reverse("booking:receipt", args=[paid.order.reference])).content.decode()

    assert "Betalt med kort" in receipt
    assert reverse("booking:payment", args=[paid.order.reference]) not in receipt


def test_what_is_owed_when_the_keys_have_gone_waits_for_them(paid, double, settings):
    settings.TAKES_CARDS, settings.STRIPE_SECRET_KEY = False, ""

    cancel_booking(paid.booking, by=None, now=NOW)
    assert Refund.objects.get().state == RefundState.OWED
    settings.TAKES_CARDS, settings.STRIPE_SECRET_KEY = True, double.key
    send_due(NOW)

    assert double.balance() == 0


# Hints


def test_thin_events_are_looked_into(paid, double, tell):
    refund = double.refund_by_hand(paid.payment.intent_id, 100000)
    StripeEvent.objects.all().delete()
    thin(double, "charge.refunded", refund["charge"])
    assert tell() == 200
    assert paid.payment.given_back() == Decimal(1000)

    other = double.refund_by_hand(paid.payment.intent_id, 50000)
    thin(double, "refund.updated", other["id"])
    assert tell() == 200
    assert paid.payment.given_back() == Decimal(1500)


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        ("checkout.session.completed", {"id": "cs_test_unknown"}),
        ("checkout.session.completed", {}),
        ("checkout.session.completed", {"id": None}),
        ("charge.refunded", {"id": "ch_unknown"}),
        ("charge.refunded", {"id": "ch_unknown", "payment_intent": "pi_unknown"}),
        ("refund.failed", {"id": "re_unknown", "payment_intent": None}),
        ("charge.dispute.created", {"id": "du_unknown"}),
        ("payment_intent.succeeded", {"id": "pi_unknown"}),
        ("v2.core.anything", {"id": "x"}),
    ],
    ids=str,
)
def test_events_about_what_is_not_ours_are_fine(payer, double, tell, kind, about):
    double._happened(kind, about)

    assert tell() == 200


def test_a_refund_is_told_of_before_the_payment(payer, double, tell):
    double.pay(payer.to_checkout())
    [completed] = [event for event in double.events if event["type"] == "checkout.session.completed"]
    double.refund_by_hand(next(iter(double.intents)), 662500)

    assert tell() == 200
    assert (payer.payment.state, payer.payment.kept()) == (PaymentState.PAID, 0)
    assert tell(completed) == 200

    assert Fact.objects.filter(kind="paid").count() == 1


# Refunds that go wrong


def test_staff_hear_of_a_refund_that_fails_and_try_again(paid, double, tell):
    cancel_booking(paid.booking, by=None, now=NOW)
    double.fail_refund(Refund.objects.get().stripe_id)
    tell()
    told = OutboxMessage.objects.get(kind="refund_failed")
    assert (told.recipient, "6.625,00 kr." in told.text) == (paid.session.contact.email, True)
    assert reverse("payments:inspect", args=[paid.payment.pk]) in told.text

    again = try_again(Refund.objects.get(), by=None, now=NOW)
    assert try_again(Refund.objects.earliest("pk"), by=None, now=NOW) is None

    again.refresh_from_db()
    assert (again.state, again.reason, again.amount) == (RefundState.DONE, RefundReason.WITHDRAWN, Decimal("6625.00"))
    assert (double.balance(), paid.payment.kept()) == (0, 0)
    assert OutboxMessage.objects.filter(kind="refunded").count() == 2


def test_a_refund_on_its_way_that_fails_is_seen_without_being_told(paid, double):
    double.refund_status = "pending"
    cancel_booking(paid.booking, by=None, now=NOW)
    double.fail_refund(Refund.objects.get().stripe_id)

    send_due(NOW)

    assert Refund.objects.get().state == RefundState.FAILED
    assert OutboxMessage.objects.filter(kind="refund_failed").count() == 1


def test_old_news_of_a_refund_changes_nothing(paid, double, tell):
    cancel_booking(paid.booking, by=None, now=NOW)
    refund = Refund.objects.get()
    given = stripe.refunds_of(paid.payment.intent_id)
    double.fail_refund(refund.stripe_id)
    tell()

    take_in(paid.payment, given)

    refund.refresh_from_db()
    assert refund.state == RefundState.FAILED


def test_what_others_gave_back_is_not_given_again(paid, double):
    double.refund_by_hand(paid.payment.intent_id, 100000)  # and no webhook came

    cancel_booking(paid.booking, by=None, now=NOW)

    assert Refund.objects.get(reason=RefundReason.WITHDRAWN).amount == Decimal("5625.00")
    assert double.balance() == 0
    assert not Fact.objects.filter(kind="refund_failed").exists()


# Disputes


@pytest.mark.parametrize(("status", "kept"), [("won", Decimal("6625.00")), ("lost", Decimal("0.00"))])
def test_a_dispute_is_followed_to_its_end(paid, double, tell, status, kept):
    dispute = double.contest(paid.payment.intent_id)
    tell()
    assert (paid.payment.dispute, paid.payment.kept()) == ("needs_response", Decimal("6625.00"))
    double.settle_dispute(dispute["id"], status)
    assert (tell(), tell()) == (200, 200)

    assert (paid.payment.dispute, paid.payment.kept()) == (status, kept)
    assert double.balance() == kept * 100
    assert OutboxMessage.objects.filter(kind="disputed").count() == 2
    assert Fact.objects.filter(kind="charged_back").count() == (status == "lost")


def test_two_disputes_are_each_written_down_once_and_what_both_take_is_gone(paid, double, tell):
    first, second = (double.contest(paid.payment.intent_id, amount=100000) for _twice in range(2))
    tell(*double.events[-2:])
    double.settle_dispute(first["id"], "lost")
    for _twice in range(2):
        look_at_disputes(paid.payment)
        reconcile(NOW)

    assert [(fact.details["dispute"], fact.details["status"]) for fact in facts("disputed")] == [
        (first["id"], "needs_response"),
        (second["id"], "needs_response"),
        (first["id"], "lost"),
    ]
    assert (paid.payment.dispute, paid.payment.charged_back) == ("needs_response", 1000)

    double.settle_dispute(second["id"], "lost")
    assert (tell(), tell()) == (200, 200)

    assert (paid.payment.dispute, paid.payment.charged_back) == ("lost", 2000)
    assert [fact.details["amount"] for fact in facts("charged_back")] == ["1000.00", "1000.00"]


def facts(kind):
    return Fact.objects.filter(kind=kind).order_by("pk")


def test_a_dispute_that_nobody_told_of_is_found(paid, double):
    double.contest(paid.payment.intent_id, status="lost")

    reconcile(NOW)

    assert paid.payment.charged_back == Decimal("6625.00")


def test_a_contested_payment_can_not_be_given_back_and_staff_hear_of_it(paid, double, tell):
    double.contest(paid.payment.intent_id)
    tell()

    cancel_booking(paid.booking, by=None, now=NOW)

    assert (Refund.objects.get().state, Refund.objects.get().failure) == (RefundState.FAILED, "charge_disputed")
    assert OutboxMessage.objects.filter(kind="refund_failed").count() == 1


# What Stripe does not know, or can't be asked about


@pytest.mark.parametrize("gone", ["the keys", "the account"])
def test_a_seat_is_not_held_for_ever_when_stripe_can_not_be_asked(payer, double, january, settings, gone):
    payer.to_checkout()
    if gone == "the keys":
        settings.TAKES_CARDS, settings.STRIPE_SECRET_KEY = False, ""
    else:
        double.checkouts.clear()

    for hours, status in ((1, BookingStatus.HELD), (26, BookingStatus.EXPIRED)):
        january.move_to(NOW + timedelta(hours=hours))
        with contextlib.suppress(CommandError):  # that Stripe does not know it is said, until it is believed
            call_command("run_due")
        assert payer.booking.status == status


def test_a_checkout_that_turns_up_as_paid_counts_all_the_same(payer, double, january, tell):
    checkout = payer.to_checkout()
    known = double.checkouts.copy()
    double.checkouts.clear()
    january.move_to(NOW + timedelta(hours=26))
    settle_due(NOW + timedelta(hours=26))
    double.checkouts.update(known)

    double.force_paid(checkout)
    tell()

    assert payer.booking.status == BookingStatus.CONFIRMED


def test_what_a_list_holds_of_other_payments_is_left_alone(paid, double, client):
    """Nobody promises that whoever answers has filtered."""
    other = double.refund_by_hand(paid.payment.intent_id, 100000)
    other["payment_intent"] = "pi_of_somebody_else"
    mine = Payment.objects.get()
    double._listed = lambda kept, fields, url, filters, listed=double._listed: listed(kept, fields, url, [])

    owe_refund(mine, amount=Decimal(500), reason=RefundReason.STAFF, now=NOW)

    assert [refund.amount for refund in Refund.objects.all()] == [Decimal(500)]
