"""The main road as people walk it: in Danish, by role and label, with and without scripts, by keyboard, on a phone."""

import re
from datetime import timedelta
from io import BytesIO
from urllib.request import urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core import mail
from django.utils import timezone
from icalendar import Calendar

from booking.models import Booking, Order
from booking.people.signin import give_sign_in
from home.models import FrontPage, TextPage
from tests.factories import (
    SessionPageFactory,
    VenueFactory,
    front_page,
    mayor_of,
    secretary_of,
)

EAN = "5798009811578"
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def session(transactional_db):
    """An overnight session in two months, with two seats left."""
    starts_on = (timezone.now() + timedelta(days=60)).date()
    return SessionPageFactory(
        title="Samspillet med forvaltningen",
        kind="overnight",
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=1),
        venue=VenueFactory(),
        capacity=2,
    )


@pytest.fixture
def secretary(transactional_db):
    """Fanø's secretary, with a sign-in."""
    secretary = secretary_of(mayor_of("Fanø"), name="Sekretæren i Fanø", email="sekretaer.fanoe@example.org")
    give_sign_in(secretary)
    return secretary


def sign_in(page, email: str) -> None:
    """From the form's first page to where one came from, with the code in the mail."""
    page.get_by_label("E-mailadresse").fill(email)
    page.get_by_role("button", name="Send mig en kode").click()
    page.get_by_label("Kode").wait_for()
    [message] = [message for message in mail.outbox if message.to == [email]][-1:]
    code = re.search(r"^\s*([A-Z0-9]{3,}-?[A-Z0-9]*)\s*$", message.body, re.MULTILINE)[1]
    page.get_by_label("Kode").fill(code)
    page.get_by_role("button", name="Log ind").click()


def fill(page, ean: str = EAN) -> None:
    page.get_by_label("EAN-nummer").fill(ean)
    page.get_by_label("Personreference").fill("Borgmestersekretariatet")
    page.get_by_label("Kost og allergier").fill("Vegetar")
    page.get_by_label("Jeg har læst").check()


def walk_to_a_seat(page, live_server, session) -> None:
    """Front page, catalogue, offer, session, sign-in, form, receipt."""
    page.goto(live_server.url)
    page.get_by_role("navigation").get_by_role("link", name="Tilbud").first.click()
    page.get_by_role("link", name=session.get_parent().title).first.click()
    page.get_by_role("link", name=session.title).first.click()
    page.get_by_role("link", name="Log ind for at tilmelde").click()
    sign_in(page, "sekretaer.fanoe@example.org")
    fill(page)
    page.get_by_role("button", name=re.compile(r"11\.000,00 kr\.")).click()
    page.get_by_role("heading", name="Kvittering").first.wait_for()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_secretary_walks_from_the_front_page_to_a_seat(browser, live_server, session, secretary, scripts):
    page = browser.new_context(java_script_enabled=scripts, locale="da-DK", viewport=PHONE).new_page()

    walk_to_a_seat(page, live_server, session)

    order = Order.objects.get()
    assert page.url.endswith(f"/tilmelding/kvittering/{order.reference}/")
    booking = order.bookings.get()
    assert (booking.participant.name, booking.diet, order.gln) == ("Borgmesteren i Fanø", "Vegetar", EAN)
    assert {to for message in mail.outbox[1:] for to in message.to} == {secretary.email, booking.participant.email}
    page.get_by_role("link", name="Min side").first.click()
    page.get_by_role("link", name=session.title, exact=True).wait_for()


def test_what_was_written_survives_a_wrong_ean_number(page, live_server, session, secretary):
    page.goto(live_server.url + session.url)
    page.get_by_role("link", name="Log ind for at tilmelde").click()
    sign_in(page, secretary.email)
    fill(page, ean="5798009811579")
    page.get_by_role("button", name=re.compile(r"11\.000,00 kr\.")).click()

    summary = page.get_by_role("alert")
    summary.get_by_role("link").first.click()
    assert page.evaluate("document.activeElement.id") == "id_ean"
    assert page.get_by_label("Kost og allergier").input_value() == "Vegetar"
    assert page.title().startswith("Fejl:")
    assert not Order.objects.exists()

    page.get_by_label("EAN-nummer").fill("57 98 00 98 11 57 8")
    page.get_by_role("button", name=re.compile(r"11\.000,00 kr\.")).click()
    page.get_by_role("heading", name="Kvittering").first.wait_for()
    assert Order.objects.get().gln == EAN


def test_a_seat_is_booked_with_the_keyboard_alone(page, live_server, session, secretary):
    page.goto(live_server.url + session.url)
    press_until(page, "Log ind for at tilmelde")
    page.keyboard.press("Enter")
    sign_in(page, secretary.email)
    page.get_by_role("heading", name="Tilmelding", exact=True).wait_for()

    press_until(page, "EAN-nummer")
    page.keyboard.type(EAN)
    press_until(page, "Jeg har læst")
    page.keyboard.press("Space")
    press_until(page, "11.000,00 kr.")
    page.keyboard.press("Enter")

    page.get_by_role("heading", name="Kvittering").first.wait_for()
    assert Booking.objects.count() == 1


def press_until(page, name: str) -> None:
    """Press Tab until what has focus carries this name, and can be seen to have it."""
    for _press in range(60):
        page.keyboard.press("Tab")
        words = page.evaluate(
            "(element => [element.innerText, element.ariaLabel,"
            " ...[...(element.labels ?? [])].map(label => label.innerText)].join(' '))(document.activeElement)"
        )
        if name in words:
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            shadow = page.evaluate("getComputedStyle(document.activeElement).boxShadow")
            assert outline != "none" or shadow != "none"
            return
    raise AssertionError(f"Tab never reached {name!r}")


def test_two_browsers_on_the_last_seat_give_one_a_seat_and_one_a_sentence(browser, live_server, session, secretary):
    session.capacity = 1
    session.save_revision().publish()
    other = secretary_of(mayor_of("Ærø"), email="sekretaer.aeroe@example.org")
    give_sign_in(other)
    pages = []
    for person in (secretary, other):
        page = browser.new_context(locale="da-DK").new_page()
        page.goto(live_server.url + session.url)
        page.get_by_role("link", name="Log ind for at tilmelde").click()
        sign_in(page, person.email)
        fill(page)
        pages.append(page)

    for page in pages:
        page.get_by_role("button", name=re.compile(r"11\.000,00 kr\.")).click()

    pages[0].get_by_role("heading", name="Kvittering").first.wait_for()
    assert "Den sidste plads blev taget for et øjeblik siden" in pages[1].get_by_role("alert").inner_text()
    assert pages[1].get_by_label("Kost og allergier").input_value() == "Vegetar"
    assert Booking.objects.count() == 1


def test_a_calendar_follows_a_session_that_an_editor_moves(page, live_server, session):
    def events():
        with urlopen(f"{live_server.url}/kalender/alle.ics") as response:
            return Calendar.from_ical(BytesIO(response.read()).read()).walk("VEVENT")

    [before] = events()
    session.starts_on += timedelta(days=7)
    session.ends_on += timedelta(days=7)
    session.save_revision().publish()
    [after] = events()

    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] == before["SEQUENCE"] + 1
    assert after["DTSTART"].dt.replace(tzinfo=None) - before["DTSTART"].dt.replace(tzinfo=None) == timedelta(days=7)


@pytest.mark.parametrize("width", [360, 1280])
def test_nobody_is_shut_out_and_nothing_overflows(browser, live_server, session, secretary, width):
    page = browser.new_context(locale="da-DK", viewport={"width": width, "height": 800}).new_page()
    offer = session.get_parent()
    text = front_page().add_child(instance=TextPage(title="Om tilbuddene", intro="Hvad du kan få.", in_footer=True))
    public = [
        FrontPage.objects.get().url,
        "/tilbud/",
        offer.get_parent().url,
        offer.url,
        session.url,
        "/kalender/",
        "/kalender/abonner/",
        text.url,
        "/konto/log-ind/",
        "/findes-ikke/",
    ]
    for path in public:
        page.goto(live_server.url + path)
        check(page)

    page.goto(live_server.url + session.url)
    page.get_by_role("link", name="Log ind for at tilmelde").click()
    sign_in(page, secretary.email)
    check(page)
    page.get_by_role("button", name=re.compile(r"11\.000,00 kr\.")).click()
    check(page)
    fill(page)
    page.get_by_role("button", name=re.compile(r"11\.000,00 kr\.")).click()
    page.get_by_role("heading", name="Kvittering").first.wait_for()
    check(page)
    page.goto(live_server.url + "/min-side/")
    check(page)


def check(page) -> None:
    """No fault that axe can find, and no sideways scrolling."""
    found = Axe().run(page)
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def test_the_front_page_is_in_danish(page, live_server, transactional_db):
    front_page()
    page.goto(live_server.url)

    assert page.locator("html").get_attribute("lang") == "da"
