"""What may be corrected of how an order is to be invoiced."""

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.invoicing.correct import InvoiceDetails
from booking.people.models import InvoiceFormat
from booking.signup.models import Order
from booking.signup.payer_form import PayerForm


class DetailsForm(forms.Form):
    """The fields of the form that the order came from, and which e-invoice it is to be."""

    ean = PayerForm.base_fields["ean"]
    person_reference = PayerForm.base_fields["person_reference"]
    requisition = PayerForm.base_fields["requisition"]
    invoice_format = forms.ChoiceField(
        label=_("Kind of e-invoice"),
        required=False,
        widget=forms.RadioSelect,
        help_text=_("Leave it as it is if you do not know: the payer's system tells."),
        error_messages={"invalid_choice": _("Choose one of the kinds.")},
    )

    def __init__(self, *args, order: Order, **kwargs):
        known = InvoiceDetails.of(order)
        initial = {
            "ean": known.gln,
            "person_reference": known.person_reference,
            "requisition": known.requisition,
            "invoice_format": known.invoice_format,
        }
        super().__init__(*args, initial=initial, label_suffix="", **kwargs)
        usual = InvoiceFormat(order.payer.invoice_format).label
        self.fields["invoice_format"].choices = [
            ("", _("As the payer's other invoices: %(kind)s") % {"kind": usual}),
            *((value, label) for value, label in InvoiceFormat.choices if value != order.payer.invoice_format),
        ]
        if known.invoice_format == order.payer.invoice_format:
            self.initial["invoice_format"] = ""

    def details(self) -> InvoiceDetails:
        said = self.cleaned_data
        return InvoiceDetails(said["ean"], said["person_reference"], said["requisition"], said["invoice_format"])
