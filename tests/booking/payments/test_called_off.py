"""Calling a session off with thirty bookings: broken off anywhere and run again, all are told and paid back once."""

import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from booking.dates import today
from booking.journal.models import FollowUp
from booking.models import Booking, OutboxMessage, Refund, SessionPage, Withdrawal
from booking.payments.settle import look, open_checkout
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from booking.signup.models import BookingStatus
from tests.booking.payments.conftest import session_by_card
from tests.booking.payments.test_race import ROOT
from tests.booking.signup.test_reserve import order
from tests.factories import mayor_of

#: Where it may be broken off: before anything is written, right after, and on the way through mails and money.
STEPS = [
    ("booking.sessions.live._show", 1),
    ("booking.journal.record.attempt", 1),
    ("booking.messages.tell.write", 17),
    ("booking.messages.deliver.deliver", 11),
    ("booking.payments.stripe.create_refund", 2),
    ("booking.payments.refund.take_in", 2),
    ("booking.signup.release._release", 1),
]
KILLED = 9


@pytest.fixture
def thirty(double, transactional_db):
    """A session that thirty had signed up for, three of them by card, when withdrawing cost all of the price.

    Two have withdrawn late, one of those who had paid and one who had not; one in line is offered a seat, two wait.
    """
    now = timezone.now()
    session = session_by_card(starts_on=today(now) + timedelta(days=20))
    session.conditions.versions.update(free_days=None)
    mayors = [mayor_of(f"Kommune {number}") for number in range(33)]
    seats = [
        order(session, mayor, now=now, pays_by_card=number < 3).bookings.get()
        for number, mayor in enumerate(mayors[:30])
    ]
    for seat in seats[:3]:
        payment = open_checkout(seat.order, now=now)
        double.pay(payment.checkout_id)
        look(payment, now=now)
    SessionPage.objects.filter(pk=session.pk).update(capacity=29)
    for mayor in mayors[30:]:
        order(SessionPage.objects.get(), mayor, now=now, waits=True)
    for seat in (seats[0], seats[3]):
        cancel_booking(seat, by=None, now=now)
    assert Counter(Booking.objects.values_list("status", flat=True)) == {
        "cancelled": 2,
        "confirmed": 28,
        "offered": 1,
        "waiting": 2,
    }
    assert sum(withdrawal.owed().gross for withdrawal in Withdrawal.objects.all()) == 2 * 6625
    OutboxMessage.objects.all().delete()
    return session


def die(double, session, point, nth):
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "cms.settings.test",
        "RACE_DATABASE": str(connection.settings_dict["NAME"]),
        "RACE_STRIPE": double.url,
        "RACE_KEY": double.key,
        "RACE_SECRET": double.secret,
    }
    command = [sys.executable, "-m", "tests.booking.payments.mortal", str(session.pk), point, str(nth)]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True)


def run_due() -> None:
    call_command("run_due", at=(timezone.now() + timedelta(minutes=10)).isoformat(), stdout=StringIO())


@pytest.mark.parametrize(("point", "nth"), STEPS, ids=[f"{point.rpartition('.')[2]}-{nth}" for point, nth in STEPS])
def test_whatever_step_it_breaks_off_at_all_are_told_and_paid_back_once(double, thirty, point, nth):
    ended = die(double, thirty, point, nth)
    assert ended.returncode == KILLED, ended.stderr

    cancel_session(thirty, by=None, now=timezone.now())
    run_due()
    run_due()

    mails = Counter(OutboxMessage.objects.values_list("recipient", "fact__kind", "fact__about_id"))
    assert set(mails.values()) == {1}
    assert Counter(kind for _recipient, kind, _about in mails) == {
        "session_cancelled": 31 + 1,  # each of those who had a seat or waited, and the contact of them all
        "fee_released": 2 * 2,
        "refunded": 3,
    }
    assert not OutboxMessage.objects.filter(sent_at=None).exists()
    assert sorted(one["amount"] for one in double.refunds.values()) == [662500] * 3
    assert len({one["payment_intent"] for one in double.refunds.values()}) == Refund.objects.count() == 3
    assert sum(booking.due().gross for booking in Booking.objects.all()) == 0
    assert not Booking.objects.filter(status=BookingStatus.OFFERED).exists()
    assert not FollowUp.objects.filter(done_at=None).exists()
