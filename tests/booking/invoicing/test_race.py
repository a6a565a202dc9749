"""Numbers under fire: processes of their own that issue all at once, or are killed on the way, against one database."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from booking.invoicing.models import Charge, Invoice, Series
from booking.invoicing.run import issue_due
from tests.booking.invoicing.test_issue import AFTER
from tests.booking.signup.test_reserve import order
from tests.factories import SessionPageFactory, mayor_of

ROOT = Path(__file__).parents[3]
PAYERS = [f"Kommune {number}" for number in range(8)]


@pytest.fixture
def held(transactional_db, seller):
    """A session that eight municipalities are to pay for, each its own invoice."""
    session = SessionPageFactory()
    for name in PAYERS:
        order(session, mayor_of(name))
    return session


def issue_at_once(*, processes=2, threads=3, locked=True, dies=False) -> list[str]:
    """Let so many processes issue all that is due; give what they say they issued."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "cms.settings.test",
        "RACE_DATABASE": str(connection.settings_dict["NAME"]),
        "RACE_THREADS": str(threads),
        "RACE_LOCKED": "1" if locked else "",
        "RACE_DIES": "1" if dies else "",
    }
    command = [sys.executable, "-m", "tests.booking.invoicing.racer", AFTER.isoformat()]
    racers = [
        subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _number in range(processes)
    ]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    return [word for racer in racers for word in racer.communicate(timeout=120)[0].split()]


def numbers() -> list[int]:
    return sorted(Invoice.objects.values_list("serial", flat=True))


def test_issued_all_at_once_each_booking_is_invoiced_once_and_no_number_is_left_out(held):
    issued = issue_at_once()

    assert sorted(issued) == sorted(f"F{number}" for number in range(1, 9))
    assert numbers() == list(range(1, 9))
    assert Charge.objects.count() == len(PAYERS)
    assert Series.objects.get().last == 8


def test_without_locks_and_transactions_numbers_collide(held):
    issued = issue_at_once(locked=False)

    assert "failed" in issued


def test_killed_half_way_nothing_is_lost_and_no_number_is_left_out(held):
    issue_at_once(processes=1, threads=1, dies=True)
    assert numbers() == [1]

    issue_due(AFTER)

    assert numbers() == list(range(1, 9))
    assert Charge.objects.count() == len(PAYERS)


def test_without_a_transaction_a_kill_leaves_a_number_out(held):
    issue_at_once(processes=1, threads=1, dies=True, locked=False)

    issue_due(AFTER)

    assert numbers() != list(range(1, 9))
