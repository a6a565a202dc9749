import re
from datetime import date, time, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone
from django.utils.text import capfirst
from wagtail.models import Page, Revision, Site

from booking.models import (
    CalendarEntry,
    Choice,
    ConditionsVersion,
    ElectionTerm,
    Fact,
    Municipality,
    PriceRow,
    SessionPage,
    Speaker,
)
from booking.people.models import OfficeKind
from home.loading import load
from home.models import CataloguePage, FrontPage, HeadingPage, OfferPage, TextPage
from tests.factories import HeadingPageFactory, OfferPageFactory, OfficeFactory, SessionPageFactory
from tests.home.conftest import LOADED_AT
from tests.home.queries import queries_of

LEADERSHIP = "Det personlige lederskab"
KNOWLEDGE = "Viden, kompetencer og værktøjer"
COMMUNITY = "Fællesskab, netværk og aktuelle politiske temaer"
THEMES = "Temasessioner for borgmestre"
TOOLS = "Værktøjer"

#: Document 000, line by line: heading, group, title, and who is behind it.
OFFERS = [
    (LEADERSHIP, None, "Mentorordning", "KL/Komponent"),
    (LEADERSHIP, None, "Sparring med ledelsesrådgiver", "Komponent"),
    (LEADERSHIP, None, "Makkerskab ml. borgmester og kommunaldirektør", "Komponent"),
    (LEADERSHIP, None, "Borgmesterpraktik", "KL"),
    (LEADERSHIP, None, "Det gode politiske arbejdsmiljø og balancer i arbejdslivet", "KL"),
    (LEADERSHIP, None, "Forebyggelse og håndtering af chikane, trusler, hærværk og vold", "KL"),
    (LEADERSHIP, None, "Borgmesterfortællinger: En praksisguide til borgmesterposten", "KL"),
    (KNOWLEDGE, THEMES, "Kommunaløkonomi og styring", "KL"),
    (KNOWLEDGE, THEMES, "Juridiske principper for borgmestre: Ansvar, rettigheder og pligter", "KL"),
    (KNOWLEDGE, THEMES, "Sundhedsrådenes arbejde", ""),
    (KNOWLEDGE, THEMES, "Mødeledelse", "KL"),
    (KNOWLEDGE, THEMES, "Forhandlingsteknik", "KL"),
    (KNOWLEDGE, THEMES, "Fra god til stærk taler – teknikker til at tale med overbevisning", "KL"),
    (KNOWLEDGE, THEMES, "Håndtering af medier", "KL"),
    (KNOWLEDGE, THEMES, "Sociale medier", "KL"),
    (KNOWLEDGE, THEMES, "Borgmesterpension", "KL"),
    (KNOWLEDGE, TOOLS, "Vidensbank: Kommunaløkonomi fra A-Z", "KL"),
    (
        KNOWLEDGE,
        TOOLS,
        "Dialogværktøj: Arbejdspræferencer i samarbejdet mellem borgmester og kommunaldirektør",
        "KL/Komdir",
    ),
    (COMMUNITY, None, "Samling for nye borgmestre", "KL"),
    (COMMUNITY, None, "Borgmestersamlinger for alle", "KL"),
    (COMMUNITY, None, "Borgmesternetværk", "KL"),
    (COMMUNITY, None, "Borgmesterkredsen (B98)", "KL"),
]

NOON = time(12)
TEN, SIX = time(10), time(18)

#: Document 002, line by line: kind, first and last day, hours, and whether it is for the newly elected alone.
SESSIONS_2022_2025 = [
    ("overnight", date(2022, 1, 31), date(2022, 2, 1), NOON, NOON, True),
    ("day", date(2022, 4, 27), date(2022, 4, 27), TEN, SIX, True),
    ("online", date(2022, 6, 1), date(2022, 6, 1), None, None, False),
    ("overnight", date(2022, 12, 5), date(2022, 12, 6), NOON, NOON, False),
    ("day", date(2023, 4, 17), date(2023, 4, 17), TEN, SIX, False),
    ("overnight", date(2023, 11, 29), date(2023, 11, 30), NOON, NOON, False),
    ("day", date(2024, 4, 15), date(2024, 4, 15), TEN, SIX, False),
    ("overnight", date(2024, 11, 28), date(2024, 11, 29), NOON, NOON, False),
    ("day", date(2025, 4, 7), date(2025, 4, 7), TEN, SIX, False),
    ("online", date(2025, 5, 20), date(2025, 5, 20), None, None, False),
]

PROGRAMME = [
    ["12.00", "12.30", "12.45", "13.45", "15.00", "17.00", "18.30"],
    ["08.30", "08.40", "10.15", "11.40", "12.00"],
]
SPEAKERS = ["Mette Touborg", "Niels Lunde", "Stefan Hermann", "Søs Marie Serup", "Torben M. Andersen"]


NEW, WHOLE, COMMITTEES = (
    "Introforløb for nye kommunalbestyrelsesmedlemmer",
    "Introforløb for den samlede nye kommunalbestyrelse",
    "Introforløb i de enkelte politiske udvalg",
)

#: Document 004, line by line, in the order of time: when, what, on which track, and where.
TIMETABLE = [
    ("Januar 2018", "Udvalgsmøder med valg af formand, mødeplan m.v.", COMMITTEES, ""),
    ("3. januar 2018", "Ballerup Kommunes informationsmøde om it for nye medlemmer", NEW, ""),
    ("26. januar 2018", "Goddag- og farvelmiddag for nye og gamle kommunalbestyrelsesmedlemmer", WHOLE, ""),
    (
        "Februar 2018",
        "De politiske udvalg tager stilling til deres respektive introduktionsprogrammer",
        COMMITTEES,
        "",
    ),
    ("7. februar 2018", "Ballerup Kommunes informationsmøde om økonomi, budget og styring m.v.", WHOLE, ""),
    ("23.-24. februar 2018", "Opstartsseminar for hele kommunalbestyrelsen", WHOLE, ""),
    (
        "1. marts 2018",
        "Ballerup Kommunes informationsmøde: ”Valgt til en bestyrelse eller til bestyrelsesformand – hvordan gør jeg?”",
        WHOLE,
        "",
    ),
    ("8.-9. marts 2018", "Kommunalpolitisk topmøde i Aalborg for hele kommunalbestyrelsen", WHOLE, "Aalborg"),
    ("15.-17. marts 2018", "Kattegatkursus for nye kommunalbestyrelsesmedlemmer", NEW, "Værløse"),
    ("22.-24. marts 2018", "Kattegatkursus for nye kommunalbestyrelsesmedlemmer", NEW, "Helsinge"),
    (
        "April/maj 2018",
        "Temamøder for de enkelte politiske udvalg – introduktion til det pågældende udvalgsområde",
        COMMITTEES,
        "",
    ),
    (
        "11. april 2018",
        "Ballerup Kommunes informationsmøde om juridiske rammer, arbejdet som kommunalbestyrelsesmedlem samt "
        "kommunikation og presse",
        WHOLE,
        "",
    ),
    ("Maj 2018", "Bustur rundt i kommunen med beretning om bl.a. boligområder, byplanlægning m.v.", WHOLE, ""),
    ("Maj/juni 2018", "De enkelte politiske udvalgs 12-12 seminar", COMMITTEES, ""),
]


def everything():
    """What a second run could have changed."""
    return {
        "pages": list(
            Page.objects.order_by("path").values_list("path", "title", "url_path", "live", "latest_revision")
        ),
        "revisions": set(Revision.objects.values_list("pk", flat=True)),
        "calendars": set(CalendarEntry.objects.values_list("uid", "sequence", "changed_at", "starts_on")),
        "facts": Fact.objects.count(),
        "municipalities": Municipality.objects.count(),
        "prices": list(PriceRow.objects.values_list("pk", "net")),
    }


@pytest.mark.parametrize(("heading", "group", "title", "providers"), OFFERS, ids=[row[2] for row in OFFERS])
def test_every_offer_of_the_catalogue_is_in_its_place(catalogue, heading, group, title, providers):
    offer = OfferPage.objects.live().get(title=title)
    above = [page.title for page in offer.get_ancestors().type(HeadingPage)]

    assert above == [heading, group] if group else [heading]
    assert offer.provider_names == providers
    assert offer.intro
    assert offer.body


def test_the_offers_stand_in_the_order_of_the_document(catalogue):
    course = ["Borgmesterforløbet 2026-2029", "Borgmester i en ny tid – Lederskab i en kompleks samtid"]
    of_kl = [page for page in HeadingPage.objects.all() if page.municipality is None]
    titles = [offer.title for offer in OfferPage.objects.order_by("path") if offer.get_parent().specific in of_kl]

    assert [title for title in titles if title not in course] == [row[2] for row in OFFERS]


def test_the_first_course_has_its_ten_sessions_at_their_true_dates(catalogue):
    course = OfferPage.objects.get(title="Borgmester i en ny tid – Lederskab i en kompleks samtid")
    sessions = SessionPage.objects.child_of(course).live().order_by("starts_on").select_related("audience")

    assert course.get_parent().title == LEADERSHIP
    assert [
        (page.kind, page.starts_on, page.ends_on, page.starts_time, page.ends_time, page.audience.newly_elected)
        for page in sessions
    ] == SESSIONS_2022_2025
    assert {page.moderator for page in sessions} == {"Komponent"}


def test_the_programme_of_december_2022_prints_in_full(catalogue, client):
    page = SessionPage.objects.get(starts_on=date(2022, 12, 5))

    times = [[f"{item['time']:%H.%M}" for item in day["items"]] for _date, day in page.days()]
    assert times == PROGRAMME
    assert not any(day["heading"] for _date, day in page.days())  # the page counts the days itself

    html = client.get(page.url).content.decode()
    assert html.count('class="item-time"') == 12
    for day in PROGRAMME:
        for clock in day:
            assert f">{clock}</time>" in html
    for speaker in SPEAKERS:
        assert speaker in html
    assert list(Speaker.objects.values_list("name", flat=True)) == SPEAKERS


def test_the_coming_sessions_are_reckoned_from_the_day_of_loading(catalogue):
    course = OfferPage.objects.get(title="Borgmesterforløbet 2026-2029")
    sessions = SessionPage.objects.child_of(course).live()
    tariffs = {page.slug: page.prices(now=LOADED_AT).general for page in sessions}

    assert [page.starts_on for page in sessions.past(LOADED_AT)] == [date(2026, 11, 11)]
    assert sessions.upcoming(LOADED_AT).count() == 7
    assert tariffs["ny-teknologi-og-data"].price.is_free
    assert tariffs["oekonomi-og-baeredygtighed"] is None
    assert tariffs["faellesskab-om-svaere-loesninger"].price.gross == Decimal("6625.00")
    assert tariffs["samspillet-med-forvaltningen"].price.gross == Decimal("11000.00")
    assert sessions.get(slug="ny-borgmester-mange-roller").audience.newly_elected
    assert str(sessions.get(slug="nye-samspil-med-omverdenen").when) == "maj/juni 2027"
    assert set(ConditionsVersion.objects.values_list("free_days", flat=True)) == {None}


def test_free_sessions_have_conditions_without_a_word_of_paying(catalogue):
    free = SessionPage.objects.live().filter(own_net=0)

    assert len(free) == 19
    for session in free:
        assert not re.search("betal|pris|faktura", session.conditions.current().text, re.IGNORECASE)


def test_the_site_opens_on_the_front_page(catalogue, client):
    assert Site.objects.get(is_default_site=True).root_page.specific == FrontPage.objects.get()
    assert not Page.objects.filter(title__startswith="Welcome").exists()
    assert client.get("/").status_code == 200
    assert Municipality.objects.count() == 98
    assert {"2018-2021", "2022-2025", "2026-2029"} <= {str(term) for term in ElectionTerm.objects.all()}
    assert TextPage.objects.live().count() == 5


# Ballerup's own course


@pytest.fixture
def introduction(catalogue):
    return HeadingPage.objects.get(title="Introduktionsprogram for den nye kommunalbestyrelse 2018-2021")


def test_ballerups_timetable_is_in_the_order_of_time(introduction, client):
    lines = client.get(introduction.url).context["timetable"]

    assert [
        (capfirst(line.session.when.short), line.session.title, line.track.title, line.session.place) for line in lines
    ] == TIMETABLE
    assert [line.session.when.is_dated for line in lines].count(False) == 5


def test_ballerups_course_stands_beside_kls_headings_and_not_on_the_front_page(introduction, client):
    headings = CataloguePage.objects.get().get_children().live()
    front = [group.heading.title for group in client.get("/").context["groups"]]

    assert [page.title for page in headings][:4] == [LEADERSHIP, KNOWLEDGE, COMMUNITY, introduction.title]
    assert front == [LEADERSHIP, KNOWLEDGE, COMMUNITY]
    assert [page.title for page in introduction.get_children()] == [NEW, WHOLE, COMMITTEES]
    assert "Ballerup Kommune" in client.get(introduction.url).content.decode()


def test_ballerups_course_is_for_its_council_alone(introduction):
    below = SessionPage.objects.filter(path__startswith=introduction.path).select_related("audience")
    ballerup, elsewhere = Municipality.objects.get(name="Ballerup"), Municipality.objects.get(name="Herlev")
    old_hands = [OfficeKind.MAYOR, OfficeKind.DEPUTY_MAYOR, OfficeKind.COMMITTEE_CHAIR]

    def admitted(place, kind):
        office = OfficeFactory(municipality=place, kind=kind, starts_on=date(2018, 1, 1), ends_on=date(2018, 12, 31))
        return {page.title for page in below if page.audience.admits(office.person, on=page.starts_on)}

    titles, of_the_new = {line[1] for line in TIMETABLE}, {line[1] for line in TIMETABLE if line[2] == NEW}
    assert admitted(ballerup, OfficeKind.COUNCIL_MEMBER) == titles
    assert [admitted(ballerup, kind) for kind in old_hands] == [titles - of_the_new] * 3
    assert admitted(ballerup, OfficeKind.MUNICIPAL_DIRECTOR) == set()
    assert [admitted(elsewhere, kind) for kind in (*old_hands, OfficeKind.COUNCIL_MEMBER)] == [set()] * 4


def test_kattegatkursus_is_held_twice_and_one_takes_part_once(introduction, client):
    runs = SessionPage.objects.filter(choice__name="Kattegatkursus 2018, Ballerup").order_by("starts_on")
    lines = client.get(introduction.url).context["timetable"]

    assert [run.place for run in runs] == ["Værløse", "Helsinge"]
    assert [(line.session, line.other_runs) for line in lines if line.other_runs] == [
        (runs[0], (runs[1],)),
        (runs[1], (runs[0],)),
    ]


def test_thirty_lines_of_a_timetable_take_as_many_queries_as_one(introduction, client):
    empty = HeadingPageFactory(municipality=introduction.municipality)
    track = OfferPageFactory(parent=empty)
    SessionPageFactory(parent=track)
    with_one = queries_of(client, empty.url)
    for number in range(29):
        choice, _made = Choice.objects.get_or_create(name=f"Valg {number // 2}")
        SessionPageFactory(parent=track if number % 2 else OfferPageFactory(parent=empty), choice=choice)

    assert queries_of(client, empty.url) == with_one


def test_the_edition_to_come_has_two_runs_to_choose_between(catalogue):
    runs = SessionPage.objects.filter(choice__name="Kattegatkursus 2026-2029, Ballerup").order_by("starts_on")

    assert [(run.starts_on, run.ends_on) for run in runs] == [
        (date(2027, 1, 21), date(2027, 1, 23)),
        (date(2027, 1, 28), date(2027, 1, 30)),
    ]
    assert runs[0].other_runs() == [runs[1]]


# Once more


def test_loading_again_on_a_later_day_changes_nothing(catalogue):
    before = everything()

    with time_machine.travel(LOADED_AT + timedelta(days=200)):
        call_command("load_catalogue")

    assert everything() == before


def test_what_editors_have_done_is_left_alone(catalogue):
    renamed = OfferPage.objects.get(title="Mentorordning")
    renamed.title, renamed.slug = "En mentor til dig", "mentor"
    renamed.save_revision().publish()
    SessionPage.objects.get(starts_on=date(2022, 12, 5)).delete()
    moved = OfferPage.objects.get(title="Sociale medier")
    moved.move(HeadingPage.objects.get(title=COMMUNITY), pos="last-child")
    Municipality.objects.filter(name="Fanø").update(region="Et nyt navn")
    draft = OfferPage.objects.get(title="Mødeledelse")
    draft.intro = "En kladde."
    draft.save_revision()
    before = everything()

    load(now=timezone.now())

    assert everything() == before
    assert Municipality.objects.get(name="Fanø").region == "Et nyt navn"
