"""The last seats under fire: processes of their own, each with its own connection, against one database."""

import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.utils import timezone

from booking.journal.models import Fact
from booking.models import Choice, Person, SessionPage
from booking.signup.bookings import Booking
from booking.signup.cancel import cancel_booking
from booking.signup.moves import MOVES, NEW
from booking.signup.orders import Order
from booking.signup.waiting import offer_free_seats
from tests.booking.signup.test_reserve import order
from tests.factories import AudienceFactory, SessionPageFactory, mayor_of, secretary_of

MUNICIPALITIES = [f"Kommune {number}" for number in range(16)]
ROOT = Path(__file__).parents[3]


@pytest.fixture
def few_seats(transactional_db):
    return SessionPageFactory(capacity=5)


def race(session, verb, things, *, locked=True):
    """Let everybody in ``things`` do the same, all at once."""
    return go(session, [(verb, thing) for thing in things], locked=locked)


def go(session, attempts, *, locked=True):
    """Let two processes make these attempts, a thread each and all at once; give what each of them ended as.

    An attempt is a verb of the racer, what it is about, and perhaps the moment that this process takes for now.
    """
    database = connection.settings_dict
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "cms.settings.test",
        "RACE_DATABASE": str(database["NAME"]),
        "RACE_LOCKED": "1" if locked else "",
    }
    words = [f"{verb}:{thing.pk}:{(at[0] if at else timezone.now()).isoformat()}" for verb, thing, *at in attempts]
    command = [sys.executable, "-m", "tests.booking.signup.racer", str(session.pk)]
    racers = [
        subprocess.Popen(
            command + half, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for half in (words[::2], words[1::2])
    ]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    return sorted(line for racer in racers for line in racer.communicate(timeout=120)[0].split())


def lives() -> list[list[str]]:
    """The moves of each booking, as the journal tells them, in order."""
    moves = {kind for kinds in MOVES.values() for kind in kinds.values()}
    about_bookings = ContentType.objects.get_for_model(Booking)
    told = Fact.objects.filter(about_type=about_bookings, kind__in=moves).order_by("pk")
    by_booking: dict[int, list[str]] = {}
    for fact in told:
        by_booking.setdefault(fact.about_id, []).append(fact.kind)
    return list(by_booking.values())


def is_legal(life: list[str]) -> bool:
    """Whether the table of moves knows a way that makes these facts, one after the other."""
    ways = {NEW}
    for kind in life:
        ways = {to for was in ways for to, made in MOVES[was].items() if made == kind}
    return bool(ways)


def test_any_number_of_attempts_on_five_seats_give_five(few_seats):
    mayors = [mayor_of(name) for name in MUNICIPALITIES]

    ended = race(few_seats, "book", mayors)

    assert ended == ["booked"] * 5 + ["full"] * 11
    assert Booking.objects.count() == Order.objects.count() == 5


def test_without_the_lock_the_same_race_oversells(few_seats):
    mayors = [mayor_of(name) for name in MUNICIPALITIES]

    ended = race(few_seats, "book", mayors, locked=False)

    assert ended.count("booked") > 5


def test_one_person_in_many_attempts_gets_one_seat(transactional_db):
    session, mayor = SessionPageFactory(), mayor_of("Fanø")

    ended = race(session, "book", [mayor] * 8)

    assert ended == ["already_booked"] * 7 + ["booked"]
    assert Booking.objects.count() == 1


@pytest.fixture
def namers(transactional_db):
    """A session that takes guests, and eight who may name them, all of one municipality."""
    session = SessionPageFactory(audience=AudienceFactory(name="Borgmestre og andre", takes_guests=True))
    mayor = mayor_of("Fanø")
    return session, [mayor, *(secretary_of(mayor) for _number in range(7))]


def test_one_address_in_many_attempts_gets_one_seat(namers):
    session, bookers = namers

    ended = race(session, "name", bookers)

    assert ended == ["already_booked"] * 7 + ["booked"]
    assert Booking.objects.count() == Person.objects.exclude(guest_email="").count() == 1


def test_without_the_lock_one_address_gets_several_seats(namers):
    session, bookers = namers

    assert race(session, "name", bookers, locked=False).count("booked") > 1


# The waiting list


def statuses() -> list[str]:
    return list(Booking.objects.order_by("pk").values_list("status", flat=True))


def test_those_who_come_too_late_for_five_seats_wait_in_the_order_in_which_they_came(few_seats):
    ended = race(few_seats, "queue", [mayor_of(name) for name in MUNICIPALITIES])

    assert ended == ["booked"] * 5 + ["queued"] * 11
    assert statuses() == ["confirmed"] * 5 + ["waiting"] * 11
    joined = Fact.objects.filter(kind="queued").order_by("pk").values_list("about_id", flat=True)
    assert list(joined) == list(Booking.objects.waiting().values_list("pk", flat=True))


@pytest.fixture
def offer(transactional_db):
    """A session with one seat, which is offered to the first of two; gives it with the two."""
    session = SessionPageFactory(capacity=1)
    seat = order(session, mayor_of("Fanø")).bookings.get()
    line = [order(session, mayor_of(name), waits=True).bookings.get() for name in ("Ærø", "Samsø")]
    cancel_booking(seat, by=None, now=timezone.now())
    for booking in line:
        booking.refresh_from_db()
    return session, line


def yes_and_silence(first, second):
    """Clocks differ: for some the offer still holds, for others it has run out."""
    before = first.offered_until - timedelta(seconds=1)
    after = first.offered_until + timedelta(seconds=1)
    return [("take", first, before), ("offer", first, after)] * 4 + [("take", second, after)] * 4


def test_of_a_yes_and_the_end_of_its_time_one_wins(offer):
    session, line = offer

    go(session, yes_and_silence(*line))

    assert statuses()[1:] in (["confirmed", "waiting"], ["expired", "offered"], ["expired", "confirmed"])
    assert all(is_legal(life) for life in lives())


def test_without_the_lock_both_win(offer):
    session, line = offer

    go(session, yes_and_silence(*line), locked=False)

    assert not all(is_legal(life) for life in lives())


def test_of_a_yes_and_a_no_one_wins(offer):
    session, [first, _second] = offer

    go(session, [("take", first), ("cancel", first), ("offer", first)] * 4)

    # A seat that was taken first may be given up right after: that is a withdrawal, and no longer a no.
    assert statuses()[1:] == ["cancelled", "offered"]
    assert all(is_legal(life) for life in lives())


def seat_that_comes_free(session):
    """Its holder gives it up while all look for free seats and others come along."""
    seat = Booking.objects.get(session=session, status="confirmed")
    newcomers = [mayor_of(f"Ny {number}") for number in range(4)]
    return [("cancel", seat), *[("offer", session)] * 8, *[("queue", mayor) for mayor in newcomers]]


@pytest.fixture
def full(transactional_db):
    session = SessionPageFactory(capacity=1)
    order(session, mayor_of("Fanø"))
    for name in ("Ærø", "Samsø"):
        order(session, mayor_of(name), waits=True)
    return session


def test_a_seat_that_comes_free_is_offered_once_to_the_first(full):
    go(full, seat_that_comes_free(full))
    offer_free_seats(full, now=timezone.now())

    assert statuses() == ["cancelled", "offered", *["waiting"] * 5]
    assert all(is_legal(life) for life in lives())


def test_without_the_lock_it_is_offered_more_than_once(full):
    SessionPage.objects.filter(pk=full.pk).update(capacity=2)  # which nobody has looked at yet

    go(full, [("offer", full)] * 8, locked=False)

    assert not all(is_legal(life) for life in lives())


# Alternate runs


@pytest.fixture
def runs(transactional_db):
    choice = Choice.objects.create(name="Kattegatkursus")
    return [SessionPageFactory(choice=choice, starts_on=date(2027, 3, day), capacity=5) for day in (15, 22)]


def test_one_person_in_many_attempts_gets_a_seat_at_one_of_two_runs(runs):
    first, second = runs
    mayor = mayor_of("Fanø")

    ended = go(first, [("book", mayor), (f"book@{second.pk}", mayor)] * 4)

    assert ended.count("booked") == 1
    assert set(ended) == {"booked", "already_booked", "other_run"}
    assert Booking.objects.count() == 1


def test_without_the_lock_one_person_gets_a_seat_at_both(runs):
    first, second = runs
    mayor = mayor_of("Fanø")

    # Every other attempt is made by the same process, so that these two begin at the same moment.
    go(first, [("book", mayor), ("offer", mayor), (f"book@{second.pk}", mayor)], locked=False)

    assert {booking.session for booking in Booking.objects.all()} == {first, second}


def test_of_all_who_switch_and_sign_up_for_the_last_seat_one_has_it_and_nobody_loses_theirs(runs):
    first, second = runs
    second.capacity = 1
    second.save_revision().publish()
    seated = [order(first, mayor_of(name), now=timezone.now()).bookings.get() for name in MUNICIPALITIES[:5]]
    others = [mayor_of(name) for name in MUNICIPALITIES[5:8]]

    ended = go(second, [*(("switch", booking) for booking in seated), *(("book", mayor) for mayor in others)])

    assert len(ended) == 8
    assert ended.count("full") == 7
    assert Booking.objects.filter(session=second).count() == 1
    assert Booking.objects.filter(participant__in=[booking.participant for booking in seated]).count() == 5


def test_two_who_switch_past_each_other_both_get_there(runs):
    first, second = runs
    here = order(first, mayor_of("Fanø"), now=timezone.now()).bookings.get()
    there = order(second, mayor_of("Ærø"), now=timezone.now()).bookings.get()

    ended = go(first, [("switch", there), (f"switch@{second.pk}", here)] * 4)

    assert ended == ["switched"] * 8
    assert [booking.session for booking in Booking.objects.order_by("pk")] == [second, first]
