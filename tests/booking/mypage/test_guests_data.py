"""What is kept of guests: found by whoever has the address, forgotten with them, and by staff."""

import json

import pytest

from booking.models import Booking, OutboxMessage, Person
from booking.mypage.everything import everything_about
from booking.mypage.forget import HasComingBookings, forget_person
from booking.signup.cancel import cancel_booking
from booking.signup.guests import Guest
from tests.booking.signup.test_guests import summit
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import PersonFactory, mayor_of, secretary_of

pytestmark = [pytest.mark.django_db(transaction=True)]

ANNE, BO = Guest("Anne Holm", "anne.holm@example.org", diet="Vegetar"), Guest("Bo Riis", "bo.riis@example.org")


@pytest.fixture
def anne():
    """Somebody in the register, whom a colleague has named by her address."""
    return PersonFactory(name="Anne H.", email=ANNE.email)


@pytest.fixture
def placed(anne):
    mayor = mayor_of("Fanø", person__email="borgmester@example.org")
    return order(summit(), mayor, booker=secretary_of(mayor), guests=[ANNE, BO])


def test_hent_alt_om_mig_holds_what_others_took_for_ones_address(anne, placed):
    sections = {section.key: section.entries for section in everything_about(anne)}
    held = json.dumps([[item.value for item in entry] for entry in sections["bookings"]])

    assert ANNE.name in held
    assert ANNE.diet in held
    assert BO.name not in held
    assert sections["messages"]
    assert sections["journal"]


def test_it_holds_the_names_of_those_one_has_named_and_not_their_diet(placed):
    held = {section.key: section.entries for section in everything_about(placed.booker)}
    values = [item.value for entry in held["bookings"] for item in entry]

    assert {ANNE.name, BO.name} <= set(values)
    assert ANNE.diet not in values


def test_who_is_to_come_as_a_guest_is_not_forgotten_before(anne, placed):
    with pytest.raises(HasComingBookings):
        forget_person(anne, by=None, now=NOW)


def test_being_forgotten_takes_the_guest_along(anne, placed):
    cancel_booking(Booking.objects.get(participant__guest_email=ANNE.email), by=None, now=NOW)

    forget_person(anne, by=None, now=NOW)

    assert not Person.objects.filter(guest_email=ANNE.email).exists()
    assert not OutboxMessage.objects.filter(recipient=ANNE.email).exists()
    assert Person.objects.get(name=BO.name).guest_email == BO.email


def test_staff_forget_a_guest_who_asks(placed):
    seat = Booking.objects.get(participant__guest_email=BO.email)
    cancel_booking(seat, by=None, now=NOW)

    forget_person(seat.participant, by=None, now=NOW)

    seat.participant.refresh_from_db()
    assert (seat.participant.guest_email, seat.participant.municipality) == ("", None)
    assert not OutboxMessage.objects.filter(recipient=BO.email).exists()
