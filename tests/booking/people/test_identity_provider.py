"""Signing in at an identity provider: a real one on this machine, over HTTP, and all that it can answer."""

import base64
import hashlib
import html
import re
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
import requests
from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission, User
from django.core.cache import cache
from django.urls import reverse
from django.utils.translation import gettext as _

from booking.people.identity_provider import PROVIDER_ID
from booking.people.signin import give_staff_sign_in
from tests.booking.people.identity_provider import running, settings_for
from tests.factories import PersonFactory

ADDRESS = "sekretaer@example.org"
START, BACK, SIGN_IN = "/konto/udbyder/", "/konto/udbyder/tilbage/", "/konto/log-ind/"


@pytest.fixture
def provider(settings):
    with running() as provider:
        settings.IDENTITY_PROVIDER = settings_for(provider)
        yield provider


@pytest.fixture
def person(db):
    return PersonFactory(email=ADDRESS, user=None)


def leave(client, **fields) -> str:
    """Where the button leads."""
    page = client.post(START, fields).content.decode()
    return html.unescape(re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page)[1])


def instead(address, **parameters) -> str:
    """The same address with other parameters."""
    parts = urlsplit(address)
    return parts._replace(query=urlencode(dict(parse_qsl(parts.query)) | parameters)).geturl()


def is_signed_in(client) -> bool:
    return "_auth_user_id" in client.session


def said(client, answer) -> str:
    assert answer.status_code == 302
    assert answer.url.startswith(SIGN_IN)
    assert not is_signed_in(client)
    [notice] = re.findall(r'<div class="notice[^"]*">\s*<p>(.*?)</p>', client.get(answer.url).content.decode())
    return html.unescape(notice)


DOES_NOT_KNOW = "We don't know the e-mail address that %(provider)s has for you. Write the one that KL has instead."
FAILS = "%(provider)s does not answer as it should. Have a code sent instead, or try again in a few minutes."
REFUSES = "%(provider)s did not sign you in. Try again, or have a code sent."
NOT_BEGUN_HERE = "You took too long, or began in another browser. Try again."


def in_danish(sentence) -> str:
    return _(sentence) % {"provider": "Solby Kommune"}


# Whom it lets in


def test_somebody_in_the_register_comes_in_and_back_to_where_they_were(client, person, provider):
    provider.knows("anna", email=ADDRESS.upper(), email_verified=True)

    answer = client.get(provider.sign_in(leave(client, next="/kalender/")))

    assert (answer.status_code, answer.url) == (302, "/kalender/")
    person.refresh_from_db()
    assert client.session["_auth_user_id"] == str(person.user.pk)


def test_an_address_that_changes_in_the_register_counts_at_once(client, person, provider):
    provider.knows("anna", email=ADDRESS, email_verified=True)
    client.get(provider.sign_in(leave(client)))
    person.refresh_from_db()
    person.email = "ny@example.org"
    person.save()
    client.logout()

    assert said(client, client.get(provider.sign_in(leave(client)))) == in_danish(DOES_NOT_KNOW)


def test_a_stranger_is_told_kindly_and_gets_no_account(client, person, provider):
    provider.knows("anna", email="fremmed@example.org", email_verified=True)

    answer = client.get(provider.sign_in(leave(client, next="/kalender/")))

    assert answer.url == f"{SIGN_IN}?next=/kalender/"
    assert said(client, answer) == in_danish(DOES_NOT_KNOW)
    assert not User.objects.filter(email="fremmed@example.org").exists()


@pytest.mark.parametrize("claims", [{"email": ADDRESS}, {"email": ADDRESS, "email_verified": False}, {}])
def test_an_address_the_provider_does_not_answer_for_is_nobodys(client, person, provider, claims):
    provider.knows("anna", **claims)

    assert said(client, client.get(provider.sign_in(leave(client)))) == in_danish(DOES_NOT_KNOW)


def test_whoever_was_signed_in_before_is_out(client, person, provider):
    other = give_staff_sign_in("anden@example.org", "Anden", [])
    client.force_login(other)
    provider.knows("anna", email=ADDRESS, email_verified=True)

    client.get(provider.sign_in(leave(client)))

    person.refresh_from_db()
    assert client.session["_auth_user_id"] == str(person.user.pk)


def test_staff_still_show_a_second_factor(client, db, provider, settings):
    settings.STAFF_NEED_SECOND_FACTOR = True
    group = Group.objects.create(name="Desk")
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    give_staff_sign_in(ADDRESS, "Anna", [group])
    provider.knows("anna", email=ADDRESS, email_verified=True)

    landed = client.get(provider.sign_in(leave(client))).url

    assert landed == reverse("wagtailadmin_home")
    assert client.get(landed).url == reverse("mfa_index")


def test_staff_who_have_a_second_factor_are_not_in_before_it(client, db, provider):
    staff = give_staff_sign_in(ADDRESS, "Anna", [Group.objects.create(name="Redaktør")])
    Authenticator.objects.create(user=staff, type=Authenticator.Type.TOTP, data={"secret": "not read here"})
    provider.knows("anna", email=ADDRESS, email_verified=True)

    answer = client.get(provider.sign_in(leave(client)))

    assert answer.url == reverse("mfa_authenticate")
    assert not is_signed_in(client)


# What travels, and what does not fit


def test_state_nonce_and_pkce_travel_and_the_secret_stays_here(client, person, provider):
    provider.knows("anna", email=ADDRESS, email_verified=True)
    address = leave(client)
    asked = {name: value for name, [value] in parse_qs(urlsplit(address).query).items()}
    client.get(provider.sign_in(address))
    [token_request] = provider.token_requests

    digest = hashlib.sha256(token_request["code_verifier"].encode()).digest()
    assert asked["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"http://testserver{BACK}"
    assert set(asked["scope"].split()) == {"openid", "email"}
    assert len(asked["nonce"]) > 30
    assert asked["state"]
    assert "only for this test" not in address


@pytest.mark.parametrize("state", ["", "guessed"])
def test_another_state_is_refused_and_nothing_is_asked_of_the_provider(client, person, provider, state):
    provider.knows("anna", email=ADDRESS, email_verified=True)
    back = provider.sign_in(leave(client))

    assert said(client, client.get(instead(back, state=state))) == in_danish(NOT_BEGUN_HERE)
    assert provider.token_requests == []


def test_a_way_back_is_good_once_and_in_the_browser_that_left(client, person, provider):
    provider.knows("anna", email=ADDRESS, email_verified=True)
    back = provider.sign_in(leave(client))
    stranger = type(client)()

    assert said(stranger, stranger.get(back)) == in_danish(NOT_BEGUN_HERE)
    client.get(back)
    client.logout()
    assert said(client, client.get(back)) == in_danish(NOT_BEGUN_HERE)


def test_a_token_made_for_another_sign_in_is_refused(client, person, provider):
    provider.knows("anna", email=ADDRESS, email_verified=True)
    back = provider.sign_in(instead(leave(client), nonce="of somebody else"))

    assert said(client, client.get(back)) == in_danish(FAILS)


def test_a_token_signed_by_somebody_else_is_refused(client, person, provider):
    provider.knows("anna", email=ADDRESS, email_verified=True)
    back = provider.sign_in(leave(client))
    key = f"{PROVIDER_ID}:configuration"

    with running() as impostor:
        cache.set(key, cache.get(key) | {"jwks_uri": f"{impostor.issuer}/jwks"})

        assert said(client, client.get(back)) == in_danish(FAILS)


def test_a_token_for_another_site_is_refused(client, person, provider, settings):
    provider.knows("anna", email=ADDRESS, email_verified=True)
    other = settings.IDENTITY_PROVIDER
    settings.IDENTITY_PROVIDER = other | {"client_id": "another"}
    back = provider.sign_in(leave(client))
    code = parse_qs(urlsplit(back).query)["code"][0]
    foreign = requests.post(
        f"{provider.issuer}/oauth2/token",
        data={"grant_type": "authorization_code", "code": code, "redirect_uri": f"http://testserver{BACK}"},
        auth=("another", "x"),
        timeout=30,
    ).json()
    settings.IDENTITY_PROVIDER = other
    provider.broken["/oauth2/token"] = foreign

    assert said(client, client.get(back)) == in_danish(FAILS)


def test_nobody_is_led_to_another_site(client, person, provider):
    provider.knows("anna", email=ADDRESS, email_verified=True)

    answer = client.get(provider.sign_in(leave(client, next="https://example.com/")))

    assert answer.url == reverse("booking:my_page")


def test_only_a_form_of_ours_begins_it(person, provider, client):
    assert client.get(START).status_code == 405
    strict = type(client)(enforce_csrf_checks=True)
    assert strict.post(START).status_code == 403
    assert client.post(f"{START}?scope=everything&auth_params=prompt%3Dnone&process=connect").status_code == 200


# When the provider is not well


def test_a_provider_that_is_down_is_said_kindly(client, person, provider):
    provider.server.shutdown()
    provider.server.server_close()

    assert said(client, client.post(START)) == in_danish(FAILS)


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/oauth2/token", "/jwks"])
@pytest.mark.parametrize("answer", [("busy", 503), ("<p>hello", 200), ("[]", 200), ("{}", 200)])
def test_nonsense_from_the_provider_is_said_kindly(client, person, provider, path, answer):
    provider.knows("anna", email=ADDRESS, email_verified=True)
    back = provider.sign_in(leave(client))
    cache.clear()
    provider.broken[path] = answer

    assert said(client, client.get(back)) == in_danish(FAILS)


def test_a_provider_that_calls_itself_something_else_is_not_asked(client, person, provider, settings):
    settings.IDENTITY_PROVIDER |= {"issuer": f"{provider.issuer}/"}

    assert said(client, client.post(START)) == in_danish(FAILS)


def test_whoever_says_no_at_the_provider_comes_back_to_the_sign_in_page(client, person, provider):
    address = leave(client, next="/kalender/")
    state = parse_qs(urlsplit(address).query)["state"][0]

    answer = client.get(BACK, {"state": state, "error": "access_denied"})

    assert answer.url == f"{SIGN_IN}?next=/kalender/"
    assert said(client, answer) == in_danish(REFUSES)


def test_an_address_that_is_kept_out_of_the_token_is_asked_for(client, person, provider):
    provider.knows("anna", email_verified=True)
    provider.broken["/userinfo"] = {"sub": "anna", "email": ADDRESS, "email_verified": True}
    client.get(provider.sign_in(leave(client)))
    assert is_signed_in(client)
    client.logout()

    provider.broken["/userinfo"] = {"sub": "bent", "email": ADDRESS, "email_verified": True}
    assert said(client, client.get(provider.sign_in(leave(client)))) == in_danish(FAILS)


def test_it_cannot_be_begun_without_end(client, person, provider):
    for _time in range(20):
        leave(client)

    refused = said(client, client.post(START))

    assert refused == get_adapter().error_messages["too_many_login_attempts"]


# The button


def test_the_button_carries_the_way_back(client, person, provider):
    page = client.get(SIGN_IN, {"next": "/kalender/"}).content.decode()
    [form] = re.findall(rf'<form[^>]+action="{START}".*?</form>', page, re.DOTALL)

    assert "Solby Kommune" in form
    assert '<input type="hidden" name="next" value="/kalender/">' in form


def test_without_a_provider_there_is_no_button_and_no_such_page(client, db):
    assert START not in client.get(SIGN_IN).content.decode()
    assert client.post(START).status_code == 404
    assert client.get(BACK).status_code == 404
