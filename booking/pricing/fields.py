"""Amounts of kroner as Danes write them in a form."""

import re
from decimal import Decimal

from django import forms

from booking.money import KRONE


class KronerField(forms.DecimalField):
    """An amount as Danes write it: 1.000,50 or 1000,5, and 1.000 is a thousand. Nothing else is an amount."""

    WHOLE = r"([0-9]{1,3}(\.[0-9]{3})+|[0-9]+)"
    WRITTEN = re.compile(WHOLE + r"(,[0-9]{1,2})?")
    #: As programmes write it, which some paste.
    POINTED = re.compile(r"[0-9]+\.[0-9]{1,2}")

    def to_python(self, value):
        text = "".join(str(value or "").split()).removesuffix("kr.")
        if self.WRITTEN.fullmatch(text):
            text = text.replace(".", "").replace(",", ".")
        elif text and not self.POINTED.fullmatch(text):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(text)


class WholeKronerField(KronerField):
    """Shows 5300, not 5300.00, which a Danish eye reads as half a million."""

    widget = forms.TextInput

    def widget_attrs(self, widget):
        return {"inputmode": "numeric"}

    def prepare_value(self, value):
        if isinstance(value, Decimal) and value == value.to_integral_value():
            return str(value.quantize(KRONE))
        return super().prepare_value(value)
