"""Processes that die between two steps of the waiting list: asked again, or found by the timer, all ends well."""

import os
import subprocess
import sys
from collections import Counter
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from booking.models import OutboxMessage, SessionPage
from booking.signup.cancel import cancel_booking
from booking.signup.models import Booking
from booking.signup.waiting import leave_line, offer_free_seats, take_seat
from tests.booking.signup.test_race import ROOT, is_legal, lives, statuses
from tests.booking.signup.test_reserve import order
from tests.factories import SessionPageFactory, mayor_of

#: Where a process may die: while it writes, right after its commit, and while the mails are written and sent.
STEPS = [
    ("booking.signup.bookings.record", 1),
    ("booking.journal.record.attempt", 1),
    ("booking.messages.tell.write", 2),
    ("booking.messages.deliver.deliver", 1),
]
#: What each verb ends in, first the seat, then the two in line, if nobody dies.
ENDS = {
    "cancel": ["cancelled", "offered", "waiting"],
    "offer": ["confirmed", "offered", "waiting"],
    "take": ["cancelled", "confirmed", "waiting"],
    "leave": ["cancelled", "cancelled", "offered"],
}
KILLED = 9


def full():
    """A session with one seat, taken, and two in line."""
    session = SessionPageFactory(capacity=1)
    seat = order(session, mayor_of("Fanø")).bookings.get()
    order(session, mayor_of("Ærø"), waits=True)
    order(session, mayor_of("Samsø"), waits=True)
    return session, seat


def ground(verb) -> Booking:
    """What the verb is done to."""
    session, seat = full()
    if verb == "cancel":
        return seat
    if verb == "offer":
        SessionPage.objects.filter(pk=session.pk).update(capacity=2)
        return seat
    cancel_booking(seat, by=None, now=timezone.now())
    return Booking.objects.get(status="offered")


def do(verb, booking):
    match verb:
        case "cancel":
            cancel_booking(booking, by=None, now=timezone.now())
        case "offer":
            offer_free_seats(booking.session, now=timezone.now())
        case "take":
            take_seat(booking, by=None, now=timezone.now())
        case "leave":
            leave_line(booking, by=None, now=timezone.now())


def die(verb, booking, point, nth):
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "cms.settings.test",
        "RACE_DATABASE": str(connection.settings_dict["NAME"]),
    }
    command = [sys.executable, "-m", "tests.booking.signup.mortal", verb, str(booking.pk), point, str(nth)]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True)


def told() -> Counter:
    """What was written to whom, of what."""
    return Counter(OutboxMessage.objects.values_list("recipient", "fact__kind", "fact__about_id"))


def run_due() -> None:
    call_command("run_due", stdout=StringIO())


@pytest.mark.parametrize("verb", list(ENDS))
@pytest.mark.parametrize(("point", "nth"), STEPS, ids=[f"{point.rpartition('.')[2]}-{nth}" for point, nth in STEPS])
def test_a_process_that_dies_leaves_nothing_undone_and_nothing_done_twice(transactional_db, verb, point, nth):
    booking = ground(verb)

    ended = die(verb, booking, point, nth)
    do(verb, booking)  # whoever pressed the button presses it again
    run_due()
    run_due()

    assert ended.returncode == KILLED, ended.stderr
    assert statuses() == ENDS[verb]
    assert all(is_legal(life) for life in lives())
    assert set(told().values()) == {1}
    assert not OutboxMessage.objects.filter(sent_at=None, claimed_until=None).exists()


@pytest.mark.parametrize("verb", ["cancel", "offer"])
def test_if_nobody_presses_again_the_timer_does_what_was_committed(transactional_db, verb):
    booking = ground(verb)
    die(verb, booking, "booking.journal.record.attempt", 1)

    run_due()

    assert statuses() == ENDS[verb]
    offered = Booking.objects.get(status="offered")
    assert ("offered", offered.pk) in {(kind, about) for _recipient, kind, about in told()}
