"""From which day the days before the start are counted, when a seat has been at more than one run."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from booking.models import Booking, Choice
from booking.signup.cancel import cancel_booking
from booking.signup.fee import fee_of, holds_until
from booking.signup.switch import switch
from tests.booking.signup.test_reserve import NOW
from tests.booking.signup.test_withdraw import ALL, HALF, NOTHING, noon, publish, seat, stepwise
from tests.factories import OfferPageFactory, SessionPageFactory, mayor_of, secretary_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("january")]

#: Free until 30 days before, then half until 14 days before.
FIRST, SECOND, THIRD = date(2027, 5, 5), date(2027, 6, 9), date(2027, 8, 18)
LATE = noon(FIRST - timedelta(days=20))


@pytest.fixture
def runs():
    choice, offer, conditions = Choice.objects.create(name="Kattegatkursus"), OfferPageFactory(), stepwise()
    return [
        SessionPageFactory(parent=offer, choice=choice, starts_on=day, conditions=conditions)
        for day in (FIRST, SECOND, THIRD)
    ]


@pytest.fixture
def booking(runs):
    mayor = mayor_of("Fanø")
    return seat(runs[0], mayor=mayor, booker=secretary_of(mayor))


def fee(booking, now) -> str:
    return fee_of(Booking.objects.get(pk=booking.pk), now=now).shown


def switch_by_booker(booking, to, *, now=LATE):
    booker = booking.order.booker
    return switch(booking, to=to, by=booker.user, booker=booker, now=now)


def move(run, january):
    """By a day, the day after."""
    january.move_to(NOW + timedelta(days=1))
    day = run.starts_on + timedelta(days=1)
    publish(run, starts_on=day, ends_on=day)


def test_whoever_switches_to_a_later_run_pays_no_less_for_withdrawing(runs, booking):
    switch_by_booker(booking, runs[1])

    assert fee(booking, LATE) == HALF
    assert fee(booking, noon(FIRST - timedelta(days=13))) == ALL
    cancel_booking(booking, by=None, now=LATE)
    assert booking.withdrawal.fee().shown == HALF


def test_nor_by_switching_on_and_on(runs, booking):
    switch_by_booker(booking, runs[2])
    switch_by_booker(booking, runs[1])

    assert fee(booking, LATE) == HALF


def test_whoever_switches_to_an_earlier_run_has_that_ones_days(runs):
    mayor = mayor_of("Fanø")
    booking = seat(runs[1], mayor=mayor, booker=secretary_of(mayor))

    switch_by_booker(booking, runs[0])

    assert fee(booking, LATE) == HALF


def test_where_staff_move_the_seat_the_days_of_where_it_is_count(runs, booking):
    switch_by_booker(booking, runs[1])

    switch(booking, to=runs[2], by=None, now=LATE)

    assert fee(booking, LATE) == NOTHING


def test_whoever_leaves_a_run_that_the_organiser_moved_has_the_days_of_the_other(runs, booking, january):
    move(runs[0], january)

    switch_by_booker(booking, runs[1], now=NOW + timedelta(days=2))

    assert fee(booking, LATE) == NOTHING


def test_when_the_organiser_moves_the_run_they_went_to_its_own_days_count(runs, booking, january):
    switch_by_booker(booking, runs[1], now=NOW)
    move(runs[1], january)

    assert fee(booking, LATE) == NOTHING


def test_the_last_free_day_is_that_of_the_run_that_was_left(runs, booking):
    booking = switch_by_booker(booking, runs[1], now=NOW)

    assert holds_until(booking, now=NOW) == FIRST - timedelta(days=30)


@pytest.fixture
def page_of(client, booking):
    def page_of(name):
        client.force_login(booking.order.booker.user)
        seat = [] if name == "receipt" else [booking.pk]
        return client.get(reverse(f"booking:{name}", args=[booking.order.reference, *seat])).content.decode()

    return page_of


@pytest.mark.parametrize("name", ["withdraw", "receipt"])
def test_the_pages_say_so_when_it_matters(page_of, runs, booking, name):
    switch_by_booker(booking, runs[1], now=NOW)

    page = page_of(name)
    assert "onsdag den 5. maj 2027" in page
    assert "Melder du fra senest mandag den 5. april 2027, koster det ikke noget." in page


@pytest.mark.parametrize("name", ["withdraw", "receipt"])
def test_they_do_not_after_a_switch_by_staff(page_of, runs, booking, name):
    switch(booking, to=runs[1], by=None, now=NOW)

    page = page_of(name)
    assert "onsdag den 5. maj 2027" not in page
    assert "Melder du fra senest mandag den 10. maj 2027, koster det ikke noget." in page


def test_it_is_said_before_anybody_switches_to_a_later_run(page_of, booking):
    assert "onsdag den 5. maj 2027:" in page_of("switch")


def test_it_is_not_where_the_others_are_earlier(client, runs):
    mayor = mayor_of("Fanø")
    booking = seat(runs[2], mayor=mayor, booker=secretary_of(mayor))
    client.force_login(booking.order.booker.user)

    page = client.get(reverse("booking:switch", args=[booking.order.reference, booking.pk])).content.decode()

    assert "onsdag den 18. august 2027:" not in page
