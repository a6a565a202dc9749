""" "Min kalender" on Min side: making an address, seeing it once, making another, revoking it."""

import re

import pytest
import time_machine

from booking.journal.kinds import CALENDAR_ADDRESS_ENDED, CALENDAR_ADDRESS_MADE
from booking.models import Fact, OutsideCalendar, PersonalCalendar, Secretary
from booking.mypage.everything import everything_about
from booking.people.secretaries import end_secretary
from tests.booking.signup.test_reserve import NOW
from tests.factories import AudienceFactory, mayor_of, secretary_of

pytestmark = pytest.mark.django_db

PAGE = "/min-side/kalender/"
ADDRESS = re.compile(r'value="https://borgmestre\.example\.org(/kalender/min/[0-9a-f]{64}\.ics)" readonly')


@pytest.fixture(autouse=True)
def january():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def mayor():
    return mayor_of("Fanø")


@pytest.fixture
def browser(client, mayor):
    client.force_login(mayor.user)
    return client


def make(client, person, **fields) -> str:
    """The path of the address that the page shows when it is made."""
    [path] = ADDRESS.findall(
        client.post(PAGE, {"person": person.pk, "make": "1", "sure": "1"} | fields).content.decode()
    )
    return path


def test_a_stranger_is_asked_to_sign_in(client):
    assert client.get(PAGE).status_code == 302
    assert client.post(PAGE, {"person": 1, "make": "1"}).status_code == 302


def test_an_address_is_shown_when_it_is_made_and_never_again(browser, client, mayor):
    assert not ADDRESS.search(browser.get(PAGE).content.decode())

    path = make(browser, mayor)

    assert client.get(path).status_code == 200
    page = browser.get(PAGE)
    assert path not in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert Fact.objects.filter(kind=CALENDAR_ADDRESS_MADE, by=mayor.user, on_behalf_of=mayor).count() == 1


def test_making_another_stops_the_first(browser, mayor):
    first, second = make(browser, mayor), make(browser, mayor)

    assert [browser.get(path).status_code for path in (first, second)] == [404, 200]


def test_revoking_stops_it_at_once(browser, mayor):
    path = make(browser, mayor)

    browser.post(PAGE, {"person": mayor.pk, "revoke": "1", "sure": "1"})

    assert browser.get(path).status_code == 404
    assert not PersonalCalendar.objects.exists()
    assert Fact.objects.filter(kind=CALENDAR_ADDRESS_ENDED).count() == 1


@pytest.mark.parametrize("action", ["make", "revoke"])
def test_an_address_that_works_is_not_stopped_before_a_question_is_answered(browser, mayor, action):
    path = make(browser, mayor)

    asked = browser.post(PAGE, {"person": mayor.pk, action: "1", "with_offers": "on"})

    assert browser.get(path).status_code == 200
    hidden = dict(
        re.findall(r'<input type="hidden" name="(person|sure|with_offers)" value="(\w+)"', asked.content.decode())
    )
    assert hidden == {"person": str(mayor.pk), "sure": "1", "with_offers": "on"}
    browser.post(PAGE, hidden | {action: "1"})
    assert browser.get(path).status_code == 404


def test_the_first_address_is_made_without_a_question(browser, mayor):
    assert ADDRESS.search(browser.post(PAGE, {"person": mayor.pk, "make": "1"}).content.decode())


def test_what_an_office_gives_access_to_is_shown_to_whoever_ticks_it(browser, mayor):
    path = make(browser, mayor)
    assert not PersonalCalendar.objects.get().with_offers

    browser.post(PAGE, {"person": mayor.pk, "save": "1", "with_offers": "on"})

    assert PersonalCalendar.objects.get().with_offers
    assert browser.get(path).status_code == 200


def test_a_secretary_makes_one_for_each_principal_and_the_principal_sees_it(client, mayor):
    secretary = secretary_of(mayor, mayor_of("Ærø"), name="Sofie Holm")
    client.force_login(secretary.user)
    path = make(client, mayor)
    assert client.get(path).status_code == 200

    client.force_login(mayor.user)
    assert "Sofie Holm" in client.get(PAGE).content.decode()

    end_secretary(Secretary.objects.get(principal=mayor), by=mayor.user, now=NOW)
    assert "Sofie Holm" not in client.get(PAGE).content.decode()
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("action", ["make", "revoke", "save"])
@pytest.mark.parametrize("person", ["another", "nobody", "999999", "x"])
def test_nobody_touches_the_calendar_of_whom_they_do_not_act_for(browser, mayor, action, person):
    other = mayor_of("Ærø")
    browser.logout()
    browser.force_login(other.user)
    make(browser, other)
    browser.force_login(mayor.user)

    response = browser.post(PAGE, {"person": other.pk if person == "another" else person, action: "1"})

    assert response.status_code == 302
    assert [(calendar.reader, calendar.with_offers) for calendar in PersonalCalendar.objects.all()] == [(other, False)]


def test_everything_about_somebody_has_their_addresses_without_the_key(browser, mayor):
    path = make(browser, mayor)

    [section] = [section for section in everything_about(mayor) if section.key == "calendars"]

    [[whose, fetched_by, *_others]] = section.entries
    assert (whose.value, fetched_by.value) == (mayor.name, mayor.name)
    assert path[14:78] not in str(section)


@pytest.mark.parametrize("principals", [1, 30])
def test_thirty_principals_ask_no_more_than_one(client, django_assert_num_queries, principals):
    secretary = secretary_of(*[mayor_of(f"Kommune {number}") for number in range(principals)])
    client.force_login(secretary.user)
    client.get(PAGE)

    with django_assert_num_queries(11):
        page = client.get(PAGE).content.decode()

    assert page.count('name="person"') == principals + 1


def test_the_page_says_on_which_day_the_address_was_last_used(browser, mayor):
    path = make(browser, mayor)
    assert "Intet kalenderprogram har spurgt" in browser.get(PAGE).content.decode()

    browser.get(path)

    assert "spurgte sidst efter den mandag den 11. januar 2027" in browser.get(PAGE).content.decode()


def test_the_page_names_those_whose_meetings_come_with_an_office(browser):
    assert "B98" not in browser.get(PAGE).content.decode()
    OutsideCalendar.objects.create(name="B98", members=AudienceFactory())

    assert "B98" in browser.get(PAGE).content.decode()
