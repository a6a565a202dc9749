from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import transaction
from django.db.models import ProtectedError

from booking.dates import COPENHAGEN
from booking.journal.kinds import BOOKED, CANCELLED
from booking.journal.models import Fact
from booking.pricing.quote import NOTHING
from booking.pricing.rules import Asked, PriceUndecided
from booking.sessions.live import cancel_session
from booking.sessions.models import SessionPage
from booking.signup.cancel import cancel_booking
from booking.signup.models import Booking, BookingStatus, Order
from booking.signup.reserve import (
    ConditionsChanged,
    Cost,
    MayNotActFor,
    NoEanNumber,
    PriceChanged,
    Purchase,
    Seat,
    place_order,
)
from booking.signup.standing import CannotBook, Obstacle, seats_left, session_obstacle
from home.models import OfferPage
from tests.factories import (
    ElectionTermFactory,
    PersonFactory,
    SessionPageFactory,
    mayor_of,
    secretary_of,
)

NOW = datetime(2027, 1, 11, 9, tzinfo=COPENHAGEN)
PURCHASE = Purchase(contact_name="Sekretariatet", contact_email="sekretariat@example.org", gln="5798009811578")


def order(session, *participants, booker=None, now=NOW, **changes):
    """Book the participants as the form would, having shown what holds now."""
    try:
        quote = session.quote([Asked()] * (len(participants) + len(changes.get("guests", ()))), now=now)
    except PriceUndecided:
        quote = NOTHING
    cost = Cost(NOTHING, waiting=quote) if changes.get("waits") else Cost(quote)
    shown = {
        "shown": cost.shown,
        "shown_conditions": session.conditions.current().pk,
        "purchase": PURCHASE,
        "submission": uuid4(),
    }
    seats = [Seat(participant) for participant in participants]
    return place_order(session, seats=seats, booker=booker or participants[0], now=now, **(shown | changes))


def test_a_seat_is_given_at_todays_price_and_recorded(db):
    session, mayor = SessionPageFactory(), mayor_of("Fanø")

    booking = order(session, mayor).bookings.get()

    assert (booking.price.net, booking.price.gross) == (Decimal(5300), Decimal(6625))
    assert booking.office == mayor.offices.get()
    fact = Fact.objects.about(booking).get()
    assert (fact.kind, fact.by, fact.on_behalf_of) == (BOOKED, mayor.user, mayor)


def test_a_secretary_books_for_the_mayor_and_the_municipality_pays(db):
    mayor = mayor_of("Fanø")
    secretary = secretary_of(mayor)

    placed = order(SessionPageFactory(), mayor, booker=secretary)

    assert (placed.booker, placed.bookings.get().participant) == (secretary, mayor)
    assert (placed.payer_name, placed.payer_cvr) == ("Fanø Kommune", "31210917")


def test_what_was_agreed_stays(db):
    session = SessionPageFactory()
    booking = order(session, mayor_of("Fanø")).bookings.get()
    session.price_list.rows.update(net=9999, includes="Intet.")
    session.conditions.versions.create(number=2, text="Nye betingelser.", created_at=NOW)

    booking.refresh_from_db()

    assert (booking.price.net, booking.quote().includes) == (5300, ("Inkl. forplejning, ekskl. transport.",))
    assert booking.conditions.text == "Tilmeldingen er bindende."


def test_last_seat_goes_to_one(db):
    session = SessionPageFactory(capacity=1)
    order(session, mayor_of("Fanø"))

    with pytest.raises(CannotBook) as refusal:
        order(session, mayor_of("Ærø"))

    assert refusal.value.obstacle == Obstacle.FULL
    assert seats_left(session) == 0


def test_all_get_a_seat_or_none(db):
    session, mayors = SessionPageFactory(capacity=2), [mayor_of(name) for name in ("Fanø", "Ærø", "Samsø")]
    secretary = secretary_of(*mayors)

    with pytest.raises(CannotBook):
        order(session, *mayors, booker=secretary)

    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("facts", "obstacle"),
    [
        ({"starts_on": NOW.date() - timedelta(days=1)}, Obstacle.OVER),
        ({"starts_on": NOW.date(), "starts_time": time(8)}, Obstacle.STARTED),
        ({"starts_time": None, "ends_time": None, "when_text": "maj 2027"}, Obstacle.NO_DATE),
        ({"signup_opens_at": NOW + timedelta(seconds=1)}, Obstacle.NOT_OPEN),
        ({"signup_closes_at": NOW}, Obstacle.CLOSED),
        ({"price_list": None}, Obstacle.PRICE_UNDECIDED),
        ({"kind": "online"}, Obstacle.PRICE_UNDECIDED),
        ({"published": False}, Obstacle.NOT_PUBLIC),
        ({}, None),
        ({"starts_time": None, "ends_time": None}, None),
        ({"signup_opens_at": NOW}, None),
        ({"kind": "online", "own_net": 0}, None),
    ],
)
def test_a_session_can_be_booked_only_when_it_can(db, facts, obstacle):
    assert session_obstacle(SessionPageFactory(**facts), now=NOW) == obstacle


def test_a_cancelled_session_can_not_be_booked(db):
    session = SessionPageFactory()
    cancel_session(session, by=None, now=NOW)

    with pytest.raises(CannotBook) as refusal:
        order(session, mayor_of("Fanø"))

    assert refusal.value.obstacle == Obstacle.CANCELLED


def test_one_seat_per_person(db):
    session, mayor = SessionPageFactory(), mayor_of("Fanø")
    order(session, mayor)

    with pytest.raises(CannotBook) as refusal:
        order(session, mayor)

    assert refusal.value.obstacle == Obstacle.ALREADY_BOOKED


def test_one_person_named_twice_in_an_order_gets_no_seat_at_all(db):
    session, mayor = SessionPageFactory(), mayor_of("Fanø")

    with pytest.raises(CannotBook) as refusal:
        order(session, mayor, mayor)

    assert refusal.value.obstacle == Obstacle.ALREADY_BOOKED
    assert not Order.objects.exists()


def test_the_audience_is_enforced_where_the_seat_is_given(db):
    ElectionTermFactory(starts_on=date(2022, 1, 1), ends_on=date(2025, 12, 31))
    ElectionTermFactory()
    session = SessionPageFactory(audience__newly_elected=True)

    with pytest.raises(CannotBook) as refusal:
        order(session, mayor_of("Fanø"))

    assert refusal.value.obstacle == Obstacle.NOT_FOR_YOU


def test_nobody_books_for_somebody_they_do_not_act_for(db):
    with pytest.raises(MayNotActFor):
        order(SessionPageFactory(), mayor_of("Fanø"), booker=PersonFactory())


def test_a_revoked_secretary_books_for_nobody(db):
    mayor = mayor_of("Fanø")
    secretary = secretary_of(mayor)
    secretary.acts_for.update(ends_on=NOW.date() - timedelta(days=1))

    with pytest.raises(MayNotActFor):
        order(SessionPageFactory(), mayor, booker=secretary)


def test_another_price_than_the_one_shown_books_nothing(db):
    with pytest.raises(PriceChanged) as change:
        order(SessionPageFactory(), mayor_of("Fanø"), shown="100.00+25.00")

    assert change.value.cost.seats.net == 5300
    assert not Order.objects.exists()


def test_other_conditions_than_those_shown_book_nothing(db):
    session = SessionPageFactory()
    seen = session.conditions.current().pk
    session.conditions.versions.create(number=2, text="Nye betingelser.", created_at=NOW)

    with pytest.raises(ConditionsChanged):
        order(session, mayor_of("Fanø"), shown_conditions=seen)


def test_what_costs_money_needs_an_ean_number(db):
    nowhere = Purchase(contact_name="Sekretariatet", contact_email="sekretariat@example.org")

    with pytest.raises(NoEanNumber):
        order(SessionPageFactory(), mayor_of("Fanø"), purchase=nowhere)

    assert order(SessionPageFactory(own_net=0), mayor_of("Ærø"), purchase=nowhere).gln == ""


def test_a_form_sent_twice_makes_one_order(db):
    session, mayor, submission = SessionPageFactory(), mayor_of("Fanø"), uuid4()

    first = order(session, mayor, submission=submission)
    second = order(session, mayor, submission=submission)

    assert first == second
    assert Booking.objects.count() == 1


def test_a_cancelled_booking_frees_its_seat_once(db):
    session, mayor = SessionPageFactory(capacity=1), mayor_of("Fanø")
    booking = order(session, mayor).bookings.get()

    cancel_booking(booking, by=None, now=NOW)
    booking = cancel_booking(booking, by=None, now=NOW + timedelta(hours=1))

    assert (booking.status, booking.cancelled_at) == (BookingStatus.CANCELLED, NOW)
    assert Fact.objects.about(booking).filter(kind=CANCELLED).count() == 1
    assert order(session, mayor).bookings.get().holds_a_seat


@pytest.mark.parametrize("model", [SessionPage, OfferPage])
def test_a_page_with_bookings_below_can_not_be_deleted(db, model):
    order(SessionPageFactory(), mayor_of("Fanø"))

    with pytest.raises(ProtectedError), transaction.atomic():
        model.objects.get().delete()

    assert Booking.objects.count() == 1
