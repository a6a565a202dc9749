"""The last seats under fire: processes of their own, each with its own connection, against one database."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from booking.signup.models import Booking, Order
from tests.factories import SessionPageFactory, mayor_of

MUNICIPALITIES = [f"Kommune {number}" for number in range(16)]
ROOT = Path(__file__).parents[3]


@pytest.fixture
def few_seats(transactional_db):
    return SessionPageFactory(capacity=5)


def race(session, participants, *, locked=True):
    """Let two processes with eight threads each try to book, all at once; give what each attempt ended as."""
    database = connection.settings_dict
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "cms.settings.test",
        "RACE_DATABASE": str(database["NAME"]),
        "RACE_LOCKED": "1" if locked else "",
    }
    ids = [str(person.pk) for person in participants]
    command = [sys.executable, "-m", "tests.booking.signup.racer", str(session.pk)]
    racers = [
        subprocess.Popen(
            command + half, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for half in (ids[::2], ids[1::2])
    ]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    return sorted(line for racer in racers for line in racer.communicate(timeout=120)[0].split())


def test_any_number_of_attempts_on_five_seats_give_five(few_seats):
    mayors = [mayor_of(name) for name in MUNICIPALITIES]

    ended = race(few_seats, mayors)

    assert ended == ["booked"] * 5 + ["full"] * 11
    assert Booking.objects.count() == Order.objects.count() == 5


def test_without_the_lock_the_same_race_oversells(few_seats):
    mayors = [mayor_of(name) for name in MUNICIPALITIES]

    ended = race(few_seats, mayors, locked=False)

    assert ended.count("booked") > 5


def test_one_person_in_many_attempts_gets_one_seat(transactional_db):
    session, mayor = SessionPageFactory(), mayor_of("Fanø")

    ended = race(session, [mayor] * 8)

    assert ended == ["already_booked"] * 7 + ["booked"]
    assert Booking.objects.count() == 1
