"""Guests at the desk: in every list of seats, in no list of the register, and deleted from their booking."""

import pytest
import time_machine
from django.urls import reverse

from booking.models import Booking, Person
from booking.signup.cancel import cancel_booking
from booking.signup.guests import Guest
from tests.booking.signup.test_guests import summit
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import mayor_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("january")]


@pytest.fixture
def january():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def seat():
    mayor = mayor_of("Fanø")
    session = summit(kind="overnight", ends_on="2027-05-06")
    guest = Guest("Anne Holm", "anne.holm@example.org", diet="Ingen nødder", room="Intet værelse")
    return order(session, booker=mayor, guests=[guest]).bookings.get()


def text(client, name, *args, **query) -> str:
    return client.get(reverse(name, args=args), query).content.decode()


def test_the_lists_of_a_session_hold_guests(client, administrator, seat):
    hotel = text(client, "hotel_list", seat.session_id)
    assert all(word in hotel for word in ("Anne Holm", "Ingen nødder", "Intet værelse"))

    assert "Anne Holm" not in text(client, "participant_list", seat.session_id)
    Booking.objects.update(may_be_listed=True)
    listed = text(client, "participant_list", seat.session_id)
    assert "Anne Holm" in listed
    assert "Fanø" in listed


def test_bookings_are_found_by_a_guests_address_and_exported_with_it(client, administrator, seat):
    assert seat.order.reference in text(client, "bookings:index", q="anne.holm")

    answer = client.get(reverse("bookings:index"), {"export": "csv"})

    assert "anne.holm@example.org" in b"".join(answer.streaming_content).decode()


def test_the_register_does_not_know_guests(client, administrator, seat):
    guest = seat.participant

    assert "Anne Holm" not in text(client, "persons:index")
    assert "Anne Holm" not in text(client, "choose-person:choose")
    assert client.get(reverse("persons:edit", args=[guest.pk])).status_code == 404
    page = client.get(reverse("session_book", args=[seat.session_id]), {"participant": guest.pk})
    assert "participant" in page.context["chosen"].errors


def test_staff_see_who_may_be_there_twice(client, administrator, seat):
    assert not client.get(reverse("bookings:inspect", args=[seat.pk])).context["registered_here"]
    twin = order(seat.session, mayor_of("Ærø", person__email="anne.holm@example.org")).bookings.get()

    assert client.get(reverse("bookings:inspect", args=[seat.pk])).context["registered_here"] == [twin]


def test_a_guest_is_deleted_from_the_booking(client, administrator, seat):
    cancel_booking(seat, by=None, now=NOW)
    url = reverse("forget_person", args=[seat.participant_id])

    assert url in text(client, "bookings:inspect", seat.pk)
    assert client.post(url).url == reverse("bookings:inspect", args=[seat.pk])

    assert not Person.objects.exclude(guest_email="").exists()
