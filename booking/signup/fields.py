"""The fields of whatever is written: one line, a mailbox, an EAN number; with errors in the reader's words."""

import re
import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext_lazy as _
from stdnum import ean


class LineField(forms.CharField):
    """One line of text: not too long, and without characters that nobody can see."""

    def __init__(self, *, max_length: int, **kwargs):
        super().__init__(max_length=max_length, **kwargs)
        self.error_messages["max_length"] = _("Write %(limit_value)d characters at most. You wrote %(show_value)d.")

    def validate(self, value):
        super().validate(value)
        if any(unicodedata.category(character) in {"Cc", "Cf", "Co", "Cs"} for character in value):
            raise ValidationError(
                _("There are invisible characters in the text. Write it again instead of pasting it."),
                code="control_characters",
            )


class MailboxValidator(EmailValidator):
    """An address at a named host; Django also takes a machine's number, such as navn@[127.0.0.1]."""

    def validate_domain_part(self, domain_part):
        return not domain_part.startswith("[") and super().validate_domain_part(domain_part)


class MailboxField(forms.EmailField):
    default_validators = [MailboxValidator()]


class EanField(forms.CharField):
    """An EAN number (GLN): 13 digits, of which the last is a check on the others. Source: GS1."""

    default_error_messages = {
        "required": _("Write the EAN number that the invoice is to be sent to."),
        "letters": _("An EAN number has digits only."),
        "length": _("An EAN number has 13 digits. You wrote %(count)d."),
        "check_digit": _("This is not an EAN number: one or more digits are wrong. Check it against your source."),
    }

    def to_python(self, value):
        """The digits alone: EAN numbers are written with spaces, dots and dashes, and pasted with invisible signs.

        Some are pasted with what they are, as "EAN-nr.: 5798 ...".
        """
        value = super().to_python(value)
        bare = "".join(
            character
            for character in value
            if not character.isspace() and character not in ".:" and unicodedata.category(character) not in {"Pd", "Cf"}
        )
        return re.sub(r"^(?:EAN|GLN)(?:nummer|nr)?", "", bare, flags=re.IGNORECASE)

    def validate(self, value):
        super().validate(value)
        if not value:
            return
        if not (value.isascii() and value.isdigit()):
            raise ValidationError(self.error_messages["letters"], code="letters")
        if len(value) != 13:
            raise ValidationError(self.error_messages["length"], code="length", params={"count": len(value)})
        if not ean.is_valid(value) or not value.strip("0"):  # the check digit of nothing but noughts fits
            raise ValidationError(self.error_messages["check_digit"], code="check_digit")
