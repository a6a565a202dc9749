"""What no form of ours would send: staff get a page that says no, never an error."""

import pytest
from django.urls import reverse

from booking.models import Audience
from tests.factories import AudienceFactory, UserFactory, mayor_of

pytestmark = pytest.mark.django_db

HUGE = "99999999999999999999"


@pytest.fixture
def superuser(client):
    user = UserFactory(is_superuser=True, is_staff=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


@pytest.mark.parametrize("forged", [HUGE, "-1", "abc", "½", "\x00", ""])
def test_persons_that_were_chosen_are_those_there_are(client, superuser, forged):
    mayor = mayor_of("Fanø")

    answer = client.get(reverse("choose-person:chosen_multiple"), {"id": [forged, mayor.pk]})

    assert [one["id"] for one in answer.json()["result"]] == [str(mayor.pk)]


@pytest.mark.parametrize("forged", [HUGE, "-1", "abc", "½", "\x00"])
def test_a_person_that_there_is_not_is_not_found(client, superuser, forged):
    assert client.get(reverse("choose-person:chosen", args=[forged])).status_code == 404


@pytest.mark.parametrize("forged", [HUGE, "-1", "abc", "½", "\x00"])
def test_a_group_that_there_is_not_is_refused(client, superuser, forged):
    answer = client.post(
        reverse("wagtailusers_users:add"), {"first_name": "Anna", "email": "anna@example.org", "groups": [forged]}
    )

    assert "groups" in answer.context["form"].errors


@pytest.mark.parametrize("forged", [HUGE, "-1", "abc", "½", "\x00"])
def test_a_municipality_that_there_is_not_is_refused(client, superuser, forged):
    audience = AudienceFactory()

    answer = client.post(
        reverse("audiences:edit", args=[audience.pk]),
        {"name": "Andre", "opening": audience.opening, "offices": ["mayor"], "municipalities": [forged]},
    )

    assert "municipalities" in answer.context["form"].errors
    assert Audience.objects.get().name == audience.name


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "01-01-0001", HUGE, "\x00"])
@pytest.mark.parametrize(
    ("listing", "field"), [("bookings", "booked_at"), ("bookings", "held"), ("journal", "at"), ("outbox", "created_at")]
)
def test_a_list_is_filtered_by_any_day_there_is(client, superuser, listing, field, day):
    for end in ("from", "to"):
        assert client.get(reverse(f"{listing}:index"), {f"{field}_{end}": day}).status_code == 200
