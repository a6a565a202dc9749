"""More seats on a published session go to those who wait as soon as the page is published."""

import pytest

from booking.journal import kinds
from booking.journal.models import Fact
from booking.sessions.live import recover
from booking.sessions.models import SessionPage
from booking.signup.models import Booking, BookingStatus
from tests.booking.signup.test_reserve import order
from tests.factories import SessionPageFactory, mayor_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("january")]

OFFERED, WAITING = BookingStatus.OFFERED, BookingStatus.WAITING


@pytest.fixture
def session():
    """One seat, which is taken, and three who wait."""
    session = SessionPageFactory(capacity=1)
    order(session, mayor_of("Fanø"))
    for name in ("Ballerup", "Dragør", "Ishøj"):
        order(session, mayor_of(name), waits=True)
    return SessionPage.objects.get(pk=session.pk)


def line():
    return list(Booking.objects.exclude(status=BookingStatus.CONFIRMED).order_by("pk").values_list("status", flat=True))


@pytest.mark.parametrize(("capacity", "stand"), [(3, [OFFERED, OFFERED, WAITING]), (None, [OFFERED] * 3)])
def test_published_seats_are_offered_at_once(session, capacity, stand):
    session.capacity = capacity
    session.save_revision().publish()

    assert line() == stand


def test_a_draft_with_more_seats_offers_nothing(session):
    session.capacity = 3
    session.save_revision()

    assert line() == [WAITING] * 3


def test_a_publication_without_other_seats_is_no_news(session):
    session.capacity = 2
    session.save_revision().publish()
    session.save_revision().publish()

    assert Fact.objects.filter(kind=kinds.SEATS_CHANGED).count() == 1


def test_fewer_seats_take_no_offer_back(session):
    session.capacity = 2
    session.save_revision().publish()
    session.capacity = 1
    session.save_revision().publish()

    assert line() == [OFFERED, WAITING, WAITING]


def test_seats_that_no_signal_told_of_are_found(session):
    SessionPage.objects.filter(pk=session.pk).update(capacity=2)

    recover()

    assert line() == [OFFERED, WAITING, WAITING]
