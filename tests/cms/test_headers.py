"""What browsers are told about our pages."""

import pytest
from django.urls import reverse

from tests.factories import front_page


def directives(response) -> dict[str, str]:
    policy = response["Content-Security-Policy"]
    return dict(part.strip().split(" ", 1) for part in policy.split(";") if " " in part.strip())


def test_the_site_runs_nothing_inline_and_nobody_elses(client, db):
    front_page()

    response = client.get("/")

    assert response.status_code == 200
    assert directives(response) == {
        "default-src": "'self'",
        "img-src": "'self' data:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'self'",
    }


@pytest.mark.parametrize("path", ["/", "/findes-ikke/", "/robots.txt"])
def test_every_answer_is_hardened(client, db, path):
    front_page()

    response = client.get(path)

    assert "unsafe" not in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert directives(response)["frame-ancestors"] == "'self'"  # the same, to newer browsers
    assert response["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "camera=()" in response["Permissions-Policy"]


def test_reading_sets_no_cookie(client, db):
    front_page()

    response = client.get("/")

    assert response.status_code == 200
    assert not response.cookies


def test_the_admin_gets_the_looser_policy_and_still_no_strangers(admin_client):
    policy = directives(admin_client.get("/admin/"))

    assert policy["script-src"] == "'self' 'unsafe-inline'"
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'self'"


def test_a_page_named_like_the_admin_is_not_the_admin(client, db):
    assert "unsafe" not in client.get("/administration/")["Content-Security-Policy"]


def test_a_draft_may_be_shown_in_a_frame_of_the_editor(admin_client):
    page = front_page()

    response = admin_client.get(reverse("wagtailadmin_pages:view_draft", args=[page.pk]))

    assert response.status_code == 200
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert directives(response)["frame-ancestors"] == "'self'"
    assert "script-src" not in directives(response)
