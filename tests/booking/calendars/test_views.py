"""The calendar over HTTP, through all that stands between a calendar program and the feed."""

import gzip
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from uuid import uuid4

import pytest
import time_machine
from django.conf import settings as site_settings
from django.test import Client
from django.utils import timezone
from django.utils.http import http_date
from wagtail.models import PageViewRestriction

from booking.calendars.feed import ALL, refresh
from booking.calendars.views import copy_of
from booking.models import CalendarEntry, Feed, FeedPlace, SessionPage
from booking.sessions.live import cancel_session
from tests.booking.calendars.readers import agreed
from tests.factories import OfferPageFactory, SessionPageFactory, UserFactory, VenueFactory

FEED = "/kalender/alle.ics"
NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW) as clock:
        yield clock


@pytest.fixture
def session(db) -> SessionPage:
    """One session, and the feed with it."""
    session = SessionPageFactory(title="Lederskab", venue=VenueFactory())
    refresh(ALL, now=NOW)
    return session


@pytest.fixture
def entry(db) -> CalendarEntry:
    """What calendars see of a session, and the feed with it; quicker than a page."""
    entry = CalendarEntry.objects.create(
        title="Lederskab",
        kind="day",
        starts_on=date(2027, 5, 5),
        ends_on=date(2027, 5, 5),
        created_at=NOW,
        changed_at=NOW,
    )
    FeedPlace.objects.create(entry=entry, feed=ALL)
    refresh(ALL, now=NOW)
    return entry


def test_the_feed_is_a_calendar_for_everybody(session, client):
    response = client.get(FEED)

    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"].startswith("inline; filename=")
    assert response["Cache-Control"] == "public, max-age=300"
    assert response["Vary"] == "Accept-Encoding"
    assert int(response["Content-Length"]) == len(response.content)
    [seen] = agreed(response.content.decode())
    assert seen.title == "Lederskab"


@pytest.mark.parametrize("path", [FEED, "session"])
def test_no_cookie_goes_with_a_calendar(entry, path):
    client = Client()
    client.force_login(UserFactory())  # whoever happens to be signed in
    path = path if path == FEED else f"/kalender/afholdelse/{entry.uid}.ics"

    response = client.get(path)

    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


@pytest.mark.parametrize("path", [FEED, "/kalender/kommende/alle.ics", "session", f"/kalender/min/{'0' * 64}.ics"])
@pytest.mark.parametrize("name", [site_settings.SESSION_COOKIE_NAME, site_settings.CSRF_COOKIE_NAME])
def test_a_cookie_that_is_worth_nothing_is_not_answered_with_another(entry, path, name):
    """A browser that is sent to a calendar brings what it has, and caches keep the answer for everybody."""
    client = Client()
    client.cookies[name] = "expired"
    path = f"/kalender/afholdelse/{entry.uid}.ics" if path == "session" else path

    response = client.get(path)

    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


def test_the_feed_is_byte_for_byte_the_same(entry, client, now):
    first = client.get(FEED)
    now.shift(timedelta(days=1))
    refresh(ALL, now=NOW + timedelta(days=1))
    second = client.get(FEED)

    assert first.content == second.content
    assert [first[name] for name in ("ETag", "Last-Modified")] == [second[name] for name in ("ETag", "Last-Modified")]


def test_a_host_of_another_name_changes_nothing(entry, client, settings):
    settings.ALLOWED_HOSTS = ["*"]

    other = client.get(FEED, HTTP_HOST="ond.example.com")

    assert other.content == client.get(FEED).content
    assert b"ond.example.com" not in other.content


def test_a_feed_that_is_not_there_is_made(db, client):
    Feed.objects.all().delete()

    response = client.get(FEED)

    assert response.status_code == 200
    assert agreed(response.content.decode()) == []
    assert Feed.objects.get().revision == 1


def test_head_says_the_same_without_the_body(entry, client):
    get, head = client.get(FEED), client.head(FEED)

    assert head.content == b""
    assert dict(head.headers) == dict(get.headers)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
@pytest.mark.parametrize("kind", ["feed", "session"])
def test_a_calendar_is_only_read(entry, method, kind):
    path = FEED if kind == "feed" else f"/kalender/afholdelse/{entry.uid}.ics"

    response = Client(enforce_csrf_checks=True).generic(method, path)

    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD"


def test_the_moment_is_the_feeds_own(entry, client):
    feed = Feed.objects.get()

    assert parsedate_to_datetime(client.get(FEED)["Last-Modified"]) == feed.changed_at
    assert feed.changed_at.microsecond == 0


CONDITIONS = {
    "the same tag": (lambda tag, moment: {"If-None-Match": tag}, 304),
    "the same tag, weakened by a proxy": (lambda tag, moment: {"If-None-Match": f"W/{tag}"}, 304),
    "among other tags": (lambda tag, moment: {"If-None-Match": f'"x", {tag}'}, 304),
    "any tag": (lambda tag, moment: {"If-None-Match": "*"}, 304),
    "another tag": (lambda tag, moment: {"If-None-Match": '"x"'}, 200),
    "a tag that is none": (lambda tag, moment: {"If-None-Match": "x"}, 200),
    "the same moment": (lambda tag, moment: {"If-Modified-Since": http_date(moment)}, 304),
    "a later moment": (lambda tag, moment: {"If-Modified-Since": http_date(moment + 1)}, 304),
    "an earlier moment": (lambda tag, moment: {"If-Modified-Since": http_date(moment - 1)}, 200),
    "a moment that is none": (lambda tag, moment: {"If-Modified-Since": "i går"}, 200),
    "another tag and the same moment": (
        lambda tag, moment: {"If-None-Match": '"x"', "If-Modified-Since": http_date(moment)},
        200,
    ),
    "the same tag and an earlier moment": (
        lambda tag, moment: {"If-None-Match": tag, "If-Modified-Since": http_date(moment - 1)},
        304,
    ),
    "if it still is this": (lambda tag, moment: {"If-Match": tag}, 200),
    "if it still is that": (lambda tag, moment: {"If-Match": '"x"'}, 412),
    "nothing": (lambda tag, moment: {}, 200),
}


@pytest.mark.parametrize(("headers", "status"), CONDITIONS.values(), ids=CONDITIONS)
@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("kind", ["feed", "session"])
def test_whoever_has_the_latest_is_told_so(entry, client, method, kind, headers, status):
    path = FEED if kind == "feed" else f"/kalender/afholdelse/{entry.uid}.ics"
    full = client.get(path)
    moment = int(parsedate_to_datetime(full["Last-Modified"]).timestamp())

    response = getattr(client, method)(path, headers=headers(full["ETag"], moment))

    assert response.status_code == status
    if status == 304:
        assert response.content == b""
        kept = ("ETag", "Last-Modified", "Cache-Control", "Vary")
        assert [response.get(name) for name in kept] == [full.get(name) for name in kept]


def test_the_body_stays_in_the_database_when_nobody_needs_it(entry, client, django_assert_num_queries):
    etag = client.get(FEED)["ETag"]

    with django_assert_num_queries(2) as queries:
        assert client.get(FEED, headers={"If-None-Match": etag}).status_code == 304

    assert not any("body" in query["sql"] for query in queries)


@pytest.mark.parametrize("asked", [{}, {"Accept-Encoding": "gzip"}], ids=["plain", "zipped"])
def test_a_body_is_read_once_for_all_who_ask(entry, client, django_assert_num_queries, asked):
    first = client.get(FEED, headers=asked).content

    with django_assert_num_queries(2) as queries:
        assert client.get(FEED, headers=asked | {"If-None-Match": '"of last week"'}).content == first

    assert not any("body" in query["sql"] for query in queries)


def test_a_revision_that_is_not_the_latest_is_not_to_be_had(entry, client):
    client.get(FEED)
    feed = Feed.objects.get(key="alle")
    assert copy_of(feed.pk, feed.revision, feed.changed_at, False) == feed.body.encode()

    with pytest.raises(Feed.DoesNotExist):
        copy_of(feed.pk, feed.revision + 1, feed.changed_at, False)


def test_every_change_has_a_tag_and_a_moment_of_its_own(session, client):
    seen = []
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        for change in ("first", "second", "third"):
            page = SessionPage.objects.get(pk=session.pk)
            page.title = change
            page.save_revision().publish()
            refresh(ALL, now=timezone.now())
            response = client.get(FEED)
            assert [one.title for one in agreed(response.content.decode())] == [change]
            seen.append((response["ETag"], response["Last-Modified"]))
            for etag, moment in seen[:-1]:
                assert client.get(FEED, headers={"If-None-Match": etag}).status_code == 200
                assert client.get(FEED, headers={"If-Modified-Since": moment}).status_code == 200

    assert len(set(seen)) == 3


def test_a_tag_from_a_database_made_anew_does_not_match(entry, client):
    etag = client.get(FEED)["ETag"]
    Feed.objects.all().delete()
    refresh(ALL, now=NOW + timedelta(days=1))

    assert Feed.objects.get().revision == 1
    assert client.get(FEED, headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize(
    ("accepts", "is_zipped"),
    [
        ("gzip", True),
        ("gzip, deflate, br", True),
        ("deflate, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0", False),
        ("br", False),
        ("identity", False),
        ("*", False),
        ("", False),
        (None, False),
    ],
)
def test_the_feed_is_zipped_for_those_who_ask(entry, client, accepts, is_zipped):
    plain = client.get(FEED)

    response = client.get(FEED, headers={} if accepts is None else {"Accept-Encoding": accepts})

    assert (response.get("Content-Encoding") == "gzip") is is_zipped
    assert (gzip.decompress(response.content) if is_zipped else response.content) == plain.content
    assert (response["ETag"] != plain["ETag"]) is is_zipped
    assert response["Vary"] == plain["Vary"] == "Accept-Encoding"
    assert int(response["Content-Length"]) == len(response.content)


def test_the_zipped_feed_has_conditions_of_its_own(entry, client):
    zipped = client.get(FEED, headers={"Accept-Encoding": "gzip"})
    again = {"Accept-Encoding": "gzip", "If-None-Match": zipped["ETag"]}

    assert client.get(FEED, headers=again).status_code == 304
    assert client.get(FEED, headers={"If-None-Match": zipped["ETag"]}).status_code == 200
    assert client.get(FEED, headers={"Accept-Encoding": "gzip"}).content == zipped.content


def test_one_session_is_a_file_to_open(entry, client):
    response = client.get(f"/kalender/afholdelse/{entry.uid}.ics")

    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="2027-05-05.ics"'
    assert b"X-WR-CALNAME" not in response.content
    [seen] = agreed(response.content.decode())
    assert seen.title == "Lederskab"


def test_a_file_and_the_feed_say_the_same(entry, client):
    one = agreed(client.get(f"/kalender/afholdelse/{entry.uid}.ics").content.decode())

    assert one == agreed(client.get(FEED).content.decode())


def test_the_file_of_a_session_taken_away_says_that_it_is_cancelled(session, client):
    uid = session.calendar_entry.uid
    session.delete()

    [seen] = agreed(client.get(f"/kalender/afholdelse/{uid}.ics").content.decode())

    assert seen.status == "CANCELLED"


@pytest.mark.parametrize("name", ["{}.ics", "{}/"])
def test_a_session_that_never_was_is_not_found(db, client, name):
    assert client.get("/kalender/afholdelse/" + name.format(uuid4())).status_code == 404


def test_a_session_without_a_date_has_no_file(db, client):
    session = SessionPageFactory(when_text="maj/juni", starts_time=None, ends_time=None)

    assert client.get(f"/kalender/afholdelse/{session.calendar_entry.uid}.ics").status_code == 404


def test_the_address_in_a_calendar_leads_to_the_page_wherever_it_lies(session, client):
    address = f"/kalender/afholdelse/{session.calendar_entry.uid}/"
    response = client.get(address)
    assert (response.status_code, response["Location"]) == (302, session.get_url())

    page = SessionPage.objects.get(pk=session.pk)
    page.slug = "et-nyt-navn"
    page.save_revision().publish()
    SessionPage.objects.get(pk=session.pk).move(OfferPageFactory(slug="et-andet-tilbud"), pos="last-child")

    assert client.get(address)["Location"].endswith("/et-andet-tilbud/et-nyt-navn/")


@pytest.mark.parametrize("how", ["unpublish", "delete"])
def test_the_address_of_a_session_taken_away_says_so(session, client, how):
    address = f"/kalender/afholdelse/{session.calendar_entry.uid}/"
    getattr(session, how)()

    response = client.get(address)

    assert response.status_code == 410
    assert "Lederskab" not in response.content.decode()
    assert "/kalender/" in response.content.decode()


def test_the_address_of_a_page_made_private_leads_to_its_lock(session, client):
    PageViewRestriction.objects.create(page=session, restriction_type=PageViewRestriction.LOGIN)

    assert client.get(f"/kalender/afholdelse/{session.calendar_entry.uid}/").status_code == 302


def the_page(client) -> str:
    return client.get("/kalender/").content.decode()


def test_the_page_lists_what_comes_by_month(db, client):
    OfferPageFactory(title="Borgmester i en ny tid")
    for title, day in [
        ("I marts", date(2027, 3, 9)),
        ("Sidst i marts", date(2027, 3, 30)),
        ("I juni", date(2027, 6, 1)),
    ]:
        SessionPageFactory(title=title, starts_on=day, ends_on=day)

    page = the_page(client)

    places = [page.index(words) for words in ('id="2027-03"', "I marts<", "Sidst i marts<", 'id="2027-06"', "I juni<")]
    assert places == sorted(places)
    assert page.count('class="month"') == 2
    assert "Borgmester i en ny tid" in page
    assert "Marts 2027" in page


def test_what_has_only_words_for_a_date_comes_last(db, client):
    SessionPageFactory(title="Uden dato", when_text="april/maj 2027", starts_time=None, ends_time=None)
    SessionPageFactory(title="Med dato", starts_on=date(2027, 9, 1), ends_on=date(2027, 9, 1))

    page = the_page(client)

    assert page.index("Med dato<") < page.index('id="forventet"') < page.index("Uden dato<")
    assert "April/maj 2027" in page


def test_what_is_over_private_or_a_draft_is_not_listed(db, client):
    SessionPageFactory(title="Kommende", starts_on=date(2027, 1, 4))  # ends at 18 today
    SessionPageFactory(title="Forbi", starts_on=date(2027, 1, 3))
    SessionPageFactory(title="Kladde", published=False)
    hidden = SessionPageFactory(title="Hemmelig")
    PageViewRestriction.objects.create(page=hidden, restriction_type=PageViewRestriction.LOGIN)

    page = the_page(client)

    assert [title for title in ("Kommende", "Forbi", "Kladde", "Hemmelig") if f">{title}<" in page] == ["Kommende"]


def test_a_session_called_off_is_listed_and_marked(db, client):
    session = SessionPageFactory(title="Lederskab")
    cancel_session(session, by=None, now=NOW)

    page = the_page(client)

    assert "Lederskab" in page
    assert "badge-cancelled" in page


def test_an_empty_calendar_says_so(db, client):
    page = the_page(client)

    assert 'class="notice"' in page
    assert FEED in page


@pytest.mark.parametrize("sessions", [1, 30])
def test_the_page_asks_as_much_for_one_session_as_for_thirty(db, client, django_assert_num_queries, sessions):
    offers = [OfferPageFactory() for _number in range(min(sessions, 5))]
    for number in range(sessions):
        day = date(2027, 2, 1) + timedelta(days=number * 9)
        SessionPageFactory(parent=offers[number % len(offers)], starts_on=day, ends_on=day, venue=VenueFactory())
    SessionPageFactory(parent=offers[0], when_text="maj/juni", starts_time=None, ends_time=None)
    client.get("/kalender/")

    with django_assert_num_queries(QUERIES):
        response = client.get("/kalender/")

    assert response.content.count(b'class="session-title"') == sessions + 1


#: Menu, restrictions twice, sites, sessions, prices, seats, conditions, parents and outside events.
QUERIES = 10


@pytest.mark.parametrize("path", ["/kalender/", "/kalender/abonner/"])
def test_the_feeds_address_can_be_copied_without_a_script(db, client, path):
    page = client.get(path).content.decode()

    assert 'value="https://borgmestre.example.org/kalender/alle.ics" readonly' in page


def test_the_page_on_subscribing_has_links_for_those_who_want_them(db, client):
    page = client.get("/kalender/abonner/").content.decode()

    assert 'href="webcal://borgmestre.example.org/kalender/alle.ics"' in page
    assert "cid=webcal%3A%2F%2Fborgmestre.example.org%2Fkalender%2Falle.ics" in page
    assert "url=https%3A%2F%2Fborgmestre.example.org%2Fkalender%2Falle.ics" in page
    for program in ("Outlook", "Google", "Apple", "Thunderbird"):
        assert program in page


def test_the_page_on_subscribing_leads_to_each_feed(db, client):
    session = SessionPageFactory(parent=OfferPageFactory(title="Viden om ledelse"))
    offer = f"tilbud/{session.get_parent().pk}"
    page = client.get("/kalender/abonner/").content.decode()

    for key in ("alle", "online", "forventet", offer, f"maalgruppe/{session.audience_id}"):
        assert f'<option value="{key}"' in page
    assert page.index('<option value="alle" selected') < page.index(f'<option value="{offer}"')

    chosen = client.get("/kalender/abonner/", {"kalender": offer, "kommende": "on"}).content.decode()
    address = f"borgmestre.example.org/kalender/kommende/{offer}.ics"
    assert f'value="https://{address}" readonly' in chosen
    assert f'href="webcal://{address}"' in chosen
    assert "Viden om ledelse</strong>" in chosen
    assert f'<option value="{offer}" selected' in chosen


@pytest.mark.parametrize("asked", ["", "andet", "tilbud/999999", "maalgruppe/999999", "<script>", "alle" * 20])
def test_whoever_asks_for_no_feed_is_shown_that_of_everything(db, client, asked):
    page = client.get("/kalender/abonner/", {"kalender": asked}).content.decode()

    assert 'value="https://borgmestre.example.org/kalender/alle.ics" readonly' in page
    assert "<script>" not in page


def test_an_offer_without_sessions_can_be_followed(db, client):
    offer = OfferPageFactory()

    page = client.get("/kalender/abonner/", {"kalender": f"tilbud/{offer.pk}"}).content.decode()

    assert f'value="https://borgmestre.example.org/kalender/tilbud/{offer.pk}.ics" readonly' in page
    assert agreed(client.get(f"/kalender/tilbud/{offer.pk}.ics").content.decode()) == []


@pytest.mark.parametrize("offers", [1, 30])
def test_the_page_on_subscribing_asks_as_much_for_one_offer_as_for_thirty(
    db, client, django_assert_num_queries, offers
):
    for _number in range(offers):
        SessionPageFactory(parent=OfferPageFactory())
    client.get("/kalender/abonner/")

    with django_assert_num_queries(8):
        client.get("/kalender/abonner/")


def test_the_link_for_participants_is_nowhere_in_public(db, client):
    SessionPageFactory(kind="online", join_link="https://moede.example.org/hemmeligt")
    uid = CalendarEntry.objects.get().uid
    refresh(ALL, now=NOW)

    for path in (FEED, "/kalender/", f"/kalender/afholdelse/{uid}.ics"):
        assert b"hemmeligt" not in client.get(path).content
