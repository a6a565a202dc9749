"""Passing a seat on from the receipt: who has a say over it, and to whom it can go."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from booking.dates import today
from booking.models import Audience, Booking, Fact, OrderLine, Secretary, SessionPage
from booking.signup.cancel import cancel_booking
from booking.signup.guests import IN_A_DAY, Guest
from booking.signup.refusals import TOO_MANY_GUESTS
from tests.booking.people.seats import booking_of
from tests.booking.signup.test_reserve import order
from tests.factories import AudienceFactory, OfficeFactory, PersonFactory, SessionPageFactory, mayor_of, secretary_of


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
    assert not page.context["has_choice"]


def test_whoever_acts_for_nobody_else_is_told_whom_to_write_to(client, seat):
    signed_in(client, secretary_of(seat.participant))

    page = client.get(address(seat)).content.decode()

    assert "Du handler ikke på vegne af andre" in page
    assert seat.session.contact.email in page.split("Du handler ikke på vegne af andre")[1]


def test_where_nothing_is_paid_nobody_is_said_to_pay(client, seat, successor):
    signed_in(client, secretary_of(seat.participant, successor))
    assert "betaler stadig" in client.get(address(seat)).content.decode()
    OrderLine.objects.update(unit_net=0)

    assert "betaler stadig" not in client.get(address(seat)).content.decode()


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


# Somebody who is not in the register


@pytest.fixture
def open_seat(db):
    """A mayor's, at a session where others can be named; and the secretary."""
    session = SessionPageFactory(
        audience=AudienceFactory(name="Borgmestre og andre", takes_guests=True),
        starts_on=today(timezone.now()) + timedelta(days=200),
    )
    mayor = mayor_of("Fanø")
    placed = order(session, mayor, booker=secretary_of(mayor), now=timezone.now())
    return placed.bookings.get()


NAMED = {"participant": "named", "name": "Anne Holm", "email": "Anne.Holm@example.org "}


def test_a_seat_goes_to_somebody_who_is_named(client, open_seat):
    signed_in(client, open_seat.order.booker)

    answer = client.post(address(open_seat), NAMED)

    assert answer.url == reverse("booking:my_page")
    open_seat.refresh_from_db()
    guest = open_seat.participant
    assert (guest.name, guest.guest_email, guest.municipality) == (
        "Anne Holm",
        "anne.holm@example.org",
        open_seat.order.payer,
    )
    again = client.post(address(open_seat), NAMED | {"name": "Bo Riis", "email": "bo@example.org"})
    assert again.status_code == 302


@pytest.mark.parametrize(("changes", "field"), [({"name": " "}, "name"), ({"email": "anne"}, "email")])
def test_a_name_and_a_whole_address_are_asked_for(client, open_seat, changes, field):
    signed_in(client, open_seat.order.booker)

    answer = client.post(address(open_seat), NAMED | changes)

    assert list(answer.context["form"].errors) == [field]


def test_nobody_is_named_where_the_audience_is_a_promise(client, open_seat):
    signed_in(client, open_seat.order.booker)
    Audience.objects.update(takes_guests=False)

    assert 'name="email"' not in client.get(address(open_seat)).content.decode()
    client.post(address(open_seat), NAMED)

    open_seat.refresh_from_db()
    assert not open_seat.participant.is_guest


def test_a_guest_who_has_a_seat_gets_no_other(client, open_seat):
    signed_in(client, open_seat.order.booker)
    guests = [Guest("Anne Holm", "anne.holm@example.org")]
    order(open_seat.session, booker=open_seat.order.booker, guests=guests, now=timezone.now())

    answer = client.post(address(open_seat), NAMED)

    assert list(answer.context["form"].errors) == ["participant"]


def test_whoever_was_named_for_a_seat_and_replaced_counts_among_those_of_the_day(client, open_seat):
    signed_in(client, open_seat.order.booker)
    guests = [Guest("x", f"x{number}@example.org") for number in range(IN_A_DAY - 2)]
    order(open_seat.session, booker=open_seat.order.booker, guests=guests, now=timezone.now())

    answers = [
        client.post(address(open_seat), NAMED | {"email": f"{name}@example.org"}) for name in ("anne", "bo", "cai")
    ]

    assert [answer.status_code for answer in answers] == [302, 302, 422]
    assert answers[-1].context["form"].errors["participant"] == [TOO_MANY_GUESTS]


def test_a_guest_who_waits_need_not_wait_any_longer(client, open_seat):
    signed_in(client, open_seat.order.booker)
    guests = [Guest("Anne Holm", "anne.holm@example.org")]
    order(open_seat.session, booker=open_seat.order.booker, guests=guests, waits=True, now=timezone.now())

    assert client.post(address(open_seat), NAMED).status_code == 302

    assert Booking.objects.active().get().participant.guest_email == "anne.holm@example.org"
