"""The session page as anybody reads it, and as an editor previews it before it is saved."""

from datetime import date, time
from decimal import Decimal

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils.translation import gettext
from wagtail.blocks.stream_block import StreamValue

from booking.models import SessionPage, Speaker
from booking.sessions.programme import labelled_inputs
from booking.signup.sentences import session_sentence
from booking.signup.standing import Obstacle
from tests.booking.signup.test_reserve import order
from tests.factories import (
    AudienceFactory,
    ConditionsFactory,
    OfferPageFactory,
    PersonFactory,
    PriceListFactory,
    SessionPageFactory,
    VenueFactory,
    mayor_of,
    secretary_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("january")]


def page_of(client, session) -> str:
    return client.get(session.get_url()).content.decode()


def december_2022() -> list:
    """A piece of the programme in document 002: two days, talks within an item, and speakers with their titles."""
    torben = Speaker.objects.create(name="Torben M. Andersen", title="professor ved Aarhus Universitet")
    stefan = Speaker.objects.create(name="Stefan Hermann", title="rektor, Københavns Professionshøjskole")
    soes = Speaker.objects.create(name="Søs Marie Serup", title="politisk kommentator")
    pressure = {
        "time": "15:00",
        "kind": "theme",
        "title": "Velfærden under pres",
        "abstract": "<p>Hvad skaber presset på den nære velfærd?</p>",
        "inputs": [
            {"kind": "talk", "title": "Velfærdsmodellen anno 2022", "speakers": [torben.pk]},
            {"kind": "talk", "title": "Tidsånden har feber", "speakers": [stefan.pk]},
            {"kind": "discussion", "title": "Drøftelse på tværs i borgmesterkredsen"},
        ],
    }
    election = {
        "time": "08:40",
        "kind": "theme",
        "title": "Kommunerne og den nye valgperiode",
        "inputs": [{"kind": "talk", "title": "Folketingsvalget, valgresultatet og kommunerne", "speakers": [soes.pk]}],
    }
    return [
        {
            "type": "day",
            "value": {"items": [{"time": "12:00", "kind": "meal", "title": "Frokost"}, pressure]},
        },
        {"type": "day", "value": {"items": [election, {"time": "11:40", "kind": "reflection", "title": "Eftertanke"}]}},
    ]


def with_programme(raw, **kwargs) -> SessionPage:
    block = SessionPage._meta.get_field("programme").stream_block
    return SessionPageFactory(programme=StreamValue(block, raw, is_lazy=True), **kwargs)


def test_a_two_day_programme_reads_as_a_reader_expects(client):
    session = with_programme(
        december_2022(),
        kind="overnight",
        starts_on=date(2022, 12, 5),
        ends_on=date(2022, 12, 6),
        starts_time=time(12),
        ends_time=time(12),
    )

    page = page_of(client, session)

    assert 'Mandag den 5. – tirsdag den 6. december 2022 <span class="whole">kl. 12.00-12.00</span>' in page
    expected = [
        "5. december 2022",
        '<time datetime="12:00">12.00</time>',
        "Frokost",
        '<time datetime="15:00">15.00</time>',
        "Velfærden under pres",
        "Hvad skaber presset",
        "Velfærdsmodellen anno 2022",
        "Torben M. Andersen",
        "professor ved Aarhus Universitet",
        "Tidsånden har feber",
        "Drøftelse på tværs",
        "tirsdag den 6. december 2022",
        "08.40",
        "Folketingsvalget, valgresultatet",
        "Søs Marie Serup",
        "11.40",
    ]
    programme = page[page.index("programme-day") :]
    places = [programme.index(text) for text in expected]
    assert places == sorted(places)


def test_talks_within_an_item_are_counted_where_there_are_more_than_one():
    session = with_programme(december_2022())
    [first, second] = [day for _date, day in session.days()]

    several = [label for label, _value in labelled_inputs(first["items"][1])]
    alone = [label for label, _value in labelled_inputs(second["items"][0])]

    assert several[0].endswith(" 1")
    assert several[1].endswith(" 2")
    assert not alone[0].endswith(" 1")


def test_a_speaker_who_was_deleted_leaves_the_page_standing(client):
    session = with_programme(december_2022())
    Speaker.objects.filter(name="Stefan Hermann").delete()

    assert "Tidsånden har feber" in page_of(client, session)


def test_a_held_session_says_so_once_and_promises_nothing(client):
    session = SessionPageFactory(starts_on=date(2022, 4, 27), capacity=30)

    page = page_of(client, session)

    assert page.count(session_sentence(Obstacle.OVER, session)) == 1
    assert gettext("Venue to follow") not in page
    assert gettext("The page stays, so that the programme can be read.") not in page
    assert f"<dt>{gettext('Seats')}</dt>" not in page


def test_a_held_session_with_a_programme_keeps_it(client):
    page = page_of(client, with_programme(december_2022(), starts_on=date(2022, 12, 5)))

    assert gettext("The page stays, so that the programme can be read.") in page


def test_the_offer_is_named_once_above_the_title(client):
    session = SessionPageFactory(parent=OfferPageFactory(title="Borgmesterforløbet"))

    above = page_of(client, session).split("<main")[1].split("<h1>")[0]

    assert above.count("Borgmesterforløbet") == 1


def test_whoever_has_a_seat_is_led_to_the_receipt(client):
    session, mayor = SessionPageFactory(), mayor_of("Fanø")
    secretary = secretary_of(mayor)
    client.force_login(secretary.user)
    assert 'href="#tilmelding"' in page_of(client, session)
    placed = order(session, mayor, booker=secretary)

    page = page_of(client, session)

    assert page.count(reverse("booking:receipt", args=[placed.reference])) == 2
    assert 'href="#tilmelding"' not in page
    assert session.contact.email not in page.split('id="tilmelding"')[1]


def test_no_button_leads_to_a_refusal(client):
    session = SessionPageFactory()
    client.force_login(PersonFactory().user)

    page = page_of(client, session)

    assert 'href="#tilmelding"' not in page
    assert "badge-open" not in page.split("</h1>")[1]


def test_both_amounts_and_what_they_include_stand_on_the_page(client):
    page = page_of(client, SessionPageFactory(kind="overnight", ends_on=date(2027, 5, 6)))

    assert "8.800,00 kr." in page
    assert "11.000,00 kr." in page
    assert "Inkl. forplejning, ekskl. transport." in page


def test_seats_are_counted(client):
    session = SessionPageFactory(capacity=4)
    order(session, mayor_of("Ærø"))

    assert "badge-few" in page_of(client, session)
    assert client.get(session.get_url()).context["panel"].seats_left == 3


def test_the_page_has_its_calendar_file(client):
    session = SessionPageFactory()

    assert reverse("booking:session_ics", args=[session.entry.uid]) in page_of(client, session)


def test_the_joining_link_stands_on_no_public_page(client):
    link = "https://moede.example.org/hemmeligt-rum"
    session = SessionPageFactory(kind="online", own_net=Decimal(0), join_link=link)
    mayor = mayor_of("Fanø")
    secretary = secretary_of(mayor)

    as_stranger = page_of(client, session)
    client.force_login(secretary.user)
    as_secretary = page_of(client, session)
    order(session, mayor, booker=secretary)
    as_booker = page_of(client, session)

    for page in (as_stranger, as_secretary, as_booker):
        assert "hemmeligt-rum" not in page


def test_no_name_and_no_address_of_those_who_booked_stands_on_the_page(client):
    session = SessionPageFactory()
    mayor = mayor_of("Ærø")
    order(session, mayor)

    page = page_of(client, session)

    assert mayor.name not in page
    assert mayor.email not in page
    assert "sekretariat@example.org" not in page


def test_the_page_of_one_reader_shows_nothing_of_anothers(client):
    session = SessionPageFactory()
    secretary = secretary_of(mayor_of("Fanø"), name="Sekretær Sørensen")
    client.force_login(secretary.user)
    assert "Sekretær Sørensen" in page_of(client, session)

    client.logout()

    assert "Sekretær Sørensen" not in page_of(client, session)


def test_a_page_for_somebody_signed_in_is_not_kept_for_others(client):
    session = SessionPageFactory()
    client.force_login(secretary_of(mayor_of("Fanø")).user)

    answer = client.get(session.get_url())

    assert "private" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="nothing but a title"),
        pytest.param({"starts_on": date(2027, 5, 5)}, id="a day"),
        pytest.param({"starts_on": date(2027, 5, 5), "when_text": "maj/juni 2027"}, id="words"),
        pytest.param({"starts_on": date(2027, 5, 5), "capacity": 3, "own_net": Decimal(0)}, id="seats and a price"),
    ],
)
def test_a_page_that_was_never_saved_can_be_previewed(rf, fields):
    OfferPageFactory()
    page = SessionPage(title="Kladde", **fields)

    answer = page.make_preview_request(rf.get("/admin/"), page.default_preview_mode)

    assert answer.status_code == 200
    assert "Kladde" in answer.render().content.decode()


def test_a_page_in_the_tree_that_was_never_saved_can_be_previewed(rf):
    parent = OfferPageFactory(title="Borgmesterforløbet")
    page = SessionPage(
        title="Kladde",
        kind="day",
        starts_on=date(2027, 5, 5),
        venue=VenueFactory(),
        audience=AudienceFactory(),
        price_list=PriceListFactory(),
        conditions=ConditionsFactory(),
        capacity=3,
        depth=parent.depth + 1,
        path=parent.path + "0001",
    )

    answer = page.make_preview_request(rf.get("/admin/"), page.default_preview_mode)

    assert answer.status_code == 200
    text = answer.render().content.decode()
    assert "Borgmesterforløbet" in text
    assert "5.300,00 kr." in text


def test_the_page_draws_for_an_anonymous_preview(rf):
    request = rf.get("/")
    request.user = AnonymousUser()
    request.session = {}
    session = SessionPageFactory()

    assert session.serve(request).render().status_code == 200


def test_the_longest_words_can_be_divided_on_a_phone(client):
    page = page_of(client, SessionPageFactory(title="Kursus for kommunalbestyrelsesmedlemmer i kommunalret"))

    assert "<h1>Kursus for kommunal\N{SOFT HYPHEN}bestyrelses\N{SOFT HYPHEN}medlemmer i kommunalret</h1>" in page
