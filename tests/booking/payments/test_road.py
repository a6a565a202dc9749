"""The whole road by card, and every awkward case on it, over real HTTP."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import ProtectedError
from django.test import Client
from django.urls import Resolver404, resolve, reverse
from stripe import WebhookSignature

from booking.journal.models import Fact
from booking.messages.models import OutboxMessage
from booking.payments.models import Payment, PaymentState, Refund, RefundReason, RefundState, StripeEvent
from booking.payments.refund import owe_refund, send_due
from booking.payments.settle import settle_due
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from booking.signup.models import Booking, BookingStatus, Order
from booking.signup.refusals import NO_CARD_FOR_AMOUNT
from booking.signup.standing import seats_left
from tests.booking.signup.filled import fields_on, filled, send
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import mayor_of

LATER = NOW + timedelta(minutes=40)


def kinds_of(booking) -> list[str]:
    return list(Fact.objects.about(booking).order_by("pk").values_list("kind", flat=True))


def settle(clock, moment=LATER):
    """The timer, at a later moment."""
    clock.move_to(moment)
    answer = settle_due(moment)
    send_due(moment)
    return answer


def given_back(double) -> int:
    """Øre that Stripe has given back."""
    return sum(refund["amount"] for refund in double.refunds.values() if refund["status"] != "failed")


@pytest.mark.parametrize("page", ["", "status/", "frigiv/"])
def test_what_can_not_be_a_reference_is_no_address(page):
    with pytest.raises(Resolver404):
        resolve(f"/betaling/K7QD\0/{page}")


# The straight road


def test_a_seat_is_held_paid_and_confirmed(payer, double, tell):
    checkout = payer.to_checkout()
    assert payer.booking.status == BookingStatus.HELD
    assert (seats_left(payer.session), OutboxMessage.objects.count()) == (0, 0)

    double.pay(checkout)

    assert tell() == 200
    assert payer.booking.status == BookingStatus.CONFIRMED
    assert kinds_of(payer.booking) == ["held", "booked"]
    assert (payer.payment.state, payer.payment.amount) == (PaymentState.PAID, Decimal("6625.00"))
    assert double.checkouts[checkout]["amount_total"] == 662500
    assert set(OutboxMessage.objects.values_list("kind", flat=True)) == {"booked", "paid"}
    receipt = OutboxMessage.objects.filter(kind="paid").first().text
    assert "5.300,00 kr." in receipt
    assert "1.325,00 kr." in receipt
    assert "6.625,00 kr." in receipt


def test_the_form_offers_the_card_and_says_what_is_charged(payer, client):
    page = client.get(payer.session.get_url()).content.decode()

    assert 'value="card"' in page
    assert "6.625,00 kr." in page
    assert "stripe" not in page.lower()


def test_without_keys_nothing_is_said_of_cards(payer, client, settings):
    settings.TAKES_CARDS = False

    page = client.get(payer.session.get_url()).content.decode()

    assert "pays_by" not in page
    answer = send(client, payer.session, filled(client, payer.session, pays_by="card"))
    assert answer.status_code == 302
    assert Order.objects.get().pays_by_card is False


def test_a_price_list_without_cards_offers_none(payer, client):
    payer.session.price_list.takes_cards = False
    payer.session.price_list.save()

    assert "pays_by" not in fields_on(client.get(payer.session.get_url()), payer.session)


@pytest.mark.parametrize("net", [1, 800_000])
def test_an_amount_that_no_card_takes_is_paid_by_invoice(payer, client, net):
    """Stripe takes 2,50 kr. at least, and 999.999,99 kr. at most."""
    payer.session.price_list.rows.update(net=net)

    refused = send(client, payer.session, filled(client, payer.session, pays_by="card", ean=""))

    assert refused.status_code == 422
    assert refused.context["form"].errors["pays_by"] == [NO_CARD_FOR_AMOUNT]
    assert not Order.objects.exists()
    assert send(client, payer.session, filled(client, payer.session, pays_by="invoice")).status_code == 302


@pytest.mark.parametrize("net", [2, 799_999])
def test_the_least_and_the_most_that_a_card_takes(payer, client, net):
    payer.session.price_list.rows.update(net=net)

    assert payer.sign_up().quote().gross == net * Decimal("1.25")


def test_an_invoice_still_needs_an_ean_number(payer, client):
    answer = send(client, payer.session, filled(client, payer.session, pays_by="invoice", ean=""))

    assert answer.status_code == 422
    assert not Order.objects.exists()


def test_others_do_not_find_the_payment(payer):
    payer.to_checkout()
    stranger = Client()
    stranger.force_login(mayor_of("Ærø").user)

    for name in ("pay", "payment"):
        assert stranger.get(reverse(f"booking:{name}", args=[payer.order.reference])).status_code == 404
    assert stranger.post(reverse("booking:release", args=[payer.order.reference])).status_code == 404


def test_no_page_that_asks_stripe_runs_in_a_transaction(payer, double, tell, monkeypatch):
    """Whatever the settings say: the double's fixture refuses what is asked inside one."""
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)

    checkout = payer.to_checkout()
    assert payer.come_back().context["is_silent"] is False
    double.pay(checkout)
    assert tell() == 200
    assert payer.release().status_code == 302


# The webhook: before the return, after it, never, twice, late, out of order, unknown, forged, too old


def test_the_return_before_the_webhook_asks_stripe(payer, double, tell):
    double.pay(payer.to_checkout())

    payer.come_back()

    assert payer.booking.status == BookingStatus.CONFIRMED
    assert tell() == 200
    assert kinds_of(payer.booking) == ["held", "booked"]


def test_a_return_without_payment_proves_nothing(payer):
    payer.to_checkout()

    page = payer.come_back()

    assert payer.booking.status == BookingStatus.HELD
    assert reverse("booking:pay", args=[payer.order.reference]) in page.content.decode()


def test_the_webhook_never_comes_and_the_tab_is_closed(payer, double, january):
    double.pay(payer.to_checkout())

    settle(january, NOW + timedelta(minutes=3))

    assert payer.booking.status == BookingStatus.CONFIRMED


def test_the_webhook_comes_twice(payer, double, tell):
    double.pay(payer.to_checkout())

    assert (tell(), tell()) == (200, 200)
    StripeEvent.objects.all().delete()
    assert tell() == 200

    assert kinds_of(payer.booking) == ["held", "booked"]
    assert OutboxMessage.objects.filter(kind="paid").count() == 1


def test_events_out_of_order_end_in_the_same_place(payer, double, tell):
    checkout = payer.to_checkout()
    double.pay(checkout)
    completed = double.events[-1]
    expired = completed | {"id": "evt_other", "type": "checkout.session.expired"}

    tell(expired, completed)

    assert payer.booking.status == BookingStatus.CONFIRMED


def test_an_event_that_lies_is_only_a_hint(payer, double, tell):
    checkout = double.checkouts[payer.to_checkout()]
    shown = {name: value for name, value in checkout.items() if not name.startswith("_")}
    lie = shown | {"status": "complete", "payment_status": "paid"}
    double._happened("checkout.session.completed", lie)

    assert tell() == 200
    assert payer.booking.status == BookingStatus.HELD


def test_a_webhook_for_an_unknown_checkout_is_fine(payer, double, tell):
    double._happened("checkout.session.completed", {"id": "cs_test_unknown", "object": "checkout.session"})
    assert tell() == 200
    double._happened("customer.created", {"id": "cus_1", "object": "customer"})
    assert tell() == 200


@pytest.mark.parametrize("forgery", [{"secret": "whsec_other"}, {"at": int(NOW.timestamp()) - 301}])
def test_a_forged_or_old_webhook_is_refused(payer, double, tell, forgery):
    double.pay(payer.to_checkout())

    assert tell(**forgery) == 400
    assert payer.booking.status == BookingStatus.HELD
    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"\xff"])
def test_nonsense_at_the_webhook_is_refused(payer, client, double, body):
    signature = "t=1,v1=00"
    answer = client.post(
        reverse("booking:stripe_webhook"),
        body,
        content_type="application/json",
        headers={"Stripe-Signature": signature},
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        '{"id": null, "object": "event", "type": "refund.created", "data": {"object": {"id": "re_1"}}}',
        '{"id": "evt_1", "object": "event", "type": null, "data": {"object": {"id": "re_1"}}}',
        '{"id": "evt_1", "object": "event", "type": "refund.created", "data": {"object": {"id": ["re_1"]}}}',
        '{"id": "evt_1", "object": "event", "type": "refund.created", "data": null}',
        "[" * 50000,
    ],
)
def test_an_event_of_another_shape_is_refused_though_it_is_signed(payer, client, double, body):
    signature = WebhookSignature.generate_signature_header(body, double.secret, None)
    answer = client.post(
        reverse("booking:stripe_webhook"),
        body,
        content_type="application/json",
        headers={"Stripe-Signature": signature},
    )
    assert answer.status_code == 400


def test_the_webhook_needs_no_token_and_sets_no_cookie(payer, double):
    double.pay(payer.to_checkout())
    body, signature = double.signed(double.events[-1])

    answer = Client(enforce_csrf_checks=True).post(
        reverse("booking:stripe_webhook"),
        body,
        content_type="application/json",
        headers={"Stripe-Signature": signature},
    )

    assert (answer.status_code, answer.cookies.output()) == (200, "")


def test_a_webhook_that_can_not_be_looked_into_is_asked_for_again(payer, double, tell):
    double.pay(payer.to_checkout())
    double.fail("GET /v1/checkout", "500")

    assert tell() == 503
    assert tell() == 200
    assert payer.booking.status == BookingStatus.CONFIRMED


# Stripe down, slow, answering 500, cutting the line; a crash


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_the_address_of_the_payment_opens_nothing(payer, client, double, method):
    payer.sign_up()

    answer = getattr(client, method)(reverse("booking:pay", args=[payer.order.reference]))

    assert answer.url == reverse("booking:payment", args=[payer.order.reference])
    assert (Payment.objects.count(), len(double.checkouts)) == (0, 0)


def test_the_form_goes_on_to_the_payment_by_itself(payer, client, double):
    values = filled(client, payer.session, pays_by="card", ean="")

    answer = client.post(reverse("booking:sign_up", args=[payer.session.pk]), values, follow=True)

    [to_pay, to_double, *_beyond] = answer.redirect_chain
    assert (to_pay[1], to_double[1]) == (307, 302)
    assert to_double[0].startswith(double.url)


@pytest.mark.parametrize("how", ["500", "slow", "cut_before", "cut_after"])
def test_a_checkout_that_goes_wrong_is_had_by_trying_again(payer, double, how):
    payer.sign_up()
    double.fail("POST /v1/checkout", how)

    assert payer.go_to_pay().status_code == 503
    assert payer.booking.status == BookingStatus.HELD
    answer = payer.go_to_pay()

    assert answer.url.startswith(double.url)
    assert (Payment.objects.count(), len(double.checkouts)) == (1, 1)


def test_a_crash_between_creating_the_checkout_and_storing_it(payer, double, tell):
    checkout = payer.to_checkout()
    Payment.objects.update(state=PaymentState.NEW, checkout_id=None, url="")  # as if it had never been stored
    double.pay(checkout)

    assert tell() == 200

    assert payer.booking.status == BookingStatus.CONFIRMED
    assert payer.payment.checkout_id == checkout


def test_a_crash_that_nobody_comes_back_to_frees_the_seat(payer, double, january):
    checkout = payer.to_checkout()
    Payment.objects.update(state=PaymentState.NEW, checkout_id=None, url="")

    settle(january)

    assert double.checkouts[checkout]["status"] == "expired"
    assert (payer.booking.status, payer.payment.state) == (BookingStatus.EXPIRED, PaymentState.EXPIRED)


def test_a_crash_and_then_a_new_title_hold_no_seat_for_ever(payer, january):
    payer.to_checkout()
    Payment.objects.update(state=PaymentState.NEW, checkout_id=None, url="")
    payer.session.title = "Et andet navn"
    payer.session.save()

    settle(january)

    assert (payer.booking.status, payer.payment.state) == (BookingStatus.EXPIRED, PaymentState.EXPIRED)


def test_while_stripe_is_silent_the_seat_stays_held(payer, double, january):
    payer.to_checkout()
    double.fail("POST /v1/checkout", "500")

    assert settle(january) == (0, 1)
    assert payer.booking.status == BookingStatus.HELD
    assert settle(january, LATER + timedelta(minutes=1)) == (1, 0)
    assert payer.booking.status == BookingStatus.EXPIRED


def test_the_return_page_says_that_stripe_is_silent(payer, double):
    payer.to_checkout()
    double.fail("GET /v1/checkout", "500")

    assert payer.come_back().status_code == 200


def test_a_double_click_opens_one_checkout(payer, double):
    first = payer.to_checkout()

    assert payer.go_to_pay().url.endswith(first)
    assert len(double.checkouts) == 1


def test_the_form_sent_twice_makes_one_order(payer, client):
    values = filled(client, payer.session, pays_by="card")

    first, second = send(client, payer.session, values), send(client, payer.session, values)

    assert first.url == second.url
    assert Order.objects.count() == 1


# The hold runs out


def test_the_hold_expires_only_with_its_checkout(payer, double, january):
    payer.to_checkout()

    settle(january, NOW + timedelta(minutes=31))
    assert payer.booking.status == BookingStatus.HELD
    settle(january)

    assert payer.booking.status == BookingStatus.EXPIRED
    assert kinds_of(payer.booking) == ["held", "expired"]
    assert seats_left(payer.session) == 1
    assert OutboxMessage.objects.get().kind == "not_paid"


def test_a_hold_that_never_met_a_checkout_expires(payer, january):
    payer.sign_up()

    settle(january)

    assert payer.booking.status == BookingStatus.EXPIRED


def test_a_seat_is_given_up_without_paying(payer, double):
    checkout = payer.to_checkout()

    payer.release()

    assert (payer.booking.status, double.checkouts[checkout]["status"]) == (BookingStatus.EXPIRED, "expired")
    assert not OutboxMessage.objects.exists()


def test_a_seat_that_was_paid_for_is_not_given_up(payer, double):
    double.pay(payer.to_checkout())

    payer.release()

    assert payer.booking.status == BookingStatus.CONFIRMED


def test_one_who_let_it_go_signs_up_again(payer, double, january, tell):
    payer.to_checkout()
    payer.release()

    double.pay(payer.to_checkout())
    tell()

    assert Booking.objects.filter(status=BookingStatus.CONFIRMED).count() == 1


def test_late_money_gets_a_seat_that_is_still_free(payer, double, january, tell):
    checkout = payer.to_checkout()
    settle(january)

    double.force_paid(checkout)
    tell()

    assert payer.booking.status == BookingStatus.CONFIRMED
    assert not Refund.objects.exists()


def test_late_money_goes_back_when_the_seat_is_gone(payer, double, january, tell):
    checkout = payer.to_checkout()
    settle(january)
    order(payer.session, mayor_of("Ærø"), now=LATER)

    double.force_paid(checkout)
    tell()

    assert payer.booking.status == BookingStatus.EXPIRED
    refund = Refund.objects.get()
    assert (refund.reason, refund.state, refund.amount) == (RefundReason.TOO_LATE, RefundState.DONE, Decimal("6625.00"))
    assert given_back(double) == 662500
    told = OutboxMessage.objects.exclude(kind__in=["not_paid", "booked"])
    assert [(message.kind, message.recipient) for message in told] == [("refunded", payer.order.contact_email)]
    assert "6.625,00 kr." in told.get().text


def test_one_order_paid_at_two_checkouts_is_paid_back_once(payer, double, tell):
    """The answer with the first checkout was lost, and its key was given up for another: two are open."""
    payer.sign_up()
    double.fail("POST /v1/checkout", "cut_after")
    payer.go_to_pay()
    Payment.objects.update(state=PaymentState.FAILED)
    payer.go_to_pay()
    first, second = double.checkouts

    double.pay(first)
    tell()
    double.pay(second)
    tell()

    assert payer.booking.status == BookingStatus.CONFIRMED
    refund = Refund.objects.get()
    assert (refund.reason, refund.payment.checkout_id) == (RefundReason.PAID_TWICE, second)
    assert given_back(double) == 662500


def test_one_seat_paid_by_two_orders_is_paid_back_once(payer, double, january, tell):
    first = payer.to_checkout()
    settle(january)
    double.pay(payer.to_checkout())
    tell()

    double.force_paid(first)
    tell()

    assert Refund.objects.get().reason == RefundReason.PAID_TWICE
    assert Booking.objects.filter(status=BookingStatus.CONFIRMED).count() == 1
    assert given_back(double) == 662500


def test_the_price_may_change_while_one_pays(payer, double, tell):
    checkout = payer.to_checkout()
    payer.session.price_list.rows.update(net=9999)

    double.pay(checkout)
    tell()

    assert payer.booking.status == BookingStatus.CONFIRMED
    assert payer.payment.amount == payer.booking.price.gross == Decimal("6625.00")


# Giving back


@pytest.fixture
def paid(payer, double, tell):
    double.pay(payer.to_checkout())
    tell()
    return payer


def test_a_free_withdrawal_gives_all_back(paid, double):
    cancel_booking(paid.booking, by=None, now=NOW)

    assert given_back(double) == 662500
    assert Refund.objects.get().reason == RefundReason.WITHDRAWN


def test_a_withdrawal_gives_back_what_the_conditions_say(paid, double, january):
    paid.booking.conditions.__class__.objects.update(free_days=200, share_days=30, share_percent=50)

    cancel_booking(paid.booking, by=None, now=NOW)

    assert given_back(double) == 331250


def test_a_binding_booking_gives_nothing_back(paid, double):
    paid.booking.conditions.__class__.objects.update(free_days=None)

    cancel_booking(paid.booking, by=None, now=NOW)

    assert not double.refunds


def test_a_cancelled_session_gives_all_back(paid, double):
    cancel_session(paid.session, by=None, now=NOW)
    cancel_booking(paid.booking, by=None, now=NOW)

    assert given_back(double) == 662500
    assert Refund.objects.get().reason == RefundReason.SESSION_CANCELLED


def test_a_session_cancelled_while_one_pays_gives_all_back(payer, double, tell):
    checkout = payer.to_checkout()
    double.pay(checkout)
    cancel_session(payer.session, by=None, now=NOW)

    tell()

    assert given_back(double) == 662500
    assert Refund.objects.get().reason == RefundReason.SESSION_CANCELLED
    assert payer.booking.status == BookingStatus.EXPIRED


def test_a_cancelled_session_closes_what_is_being_paid_at_once(payer, double):
    checkout = payer.to_checkout()

    cancel_session(payer.session, by=None, now=NOW)

    assert double.checkouts[checkout]["status"] == "expired"
    assert payer.booking.status == BookingStatus.EXPIRED
    assert payer.go_to_pay().url == reverse("booking:payment", args=[payer.order.reference])


def test_what_could_not_be_closed_at_once_is_closed_by_the_timer(payer, double, january):
    checkout = payer.to_checkout()
    double.fail("POST /v1/checkout", "500")
    cancel_session(payer.session, by=None, now=NOW)
    assert double.checkouts[checkout]["status"] == "open"

    settle(january, NOW + timedelta(minutes=3))

    assert double.checkouts[checkout]["status"] == "expired"


def test_a_held_booking_that_staff_cancel_can_not_be_paid_and_nobody_is_told(payer, double):
    checkout = payer.to_checkout()

    cancel_booking(payer.booking, by=None, now=NOW)

    assert double.checkouts[checkout]["status"] == "expired"
    assert (payer.booking.status, payer.payment.state) == (BookingStatus.CANCELLED, PaymentState.EXPIRED)
    assert not OutboxMessage.objects.exists()


def test_money_for_a_booking_that_staff_cancelled_meanwhile_goes_back(payer, double, tell):
    double.pay(payer.to_checkout())
    cancel_booking(payer.booking, by=None, now=NOW)

    tell()

    assert payer.booking.status == BookingStatus.CANCELLED
    assert (Refund.objects.get().reason, given_back(double)) == (RefundReason.GIVEN_UP, 662500)


@pytest.mark.parametrize("how", ["500", "slow", "cut_before", "cut_after"])
def test_a_refund_that_goes_wrong_is_made_once(paid, double, how):
    double.fail("POST /v1/refunds", how)

    cancel_booking(paid.booking, by=None, now=NOW)
    assert Refund.objects.get().state == RefundState.OWED
    double.answers.clear()  # Stripe forgets keys after a day
    send_due(NOW)

    assert Refund.objects.get().state == RefundState.DONE
    assert (len(double.refunds), given_back(double)) == (1, 662500)


def test_a_refund_that_the_bank_sends_back_is_seen(paid, double, tell):
    cancel_booking(paid.booking, by=None, now=NOW)
    double.fail_refund(Refund.objects.get().stripe_id)

    tell()

    assert Refund.objects.get().state == RefundState.FAILED
    assert Fact.objects.filter(kind="refund_failed").count() == 1
    assert paid.payment.kept() == Decimal("6625.00")


def test_a_refund_on_its_way_is_followed(paid, double):
    double.refund_status = "pending"
    cancel_booking(paid.booking, by=None, now=NOW)
    assert Refund.objects.get().state == RefundState.PENDING
    next(iter(double.refunds.values()))["status"] = "succeeded"

    send_due(NOW)

    assert Refund.objects.get().state == RefundState.DONE
    assert OutboxMessage.objects.filter(kind="refunded").count() == 1


def test_a_refund_made_in_stripes_own_pages_is_in_our_books(paid, double, tell):
    double.refund_by_hand(paid.payment.intent_id, 100000)

    tell()
    tell()

    refund = Refund.objects.get()
    assert (refund.reason, refund.amount, refund.state) == (RefundReason.AT_STRIPE, Decimal(1000), RefundState.DONE)
    assert paid.payment.kept() == Decimal(5625)


def test_no_more_is_given_back_than_was_paid(paid, double):
    assert owe_refund(paid.payment, amount=Decimal(6000), reason=RefundReason.STAFF, note="Kulance", now=NOW)
    assert owe_refund(paid.payment, amount=Decimal(6000), reason=RefundReason.STAFF, note="Igen", now=NOW)
    assert owe_refund(paid.payment, amount=Decimal(1), reason=RefundReason.STAFF, note="Mere", now=NOW) is None

    assert given_back(double) == 662500


def test_what_was_given_back_at_stripe_is_not_given_twice(paid, double):
    double.refund_by_hand(paid.payment.intent_id, 662500)  # and no webhook came

    cancel_booking(paid.booking, by=None, now=NOW)

    assert given_back(double) == 662500
    assert Refund.objects.get(reason=RefundReason.WITHDRAWN).state == RefundState.FAILED


def test_a_contested_payment_is_noted(paid, double, tell):
    double.contest(paid.payment.intent_id)

    assert tell() == 200

    assert paid.payment.dispute == "needs_response"
    assert Fact.objects.filter(kind="disputed").count() == 1


def test_records_of_money_stay(paid):
    cancel_booking(paid.booking, by=None, now=NOW)

    for record in (paid.payment, paid.order):
        with pytest.raises(ProtectedError):
            record.delete()


# The books


def test_the_books_agree_øre_for_øre(paid, double, capsys):
    cancel_booking(paid.booking, by=None, now=NOW)

    call_command("reconcile_payments")

    received = sum(intent["amount_received"] for intent in double.intents.values())
    assert received == sum(payment.amount for payment in Payment.objects.paid()) * 100
    assert given_back(double) == sum(refund.amount for refund in Refund.objects.filter(state="done")) * 100


def test_the_books_are_put_right(payer, double):
    double.pay(payer.to_checkout())

    call_command("reconcile_payments")

    assert payer.booking.status == BookingStatus.CONFIRMED


def test_refunds_made_elsewhere_are_found(paid, double):
    double.refund_by_hand(paid.payment.intent_id, 100000)

    call_command("reconcile_payments")

    assert paid.payment.given_back() == Decimal(1000)


def test_run_due_settles_what_waits(payer, double, january):
    double.pay(payer.to_checkout())
    january.move_to(LATER)

    call_command("run_due")

    assert payer.booking.status == BookingStatus.CONFIRMED
