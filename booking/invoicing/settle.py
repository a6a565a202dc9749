"""Noting that an invoice was paid, and taking back what was noted wrongly."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from booking.invoicing.models import Deposit, Invoice, Reversal, Settlement
from booking.journal.kinds import DEPOSIT_REVERSED, SETTLED, SETTLEMENT_REVERSED
from booking.journal.record import record


class NotOpen(Exception):
    """The invoice is paid or credited already, or is a credit note."""


class NothingToReverse(Exception):
    """It does not stand, or what came to the bank says it: then that is to be taken back."""


def owed(invoice: Invoice) -> Decimal:
    """What is still to come for an invoice that is not marked as paid: less what was credited, less what has come."""
    credited = sum((note.total for note in invoice.credit_notes.all()), Decimal(0))
    return invoice.total - credited - sum((one.amount for one in invoice.deposits.all() if one.stands), Decimal(0))


def paid_too_much(invoice: Invoice) -> Decimal:
    """What has come for an invoice, and was credited all the same."""
    notes = invoice.credit_notes.all()
    settlement = invoice.settlement
    if settlement:
        return sum((note.total for note in notes if note.issued_at > settlement.noted_at), Decimal(0))
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


def marked_by_hand(invoice: Invoice) -> Settlement | None:
    """That it was marked as paid, if staff said so, and not what came to the bank at that moment."""
    settlement = invoice.settlement
    if settlement is None or any(one.stands and one.noted_at == settlement.noted_at for one in invoice.deposits.all()):
        return None
    return settlement


@transaction.atomic
def reverse_settlement(settlement: Settlement, *, reason: str, by, now: datetime) -> Reversal:
    """The money has not come after all: the invoice is open again. Raises NothingToReverse."""
    invoice = Invoice.objects.select_for_update(of=("self",)).get(pk=settlement.invoice_id)
    if marked_by_hand(invoice) != settlement:
        raise NothingToReverse
    return _reverse(settlement, reason=reason, by=by, now=now)


@transaction.atomic
def reverse_deposit(deposit: Deposit, *, reason: str, by, now: datetime) -> Reversal:
    """The money was not for this invoice: it is to be placed anew, and the invoice is open again.

    Raises NothingToReverse.
    """
    invoice = Invoice.objects.select_for_update(of=("self",)).get(pk=deposit.invoice_id)
    if not invoice.deposits.filter(pk=deposit.pk, stands=True).exists():
        raise NothingToReverse
    if invoice.settlement:
        _reverse(invoice.settlement, reason=reason, by=by, now=now)
    deposit.stands = False
    deposit.save(update_fields=["stands"])
    reversal = Reversal.objects.create(deposit=deposit, reason=reason, by=by, noted_at=now)
    record(DEPOSIT_REVERSED, invoice, by=by, at=now, number=invoice.number, amount=str(deposit.amount),
           reversal=reversal.pk)  # fmt: skip
    return reversal


def _reverse(settlement: Settlement, *, reason: str, by, now: datetime) -> Reversal:
    settlement.stands = False
    settlement.save(update_fields=["stands"])
    reversal = Reversal.objects.create(settlement=settlement, reason=reason, by=by, noted_at=now)
    invoice = settlement.invoice
    record(SETTLEMENT_REVERSED, invoice, by=by, at=now, number=invoice.number, reversal=reversal.pk)
    return reversal
