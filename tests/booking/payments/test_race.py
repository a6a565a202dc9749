"""Money under fire: webhook, return page, timer, release and staff at once, from processes of their own; and killed."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from booking.journal.models import Fact
from booking.messages.models import OutboxMessage
from booking.models import Booking
from booking.payments.models import Payment, PaymentState, Refund, RefundState
from booking.payments.refund import send_due
from booking.payments.settle import HELD_FOR, OPEN_FOR, settle_due
from booking.signup.cancel import cancel_booking
from booking.signup.models import BookingStatus
from booking.signup.standing import seats_left
from tests.booking.payments.conftest import Payer, session_by_card
from tests.booking.signup.test_reserve import order
from tests.factories import mayor_of, secretary_of

ROOT = Path(__file__).parents[3]


@pytest.fixture
def payers(client, double, transactional_db):
    """Make somebody who pays for a seat, by today's clock; each for another session."""

    def one(number: int = 0, **session) -> Payer:
        mayor = mayor_of(f"Kommune {number}")
        client.force_login(secretary_of(mayor).user)
        return Payer(client, double, session_by_card(**({"capacity": 1} | session)), mayor)

    return one


@pytest.fixture
def written(tmp_path, double):
    """Write an event down for the racers, signed; gives where."""

    def write(event) -> str:
        body, signature = double.signed(event)
        path = tmp_path / event["id"]
        path.write_text(f"{signature}\n{body}")
        return str(path)

    return write


def start(double, attempts, *, locked=True) -> subprocess.Popen:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "cms.settings.test",
        "RACE_DATABASE": str(connection.settings_dict["NAME"]),
        "RACE_STRIPE": double.url,
        "RACE_KEY": double.key,
        "RACE_SECRET": double.secret,
        "RACE_LOCKED": "1" if locked else "",
    }
    command = [sys.executable, "-m", "tests.booking.payments.racer", *attempts]
    racer = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert racer.stdout.readline() == "ready\n"
    return racer


def go(racer: subprocess.Popen) -> None:
    racer.stdin.write("go\n")
    racer.stdin.flush()


def race(double, attempts, *, locked=True) -> Counter[str]:
    """Let two processes make these attempts, a thread each and all at once; give how often each ended as what."""
    racers = [start(double, half, locked=locked) for half in (attempts[::2], attempts[1::2])]
    for racer in racers:
        go(racer)
    return Counter(line for racer in racers for line in racer.communicate(timeout=120)[0].splitlines())


def facts(kind: str) -> int:
    return Fact.objects.filter(kind=kind).count()


def mails(kind: str) -> int:
    return OutboxMessage.objects.filter(kind=kind).count()


def make_old(minutes: timedelta = OPEN_FOR) -> None:
    """Let the timer take all that is being paid for as begun so long ago."""
    Payment.objects.update(created_at=timezone.now() - minutes, expires_at=timezone.now())
    Booking.objects.update(booked_at=timezone.now() - HELD_FOR)


def test_money_that_all_hear_of_at_once_is_received_once(payers, double, written):
    payer = payers()
    double.pay(payer.to_checkout())
    make_old()
    told, reference = written(double.events[-1]), payer.order.reference

    ended = race(
        double,
        [f"webhook:{told}", f"payment:{reference}", "timer:", f"release:{reference}"] * 4,
    )

    assert ended == {"webhook 200": 4, "payment 200": 4, "timer done": 4, "release 302": 4}
    assert payer.booking.status == BookingStatus.CONFIRMED
    assert (facts("paid"), facts("booked"), facts("expired"), Refund.objects.count()) == (1, 1, 0, 0)
    assert (mails("booked"), mails("paid")) == (2, 1)  # to the mayor and to the contact, and one receipt
    assert double.balance() == 662500


def test_without_the_lock_the_same_race_receives_it_twice(payers, double, written):
    payer = payers()
    double.pay(payer.to_checkout())
    told, reference = written(double.events[-1]), payer.order.reference

    race(double, [f"webhook:{told}", f"payment:{reference}"] * 4, locked=False)

    assert facts("paid") > 1


def test_late_money_is_given_back_once(payers, double, written):
    payer = payers()
    checkout = payer.to_checkout()
    payer.release()
    order(payer.session, mayor_of("Ærø"), now=timezone.now())
    double.force_paid(checkout)
    told = written(double.events[-1])

    ended = race(double, [f"webhook:{told}", "timer:"] * 8)

    assert ended == {"webhook 200": 8, "timer done": 8}
    assert payer.booking.status == BookingStatus.EXPIRED
    assert (Refund.objects.get().state, len(double.refunds), double.balance()) == (RefundState.DONE, 1, 0)
    assert (facts("paid"), facts("refunded"), mails("refunded")) == (1, 1, 1)


def test_who_releases_while_paying_has_paid_and_sits_or_neither(payers, double):
    eight = [payers(number) for number in range(8)]
    checkouts = {payer.to_checkout(): payer for payer in eight}
    make_old()
    attempts = [f"click:{checkout}" for checkout in checkouts]
    attempts += [f"release:{payer.order.reference}" for payer in eight]

    ended = race(double, [*attempts, "timer:", "timer:"])
    settle_due(timezone.now())

    assert ended == {"click clicked": 8, "release 302": 8, "timer done": 2}
    paid = {one for one in checkouts if double.checkouts[one]["payment_status"] == "paid"}
    sitting = {one for one, payer in checkouts.items() if payer.booking.status == BookingStatus.CONFIRMED}
    assert paid == sitting
    assert {payer.booking.status for one, payer in checkouts.items() if one not in paid} <= {BookingStatus.EXPIRED}
    assert double.balance() == 662500 * len(paid)


@pytest.mark.parametrize("staff", ["cancel", "call_off"])
def test_who_is_cancelled_while_paying_has_all_of_it_back(payers, double, written, staff):
    payer = payers()
    double.pay(payer.to_checkout())
    make_old()
    about = payer.booking.pk if staff == "cancel" else payer.session.pk
    told, reference = written(double.events[-1]), payer.order.reference

    ended = race(double, [f"{staff}:{about}", f"webhook:{told}", f"payment:{reference}", "timer:"] * 3)
    send_due(timezone.now())

    assert ended == {f"{staff} done": 3, "webhook 200": 3, "payment 200": 3, "timer done": 3}
    assert (facts("paid"), len(double.refunds)) == (1, 1)
    assert (double.balance(), payer.payment.kept()) == (0, 0)


def test_many_tabs_open_one_checkout(payers, double):
    payer = payers()
    payer.sign_up()

    ended = race(double, [f"pay:{payer.order.reference}"] * 8)

    assert ended == {"pay 302": 8}
    assert payer.go_to_pay().url.startswith(double.url)
    assert [payment.state for payment in payer.order.payments.all()] == [PaymentState.OPEN]
    assert len(double.checkouts) == 1


# Killed while Stripe does what it was asked


def kill(double, attempt: str, path: str, is_done) -> None:
    """Let a process ask, and end it for good when Stripe has done what it was asked, before the answer is there."""
    double.fail(path, "slower")
    racer = start(double, [attempt])
    go(racer)
    begun = time.monotonic()
    while not is_done():
        assert time.monotonic() < begun + 50  # while Stripe still holds its answer back
        time.sleep(0.05)
    racer.send_signal(signal.SIGKILL)
    racer.communicate(timeout=120)


def test_killed_between_opening_the_checkout_and_storing_it(payers, double):
    payer = payers()
    payer.sign_up()
    kill(double, f"pay:{payer.order.reference}", "POST /v1/checkout", lambda: double.checkouts)
    assert (payer.payment.state, payer.payment.checkout_id) == (PaymentState.NEW, None)

    assert payer.go_to_pay().url.endswith(next(iter(double.checkouts)))
    assert (Payment.objects.count(), len(double.checkouts)) == (1, 1)


def test_killed_between_opening_the_checkout_and_storing_it_and_nobody_comes_back(payers, double):
    payer = payers()
    payer.sign_up()
    kill(double, f"pay:{payer.order.reference}", "POST /v1/checkout", lambda: double.checkouts)
    make_old()

    settle_due(timezone.now())

    assert [checkout["status"] for checkout in double.checkouts.values()] == ["expired"]
    assert (payer.booking.status, seats_left(payer.session)) == (BookingStatus.EXPIRED, 1)


def test_killed_while_giving_back(payers, double, written):
    payer = payers()
    double.pay(payer.to_checkout())
    payer.come_back()
    double.fail("GET /v1/refunds", "500")
    cancel_booking(payer.booking, by=None, now=timezone.now())
    kill(double, "timer:", "POST /v1/refunds", lambda: double.refunds)
    assert Refund.objects.get().state == RefundState.OWED
    double.answers.clear()  # Stripe forgets keys after a day

    send_due(timezone.now())

    assert (Refund.objects.get().state, len(double.refunds), double.balance()) == (RefundState.DONE, 1, 0)
    assert (facts("refunded"), mails("refunded")) == (1, 1)


def test_killed_while_giving_the_seat_up(payers, double):
    payer = payers()
    checkout = payer.to_checkout()
    expired = f"POST /v1/checkout/sessions/{checkout}"
    kill(double, f"release:{payer.order.reference}", expired, lambda: double.checkouts[checkout]["status"] == "expired")
    assert payer.booking.status == BookingStatus.HELD
    make_old()

    settle_due(timezone.now())

    assert payer.booking.status == BookingStatus.EXPIRED
