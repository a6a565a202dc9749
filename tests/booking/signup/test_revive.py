"""A session that was called off is held after all: nobody is bound anew, all are told once, all may sign up."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.translation import gettext

from booking.invoicing.due import ready
from booking.journal.kinds import SESSION_REVIVED
from booking.journal.models import Fact
from booking.models import Booking, CalendarEntry, OutboxMessage, SessionPage
from booking.pricing.quote import NOTHING
from booking.sessions.live import cancel_session
from booking.signup.guests import Guest
from booking.signup.moves import BookingStatus
from booking.signup.revive import hold_after_all
from booking.signup.waiting import offer_due
from tests.booking.signup.test_reserve import NOW, PURCHASE, order
from tests.factories import SessionPageFactory, mayor_of, secretary_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("january")]

LATER = NOW + timedelta(days=1)


def called_off(*names: str, **session) -> SessionPage:
    """A session that the mayors of these had seats at, as far as there were any, before it was called off."""
    session = SessionPageFactory(title="Lederskab", **session)
    for name in names:
        seats = Booking.objects.holding_a_seat().filter(session=session).count()
        mayor = mayor_of(name, person__email=f"{name.lower()}@example.org")
        purchase = replace(PURCHASE, contact_email=f"kontor.{name.lower()}@example.org")
        order(session, mayor, booker=secretary_of(mayor), purchase=purchase, waits=seats == session.capacity)
    cancel_session(session, by=None, now=NOW)
    OutboxMessage.objects.all().delete()
    return session


def statuses(session) -> Counter:
    return Counter(Booking.objects.filter(session=session).values_list("status", flat=True))


def told() -> Counter:
    return Counter(OutboxMessage.objects.values_list("recipient", "kind"))


def test_all_seats_and_places_in_line_end_and_nothing_is_due_for_them():
    session = called_off("Odder", "Skive", "Thisted", capacity=2)

    hold_after_all(session, by=None, now=LATER)

    assert statuses(session) == {BookingStatus.CANCELLED: 3}
    assert all(booking.called_off and booking.due() == NOTHING for booking in Booking.objects.all())
    assert not any(booking.withdrawal_or_none for booking in Booking.objects.all())
    assert ready(NOW + timedelta(days=365)) == []


def test_everybody_gets_one_mail_and_no_other():
    session = called_off("Odder", "Skive", capacity=1)

    hold_after_all(session, by=None, now=LATER)
    hold_after_all(session, by=None, now=LATER)
    offer_due(LATER)

    everybody = {f"{who}{name}@example.org" for who in ("", "kontor.") for name in ("odder", "skive")}
    assert told() == {(address, "session_revived"): 1 for address in everybody}
    assert Fact.objects.filter(kind=SESSION_REVIVED).count() == 1


def test_whoever_ordered_for_several_gets_one_mail_that_names_them():
    session = SessionPageFactory()
    one, other = mayor_of("Odder"), mayor_of("Skive")
    order(session, one)
    order(session, other)
    cancel_session(session, by=None, now=NOW)

    hold_after_all(session, by=None, now=LATER)

    mail = OutboxMessage.objects.get(kind="session_revived", recipient=PURCHASE.contact_email)
    assert f"{one.name}, {other.name}" in mail.text
    assert f"/{CalendarEntry.objects.get().uid}/" in mail.text


def test_the_first_to_sign_up_again_has_the_seat():
    session = called_off("Odder", "Skive", capacity=1)
    hold_after_all(session, by=None, now=LATER)
    session = SessionPage.objects.get()

    order(session, mayor_of("Thisted"), now=LATER)

    assert statuses(session) == {BookingStatus.CANCELLED: 2, BookingStatus.CONFIRMED: 1}


def test_whoever_had_a_seat_can_have_one_again():
    session = called_off("Odder")
    hold_after_all(session, by=None, now=LATER)
    mayor = Booking.objects.get().participant

    order(SessionPage.objects.get(), mayor, now=LATER)

    assert list(Booking.objects.order_by("pk").values_list("status", flat=True)) == ["cancelled", "confirmed"]


def test_called_off_and_held_again_tells_those_of_that_time_alone():
    session = called_off("Odder")
    hold_after_all(session, by=None, now=LATER)
    order(SessionPage.objects.get(), mayor_of("Skive", person__email="skive@example.org"), now=LATER)
    cancel_session(session, by=None, now=LATER)
    OutboxMessage.objects.all().delete()

    hold_after_all(session, by=None, now=LATER + timedelta(hours=1))

    assert told() == {("skive@example.org", "session_revived"): 1, (PURCHASE.contact_email, "session_revived"): 1}


def test_a_guest_is_led_to_whoever_can_sign_them_up():
    session = SessionPageFactory()
    session.audience.takes_guests = True
    session.audience.save()
    order(session, mayor_of("Odder"), guests=[Guest("Anne Holm", "anne.holm@example.org")])
    cancel_session(session, by=None, now=NOW)

    hold_after_all(session, by=None, now=LATER)

    mail = OutboxMessage.objects.get(kind="session_revived", recipient="anne.holm@example.org")
    assert f"{PURCHASE.contact_name}, {PURCHASE.contact_email}" in mail.text
    assert mail.text.count(PURCHASE.contact_name) == 2  # who can sign them up, and whom to write to


def test_calendars_show_it_in_its_place_again_under_a_higher_number():
    session = called_off("Odder")
    off = CalendarEntry.objects.get()

    hold_after_all(session, by=None, now=LATER)

    again = CalendarEntry.objects.get()
    assert (off.is_struck, again.is_struck, again.uid) == (True, False, off.uid)
    assert again.sequence > off.sequence


def test_neither_receipt_nor_my_page_says_that_somebody_withdrew(client):
    session = called_off("Odder")
    hold_after_all(session, by=None, now=LATER)
    booking = Booking.objects.select_related("order__booker__user").get()
    client.force_login(booking.order.booker.user)

    pages = [client.get(url) for url in (reverse("booking:receipt", args=[booking.order.reference]), "/min-side/")]

    said = [" ".join(page.content.decode().split()) for page in pages]
    assert all(booking.order.reference in page and gettext("Withdrawn") not in page for page in said)
    assert "frameldt den" not in said[0]
    assert "6.625,00" not in said[0]
