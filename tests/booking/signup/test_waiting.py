"""The waiting list with the clock moved: who is offered a seat, when, for how long, and what an answer does."""

from datetime import date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from booking.dates import COPENHAGEN
from booking.journal import kinds
from booking.journal.models import Fact
from booking.models import Person, SessionPage
from booking.people.grants import grant_access
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from booking.signup.models import BookingStatus
from booking.signup.reserve import NoCards, NoEanNumber, Purchase
from booking.signup.standing import CannotBook, Obstacle, seats_for_sale, seats_left, session_obstacle
from booking.signup.substitute import SeatGivenUp, substitute
from booking.signup.waiting import SeatGone, can_be_taken, offer_due, offer_free_seats, place_in_line, take_seat
from tests.booking.signup.test_reserve import NOW, PURCHASE, order
from tests.factories import MunicipalityFactory, OfficeFactory, SessionPageFactory, UserFactory, mayor_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("january")]

CONFIRMED, WAITING, OFFERED, HELD, EXPIRED, CANCELLED = (
    BookingStatus.CONFIRMED,
    BookingStatus.WAITING,
    BookingStatus.OFFERED,
    BookingStatus.HELD,
    BookingStatus.EXPIRED,
    BookingStatus.CANCELLED,
)
ANSWER_BY = datetime(2027, 1, 14, 9, tzinfo=COPENHAGEN)  # three days after the seat came free
LATER = ANSWER_BY + timedelta(minutes=1)
#: The day before the sessions that factories make, which start on 5 May at 10.
DAY_BEFORE = datetime(2027, 5, 4, 9, tzinfo=COPENHAGEN)


def wait(session, *mayors, **changes):
    """Join the line, one order each, and give the bookings."""
    return [order(session, mayor, waits=True, **changes).bookings.get() for mayor in mayors]


def full_session(*, waiting=2, **session):
    """A session with its one seat taken; gives it, the seat, and those in line."""
    session = SessionPageFactory(**{"capacity": 1} | session)
    seat = order(session, mayor_of("Fanø")).bookings.get()
    names = ("Ærø", "Samsø", "Læsø", "Odder")[:waiting]
    return session, seat, wait(session, *(mayor_of(name) for name in names))


def statuses(bookings) -> list[str]:
    for booking in bookings:
        booking.refresh_from_db()
    return [booking.status for booking in bookings]


def give_up(seat, now=NOW):
    cancel_booking(seat, by=None, now=now)


def facts_of(booking) -> list[str]:
    return list(Fact.objects.about(booking).order_by("pk").values_list("kind", flat=True))


def run_due() -> None:
    call_command("run_due", stdout=StringIO())


# Joining


def test_whoever_joins_has_no_seat_and_owes_nothing_but_has_agreed_to_price_and_conditions():
    session, _seat, [first] = full_session(waiting=1)
    session.price_list.rows.update(net=9999)

    first.refresh_from_db()

    assert (first.status, first.waiting_since, first.price.net) == (WAITING, NOW, 5300)
    assert first.conditions == session.conditions.current()
    assert facts_of(first) == [kinds.QUEUED]
    assert seats_left(session) == 0


def test_the_line_is_in_the_order_in_which_they_joined():
    _session, _seat, line = full_session(waiting=3)

    assert [place_in_line(booking) for booking in line] == [1, 2, 3]


def test_nobody_waits_who_did_not_ask_to():
    session, _seat, _line = full_session(waiting=0)

    with pytest.raises(CannotBook) as refusal:
        order(session, mayor_of("Ærø"))

    assert refusal.value.obstacle == Obstacle.FULL


def test_whoever_waits_or_has_a_seat_joins_no_second_time():
    session, seat, [first] = full_session(waiting=1)

    for mayor in (seat.participant, first.participant):
        with pytest.raises(CannotBook) as refusal:
            order(session, mayor, waits=True)
        assert refusal.value.obstacle == Obstacle.ALREADY_BOOKED


def test_a_free_seat_is_not_sold_past_those_who_wait():
    session, _seat, _line = full_session()
    SessionPage.objects.filter(pk=session.pk).update(capacity=5)
    session.refresh_from_db()

    assert (seats_left(session), seats_for_sale(session)) == (4, 0)
    assert session_obstacle(session, now=NOW) == Obstacle.FULL


def test_whoever_waits_and_means_to_pay_by_card_is_asked_for_no_ean_number(settings):
    session, _seat, _line = full_session(waiting=0)
    mayor, nowhere = mayor_of("Ærø"), Purchase(contact_name="S", contact_email="s@example.org")
    with pytest.raises(NoEanNumber):
        order(session, mayor, waits=True, purchase=nowhere)
    settings.TAKES_CARDS = True
    session.price_list.takes_cards = True
    session.price_list.save()

    placed = order(session, mayor, waits=True, purchase=nowhere, pays_by_card=True)

    assert (placed.bookings.get().status, placed.pays_by_card) == (WAITING, False)


# A seat comes free


def test_a_freed_seat_is_offered_to_the_first_in_line(django_capture_on_commit_callbacks):
    session, seat, line = full_session()

    with django_capture_on_commit_callbacks(execute=True):
        give_up(seat)

    assert statuses(line) == [OFFERED, WAITING]
    assert line[0].offered_until == ANSWER_BY
    assert seats_left(session) == 0
    assert facts_of(line[0]) == [kinds.QUEUED, kinds.OFFERED]


def test_a_seat_that_nobody_paid_for_is_offered_too(django_capture_on_commit_callbacks):
    _session, seat, line = full_session()
    seat.status = HELD

    with django_capture_on_commit_callbacks(execute=True):
        seat.move(EXPIRED, by=None, now=NOW)

    assert statuses(line) == [OFFERED, WAITING]


@pytest.mark.parametrize(("capacity", "offered"), [(2, 1), (3, 2), (9, 3), (None, 3)])
def test_raised_capacity_is_offered_in_order(capacity, offered):
    session, _seat, line = full_session(waiting=3)
    SessionPage.objects.filter(pk=session.pk).update(capacity=capacity)

    run_due()

    assert statuses(line) == [OFFERED] * offered + [WAITING] * (3 - offered)


def test_asking_again_changes_nothing():
    session, seat, line = full_session()
    give_up(seat)

    first = offer_free_seats(session, now=NOW)
    second = offer_free_seats(session, now=NOW)

    assert (first, second) == ({kinds.OFFERED: 1}, {})
    assert statuses(line) == [OFFERED, WAITING]


def test_a_new_sign_up_joins_the_line_even_when_a_seat_is_free_for_a_moment():
    session, seat, _line = full_session(waiting=1)
    give_up(seat)

    with pytest.raises(CannotBook) as refusal:
        order(session, mayor_of("Odder"))

    assert refusal.value.obstacle == Obstacle.FULL


# Answers


@pytest.fixture
def offered():
    """A session whose one seat came free, and its line; the first has the offer."""
    session, seat, line = full_session(waiting=3)
    give_up(seat)
    offer_free_seats(session, now=NOW)
    statuses(line)  # as they are now
    return session, line


def test_yes_books_on_what_was_agreed_and_at_that_moment(offered):
    session, [first, second, _third] = offered
    session.price_list.rows.update(net=9999)

    take_seat(first, by=first.participant.user, now=NOW + timedelta(hours=5))

    assert statuses([first, second]) == [CONFIRMED, WAITING]
    assert (first.price.net, first.waiting_since, first.booked_at) == (5300, None, NOW + timedelta(hours=5))
    fact = Fact.objects.about(first).latest("pk")
    assert (fact.kind, fact.by, fact.on_behalf_of) == (kinds.BOOKED, first.participant.user, first.participant)
    assert seats_left(session) == 0


def test_yes_twice_is_yes_once(offered):
    _session, [first, *_others] = offered

    take_seat(first, by=None, now=NOW)
    take_seat(first, by=None, now=NOW)

    assert facts_of(first).count(kinds.BOOKED) == 1


def test_no_passes_it_on(offered, django_capture_on_commit_callbacks):
    _session, line = offered

    with django_capture_on_commit_callbacks(execute=True):
        cancel_booking(line[0], by=None, now=NOW)

    assert statuses(line) == [CANCELLED, OFFERED, WAITING]
    assert facts_of(line[0])[-1] == kinds.DECLINED


def test_silence_passes_it_on_and_nobody_loops(offered, january):
    session, line = offered

    january.move_to(LATER)
    run_due()

    assert statuses(line) == [EXPIRED, OFFERED, WAITING]
    assert facts_of(line[0])[-1] == kinds.OFFER_LAPSED
    january.move_to(NOW + timedelta(days=14))
    run_due()
    january.move_to(NOW + timedelta(days=28))
    run_due()
    assert statuses(line) == [EXPIRED, EXPIRED, EXPIRED]
    assert seats_for_sale(session) == 1


def test_an_offer_holds_to_its_last_minute(offered, january):
    _session, line = offered

    january.move_to(ANSWER_BY - timedelta(seconds=1))
    run_due()

    assert statuses(line)[0] == OFFERED
    assert can_be_taken(line[0], now=ANSWER_BY - timedelta(seconds=1))
    with pytest.raises(SeatGone):
        take_seat(line[0], by=None, now=ANSWER_BY)


def test_whoever_let_an_offer_lapse_may_join_again_at_the_end(offered, january):
    session, line = offered
    january.move_to(LATER)
    run_due()

    [again] = wait(session, line[0].participant, now=LATER)

    assert statuses([*line, again]) == [EXPIRED, OFFERED, WAITING, WAITING]
    assert place_in_line(again) == 2


def test_whoever_waits_takes_nothing_that_is_not_offered(offered):
    _session, [_first, second, _third] = offered

    with pytest.raises(SeatGone):
        take_seat(second, by=None, now=NOW)


@pytest.mark.parametrize("status", [EXPIRED, CANCELLED])
def test_who_is_out_takes_nothing(offered, status):
    _session, [first, *_others] = offered
    first.move(status, by=None, now=NOW)

    with pytest.raises(SeatGone):
        take_seat(first, by=None, now=NOW)


def test_an_offer_is_no_seat_to_pass_on(offered):
    _session, [first, *_others] = offered

    with pytest.raises(SeatGivenUp):
        substitute(first, participant=mayor_of("Odder"), by=None, now=NOW)


def test_whoever_waits_and_is_given_a_colleagues_seat_waits_no_longer():
    _session, seat, line = full_session()

    substitute(seat, participant=line[0].participant, by=None, now=NOW)

    seat.refresh_from_db()
    assert seat.participant == line[0].participant
    assert statuses(line) == [CANCELLED, WAITING]


# Card or invoice


def test_the_seat_is_held_while_it_is_paid_by_card(offered, settings):
    settings.TAKES_CARDS = True
    session, [first, *_others] = offered
    session.price_list.takes_cards = True
    session.price_list.save()

    take_seat(first, by=None, now=NOW, pays_by_card=True)

    assert statuses([first]) == [HELD]
    assert (first.order.pays_by_card, first.order.gln) == (True, "")


def test_where_cards_are_not_taken_the_seat_stays_offered(offered):
    _session, [first, *_others] = offered

    with pytest.raises(NoCards):
        take_seat(first, by=None, now=NOW, pays_by_card=True)

    assert statuses([first]) == [OFFERED]


def test_an_invoice_needs_somewhere_to_go(offered):
    _session, [first, *_others] = offered
    type(first.order).objects.update(gln="")

    with pytest.raises(NoEanNumber):
        take_seat(first, by=None, now=NOW)

    take_seat(first, by=None, now=NOW, gln=PURCHASE.gln)
    first.order.refresh_from_db()
    assert (statuses([first]), first.order.gln) == ([CONFIRMED], PURCHASE.gln)


# Whom it is for


def leave_office(mayor):
    mayor.offices.update(ends_on=date(2027, 2, 1))


def test_the_audience_is_asked_anew_when_a_seat_comes_free():
    session, seat, line = full_session(waiting=3)
    leave_office(line[0].participant)
    give_up(seat)

    offer_free_seats(session, now=NOW)
    offer_free_seats(session, now=NOW)

    assert statuses(line) == [WAITING, OFFERED, WAITING]
    assert facts_of(line[0]) == [kinds.QUEUED, kinds.PASSED_OVER]
    assert line[0].passed_over_at == NOW


def test_whoever_was_passed_over_keeps_the_place_if_staff_let_them_in():
    session, seat, line = full_session()
    former = line[0].participant
    leave_office(former)
    give_up(seat)
    offer_free_seats(session, now=NOW)
    SessionPage.objects.filter(pk=session.pk).update(capacity=2)
    Person.objects.filter(pk=former.pk).update(municipality=MunicipalityFactory(name="Ærø"))
    grant_access(session.audience, former, reason="Kommer", ends_on=session.ends_on, by=UserFactory(), now=NOW)

    offer_free_seats(session, now=NOW)

    assert statuses(line) == [OFFERED, OFFERED]
    assert line[0].passed_over_at is None


def test_those_the_session_is_no_longer_for_keep_nobody_out():
    session, seat, [only] = full_session(waiting=1)
    leave_office(only.participant)
    give_up(seat)
    offer_free_seats(session, now=NOW)

    assert seats_for_sale(session) == 1
    assert order(session, mayor_of("Odder")).bookings.get().status == CONFIRMED


def test_the_audience_is_asked_anew_when_they_say_yes(offered):
    _session, [first, *_others] = offered
    leave_office(first.participant)

    with pytest.raises(CannotBook) as refusal:
        take_seat(first, by=None, now=NOW)

    assert refusal.value.obstacle == Obstacle.NOT_FOR_YOU
    assert statuses([first]) == [OFFERED]


def test_the_office_that_admits_them_is_that_of_the_day_they_are_offered_a_seat():
    session, seat, [first] = full_session(waiting=1)
    first.participant.offices.update(ends_on=date(2027, 1, 31))
    new = OfficeFactory(person=first.participant, municipality__name="Odder", starts_on=date(2027, 2, 1))
    give_up(seat)

    offer_free_seats(session, now=NOW)

    assert (statuses([first]), first.office) == ([OFFERED], new)


# Near the start


@pytest.fixture
def eve(january):
    """The day before a full session with three in line."""
    session, seat, line = full_session(waiting=3)
    january.move_to(DAY_BEFORE)
    return session, seat, line


def called(line) -> list[bool]:
    statuses(line)
    return [booking.called_at is not None for booking in line]


def test_near_the_start_a_seat_goes_to_the_first_who_presses(eve):
    session, seat, line = eve
    give_up(seat, DAY_BEFORE)
    offer_free_seats(session, now=DAY_BEFORE)
    offer_free_seats(session, now=DAY_BEFORE)
    assert called(line) == [True, True, True]
    assert [facts_of(booking).count(kinds.CALLED) for booking in line] == [1, 1, 1]

    take_seat(line[2], by=None, now=DAY_BEFORE)

    assert statuses(line) == [WAITING, WAITING, CONFIRMED]
    with pytest.raises(SeatGone):
        take_seat(line[0], by=None, now=DAY_BEFORE)


def test_the_next_seat_near_the_start_is_news_again(eve):
    session, seat, line = eve
    give_up(seat, DAY_BEFORE)
    offer_free_seats(session, now=DAY_BEFORE)
    taken = take_seat(line[2], by=None, now=DAY_BEFORE)
    give_up(taken, DAY_BEFORE)

    offer_free_seats(session, now=DAY_BEFORE)

    assert [facts_of(booking).count(kinds.CALLED) for booking in line[:2]] == [2, 2]


def test_near_the_start_only_those_it_is_for_are_called(eve):
    session, seat, line = eve
    leave_office(line[0].participant)
    give_up(seat, DAY_BEFORE)

    offer_free_seats(session, now=DAY_BEFORE)

    assert called(line) == [False, True, True]
    with pytest.raises(CannotBook):
        take_seat(line[0], by=None, now=DAY_BEFORE)


# The end


def test_when_the_session_begins_nobody_waits_any_more(january):
    session, seat, line = full_session()
    SessionPage.objects.filter(pk=session.pk).update(capacity=1)
    january.move_to(datetime(2027, 5, 5, 10, tzinfo=COPENHAGEN))

    run_due()
    run_due()

    assert statuses([seat, *line]) == [CONFIRMED, EXPIRED, EXPIRED]
    assert facts_of(line[0]) == [kinds.QUEUED, kinds.NO_SEAT]


def test_of_a_cancelled_session_nothing_is_offered(offered, django_capture_on_commit_callbacks):
    session, line = offered

    with django_capture_on_commit_callbacks(execute=True):
        cancel_session(session, by=None, now=NOW)

    assert statuses(line) == [WAITING, WAITING, WAITING]
    with pytest.raises(CannotBook) as refusal:
        take_seat(line[0], by=None, now=NOW)
    assert refusal.value.obstacle == Obstacle.CANCELLED


@pytest.mark.parametrize("change", [{"live": False}, {"when_text": "efteråret 2027"}])
def test_an_offer_is_withdrawn_while_there_is_no_page_or_no_date_and_the_place_is_kept(offered, change):
    session, line = offered
    SessionPage.objects.filter(pk=session.pk).update(**change)
    run_due()
    assert statuses(line) == [WAITING, WAITING, WAITING]
    assert facts_of(line[0])[-1] == kinds.OFFER_WITHDRAWN

    SessionPage.objects.filter(pk=session.pk).update(live=True, when_text="")
    run_due()

    assert statuses(line) == [OFFERED, WAITING, WAITING]


def test_that_sign_up_has_closed_is_nothing_to_those_who_wait(offered):
    session, line = offered
    SessionPage.objects.filter(pk=session.pk).update(signup_closes_at=NOW)

    take_seat(line[0], by=None, now=NOW)

    assert statuses(line)[0] == CONFIRMED


def test_one_list_that_fails_keeps_no_other_waiting():
    broken, seat, line = full_session()
    other = SessionPageFactory(capacity=1)
    other_seat = order(other, seat.participant).bookings.get()
    [first] = wait(other, line[0].participant)
    give_up(seat)
    give_up(other_seat)
    SessionPage.objects.filter(pk=broken.pk).update(audience=None)

    _done, failed = offer_due(NOW)

    assert (failed, statuses([*line, first])) == (1, [WAITING, WAITING, OFFERED])
