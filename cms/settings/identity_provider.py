"""The identity provider in the environment: all of it, or none."""

from collections.abc import Mapping

NAMES = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_NAME")


def identity_provider_from(environ: Mapping[str, str]) -> dict[str, str] | None:
    """What the site needs to know of it, or None where nobody wants one. Half a set is a mistake, and is named."""
    given = {name: environ[name] for name in NAMES if environ.get(name)}
    missing = [name for name in NAMES if name not in given]
    if len(missing) == len(NAMES):
        return None
    if missing:
        raise KeyError(", ".join(missing))
    return {name.removeprefix("OIDC_").lower(): text for name, text in given.items()}
