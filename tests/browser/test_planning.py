"""Whoever moves a date in the editor sees at once what it falls together with."""

from datetime import date

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from tests.factories import SessionPageFactory


@pytest.fixture
def signed_in(context, live_server, admin_user):
    """The browser, signed in as somebody who may do everything in the admin."""
    client = Client()
    client.force_login(admin_user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])


def test_the_editor_keeps_up_with_the_fields(page, live_server, signed_in):
    session = SessionPageFactory(starts_on=date(2027, 5, 5))
    SessionPageFactory(title="Den anden", starts_on=date(2027, 5, 6))
    page.goto(live_server.url + reverse("wagtailadmin_pages:edit", args=[session.pk]))
    told = page.locator("[data-collisions]")
    assert "Den anden" not in told.inner_text()

    page.get_by_label("Sidste dag").fill("06.05.2027")

    told.get_by_text("Kristi himmelfartsdag: torsdag den 6. maj 2027").wait_for()
    told.get_by_role("link", name="Den anden").wait_for()
    page.get_by_label("Med ord").fill("maj")
    told.get_by_text("Kristi himmelfartsdag").wait_for(state="detached")
