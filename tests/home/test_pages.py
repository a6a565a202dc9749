from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.template import Context, Template
from django.test import RequestFactory
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Page, Site

from booking.dates import COPENHAGEN
from booking.models import Choice
from home.models import CataloguePage, FrontPage, HeadingPage, OfferPage, OfferPageForm, Provider, TextPage
from tests.factories import (
    AudienceFactory,
    CataloguePageFactory,
    ContactFactory,
    ElectionTermFactory,
    HeadingPageFactory,
    OfferPageFactory,
    PageFactory,
    SessionPageFactory,
    VenueFactory,
    front_page,
)
from tests.home.queries import queries_of

NOW = datetime(2026, 11, 22, 10, tzinfo=COPENHAGEN)


class TextPageFactory(PageFactory):
    class Meta:
        model = TextPage


@pytest.fixture(autouse=True)
def a_day_in_november():
    with time_machine.travel(NOW, tick=False):
        yield


def sessions_in(choices):
    return [line.session for runs in choices for line in runs.lines]


def menu_of(request=None):
    context = Context({"request": request} if request else {})
    Template("{% load home_tags %}{% site_menu as menu %}").render(context)
    return context["menu"]


# An offer


def test_an_offer_shows_who_is_behind_it_and_whom_to_ask(client, db):
    kl, komdir = Provider.objects.create(name="KL"), Provider.objects.create(name="Komdir", sort_order=3)
    offer = OfferPageFactory(
        providers=[komdir, kl],
        audience=AudienceFactory(name="Borgmestre og kommunaldirektører"),
        contacts=[ContactFactory(phone="12 34 56 78")],
        frequency="To gange om året",
        body=[("heading", "Det får du"), ("text", "<p>Et værktøj.</p>"), ("quote", {"text": "Godt!", "source": "En"})],
    )

    html = client.get(offer.url).content.decode()

    for words in ("KL/Komdir", "Borgmestre og kommunaldirektører", "To gange om året", "<h2>Det får du</h2>", "Godt!"):
        assert words in html
    assert 'href="mailto:borgmestertilbud@example.org"' in html
    assert 'href="tel:12345678"' in html


def test_sessions_to_come_stand_soonest_first_and_earlier_ones_after_them(client, db):
    offer = OfferPageFactory()
    for day in (date(2027, 3, 1), date(2026, 11, 11), date(2026, 12, 8), date(2026, 10, 1)):
        SessionPageFactory(parent=offer, starts_on=day)

    context = client.get(offer.url).context

    assert [one.starts_on for one in sessions_in(context["upcoming"])] == [date(2026, 12, 8), date(2027, 3, 1)]
    assert [one.starts_on for one in sessions_in(context["past"])] == [date(2026, 11, 11), date(2026, 10, 1)]


def test_runs_that_one_chooses_between_stand_together_where_the_first_of_them_does(client, db):
    offer, choice = OfferPageFactory(), Choice.objects.create(name="Kattegatkursus")
    for day, of_choice in ((date(2027, 3, 1), choice), (date(2027, 3, 8), None), (date(2027, 3, 15), choice)):
        SessionPageFactory(parent=offer, starts_on=day, choice=of_choice)

    page = client.get(offer.url)

    runs, alone = page.context["upcoming"]
    assert [line.session.starts_on for line in runs.lines] == [date(2027, 3, 1), date(2027, 3, 15)]
    assert runs.words == "1. marts 2027 eller 15. marts 2027"
    assert ([line.session.starts_on for line in alone.lines], alone.words) == ([date(2027, 3, 8)], "")
    assert "Vælg én: 1. marts 2027 eller 15. marts 2027" in page.content.decode()


def test_a_session_in_a_list_says_what_it_costs_both_ways_and_how_many_seats_are_left(client, db):
    offer = OfferPageFactory()
    SessionPageFactory(parent=offer, capacity=20, join_link="https://moede.example.org/hemmelig")

    html = client.get(offer.url).content.decode()

    assert "5.300,00 kr." in html
    assert "6.625,00 kr." in html
    assert "20 " in html
    assert "moede.example.org" not in html


def test_an_offer_of_a_past_term_says_so(client, db):
    term = ElectionTermFactory(starts_on=date(2022, 1, 1), ends_on=date(2025, 12, 31))
    past, current = OfferPageFactory(term=term), OfferPageFactory(term=ElectionTermFactory())

    assert client.get(past.url).context["is_past"]
    assert "2022-2025" in client.get(past.url).content.decode()
    assert not client.get(current.url).context["is_past"]


def test_the_last_day_of_a_term_is_not_past(db):
    offer = OfferPageFactory(term=ElectionTermFactory())

    assert not offer.is_past(date(2029, 12, 31))
    assert offer.is_past(date(2030, 1, 1))


def test_a_session_behind_a_lock_is_not_listed(client, db):
    offer = OfferPageFactory()
    SessionPageFactory(parent=offer, title="Åben for alle")
    SessionPageFactory(parent=offer, title="Kun for nogle").view_restrictions.create(restriction_type="login")

    html = client.get(offer.url).content.decode()

    assert "Åben for alle" in html
    assert "Kun for nogle" not in html


def test_thirty_sessions_take_as_many_queries_as_one(client, db):
    offer = OfferPageFactory()
    venue = VenueFactory()

    def sessions(days):
        for day in days:
            first = date(2027, 1, 1) if day % 2 else date(2026, 1, 1)
            SessionPageFactory(parent=offer, venue=venue, capacity=9, starts_on=first + timedelta(days=day))

    sessions(range(2))
    addresses = [page.url for page in (offer, offer.get_parent(), front_page())]
    client.get(addresses[0])
    with_two = [queries_of(client, address) for address in addresses]
    sessions(range(2, 30))

    assert [queries_of(client, address) for address in addresses] == with_two


def test_an_image_needs_words(db):
    image = get_image_model().objects.create(title="Et billede", file=get_test_image_file())
    offer = OfferPageFactory.build(image=image)

    with pytest.raises(ValidationError) as error:
        offer.clean()
    assert set(error.value.message_dict) == {"image_alt"}


def test_three_providers_are_one_too_many(db):
    providers = [Provider.objects.create(name=name) for name in ("KL", "Komponent", "Komdir")]
    form = OfferPageForm.__new__(OfferPageForm)

    form.cleaned_data = {"providers": providers[:2]}
    assert form.clean_providers() == providers[:2]

    form.cleaned_data = {"providers": providers}
    with pytest.raises(ValidationError) as error:
        form.clean_providers()
    assert error.value.code == "too_many"


# Headings, front page, text


def test_a_heading_shows_its_own_offers_and_its_groups_with_theirs(client, db):
    heading = HeadingPageFactory(title="Viden", intro="Første afsnit.\n\nAndet afsnit.")
    group = HeadingPageFactory(parent=heading, title="Værktøjer", intro="Om værktøjer.")
    OfferPageFactory(parent=heading, title="Et kursus")
    OfferPageFactory(parent=group, title="En vidensbank")
    OfferPageFactory(parent=HeadingPageFactory(title="Et andet sted"), title="Noget andet")

    html = client.get(heading.url).content.decode()

    assert html.index("Et kursus") < html.index("Om værktøjer.") < html.index("En vidensbank")
    assert "<p>Andet afsnit.</p>" in html
    assert "Noget andet" not in html


def test_the_front_page_leads_to_headings_dates_and_cards(client, db):
    offer = OfferPageFactory()
    SessionPageFactory(parent=offer, title="Snart", starts_on=date(2026, 12, 8))
    SessionPageFactory(parent=offer, title="Forbi", starts_on=date(2026, 11, 11))
    front = front_page()
    catalogue = CataloguePage.objects.get()
    front.cards = [
        ("card", {"title": "Find", "text": "Se alt.", "link_text": "Se tilbud", "page": catalogue}),
        ("card", {"title": "Datoer", "text": "Se alt.", "link_text": "Se datoer", "page": None}),
    ]
    front.save_revision().publish()

    html = client.get("/").content.decode()

    assert 'href="/tilbud/det-personlige-lederskab/"' in html
    assert "Snart" in html
    assert "Forbi" not in html
    assert 'href="/tilbud/">Se tilbud</a>' in html
    assert 'href="/kalender/">Se datoer</a>' in html


def test_a_text_page_shows_its_text_and_the_way_up(client, db):
    page = TextPageFactory(title="Persondata", intro="Kort.", body=[("text", "<p>Langt.</p>"), ("box", "<p>Husk.</p>")])

    html = client.get(page.url).content.decode()

    for words in ("Kort.", "<p>Langt.</p>", "<p>Husk.</p>", '<nav class="breadcrumb"'):
        assert words in html


# Menus


def test_the_menus_show_the_catalogue_and_the_footers_pages(client, db):
    CataloguePageFactory()
    TextPageFactory(title="Tilgængelighed", in_footer=True)
    TextPageFactory(title="Ikke i foden")
    TextPageFactory(title="Kladde", in_footer=True, published=False)
    TextPageFactory(title="Låst", in_footer=True).view_restrictions.create(restriction_type="login")

    menu = menu_of(RequestFactory().get("/"))

    assert menu.catalogue.url == "/tilbud/"
    assert [page.title for page in menu.footer_pages] == ["Tilgængelighed"]


def test_the_menus_are_looked_up_once_for_header_and_footer(db, django_assert_num_queries):
    CataloguePageFactory()
    TextPageFactory(title="Persondata", in_footer=True)
    request = RequestFactory().get("/")
    menu_of(request)

    with django_assert_num_queries(0):
        menu_of(request)


def test_the_menus_survive_a_site_without_pages(db):
    Site.objects.all().delete()

    assert menu_of(RequestFactory().get("/")).catalogue is None
    assert menu_of().footer_pages == ()


# Previews


@pytest.mark.parametrize("kind", [FrontPage, CataloguePage, HeadingPage, OfferPage, TextPage])
def test_a_page_that_is_not_saved_yet_can_be_previewed(db, kind):
    OfferPageFactory()
    parent = {CataloguePage: front_page(), HeadingPage: CataloguePage.objects.get(), TextPage: front_page()}.get(
        kind, HeadingPage.objects.get()
    )
    page = kind(title="Ny side", slug="ny", intro="Ny.")
    # As Wagtail's preview of a new page does it.
    page.depth = parent.depth + 1
    page.path = Page._get_children_path_interval(parent.path)[1]
    page.set_url_path(parent)

    response = page.make_preview_request()

    assert response.status_code == 200
    assert "Ny side" in response.rendered_content
