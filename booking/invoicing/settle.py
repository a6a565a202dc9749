"""Noting that an invoice was paid."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from booking.invoicing.models import Invoice, Settlement
from booking.journal.kinds import SETTLED
from booking.journal.record import record


class NotOpen(Exception):
    """The invoice is paid or credited already, or is a credit note."""


def owed(invoice: Invoice) -> Decimal:
    """What is still to come for an invoice that is not marked as paid: less what was credited, less what has come."""
    credited = sum((note.total for note in invoice.credit_notes.all()), Decimal(0))
    return invoice.total - credited - sum((one.amount for one in invoice.deposits.all()), Decimal(0))


def paid_too_much(invoice: Invoice) -> Decimal:
    """What has come for an invoice, and was credited all the same."""
    notes = invoice.credit_notes.all()
    if hasattr(invoice, "settlement"):
        return sum((note.total for note in notes if note.issued_at > invoice.settlement.noted_at), Decimal(0))
    return max(Decimal(0), -owed(invoice))


@transaction.atomic
def mark_paid(invoice: Invoice, *, paid_on: date, by, now: datetime) -> Settlement:
    """Note that the money has come. Raises NotOpen."""
    invoice = Invoice.objects.select_for_update(of=("self",)).get(pk=invoice.pk)
    if not Invoice.objects.open().filter(pk=invoice.pk).exists():
        raise NotOpen
    settlement = Settlement.objects.create(invoice=invoice, paid_on=paid_on, by=by, noted_at=now)
    record(SETTLED, invoice, by=by, at=now, number=invoice.number, paid_on=paid_on.isoformat())
    return settlement
