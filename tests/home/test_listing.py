from datetime import date, datetime
from decimal import Decimal

import pytest
import time_machine
from wagtail.blocks.stream_block import StreamValue

from booking.dates import COPENHAGEN
from booking.models import SessionPage, Speaker
from booking.plain_letters import danish_slug, in_plain_letters
from booking.sessions.live import cancel_session
from home.listing import Filters
from home.models import CataloguePage, OfferPage, Provider
from tests.factories import (
    AudienceFactory,
    CataloguePageFactory,
    ElectionTermFactory,
    HeadingPageFactory,
    OfferPageFactory,
    SessionPageFactory,
    VenueFactory,
)
from tests.home.queries import queries_of

NOW = datetime(2026, 11, 22, 10, tzinfo=COPENHAGEN)


@pytest.fixture(autouse=True)
def a_day_in_november():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def some_offers(db):
    """Two headings and a group, with offers that differ in everything one can filter by."""
    kl, komponent = Provider.objects.create(name="KL"), Provider.objects.create(name="Komponent", sort_order=1)
    new = AudienceFactory(name="Nyvalgte borgmestre", newly_elected=True)
    leadership = HeadingPageFactory(title="Det personlige lederskab")
    knowledge = HeadingPageFactory(title="Viden")
    themes = HeadingPageFactory(title="Temasessioner", parent=knowledge)
    OfferPageFactory(
        parent=leadership,
        title="Mentorordning",
        providers=[kl, komponent],
        audience=new,
        on_request=True,
        status="open",
        body=[("text", "<p>En erfaren borgmester &amp; rådgiver.</p>")],
    )
    course = OfferPageFactory(parent=leadership, title="Forløbet", providers=[kl], audience=AudienceFactory())
    SessionPageFactory(
        parent=course, title="Døgn i Ålborg", kind="overnight", starts_on=date(2027, 1, 18), ends_on=date(2027, 1, 19)
    )
    SessionPageFactory(parent=course, title="Tidligere dag", starts_on=date(2026, 11, 11))
    OfferPageFactory(parent=themes, title="Borgmesterpension", providers=[kl], intro="Regler og overblik.")
    OfferPageFactory(parent=themes, title="Kommunaløkonomi", providers=[komponent], intro="Om rammer og pension.")
    return CataloguePage.objects.get()


def found(client, catalogue, query=""):
    """The titles that the catalogue lists, in its order."""
    groups = client.get(f"{catalogue.url}?{query}").context["groups"]

    def titles(group):
        yield from (entry.offer.title for entry in [*group.entries, *group.past])
        for below in group.groups:
            yield from titles(below)

    return [title for group in groups for title in titles(group)]


ALL = ["Mentorordning", "Forløbet", "Borgmesterpension", "Kommunaløkonomi"]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", ALL),
        ("provider=komponent", ["Mentorordning", "Kommunaløkonomi"]),
        ("provider=KL", ["Mentorordning", "Forløbet", "Borgmesterpension"]),
        ("kind=overnight", ["Forløbet"]),
        ("kind=day", ["Forløbet"]),
        ("kind=online", []),
        ("kind=on_request", ["Mentorordning"]),
        ("audience=nyvalgte-borgmestre", ["Mentorordning"]),
        ("dates=on", ["Forløbet"]),
        ("kind=day&dates=on", []),
        ("kind=overnight&dates=on", ["Forløbet"]),
        ("status=open", ["Mentorordning"]),
        ("provider=kl&audience=borgmestre", ["Forløbet"]),
        ("provider=komponent&q=pension", ["Kommunaløkonomi"]),
        ("provider=nobody&kind=%00&audience=7%27&status=&dates=", ALL),
        ("unknown=1&page=2", ALL),
    ],
)
def test_filters_combine_and_nonsense_is_left_out(client, some_offers, query, titles):
    assert found(client, some_offers, query) == titles


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        ("pension", ["Borgmesterpension", "Kommunaløkonomi"]),  # inside a compound; in the title before in the text
        ("PENSION", ["Borgmesterpension", "Kommunaløkonomi"]),
        ("økonomi", ["Kommunaløkonomi"]),
        ("ØKONOMI", ["Kommunaløkonomi"]),
        ("ålborg", ["Forløbet"]),  # the title of a session
        ("a\u030alborg", ["Forløbet"]),  # å as two characters
        ("komponent økonomi", ["Kommunaløkonomi"]),  # every word, wherever it stands
        ("pension mentor", []),
        ("erfaren rådgiver", ["Mentorordning"]),
        ("amp", []),  # markup is not text
        ("  ", ALL),
        ("%00%F8", ALL),
        ("oekonomi", ["Kommunaløkonomi"]),
        ("KOMMUNALOEKONOMI", ["Kommunaløkonomi"]),
        ("aalborg", ["Forløbet"]),
        ("pension*", ["Borgmesterpension", "Kommunaløkonomi"]),
        ('"pension', ["Borgmesterpension", "Kommunaløkonomi"]),
        ("-", ALL),  # no words, no search
        ("og", []),
        ("er", []),
        ("KL", ["Mentorordning", "Forløbet", "Borgmesterpension"]),  # a short word is one of its own
        ("om pension", ["Borgmesterpension", "Kommunaløkonomi"]),
        ("rdgiver", []),
    ],
)
def test_search_finds_parts_of_words(client, some_offers, words, titles):
    assert found(client, some_offers, f"q={words}") == titles


def test_a_search_keeps_what_was_typed_and_counts(client, some_offers):
    response = client.get(f"{some_offers.url}?q=pension&provider=kl")
    html = response.content.decode()

    assert response.context["filters"] == Filters(q="pension", provider="kl")
    assert (response.context["count"], response.context["count_of_all"]) == (1, 4)
    assert 'value="pension"' in html
    assert '<option value="kl" selected>' in html


def test_nothing_found_offers_the_way_back(client, some_offers):
    html = client.get(f"{some_offers.url}?q=xyz").content.decode()

    assert "Borgmesterpension" not in html
    assert html.count(f'href="{some_offers.url}"') >= 2  # besides the menu


def test_what_is_typed_is_shown_as_text(client, some_offers):
    html = client.get(some_offers.url, {"q": '"><script>alert(1)</script>'}).content.decode()

    assert "<script>alert" not in html


def test_offers_stand_under_their_headings_in_the_order_of_the_tree(client, some_offers):
    groups = client.get(some_offers.url).context["groups"]

    assert [(group.heading.title, group.count) for group in groups] == [("Det personlige lederskab", 2), ("Viden", 2)]
    assert [below.heading.title for below in groups[1].groups] == ["Temasessioner"]


def test_private_and_unpublished_pages_never_show(client, some_offers):
    secret = OfferPage.objects.get(title="Borgmesterpension")
    secret.view_restrictions.create(restriction_type="login")
    OfferPage.objects.get(title="Mentorordning").unpublish()
    OfferPageFactory(title="Kladde", published=False)

    assert found(client, some_offers) == ["Forløbet", "Kommunaløkonomi"]
    assert found(client, some_offers, "q=pension") == ["Kommunaløkonomi"]


def test_offers_below_a_hidden_heading_are_not_listed(client, some_offers):
    OfferPage.objects.get(title="Borgmesterpension").get_parent().specific.unpublish()

    assert found(client, some_offers) == ["Mentorordning", "Forløbet"]


def test_a_cancelled_session_is_no_date(client, some_offers, django_user_model):
    session = SessionPage.objects.get(title="Døgn i Ålborg")
    cancel_session(session, by=None, now=NOW)

    assert found(client, some_offers, "dates=on") == []


def test_words_are_no_date(client, some_offers):
    offer = OfferPage.objects.get(title="Borgmesterpension")
    SessionPageFactory(
        parent=offer,
        starts_on=date(2028, 5, 1),
        ends_on=date(2028, 6, 30),
        starts_time=None,
        ends_time=None,
        when_text="maj/juni 2028",
    )

    assert found(client, some_offers, "dates=on") == ["Forløbet"]
    assert "maj/juni 2028" in client.get(some_offers.url).content.decode()


@pytest.fixture
def past_offer(some_offers):
    mentor = OfferPage.objects.get(title="Mentorordning")
    mentor.term = ElectionTermFactory(starts_on=date(2022, 1, 1), ends_on=date(2025, 12, 31))
    mentor.save_revision().publish()
    return mentor


def test_offers_of_a_past_term_come_last_and_are_marked(client, some_offers, past_offer):
    response = client.get(some_offers.url)

    assert found(client, some_offers)[:2] == ["Forløbet", "Mentorordning"]
    assert [entry.offer for entry in response.context["groups"][0].past] == [past_offer]
    assert "2022-2025" in response.content.decode()


def test_offers_of_a_past_term_are_not_counted(client, some_offers, past_offer):
    catalogue = client.get(some_offers.url).context
    front = client.get("/").context

    assert (catalogue["count"], catalogue["count_of_all"]) == (3, 3)
    assert [group.count for group in front["groups"]] == [1, 2]


def test_a_search_that_finds_past_offers_alone_shows_them(client, some_offers, past_offer):
    response = client.get(f"{some_offers.url}?q=mentor")

    assert found(client, some_offers, "q=mentor") == ["Mentorordning"]
    assert response.context["count"] == 0
    assert "notice-title" not in response.content.decode()


def test_speakers_venues_and_programmes_are_searched(client, some_offers):
    speaker = Speaker.objects.create(name="Niels Lunde", title="chefredaktør")
    block = SessionPage._meta.get_field("programme").stream_block
    item = {"time": "12:00", "kind": "talk", "title": "Velfærden under pres", "speakers": [speaker.pk]}
    wrapped = [{"type": "item", "value": item, "id": "b4b52f6e-51a6-4d0e-9b0f-9a2c3f5a1d11"}]
    raw = [{"type": "day", "value": {"heading": "", "items": wrapped}}]
    session = SessionPageFactory(
        parent=OfferPage.objects.get(title="Borgmesterpension"),
        starts_on=date(2027, 3, 1),
        venue=VenueFactory(name="Campus Carlsberg"),
        moderator="Komponent",
        programme=StreamValue(block, raw, is_lazy=True),
    )

    for words in ("Niels Lunde", "chefredaktør", "carlsberg", "under pres", session.title):
        assert found(client, some_offers, f"q={words}") == ["Borgmesterpension"], words
    for words in ("item", "51a6", "talk"):
        assert found(client, some_offers, f"q={words}") == [], words


def test_keys_of_filters_keep_every_letter(client, some_offers):
    offer = OfferPage.objects.get(title="Kommunaløkonomi")
    offer.audience = AudienceFactory(name="Medlemmer af sundhedsrådene")
    offer.save_revision().publish()

    html = client.get(some_offers.url).content.decode()

    assert 'value="medlemmer-af-sundhedsraadene"' in html
    assert found(client, some_offers, "audience=medlemmer-af-sundhedsraadene") == ["Kommunaløkonomi"]


def test_a_catalogue_without_offers_says_so(client, db):
    catalogue = CataloguePageFactory()

    assert client.get(catalogue.url).status_code == 200


def test_thirty_offers_take_as_many_queries_as_one(client, db):
    providers = [Provider.objects.create(name="KL"), Provider.objects.create(name="Komponent")]

    def offers(number):
        for _number in range(number):
            page = OfferPageFactory(providers=providers, audience=AudienceFactory(), term=ElectionTermFactory())
            SessionPageFactory(parent=page)

    offers(1)
    address = CataloguePage.objects.get().url
    addresses = [address, f"{address}?q=tilbud&kind=day&dates=on"]
    client.get(address)  # content types are looked up once
    with_one = [queries_of(client, address) for address in addresses]
    offers(29)

    assert [queries_of(client, address) for address in addresses] == with_one


def test_danish_letters_are_written_as_two():
    assert in_plain_letters("ÆØÅ a\u030a") == "aeoeaa aa"
    assert danish_slug("Prøvetilbud: Æbler på Ærø") == "proevetilbud-aebler-paa-aeroe"


def test_amounts_in_lists_are_spelled_out(client, db):
    offer = OfferPageFactory()
    SessionPageFactory(parent=offer, starts_on=date(2027, 1, 5), title="Efter listen")
    SessionPageFactory(parent=offer, starts_on=date(2027, 2, 5), title="Gratis", own_net=Decimal(0))
    SessionPageFactory(parent=offer, starts_on=date(2027, 3, 5), title="Ikke besluttet", kind="online")
    lines = [line for runs in client.get(offer.url).context["upcoming"] for line in runs.lines]

    assert [line.prices.general and line.prices.general.price.gross for line in lines] == [
        Decimal("6625.00"),
        Decimal("0.00"),
        None,
    ]
