"""The list of participants: nobody stands on it unasked, and whoever represents the participant answers."""

import pytest
from django.urls import reverse

from booking.journal.kinds import LISTING_ALLOWED, LISTING_REFUSED
from booking.models import Booking, Fact
from booking.signup.cancel import cancel_booking
from booking.signup.listing import allow_listing
from booking.signup.substitute import substitute
from tests.booking.signup.filled import filled, send
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import PersonFactory, SessionPageFactory, UserFactory, mayor_of, secretary_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("january")]


@pytest.fixture
def mayor():
    return mayor_of("Fanø")


@pytest.fixture
def secretary(mayor):
    return secretary_of(mayor)


@pytest.fixture
def booking(mayor, secretary) -> Booking:
    return order(SessionPageFactory(), mayor, booker=secretary).bookings.get()


def answer(client, user, booking, word):
    client.force_login(user)
    return client.post(reverse("booking:listing", args=[booking.order.reference, booking.pk]), {word: ""})


def is_listed(booking) -> bool:
    return Booking.objects.get(pk=booking.pk).may_be_listed


def test_nobody_stands_there_unasked(booking):
    assert not is_listed(booking)


@pytest.mark.parametrize("ticked", [True, False])
def test_the_form_asks_without_a_tick_to_begin_with(client, mayor, secretary, ticked):
    session = SessionPageFactory()
    client.force_login(secretary.user)

    send(client, session, filled(client, session) | ({f"{mayor.pk}-may_be_listed": "on"} if ticked else {}))

    assert is_listed(Booking.objects.get()) == ticked


@pytest.mark.parametrize("who", ["mayor", "secretary"])
def test_those_who_represent_the_participant_change_it_on_the_receipt(client, booking, who, request):
    user = request.getfixturevalue(who).user

    assert answer(client, user, booking, "yes").url == reverse("booking:receipt", args=[booking.order.reference])
    assert is_listed(booking)
    assert 'name="no"' in client.get(reverse("booking:receipt", args=[booking.order.reference])).content.decode()

    answer(client, user, booking, "no")
    assert not is_listed(booking)
    facts = Fact.objects.about(booking).filter(kind__in=[LISTING_ALLOWED, LISTING_REFUSED]).order_by("pk")
    assert [(fact.kind, fact.by, fact.on_behalf_of) for fact in facts] == [
        (LISTING_ALLOWED, user, booking.participant),
        (LISTING_REFUSED, user, booking.participant),
    ]


def test_the_same_answer_twice_is_recorded_once(booking):
    assert allow_listing(booking, may_be_listed=True, by=None, now=NOW)
    assert not allow_listing(booking, may_be_listed=True, by=None, now=NOW)
    assert Fact.objects.filter(kind=LISTING_ALLOWED).count() == 1


def test_others_have_no_say(client, booking):
    stranger = PersonFactory()
    staff = UserFactory(is_superuser=True)
    of_another = secretary_of(mayor_of("Ærø"))

    for user in (stranger.user, staff, of_another.user):
        assert answer(client, user, booking, "yes").status_code == 404
    client.logout()
    client.post(reverse("booking:listing", args=[booking.order.reference, booking.pk]), {"yes": ""})
    assert not is_listed(booking)


def test_the_booker_who_acts_for_the_participant_no_longer_has_no_say(client, booking, secretary):
    secretary.acts_for.all().delete()

    assert answer(client, secretary.user, booking, "yes").status_code == 404
    assert 'name="yes"' not in client.get(reverse("booking:receipt", args=[booking.order.reference])).content.decode()


def test_a_substitute_is_asked_anew(booking):
    allow_listing(booking, may_be_listed=True, by=None, now=NOW)

    substitute(booking, participant=mayor_of("Ærø"), by=None, now=NOW)

    assert not is_listed(booking)


def test_a_yes_that_comes_after_a_substitute_is_not_theirs(booking):
    as_it_was_read = Booking.objects.get(pk=booking.pk)
    substitute(booking, participant=mayor_of("Ærø"), by=None, now=NOW)

    assert not allow_listing(as_it_was_read, may_be_listed=True, by=None, now=NOW)
    assert not is_listed(booking)


def test_a_seat_that_was_given_up_is_on_no_list(booking):
    cancel_booking(booking, by=None, now=NOW)

    assert not allow_listing(booking, may_be_listed=True, by=None, now=NOW)
