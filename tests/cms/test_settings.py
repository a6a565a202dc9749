"""Production starts on its environment alone, and says what is missing from it."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as running
from django.urls import Resolver404, resolve
from wagtail.views import serve

#: What every environment begins from.
BASE = Path(running.BASE_DIR) / "cms" / "settings" / "base.py"

NEEDED = {
    "SECRET_KEY": "only for this test",
    "SITE_URL": "https://borgmestre.example.org",
    "ALLOWED_HOSTS": "borgmestre.example.org",
    "PGHOST": "db.example.org",
    "PGDATABASE": "cms",
    "PGUSER": "cms",
    "PGPASSWORD": "only for this test",
    "EMAIL_HOST": "smtp.example.org",
    "EMAIL_HOST_USER": "cms",
    "EMAIL_HOST_PASSWORD": "only for this test",
    "DEFAULT_FROM_EMAIL": "tilbud@example.org",
    "MEDIA_ROOT": "/srv/media",
}
NEEDED_FOR_S3 = {
    "S3_ENDPOINT_URL": "https://s3.example.org",
    "S3_ACCESS_KEY": "cms",
    "S3_SECRET_KEY": "only for this test",
    "MEDIA_HOST": "media.example.org",
}
OIDC = {
    "OIDC_ISSUER": "https://login.example.org",
    "OIDC_CLIENT_ID": "borgmestre",
    "OIDC_CLIENT_SECRET": "only for this test",
    "OIDC_NAME": "Solby Kommune",
}


@pytest.fixture
def environment(monkeypatch):
    """An environment with what production needs, and nothing of the machine's own."""
    for name in [*NEEDED, *NEEDED_FOR_S3, *OIDC, "S3_BUCKET", "S3_REGION", "PGPORT", "PROXY_SSL_HEADER", "PROXY_COUNT"]:
        monkeypatch.delenv(name, raising=False)
    for name, setting in NEEDED.items():
        monkeypatch.setenv(name, setting)
    return monkeypatch


def production() -> dict:
    return runpy.run_module("cms.settings.production")


@pytest.mark.parametrize("name", NEEDED)
def test_production_dies_with_the_name_of_what_is_missing(environment, name):
    environment.delenv(name)

    with pytest.raises(KeyError, match=name):
        production()


@pytest.mark.parametrize("name", NEEDED_FOR_S3)
def test_media_in_s3_needs_all_of_its_names(environment, name):
    for needed, setting in NEEDED_FOR_S3.items():
        environment.setenv(needed, setting)
    environment.setenv("S3_BUCKET", "media")
    environment.delenv(name)

    with pytest.raises(KeyError, match=name):
        production()


def test_media_in_s3_may_be_shown(environment):
    environment.delenv("MEDIA_ROOT")
    environment.setenv("S3_BUCKET", "media")
    for name, setting in NEEDED_FOR_S3.items():
        environment.setenv(name, setting)

    settings = production()

    assert settings["STORAGES"]["default"]["OPTIONS"]["custom_domain"] == "media.example.org"
    assert "media.example.org" in settings["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]["img-src"]
    assert "media.example.org" in settings["ADMIN_CONTENT_SECURITY_POLICY"]["img-src"]


@pytest.mark.parametrize("name", ["S3_ENDPOINT_URL", "S3_ACCESS_KEY", "S3_SECRET_KEY"])
def test_invoices_in_s3_need_its_names(environment, name):
    for needed, setting in NEEDED_FOR_S3.items():
        environment.setenv(needed, setting)
    environment.setenv("INVOICE_OUTBOX", "s3://fakturaer/ud")
    environment.delenv(name)

    with pytest.raises(KeyError, match=name):
        production()


def test_invoices_in_s3_are_apart_from_what_the_public_sees(environment):
    for needed, setting in NEEDED_FOR_S3.items():
        environment.setenv(needed, setting)
    environment.setenv("INVOICE_OUTBOX", "s3://fakturaer/borgmestre/ud/")

    options = production()["STORAGES"]["invoices"]["OPTIONS"]

    assert (options["bucket_name"], options["location"]) == ("fakturaer", "borgmestre/ud")
    assert "custom_domain" not in options


def test_production_wants_https(environment):
    environment.setenv("SITE_URL", "http://borgmestre.example.org")

    with pytest.raises(ValueError, match="SITE_URL"):
        production()


def test_production_trusts_no_proxy_unless_told(environment):
    assert "SECURE_PROXY_SSL_HEADER" not in production()

    environment.setenv("PROXY_SSL_HEADER", "HTTP_X_FORWARDED_PROTO")

    assert production()["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


def test_development_stays_out_of_production(environment):
    settings = production()

    assert settings["ROOT_URLCONF"] == "cms.urls"
    assert settings["EMAIL_BACKEND"] == "booking.smtp.EmailBackend"
    assert settings.get("DEBUG", False) is False
    assert resolve("/udvikling/post/", "cms.urls").func is serve  # any page's address, and there is no such page
    with pytest.raises(Resolver404):
        resolve("/media/x.png", "cms.urls")
    assert resolve("/udvikling/post/", "cms.urls_dev").url_name == "sent_mail"


def test_cookies_come_from_this_host_over_https_and_no_script_reads_them(environment):
    settings = production()

    for cookie in ("SESSION", "CSRF"):
        assert settings[f"{cookie}_COOKIE_SECURE"]
        assert settings[f"{cookie}_COOKIE_HTTPONLY"]
        assert settings[f"{cookie}_COOKIE_SAMESITE"] == "Lax"
        assert settings[f"{cookie}_COOKIE_NAME"].startswith("__Host-")
        assert f"{cookie}_COOKIE_DOMAIN" not in settings


@pytest.mark.parametrize("site", ["dev", "production"])
def test_limits_at_sign_in_are_counted_where_all_workers_see_them(environment, site):
    settings = runpy.run_module(f"cms.settings.{site}")

    assert settings["CACHES"]["default"]["BACKEND"].endswith("DatabaseCache")
    assert settings["CACHES"]["default"]["OPTIONS"]["MAX_ENTRIES"] >= 50_000


def test_the_number_of_proxies_comes_from_the_environment(environment):
    assert production()["ALLAUTH_TRUSTED_PROXY_COUNT"] == 0

    environment.setenv("PROXY_COUNT", "2")

    assert production()["ALLAUTH_TRUSTED_PROXY_COUNT"] == 2


def test_staff_need_a_second_factor_in_production_and_no_telephone_in_development(environment):
    assert production()["STAFF_NEED_SECOND_FACTOR"]
    assert not runpy.run_module("cms.settings.dev")["STAFF_NEED_SECOND_FACTOR"]


@pytest.mark.parametrize("site", ["dev", "production"])
def test_an_identity_provider_is_there_when_all_of_it_is(environment, site):
    module = f"cms.settings.{site}"
    assert runpy.run_module(module)["IDENTITY_PROVIDER"] is None

    for name, setting in OIDC.items():
        environment.setenv(name, setting)

    assert runpy.run_module(module)["IDENTITY_PROVIDER"] == {
        "issuer": "https://login.example.org",
        "client_id": "borgmestre",
        "client_secret": "only for this test",
        "name": "Solby Kommune",
    }


@pytest.mark.parametrize("site", ["dev", "production"])
@pytest.mark.parametrize("name", OIDC)
def test_half_an_identity_provider_stops_the_start(environment, site, name):
    for needed, setting in OIDC.items():
        environment.setenv(needed, setting)
    environment.setenv(name, "")

    with pytest.raises(KeyError, match=name):
        runpy.run_module(f"cms.settings.{site}")


def test_an_identity_provider_in_production_is_asked_over_https(environment):
    for name, setting in OIDC.items():
        environment.setenv(name, setting)
    environment.setenv("OIDC_ISSUER", "http://login.example.org")

    with pytest.raises(ValueError, match="OIDC_ISSUER"):
        production()


STRIPE = ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_API_BASE")


@pytest.mark.parametrize("site", ["dev", "test", "production"])
@pytest.mark.parametrize("half", STRIPE[:2])
def test_half_a_pair_of_stripe_keys_stops_every_start(half, site):
    """In a process of its own, because this one has read its settings."""
    others = {name: value for name, value in os.environ.items() if name not in STRIPE}
    start = [sys.executable, "-c", f"import cms.settings.{site}"]

    started = subprocess.run(start, cwd=BASE.parents[2], env=others | {half: "x"}, capture_output=True, text=True)

    assert started.returncode == 1
    assert started.stderr.strip().endswith("Set both STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET, or neither")


def test_the_form_may_lead_on_to_stripe_only_where_cards_are_taken(environment):
    for name in STRIPE:
        environment.delenv(name, raising=False)
    without = runpy.run_path(str(BASE))
    for name in STRIPE[:2]:
        environment.setenv(name, "only for this test")
    with_keys = runpy.run_path(str(BASE))
    environment.setenv("STRIPE_API_BASE", "http://localhost:8001/")
    with_double = runpy.run_path(str(BASE))

    policy = "CONTENT_SECURITY_POLICY"
    assert (without["TAKES_CARDS"], with_keys["TAKES_CARDS"]) == (False, True)
    assert without[policy]["DIRECTIVES"]["form-action"] == ["'self'"]
    assert with_keys[policy]["DIRECTIVES"]["form-action"] == ["'self'", "https://checkout.stripe.com"]
    assert with_double[policy]["DIRECTIVES"]["form-action"][1:] == [
        "https://checkout.stripe.com",
        "http://localhost:8001",
    ]
