"""Seats of those who will have left by the day of the session."""

from datetime import UTC, date, datetime

import pytest

from booking.people.importing import carry_out, plan_import
from booking.people.models import Office, OfficeKind
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from booking.signup.successors import awaiting_successor
from tests.booking.people.election import as_csv, result, sitting_mayors
from tests.booking.people.seats import booking_of
from tests.factories import AudienceFactory, MunicipalityFactory, OfficeFactory, SessionPageFactory, mayor_of

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
EVE, NEW_YEAR = date(2025, 12, 31), date(2026, 1, 1)


@pytest.fixture
def left(db):
    """A mayor with a seat on 5 May 2027, who left when 2025 ended."""
    office = mayor_of("Fanø").offices.get()
    booking = booking_of(office)
    office.ends_on = EVE
    office.save()
    return booking


def test_a_seat_awaits_whoever_follows(left):
    assert [(booking.pk, booking.successor_name) for booking in awaiting_successor(NOW)] == [(left.pk, None)]

    new = mayor_of("Fanø", starts_on=NEW_YEAR, person__name="Ole Ny")

    [waiting] = awaiting_successor(NOW)
    assert (waiting.successor_id, waiting.successor_name) == (new.pk, "Ole Ny")


def test_a_seat_before_the_office_ends_awaits_nobody(left):
    office = left.office
    office.ends_on = left.session.starts_on
    office.save()

    assert not awaiting_successor(NOW).exists()


def test_whoever_holds_the_office_again_keeps_the_seat(left):
    OfficeFactory(person=left.participant, municipality=MunicipalityFactory(name="Ærø"), starts_on=NEW_YEAR)

    assert not awaiting_successor(NOW).exists()


def test_what_is_over_given_up_or_called_off_awaits_nobody(left):
    assert not awaiting_successor(datetime(2027, 5, 6, tzinfo=UTC)).exists()
    cancel_session(left.session, by=None, now=NOW)
    assert not awaiting_successor(NOW).exists()


def test_a_seat_that_was_given_up_awaits_nobody(left):
    cancel_booking(left, by=None, now=NOW)

    assert not awaiting_successor(NOW).exists()


def test_of_many_chairs_no_one_is_the_successor(db):
    session = SessionPageFactory(audience=AudienceFactory(name="Formænd", offices=[OfficeKind.COMMITTEE_CHAIR.value]))
    office = OfficeFactory(kind=OfficeKind.COMMITTEE_CHAIR)
    booking_of(office, session=session)
    Office.objects.filter(pk=office.pk).update(ends_on=EVE)
    OfficeFactory(kind=OfficeKind.COMMITTEE_CHAIR, starts_on=NEW_YEAR)

    assert awaiting_successor(NOW).get().successor_id is None


def test_after_an_election_the_seats_of_those_who_left_stand_on_the_list(db, django_assert_num_queries):
    offices = sitting_mayors()
    session = SessionPageFactory()
    for office in (*offices[:3], offices[97]):
        booking_of(office, session=session)

    carry_out(plan_import(as_csv(result(40)), now=NOW), by=None, now=NOW)

    with django_assert_num_queries(2):  # they, and what was agreed
        waiting = [(booking.participant.name, booking.successor_name) for booking in awaiting_successor(NOW)]
    assert waiting == [(office.person.name, result(40)[number][2]) for number, office in enumerate(offices[:3])]
