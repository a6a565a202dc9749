"""One process of a race for money: ``python -m tests.booking.payments.racer VERB:WHAT ...``, a thread for each attempt.

Says "ready", waits for a line, then lets all threads go at once and prints what each attempt ended as. Without
RACE_LOCKED the transaction and its lock are taken out where money is received, to show that the race is real.
"""

import contextlib
import os
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import django
from django.conf import settings

settings.DATABASES["default"]["NAME"] = os.environ["RACE_DATABASE"]
settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = os.environ["RACE_KEY"], os.environ["RACE_SECRET"]
settings.STRIPE_API_BASE, settings.TAKES_CARDS = os.environ["RACE_STRIPE"], True
settings.STRIPE_PAGES = [os.environ["RACE_STRIPE"]]
django.setup()

from django.db import connection  # noqa: E402
from django.db.models.query import QuerySet  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from booking.models import Booking, Order, SessionPage  # noqa: E402
from booking.payments import settle, webhook  # noqa: E402
from booking.payments.refund import send_due  # noqa: E402
from booking.sessions.live import cancel_session  # noqa: E402
from booking.signup.cancel import cancel_booking  # noqa: E402

attempts = sys.argv[1:]
started = threading.Barrier(len(attempts))


def unlock() -> None:
    """Receive money without the transaction, and linger between looking and writing as a busy machine would."""
    settle.take_in = settle.take_in.__wrapped__
    QuerySet.select_for_update = lambda queryset, **kwargs: queryset
    looked = settle._locked

    def look_and_linger(payment):
        seen = looked(payment)
        time.sleep(0.5)
        return seen

    settle._locked = look_and_linger


def browse(name: str, reference: str, *, method: str = "get") -> str:
    """Ask for a page as the booker."""
    client = Client(raise_request_exception=False)
    client.force_login(Order.objects.get(reference=reference).booker.user)
    started.wait()
    return str(getattr(client, method)(reverse(f"booking:{name}", args=[reference])).status_code)


def hear(path: str) -> str:
    """Be told what stands in a file: the signature, and the body."""
    signature, body = Path(path).read_text().split("\n", 1)
    client = Client(raise_request_exception=False)
    started.wait()
    answer = client.post(
        reverse("booking:stripe_webhook"),
        body,
        content_type="application/json",
        headers={"Stripe-Signature": signature},
    )
    return str(answer.status_code)


def click(checkout_id: str) -> str:
    """Pay at Stripe, if one still can."""
    started.wait()
    address = f"{os.environ['RACE_STRIPE']}/pay/{checkout_id}"
    with contextlib.suppress(OSError):  # back to a site that does not run here
        urllib.request.urlopen(address, data=b"", timeout=10)
    return "clicked"


def work(verb: str, what: str) -> str:
    match verb:
        case "payment":
            return browse(verb, what)
        case "pay" | "release":
            return browse(verb, what, method="post")
        case "webhook":
            return hear(what)
        case "click":
            return click(what)
    started.wait()
    now = timezone.now()
    match verb:
        case "timer":
            settle.settle_due(now)
            send_due(now)
        case "cancel":
            cancel_booking(Booking.objects.get(pk=what), by=None, now=now)
        case "call_off":
            cancel_session(SessionPage.objects.get(pk=what), by=None, now=now)
    return "done"


def attempt(words: str) -> str:
    try:
        return f"{words.split(':')[0]} {work(*words.split(':', 1))}"
    except Exception as error:
        return f"{words} {error!r}"
    finally:
        connection.close()


if not os.environ["RACE_LOCKED"]:
    unlock()
    webhook.settle.take_in = settle.take_in
print("ready", flush=True)  # noqa: T201
sys.stdin.readline()
with ThreadPoolExecutor(len(attempts)) as threads:
    for ended in threads.map(attempt, attempts):
        print(ended, flush=True)  # noqa: T201
