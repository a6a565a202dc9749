"""One process of a race: ``python -m tests.booking.signup.racer SESSION VERB:ID:TIME ...``, a thread for each attempt.

A verb is about SESSION, unless it names another: ``VERB@SESSION``.

Says "ready", waits for a line, then lets all threads go at once and prints what each attempt ended as. Without
RACE_LOCKED the transactions and their locks are taken out, to show that the race is real.
"""

import contextlib
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import uuid4

import django
from django.conf import settings

settings.DATABASES["default"]["NAME"] = os.environ["RACE_DATABASE"]
django.setup()

from django.db import connection  # noqa: E402
from django.db.models.query import QuerySet  # noqa: E402

from booking.models import Booking, ConditionsVersion, Person, SessionPage  # noqa: E402
from booking.pricing.quote import NOTHING  # noqa: E402
from booking.pricing.rules import Asked  # noqa: E402
from booking.signup import cancel, reserve, standing, switch, waiting  # noqa: E402

session_id, *attempts = int(sys.argv[1]), *sys.argv[2:]
started = threading.Barrier(len(attempts))
purchase = reserve.Purchase(contact_name="S", contact_email="s@example.org", gln="5798009811578")


def unlock() -> None:
    """Work without the transactions, and linger between looking and writing as a busy machine would."""
    for module, name in (
        (reserve, "place_order"),
        (cancel, "cancel_booking"),
        (waiting, "offer_free_seats"),
        (waiting, "take_seat"),
        (switch, "switch"),
    ):
        setattr(module, name, getattr(module, name).__wrapped__)
    QuerySet.select_for_update = lambda queryset, **kwargs: queryset
    reserve.seats_left = waiting.seats_left = lingering(standing.seats_left)
    reserve.admit_each = lingering(standing.admit_each)
    waiting.admit = reserve.admit = switch.admit = lingering(standing.admit)


def lingering(look):
    def look_and_linger(*args, **kwargs):
        seen = look(*args, **kwargs)
        time.sleep(0.2)
        return seen

    return look_and_linger


def place(person: Person, session: SessionPage, now: datetime, **changes) -> None:
    version = ConditionsVersion.objects.get(conditions=session.conditions_id)
    quote = session.quote([Asked()], now=now)
    cost = reserve.Cost(NOTHING, waiting=quote) if changes.get("waits") else reserve.Cost(quote)
    reserve.place_order(
        session,
        seats=[reserve.Seat(person)],
        purchase=purchase,
        booker=person,
        shown=cost.shown,
        shown_conditions=version.pk,
        submission=uuid4(),
        now=now,
        **changes,
    )


def attempt(words: str) -> str:
    """Do what the words say, and tell how it ended."""
    verb, pk, moment = words.split(":", 2)
    now = datetime.fromisoformat(moment)
    verb, _at, elsewhere = verb.partition("@")
    session = SessionPage.objects.get(pk=elsewhere or session_id)
    started.wait()
    try:
        return act(verb, int(pk), session, now)
    except standing.CannotBook as refusal:
        return str(refusal.obstacle)
    except waiting.SeatGone:
        return "seat_gone"
    finally:
        connection.close()


def act(verb: str, pk: int, session: SessionPage, now: datetime) -> str:
    match verb:
        case "book":
            place(Person.objects.get(pk=pk), session, now)
            return "booked"
        case "queue":  # as a secretary would: a seat, or else a place in line
            person = Person.objects.get(pk=pk)
            try:
                place(person, session, now)
            except standing.CannotBook:
                place(person, session, now, waits=True)
                return "queued"
            return "booked"
        case "take":
            waiting.take_seat(Booking.objects.get(pk=pk), by=None, now=now)
            return "taken"
        case "cancel":
            cancel.cancel_booking(Booking.objects.get(pk=pk), by=None, now=now)
            return "cancelled"
        case "switch":
            switch.switch(Booking.objects.get(pk=pk), to=session, by=None, now=now)
            return "switched"
        case "offer":
            waiting.offer_free_seats(session, now=now)
            return "offered"
    raise ValueError(verb)


if not os.environ["RACE_LOCKED"]:
    unlock()
print("ready", flush=True)  # noqa: T201
sys.stdin.readline()
with contextlib.ExitStack() as stack:
    threads = stack.enter_context(ThreadPoolExecutor(len(attempts)))
    for ended in threads.map(attempt, attempts):
        print(ended, flush=True)  # noqa: T201
