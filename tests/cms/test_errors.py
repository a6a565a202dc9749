"""When something is wrong, the site says so in Danish and looks like itself."""

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.test import Client
from django.urls import path
from django.utils.translation import gettext

from cms.urls import urlpatterns as site_urlpatterns


def fail(request):
    raise RuntimeError("as if by accident")


def refuse(request):
    raise PermissionDenied


def suspect(request):
    raise SuspiciousOperation


def accept(request):
    raise AssertionError("a forged post got through")


urlpatterns = [
    path("fejl/", fail),
    path("nej/", refuse),
    path("underligt/", suspect),
    path("formular/", accept),
    *site_urlpatterns,
]


@pytest.fixture
def reader():
    """Sees what a browser would, not the exception."""
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


def test_a_missing_page(reader, db):
    response = reader.get("/findes-ikke/")

    assert response.status_code == 404
    assert gettext("We cannot find that page") in response.content.decode()
    assert 'lang="da"' in response.content.decode()


@pytest.mark.urls(__name__)
def test_our_own_mistake_needs_no_database(reader):
    response = reader.get("/fejl/")  # no database in this test: a query would be an error of its own

    assert response.status_code == 500
    assert gettext("Something went wrong at our end") in response.content.decode()


@pytest.mark.urls(__name__)
def test_a_door_that_is_not_for_you(reader, db):
    response = reader.get("/nej/")

    assert response.status_code == 403
    assert 'lang="da"' in response.content.decode()


@pytest.mark.urls(__name__)
def test_a_broken_request_needs_no_database(reader):
    assert reader.get("/underligt/").status_code == 400
    assert reader.get("/fejl/", headers={"host": "et.andet.example.org"}).status_code == 400


@pytest.mark.urls(__name__)
def test_a_post_without_its_token(reader):
    response = reader.post("/formular/")

    assert response.status_code == 403
    assert 'lang="da"' in response.content.decode()
    assert "Django" not in response.content.decode()
