"""What the two of a pair are told, as it arrives over SMTP."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine

from booking.journal.record import catch_up
from booking.messages.models import MailText
from booking.models import Booking, FollowUp, PriceRow
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from booking.signup.pairs import confirm_pair, decline_pair, key_for, lapse_due
from tests.booking.messages.test_tell import calendar_of, words
from tests.booking.signup.test_pairs import PURCHASE, ask, asked, director_of, for_pairs
from tests.booking.signup.test_reserve import NOW
from tests.factories import UserFactory, mayor_of, secretary_of

pytestmark = pytest.mark.django_db(transaction=True)

CONTACT, MAYOR, DIRECTOR, SECRETARY = PURCHASE.contact_email, "b@example.org", "d@example.org", "s@example.org"


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW) as clock:
        yield clock


@pytest.fixture
def seat(sink):
    """The director's, whom the mayor has asked; somebody else acts for the director."""
    director = director_of("Fanø", email=DIRECTOR)
    secretary_of(director, email=SECRETARY)
    return asked(for_pairs(), mayor_of("Fanø", person__email=MAYOR), director)


def subjects(sink, email) -> list[str]:
    return [mail["Subject"] for mail in sink.to(email)]


def told(sink):
    return sorted(mail["To"] for mail in sink.mails)


def test_whoever_is_asked_gets_a_link_and_their_secretary_the_way_to_my_page(seat, sink):
    assert told(sink) == sorted([CONTACT, MAYOR, DIRECTOR, SECRETARY])
    link = f"/par/{key_for(seat)}/"
    for address in (CONTACT, MAYOR, DIRECTOR, SECRETARY):
        [mail] = sink.to(address)
        assert [link in words(mail, kind) for kind in ("plain", "html")] == [address == DIRECTOR] * 2
        assert "14. januar 2027 kl. 9.00" in words(mail).replace("09.00", "9.00")
        assert calendar_of(mail) is None


def test_staff_give_each_mail_to_a_pair_its_words(sink):
    for kind in ("pair_asked", "pair_awaits", "pair_ended"):
        MailText.objects.create(kind=kind, subject=f"{kind}: {{deltager}} og {{anden}}", closing="Vi ses")
    seat = asked(for_pairs(), mayor_of("Fanø", person__email=MAYOR), director_of("Fanø", email=DIRECTOR))
    decline_pair(seat, by=None, now=NOW)

    mayor, director = [Booking.objects.get(participant__email=one).participant.name for one in (MAYOR, DIRECTOR)]
    assert subjects(sink, DIRECTOR)[0] == f"pair_asked: {director} og {mayor}"
    assert subjects(sink, MAYOR) == [
        f"pair_awaits: {mayor} og {director}",
        f"pair_ended: {mayor} og {director}",
    ]
    assert all(words(mail).rstrip().endswith("Vi ses") for mail in sink.mails)


def test_a_yes_is_told_to_both_with_a_file_and_to_the_contact_once(seat, sink):
    sink.mails.clear()

    confirm_pair(seat, by=None, now=NOW)

    assert told(sink) == sorted([CONTACT, MAYOR, DIRECTOR])
    assert all(calendar_of(mail) for mail in sink.mails)
    [both] = sink.to(CONTACT)
    assert "2 person" in both["Subject"]
    assert "De to i et par framelder sig sammen." in words(both)
    assert "framelde sig alene" not in words(both)


def test_a_no_is_told_to_whoever_asked(seat, sink):
    sink.mails.clear()

    decline_pair(seat, by=None, now=NOW)

    assert told(sink) == sorted([CONTACT, MAYOR])


def test_whoever_is_asked_hears_that_it_was_taken_back(seat, sink):
    sink.mails.clear()

    decline_pair(Booking.objects.get(participant__email=MAYOR), by=None, now=NOW)

    assert told(sink) == sorted([CONTACT, MAYOR, DIRECTOR])


def test_no_answer_in_time_is_told_to_both(seat, sink, now):
    sink.mails.clear()
    now.move_to(seat.offered_until)

    lapse_due(seat.offered_until)

    assert told(sink) == sorted([CONTACT, MAYOR, DIRECTOR])


def test_a_question_that_was_answered_meanwhile_is_not_asked(seat, sink):
    confirm_pair(seat, by=None, now=NOW)
    FollowUp.objects.filter(fact__kind="pair_asked", room="messages").update(done_at=None)
    sink.mails.clear()

    catch_up(NOW + timedelta(minutes=1))

    assert sink.mails == []


def test_a_cancelled_session_is_told_once(seat, sink, now):
    sink.mails.clear()
    cancel_session(seat.session, by=UserFactory(), now=NOW)
    assert told(sink) == sorted([CONTACT, MAYOR, DIRECTOR])
    sink.mails.clear()

    lapse_due(seat.offered_until)

    assert sink.mails == []


def test_a_price_that_a_pair_shares_is_not_said_to_be_nothing_for_either(sink):
    session, mayor, director = for_pairs(), mayor_of("Fanø", person__email=MAYOR), director_of("Fanø", email=DIRECTOR)
    row = {"kind": "day", "per": "pair", "valid_from": date(2026, 1, 1), "net": Decimal(9000)}
    PriceRow.objects.create(price_list=session.price_list, **row)
    placed = ask(session, mayor, director, booker=secretary_of(mayor, director), asks=None)
    sink.mails.clear()

    cancel_booking(placed.bookings.earliest("pk"), by=None, now=NOW)

    said = {address: words(sink.to(address)[0]) for address in (MAYOR, DIRECTOR)}
    assert "9.000,00 kr." in said[DIRECTOR]
    assert f"står ved {director.name}" in said[MAYOR]
    assert "ikke noget" not in said[MAYOR]


def test_whoever_acts_for_both_needs_no_answer(sink):
    mayor, director = mayor_of("Fanø", person__email=MAYOR), director_of("Fanø", email=DIRECTOR)

    ask(for_pairs(), mayor, director, booker=secretary_of(mayor, director), asks=None)

    assert told(sink) == sorted([CONTACT, MAYOR, DIRECTOR])
