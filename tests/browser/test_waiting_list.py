"""The waiting list as people walk it: joined by keyboard on a phone, answered by the link in the mail."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from booking.models import Booking
from booking.people.signin import give_sign_in
from booking.signup.cancel import cancel_booking
from tests.booking.signup.test_reserve import order
from tests.browser.test_journeys import EAN, check, sign_in
from tests.factories import SessionPageFactory, mayor_of, secretary_of

EMAIL = "sekretaer.aeroe@example.org"


@pytest.fixture
def session(transactional_db):
    """A session in two months whose one seat is taken."""
    starts_on = (timezone.now() + timedelta(days=60)).date()
    session = SessionPageFactory(title="Samspillet med forvaltningen", starts_on=starts_on, capacity=1)
    order(session, mayor_of("Fanø"), now=timezone.now())
    return session


@pytest.fixture
def secretary(session):
    secretary = secretary_of(mayor_of("Ærø"), name="Sekretæren i Ærø", email=EMAIL)
    give_sign_in(secretary)
    return secretary


def press(page, name) -> None:
    """Go to the button by Tab, and press it with Enter."""
    button = page.get_by_role("button", name=name)
    for _step in range(60):
        page.keyboard.press("Tab")
        if button.evaluate("element => element === document.activeElement"):
            return page.keyboard.press("Enter")
    raise AssertionError(f"no way by keyboard to {name}")


def link_in_mail() -> str:
    """The path to the place in line, from the latest mail to the secretary."""
    [message] = [message for message in mail.outbox if message.to == [EMAIL]][-1:]
    return re.search(r"/venteliste/\S+/", message.body)[0]


@pytest.mark.parametrize("width", [360, 1280])
def test_from_a_full_session_to_a_seat(browser, live_server, session, secretary, width):
    page = browser.new_context(locale="da-DK", viewport={"width": width, "height": 800}).new_page()
    page.goto(live_server.url + session.url)
    page.get_by_role("link", name="Log ind for at komme på venteliste").click()
    sign_in(page, EMAIL)
    page.get_by_text("Du bliver nr. 1 på ventelisten.").wait_for()
    check(page)
    page.get_by_label("EAN-nummer").fill(EAN)
    page.get_by_label("Jeg har læst").check()
    press(page, "Kom på venteliste")
    page.get_by_role("heading", name="Kvittering for venteliste").wait_for()
    assert page.get_by_text("Nr. 1 på ventelisten").is_visible()
    check(page)
    page.goto(live_server.url + "/min-side/")
    check(page)

    cancel_booking(Booking.objects.get(status="confirmed"), by=None, now=timezone.now())

    # Somebody opens the mail on a machine where nobody is signed in.
    stranger = browser.new_context(locale="da-DK", viewport={"width": width, "height": 800}).new_page()
    stranger.goto(live_server.url + link_in_mail())
    stranger.get_by_text("Du er tilbudt en plads").wait_for()
    assert "Borgmesteren i Ærø" not in stranger.content()
    check(stranger)
    press(stranger, re.compile(r"Ja tak til pladsen.*6\.625,00 kr\."))
    stranger.get_by_text("Tak. Deltageren er tilmeldt").wait_for()
    check(stranger)
    assert Booking.objects.get(participant__name="Borgmesteren i Ærø").status == "confirmed"


def test_one_leaves_the_list_in_two_steps(page, live_server, session, secretary):
    order(session, secretary.principals(timezone.localdate()).get(), booker=secretary, waits=True, now=timezone.now())
    page.goto(live_server.url + "/min-side/")
    sign_in(page, EMAIL)
    page.get_by_role("link", name=re.compile("Se pladsen, eller forlad ventelisten")).click()

    page.get_by_role("button", name="Forlad ventelisten").click()

    page.get_by_text("Borgmesteren i Ærø står ikke længere på ventelisten.").wait_for()
    assert Booking.objects.get(order__booker=secretary).status == "cancelled"
