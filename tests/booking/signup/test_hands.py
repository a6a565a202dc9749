"""A seat that others have put somebody else in: whoever ordered it, and no longer acts there, reads no new name."""

from datetime import timedelta

import pytest
from django.urls import reverse

from booking.models import Booking, OutboxMessage, Secretary
from booking.mypage.everything import everything_about
from booking.people.secretaries import end_secretary
from booking.sessions.live import cancel_session
from booking.signup.substitute import may_substitute, substitute
from tests.booking.signup.test_reserve import NOW, PURCHASE, order
from tests.factories import SessionPageFactory, UserFactory, mayor_of, secretary_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("january")]

HERS, NEW = "sekretaer@example.org", "Ny Borgmester"


@pytest.fixture
def booking() -> Booking:
    """A seat that a secretary ordered who has been let go since; her own address is the contact's."""
    mayor = mayor_of("Fanø")
    booker = secretary_of(mayor, email=HERS)
    purchase = PURCHASE.__class__("Sekretær", HERS, gln=PURCHASE.gln)
    booking = order(SessionPageFactory(), mayor, booker=booker, purchase=purchase).bookings.get()
    end_secretary(booker.acts_for.get(), by=None, now=NOW - timedelta(days=1))
    OutboxMessage.objects.all().delete()
    return booking


@pytest.fixture
def successor(booking):
    """Whom staff put in the seat."""
    successor = mayor_of("Skive", person__name=NEW, person__email="ny@example.org")
    substitute(booking, participant=successor, by=UserFactory(), now=NOW)
    return successor


def pages(client, booking) -> dict[str, str]:
    booker = booking.order.booker
    client.force_login(booker.user)
    addresses = {"receipt": reverse("booking:receipt", args=[booking.order.reference]), "mine": "/min-side/"}
    read = {name: client.get(address).content.decode() for name, address in addresses.items()}
    return read | {"everything": str(everything_about(booker))}


@pytest.mark.parametrize("room", ["receipt", "mine", "everything"])
def test_whoever_ordered_and_was_let_go_reads_no_name_of_a_successor(client, booking, successor, room):
    page = pages(client, booking)[room]

    assert booking.order.reference in page
    assert NEW not in page


def test_whoever_was_not_let_go_reads_who_follows(client, booking, successor):
    Secretary.objects.update(ends_on=None)

    assert NEW in pages(client, booking)["receipt"]


@pytest.mark.parametrize("room", ["receipt", "mine", "everything"])
def test_whom_they_signed_up_themselves_they_go_on_reading(client, booking, room):
    assert booking.participant.name in pages(client, booking)[room]


def test_whoever_acts_for_the_successor_too_reads_the_name(client, booking, successor):
    Secretary.objects.create(secretary=booking.order.booker, principal=successor, starts_on=NOW)

    assert NEW in pages(client, booking)["receipt"]


def test_the_mails_about_a_successor_go_to_them_alone(booking, successor):
    cancel_session(booking.session, by=None, now=NOW)

    named = OutboxMessage.objects.filter(text__contains=NEW)
    assert set(named.values_list("recipient", "kind")) == {
        ("ny@example.org", "booked"),
        ("ny@example.org", "session_cancelled"),
    }
    assert not OutboxMessage.objects.filter(recipient=HERS).exists()


def test_a_contact_of_the_town_hall_goes_on_hearing_of_the_seat(booking, successor):
    booking.order.contact_email = "borgmesterkontoret@example.org"
    booking.order.save()

    cancel_session(booking.session, by=None, now=NOW)

    assert OutboxMessage.objects.filter(recipient="borgmesterkontoret@example.org", text__contains=NEW).exists()


def test_no_say_is_left_over_the_successors_seat(booking, successor):
    office = successor.offices.get()
    office.ends_on = booking.session.starts_on - timedelta(days=1)
    office.save()
    booking = Booking.objects.select_related("session", "office", "order__booker", "participant").get()

    assert booking.holder_leaves
    assert not may_substitute(booking, booking.order.booker, now=NOW)
