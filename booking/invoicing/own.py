"""Which documents are somebody's own: what was invoiced of the orders that they placed."""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from booking.invoicing.models import Charge, Invoice, InvoiceQuerySet
from booking.journal.kinds import SUBSTITUTED
from booking.journal.models import Fact
from booking.people.models import Person
from booking.pricing.quote import Quote
from booking.signup.models import Booking, Order


def documents_for(person: Person) -> InvoiceQuerySet:
    """The invoices of this person's orders, and what was credited of them.

    ``is_shared`` is true of one that has the seats of others' orders on it too: it is not this person's to read.
    """
    charges = Charge.objects.filter(invoice=OuterRef("original"))
    theirs = Q(booking__order__booker=person)
    by_card = Q(payment__order__booker=person) | Q(credits__payment__order__booker=person)
    return (
        Invoice.objects.annotate(original=Coalesce("credits", "pk"))
        .annotate(is_shared=Exists(charges.exclude(theirs)))
        .filter(Exists(charges.filter(theirs)) | by_card)
        .select_related("credits")
    )


def documents_of(order: Order) -> InvoiceQuerySet:
    """What was issued of one order, the first first; ``is_shared`` as above."""
    seats = Q(charges__booking__order=order) | Q(taken_back__booking__order=order)
    by_card = Q(payment__order=order) | Q(refund__payment__order=order)
    issued = Invoice.objects.filter(seats | by_card).values("pk")
    return documents_for(order.booker).filter(pk__in=issued).order_by("issued_at", "pk")


def documents_naming(person: Person) -> InvoiceQuerySet:
    """Those of their orders, and those of seats that they have, or had when the seat was invoiced."""
    passed_on = Fact.objects.filter(kind=SUBSTITUTED, details__in_place_of=person.pk).values("about_id")
    theirs = Booking.objects.filter(Q(participant=person) | Q(pk__in=passed_on)).values("pk")
    seat = Q(charges__booking__in=theirs) | Q(taken_back__booking__in=theirs)
    by_card = Q(payment__bookings__in=theirs) | Q(refund__payment__bookings__in=theirs)
    found = [Invoice.objects.filter(seat | by_card), documents_for(person)]
    return Invoice.objects.filter(Q(pk__in=found[0].values("pk")) | Q(pk__in=found[1].values("pk")))


def documents_on(booking: Booking) -> InvoiceQuerySet:
    """Those that one seat is or was on, the first first."""
    seat = Q(charges__booking=booking) | Q(taken_back__booking=booking)
    by_card = Q(payment__bookings=booking) | Q(refund__booking=booking)
    by_card |= Q(refund__booking=None, refund__payment__bookings=booking)
    found = Invoice.objects.filter(seat | by_card)
    return Invoice.objects.filter(pk__in=found.values("pk")).order_by("issued_at", "pk")


def withdrawal_sentence(bookings: Sequence[Booking], fee: Quote, *, payer: str) -> str:
    """How giving these seats up, for this price, is invoiced, and what becomes of the invoice they are on already."""
    charges = Charge.objects.standing().filter(booking__in=bookings, credited_by=None).select_related("invoice")
    numbers = get_text_list(sorted({charge.invoice.number for charge in charges}), _("and"))
    if not charges:
        return "" if fee.is_free else _("It is invoiced to %(payer)s.") % {"payer": payer}
    if sum(charge.net for charge in charges) == fee.net:
        return _("It stands on invoice %(numbers)s already, so no other follows.") % {"numbers": numbers}
    if fee.is_free:
        return _("What invoice %(numbers)s asks for the seat is credited.") % {"numbers": numbers}
    return _("What invoice %(numbers)s asks for the seat is credited, and this is invoiced instead.") % {
        "numbers": numbers
    }
