"""Signing in at an identity provider, in a browser that holds every step against our content policy."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.booking.people.identity_provider import running, settings_for
from tests.factories import PersonFactory, front_page

ADDRESS = "sekretaer@example.org"


@pytest.fixture
def provider(transactional_db, settings):
    front_page()
    PersonFactory(email=ADDRESS, user=None)
    with running() as provider:
        provider.knows("anna", email=ADDRESS, email_verified=True)
        settings.IDENTITY_PROVIDER = settings_for(provider)
        yield provider


def test_the_button_leads_to_the_provider_and_back_to_my_page(page, live_server, provider):
    page.goto(f"{live_server.url}/konto/log-ind/?next=/min-side/")
    assert Axe().run(page).response["violations"] == []

    page.get_by_role("button", name="Solby Kommune").click()
    page.get_by_placeholder("sub").fill("anna")
    page.get_by_role("button", name="Authorize", exact=True).click()

    page.wait_for_url(re.compile(r"/min-side/$"))
    assert page.get_by_role("button", name="Log ud").first.is_visible()
