"""A process that issues all that is due: ``python -m tests.booking.invoicing.racer MOMENT``, in several threads.

Says "ready", waits for a line, then lets all threads go and prints what each issued. With RACE_DIES it is killed
when it has taken its second number. Without RACE_LOCKED the transactions and their locks are taken out, to show that
they are what holds.
"""

import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import django
from django.conf import settings

settings.DATABASES["default"]["NAME"] = os.environ["RACE_DATABASE"]
django.setup()

from django.db import DatabaseError, connection  # noqa: E402
from django.db.models.query import QuerySet  # noqa: E402

from booking.invoicing import issue, run  # noqa: E402

THREADS = int(os.environ["RACE_THREADS"])
now = datetime.fromisoformat(sys.argv[1])
started = threading.Barrier(THREADS)


def unlock() -> None:
    """Work without the transactions, and linger between taking a number and using it as a busy machine would."""
    for name in ("issue", "issue_paid", "credit", "take_back"):
        setattr(issue, name, getattr(issue, name).__wrapped__)
        setattr(run, name, getattr(issue, name))
    QuerySet.select_for_update = lambda queryset, **kwargs: queryset


def with_a_pause(write):
    def pause_and_write(*args, **kwargs):
        time.sleep(0.05)
        return write(*args, **kwargs)

    return pause_and_write


def killed_at_the_second(write):
    numbers = []

    def count_and_write(document, *args, **kwargs):
        numbers.append(document.number)
        if len(numbers) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return write(document, *args, **kwargs)

    return count_and_write


def attempt(_place: int) -> list[str]:
    started.wait()
    try:
        outcome = run.issue_due(now)
        return [*(invoice.number for invoice in outcome.issued), *["failed"] * outcome.failed]
    except DatabaseError as error:
        return [type(error).__name__]
    finally:
        connection.close()


issue._write = with_a_pause(issue._write)
if os.environ["RACE_DIES"]:
    issue._write = killed_at_the_second(issue._write)
if not os.environ["RACE_LOCKED"]:
    unlock()
print("ready", flush=True)  # noqa: T201
sys.stdin.readline()
with ThreadPoolExecutor(THREADS) as threads:
    for ended in threads.map(attempt, range(THREADS)):
        print(" ".join(ended), flush=True)  # noqa: T201
