"""Exceptions at the desk, health councils, and what a page says of whom it is for."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from booking.dates import today
from booking.models import AudienceGrant, Fact, HealthCouncil
from booking.people.grants import grant_access
from home.models import OfferPage
from tests.booking.desk.conftest import NOW
from tests.factories import (
    AudienceFactory,
    MunicipalityFactory,
    PersonFactory,
    SessionPageFactory,
    UserFactory,
    mayor_of,
)


def day(days: int) -> str:
    return (NOW.date() + timedelta(days=days)).isoformat()


def grant(client, person, audience, /, **written):
    values = {"person": person.pk, "audience": audience.pk, "reason": "Vikar for borgmesteren", "ends_on": day(30)}
    return client.post(reverse("exceptions:add"), values | written)


def told(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


@pytest.fixture
def stranger(db):
    """Somebody in the register whom no rule admits, and whose municipality would pay."""
    return PersonFactory(name="Vikaren", municipality=MunicipalityFactory())


def test_the_server_says_who_granted_it_and_when(client, administrator, stranger):
    audience, forged = AudienceFactory(), UserFactory()

    response = grant(client, stranger, audience, granted_by=forged.pk, granted_at="2020-01-01")

    assert response.status_code == 302
    made = AudienceGrant.objects.get()
    assert made.granted_by == administrator
    assert made.granted_at.date() == timezone.now().date()
    assert audience.admits(stranger, on=today(timezone.now()))
    assert Fact.objects.get(kind="access_granted").on_behalf_of == stranger


@pytest.mark.parametrize(
    "written",
    [{"reason": ""}, {"ends_on": ""}, {"ends_on": day(-1)}, {"person": "x"}, {"person": "0"}, {"audience": "999"}],
    ids=["no reason", "no end", "over already", "no id", "nobody", "no audience"],
)
def test_what_is_missing_or_forged_is_told_beside_its_field(client, administrator, stranger, written):
    response = grant(client, stranger, AudienceFactory(), **written)

    assert response.status_code == 200
    assert set(response.context["form"].errors) == set(written)
    assert not AudienceGrant.objects.exists()


def test_one_exception_at_a_time(client, administrator, stranger):
    audience = AudienceFactory()
    grant(client, stranger, audience)

    response = grant(client, stranger, audience)

    assert response.context["form"].errors["person"]
    assert AudienceGrant.objects.count() == 1


def test_somebody_from_nowhere_is_granted_with_a_warning(client, administrator):
    person = PersonFactory(name="Uden kommune")

    assert "Uden kommune" in told(grant(client, person, AudienceFactory()))


def test_ending_it_works_at_once(client, administrator, stranger):
    audience = AudienceFactory()
    grant(client, stranger, audience)
    address = reverse("exceptions:edit", args=[AudienceGrant.objects.get().pk])

    assert client.get(address).status_code == 200
    response = client.post(address)

    assert response.url == reverse("exceptions:index")
    assert not audience.admits(stranger, on=today(timezone.now()))
    assert Fact.objects.get(kind="access_ended").by == administrator
    assert client.get(address).status_code == 404
    assert AudienceGrant.objects.count() == 1


def test_the_list_and_the_audience_say_who_has_one(client, administrator, stranger):
    audience = AudienceFactory()
    grant(client, stranger, audience)
    address = reverse("exceptions:edit", args=[AudienceGrant.objects.get().pk])

    pages = [reverse("exceptions:index"), reverse("audiences:edit", args=[audience.pk])]

    for page in pages:
        shown = client.get(page).content.decode()
        assert "Vikaren" in shown
        assert "Vikar for borgmesteren" in shown
        assert address in shown


def test_the_list_costs_the_same_for_one_and_for_many(client, administrator):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("exceptions:index"))
        return len(captured)

    def granted() -> None:
        grant_access(
            AudienceFactory(),
            PersonFactory(),
            reason="x",
            ends_on=today(timezone.now()),
            by=administrator,
            now=timezone.now(),
        )

    granted()
    queries()
    one = queries()
    for _number in range(9):
        granted()

    assert queries() == one


@pytest.mark.parametrize("who", ["anonymous", "mayor", "editor"])
def test_nobody_else_grants_ends_or_reads_exceptions(who, client, stranger, request):
    audience = AudienceFactory()
    now = timezone.now()
    made = grant_access(audience, stranger, reason="Hemmelig", ends_on=today(now), by=UserFactory(), now=now)
    if who != "anonymous":
        request.getfixturevalue(who)

    end = reverse("exceptions:edit", args=[made.pk])
    responses = [
        client.get(reverse("exceptions:index")),
        client.get(end),
        client.post(end),
        grant(client, stranger, audience),
    ]

    assert {response.status_code for response in responses} <= {302, 403}
    made.refresh_from_db()
    assert made.ends_on == today(now)
    assert AudienceGrant.objects.count() == 1


# Health councils


def test_a_health_council_is_kept_and_stays_while_a_municipality_belongs_to_it(client, administrator):
    written = {"name": "Sundhedsråd Vadehavet", "region": "Region Syddanmark", "sort_order": "18"}
    client.post(reverse("health-councils:add"), written)
    council = HealthCouncil.objects.get(name="Sundhedsråd Vadehavet")
    MunicipalityFactory(health_council=council)

    client.post(reverse("health-councils:delete", args=[council.pk]))

    assert HealthCouncil.objects.filter(pk=council.pk).exists()


# What a page says of whom it is for


def test_the_editor_of_a_session_reads_whom_it_is_for_in_numbers(client, editor):
    mayor_of("Ærø")
    session = SessionPageFactory()

    page = client.get(reverse("wagtailadmin_pages:edit", args=[session.pk])).content.decode()

    assert session.audience.sentence(today(timezone.now())) in page
    assert "Borgmesteren i Ærø" not in page


def test_the_editor_of_an_offer_reads_it_too_and_without_one_is_told_how(client, editor):
    SessionPageFactory()
    mayor_of("Ærø")
    offer = OfferPage.objects.get()
    address = reverse("wagtailadmin_pages:edit", args=[offer.pk])

    assert client.get(address).status_code == 200
    offer.audience = AudienceFactory()
    offer.save_revision().publish()

    assert offer.audience.sentence(today(timezone.now())) in client.get(address).content.decode()


def test_a_new_session_has_nothing_to_say_yet(client, editor):
    SessionPageFactory()
    address = reverse("wagtailadmin_pages:add", args=["booking", "sessionpage", OfferPage.objects.get().pk])

    assert client.get(address).status_code == 200
