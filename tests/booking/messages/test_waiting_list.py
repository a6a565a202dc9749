"""What those on a waiting list are told, as it arrives over SMTP: once, by a link of their own, if it still holds."""

import re
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command

from booking.dates import COPENHAGEN
from booking.journal.record import catch_up
from booking.models import Booking, OutboxMessage, SessionPage
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from booking.signup.link import read_key
from booking.signup.waiting import leave_line, offer_free_seats, take_seat
from tests.booking.messages.orders import NOW
from tests.booking.signup.test_reserve import order
from tests.factories import SessionPageFactory, mayor_of, secretary_of

pytestmark = pytest.mark.django_db(transaction=True)

CONTACT, MAYOR, SECOND = "sekretariat@example.org", "aeroe@example.org", "samsoe@example.org"
DAY_BEFORE = datetime(2027, 5, 4, 9, tzinfo=COPENHAGEN)


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def line(sink) -> list[Booking]:
    """A full session, and two who wait; their first mails are still in the sink."""
    session = SessionPageFactory(title="Lederskab", capacity=1)
    order(session, mayor_of("Fanø"), now=NOW)
    first, second = mayor_of("Ærø", person__email=MAYOR), mayor_of("Samsø", person__email=SECOND)
    sink.mails.clear()
    booker = secretary_of(first)
    return [
        order(session, first, booker=booker, waits=True, now=NOW).bookings.get(),
        order(session, second, waits=True, now=NOW).bookings.get(),
    ]


def free_the_seat(booking, now=NOW):
    cancel_booking(Booking.objects.filter(session=booking.session, status="confirmed").get(), by=None, now=now)


def told(sink, email) -> list[str]:
    """The kinds of the facts that an address was told of, in order; and nothing more is in its mails."""
    messages = OutboxMessage.objects.filter(recipient=email).order_by("pk").select_related("fact")
    assert len(sink.to(email)) <= len(messages)
    return [message.fact.kind for message in messages]


def text(mail) -> str:
    return mail.get_body(["plain"]).get_content()


def key_in(mail) -> str:
    return re.search(r"/venteliste/(\S+)/", text(mail)).group(1)


def test_whoever_joins_is_told_the_place_and_the_price_and_has_a_way_out(line, sink):
    [mail] = sink.to(SECOND)

    assert "Lederskab" in mail["Subject"]
    assert "2" in text(mail).split("5.300,00")[0].splitlines()[2]
    assert "6.625,00 kr." in text(mail)
    assert not any(part.get_content_type() == "text/calendar" for part in mail.walk())
    assert read_key(key_in(mail), now=NOW).booking == line[1]


def test_contact_and_participant_have_links_of_their_own(line, sink):
    contact, participant = sink.to(CONTACT)[0], sink.to(MAYOR)[0]

    assert not read_key(key_in(contact), now=NOW).is_participant
    assert read_key(key_in(participant), now=NOW).is_participant


def test_only_whoever_is_offered_the_seat_hears_of_it(line, sink):
    free_the_seat(line[0])

    assert told(sink, MAYOR) == ["queued", "offered"]
    assert told(sink, SECOND) == ["queued"]
    assert "7. januar 2027 kl. 10.00" in sink.to(MAYOR)[1]["Subject"]
    assert "7. januar 2027 kl. 10.00" in text(sink.to(MAYOR)[1])


def test_each_step_is_told_once_however_often_it_is_looked_at(line, sink, now):
    free_the_seat(line[0])
    now.move_to(NOW + timedelta(days=4))

    for _again in range(3):
        call_command("run_due", verbosity=0)

    assert told(sink, MAYOR) == ["queued", "offered", "offer_lapsed"]
    assert told(sink, SECOND) == ["queued", "offered"]


def test_yes_brings_what_a_sign_up_brings(line, sink):
    free_the_seat(line[0])

    take_seat(line[0], by=None, now=NOW)

    assert told(sink, MAYOR) == ["queued", "offered", "booked"]
    assert any(part.get_content_type() == "text/calendar" for part in sink.to(MAYOR)[2].walk())


def test_an_offer_that_was_answered_before_it_was_told_is_not_told(line, sink, monkeypatch):
    monkeypatch.setattr("booking.journal.record.attempt", lambda follow_up_id: False)
    free_the_seat(line[0])
    offer_free_seats(line[0].session, now=NOW)
    leave_line(line[0], by=None, now=NOW)
    monkeypatch.undo()

    catch_up(NOW + timedelta(hours=1))

    assert told(sink, MAYOR) == ["queued", "declined"]


def test_near_the_start_all_are_told_and_the_rest_hear_nothing_more(line, sink, now):
    now.move_to(DAY_BEFORE)
    free_the_seat(line[0], DAY_BEFORE)
    take_seat(line[1], by=None, now=DAY_BEFORE)
    call_command("run_due", verbosity=0)

    assert told(sink, MAYOR) == ["queued", "called"]
    assert told(sink, SECOND) == ["queued", "called", "booked"]


def test_whoever_is_passed_over_hears_why_once(line, sink):
    line[0].participant.offices.update(ends_on=date(2027, 2, 1))
    free_the_seat(line[0])
    call_command("run_due", verbosity=0)

    assert told(sink, MAYOR) == ["queued", "passed_over"]
    assert "5. maj 2027" in text(sink.to(MAYOR)[1])
    assert told(sink, SECOND) == ["queued", "offered"]


def test_when_the_session_begins_those_who_wait_hear_that_no_seat_came_free(line, sink, now):
    now.move_to(datetime(2027, 5, 5, 10, tzinfo=COPENHAGEN))

    call_command("run_due", verbosity=0)
    call_command("run_due", verbosity=0)

    assert told(sink, SECOND) == ["queued", "no_seat"]


def test_those_who_wait_hear_that_the_session_is_cancelled_and_nothing_else(line, sink, now):
    free_the_seat(line[0])
    cancel_session(line[0].session, by=None, now=NOW)
    now.move_to(datetime(2027, 5, 5, 10, tzinfo=COPENHAGEN))
    call_command("run_due", verbosity=0)

    assert told(sink, MAYOR) == ["queued", "offered", "session_cancelled"]
    assert told(sink, SECOND) == ["queued", "session_cancelled"]
    assert not any(part.get_content_type() == "text/calendar" for part in sink.to(SECOND)[-1].walk())


def test_those_who_wait_hear_that_the_session_has_moved(line, sink):
    session = SessionPage.objects.get()
    session.starts_on = session.ends_on = date(2027, 5, 12)
    session.save_revision().publish()

    assert told(sink, SECOND) == ["queued", "session_shown"]
    assert "12. maj 2027" in text(sink.to(SECOND)[1])
    assert not any(part.get_content_type() == "text/calendar" for part in sink.to(SECOND)[1].walk())
