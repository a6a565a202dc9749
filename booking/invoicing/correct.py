"""How an order is to be invoiced, put right before it is: by whoever ordered, or by staff."""

import logging
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from booking.invoicing.models import Charge
from booking.journal.kinds import INVOICE_CORRECTED
from booking.journal.record import record
from booking.signup.hold import lock_order
from booking.signup.models import ACTIVE, Booking, BookingStatus, Order, Withdrawal

logger = logging.getLogger(__name__)


class NothingToCorrect(Exception):
    """All of the order is invoiced, or nothing of it ever will be."""


@dataclass(frozen=True, slots=True)
class InvoiceDetails:
    """Where an invoice goes, and what the payer's bookkeeping knows the purchase by."""

    gln: str
    person_reference: str
    requisition: str
    invoice_format: str

    @classmethod
    def of(cls, order: Order) -> "InvoiceDetails":
        return cls(order.gln, order.person_reference, order.requisition, order.invoice_format)


def still_to_invoice(order: Order) -> QuerySet[Booking]:
    """Those of its bookings that an invoice is still to come of, as things stand."""
    has_price = Q(status__in=ACTIVE, lines__unit_net__gt=0)
    owes = Q(status=BookingStatus.CANCELLED, withdrawal__in=Withdrawal.objects.owing())
    if order.pays_by_card:
        return Booking.objects.none()
    return (
        Booking.objects.filter(has_price | owes, order=order, session__calendar_entry__cancelled_at=None)
        .exclude(charges__in=Charge.objects.standing())
        .distinct()
    )


@transaction.atomic
def correct(order: Order, details: InvoiceDetails, *, by, now: datetime) -> list[str]:
    """Let what is still to be invoiced go where ``details`` say; give the names of what changed.

    The order is locked, as it is while an invoice is written, so an invoice says either the old or the new. The journal
    names what was changed, and says from what to what only of that which is nobody's name. Raises NothingToCorrect.
    """
    order = lock_order(order.pk)
    if not still_to_invoice(order).exists():
        raise NothingToCorrect
    before, after = asdict(InvoiceDetails.of(order)), asdict(details)
    changed = [name for name in before if before[name] != after[name]]
    if not changed:
        return []
    for name in changed:
        setattr(order, name, after[name])
    order.save(update_fields=changed)
    order.bookings.filter(awaits_correction=True).update(awaits_correction=False)
    told: dict[str, Any] = {"ean": [before["gln"], after["gln"]]} if "gln" in changed else {}
    record(INVOICE_CORRECTED, order, by=by, at=now, order=order.reference, fields=changed, **told)
    logger.info("order %s is to be invoiced otherwise: %s", order.reference, ", ".join(changed))
    return changed
