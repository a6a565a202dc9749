"""What one booker signs up in one go."""

import secrets
import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from booking.people.models import InvoiceFormat, Municipality, Person
from booking.pricing.models import Invoiced, Seller
from booking.pricing.quote import Quote
from booking.signup.order_lines import OrderLine

#: Letters and digits that nobody mistakes for one another on the phone.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_reference() -> str:
    """Eight characters, unguessable enough for an address that still asks who you are: ``K7QD-9XWM``."""
    characters = [secrets.choice(ALPHABET) for _number in range(8)]
    return "".join(characters[:4]) + "-" + "".join(characters[4:])


class AcceptedHow(models.TextChoices):
    PHONE = "phone", _("by phone")
    MAIL = "mail", _("by e-mail")
    MEETING = "meeting", _("at a meeting")


class Order(models.Model):
    """What one booker signs up in one go: who pays, their references, and whom to write to."""

    reference = models.CharField(_("reference"), max_length=9, unique=True, default=new_reference, editable=False)
    #: Drawn when the form is shown; a form that is sent twice makes one order.
    submission = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    booker = models.ForeignKey(Person, verbose_name=_("booker"), on_delete=models.PROTECT, related_name="orders")
    payer = models.ForeignKey(Municipality, verbose_name=_("payer"), on_delete=models.PROTECT, related_name="orders")
    payer_name = models.CharField(_("payer's name"), max_length=80)  # frozen
    payer_cvr = models.CharField(_("payer's CVR number"), max_length=8)  # frozen
    #: Paid by card when ordered; else by invoice, or there is nothing to pay.
    pays_by_card = models.BooleanField(_("pays by card"), default=False)
    #: Empty when no invoice is to be sent, or while those who wait have not said how they will pay.
    gln = models.CharField(_("EAN number"), max_length=13, blank=True)
    person_reference = models.CharField(_("person reference"), max_length=80, blank=True)
    requisition = models.CharField(_("requisition number"), max_length=80, blank=True)
    #: Empty for what the payer's invoices are otherwise.
    invoice_format = models.CharField(_("kind of e-invoice"), max_length=8, blank=True, choices=InvoiceFormat.choices)
    #: When it is invoiced, as the price list said when it was ordered.
    invoiced = models.CharField(_("invoiced"), max_length=8, choices=Invoiced.choices, default=Invoiced.HELD)  # frozen
    #: Who sells the seats, as the price list said when they were ordered; none where there was no list.
    seller = models.ForeignKey(
        Seller, verbose_name=_("seller"), null=True, on_delete=models.PROTECT, related_name="orders"
    )  # frozen
    contact_name = models.CharField(_("contact"), max_length=120)
    contact_email = models.EmailField(_("contact's e-mail"))
    contact_phone = models.CharField(_("contact's phone"), max_length=20, blank=True)
    created_at = models.DateTimeField(_("ordered"))
    # Where staff signed somebody up: who said yes to the conditions, and how. Empty where the booker did so themselves.
    accepted_by = models.CharField(_("conditions accepted by"), max_length=120, blank=True)
    accepted_how = models.CharField(_("how they accepted"), max_length=12, blank=True, choices=AcceptedHow.choices)
    acceptance_note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.reference

    def quote(self) -> Quote:
        """All that was agreed, whatever has become of the seats since."""
        return Quote.of(line.line for line in OrderLine.objects.filter(booking__order=self).select_related("booking"))
