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
from io import StringIO
from uuid import uuid4

import django
from django.conf import settings

settings.DATABASES["default"]["NAME"] = os.environ["RACE_DATABASE"]
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models.query import QuerySet  # noqa: E402

from booking.models import Booking, ConditionsVersion, Person, SessionPage  # noqa: E402
from booking.pricing.quote import NOTHING  # noqa: E402
from booking.pricing.rules import Asked  # noqa: E402
from booking.signup import cancel, pairs, release, reserve, standing, switch, waiting  # noqa: E402
from booking.signup.fee import fee_of  # noqa: E402
from booking.signup.guests import Guest  # noqa: E402

session_id, *attempts = int(sys.argv[1]), *sys.argv[2:]
started = threading.Barrier(len(attempts))
purchase = reserve.Purchase(contact_name="S", contact_email="s@example.org", gln="5798009811578")


def unlock() -> None:
    """Work without the transactions, and linger between looking and writing as a busy machine would."""
    for module, name in (
        (reserve, "place_order"),
        (cancel, "cancel_booking"),
        (cancel, "withdraw"),
        (waiting, "offer_free_seats"),
        (waiting, "take_seat"),
        (switch, "switch"),
        (pairs, "sign_up_pair"),
        (pairs, "confirm_pair"),
        (pairs, "_lapse"),
    ):
        setattr(module, name, getattr(module, name).__wrapped__)
    QuerySet.select_for_update = lambda queryset, **kwargs: queryset
    reserve.seats_left = waiting.seats_left = lingering(standing.seats_left)
    cancel.fee_of = lingering(fee_of)
    release.lock_sessions = lambda *session_ids: {}
    release.lock_session_of = lambda booking: None
    release._release = hesitating(release._release)
    reserve.admit_each = lingering(standing.admit_each)
    waiting.admit = pairs.admit = reserve.admit = switch.admit = lingering(standing.admit)


def lingering(look):
    def look_and_linger(*args, **kwargs):
        seen = look(*args, **kwargs)
        time.sleep(0.2)
        return seen

    return look_and_linger


def hesitating(work):
    def hesitate_and_work(*args, **kwargs):
        time.sleep(0.5)
        return work(*args, **kwargs)

    return hesitate_and_work


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


def name_guest(booker: Person, session: SessionPage, now: datetime) -> None:
    """Sign up one who is not in the register, by the same address as everybody who races."""
    reserve.place_order(
        session,
        seats=[],
        guests=[Guest("Anne Holm", "anne.holm@example.org")],
        purchase=purchase,
        booker=booker,
        shown=session.quote([Asked()], now=now).shown,
        shown_conditions=ConditionsVersion.objects.get(conditions=session.conditions_id).pk,
        submission=uuid4(),
        now=now,
    )


def ask_partner(person: Person, session: SessionPage, now: datetime) -> None:
    """Sign up with the other office holder of the municipality, who is asked."""
    there = Person.objects.filter(offices__municipality=person.offices.get().municipality)
    other = there.exclude(pk=person.pk).get()
    pairs.sign_up_pair(
        session,
        seats=[reserve.Seat(person), reserve.Seat(other)],
        asks=other,
        purchase=purchase,
        booker=person,
        shown=session.quote([Asked(pair="pair"), Asked(pair="pair")], now=now).shown,
        shown_conditions=ConditionsVersion.objects.get(conditions=session.conditions_id).pk,
        submission=uuid4(),
        now=now,
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
    except cancel.FeeChanged:
        return "fee_changed"
    except pairs.PairGone:
        return "pair_gone"
    finally:
        connection.close()


def act(verb: str, pk: int, session: SessionPage, now: datetime) -> str:
    match verb:
        case "book":
            place(Person.objects.get(pk=pk), session, now)
            return "booked"
        case "name":
            name_guest(Person.objects.get(pk=pk), session, now)
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
        case "withdraw":
            booking = Booking.objects.get(pk=pk)
            fee = fee_of(booking, now=now) if booking.is_confirmed else NOTHING
            cancel.withdraw(booking, booker=booking.participant, by=None, shown=fee.shown, now=now)
            return "withdrawn"
        case "waive":
            by = get_user_model().objects.first()
            return "waived" if release.waive_fee(Booking.objects.get(pk=pk), by=by, reason="Sne", now=now) else "no_fee"
        case "due":
            call_command("run_due", at=now.isoformat(), stdout=StringIO())
            return "done"
        case "switch":
            switch.switch(Booking.objects.get(pk=pk), to=session, by=None, now=now)
            return "switched"
        case "ask":
            ask_partner(Person.objects.get(pk=pk), session, now)
            return "asked"
        case "confirm":
            pairs.confirm_pair(Booking.objects.get(pk=pk), by=None, now=now)
            return "paired"
        case "lapse":
            pairs.lapse_due(now)
            return "lapsed"
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
