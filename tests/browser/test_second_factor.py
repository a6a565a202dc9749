"""Staff set up a second factor on the first day and use it the next: an app and a passkey, on a phone's screen."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import Group
from django.core import mail

from booking.desk.roles import EDITORS, make_roles
from booking.people.signin import give_staff_sign_in
from tests.booking.people.authenticator import digits
from tests.factories import front_page

ADDRESS = "redaktoer@example.org"


@pytest.fixture
def staff(transactional_db, settings):
    settings.STAFF_NEED_SECOND_FACTOR = True
    front_page()
    make_roles()
    return give_staff_sign_in(ADDRESS, "Rie Redaktør", [Group.objects.get(name=EDITORS)])


@pytest.fixture
def page(page):
    page.set_viewport_size({"width": 360, "height": 740})
    return page


def write_code_from_mail(page, live_server) -> None:
    page.goto(f"{live_server.url}/admin/")
    page.get_by_label("E-mailadresse").fill(ADDRESS)
    page.get_by_role("button", name="Send mig en kode").click()
    page.get_by_label("Kode").wait_for()
    page.get_by_label("Kode").fill(re.search(r"^[A-Z]{4}-[A-Z]{4}$", mail.outbox[-1].body, re.MULTILINE)[0])
    page.get_by_role("button", name="Log ind").click()


def has_no_faults(page) -> bool:
    faults = Axe().run(page).response["violations"]
    assert [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in faults] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return True


def sign_out(page, live_server) -> None:
    page.goto(f"{live_server.url}/konto/log-ud/")
    page.get_by_role("button", name="Log ud", exact=True).last.click()
    page.get_by_text("Du er logget ud").wait_for()


def test_an_app_is_set_up_on_the_first_day_and_its_code_kept_on_paper(page, live_server, staff):
    write_code_from_mail(page, live_server)
    page.get_by_role("heading", name="Totrinsbekræftelse").wait_for()
    assert has_no_faults(page)
    page.get_by_role("link", name="Opsæt appen").click()
    assert page.get_by_alt_text("QR-kode til appen").evaluate("image => image.naturalWidth") > 0
    assert has_no_faults(page)
    secret = page.locator(".secret-key").inner_text()
    page.get_by_label("Kode fra appen").fill(digits(secret))
    page.get_by_role("button", name="Opsæt").click()

    page.get_by_role("heading", name="Nødkoder").wait_for()
    assert has_no_faults(page)
    codes = page.locator(".recovery-codes li").all_inner_texts()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Gem som fil").click()
    assert saved.value.suggested_filename == "noedkoder.txt"
    assert saved.value.path().read_text().split() == codes
    assert page.get_by_role("button", name="Udskriv").is_visible()
    page.get_by_role("link", name="Jeg har gemt dem").click()
    page.wait_for_url("**/admin/")

    sign_out(page, live_server)
    write_code_from_mail(page, live_server)
    page.get_by_role("heading", name="Ét trin mere").wait_for()
    assert has_no_faults(page)
    page.get_by_label("Kode").fill(codes[0])
    page.get_by_role("button", name="Log ind").click()
    page.wait_for_url("**/admin/")


def test_a_passkey_opens_the_desk(page, live_server, staff):
    browser = page.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    key = browser.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    write_code_from_mail(page, live_server)
    page.get_by_role("link", name="Opsæt en adgangsnøgle").click()
    assert has_no_faults(page)
    page.get_by_label("Navn").fill("Den bærbare")
    page.get_by_role("button", name="Opsæt").click()
    page.get_by_role("heading", name="Nødkoder").wait_for()
    page.get_by_role("link", name="Jeg har gemt dem").click()
    page.wait_for_url("**/admin/")

    sign_out(page, live_server)
    write_code_from_mail(page, live_server)
    assert has_no_faults(page)
    page.get_by_role("button", name="Brug adgangsnøglen").click()
    page.wait_for_url("**/admin/")
    page.goto(f"{live_server.url}/konto/totrin/")
    assert page.get_by_text("Den bærbare").first.is_visible()

    # Another machine, which has no such key, is told so in the page.
    sign_out(page, live_server)
    browser.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": key})
    browser.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    write_code_from_mail(page, live_server)
    page.get_by_role("button", name="Brug adgangsnøglen").click()
    page.get_by_text("Det lykkedes ikke med adgangsnøglen").wait_for()
