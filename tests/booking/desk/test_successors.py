"""The list of seats that lack a successor, and putting one in."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from booking.models import Booking, Fact, Person
from booking.signup.cancel import cancel_booking
from tests.booking.people.seats import booking_of
from tests.factories import SessionPageFactory, mayor_of, secretary_of


@pytest.fixture
def session(db):
    day = timezone.now().date() + timedelta(days=200)
    return SessionPageFactory(title="Ny borgmester", starts_on=day)


def leaver(session, name: str) -> Booking:
    """A seat of a mayor who leaves before the session."""
    office = mayor_of(name).offices.get()
    booking = booking_of(office, session=session, now=timezone.now())
    office.ends_on = session.starts_on - timedelta(days=100)
    office.save()
    return booking


def follower(session, name: str) -> Person:
    starts_on = session.starts_on - timedelta(days=99)
    return mayor_of(name, starts_on=starts_on, person__name=f"Efterfølgeren i {name}")


def substitute(client, booking, participant):
    return client.post(reverse("bookings:substitute", args=[booking.pk]), {"participant": participant})


def told(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def test_the_list_says_who_leaves_who_follows_and_where_to_act(client, administrator, session):
    with_one, without = leaver(session, "Ærø"), leaver(session, "Fanø")
    follower(session, "Ærø")
    booking_of(mayor_of("Samsø").offices.get(), session=session, now=timezone.now())

    page = client.get(reverse("awaiting-successor:index")).content.decode()

    assert "Borgmesteren i Ærø" in page
    assert "Borgmesteren i Fanø" in page
    assert "Efterfølgeren i Ærø" in page
    assert "Borgmesteren i Samsø" not in page
    for booking in (with_one, without):
        assert reverse("bookings:inspect", args=[booking.pk]) in page
        assert reverse("bookings:substitute", args=[booking.pk]) in page


def test_the_list_costs_the_same_for_one_and_for_many(client, administrator, session):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("awaiting-successor:index")).status_code == 200
        return len(captured)

    leaver(session, "Ærø")
    queries()
    one = queries()
    for name in ("Fanø", "Samsø", "Læsø"):
        leaver(session, name)

    assert queries() == one


def test_the_start_page_counts_them(client, administrator, session):
    leaver(session, "Ærø")

    page = client.get(reverse("wagtailadmin_home")).content.decode()

    assert reverse("awaiting-successor:index") in page.partition("booking-consequences")[2].partition("</ul>")[0]


def test_the_successor_is_suggested_and_put_in_the_seat(client, administrator, session):
    booking, successor = leaver(session, "Ærø"), follower(session, "Ærø")

    question = client.get(reverse("bookings:substitute", args=[booking.pk]))
    response = substitute(client, booking, successor.pk)

    assert question.context["form"]["participant"].value() == successor.pk
    assert response.status_code == 302
    assert "Efterfølgeren i Ærø" in told(response)
    booking.refresh_from_db()
    assert booking.participant == successor
    assert Fact.objects.get(kind="substituted").by == administrator


@pytest.mark.parametrize("forged", ["", "0", "999999", "x", "1 OR 1"])
def test_a_forged_person_is_refused_beside_the_field(client, administrator, session, forged):
    booking = leaver(session, "Ærø")

    response = substitute(client, booking, forged)

    assert response.status_code == 422
    assert response.context["form"].errors["participant"]
    booking.refresh_from_db()
    assert booking.participant.name == "Borgmesteren i Ærø"


def test_whom_the_session_is_not_for_is_refused_with_the_reason(client, administrator, session):
    booking = leaver(session, "Ærø")
    secretary = secretary_of(booking.participant, name="Sekretær Sørensen")

    response = substitute(client, booking, secretary.pk)

    assert response.status_code == 422
    assert "Sekretær Sørensen" in response.context["form"].errors["participant"][0]
    booking.refresh_from_db()
    assert booking.participant != secretary


def test_a_seat_given_up_while_the_form_was_open_says_so(client, administrator, session):
    booking, successor = leaver(session, "Ærø"), follower(session, "Ærø")
    cancel_booking(booking, by=None, now=timezone.now())

    response = substitute(client, booking, successor.pk)

    assert response.status_code == 422
    assert response.context["form"].non_field_errors()
    assert client.get(reverse("bookings:substitute", args=[booking.pk])).status_code == 302


@pytest.mark.parametrize("who", ["anonymous", "mayor", "editor"])
def test_nobody_else_reads_the_list_or_moves_a_seat(who, client, session, request):
    if who != "anonymous":
        request.getfixturevalue(who)
    booking, successor = leaver(session, "Ærø"), follower(session, "Ærø")

    for response in (
        client.get(reverse("awaiting-successor:index"), follow=True),
        client.get(reverse("bookings:substitute", args=[booking.pk]), follow=True),
        substitute(client, booking, successor.pk),
    ):
        assert "Borgmesteren i Ærø" not in response.content.decode()
        assert response.status_code in {302, 403} or response.redirect_chain
    booking.refresh_from_db()
    assert booking.participant.name == "Borgmesteren i Ærø"


def test_the_button_stands_on_the_booking_while_it_can_be_done(client, administrator, session):
    booking = leaver(session, "Ærø")
    address = reverse("bookings:substitute", args=[booking.pk])
    inspect = reverse("bookings:inspect", args=[booking.pk])

    assert address in client.get(inspect).content.decode()
    cancel_booking(booking, by=None, now=timezone.now())
    assert address not in client.get(inspect).content.decode()
