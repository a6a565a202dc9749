"""Paying by card as people do it: from the form to Stripe's page and back, on a phone, without scripts, by keyboard."""

import re
from copy import deepcopy
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core import mail
from django.utils import timezone

from booking.models import Booking, Order
from booking.people.signin import give_sign_in
from booking.signup.models import BookingStatus
from tests.booking.payments.conftest import session_by_card
from tests.browser.test_journeys import PHONE, press_until, sign_in
from tests.factories import mayor_of, secretary_of
from tests.stripe_double.server import Double

PAY = re.compile(r"Betal 6\.625,00 kr\. med kort")


@pytest.fixture
def double(settings, live_server):
    """A Stripe that tells the site, and a site that takes cards there and lets its form lead there."""
    double = Double(webhook_url=f"{live_server.url}/betaling/stripe/webhook/")
    double.start()
    settings.SITE_URL = live_server.url
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = double.key, double.secret
    settings.STRIPE_API_BASE, settings.STRIPE_PAGES, settings.TAKES_CARDS = double.url, [double.url], True
    policy = deepcopy(settings.CONTENT_SECURITY_POLICY)
    policy["DIRECTIVES"]["form-action"].append(double.url)
    settings.CONTENT_SECURITY_POLICY = policy
    yield double
    double.stop()


@pytest.fixture
def session(transactional_db):
    starts_on = (timezone.now() + timedelta(days=60)).date()
    return session_by_card(title="Samspillet med forvaltningen", starts_on=starts_on, capacity=2)


@pytest.fixture
def secretary(transactional_db):
    secretary = secretary_of(mayor_of("Fanø"), name="Sekretæren i Fanø", email="sekretaer.fanoe@example.org")
    give_sign_in(secretary)
    return secretary


def choose_the_card(page, live_server, session, secretary) -> None:
    """To the page where one pays."""
    page.goto(live_server.url + session.url)
    page.get_by_role("link", name="Log ind for at tilmelde").click()
    sign_in(page, secretary.email)
    page.get_by_label("Kort, med det samme").check()
    page.get_by_label("Jeg har læst").check()
    page.get_by_role("button", name=re.compile("med kort")).click()
    page.get_by_role("heading", name="Prøvebetaling").wait_for()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_seat_is_paid_by_card_on_a_phone(browser, live_server, session, secretary, double, scripts):
    page = browser.new_context(java_script_enabled=scripts, locale="da-DK", viewport=PHONE).new_page()
    choose_the_card(page, live_server, session, secretary)
    assert Booking.objects.get().status == BookingStatus.HELD

    page.get_by_role("button", name="Betal").click()

    page.get_by_text("Betalingen er modtaget, og pladsen er jeres.").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    page.get_by_role("link", name="Se kvitteringen").click()
    page.get_by_text("Borgmesteren i Fanø har fået en plads.").wait_for()
    assert Booking.objects.get().status == BookingStatus.CONFIRMED
    assert double.balance() == 662500
    assert {message.subject.partition(":")[0] for message in mail.outbox[1:]} == {"Tilmeldt", "Kvittering"}


def test_whoever_turns_back_reads_how_long_the_seat_is_held_and_pays_later(
    page, live_server, session, secretary, double
):
    choose_the_card(page, live_server, session, secretary)
    page.get_by_role("link", name="Tilbage uden at betale").click()
    page.get_by_text("Vi har ikke modtaget nogen betaling endnu.").wait_for()
    until = timezone.localtime(Order.objects.get().payments.get().expires_at)
    page.get_by_text(f"kl. {until:%H.%M}").wait_for()

    assert Axe().run(page).response["violations"] == []
    page.get_by_role("button", name=PAY).click()
    page.get_by_role("button", name="Betal").click()

    page.get_by_text("Betalingen er modtaget, og pladsen er jeres.").wait_for()
    assert len(double.checkouts) == 1


def test_whoever_gives_the_seat_up_pays_nothing(page, live_server, session, secretary, double):
    choose_the_card(page, live_server, session, secretary)
    page.get_by_role("link", name="Tilbage uden at betale").click()

    page.get_by_role("button", name="Opgiv pladsen uden at betale").click()

    page.get_by_text("Der er ikke trukket noget på kortet.").wait_for()
    page.get_by_role("link", name="Gå til afholdelsen, og tilmeld igen").click()
    page.get_by_label("Kort, med det samme").wait_for()
    assert Booking.objects.get().status == BookingStatus.EXPIRED


def test_a_card_is_chosen_with_the_keyboard_alone(page, live_server, session, secretary, double):
    page.goto(live_server.url + session.url)
    press_until(page, "Log ind for at tilmelde")
    page.keyboard.press("Enter")
    sign_in(page, secretary.email)
    page.get_by_role("heading", name="Tilmelding", exact=True).wait_for()

    press_until(page, "Faktura til et EAN-nummer")
    page.keyboard.press("ArrowDown")
    press_until(page, "Jeg har læst")
    page.keyboard.press("Space")
    press_until(page, "6.625,00 kr.")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Prøvebetaling").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.get_by_text("Betalingen er modtaget, og pladsen er jeres.").wait_for()


def test_a_payment_page_that_the_form_may_not_lead_to_is_reached_all_the_same(
    page, live_server, session, secretary, double, settings
):
    settings.STRIPE_PAGES = ["https://checkout.stripe.com"]
    settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"].remove(double.url)

    choose_the_card(page, live_server, session, secretary)

    assert page.url.startswith(f"{double.url}/pay/")
