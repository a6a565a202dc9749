"""A number that no database can hold is a page that is not there, or no choice at all; never an error of ours."""

import re

import pytest
from django.urls import get_resolver
from django.urls.resolvers import URLPattern
from wagtail.admin.viewsets import viewsets

from booking.registers import RegisterViewSet
from tests.factories import SessionPageFactory, UserFactory, mayor_of

HUGE = "9" * 30
BACKEND = "django.contrib.auth.backends.ModelBackend"


def numbered(patterns, before: str = ""):
    """The routes with a number in them, from the root on."""
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if not isinstance(pattern, URLPattern):
            yield from numbered(pattern.url_patterns, route)
        elif "<int:" in route or "<id:" in route:
            yield route


def registers():
    return [viewset for viewset in viewsets.viewsets if isinstance(viewset, RegisterViewSet)]


@pytest.fixture
def superuser(client, db):
    user = UserFactory(is_superuser=True)
    client.raise_request_exception = False
    client.force_login(user, backend=BACKEND)
    return user


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("tail", ["", "interesse/"])
def test_signing_up_for_a_huge_number_is_not_found(client, db, method, tail):
    client.force_login(mayor_of("Fanø").user, backend=BACKEND)

    assert getattr(client, method)(f"/tilmelding/{HUGE}/{tail}").status_code == 404
    assert getattr(client, method)(f"/tilmelding/{'9' * 18}/{tail}").status_code == 404


def test_no_address_fails_on_a_huge_number(client, superuser):
    addresses = set()
    for route in numbered(get_resolver().url_patterns):
        address = re.sub(r"<(?:int|id):\w+>", HUGE, route)
        if "<" not in address and "(" not in address:
            addresses.add("/" + address)
    assert f"/tilmelding/{HUGE}/" in addresses

    failed = [address for address in sorted(addresses) if client.get(address).status_code >= 500]

    assert failed == []


def test_lists_leave_out_a_choice_that_cannot_be(client, superuser):
    SessionPageFactory()
    for viewset in registers():
        filters = getattr(viewset.filterset_class, "base_filters", {})
        for name in [*filters, "q", "p", "ordering"]:
            for value in (HUGE, f"-{HUGE}", "0", "x", "sNaN"):
                answer = client.get(f"/admin/{viewset.url_prefix}/", {name: value})
                assert answer.status_code in {200, 404}, (viewset.url_prefix, name, value)
