"""Moving a seat to another session of the same offer, at the desk."""

from datetime import date
from decimal import Decimal
from html import unescape

import pytest
from django.urls import reverse

from booking.journal.kinds import SWITCHED
from booking.models import Booking, Fact, SessionPage
from booking.signup.cancel import cancel_booking
from booking.signup.switch import CannotSwitch, switch
from tests.booking.desk.test_bookings import book
from tests.booking.signup.test_reserve import NOW
from tests.factories import AudienceFactory, OfferPageFactory, SessionPageFactory


@pytest.fixture
def offer(db):
    return OfferPageFactory(title="Krydspres")


@pytest.fixture
def spring(offer):
    return SessionPageFactory(parent=offer, title="Krydspres i maj")


@pytest.fixture
def autumn(offer):
    return SessionPageFactory(parent=offer, title="Krydspres i september", starts_on=date(2027, 9, 7))


@pytest.fixture
def booking(spring) -> Booking:
    [booking] = book(spring, "Ærø")
    return booking


def address(booking) -> str:
    return reverse("move_booking", args=[booking.pk])


def move(client, booking, session):
    return client.post(address(booking), {"session": session.pk})


def session_of(booking) -> SessionPage:
    return Booking.objects.get(pk=booking.pk).session


def test_staff_move_a_seat_to_any_session_of_the_offer(client, administrator, booking, autumn):
    agreed = booking.price

    assert "Krydspres i september" in client.get(address(booking)).content.decode()
    response = move(client, booking, autumn)

    assert response.url == reverse("bookings:inspect", args=[booking.pk])
    assert session_of(booking) == autumn
    assert Booking.objects.get().price == agreed
    fact = Fact.objects.about(booking).get(kind=SWITCHED)
    assert (fact.by, fact.on_behalf_of) == (administrator, booking.participant)


def test_the_journal_says_from_where_to_where_a_seat_was_moved(client, administrator, booking, autumn):
    move(client, booking, autumn)

    fact = Fact.objects.about(booking).get(kind=SWITCHED)
    autumn.title = "Et navn, som den fik senere"
    autumn.save_revision().publish()
    for page in (reverse("bookings:inspect", args=[booking.pk]), reverse("journal:inspect", args=[fact.pk])):
        said = unescape(client.get(page).content.decode())
        assert "Krydspres i maj, 5. maj 2027" in said
        assert "Krydspres i september, 7. september 2027" in said


def test_others_than_staff_move_between_alternate_runs_alone(booking, autumn):
    with pytest.raises(CannotSwitch):
        switch(booking, to=autumn, by=None, booker=booking.participant, now=NOW)


def test_a_session_of_another_offer_is_not_to_choose(client, administrator, booking):
    elsewhere = SessionPageFactory(parent=OfferPageFactory(), title="Et helt andet tilbud")

    assert "Et helt andet tilbud" not in client.get(address(booking)).content.decode()
    assert move(client, booking, elsewhere).status_code == 422
    assert session_of(booking) != elsewhere


def taken(session):
    SessionPage.objects.filter(pk=session.pk).update(capacity=1)
    book(session, "Fanø")


def dearer(session):
    SessionPage.objects.filter(pk=session.pk).update(own_net=Decimal(9000))


def over(session):
    gone = date(2026, 1, 5)
    SessionPage.objects.filter(pk=session.pk).update(starts_on=gone, ends_on=gone)


def for_others(session):
    directors = AudienceFactory(name="Direktører", offices=["municipal_director"])
    SessionPage.objects.filter(pk=session.pk).update(audience=directors)


def test_a_session_that_is_over_is_not_to_choose(client, administrator, booking, autumn):
    over(autumn)

    assert client.get(address(booking)).context["refused"] == []
    assert move(client, booking, autumn).status_code == 422


@pytest.mark.parametrize("hinder", [taken, dearer, for_others])
def test_a_session_that_does_not_take_the_seat_says_why(client, administrator, booking, autumn, hinder):
    hinder(autumn)

    page = client.get(address(booking))

    [(session, why)] = page.context["refused"]
    assert session == autumn
    assert why in unescape(page.content.decode())
    assert move(client, booking, autumn).status_code == 422
    assert session_of(booking) != autumn


def test_the_last_seat_may_go_between_the_question_and_the_answer(client, administrator, booking, autumn):
    assert client.get(address(booking)).context["refused"] == []
    taken(autumn)

    page = move(client, booking, autumn)

    assert page.status_code == 422
    assert "session" in page.context["form"].errors
    assert session_of(booking) != autumn


def test_a_seat_that_was_given_up_is_not_moved(client, administrator, booking, autumn):
    cancel_booking(booking, by=None, now=NOW)

    assert client.get(address(booking)).status_code == 302
    assert move(client, booking, autumn).status_code == 422
    assert session_of(booking) != autumn


@pytest.mark.parametrize("who", ["editor", "finance"])
def test_others_move_nothing(client, booking, autumn, who, request):
    request.getfixturevalue(who)

    assert move(client, booking, autumn).status_code == 302
    assert session_of(booking) != autumn
