"""Withdrawals under fire: twice at once, while others take the seat, while staff waive, and while the timer runs."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from booking.dates import today
from booking.journal.models import Fact
from booking.models import Booking, OutboxMessage, SessionPage, Withdrawal
from booking.signup.cancel import cancel_booking
from booking.signup.waiting import take_seat
from tests.booking.signup.test_race import go, is_legal, lives
from tests.booking.signup.test_reserve import order
from tests.factories import SessionPageFactory, UserFactory, mayor_of


def seated(session, *names):
    return [order(session, mayor_of(name), now=timezone.now()).bookings.get() for name in names]


def waiting(session, *names):
    return [order(session, mayor_of(name), now=timezone.now(), waits=True).bookings.get() for name in names]


def tomorrow(capacity):
    """A session so near that a free seat goes to the first who presses; binding, as all that factories make."""
    return SessionPageFactory(capacity=capacity, starts_on=today(timezone.now()) + timedelta(days=1))


def fee_facts() -> Counter:
    return Counter(Fact.objects.filter(kind__in=["fee_released", "fee_waived"]).values_list("about_id", flat=True))


def test_a_seat_that_is_withdrawn_by_many_at_once_is_withdrawn_once(transactional_db):
    session = SessionPageFactory()
    [seat] = seated(session, "Fanø")

    ended = go(session, [("withdraw", seat), ("cancel", seat)] * 4)

    assert ended.count("cancelled") == 4
    assert set(ended) <= {"cancelled", "withdrawn", "fee_changed"}
    assert Withdrawal.objects.get().owed().net == 5300
    assert lives() == [["booked", "cancelled"]]
    assert set(Counter(OutboxMessage.objects.values_list("recipient", "kind")).values()) == {1}


def test_without_the_lock_it_is_withdrawn_more_than_once(transactional_db):
    session = SessionPageFactory()
    [seat] = seated(session, "Fanø")

    go(session, [("cancel", seat)] * 8, locked=False)

    assert lives() != [["booked", "cancelled"]]


def test_while_one_withdraws_others_take_the_seat_and_the_timer_runs_one_is_released_by_one(transactional_db):
    session = tomorrow(1)
    [seat] = seated(session, "Fanø")
    line = waiting(session, "Ærø", "Samsø")

    takes = [("take", booking) for booking in line] * 3
    go(session, [("withdraw", seat), ("cancel", seat), ("due", seat), ("due", seat), *takes])

    if not Booking.objects.filter(status="confirmed").exists():  # they were too early, all of them
        take_seat(line[0], by=None, now=timezone.now())
    taker = Booking.objects.get(status="confirmed")
    withdrawal = Withdrawal.objects.get()
    assert (withdrawal.booking, withdrawal.released_by, withdrawal.owed().net) == (seat, taker, 0)
    assert fee_facts() == {seat.pk: 1}
    assert all(is_legal(life[: life.index("fee_released")] if "fee_released" in life else life) for life in lives())


@pytest.fixture
def four_owe(transactional_db):
    """Four who withdrew and owe for it, and four who can have their seats."""
    UserFactory()
    session = tomorrow(4)
    seats = seated(session, "Fanø", "Læsø", "Odder", "Vejle")
    line = waiting(session, "Ærø", "Samsø", "Randers", "Viborg")
    for seat in seats:
        cancel_booking(seat, by=None, now=timezone.now())
    return session, seats, line


def test_those_who_take_seats_at_once_release_one_each(four_owe):
    session, seats, line = four_owe

    go(session, [("take", booking) for booking in line] * 2)

    assert fee_facts() == {seat.pk: 1 for seat in seats}
    assert {withdrawal.released_by for withdrawal in Withdrawal.objects.all()} == set(line)


def test_without_the_lock_several_release_the_same(four_owe):
    session, seats, line = four_owe

    go(session, [("take", booking) for booking in line], locked=False)

    assert fee_facts() != {seat.pk: 1 for seat in seats}


def test_what_is_waived_while_somebody_takes_the_seat_falls_away_once(four_owe):
    session, seats, line = four_owe
    SessionPage.objects.update(capacity=1)

    go(session, [*[("take", line[0]), ("waive", seats[0])] * 3, ("due", seats[0])])

    first, second, *_others = Withdrawal.objects.order_by("withdrawn_at")
    if first.waived_at:  # before the seat was taken: then the other is released
        assert second.released_by == line[0]
    else:
        assert (first.released_by, second.released_at) == (line[0], None)
    assert set(fee_facts().values()) == {1}
    assert first.owed().net == 0
