"""The timer dies between any two questions to the database; run again, it leaves what it would have left alive.

KILLS says at how many places it dies: some by default, hundreds when somebody wants to know.
"""

import os
import random
from collections import Counter
from datetime import timedelta
from io import StringIO
from itertools import count

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection

from booking.journal import record as journal
from booking.journal.models import FollowUp
from booking.messages.models import OutboxMessage
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from booking.signup.models import Booking
from booking.signup.waiting import offer_free_seats
from tests.booking.signup.test_pairs import ask, director_of, for_pairs
from tests.booking.signup.test_race import is_legal, lives
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import ConditionsFactory, SessionPageFactory, mayor_of

KILLS = int(os.environ.get("KILLS", "5"))
#: When all the offers have run out; and the lease of a mail that a dead process had in its hands, some time later.
DUE = NOW + timedelta(days=8)
LATER = DUE + timedelta(hours=1)

pytestmark = pytest.mark.usefixtures("january", "transactional_db")


class Killed(SystemExit):
    """As a kill: nobody catches it, and what was not committed is gone."""


class Mortal:
    """Counts what the database is asked, and is dead from the nth question on; never, where there is none such."""

    def __init__(self, nth: int = 0):
        self.nth, self.asked = nth, 0

    def __call__(self, execute, sql, params, many, context):
        self.asked += 1
        if 0 < self.nth <= self.asked:
            raise Killed
        return execute(sql, params, many, context)


class Ground:
    """Sessions where all kinds of things fall due, and nobody has done any of them."""

    numbers = count()

    def __init__(self, monkeypatch):
        number = next(self.numbers)
        self.people = [mayor_of(f"Kommune {number}-{one}") for one in range(8)]
        silent, first, second, leaver, third, two, four, asking = self.people
        line = SessionPageFactory(capacity=1, conditions=ConditionsFactory())
        seat = self.booked(line, silent)
        for mayor in (first, second):
            self.booked(line, mayor, waits=True)
        cancel_booking(seat, by=None, now=NOW)
        offer_free_seats(line, now=NOW)  # nobody answers
        pairs = for_pairs(capacity=2)
        other = director_of(f"Kommune {number}-7")
        ask(pairs, asking, other)  # nor here
        self.people.append(other)
        with monkeypatch.context() as dead:
            dead.setattr(journal, "attempt", lambda follow_up_id: False)
            raised = SessionPageFactory(capacity=1)
            left = self.booked(raised, leaver)
            self.booked(raised, third, waits=True)
            cancel_booking(left, by=None, now=NOW)
            off = SessionPageFactory()
            for mayor in (two, four):
                self.booked(off, mayor)
            cancel_session(off, by=None, now=NOW)

    def booked(self, session, mayor, **how):
        return order(session, mayor, **how).bookings.get()

    def outcome(self) -> tuple[list[str], Counter]:
        """How each booking stands, and what was written to how many."""
        bookings = Booking.objects.filter(participant__in=self.people).order_by("pk")
        written = OutboxMessage.objects.filter(fact__on_behalf_of__in=self.people)
        return [one.status for one in bookings], Counter(written.values_list("kind", flat=True))


def run_due(at, nth: int = 0) -> int:
    """Give how often the database was asked."""
    mortal = Mortal(nth)
    with connection.execute_wrapper(mortal):
        call_command("run_due", at=at.isoformat(), stdout=StringIO())
    return mortal.asked


def test_wherever_it_dies_nothing_is_left_out_and_nothing_done_twice(january, monkeypatch):
    ground = Ground(monkeypatch)
    january.move_to(DUE)
    questions = run_due(DUE)
    expected = ground.outcome()
    january.move_to(LATER)
    run_due(LATER)
    assert ground.outcome() == expected

    for nth in sorted(random.Random(5).sample(range(1, questions), KILLS)):
        january.move_to(NOW)
        ground = Ground(monkeypatch)
        january.move_to(DUE)
        with pytest.raises(Killed):
            run_due(DUE, nth)
        january.move_to(LATER)
        run_due(LATER)
        run_due(LATER)

        assert ground.outcome() == expected, nth
        assert not FollowUp.objects.filter(done_at=None).exists(), nth
        assert not OutboxMessage.objects.filter(sent_at=None).exists(), nth
    assert all(is_legal(life) for life in lives())
    sent = {one.extra_headers["Message-ID"] for one in mail.outbox}
    assert sent == set(OutboxMessage.objects.values_list("message_id", flat=True))
