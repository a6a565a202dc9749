"""The feeds of headings, offers and audiences, of what is online and of expected dates: who stands where, and why."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from wagtail.models import Page, PageViewRestriction

from booking.calendars.feed import build, find, refresh_due
from booking.models import CalendarEntry, Fact, Feed, FeedPlace, SessionPage
from booking.sessions import live
from booking.sessions.live import cancel_session
from tests.booking.calendars.readers import Seen, agreed
from tests.factories import (
    AudienceFactory,
    HeadingPageFactory,
    MunicipalityFactory,
    OfferPageFactory,
    SessionPageFactory,
    VenueFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)
UNDATED = {"starts_on": date(2028, 5, 1), "ends_on": date(2028, 6, 30), "starts_time": None, "ends_time": None}


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW) as clock:
        yield clock


@pytest.fixture
def read(client):
    """What three programs agree that a feed says."""

    def reading(key: str) -> list[Seen]:
        response = client.get(f"/kalender/{key}.ics")
        assert response.status_code == 200
        return agreed(response.content.decode())

    return reading


@pytest.fixture
def titles(read):
    return lambda key: [seen.title for seen in read(key)]


def publish(session, **changes):
    page = SessionPage.objects.get(pk=session.pk)
    for name, value in changes.items():
        setattr(page, name, value)
    page.save_revision().publish()


def move(page: Page, target: Page) -> None:
    Page.objects.get(pk=page.pk).move(Page.objects.get(pk=target.pk), pos="last-child")


def test_each_feed_has_what_belongs_there(titles):
    heading = HeadingPageFactory(title="Lederskab")
    first, second = OfferPageFactory(parent=heading), OfferPageFactory(parent=heading)
    elsewhere = OfferPageFactory(parent=HeadingPageFactory(title="Viden"))
    new = AudienceFactory(name="Nyvalgte borgmestre")
    SessionPageFactory(title="Et", parent=first, starts_on=date(2027, 3, 1))
    SessionPageFactory(title="To", parent=second, starts_on=date(2027, 3, 2), audience=new)
    three = SessionPageFactory(title="Tre", parent=elsewhere, starts_on=date(2027, 3, 3), kind="online")

    assert titles("alle") == ["Et", "To", "Tre"]
    assert titles(f"tilbud/{heading.pk}") == ["Et", "To"]
    assert titles(f"tilbud/{first.pk}") == ["Et"]
    assert titles(f"tilbud/{elsewhere.pk}") == ["Tre"]
    assert titles(f"maalgruppe/{new.pk}") == ["To"]
    assert titles(f"maalgruppe/{three.audience_id}") == ["Et", "Tre"]
    assert titles("online") == ["Tre"]
    assert titles("forventet") == []


def test_a_session_is_the_same_event_in_every_feed(read):
    session = SessionPageFactory(kind="online")
    keys = ["alle", "kommende/alle", "online", f"tilbud/{session.get_parent().pk}", f"maalgruppe/{session.audience_id}"]

    readings = [read(key) for key in keys]

    assert all(reading == readings[0] for reading in readings)
    assert len(readings[0]) == 1


@pytest.mark.parametrize(
    "key", ["tilbud/999999", "maalgruppe/999999", "tilbud/0", "tilbud/x", "andet", "kommende", "kommende/kommende/alle"]
)
def test_an_unknown_feed_is_not_found_and_leaves_nothing(client, key):
    assert client.get(f"/kalender/{key}.ics").status_code == 404
    assert not Feed.objects.exists()


def test_pages_that_sessions_cannot_lie_below_have_no_feed(client):
    session = SessionPageFactory()
    front, catalogue = session.get_ancestors().filter(depth__gt=1).order_by("path")[:2]

    for page in (front, catalogue, session):
        assert client.get(f"/kalender/tilbud/{page.pk}.ics").status_code == 404


def test_neither_a_closed_offer_nor_an_audience_of_nothing_tells_its_name(client):
    offer, audience = OfferPageFactory(), AudienceFactory(name="Hemmelig kreds")
    PageViewRestriction.objects.create(page=offer, restriction_type=PageViewRestriction.LOGIN)

    assert client.get(f"/kalender/tilbud/{offer.pk}.ics").status_code == 404
    assert client.get(f"/kalender/maalgruppe/{audience.pk}.ics").status_code == 404


@pytest.mark.parametrize("way", ["delete the session", "unpublish it", "delete the offer", "delete the heading"])
def test_what_is_taken_away_stays_struck_out_in_all_its_feeds(read, way):
    heading = HeadingPageFactory()
    offer = OfferPageFactory(parent=heading)
    session = SessionPageFactory(title="Lederskab", parent=offer)
    keys = ["alle", f"tilbud/{heading.pk}", f"tilbud/{offer.pk}", f"maalgruppe/{session.audience_id}"]
    before = [read(key) for key in keys]

    match way:
        case "delete the session":
            session.delete()
        case "unpublish it":
            session.unpublish()
        case "delete the offer":
            Page.objects.get(pk=offer.pk).delete()
        case "delete the heading":
            Page.objects.get(pk=heading.pk).delete()

    for key, [seen] in zip(keys, before, strict=True):
        [gone] = read(key)
        assert (gone.uid, gone.status, gone.sequence, gone.title) == (seen.uid, "CANCELLED", 1, "Aflyst: Lederskab")


def test_a_feed_outlives_its_page_with_its_name(client):
    session = SessionPageFactory(title="Lederskab", parent=OfferPageFactory(title="Viden om ledelse"))
    path = f"/kalender/tilbud/{session.get_parent().pk}.ics"
    client.get(path)

    session.get_parent().delete()

    body = client.get(path).content.decode()
    assert "X-WR-CALNAME:Tilbud til borgmestre: Viden om ledelse\r\n" in body
    assert "SUMMARY:Aflyst: Lederskab\r\n" in body


def test_a_session_that_moves_stays_where_it_was_shown_and_comes_where_it_is(read):
    old, new = HeadingPageFactory(title="Viden"), HeadingPageFactory(title="Netværk")
    offer = OfferPageFactory(parent=old)
    SessionPageFactory(title="Lederskab", parent=offer)
    [before] = read(f"tilbud/{old.pk}")
    assert read(f"tilbud/{new.pk}") == []

    move(offer, new)

    for key in ("alle", f"tilbud/{old.pk}", f"tilbud/{new.pk}", f"tilbud/{offer.pk}"):
        assert read(key) == [before]


def test_a_session_that_moved_follows_its_changes_in_both_feeds(read):
    old, new = OfferPageFactory(), OfferPageFactory()
    session = SessionPageFactory(title="Lederskab", parent=old)
    move(session, new)
    read(f"tilbud/{old.pk}")

    publish(session, starts_on=date(2027, 5, 12), ends_on=date(2027, 5, 12))

    assert read(f"tilbud/{old.pk}") == read(f"tilbud/{new.pk}") == read("alle")
    assert read("alle")[0].sequence == 1


def test_a_feed_that_a_session_only_joins_is_the_only_one_that_changes(client, read):
    old, new = OfferPageFactory(), OfferPageFactory()
    session = SessionPageFactory(parent=old)
    for key in ("alle", f"tilbud/{old.pk}", f"tilbud/{new.pk}", "online"):
        read(key)
    before = dict(Feed.objects.values_list("key", "revision"))

    move(session, new)

    after = dict(Feed.objects.values_list("key", "revision"))
    assert {key for key in after if after[key] != before[key]} == {f"tilbud/{new.pk}"}
    assert Fact.objects.filter(kind="session_placed").count() == 1


def test_a_session_never_shown_with_a_date_leaves_no_trace_where_it_was(titles):
    old, new = OfferPageFactory(), OfferPageFactory()
    session = SessionPageFactory(title="Lederskab", parent=old, when_text="maj/juni 2028", **UNDATED)
    move(session, new)

    publish(session, when_text="", starts_on=date(2028, 5, 9), ends_on=date(2028, 5, 9))

    assert titles(f"tilbud/{old.pk}") == []
    assert titles(f"tilbud/{new.pk}") == ["Lederskab"]


def test_words_for_a_date_are_a_tentative_span_where_dates_are_expected_and_nowhere_else(read):
    session = SessionPageFactory(title="Lederskab", when_text="maj/juni 2028", **UNDATED)
    [expected] = read("forventet")

    assert (expected.status, expected.title) == ("TENTATIVE", "Forventet: Lederskab (maj/juni 2028)")
    assert (expected.starts, expected.ends) == (date(2028, 5, 1), date(2028, 7, 1))
    for key in ("alle", f"tilbud/{session.get_parent().pk}", f"maalgruppe/{session.audience_id}"):
        assert read(key) == []


def test_a_date_that_firms_up_is_the_same_event_in_both_feeds(read):
    session = SessionPageFactory(title="Lederskab", when_text="maj/juni 2028", **UNDATED)
    [expected] = read("forventet")

    publish(session, when_text="", starts_on=date(2028, 5, 9), ends_on=date(2028, 5, 9))

    [settled] = read("forventet")
    assert read("alle") == [settled]
    assert (settled.uid, settled.status, settled.sequence) == (expected.uid, "CONFIRMED", 1)
    assert (settled.title, settled.starts) == ("Lederskab", date(2028, 5, 9))


def test_an_expected_session_that_is_deleted_is_struck_out(read):
    session = SessionPageFactory(title="Lederskab", when_text="maj/juni 2028", **UNDATED)
    read("forventet")

    session.delete()

    [gone] = read("forventet")
    assert (gone.status, gone.title, gone.sequence) == ("CANCELLED", "Aflyst: Lederskab", 1)


def test_a_postponed_session_is_expected_within_its_new_span(read):
    session = SessionPageFactory(title="Lederskab")

    publish(session, when_text="maj/juni 2028", **UNDATED)

    [expected], [struck] = read("forventet"), read("alle")
    assert (expected.status, expected.starts, expected.ends) == ("TENTATIVE", date(2028, 5, 1), date(2028, 7, 1))
    assert (struck.status, struck.starts.date(), struck.uid) == ("CANCELLED", date(2027, 5, 5), expected.uid)

    publish(session, when_text="maj/juni 2028", starts_on=date(2028, 5, 15), ends_on=date(2028, 6, 30))

    [narrowed] = read("forventet")
    assert (narrowed.starts, narrowed.sequence) == (date(2028, 5, 15), 2)


def ballerup() -> SessionPage:
    """A track for the council of one municipality."""
    audience = AudienceFactory(name="Ballerups kommunalbestyrelse", offices=["council_member"])
    audience.municipalities.add(MunicipalityFactory(name="Ballerup"))
    return SessionPageFactory(title="Kattegat", kind="online", audience=audience, parent=OfferPageFactory())


def test_what_is_for_one_municipality_stands_in_its_own_feeds_alone(titles):
    session = ballerup()

    assert titles("alle") == titles("online") == []
    assert titles(f"tilbud/{session.get_parent().pk}") == ["Kattegat"]
    assert titles(f"maalgruppe/{session.audience_id}") == ["Kattegat"]


def test_what_is_for_several_municipalities_is_a_common_matter(titles):
    session = ballerup()
    session.audience.municipalities.add(MunicipalityFactory(name="Fanø"))

    assert live.recover() == 1
    assert titles("alle") == ["Kattegat"]


@pytest.mark.parametrize(
    ("days_ago", "is_off", "is_in"),
    [(0, False, True), (1, False, False), (1, True, True), (30, True, True), (31, True, False)],
)
def test_a_feed_of_what_comes_leaves_out_what_is_over_and_keeps_cancellations_for_a_month(
    titles, days_ago, is_off, is_in
):
    day = NOW.date() - timedelta(days=days_ago)
    session = SessionPageFactory(title="Før", starts_on=day, ends_on=day)
    if is_off:
        cancel_session(session, by=None, now=NOW)

    assert bool(titles("kommende/alle")) is is_in
    assert bool(titles("alle")) is True


def test_what_is_over_leaves_a_feed_of_what_comes_when_the_day_has_gone(titles, now):
    SessionPageFactory(title="I dag", starts_on=NOW.date())
    titles("kommende/alle")
    before = Feed.objects.get(key="kommende/alle")

    assert refresh_due(now=NOW) == 0
    assert refresh_due(now=NOW + timedelta(days=1)) == 1

    after = Feed.objects.get(key="kommende/alle")
    assert after.revision == before.revision + 1
    assert after.changed_at > before.changed_at
    assert titles("kommende/alle") == []


def test_a_feed_of_another_offer_is_not_built(client):
    first, second = OfferPageFactory(), OfferPageFactory()
    session = SessionPageFactory(parent=first)
    SessionPageFactory(parent=second)
    for page in (first, second):
        client.get(f"/kalender/tilbud/{page.pk}.ics")
    Feed.objects.update(body="")

    publish(session, title="Ny titel")

    built = Feed.objects.exclude(body="").values_list("key", flat=True)
    assert sorted(built) == ["alle", f"tilbud/{first.pk}"]


@pytest.mark.parametrize("sessions", [1, 30])
def test_noting_a_session_asks_as_much_beside_one_as_beside_thirty(sessions, django_assert_num_queries):
    offer = OfferPageFactory()
    for _number in range(sessions):
        session = SessionPageFactory(parent=offer)

    with django_assert_num_queries(8):
        live.note(session.pk)


def test_the_latest_is_not_read_again(client, django_assert_num_queries):
    session = SessionPageFactory()
    path = f"/kalender/tilbud/{session.get_parent().pk}.ics"
    etag = client.get(path)["ETag"]

    with django_assert_num_queries(2) as queries:
        assert client.get(path, headers={"If-None-Match": etag}).status_code == 304

    assert not any("body" in query["sql"] for query in queries)


def test_a_feed_is_there_before_it_is_filled():
    """So that what is published while the first reader waits is not missed."""
    Feed.objects.create(key="online", changed_at=NOW)

    assert find("online", now=NOW).revision == 1


def test_names_say_what_a_feed_is_of(client):
    session = SessionPageFactory(parent=OfferPageFactory(title="Viden, tal & 'ord'"))
    names = {
        "alle": "Tilbud til borgmestre",
        "online": "Tilbud til borgmestre: online",
        "forventet": "Tilbud til borgmestre: forventede datoer",
        f"kommende/tilbud/{session.get_parent().pk}": "Tilbud til borgmestre: Viden\\, tal & 'ord'",
        f"maalgruppe/{session.audience_id}": "Tilbud til borgmestre: Borgmestre",
    }

    for key, name in names.items():
        assert f"X-WR-CALNAME:{name}\r\n" in client.get(f"/kalender/{key}.ics").content.decode()


def test_every_line_of_every_feed_is_as_the_standard_wants_it(client):
    session = SessionPageFactory(title="Æ" * 200, kind="online", slug="lang", venue=VenueFactory())
    SessionPageFactory(when_text="maj/juni 2028", **UNDATED)
    keys = ["alle", "online", "forventet", f"tilbud/{session.get_parent().pk}", f"maalgruppe/{session.audience_id}"]

    for key in [*keys, *("kommende/" + key for key in keys)]:
        body = client.get(f"/kalender/{key}.ics").content
        lines = body.split(b"\r\n")
        assert b"\n" not in b"".join(lines)
        assert max(map(len, lines)) <= 75
        assert lines.count(b"BEGIN:VTIMEZONE") == 1
        assert body.count(b"BEGIN:VEVENT") == body.count(b"\r\nSEQUENCE:") == body.count(b"\r\nDTSTAMP:")


# Moments that no signal told


def test_an_entry_that_stands_nowhere_is_put_where_it_belongs(titles):
    SessionPageFactory(title="Lederskab")
    FeedPlace.objects.all().delete()

    assert live.recover() == 1
    assert live.recover() == 0

    assert titles("alle") == ["Lederskab"]
    assert CalendarEntry.objects.get().sequence == 0


def test_headings_and_offers_lead_to_their_own_feed(client):
    heading = HeadingPageFactory(title="Viden")
    offer = OfferPageFactory(parent=heading)

    for page in (heading, offer):
        link = f"/kalender/abonner/?kalender=tilbud/{page.pk}"
        assert f'href="{link}"' in client.get(page.get_url()).content.decode()
        assert f"/kalender/tilbud/{page.pk}.ics" in client.get(link).content.decode()


def test_what_is_remembered_of_an_event_is_never_stale(settings):
    """Two sites in one process, and one whose row was changed behind everybody's back."""
    SessionPageFactory(title="Lederskab")
    assert "SUMMARY:Lederskab" in build(now=NOW)

    settings.SITE_URL = "https://tilbud.example.org"
    assert "URL:https://tilbud.example.org/kalender/" in build(now=NOW)

    CalendarEntry.objects.update(title="Ny titel")
    assert "SUMMARY:Ny titel" in build(now=NOW)
