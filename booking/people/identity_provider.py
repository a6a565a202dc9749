"""Signing in at somebody else's: an identity provider of KL's or a municipality's, by OpenID Connect.

The provider answers for an e-mail address and for nothing else. Whether that comes in here is asked of the register,
each time, as with a code from the mail; nothing of the provider's is kept. allauth brings the state, PKCE and the
exchange of the code. What is in the provider's token is checked here, its signature always.
"""

from secrets import compare_digest, token_urlsafe

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from requests import RequestException

PROVIDER_ID = "identity_provider"
SCOPE = ["openid", "email"]
#: Signed with the provider's private key. Never "none", nor with a secret that both know.
ALGORITHMS = ["RS256", "PS256", "ES256"]
#: Seconds for which the provider's own description of itself is believed, and by which its clock may differ.
CONFIGURATION_LIVES = 10 * 60
CLOCKS_DIFFER = 60

#: All that a provider can do to us: be away, answer nonsense, or show a token that isn't for us.
FAILURES = (RequestException, OAuth2Error, jwt.PyJWTError, LookupError, TypeError, ValueError, AttributeError)


def way_there(request, going_to: str | None) -> str:
    """The address at the provider where signing in begins. What must come back is kept in the session."""
    configuration = _configuration()
    challenge = generate_code_challenge()
    begun = {"verifier": challenge.pop("code_verifier"), "nonce": token_urlsafe(), "next": going_to}
    client = _client(request, configuration)
    client.state = statekit.stash_state(request, provider_id=PROVIDER_ID, state=begun)
    return client.get_redirect_url(
        configuration["authorization_endpoint"], SCOPE, {"nonce": begun["nonce"], **challenge}
    )


def begun_here(request) -> dict | None:
    """What this browser took along when it left, once; None if it did not leave from here, or too long ago."""
    return statekit.unstash_state(request, state_id=request.GET.get("state", ""), provider_id=PROVIDER_ID)


def verified_email(request, begun: dict) -> str:
    """The address that the provider answers for, or "" if it answers for none."""
    configuration = _configuration()
    tokens = _client(request, configuration).get_access_token(request.GET["code"], begun["verifier"])
    claims = _claims(tokens["id_token"], configuration, begun["nonce"])
    if "email" not in claims:  # some providers keep it out of the token
        subject = claims["sub"]
        claims = _fetch(configuration["userinfo_endpoint"], Authorization=f"Bearer {tokens['access_token']}")
        if claims["sub"] != subject:
            raise ValueError("the identity provider speaks of two people")
    is_verified = claims.get("email_verified") in (True, "true")
    return str(claims.get("email") or "").strip().lower() if is_verified else ""


def _claims(token: str, configuration: dict, nonce: str) -> dict:
    key_id = jwt.get_unverified_header(token).get("kid")
    keys = jwt.PyJWKSet.from_dict(_fetch(configuration["jwks_uri"])).keys
    [key] = [key for key in keys if key_id in (None, key.key_id)]
    claims = jwt.decode(
        token,
        key,
        algorithms=ALGORITHMS,
        audience=settings.IDENTITY_PROVIDER["client_id"],
        issuer=settings.IDENTITY_PROVIDER["issuer"],
        leeway=CLOCKS_DIFFER,
        options={"require": ["iss", "sub", "aud", "exp", "iat", "nonce"]},
    )
    if not compare_digest(claims["nonce"].encode(), nonce.encode()):
        raise ValueError("the token was made for another sign-in")
    return claims


def _client(request, configuration: dict) -> OAuth2Client:
    methods = configuration.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return OAuth2Client(
        request,
        settings.IDENTITY_PROVIDER["client_id"],
        settings.IDENTITY_PROVIDER["client_secret"],
        "POST",
        configuration["token_endpoint"],
        request.build_absolute_uri(reverse("identity_provider_callback")),
        basic_auth="client_secret_post" not in methods,
    )


def _configuration() -> dict:
    issuer = settings.IDENTITY_PROVIDER["issuer"]
    key = f"{PROVIDER_ID}:configuration"
    configuration = cache.get(key)
    if configuration is None or configuration["issuer"] != issuer:
        configuration = _fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if configuration["issuer"] != issuer:
            raise ValueError(f"the identity provider calls itself {configuration['issuer']}, and not OIDC_ISSUER")
        cache.set(key, configuration, CONFIGURATION_LIVES)
    return configuration


def _fetch(url: str, **headers: str) -> dict:
    with get_adapter().get_requests_session() as session:
        answer = session.get(url, headers=headers)
        answer.raise_for_status()
        return answer.json()
