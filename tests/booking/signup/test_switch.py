"""Alternate runs: one of them to a person, and how a seat is moved from one to another."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext

from booking.dates import COPENHAGEN
from booking.journal.kinds import SWITCHED
from booking.models import AddOn, Audience, Booking, Choice, Fact, PriceRow
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from booking.signup.hold import confirm_seats, expire_seats
from booking.signup.locks import lock_session_of
from booking.signup.models import BookingStatus
from booking.signup.reserve import MayNotActFor
from booking.signup.sentences import person_sentence, switch_sentence
from booking.signup.standing import CannotBook, Obstacle, admit
from booking.signup.substitute import substitute
from booking.signup.switch import CannotSwitch, Hindrance, runs_for, switch
from booking.signup.waiting import offer_free_seats
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import (
    OfferPageFactory,
    OfficeFactory,
    SessionPageFactory,
    mayor_of,
    secretary_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("january")]

DURING = datetime(2027, 3, 16, 12, tzinfo=COPENHAGEN)


@pytest.fixture
def choice(db):
    return Choice.objects.create(name="Kattegatkursus")


@pytest.fixture
def runs(choice):
    """15.-17. marts eller 22.-24. marts."""
    offer = OfferPageFactory()
    return [
        SessionPageFactory(
            parent=offer,
            choice=choice,
            title="Kattegatkursus",
            kind="overnight",
            starts_on=date(2027, 3, first),
            ends_on=date(2027, 3, first + 2),
        )
        for first in (15, 22)
    ]


@pytest.fixture
def seat(runs):
    return order(runs[0], mayor_of("Fanø")).bookings.get()


def republish(session, **changes):
    for name, value in changes.items():
        setattr(session, name, value)
    session.save_revision().publish()
    return session


def whole(booking) -> dict:
    return Booking.objects.filter(pk=booking.pk).values().get()


# One of them


def test_whoever_has_a_seat_at_one_run_gets_none_at_the_other(runs, seat):
    with pytest.raises(CannotBook) as refused:
        order(runs[1], seat.participant)

    assert (refused.value.obstacle, refused.value.booking) == (Obstacle.OTHER_RUN, seat)
    assert (
        person_sentence(refused.value, runs[1], seat.participant)
        == "Borgmesteren i Fanø er allerede tilmeldt den 15.-17. marts 2027, og man kan kun deltage én gang."
    )


def test_a_place_in_line_at_one_run_keeps_from_the_other_and_is_named_so(runs):
    republish(runs[0], capacity=1)
    order(runs[0], mayor_of("Ærø"))
    mayor = mayor_of("Fanø")
    order(runs[0], mayor, waits=True)

    with pytest.raises(CannotBook) as refused:
        order(runs[1], mayor)

    assert (
        person_sentence(refused.value, runs[1], mayor)
        == "Borgmesteren i Fanø står på ventelisten den 15.-17. marts 2027. Forlad den først, så du kan tilmelde her."
    )


def test_sessions_of_no_choice_or_of_another_are_no_alternatives(seat):
    other = SessionPageFactory(choice=Choice.objects.create(name="Et andet valg"))

    for session in (SessionPageFactory(), SessionPageFactory(), other):
        assert order(session, seat.participant).bookings.get().is_confirmed


def test_whoever_gave_up_the_seat_may_choose_anew(runs, seat):
    cancel_booking(seat, by=None, now=NOW)

    assert order(runs[1], seat.participant).bookings.get().is_confirmed


def test_a_run_that_is_called_off_keeps_nobody_from_the_other(runs, seat):
    cancel_session(runs[0], by=None, now=NOW)

    assert order(runs[1], seat.participant).bookings.get().is_confirmed


def test_nobody_takes_over_a_seat_at_the_other_run(runs, seat):
    other = order(runs[1], mayor_of("Ærø")).bookings.get()

    with pytest.raises(CannotBook) as refused:
        substitute(other, participant=seat.participant, by=None, now=NOW)

    assert refused.value.obstacle == Obstacle.OTHER_RUN


def test_money_that_comes_too_late_buys_no_second_seat(runs):
    mayor = mayor_of("Fanø")
    held = order(runs[0], mayor).bookings.get()
    Booking.objects.filter(pk=held.pk).update(status=BookingStatus.HELD)
    expire_seats(held.order, [held.pk], now=NOW)
    order(runs[1], mayor)

    assert not confirm_seats(held.order, [held.pk], now=NOW)
    assert [booking.session for booking in Booking.objects.seated()] == [runs[1]]


def test_a_choice_with_sessions_is_not_deleted(choice, runs):
    with pytest.raises(ProtectedError):
        choice.delete()


# Switching


def test_the_seat_moves_along_with_all_that_was_agreed(runs, seat):
    Booking.objects.filter(pk=seat.pk).update(diet="vegetar", room="stille")
    PriceRow.objects.update(net=9999)  # today's price at both, and nobody's business who agreed on another
    before = whole(seat)

    switched = switch(seat, to=runs[1], by=None, now=NOW)

    assert whole(seat) == before | {"session_id": runs[1].pk, "switched_at": NOW}
    assert switched.price.net == Decimal(8800)
    assert admit(runs[0], mayor_of("Ærø"))


def test_the_journal_says_who_switched_from_where(runs, seat):
    secretary = secretary_of(seat.participant)

    switch(seat, to=runs[1], by=secretary.user, booker=secretary, now=NOW)

    fact = Fact.objects.get(kind=SWITCHED)
    assert (fact.about, fact.by, fact.on_behalf_of, fact.at) == (seat, secretary.user, seat.participant, NOW)
    assert fact.details == {
        "order": seat.order.reference,
        "from_session": runs[0].pk,
        "from_entry": runs[0].calendar_entry.pk,
        "left": "Kattegatkursus, 15.-17. marts 2027",
        "to": "Kattegatkursus, 22.-24. marts 2027",
    }


def test_asking_twice_switches_once_and_back_is_a_switch_of_its_own(runs, seat):
    for _press in range(2):
        switch(seat, to=runs[1], by=None, now=NOW)
    assert Fact.objects.filter(kind=SWITCHED).count() == 1

    switch(seat, to=runs[0], by=None, now=NOW)

    assert Fact.objects.filter(kind=SWITCHED).count() == 2
    assert Booking.objects.get().session == runs[0]


def test_the_office_that_admits_is_asked_for_anew(runs, seat):
    old = seat.office
    old.ends_on = date(2027, 3, 19)
    old.save()
    new = OfficeFactory(person=seat.participant, municipality=old.municipality, starts_on=date(2027, 3, 20))

    assert switch(seat, to=runs[1], by=None, now=NOW).office == new


def test_what_the_other_run_does_not_ask_for_is_forgotten(runs, seat):
    Booking.objects.filter(pk=seat.pk).update(diet="vegetar", room="stille")
    for run in runs:
        republish(run, own_net=Decimal(500), price_list=None)
    republish(runs[1], kind="online")

    switched = switch(seat, to=runs[1], by=None, now=NOW)

    assert (switched.diet, switched.room) == ("", "")


def test_the_freed_seat_goes_to_the_first_who_waits(runs, django_capture_on_commit_callbacks):
    republish(runs[0], capacity=1)
    seat = order(runs[0], mayor_of("Fanø")).bookings.get()
    waiting = order(runs[0], mayor_of("Ærø"), waits=True).bookings.get()

    with django_capture_on_commit_callbacks(execute=True):
        switch(seat, to=runs[1], by=None, now=NOW)

    waiting.refresh_from_db()
    assert waiting.is_offered


def full(to):
    republish(to, capacity=1)
    order(to, mayor_of("Ærø"))


def waited_for(to):
    full(to)
    order(to, mayor_of("Samsø"), waits=True)
    cancel_booking(to.bookings.earliest("pk"), by=None, now=NOW)


def for_others(to):
    republish(to, audience=Audience.objects.create(name="Direktører", offices=["municipal_director"]))


def closed(to):
    republish(to, signup_closes_at=NOW - timedelta(days=1))


@pytest.mark.parametrize(
    ("spoil", "obstacle"),
    [
        (full, Obstacle.FULL),
        (waited_for, Obstacle.FULL),
        (for_others, Obstacle.NOT_FOR_YOU),
        (closed, Obstacle.CLOSED),
        (lambda to: to.unpublish(), Obstacle.NOT_PUBLIC),
        (lambda to: cancel_session(to, by=None, now=NOW), Obstacle.CANCELLED),
    ],
    ids=["full", "somebody waits", "not for you", "closed", "not public", "cancelled"],
)
def test_a_run_that_would_not_take_a_sign_up_takes_no_switch_and_the_old_seat_stays(runs, seat, spoil, obstacle):
    spoil(runs[1])
    before = whole(seat)

    with pytest.raises(CannotBook) as refused:
        switch(seat, to=runs[1], by=None, now=NOW)

    assert refused.value.obstacle == obstacle
    assert whole(seat) == before
    assert not Fact.objects.filter(kind=SWITCHED).exists()


def held(seat):
    Booking.objects.filter(pk=seat.pk).update(status=BookingStatus.HELD)


def dearer(seat):
    republish(seat.session.other_runs()[0], own_net=Decimal(9000))


def shared(seat):
    seat.lines.update(seats=2)


@pytest.mark.parametrize(
    ("spoil", "hindrance"),
    [
        (held, Hindrance.NOT_PAID),
        (lambda seat: cancel_booking(seat, by=None, now=NOW), Hindrance.NO_SEAT),
        (dearer, Hindrance.OTHER_PRICE),
        (shared, Hindrance.SHARED_PRICE),
        (lambda seat: cancel_session(seat.session, by=None, now=NOW), Hindrance.CANCELLED),
        (lambda seat: republish(seat.session, choice=None), Hindrance.NOT_A_RUN),
    ],
    ids=["not paid", "given up", "another price", "one price for several", "session cancelled", "no alternatives"],
)
def test_a_seat_that_can_not_be_moved_stays(runs, seat, spoil, hindrance):
    spoil(seat)
    before = whole(seat)

    with pytest.raises(CannotSwitch) as refused:
        switch(seat, to=runs[1], by=None, now=NOW)

    assert refused.value.hindrance == hindrance
    assert switch_sentence(refused.value, runs[1], seat.participant)
    assert whole(seat) == before


def test_from_a_run_that_has_begun_it_is_too_late(runs, seat):
    with pytest.raises(CannotSwitch) as refused:
        switch(seat, to=runs[1], by=None, now=DURING)

    assert refused.value.hindrance == Hindrance.BEGUN


def test_an_add_on_that_the_other_run_does_not_offer_keeps_the_seat(runs):
    add_on = AddOn.objects.create(name="En ekstra nat")
    PriceRow.objects.create(price_list=runs[0].price_list, add_on=add_on, valid_from=date(2022, 1, 1), net=900)
    republish(runs[0], add_ons=[add_on])
    without, with_it = (order(runs[0], mayor_of(name)).bookings.get() for name in ("Fanø", "Ærø"))
    with_it.lines.create(description="En ekstra nat", unit_net=900, vat_rate=Decimal("0.25"))

    assert switch(without, to=runs[1], by=None, now=NOW).session == runs[1]
    with pytest.raises(CannotSwitch) as refused:
        switch(with_it, to=runs[1], by=None, now=NOW)
    assert refused.value.hindrance == Hindrance.OTHER_PRICE


def test_only_whoever_acts_for_the_participant_switches(runs, seat):
    stranger = secretary_of(mayor_of("Ærø"))

    with pytest.raises(MayNotActFor):
        switch(seat, to=runs[1], by=stranger.user, booker=stranger, now=NOW)

    assert Booking.objects.get().session == runs[0]


def test_a_seat_that_was_given_up_has_no_other_runs(runs, seat):
    assert runs_for(seat) == [runs[1]]
    assert runs_for(cancel_booking(seat, by=None, now=NOW)) == []


def test_a_seat_that_somebody_waits_for_is_offered_to_nobody_who_has_the_other_run(runs):
    republish(runs[0], capacity=1)
    first = order(runs[0], mayor_of("Fanø")).bookings.get()
    mayor = mayor_of("Ærø")
    waiting = order(runs[0], mayor, waits=True).bookings.get()
    # An editor makes alternatives of two sessions at which somebody is already.
    republish(runs[1], choice=None)
    order(runs[1], mayor)
    republish(runs[1], choice=runs[0].choice)
    cancel_booking(first, by=None, now=NOW)

    offer_free_seats(runs[0], now=NOW)

    waiting.refresh_from_db()
    assert waiting.is_waiting


def test_whoever_locks_the_session_of_a_seat_locks_the_one_that_it_has_been_switched_to(runs, seat):
    known_before = Booking.objects.get(pk=seat.pk)
    switch(seat, to=runs[1], by=None, now=NOW)

    with CaptureQueriesContext(connection) as captured:
        session = lock_session_of(known_before)

    assert session == runs[1]
    assert len(captured) == 5  # it did not have to be asked for twice


def test_a_seat_that_is_switched_while_its_session_is_waited_for_is_looked_for_anew(runs, seat):
    def switched_meanwhile(execute, sql, params, many, context):
        if "SAVEPOINT" in sql and not seat.switched_at:
            seat.switched_at = NOW
            Booking.objects.filter(pk=seat.pk).update(session=runs[1])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(switched_meanwhile):
        assert lock_session_of(seat) == runs[1]
