"""How dear the calendar feed is, beside a view that does nothing: ``.venv/bin/python -m benchmarks.feed``.

Everything runs in one process through the whole middleware, so that the ratios hold on any machine; the milliseconds do
not. Nothing is asserted.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from time import perf_counter

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings.test")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402

from booking.calendars.feed import ALL, build, refresh  # noqa: E402
from booking.models import CalendarEntry, Feed  # noqa: E402
from cms.urls import urlpatterns as site  # noqa: E402

urlpatterns = [path("nothing/", lambda request: HttpResponse("ok")), *site]

FEED = "/kalender/alle.ics"
EVENTS = (48, 999)
ROUNDS = 300
ZIPPED = {"Accept-Encoding": "gzip"}


def milliseconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """What one call takes on average, after a few to warm up."""
    for _number in range(5):
        work()
    start = perf_counter()
    for _number in range(rounds):
        work()
    return (perf_counter() - start) / rounds * 1000


def fill(events: int) -> None:
    """So many sessions from today on, and the feed with them."""
    now = timezone.now()
    CalendarEntry.objects.all().delete()
    CalendarEntry.objects.bulk_create(
        CalendarEntry(
            title=f"Økonomi, ledelse og æresgæster nummer {number}",
            kind="day",
            starts_on=now.date() + timedelta(days=number),
            ends_on=now.date() + timedelta(days=number),
            created_at=now,
            changed_at=now,
            place="Campus Carlsberg, Humletorvet 3, 1799 København V",
        )
        for number in range(events)
    )
    refresh(ALL, now=now)


def main() -> None:
    settings.ROOT_URLCONF = "benchmarks.feed"
    connection.settings_dict["TEST"]["MIGRATE"] = False
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    client = Client()
    nothing = milliseconds(lambda: client.get("/nothing/"))
    print(f"{'a view that does nothing':<34} {nothing:8.2f} ms   x 1.0")  # noqa: T201 - its report
    for events in EVENTS:
        fill(events)
        etag = client.get(FEED)["ETag"]
        print(f"{events} events, {len(Feed.objects.get().body.encode()) // 1024} KB")  # noqa: T201 - its report
        for name, work, rounds in (
            ("  304", lambda etag=etag: client.get(FEED, headers={"If-None-Match": etag}), ROUNDS),
            ("  the stored feed", lambda: client.get(FEED), ROUNDS),
            ("  the stored feed, zipped", lambda: client.get(FEED, headers=ZIPPED), ROUNDS),
            ("  building it anew", lambda: build(now=timezone.now()), 10),
        ):
            taken = milliseconds(work, rounds)
            print(f"{name:<34} {taken:8.2f} ms   x {taken / nothing:.1f}")  # noqa: T201 - its report


if __name__ == "__main__":
    main()
