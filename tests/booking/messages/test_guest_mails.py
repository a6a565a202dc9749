"""What guests are told: their own seat, place in line and dates, and nothing that needs a sign-in."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from icalendar import Calendar

from booking.models import Booking
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from booking.signup.guests import Guest
from booking.signup.models import BookingStatus
from booking.signup.sentences import rule_sentences
from booking.signup.substitute import substitute
from tests.booking.messages.orders import NOW
from tests.booking.messages.test_tell import calendar_of, words
from tests.booking.signup.test_guests import summit
from tests.booking.signup.test_reserve import PURCHASE, order
from tests.factories import PersonFactory, mayor_of, secretary_of

pytestmark = pytest.mark.django_db(transaction=True)

ANNE, BO = Guest("Anne Holm", "anne.holm@example.org"), Guest("Bo Riis", "bo.riis@example.org")


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW) as clock:
        yield clock


@pytest.fixture
def mayor():
    return mayor_of("Fanø", person__email="borgmester@example.org")


@pytest.fixture
def booker(mayor):
    return secretary_of(mayor, email="sekretaer@example.org")


def named(session, booker, *guests, **changes):
    return order(session, booker=booker, now=NOW, guests=guests or (ANNE, BO), **changes)


def test_each_guest_has_a_mail_and_a_calendar_entry_of_their_own(sink, booker):
    placed = named(summit(), booker)

    for guest in (ANNE, BO):
        [mail] = sink.to(guest.email)
        [event] = Calendar.from_ical(calendar_of(mail)).walk("VEVENT")
        assert str(event["SUMMARY"]) == "Topmøde"
        for kind in ("plain", "html"):
            assert [one.name for one in (ANNE, BO) if one.name in words(mail, kind)] == [guest.name]
    [mail] = sink.to(PURCHASE.contact_email)
    assert all(word in words(mail) for word in (ANNE.name, BO.name, placed.reference))


def test_a_guest_is_led_to_whoever_named_them_and_to_no_page_behind_a_sign_in(sink, booker):
    placed = named(summit(), booker)

    [mail] = sink.to(ANNE.email)

    for kind in ("plain", "html"):
        assert PURCHASE.contact_email in words(mail, kind)
        assert reverse("booking:receipt", args=[placed.reference]) not in words(mail, kind)
        assert reverse("booking:my_page") not in words(mail, kind)
        assert PURCHASE.gln not in words(mail, kind)


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_a_guest_reads_nothing_of_what_only_whoever_ordered_agreed_to_and_can_do(sink, booker, kind):
    session = summit()
    booking = named(session, booker, ANNE).bookings.get()
    agreed = [booking.conditions.text.splitlines()[0], *rule_sentences(booking, on=NOW.date())]

    [to_guest], [to_contact] = sink.to(ANNE.email), sink.to(PURCHASE.contact_email)

    for sentence in agreed:
        assert sentence in words(to_contact, kind)
        assert sentence not in words(to_guest, kind)


def test_a_registered_owner_of_the_address_gets_the_very_same_mail(sink, booker):
    """Nothing tells whether the address is in the register, and the mail to it uses the name that was typed."""
    PersonFactory(name="Rigtige Navn", email=ANNE.email)

    named(summit(), booker)

    [anne], [bo] = sink.to(ANNE.email), sink.to(BO.email)
    assert words(anne).replace(ANNE.name, "") == words(bo).replace(BO.name, "")
    assert "Rigtige Navn" not in "".join(words(mail) for mail in sink.mails)


def test_a_guest_answers_an_offer_by_the_link_in_the_mail(sink, client, booker):
    session = summit(capacity=1)
    taken = order(session, mayor_of("Ballerup"), now=NOW).bookings.get()
    named(session, booker, ANNE, waits=True)

    cancel_booking(taken, by=None, now=NOW)

    *_queued, offered = sink.to(ANNE.email)
    [path] = re.findall(r"https?://[^/\s]+(/\S*)", words(offered))[:1]
    answer = client.post(path, {"take": "1"})
    assert answer.status_code == 302
    assert Booking.objects.get(participant__guest_email=ANNE.email).status == BookingStatus.CONFIRMED


def test_a_guest_hears_that_the_session_is_cancelled(sink, booker, now):
    session = summit()
    named(session, booker)
    sink.mails.clear()

    now.shift(timedelta(minutes=1))
    cancel_session(session, by=None, now=NOW)

    assert sorted(mail["To"] for mail in sink.mails) == sorted([ANNE.email, BO.email, PURCHASE.contact_email])


def test_a_guest_who_gives_way_hears_of_it_and_keeps_no_entry(sink, booker, mayor):
    session = summit()
    seat = named(session, booker, ANNE).bookings.get()
    sink.mails.clear()

    substitute(seat, participant=mayor, by=None, now=NOW)

    [mail] = sink.to(ANNE.email)
    assert ANNE.name in words(mail)
    assert mayor.name not in words(mail)
    [event] = Calendar.from_ical(calendar_of(mail)).walk("VEVENT")
    assert str(event["STATUS"]) == "CANCELLED"
    assert sink.to(mayor.email)
