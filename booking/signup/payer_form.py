"""How an order is paid for, and whom to write to about it."""

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from booking.signup.fields import EanField, LineField, MailboxField
from booking.signup.refusals import NO_CARDS
from booking.signup.reserve import Purchase


class PayerForm(forms.Form):
    """How the municipality pays, its references, and who hears of the order."""

    pays_by = forms.ChoiceField(
        label=_("How the municipality pays"),
        choices=[("invoice", _("Invoice to an EAN number")), ("card", _("Card, now"))],
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose whether to pay by invoice or by card."),
            "invalid_choice": NO_CARDS,
        },
    )
    ean = EanField(
        label=_("EAN number"),
        help_text=_("13 digits. The invoice is sent electronically to this number."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    person_reference = LineField(
        label=_("Person reference"),
        max_length=80,
        required=False,
        help_text=_("The person at the municipality who receives the invoice: a name, initials or a number."),
    )
    requisition = LineField(
        label=_("Requisition number"),
        max_length=80,
        required=False,
        help_text=_("The municipality's own number for the purchase. Some municipalities return invoices without it."),
    )
    contact_name = LineField(
        label=_("Name"),
        max_length=120,
        error_messages={"required": _("Write whom we can turn to about practical matters.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    contact_email = MailboxField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("The confirmation and the calendar file are sent here."),
        error_messages={
            "required": _("Write the e-mail address that the confirmation is to be sent to."),
            "invalid": _("Write the whole address, such as navn@kommune.dk."),
            "max_length": _("The e-mail address is too long: no more than %(limit_value)d characters."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )
    contact_phone = LineField(
        label=_("Phone"),
        max_length=20,
        required=False,
        validators=[RegexValidator(r"^\+?[0-9 ()./-]*[0-9][0-9 ()./-]*$", _("Write a phone number with digits."))],
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )

    def ask_payer(self, *, is_free: bool, is_free_so_far: bool, takes_cards: bool) -> None:
        """Leave out what need not be asked: of free seats, of those that are free so far, or where no card is taken."""
        if is_free:
            for name in ("ean", "person_reference", "requisition"):
                del self.fields[name]
        elif is_free_so_far:
            self.fields["ean"].required = False
        if not takes_cards or is_free:
            del self.fields["pays_by"]
        else:
            self.fields["pays_by"].initial = "invoice"
            if self.data.get(self.add_prefix("pays_by")) == "card":
                self.fields["ean"] = LineField(required=False, max_length=60, label=self.fields["ean"].label)

    @property
    def pays_by_card(self) -> bool:
        return self.cleaned_data.get("pays_by") == "card"

    def purchase(self) -> Purchase:
        return Purchase(
            contact_name=self.cleaned_data["contact_name"],
            contact_email=self.cleaned_data["contact_email"],
            contact_phone=self.cleaned_data["contact_phone"],
            gln="" if self.pays_by_card else self.cleaned_data.get("ean", ""),
            person_reference=self.cleaned_data.get("person_reference", ""),
            requisition=self.cleaned_data.get("requisition", ""),
        )
