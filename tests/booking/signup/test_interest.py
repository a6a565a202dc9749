"""The list of those who hear when a session gets its date."""

from datetime import date

import pytest
from django.urls import reverse

from booking.journal.kinds import INTERESTED
from booking.journal.models import Fact
from booking.models import Interest
from tests.factories import PersonFactory, SessionPageFactory, UserFactory, mayor_of, secretary_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("january")]


@pytest.fixture
def session():
    """Some time in May or June."""
    return SessionPageFactory(
        starts_on=date(2027, 5, 1),
        ends_on=date(2027, 6, 30),
        starts_time=None,
        ends_time=None,
        when_text="maj/juni 2027",
    )


def ask(client, session, **fields):
    return client.post(reverse("booking:interest", args=[session.pk]), fields)


def panel_on(client, session) -> str:
    return client.get(session.get_url()).content.decode().split('id="tilmelding"')[1].split("</section>")[0]


def test_a_stranger_is_asked_to_sign_in(client, session):
    assert reverse("account_login") in panel_on(client, session)
    assert ask(client, session).url.startswith(reverse("account_login"))
    assert not Interest.objects.exists()


def test_back_from_signing_in_one_lands_on_the_page(client, session):
    client.force_login(mayor_of("Fanø").user)

    answer = client.get(reverse("booking:interest", args=[session.pk]))

    assert answer.url == session.get_url() + "#tilmelding"
    assert not Interest.objects.exists()


def test_going_on_the_list_twice_is_being_on_it_once(client, session):
    person = mayor_of("Fanø")
    client.force_login(person.user)
    assert 'name="withdraw"' not in panel_on(client, session)

    for _click in range(2):
        assert ask(client, session).url == session.get_url() + "#tilmelding"

    assert Interest.objects.get().person == person
    fact = Fact.objects.get(kind=INTERESTED)
    assert (fact.by, fact.on_behalf_of) == (person.user, person)
    assert 'name="withdraw"' in panel_on(client, session)


def test_one_can_go_off_the_list_again(client, session):
    client.force_login(mayor_of("Fanø").user)
    ask(client, session)

    ask(client, session, withdraw="1")
    ask(client, session, withdraw="1")

    assert not Interest.objects.exists()


def test_nobody_waits_for_a_date_that_is_there(client):
    client.force_login(mayor_of("Fanø").user)

    ask(client, SessionPageFactory())

    assert not Interest.objects.exists()


def test_nobody_outside_the_register_waits(client, session):
    client.force_login(UserFactory())
    assert "<form" not in panel_on(client, session)

    ask(client, session)

    assert not Interest.objects.exists()


def test_the_way_back_is_our_own(client, session):
    client.force_login(mayor_of("Fanø").user)

    assert ask(client, session, next="https://evil.example/").url == session.get_url() + "#tilmelding"
    assert ask(client, session, next="/min-side/").url == "/min-side/"


def test_a_date_in_words_is_shown_as_it_is_said(client, session):
    page = client.get(session.get_url()).content.decode()

    assert "Maj/juni 2027" in page
    assert "1. maj" not in page


def test_the_list_is_joined_by_post_alone(client, session):
    client.force_login(mayor_of("Fanø").user)

    assert client.put(reverse("booking:interest", args=[session.pk])).status_code == 405


def test_a_session_for_mayors_keeps_no_list_of_others(client, session):
    client.force_login(PersonFactory().user)

    ask(client, session)

    assert 'type="submit"' not in panel_on(client, session)
    assert not Interest.objects.exists()


def test_a_secretary_waits_for_the_mayor(client, session):
    secretary = secretary_of(mayor_of("Fanø"))
    client.force_login(secretary.user)

    ask(client, session)

    assert Interest.objects.get().person == secretary
