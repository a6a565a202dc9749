"""No page asks its browser for what its own headers forbid, neither ours nor Wagtail's."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from tests.factories import OfferPageFactory, front_page


@pytest.fixture
def complaints(page) -> list[str]:
    """What the browser refuses for policy's sake, and what scripts trip over."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if "Security Policy" in message.text else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


@pytest.fixture
def signed_in(context, live_server, admin_user):
    """The browser, signed in as somebody who may do everything in the admin."""
    client = Client()
    client.force_login(admin_user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])


def test_the_site_lives_by_its_policy(page, live_server, complaints):
    offer = OfferPageFactory(parent=front_page())

    for path in ["/", offer.url, "/findes-ikke/"]:
        page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")

    assert complaints == []


def test_the_editor_works_and_shows_the_draft_beside_it(page, live_server, signed_in, complaints):
    offer = OfferPageFactory(parent=front_page(), title="Borgmesterpension")

    page.goto(live_server.url + "/admin/")
    page.goto(live_server.url + reverse("wagtailadmin_pages:edit", args=[offer.pk]))
    page.get_by_role("button", name="Forhåndsvisning").first.click()

    draft = page.frame_locator("#w-preview-iframe")
    draft.get_by_role("heading", name="Borgmesterpension", level=1).wait_for()
    assert complaints == []


def test_the_bar_of_an_editor_works_on_the_site(page, live_server, signed_in, complaints):
    page.goto(live_server.url + front_page().url)
    page.get_by_role("button", name="Vis genveje til administrationen").click()
    page.get_by_role("menuitem", name="Rediger").first.wait_for()

    assert complaints == []
