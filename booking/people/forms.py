"""The two small forms of signing in: the address, and the code."""

from allauth.account.forms import ConfirmLoginCodeForm, RequestLoginCodeForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from booking.people.signin import user_with


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
        email.widget.attrs = {"autocomplete": "email", "spellcheck": "false"}

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
