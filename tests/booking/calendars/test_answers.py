"""A feed's answer that is given again: the same as the first, never an older one, and never to whom it is not for."""

from datetime import UTC, date, datetime
from itertools import chain, count

import pytest
import time_machine
from django.conf import settings as site_settings
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from django.utils.http import http_date

from booking.calendars.answers import FEED_ADDRESS, MOST_ANSWERS, FeedAnswersMiddleware
from booking.calendars.feed import refresh
from booking.models import CalendarEntry, Feed, FeedPlace
from tests.factories import UserFactory

FEED = "/kalender/alle.ics"
NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(autouse=True)
def entry(db) -> CalendarEntry:
    """What calendars see of a session, and the feed with it."""
    entry = CalendarEntry.objects.create(
        title="Lederskab",
        kind="day",
        starts_on=date(2027, 5, 5),
        ends_on=date(2027, 5, 5),
        created_at=NOW,
        changed_at=NOW,
    )
    FeedPlace.objects.create(entry=entry, feed="alle")
    refresh("alle", now=NOW)
    return entry


def rename(entry: CalendarEntry, title: str) -> None:
    """As another worker does it: this one hears of it from the database alone."""
    CalendarEntry.objects.filter(pk=entry.pk).update(title=title)
    refresh("alle", now=NOW)


def whole(response) -> tuple:
    return response.status_code, dict(response.items()), response.content, response.cookies


def without_keeping(settings) -> Client:
    """Somebody who is answered by the view each time."""
    settings.MIDDLEWARE = [other for other in settings.MIDDLEWARE if "FeedAnswers" not in other]
    client = Client()
    client.get(FEED)  # now it has its middleware, whatever the settings become
    return client


WAYS = {
    "plain": lambda tag, moment: {},
    "zipped": lambda tag, moment: {"Accept-Encoding": "gzip"},
    "who has it": lambda tag, moment: {"If-None-Match": tag},
    "who has it weakly": lambda tag, moment: {"If-None-Match": f"W/{tag}"},
    "who has it zipped": lambda tag, moment: {"If-None-Match": tag, "Accept-Encoding": "gzip"},
    "who has another": lambda tag, moment: {"If-None-Match": '"x"'},
    "who has it of that moment": lambda tag, moment: {"If-Modified-Since": http_date(moment)},
    "who has it of an earlier moment": lambda tag, moment: {"If-Modified-Since": http_date(moment - 1)},
    "who wants no other": lambda tag, moment: {"If-Match": '"x"'},
    "who wants none later": lambda tag, moment: {"If-Unmodified-Since": http_date(moment - 1)},
}


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("is_secure", [True, False])
def test_what_is_given_again_is_what_the_view_gives(client, settings, method, is_secure):
    settings.SECURE_HSTS_SECONDS = 3600
    tag = client.get(FEED)["ETag"]
    the_view = without_keeping(settings)

    for _turn in range(2):
        for headers in (way(tag, int(NOW.timestamp())) for way in WAYS.values()):
            given = getattr(client, method)(FEED, headers=headers, secure=is_secure)
            assert whole(given) == whole(getattr(the_view, method)(FEED, headers=headers, secure=is_secure))
            assert "Content-Security-Policy" in given


@pytest.mark.parametrize("way", ["plain", "zipped", "who has it", "who has it of that moment"])
def test_what_is_given_again_costs_the_version_alone(client, django_assert_num_queries, way):
    headers = WAYS[way](client.get(FEED)["ETag"], int(NOW.timestamp()))
    first = whole(client.get(FEED, headers=headers))

    with django_assert_num_queries(1) as queries:
        assert whole(client.get(FEED, headers=headers)) == first

    assert "body" not in queries[0]["sql"]


def test_two_workers_never_say_less_than_what_is_stored(entry):
    workers = [Client(), Client()]
    tags = [worker.get(FEED)["ETag"] for worker in workers]

    for number in range(3):
        rename(entry, f"Titel {number}")
        for worker in chain(workers, reversed(workers)):
            response = worker.get(FEED)
            assert f"Titel {number}" in response.content.decode()
            assert all(worker.get(FEED, headers={"If-None-Match": tag}).status_code == 200 for tag in tags)
            assert worker.get(FEED, headers={"If-None-Match": response["ETag"]}).status_code == 304
        tags.append(response["ETag"])

    assert len(set(tags)) == 4


def test_a_feed_that_moves_on_while_it_is_answered_is_never_answered_with_less(entry, client):
    """Between the middleware's look and the view's another worker stores the next version."""
    moved = count()

    def move_on(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if "booking_feed" in sql and next(moved) == 0:
            rename(entry, "Nyt navn")
        return result

    with connection.execute_wrapper(move_on):
        assert "Nyt navn" in client.get(FEED).content.decode()
    assert "Nyt navn" in client.get(FEED).content.decode()


def test_what_is_kept_of_one_feed_is_not_given_for_another(client, entry):
    FeedPlace.objects.create(entry=entry, feed="online")

    bodies = {client.get(f"/kalender/{key}.ics").content for key in ("alle", "online", "kommende/alle") for _ in "12"}

    assert len(bodies) == 2  # what comes is all there is, but for its name
    assert client.get("/kalender/online.ics")["ETag"] != client.get(FEED)["ETag"]


def test_a_host_of_another_name_is_refused_again_and_again(client):
    client.get(FEED)

    refused = client.get(FEED, HTTP_HOST="ond.example.com")

    assert refused.status_code == 400
    assert refused.headers.keys() == client.get("/kalender/", HTTP_HOST="ond.example.com").headers.keys()


def test_plain_http_is_led_to_https_before_anything_is_answered(settings):
    settings.SECURE_SSL_REDIRECT = True
    client = Client()
    assert client.get(FEED, secure=True).status_code == 200

    assert client.get(FEED).status_code == 301


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"])
def test_what_was_kept_is_only_read(method):
    client = Client(enforce_csrf_checks=True)
    client.get(FEED)

    response = client.generic(method, FEED)

    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


def test_a_feed_that_is_gone_is_not_found(client):
    client.get(FEED)
    gone = Feed.objects.create(key="tilbud/999", name="Væk", changed_at=NOW, body="væk", revision=1)
    assert client.get("/kalender/tilbud/999.ics").status_code == 200
    gone.delete()

    assert client.get("/kalender/tilbud/999.ics").status_code == 404


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_database_that_fails_is_reported_as_on_any_page(client, error):
    client.get(FEED)
    client.raise_request_exception = False
    reported = []

    def fail(execute, sql, params, many, context):
        raise error("gone")

    def note(**about):
        reported.append(about["request"].path)

    got_request_exception.connect(note)
    try:
        with connection.execute_wrapper(fail):
            feed, page = client.get(FEED), client.get("/kalender/")
    finally:
        got_request_exception.disconnect(note)

    assert reported == [FEED, "/kalender/"]
    assert (feed.status_code, feed.content) == (page.status_code, page.content) == (500, page.content)
    assert feed.headers.keys() == page.headers.keys()
    assert client.get(FEED).status_code == 200


def test_what_somebody_with_a_cookie_is_told_is_what_anybody_is_told(client):
    client.cookies[site_settings.SESSION_COOKIE_NAME] = ""  # which sessions would answer with a cookie of their own
    answers = [whole(client.get(FEED))]
    client.cookies.clear()
    answers.append(whole(client.get(FEED)))

    assert answers == [whole(Client().get(FEED))] * 2


def test_whoever_is_signed_in_is_answered_like_anybody(client):
    anybody = whole(Client().get(FEED))
    client.force_login(UserFactory())

    assert [whole(client.get(FEED)) for _turn in range(2)] == [anybody, anybody]


def test_made_up_tags_do_not_fill_the_memory(rf, client):
    keeper = FeedAnswersMiddleware(lambda request: client.get(FEED))

    for number in range(MOST_ANSWERS + 9):
        keeper(rf.get(FEED, headers={"If-None-Match": f'"{number}"'}))

    [kept] = keeper.kept.values()
    assert 0 < len(kept.answers) <= MOST_ANSWERS


def test_only_the_latest_version_is_kept(entry, rf, client):
    keeper = FeedAnswersMiddleware(lambda request: client.get(FEED))
    for number in range(3):
        rename(entry, f"Titel {number}")
        keeper(rf.get(FEED))

    [kept] = keeper.kept.values()
    assert kept.version[1] == Feed.objects.get(key="alle").revision
    assert len(kept.answers) == 1


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("/kalender/alle.ics", True),
        ("/kalender/kommende/tilbud/12.ics", True),
        ("/kalender/maalgruppe/3.ics", True),
        (f"/kalender/min/{'5a' * 32}.ics", False),
        ("/kalender/afholdelse/5f0c4f6e-3a0e-4a52-9d2b-1f1f0f6d5a11.ics", False),
        ("/kalender/tilbud/0.ics", False),
        ("/kalender/alle.ics\n", False),
        ("/kalender/alle", False),
        ("/kalender/", False),
    ],
)
def test_only_public_feeds_are_kept(path, is_one):
    assert bool(FEED_ADDRESS.fullmatch(path)) is is_one
