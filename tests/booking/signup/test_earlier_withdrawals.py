"""What was given up before withdrawals had a price of their own: migration 0027, on rows as they were then."""

from datetime import date, timedelta
from importlib import import_module

import pytest
from django.apps import apps

from booking.models import CalendarEntry, Withdrawal, WithdrawalLine
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from booking.signup.models import Booking, BookingStatus, OrderLine
from tests.booking.signup.test_reserve import NOW, order
from tests.booking.signup.test_withdraw import (
    ALL,
    HALF,
    LAST_DAY_OF_HALF,
    LAST_FREE_DAY,
    NOTHING,
    TOO_LATE,
    noon,
    seat,
)
from tests.factories import SessionPageFactory, UserFactory, VenueFactory, mayor_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("january")]

migration = import_module("booking.migrations.0027_earlier_withdrawals")


def as_then():
    """Without the rows that nobody wrote at the time."""
    WithdrawalLine.objects.all().delete()
    Withdrawal.objects.all().delete()


@pytest.mark.parametrize(
    ("moment", "fee"), [(noon(LAST_FREE_DAY), NOTHING), (noon(LAST_DAY_OF_HALF), HALF), (TOO_LATE, ALL)]
)
def test_a_seat_cost_what_the_conditions_said_that_day(moment, fee):
    booking, staff = seat(), UserFactory()
    cancel_booking(booking, by=staff, now=moment)
    now = Withdrawal.objects.get()
    lines = [line.line for line in now.lines.all()]
    as_then()

    migration.write_withdrawals(apps, None)

    then = Withdrawal.objects.get()
    assert (then.booking, then.by, then.withdrawn_at) == (booking, staff, moment)
    assert then.fee().shown == fee
    assert [(line.net, line.vat_rate, line.includes) for line in then.fee().lines] == [
        (line.net, line.vat_rate, line.includes) for line in lines
    ]


def test_the_day_is_that_of_copenhagen():
    booking = seat()
    cancel_booking(booking, by=None, now=noon(LAST_FREE_DAY).replace(hour=23, minute=30))
    as_then()

    migration.write_withdrawals(apps, None)

    assert Withdrawal.objects.get().fee().is_free


def test_what_was_only_held_waited_for_or_of_a_session_called_off_costs_nothing():
    held, line, called_off = seat(), seat(mayor=mayor_of("Ærø")), seat(mayor=mayor_of("Samsø"))
    Booking.objects.filter(pk=held.pk).update(status=BookingStatus.HELD)
    Booking.objects.filter(pk=line.pk).update(status=BookingStatus.WAITING, waiting_since=NOW)
    cancel_session(called_off.session, by=None, now=NOW)
    for booking in (held, line, called_off):
        cancel_booking(booking, by=None, now=TOO_LATE)
    as_then()

    migration.write_withdrawals(apps, None)

    [withdrawal] = Withdrawal.objects.all()
    assert (withdrawal.booking, withdrawal.fee().shown) == (called_off, NOTHING)


def test_a_price_that_is_shared_knows_by_whom():
    mayors = [mayor_of(name) for name in ("Fanø", "Ærø", "Samsø", "Læsø")]
    session = SessionPageFactory()
    first, second, third, fourth = [order(session, mayor).bookings.get() for mayor in mayors]
    Booking.objects.exclude(pk=fourth.pk).update(order=first.order)
    OrderLine.objects.filter(booking=first).update(seats=2)

    migration.share(apps, None)

    shared = OrderLine.objects.get(booking=first)
    assert list(shared.shared_by.order_by("pk")) == [first, second]
    assert not third.shared_lines.exists()


def test_an_entry_knows_its_place():
    session = SessionPageFactory(venue=VenueFactory(), starts_on=date(2027, 5, 5) + timedelta(days=1))
    SessionPageFactory()
    CalendarEntry.objects.update(venue=None)

    migration.remember_places(apps, None)

    assert [entry.venue for entry in CalendarEntry.objects.order_by("pk")] == [session.venue, None]
