"""Choosing between two runs, and choosing again: a municipality's course in a real browser."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from booking.models import Booking, Choice
from booking.people.signin import give_sign_in
from tests.browser.test_journeys import check, sign_in
from tests.factories import (
    HeadingPageFactory,
    MunicipalityFactory,
    OfferPageFactory,
    SessionPageFactory,
    VenueFactory,
    mayor_of,
    secretary_of,
)


@pytest.fixture
def runs(transactional_db):
    """Two runs in two months, on one track of Ballerup's course; free."""
    course = HeadingPageFactory(title="Introduktionsprogram", municipality=MunicipalityFactory(name="Ballerup"))
    track = OfferPageFactory(parent=course, title="Introforløb")
    choice = Choice.objects.create(name="Kattegatkursus")
    first = (timezone.now() + timedelta(days=60)).date()
    return [
        SessionPageFactory(
            parent=track,
            title="Kattegatkursus",
            choice=choice,
            kind="overnight",
            own_net=0,
            starts_on=first + timedelta(weeks=week),
            ends_on=first + timedelta(weeks=week, days=2),
            venue=VenueFactory(name=place, street="", postcode="", city=""),
        )
        for week, place in enumerate(("Værløse", "Helsinge"))
    ]


@pytest.mark.parametrize("width", [360, 1280])
def test_a_secretary_signs_up_for_one_run_and_switches_to_the_other(browser, live_server, runs, width):
    secretary = secretary_of(mayor_of("Ballerup"), email="sekretaer.ballerup@example.org")
    give_sign_in(secretary)
    page = browser.new_context(locale="da-DK", viewport={"width": width, "height": 800}).new_page()
    page.goto(live_server.url + runs[0].get_parent().get_parent().url)
    page.get_by_role("heading", name="Tidsplan").wait_for()
    check(page)
    page.get_by_role("link", name="Introforløb").first.click()
    page.get_by_text("Vælg én:").wait_for()
    check(page)
    page.get_by_role("link", name="Kattegatkursus").first.click()
    page.get_by_role("link", name="Log ind for at tilmelde").click()
    sign_in(page, secretary.email)
    page.get_by_label("Jeg har læst").check()
    page.get_by_role("button", name="Tilmeld").click()
    page.get_by_role("heading", name="Kvittering").first.wait_for()

    page.goto(live_server.url + runs[0].url)
    page.get_by_role("link", name="Helsinge").click()
    page.get_by_role("link", name="Skift til denne").click()
    check(page)
    page.get_by_role("button", name="Skift", exact=True).click()

    page.get_by_role("heading", name="Kvittering").first.wait_for()
    check(page)
    assert Booking.objects.get().session == runs[1]
    assert [message.subject.split(":")[0] for message in mail.outbox if message.to == [secretary.email]][1:] == [
        "Tilmeldt",
        "Ny afholdelse",
    ]
