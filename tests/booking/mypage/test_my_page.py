"""My page: what one is signed up for, and what one may do."""

from datetime import date, datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from booking.dates import COPENHAGEN
from booking.models import Interest, Secretary, SessionPage
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from booking.signup.sentences import off_site_sentence
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import PersonFactory, SessionPageFactory, UserFactory, mayor_of, secretary_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("january")]

LINK = "https://moede.example.org/hemmeligt-rum"


@pytest.fixture
def january():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def mayor():
    return mayor_of("Fanø")


def my_page(client, person):
    client.force_login(person.user)
    return client.get(reverse("booking:my_page"))


def booked(mayor, **session):
    booker = session.pop("booker", None)
    return order(SessionPageFactory(**session), mayor, booker=booker).bookings.get()


def test_a_stranger_is_asked_to_sign_in(client):
    assert client.get(reverse("booking:my_page")).url == f"{reverse('account_login')}?next=/min-side/"


def test_a_secretary_sees_whom_each_booking_is_for(client, mayor):
    secretary = secretary_of(mayor)
    booking = booked(mayor, title="Krydspres i maj", booker=secretary)

    page = my_page(client, secretary).content.decode()

    assert "Krydspres i maj" in page
    assert mayor.name in page.split("Krydspres i maj")[1]
    assert reverse("booking:receipt", args=[booking.order.reference]) in page


def test_the_mayor_and_another_secretary_see_it_too(client, mayor):
    booked(mayor, title="Krydspres i maj", booker=secretary_of(mayor, name="Den første sekretær"))

    assert "Krydspres i maj" in my_page(client, mayor).content.decode()
    assert "Den første sekretær" in my_page(client, secretary_of(mayor)).content.decode()


def test_a_revoked_secretary_sees_nothing_of_what_others_booked(client, mayor):
    booked(mayor, title="Krydspres i maj")
    secretary = secretary_of(mayor)
    Secretary.objects.update(ends_on=date(2027, 1, 10))

    page = my_page(client, secretary).content.decode()

    assert "Krydspres i maj" not in page
    assert mayor.name not in page


def test_another_mayors_bookings_are_nobody_elses(client, mayor):
    booked(mayor, title="Krydspres i maj")

    assert "Krydspres i maj" not in my_page(client, mayor_of("Ærø")).content.decode()


def test_what_comes_stands_first_soonest_first_and_the_past_by_itself(client, mayor, january):
    booked(mayor, title="I maj")
    booked(mayor, title="I april", starts_on=date(2027, 4, 7))
    booked(mayor, title="I februar", starts_on=date(2027, 2, 3))
    january.move_to(datetime(2027, 3, 1, 9, tzinfo=COPENHAGEN))

    context = my_page(client, mayor).context

    assert [line.booking.session.title for line in context["coming"]] == ["I april", "I maj"]
    assert [line.booking.session.title for line in context["past"]] == ["I februar"]


def test_a_seat_given_up_is_no_longer_among_what_comes(client, mayor):
    cancel_booking(booked(mayor, title="I maj"), by=None, now=NOW)

    context = my_page(client, mayor).context

    assert context["coming"] == []
    assert [line.booking.session.title for line in context["past"]] == ["I maj"]


def test_whom_to_write_to_stands_with_its_address(client, mayor, settings):
    assert f'href="mailto:{settings.DEFAULT_FROM_EMAIL}"' in my_page(client, mayor).content.decode()


def test_the_joining_link_is_there_until_it_no_longer_helps(client, mayor):
    booking = booked(mayor, join_link=LINK)
    assert LINK in my_page(client, mayor).content.decode()

    cancel_booking(booking, by=None, now=NOW)

    assert LINK not in my_page(client, mayor).content.decode()


def test_a_cancelled_session_has_no_joining_link(client, mayor):
    booking = booked(mayor, join_link=LINK)
    cancel_session(booking.session, by=None, now=NOW)

    page = my_page(client, mayor).content.decode()

    assert LINK not in page
    assert "badge-cancelled" in page


def test_a_session_taken_off_the_site_says_so_and_whom_to_ask(client, mayor):
    session = booked(mayor, title="Krydspres i maj").session
    session.unpublish()

    page = my_page(client, mayor).content.decode()

    assert off_site_sentence(session) in page
    assert session.contact.email in off_site_sentence(session)
    assert "badge-open" not in page
    assert "badge-cancelled" not in page
    assert reverse("booking:session_ics", args=[session.entry.uid]) not in page


def test_where_a_session_off_the_site_names_nobody_one_asks_those_who_write_the_mails(client, mayor, settings):
    session = booked(mayor, contact=None).session
    session.unpublish()

    assert settings.DEFAULT_FROM_EMAIL in off_site_sentence(session)
    assert off_site_sentence(session) in my_page(client, mayor).content.decode()


@pytest.mark.parametrize("gone", ["cancelled", "held", "given up"])
def test_what_is_done_with_is_not_asked_about(client, mayor, january, gone):
    booking = booked(mayor)
    if gone == "cancelled":
        cancel_session(booking.session, by=None, now=NOW)
    elif gone == "held":
        january.move_to(datetime(2027, 6, 1, 9, tzinfo=COPENHAGEN))
    else:
        cancel_booking(booking, by=None, now=NOW)
    booking.session.unpublish()

    assert booking.session.contact.email not in my_page(client, mayor).content.decode()


def test_a_draft_of_a_session_taken_off_the_site_says_nothing_there(client, mayor):
    session = booked(mayor, title="Krydspres i maj").session
    session.unpublish()
    session.starts_on = session.ends_on = date(2027, 2, 8)
    session.title = "Udkast"
    session.save()

    page = my_page(client, mayor).content.decode()

    assert "5. maj 2027" in page
    assert "februar" not in page
    assert "Udkast" not in page


def test_a_booker_who_no_longer_acts_has_no_joining_link(client, mayor):
    secretary = secretary_of(mayor)
    booked(mayor, join_link=LINK, booker=secretary)
    Secretary.objects.update(ends_on=date(2027, 1, 10))

    assert LINK not in my_page(client, secretary).content.decode()


def test_whom_one_acts_for_stands_with_its_last_day(client, mayor):
    secretary = secretary_of(mayor)
    Secretary.objects.update(ends_on=date(2029, 12, 31))

    page = my_page(client, secretary).content.decode()

    assert mayor.name in page
    assert "mandag den 31. december 2029" in page
    assert secretary.name in my_page(client, mayor).content.decode()


def test_the_list_for_a_date_can_be_left_from_here(client):
    person = PersonFactory()
    session = SessionPageFactory(
        title="Retning i maj", ends_on=date(2027, 6, 30), starts_time=None, ends_time=None, when_text="maj/juni 2027"
    )
    Interest.objects.create(session=session, person=person, created_at=NOW)

    page = my_page(client, person).content.decode()

    assert "Retning i maj" in page
    assert reverse("booking:interest", args=[session.pk]) in page


def test_somebody_outside_the_register_is_told_so(client):
    client.force_login(UserFactory())

    assert client.get(reverse("booking:my_page")).status_code == 200


def test_my_page_is_never_stored(client, mayor):
    answer = my_page(client, mayor)

    assert "no-store" in answer.headers["Cache-Control"]
    assert "private" in answer.headers["Cache-Control"]


def test_thirty_bookings_ask_no_more_than_one(client, mayor, django_assert_num_queries):
    secretary = secretary_of(mayor)
    booked(mayor, booker=secretary)
    my_page(client, secretary)
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("booking:my_page"))

    for number in range(29):
        booked(mayor, booker=secretary, starts_on=date(2027, 2 + number % 9, 1 + number % 27))

    for session in SessionPage.objects.all()[:15]:
        session.unpublish()

    with django_assert_num_queries(len(one)):
        answer = client.get(reverse("booking:my_page"))
    assert len(answer.context["coming"]) == 30
    assert len(one) <= 20
