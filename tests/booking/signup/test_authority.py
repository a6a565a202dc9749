"""What staff may set aside, and what stays in the way whatever they say."""

from datetime import timedelta

import pytest

from booking.journal.kinds import ACCESS_GRANTED, BOOKED
from booking.models import AudienceGrant, Booking, Fact, SessionPage
from booking.sessions.live import cancel_session
from booking.signup.authority import CAN_BE_SET_ASIDE, Authority
from booking.signup.reserve import MayNotActFor, PriceChanged
from booking.signup.standing import CannotBook, Obstacle
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import AudienceFactory, PersonFactory, SessionPageFactory, UserFactory, mayor_of, secretary_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk():
    return UserFactory()


def on(clerk, *sets_aside, reason="Aftalt med direktøren") -> Authority:
    return Authority(
        by=clerk,
        accepted_by="Bente Borg",
        accepted_how="phone",
        note="Ringede kl. 9",
        sets_aside=frozenset(sets_aside),
        reason=reason,
    )


def test_the_order_says_who_accepted_and_the_fact_who_wrote_it_down(clerk):
    mayor = mayor_of("Fanø")
    secretary = secretary_of(mayor)

    placed = order(SessionPageFactory(), mayor, booker=secretary, authority=on(clerk, reason=""))

    assert (placed.accepted_by, placed.accepted_how, placed.acceptance_note) == ("Bente Borg", "phone", "Ringede kl. 9")
    assert placed.booker == secretary
    fact = Fact.objects.get(kind=BOOKED)
    assert (fact.by, fact.on_behalf_of, fact.details) == (clerk, mayor, {"order": placed.reference})


def test_the_form_leaves_no_such_trace():
    placed = order(SessionPageFactory(), mayor_of("Fanø"))

    assert (placed.accepted_by, placed.accepted_how) == ("", "")


def full(session):
    order(session, mayor_of("Ærø"))


def closed(session):
    SessionPage.objects.update(signup_closes_at=NOW - timedelta(hours=1))


def not_open(session):
    SessionPage.objects.update(signup_opens_at=NOW + timedelta(hours=1))


def started(session):
    SessionPage.objects.update(starts_on=NOW.date(), ends_on=NOW.date() + timedelta(days=1), starts_time="08:00")


@pytest.mark.parametrize(
    ("hinder", "obstacle"),
    [
        (full, Obstacle.FULL),
        (closed, Obstacle.CLOSED),
        (not_open, Obstacle.NOT_OPEN),
        (started, Obstacle.STARTED),
    ],
)
def test_what_is_set_aside_keeps_nobody_out_and_the_fact_says_why(clerk, hinder, obstacle):
    session, mayor = SessionPageFactory(capacity=1), mayor_of("Fanø")
    hinder(session)
    session.refresh_from_db()

    with pytest.raises(CannotBook) as refusal:
        order(session, mayor, authority=on(clerk))
    assert refusal.value.obstacle == obstacle

    booking = order(session, mayor, authority=on(clerk, obstacle)).bookings.get()
    fact = Fact.objects.about(booking).get()
    assert fact.details["set_aside"] == [obstacle]
    assert fact.details["reason"] == "Aftalt med direktøren"


def test_two_obstacles_are_both_set_aside_or_neither(clerk):
    session, mayor = SessionPageFactory(capacity=1), mayor_of("Fanø")
    full(session)
    closed(session)
    session.refresh_from_db()

    with pytest.raises(CannotBook):
        order(session, mayor, authority=on(clerk, Obstacle.CLOSED))

    order(session, mayor, authority=on(clerk, Obstacle.CLOSED, Obstacle.FULL))
    assert Booking.objects.filter(session=session).count() == 2


def test_whoever_the_session_is_not_for_gets_an_exception_until_its_day(clerk):
    session = SessionPageFactory(audience=AudienceFactory(name="Direktører", offices=["municipal_director"]))
    mayor = mayor_of("Fanø")

    with pytest.raises(CannotBook):
        order(session, mayor, authority=on(clerk))
    assert not AudienceGrant.objects.exists()

    booking = order(session, mayor, authority=on(clerk, Obstacle.NOT_FOR_YOU)).bookings.get()

    assert booking.office.person == mayor
    grant = AudienceGrant.objects.get()
    assert (grant.person, grant.audience, grant.reason) == (mayor, session.audience, "Aftalt med direktøren")
    assert (grant.ends_on, grant.granted_by) == (session.starts_on, clerk)
    assert Fact.objects.filter(kind=ACCESS_GRANTED, by=clerk).count() == 1


def test_somebody_from_nowhere_has_no_payer_and_gets_neither_seat_nor_exception(clerk):
    stranger = PersonFactory(municipality=None)

    with pytest.raises(CannotBook):
        order(SessionPageFactory(), stranger, authority=on(clerk, Obstacle.NOT_FOR_YOU))

    assert not AudienceGrant.objects.exists()


def cancelled(session):
    cancel_session(session, by=None, now=NOW)


def over(session):
    SessionPage.objects.update(starts_on=NOW.date() - timedelta(days=2), ends_on=NOW.date() - timedelta(days=2))


def without_a_date(session):
    SessionPage.objects.update(when_text="maj/juni 2027", starts_time=None, ends_time=None)


def not_public(session):
    session.unpublish()


@pytest.mark.parametrize("hinder", [cancelled, over, without_a_date, not_public])
def test_what_can_not_be_sold_can_not_be_set_aside(clerk, hinder):
    session, mayor = SessionPageFactory(), mayor_of("Fanø")
    hinder(session)
    session = SessionPage.objects.get(pk=session.pk)

    with pytest.raises(CannotBook):
        order(session, mayor, authority=on(clerk, *CAN_BE_SET_ASIDE))


def test_nobody_gets_a_second_seat(clerk):
    session, mayor = SessionPageFactory(), mayor_of("Fanø")
    order(session, mayor)

    with pytest.raises(CannotBook):
        order(session, mayor, authority=on(clerk, *CAN_BE_SET_ASIDE))


def test_an_authority_changes_no_price_and_lets_nobody_act_for_another(clerk):
    session, mayor = SessionPageFactory(), mayor_of("Fanø")

    with pytest.raises(PriceChanged):
        order(session, mayor, shown="1.00+0.25", authority=on(clerk, *CAN_BE_SET_ASIDE))
    with pytest.raises(MayNotActFor):
        order(session, mayor, booker=PersonFactory(), authority=on(clerk, *CAN_BE_SET_ASIDE))


@pytest.mark.parametrize(
    "changes",
    [
        {"sets_aside": frozenset({Obstacle.FULL}), "reason": ""},
        {"sets_aside": frozenset({Obstacle.CANCELLED}), "reason": "Fordi"},
        {"accepted_by": ""},
        {"accepted_how": ""},
    ],
    ids=["no reason", "not to be set aside", "nobody accepted", "in no way"],
)
def test_an_authority_is_whole_or_none(changes):
    whole = {"by": None, "accepted_by": "Bente", "accepted_how": "phone"}

    with pytest.raises(ValueError, match=r"."):
        Authority(**(whole | changes))
