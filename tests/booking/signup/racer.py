"""One process of a race: ``python -m tests.booking.signup.racer SESSION PERSON ...``, a thread for each person.

Says "ready", waits for a line, then lets all threads book at once and prints what each attempt ended as. Without
RACE_LOCKED the transaction and its lock are taken out, to show that the race is real.
"""

import contextlib
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from uuid import uuid4

import django
from django.conf import settings

settings.DATABASES["default"]["NAME"] = os.environ["RACE_DATABASE"]
django.setup()

from django.db import connection  # noqa: E402
from django.db.models.query import QuerySet  # noqa: E402
from django.utils import timezone  # noqa: E402

from booking.models import ConditionsVersion, Person, SessionPage  # noqa: E402
from booking.signup import reserve, standing  # noqa: E402

session_id, *person_ids = map(int, sys.argv[1:])
started = threading.Barrier(len(person_ids))
purchase = reserve.Purchase(contact_name="S", contact_email="s@example.org", gln="5798009811578")


def unlock() -> None:
    """Book without the transaction, and linger between the count and the row as a busy machine would."""
    reserve.place_order = reserve.place_order.__wrapped__
    QuerySet.select_for_update = lambda queryset, **kwargs: queryset
    counted = standing.seats_left

    def count_and_linger(session):
        left = counted(session)
        time.sleep(0.2)
        return left

    reserve.seats_left = count_and_linger


def attempt(person_id: int) -> str:
    person = Person.objects.get(pk=person_id)
    session = SessionPage.objects.get(pk=session_id)
    version = ConditionsVersion.objects.get(conditions=session.conditions_id)
    started.wait()
    try:
        reserve.place_order(
            session,
            seats=[reserve.Seat(person)],
            purchase=purchase,
            booker=person,
            shown_net=Decimal(5300),
            shown_conditions=version.pk,
            submission=uuid4(),
            now=timezone.now(),
        )
    except standing.CannotBook as refusal:
        return str(refusal.obstacle)
    finally:
        connection.close()
    return "booked"


if not os.environ["RACE_LOCKED"]:
    unlock()
print("ready", flush=True)  # noqa: T201
sys.stdin.readline()
with contextlib.ExitStack() as stack:
    threads = stack.enter_context(ThreadPoolExecutor(len(person_ids)))
    for ended in threads.map(attempt, person_ids):
        print(ended, flush=True)  # noqa: T201
