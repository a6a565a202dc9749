"""Passing a seat on from the receipt: who has a say over it, and to whom it can go."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from booking.dates import today
from booking.models import Booking, Fact, Secretary, SessionPage
from booking.signup.cancel import cancel_booking
from tests.booking.people.seats import booking_of
from tests.factories import OfficeFactory, PersonFactory, SessionPageFactory, mayor_of, secretary_of


@pytest.fixture
def seat(db):
    """The seat of a mayor who leaves before the session, with the next one in the register."""
    session = SessionPageFactory(starts_on=today(timezone.now()) + timedelta(days=200))
    office = mayor_of("Fanø").offices.get()
    booking = booking_of(office, session=session, now=timezone.now())
    office.ends_on = session.starts_on - timedelta(days=100)
    office.save()
    return booking


@pytest.fixture
def successor(seat):
    starts_on = seat.session.starts_on - timedelta(days=99)
    return mayor_of("Fanø", starts_on=starts_on, person__name="Ole Ny")


def signed_in(client, person):
    client.force_login(person.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def address(booking) -> str:
    return reverse("booking:pass_on", args=[booking.order.reference, booking.pk])


def test_a_secretary_finds_the_way_from_the_receipt_and_passes_it_on(client, seat, successor):
    secretary = secretary_of(seat.participant, successor)
    signed_in(client, secretary)

    receipt = client.get(reverse("booking:receipt", args=[seat.order.reference])).content.decode()
    page = client.get(address(seat))
    response = client.post(address(seat), {"participant": successor.pk})

    assert address(seat) in receipt
    assert "Ole Ny" in page.content.decode()
    assert response.url == reverse("booking:my_page")
    seat.refresh_from_db()
    assert seat.participant == successor
    fact = Fact.objects.get(kind="substituted")
    assert (fact.by, fact.on_behalf_of) == (secretary.user, successor)


def test_those_who_cannot_have_it_stand_with_the_reason(client, seat):
    old = OfficeFactory(kind="deputy_mayor", person__name="Vice Viggo").person
    signed_in(client, secretary_of(seat.participant, old))

    page = client.get(address(seat))

    assert page.status_code == 200
    assert "Vice Viggo" in page.context["refused"][0]
    assert page.context["people"] == []


@pytest.mark.parametrize("forged", ["", "x", "999999"])
def test_a_forged_person_gets_no_seat(client, seat, successor, forged):
    signed_in(client, secretary_of(seat.participant, successor))

    response = client.post(address(seat), {"participant": forged})

    assert response.status_code == 422
    assert response.context["form"].errors["participant"]


def test_a_mayor_whom_one_does_not_act_for_gets_no_seat(client, seat, successor):
    signed_in(client, secretary_of(seat.participant))

    assert client.post(address(seat), {"participant": successor.pk}).status_code == 422
    seat.refresh_from_db()
    assert seat.participant != successor


def test_a_form_that_was_open_when_the_secretary_was_revoked_moves_nothing(client, seat, successor):
    signed_in(client, secretary_of(seat.participant, successor))
    assert client.get(address(seat)).status_code == 200
    Secretary.objects.filter(principal=successor).update(ends_on=today(timezone.now()) - timedelta(days=1))

    assert client.post(address(seat), {"participant": successor.pk}).status_code == 422
    Secretary.objects.update(ends_on=today(timezone.now()) - timedelta(days=1))
    assert client.post(address(seat), {"participant": successor.pk}).status_code == 404
    seat.refresh_from_db()
    assert seat.participant != successor


def test_for_everybody_else_the_page_does_not_exist(client, seat, successor):
    other = booking_of(mayor_of("Ærø").offices.get(), session=seat.session, now=timezone.now())
    assert client.get(address(seat)).status_code == 302

    for stranger in (PersonFactory(), secretary_of(successor), other.participant):
        signed_in(client, stranger)
        assert client.get(address(seat)).status_code == 404
        assert client.post(address(seat), {"participant": stranger.pk}).status_code == 404
    forged = reverse("booking:pass_on", args=[other.order.reference, seat.pk])
    assert client.get(forged).status_code == 404


def test_a_seat_given_up_is_not_passed_on(client, seat, successor):
    signed_in(client, secretary_of(seat.participant, successor))
    cancel_booking(seat, by=None, now=timezone.now())

    response = client.post(address(seat), {"participant": successor.pk})

    assert response.url == reverse("booking:receipt", args=[seat.order.reference])
    seat.refresh_from_db()
    assert seat.participant != successor


# What the house must know of the new one


def test_diet_and_room_are_asked_anew_and_the_old_ones_are_gone(client, seat, successor):
    SessionPage.objects.update(kind="overnight")
    Booking.objects.update(diet="vegetar", room="stille", may_be_listed=True)
    signed_in(client, secretary_of(seat.participant, successor))
    page = client.get(address(seat)).content.decode()
    assert "vegetar" not in page
    assert 'name="diet"' in page
    assert 'name="room"' in page

    client.post(address(seat), {"participant": successor.pk, "diet": "nødder", "room": "", "may_be_listed": "on"})

    seat.refresh_from_db()
    assert (seat.participant, seat.diet, seat.room, seat.may_be_listed) == (successor, "nødder", "", True)


def test_where_nobody_eats_or_sleeps_nothing_is_asked(client, seat, successor):
    SessionPage.objects.update(kind="online")
    signed_in(client, secretary_of(seat.participant, successor))

    page = client.get(address(seat)).content.decode()
    client.post(address(seat), {"participant": successor.pk, "diet": "nødder", "room": "stille"})

    assert 'name="diet"' not in page
    seat.refresh_from_db()
    assert (seat.participant, seat.diet, seat.room, seat.may_be_listed) == (successor, "", "", False)


def test_what_is_too_long_is_said_beside_its_field_and_nothing_is_passed_on(client, seat, successor):
    signed_in(client, secretary_of(seat.participant, successor))

    response = client.post(address(seat), {"participant": successor.pk, "diet": "x" * 201})

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"diet"}
    seat.refresh_from_db()
    assert seat.participant != successor


@pytest.mark.parametrize(
    ("status", "said"), [("held", "ikke betalt endnu"), ("waiting", "ventelisten"), ("offered", "ventelisten")]
)
def test_a_seat_that_nobody_has_yet_is_not_passed_on(client, seat, successor, status, said):
    now = timezone.now()
    Booking.objects.update(status=status, waiting_since=now, offered_until=now + timedelta(days=3))
    signed_in(client, secretary_of(seat.participant, successor))
    receipt = client.get(reverse("booking:receipt", args=[seat.order.reference])).content.decode()
    assert f'href="{address(seat)}"' not in receipt

    response = client.post(address(seat), {"participant": successor.pk}, follow=True)

    assert said in response.content.decode()
    seat.refresh_from_db()
    assert seat.participant != successor
