"""What was agreed, paid, given back, invoiced and is still to be invoiced, seat by seat."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal

from booking.invoicing.models import Charge
from booking.ledger import NOTHING
from booking.payments import balance
from booking.payments.balance import Balance
from booking.signup.models import Booking


def balances(bookings: Collection[Booking]) -> dict[int, Balance]:
    """The balance of each (by its id); give bookings that come ``with_money``.

    What was credited is not invoiced. It is to be invoiced again, unless it was let go for good. Where more is invoiced
    than is due by now, what is to be invoiced is negative: the credit note comes by itself. Cards are not invoiced.
    """
    invoiced: dict[int, Decimal] = defaultdict(lambda: NOTHING)
    let_go = set()
    for charge in Charge.objects.standing().filter(booking__in=[booking.pk for booking in bookings]):
        if charge.credited_by_id:
            let_go.add(charge.booking_id)
        else:
            invoiced[charge.booking_id] = charge.net + charge.vat
    found = {}
    for pk, one in balance.balances(bookings).items():
        left = NOTHING if pk in let_go else one.to_invoice - invoiced[pk]
        found[pk] = replace(one, to_invoice=left, invoiced=invoiced[pk])
    return found
