"""How dear the calendar feed is, beside a view that does nothing: ``.venv/bin/python -m benchmarks.feed``.

Everything runs in one process through the whole middleware, so that the ratios hold on any machine; the milliseconds do
not. Nothing is asserted.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from time import process_time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings.test")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402

from booking.calendars.feed import build, follow_sessions, refresh_due  # noqa: E402
from booking.models import CalendarEntry, Fact, Feed, FeedPlace  # noqa: E402
from cms.urls import urlpatterns as site  # noqa: E402

urlpatterns = [
    path("nothing/", lambda request: HttpResponse("ok")),
    path("one-row/", lambda request: HttpResponse(str(Feed.objects.defer("body").first()))),
    *site,
]

FEED = "/kalender/alle.ics"
EVENTS = (48, 1000)
#: So many offers under so many headings, each with a feed that somebody has asked for, beside that of everything.
OFFERS, HEADINGS = 24, 4
ROUNDS = 300
ZIPPED = {"Accept-Encoding": "gzip"}


def milliseconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """What one call takes of the processor: the average of the quickest of five batches, as others use it, too."""
    taken = []
    for _batch in range(5):
        start = process_time()
        for _number in range(max(rounds // 5, 1)):
            work()
        taken.append((process_time() - start) / max(rounds // 5, 1))
    return min(taken) * 1000


def places(number: int) -> list[str]:
    """The feeds that the session of this number stands in."""
    offer = number % OFFERS
    return ["alle", f"tilbud/{offer + 101}", f"tilbud/{offer % HEADINGS + 1}", "maalgruppe/1"]


def fill(events: int) -> None:
    """So many sessions from today on, and the feeds with them."""
    now = timezone.now()
    CalendarEntry.objects.all().delete()
    Feed.objects.all().delete()
    entries = CalendarEntry.objects.bulk_create(
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
    FeedPlace.objects.bulk_create(
        FeedPlace(entry=entry, feed=feed) for number, entry in enumerate(entries) for feed in places(number)
    )
    keys = {feed for number in range(OFFERS) for feed in places(number)}
    Feed.objects.bulk_create(Feed(key=key, changed_at=now) for key in sorted(keys | {"kommende/alle"}))
    refresh_due(now=now)


def change(number: int) -> None:
    """One session has a new title, and the feeds that it stands in follow."""
    entry = CalendarEntry.objects.order_by("pk")[7]
    entry.title, entry.sequence = f"Titel {number}", number
    entry.save()
    follow_sessions(Fact(about_id=entry.pk))


def all_anew() -> None:
    Feed.objects.update(built_on=None)
    refresh_due(now=timezone.now())


def main() -> None:
    settings.ROOT_URLCONF = "benchmarks.feed"
    connection.settings_dict["TEST"]["MIGRATE"] = False
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    client = Client()
    nothing = milliseconds(lambda: client.get("/nothing/"))
    print(f"{'a view that does nothing':<34} {nothing:8.2f} ms   x 1.0")  # noqa: T201 - its report
    one_row = milliseconds(lambda: client.get("/one-row/"))
    print(f"{'a view that reads one row':<34} {one_row:8.2f} ms   x {one_row / nothing:.1f}")  # noqa: T201 - its report
    for events in EVENTS:
        fill(events)
        etag = client.get(FEED)["ETag"]
        print(f"{events} events, {len(Feed.objects.get(key='alle').body.encode()) // 1024} KB")  # noqa: T201 - its report
        numbers = count(1)
        for name, work, rounds in (
            ("  304", lambda etag=etag: client.get(FEED, headers={"If-None-Match": etag}), ROUNDS),
            ("  the stored feed", lambda: client.get(FEED), ROUNDS),
            ("  the stored feed, zipped", lambda: client.get(FEED, headers=ZIPPED), ROUNDS),
            ("  building it anew", lambda: build(now=timezone.now()), 10),
            ("  one session changes: its 5 feeds", lambda numbers=numbers: change(next(numbers)), 10),
            (f"  a new day: all {len(Feed.objects.all())} feeds", all_anew, 3),
        ):
            taken = milliseconds(work, rounds)
            print(f"{name:<34} {taken:8.2f} ms   x {taken / nothing:.1f}")  # noqa: T201 - its report


if __name__ == "__main__":
    main()
