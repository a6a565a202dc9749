"""What it costs to give a seat up, who may, and how that price falls away; with the clock moved."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, transaction

from booking.dates import COPENHAGEN
from booking.journal import kinds
from booking.journal.models import Fact
from booking.models import Choice, Secretary, SessionPage, Withdrawal
from booking.pricing.models import PriceRow
from booking.sessions.live import cancel_session
from booking.signup.cancel import FeeChanged, cancel_booking, withdraw
from booking.signup.fee import FREE_DAYS_AFTER_MOVE, fee_of, grace_of
from booking.signup.hold import confirm_seats, expire_seats
from booking.signup.models import BookingStatus
from booking.signup.release import waive_fee
from booking.signup.reserve import MayNotActFor
from booking.signup.standing import CannotBook, Obstacle
from booking.signup.switch import switch
from booking.signup.waiting import offer_free_seats, take_seat
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import (
    AudienceFactory,
    ConditionsFactory,
    OfficeFactory,
    PersonFactory,
    SessionPageFactory,
    UserFactory,
    VenueFactory,
    mayor_of,
    secretary_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("january")]

#: Sessions start on 5 May 2027 at 10: free until 30 days before, then half until 14 days before, then all.
LAST_FREE_DAY, LAST_DAY_OF_HALF = date(2027, 4, 5), date(2027, 4, 21)
TOO_LATE = datetime(2027, 5, 3, 9, tzinfo=COPENHAGEN)
NOTHING, HALF, ALL = "0.00+0.00", "2650.00+662.50", "5300.00+1325.00"


def stepwise():
    """Conditions with all three steps."""
    conditions = ConditionsFactory(free_days=30)
    conditions.versions.update(share_days=14, share_percent=50)
    return conditions


def seat(session=None, mayor=None, **changes):
    session = session or SessionPageFactory(conditions=stepwise())
    return order(session, mayor or mayor_of("Fanø"), **changes).bookings.get()


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=COPENHAGEN)


def kinds_of(booking) -> list[str]:
    return list(Fact.objects.about(booking).order_by("pk").values_list("kind", flat=True))


# What it costs


@pytest.mark.parametrize(
    ("moment", "fee"),
    [
        (noon(LAST_FREE_DAY), NOTHING),
        (datetime(2027, 4, 5, 23, 59, tzinfo=COPENHAGEN), NOTHING),
        (datetime(2027, 4, 6, 0, 0, tzinfo=COPENHAGEN), HALF),
        (noon(LAST_DAY_OF_HALF), HALF),
        (noon(LAST_DAY_OF_HALF + timedelta(days=1)), ALL),
        (datetime(2027, 5, 5, 9, 59, tzinfo=COPENHAGEN), ALL),
    ],
)
def test_it_costs_what_the_conditions_say_of_the_day(moment, fee):
    booking = seat()

    cancel_booking(booking, by=None, now=moment)

    withdrawal = Withdrawal.objects.get(booking=booking)
    assert (withdrawal.fee().shown, withdrawal.owed().shown, withdrawal.withdrawn_at) == (fee, fee, moment)


def test_a_share_is_whole_kroner_of_every_line_with_its_own_rate():
    session = SessionPageFactory(conditions=stepwise())
    booking = seat(session)
    booking.lines.create(description="Uden moms", unit_net=101, vat_rate=0, exempt_reason="Momslovens § 13")

    cancel_booking(booking, by=None, now=noon(LAST_DAY_OF_HALF))

    lines = booking.withdrawal.fee().lines
    assert [(line.net, line.vat_rate, line.exempt_reason) for line in lines] == [
        (2650, Decimal("0.25"), ""),
        (51, 0, "Momslovens § 13"),
    ]


def test_it_is_reckoned_from_what_was_agreed_whatever_the_list_and_the_conditions_say_by_now():
    booking = seat()
    PriceRow.objects.update(net=9999)
    booking.session.conditions.versions.create(number=2, text="Nye", free_days=1, created_at=NOW)

    assert fee_of(booking, now=TOO_LATE).shown == ALL


def test_what_it_cost_stays_when_the_session_gets_another_day():
    booking = seat()
    cancel_booking(booking, by=None, now=TOO_LATE)

    SessionPage.objects.filter(pk=booking.session_id).update(starts_on=date(2028, 5, 5), ends_on=date(2028, 5, 5))

    assert Withdrawal.objects.get().owed().shown == ALL


@pytest.mark.parametrize("status", [BookingStatus.HELD, BookingStatus.WAITING, BookingStatus.OFFERED])
def test_what_was_only_held_waited_for_or_offered_costs_nothing(status):
    booking = seat()
    booking.status, booking.waiting_since, booking.offered_until = status, NOW, NOW
    booking.save()

    cancel_booking(booking, by=None, now=TOO_LATE)

    booking.refresh_from_db()
    assert booking.status == BookingStatus.CANCELLED
    assert not Withdrawal.objects.exists()
    assert booking.due().is_free


def test_nothing_is_owed_when_the_session_is_called_off_first(january):
    booking = seat()
    cancel_session(booking.session, by=None, now=NOW)

    cancel_booking(booking, by=None, now=TOO_LATE)

    assert booking.withdrawal.owed().is_free


def test_giving_up_twice_is_recorded_once():
    booking = seat()

    cancel_booking(booking, by=None, now=TOO_LATE)
    cancel_booking(booking, by=None, now=TOO_LATE + timedelta(hours=1))

    assert Withdrawal.objects.get().withdrawn_at == TOO_LATE
    assert kinds_of(booking) == [kinds.BOOKED, kinds.CANCELLED]


# On the site


def test_the_participant_the_secretary_and_whoever_ordered_for_one_that_leaves_may():
    mayor = mayor_of("Fanø")
    secretary = secretary_of(mayor)
    left = mayor_of("Ærø")
    of_the_left = secretary_of(left)
    session = SessionPageFactory(conditions=stepwise())
    own, theirs = seat(session, mayor), seat(session, left, booker=of_the_left)
    left.offices.update(ends_on=date(2027, 4, 30))
    Secretary.objects.filter(secretary=of_the_left).update(ends_on=date(2027, 1, 31))

    withdraw(own, booker=secretary, by=secretary.user, shown=NOTHING, now=NOW)
    withdraw(theirs, booker=of_the_left, by=of_the_left.user, shown=NOTHING, now=noon(date(2027, 3, 1)))

    assert set(Withdrawal.objects.values_list("booking__status", "by")) == {
        (BookingStatus.CANCELLED, secretary.user.pk),
        (BookingStatus.CANCELLED, of_the_left.user.pk),
    }


def test_nobody_else_may():
    mayor = mayor_of("Fanø")
    secretary = secretary_of(mayor)
    booking = seat(mayor=mayor, booker=secretary)
    Secretary.objects.filter(secretary=secretary).update(ends_on=date(2027, 1, 10))

    for person in (secretary, PersonFactory(), mayor_of("Ærø")):
        with pytest.raises(MayNotActFor):
            withdraw(booking, booker=person, by=person.user, shown=NOTHING, now=NOW)

    booking.refresh_from_db()
    assert booking.is_confirmed


def test_at_another_price_than_was_shown_nothing_is_given_up():
    booking = seat()

    with pytest.raises(FeeChanged) as changed:
        withdraw(booking, booker=booking.participant, by=None, shown=NOTHING, now=noon(LAST_DAY_OF_HALF))

    booking.refresh_from_db()
    assert (changed.value.fee.shown, booking.status) == (HALF, BookingStatus.CONFIRMED)
    assert not Withdrawal.objects.exists()


@pytest.mark.parametrize(
    ("moment", "obstacle"),
    [
        (datetime(2027, 5, 5, 10, tzinfo=COPENHAGEN), Obstacle.STARTED),
        (datetime(2027, 5, 5, 18, tzinfo=COPENHAGEN), Obstacle.OVER),
    ],
)
def test_once_it_has_begun_nobody_withdraws_on_the_site(moment, obstacle):
    booking = seat()

    with pytest.raises(CannotBook) as refusal:
        withdraw(booking, booker=booking.participant, by=None, shown=ALL, now=moment)

    assert refusal.value.obstacle == obstacle


# The waiting list takes the seat


def full(*, waiting: int = 1, **changes):
    """A session with one seat, who has it, and those in line."""
    session = SessionPageFactory(capacity=1, conditions=stepwise(), **changes)
    holder = seat(session)
    names = ("Ærø", "Samsø", "Læsø")[:waiting]
    return session, holder, [seat(session, mayor_of(name), waits=True) for name in names]


def pass_on(session, first, now):
    """Offer what is free, and let this one say yes."""
    offer_free_seats(session, now=now)
    first.refresh_from_db()
    return take_seat(first, by=None, now=now)


def test_when_somebody_who_waits_gets_the_seat_the_price_falls_away():
    session, holder, [first] = full()
    cancel_booking(holder, by=None, now=noon(date(2027, 4, 22)))
    assert Withdrawal.objects.get().owed().shown == ALL

    pass_on(session, first, noon(date(2027, 4, 22)))

    withdrawal = Withdrawal.objects.get()
    assert (withdrawal.owed().shown, withdrawal.fee().shown, withdrawal.released_by) == (NOTHING, ALL, first)
    assert kinds_of(holder) == [kinds.BOOKED, kinds.CANCELLED, kinds.FEE_RELEASED]


def test_each_who_gets_a_seat_releases_one_the_oldest_first():
    session, holder, [first, second] = full(waiting=2)
    moment = noon(date(2027, 4, 22))
    cancel_booking(holder, by=None, now=moment)
    taken = pass_on(session, first, moment)
    cancel_booking(taken, by=None, now=moment + timedelta(hours=1))

    pass_on(session, second, moment + timedelta(hours=1))

    assert list(Withdrawal.objects.order_by("pk").values_list("booking", "released_by")) == [
        (holder.pk, first.pk),
        (first.pk, second.pk),
    ]


def test_whoever_left_a_seat_that_nobody_waited_for_stands_behind_those_who_were_waited_for():
    session = SessionPageFactory(capacity=2, conditions=stepwise())
    early, holder = seat(session), seat(session, mayor_of("Køge"))
    moment = noon(date(2027, 4, 22))
    cancel_booking(early, by=None, now=moment)  # nobody waits
    SessionPage.objects.filter(pk=session.pk).update(capacity=1)
    first = seat(session, mayor_of("Ærø"), waits=True)
    cancel_booking(holder, by=None, now=moment + timedelta(hours=1))

    pass_on(session, first, moment + timedelta(hours=1))

    assert list(Withdrawal.objects.order_by("pk").values_list("booking", "released_by")) == [
        (early.pk, None),
        (holder.pk, first.pk),
    ]


def test_a_withdrawal_that_cost_nothing_has_nothing_to_release():
    session, holder, [first, second] = full(waiting=2)
    cancel_booking(holder, by=None, now=NOW)
    taken = pass_on(session, first, NOW)
    moment = noon(date(2027, 4, 22))
    cancel_booking(taken, by=None, now=moment)

    pass_on(session, second, moment)

    assert list(Withdrawal.objects.order_by("pk").values_list("booking", "released_by")) == [
        (holder.pk, None),
        (first.pk, second.pk),
    ]


def test_an_ordinary_sign_up_releases_nobody():
    session = SessionPageFactory(capacity=1, conditions=stepwise())
    cancel_booking(seat(session), by=None, now=TOO_LATE)

    seat(session, mayor_of("Ærø"), now=TOO_LATE)

    assert Withdrawal.objects.get().owed().shown == ALL


def test_who_waited_and_pays_by_card_releases_when_the_money_comes_and_not_before(settings):
    settings.TAKES_CARDS = True
    session, holder, [first] = full()
    session.price_list.takes_cards = True
    session.price_list.save()
    moment = noon(date(2027, 4, 22))
    cancel_booking(holder, by=None, now=moment)
    offer_free_seats(session, now=moment)
    first.refresh_from_db()

    held = take_seat(first, by=None, now=moment, pays_by_card=True)
    assert (held.status, Withdrawal.objects.get().owed().shown) == (BookingStatus.HELD, ALL)
    confirm_seats(held.order, [held.pk], now=moment)

    assert Withdrawal.objects.get().released_by == first


def test_who_waited_and_did_not_pay_releases_nobody(settings):
    settings.TAKES_CARDS = True
    session, holder, [first] = full()
    session.price_list.takes_cards = True
    session.price_list.save()
    moment = noon(date(2027, 4, 22))
    cancel_booking(holder, by=None, now=moment)
    offer_free_seats(session, now=moment)
    first.refresh_from_db()
    held = take_seat(first, by=None, now=moment, pays_by_card=True)

    expire_seats(held.order, [held.pk], now=moment + timedelta(hours=1))

    assert Withdrawal.objects.get().owed().shown == ALL


# Staff waive


def test_staff_waive_with_a_reason_once():
    staff, booking = UserFactory(), seat()
    cancel_booking(booking, by=None, now=TOO_LATE)

    assert waive_fee(booking, by=staff, reason="Aftalt med kommunen", now=TOO_LATE)
    assert not waive_fee(booking, by=staff, reason="En gang til", now=TOO_LATE)

    withdrawal = Withdrawal.objects.get()
    assert (withdrawal.owed().shown, withdrawal.fee().shown) == (NOTHING, ALL)
    assert (withdrawal.waived_by, withdrawal.waived_reason) == (staff, "Aftalt med kommunen")
    fact = Fact.objects.about(booking).latest("pk")
    assert (fact.kind, fact.by, fact.details) == (kinds.FEE_WAIVED, staff, {"order": booking.order.reference})


def test_without_a_reason_nothing_is_waived():
    booking = seat()
    cancel_booking(booking, by=None, now=TOO_LATE)

    with pytest.raises(ValueError, match="for a reason"):
        waive_fee(booking, by=UserFactory(), reason="", now=TOO_LATE)


def test_what_is_waived_already_is_not_released_in_place_of_another():
    session, holder, [first] = full()
    moment = noon(date(2027, 4, 22))
    cancel_booking(holder, by=UserFactory(), now=moment, waived_because="Sne på broen")

    pass_on(session, first, moment)

    withdrawal = Withdrawal.objects.get()
    assert (withdrawal.released_at, withdrawal.was_waived_at_once) == (None, True)


def test_a_price_falls_away_for_one_reason_only():
    booking = seat()
    cancel_booking(booking, by=UserFactory(), now=TOO_LATE, waived_because="Sne på broen")

    with pytest.raises(IntegrityError), transaction.atomic():
        Withdrawal.objects.update(released_at=TOO_LATE)


# A price that several share


def shared(**changes):
    """An order of three members of one council, at one price for all of them."""
    council = AudienceFactory(name="Kommunalbestyrelser", offices=["council_member"])
    session = SessionPageFactory(conditions=stepwise(), audience=council)
    PriceRow.objects.create(
        price_list=session.price_list, kind="day", per="order", seats_from=3, valid_from=date(2022, 1, 1), net=12000
    )
    members = [OfficeFactory(kind="council_member").person for _number in range(3)]
    return order(session, *members, booker=secretary_of(*members), **changes)


def prices(order) -> list[Decimal]:
    return [booking.price.net for booking in order.bookings.order_by("pk")]


def test_who_leaves_while_others_stay_pays_nothing_and_the_price_moves_on():
    placed = shared()
    first, second, third = placed.bookings.order_by("pk")
    agreed = placed.quote()
    assert prices(placed) == [12000, 0, 0]

    assert fee_of(first, now=TOO_LATE).is_free
    cancel_booking(first, by=None, now=TOO_LATE)
    assert prices(placed) == [0, 12000, 0]
    cancel_booking(second, by=None, now=TOO_LATE)
    assert prices(placed) == [0, 0, 12000]

    assert placed.quote() == agreed
    assert [withdrawal.owed().net for withdrawal in Withdrawal.objects.all()] == [0, 0]
    assert sum(booking.due().net for booking in placed.bookings.all()) == 12000
    third.refresh_from_db()
    assert fee_of(third, now=noon(LAST_DAY_OF_HALF)).net == 6000


def test_it_falls_away_with_the_last_of_those_who_share_it():
    placed = shared()
    for booking in placed.bookings.order_by("-pk"):
        cancel_booking(booking, by=None, now=noon(LAST_DAY_OF_HALF))

    assert sum(withdrawal.owed().net for withdrawal in Withdrawal.objects.all()) == 6000
    assert sum(booking.due().net for booking in placed.bookings.all()) == 6000


def test_what_somebody_added_to_a_shared_price_goes_with_them():
    placed = shared()
    first = placed.bookings.order_by("pk").first()
    first.lines.create(description="Ekstra overnatning", unit_net=900, vat_rate=Decimal("0.25"))

    cancel_booking(first, by=None, now=TOO_LATE)

    assert first.withdrawal.owed().net == 900
    assert sum(booking.due().net for booking in placed.bookings.all()) == 12900


# The organiser moves it


MOVED_AT = noon(date(2027, 4, 20))


def publish(session, **changes) -> None:
    page = SessionPage.objects.get(pk=session.pk)
    for name, value in changes.items():
        setattr(page, name, value)
    page.save_revision().publish()


def fee_today(booking, day: date) -> str:
    booking = type(booking).objects.get(pk=booking.pk)
    return fee_of(booking, now=noon(day)).shown


@pytest.fixture
def moved(january):
    """A seat at a session that was moved from 5 May to 1 June, when its price was half."""
    booking = seat()
    january.move_to(MOVED_AT)
    publish(booking.session, starts_on=date(2027, 6, 1), ends_on=date(2027, 6, 1))
    booking.refresh_from_db()
    return booking


def test_after_a_move_one_withdraws_for_nothing_until_a_fortnight_after(moved):
    last_day = MOVED_AT.date() + timedelta(days=FREE_DAYS_AFTER_MOVE)
    SessionPage.objects.filter(pk=moved.session_id).update(starts_on=date(2027, 5, 10))  # conditions alone: all

    assert grace_of(moved, now=MOVED_AT).until == last_day == date(2027, 5, 4)
    assert (fee_today(moved, last_day), fee_today(moved, last_day + timedelta(days=1))) == (NOTHING, ALL)
    cancel_booking(moved, by=None, now=noon(last_day))
    assert Withdrawal.objects.get().owed().is_free


def test_a_session_that_is_moved_nearer_is_free_to_its_first_day(january):
    booking = seat()
    january.move_to(MOVED_AT)
    publish(booking.session, starts_on=date(2027, 4, 26), ends_on=date(2027, 4, 26))
    booking.refresh_from_db()

    assert grace_of(booking, now=MOVED_AT).until == date(2027, 4, 26)


def test_who_signs_up_after_the_move_knew_of_it(moved, january):
    january.shift(timedelta(days=1))
    later = seat(SessionPage.objects.get(pk=moved.session_id), mayor_of("Ærø"), now=MOVED_AT + timedelta(days=1))

    assert grace_of(later, now=MOVED_AT + timedelta(days=1)) is None


def test_a_postponed_session_is_free_to_leave_until_it_has_its_new_date(january):
    booking = seat()
    january.move_to(TOO_LATE)
    publish(booking.session, when_text="efteråret 2027", starts_time=None, ends_time=None)
    booking.refresh_from_db()
    assert grace_of(booking, now=TOO_LATE).until is None
    assert fee_today(booking, date(2027, 8, 1)) == NOTHING

    with time_machine.travel(noon(date(2027, 8, 1)), tick=False):
        publish(booking.session, when_text="", starts_on=date(2027, 9, 1), ends_on=date(2027, 9, 1))

    assert fee_today(booking, date(2027, 8, 15)) == NOTHING
    assert fee_today(booking, date(2027, 8, 16)) == HALF


def test_another_hall_in_the_same_town_changes_nothing(january):
    booking = seat(SessionPageFactory(conditions=stepwise(), venue=VenueFactory()))
    january.move_to(MOVED_AT)

    publish(booking.session, venue=VenueFactory(name="KL-Huset", city="København S"))

    assert fee_today(booking, MOVED_AT.date()) == HALF
    publish(booking.session, venue=VenueFactory(name="Hotel Nyborg Strand", city="Nyborg"))
    assert fee_today(booking, MOVED_AT.date()) == NOTHING


def test_who_changes_to_a_run_that_was_moved_knew_of_it(january):
    choice = Choice.objects.create(name="Introkursus")
    first, second = (SessionPageFactory(conditions=stepwise(), choice=choice) for _run in range(2))
    booking = seat(first)
    january.move_to(MOVED_AT)
    publish(second, starts_on=date(2027, 5, 19), ends_on=date(2027, 5, 19))

    switched = switch(booking, to=second, by=None, now=MOVED_AT + timedelta(hours=1))

    assert grace_of(switched, now=MOVED_AT + timedelta(hours=1)) is None
