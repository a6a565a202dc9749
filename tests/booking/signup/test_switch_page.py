"""Switching as a secretary meets it: from the other run's page, from the receipt and from My page."""

from datetime import date

import pytest
from django.urls import reverse

from booking.models import Booking, Choice
from booking.signup.cancel import cancel_booking
from booking.signup.models import BookingStatus
from tests.booking.signup.filled import filled, send
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import OfferPageFactory, SessionPageFactory, VenueFactory, mayor_of, secretary_of
from tests.home.queries import queries_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("january")]

SWITCH = "Skift til en anden afholdelse"


def new_run(choice, day, place, **session):
    return SessionPageFactory(
        choice=choice,
        title="Kattegatkursus",
        starts_on=date(2027, 3, day),
        ends_on=date(2027, 3, day + 2),
        venue=VenueFactory(name=place, street="", postcode="", city=""),
        **session,
    )


@pytest.fixture
def choice(db):
    return Choice.objects.create(name="Kattegatkursus")


@pytest.fixture
def runs(choice):
    OfferPageFactory()
    return [new_run(choice, 15, "Værløse"), new_run(choice, 22, "Helsinge")]


@pytest.fixture
def mayor():
    return mayor_of("Fanø")


@pytest.fixture
def secretary(mayor, client):
    secretary = secretary_of(mayor)
    client.force_login(secretary.user)
    return secretary


@pytest.fixture
def seat(runs, mayor, secretary):
    return order(runs[0], mayor, booker=secretary).bookings.get()


def address(seat):
    return reverse("booking:switch", args=[seat.order.reference, seat.pk])


def read(client, url):
    return " ".join(client.get(url).content.decode().split())


def test_each_run_leads_to_the_others_by_day_and_place(client, runs, choice):
    new_run(choice, 29, "Hornbæk", published=False)

    page = read(client, runs[0].get_url())

    assert f'<a href="{runs[1].get_url()}">Eller 22.-24. marts 2027, Helsinge</a>' in page
    assert "Hornbæk" not in page
    assert "Eller" not in read(client, SessionPageFactory().get_url())


def test_the_other_runs_page_says_which_run_one_has_and_leads_to_switching(client, runs, seat):
    page = read(client, runs[1].get_url())

    assert "Borgmesteren i Fanø er allerede tilmeldt den 15.-17. marts 2027, og man kan kun deltage én gang." in page
    assert f'<a href="{address(seat)}?til={runs[1].pk}">Skift til denne</a>' in page


def test_a_run_at_another_price_says_why_it_leads_nowhere(client, runs, seat):
    runs[1].own_net = 9000
    runs[1].save_revision().publish()

    page = read(client, runs[1].get_url())

    assert "Prisen er en anden end den aftalte, så du kan ikke selv skifte." in page
    assert address(seat) not in page


def test_a_full_run_leads_nowhere(client, runs, seat):
    runs[1].capacity = 1
    runs[1].save_revision().publish()
    order(runs[1], mayor_of("Ærø"))

    assert address(seat) not in read(client, runs[1].get_url())
    page = read(client, address(seat))
    assert "<dt>22.-24. marts 2027, Helsinge</dt><dd>Alle pladser er optaget.</dd>" in page
    assert "<form" not in page.split("<main")[1]


def test_one_press_moves_the_seat_and_the_receipt_shows_it(client, runs, seat):
    page = read(client, f"{address(seat)}?til={runs[1].pk}")
    assert "22.-24. marts 2027, Helsinge" in page

    response = client.post(address(seat), {"session": runs[1].pk}, follow=True)

    assert response.redirect_chain == [(reverse("booking:receipt", args=[seat.order.reference]), 302)]
    assert Booking.objects.get().session == runs[1]
    page = " ".join(response.content.decode().split())
    assert "Borgmesteren i Fanø er nu tilmeldt den 22.-24. marts 2027." in page
    assert "Mandag den 22. – onsdag den 24. marts 2027" in page


def test_what_comes_in_between_is_said_in_danish_and_the_old_seat_stays(client, runs, seat):
    read(client, address(seat))
    runs[1].capacity = 1
    runs[1].save_revision().publish()
    order(runs[1], mayor_of("Ærø"))

    response = client.post(address(seat), {"session": runs[1].pk})

    assert response.status_code == 422
    assert "Alle pladser er optaget." in response.content.decode()
    assert Booking.objects.get(pk=seat.pk).session == runs[0]


@pytest.mark.parametrize("sent", [{}, {"session": ""}, {"session": "x"}, {"session": "999999"}])
def test_nonsense_moves_nothing(client, runs, seat, sent):
    assert client.post(address(seat), sent).status_code == 422
    assert Booking.objects.get().session == runs[0]


def test_a_session_that_is_no_run_of_the_choice_is_refused(client, runs, seat):
    other = SessionPageFactory()

    assert client.post(address(seat), {"session": other.pk}).status_code == 422
    assert Booking.objects.get().session == runs[0]


def test_a_seat_that_is_not_paid_for_is_told_so(client, runs, seat):
    Booking.objects.filter(pk=seat.pk).update(status=BookingStatus.HELD)

    assert "Pladsen er ikke betalt endnu. Betal først, så kan du skifte." in read(client, address(seat))


def test_the_receipt_and_my_page_lead_to_it_while_the_seat_can_be_left(client, runs, seat):
    pages = [reverse("booking:receipt", args=[seat.order.reference]), reverse("booking:my_page")]
    assert all(address(seat) in read(client, page) for page in pages)

    cancel_booking(seat, by=None, now=NOW)

    assert not any(address(seat) in read(client, page) for page in pages)


def test_a_seat_without_alternatives_leads_nowhere(client, mayor, secretary):
    seat = order(SessionPageFactory(), mayor, booker=secretary).bookings.get()

    assert SWITCH not in read(client, reverse("booking:receipt", args=[seat.order.reference]))
    assert "Der er ingen anden afholdelse at skifte til." in read(client, address(seat))


def test_for_strangers_the_page_does_not_exist(client, runs, seat):
    client.force_login(secretary_of(mayor_of("Ærø")).user)

    assert client.get(address(seat)).status_code == 404
    assert client.post(address(seat), {"session": runs[1].pk}).status_code == 404
    client.logout()
    assert client.get(address(seat)).status_code == 302
    assert Booking.objects.get().session == runs[0]


def test_the_form_of_a_run_refuses_whoever_took_the_other_meanwhile(client, runs, mayor, secretary):
    values = filled(client, runs[1])
    order(runs[0], mayor, booker=secretary)

    response = send(client, runs[1], values)

    assert response.status_code == 422
    assert "er allerede tilmeldt den 15.-17. marts 2027" in response.content.decode()
    assert [booking.session for booking in Booking.objects.all()] == [runs[0]]


def test_thirty_seats_at_other_runs_take_as_many_queries_as_one(client, runs, mayor, secretary):
    order(runs[0], mayor, booker=secretary)
    with_one = queries_of(client, runs[1].get_url())
    for name in range(29):
        other = mayor_of(f"Kommune {name}")
        secretary.acts_for.create(principal=other, starts_on=date(2022, 1, 1))
        order(runs[0], other, booker=secretary)

    assert queries_of(client, runs[1].get_url()) == with_one
