"""The second factor of staff: an app on a telephone or a passkey, besides the code by mail.

Whoever has set one up is asked for it at every sign-in. Whether staff must have one is the project's to say.
"""

import base64
import hashlib

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from booking.journal import kinds
from booking.journal.record import record
from booking.people.signin import sign_out_everywhere

#: What counts as a factor. Recovery codes stand in for one that is lost, and are nothing by themselves.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def is_staff(user: User) -> bool:
    """Whether there is a desk for them behind ``/admin/``."""
    return user.has_perm("wagtailadmin.access_admin")


def has_second_factor(user: User) -> bool:
    return Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists()


def showed_second_factor(request) -> bool:
    """Whether whoever is signed in showed a factor since they signed in, and still has one."""
    shown = any(step["method"] == "mfa" for step in get_authentication_records(request, request.user))
    return shown and has_second_factor(request.user)


@transaction.atomic
def reset_second_factor(user: User, *, by: User | None) -> bool:
    """Forget all that ``user`` has set up and sign them out everywhere; False when there was nothing to forget.

    At their next sign-in they set up anew. ``by`` is None when it is done from the server's own console.
    """
    forgotten, _by_model = Authenticator.objects.filter(user_id=user.pk).delete()
    if not forgotten:
        return False
    sign_out_everywhere(user)
    record(kinds.SECOND_FACTOR_RESET, user, by=by)
    return True


class SecondFactorAdapter(DefaultMFAAdapter):
    """What allauth asks this site about second factors."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("The code is not right. Wait for the app to show the next one, and try that."),
        "code_used": gettext_lazy("That code has been used. Wait for the app to show the next one."),
    }

    def get_totp_issuer(self) -> str:
        return self._get_site_name()

    def _get_site_name(self) -> str:
        """What the app on the telephone and the browser call us."""
        return _("Offers to mayors")

    def generate_authenticator_name(self, user, type) -> str:  # noqa: A002 - allauth's name
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return _("Passkey %(number)d") % {"number": count + 1}

    # Whoever reads a copy of the database has nobody's factor.

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            # Written under a SECRET_KEY that is gone. No code fits a secret nobody has, so it must be set up anew.
            return generate_totp_secret()


def _cipher() -> MultiFernet:
    """A key of its own from each of the site's secret keys, the newest first."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(f"booking.people.second_factor {secret}".encode()).digest() for secret in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
