"""The small forms of signing in: the address, the code, and the second factor."""

from allauth.account.forms import ConfirmLoginCodeForm, RequestLoginCodeForm
from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from booking.people.signin import user_with
from booking.people.tries import claim_try


class AddressForm(RequestLoginCodeForm):
    """The address to send a code to. An unknown address is as good as a known one here: the answer is the same."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        email = self.fields["email"]
        email.label = _("E-mail address")
        email.help_text = _("The address that KL has for you, usually your work address.")
        email.error_messages = email.error_messages | {
            "required": _("Write your e-mail address."),
            "invalid": _("Write the whole address, such as navn@kommune.dk."),
        }
        email.widget.attrs = {"autocomplete": "email", "spellcheck": "false", "autofocus": True}

    def clean_email(self) -> str:
        self.cleaned_data["email"] = self.cleaned_data["email"].lower()
        email = super().clean_email()  # counts the attempt and refuses when there are too many
        mailbox = email.rpartition("@")[0]
        if not mailbox.isascii():
            # Databases take "ı" for an i; the code would go to another mailbox than the one that was found.
            raise ValidationError(self.fields["email"].error_messages["invalid"], code="invalid")
        self._user = user_with(email)
        return email


class CodeForm(ConfirmLoginCodeForm):
    """The code from the mail; hyphen, spaces and case do not matter."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        code = self.fields["code"]
        code.label = _("Code")
        code.error_messages = code.error_messages | {"required": _("Write the code from the mail.")}
        code.widget.attrs = {
            "autocomplete": "one-time-code",
            "autocapitalize": "characters",
            "spellcheck": "false",
            "autofocus": True,
        }


def _ask_for_digits(form) -> None:
    code = form.fields["code"]
    code.label = _("Code")
    code.error_messages = code.error_messages | {"required": _("Write the code.")}
    code.widget.attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}


class UsesUp:
    """A code from the app is good once, for as long as the app's clock may be wrong.

    allauth remembers a code for one period alone, and we let codes of the periods beside it in.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _ask_for_digits(self)

    def clean_code(self) -> str:
        code = super().clean_code()
        lives = mfa_settings.TOTP_PERIOD * (2 * mfa_settings.TOTP_TOLERANCE + 1)
        used = f"factor {self.user.pk} {normalize_user_code(code)}"
        if self.authenticator.type == Authenticator.Type.TOTP and not claim_try(used, allowed=1, seconds=lives):
            raise get_adapter().validation_error("code_used")
        return code

    def save(self) -> None:
        # Whoever showed it a moment ago, to sign in, need not show it again to change it.
        post_authentication(context.request, self.authenticator, reauthenticated=True)


class FactorForm(UsesUp, AuthenticateForm):
    """The code from the app, or a recovery code, on the way in."""


class FactorAgainForm(UsesUp, ReauthenticateForm):
    """The same from somebody who is signed in."""


class AppForm(ActivateTOTPForm):
    """The first code from the app: it shows that the telephone has the secret."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _ask_for_digits(self)
        self.fields["code"].label = _("Code from the app")
