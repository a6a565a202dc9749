"""The books of card payments: every movement of money in a period, from the journal.

A fact is never changed, so the books of a period are the same whenever they are made: what a bank sends back in April
is April's, also when it was paid out in March.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.db.models import Prefetch, Q
from django.utils.translation import gettext as _

from booking.dates import COPENHAGEN
from booking.journal.kinds import CHARGED_BACK, PAID, REFUND_FAILED, REFUNDED
from booking.journal.models import Fact
from booking.ledger import Movement, Part, split, take
from booking.payments.balance import parts_of
from booking.payments.models import Payment, Refund
from booking.signup.models import Booking

#: What moves money by card.
KINDS = [PAID, REFUNDED, REFUND_FAILED, CHARGED_BACK]


def movements(first: date, last: date) -> list[Movement]:
    """All that moved on these Copenhagen days, both included, in the order in which it happened."""
    begin, end = midnight(first), midnight(last + timedelta(days=1))
    payments = _moved_between(begin, end)
    facts = _facts_of(payments, before=end)
    found = [
        (fact.pk, movement)
        for payment in payments
        for fact, movement in _of_payment(payment, facts[payment.pk])
        if fact.at >= begin
    ]
    return [movement for _pk, movement in sorted(found, key=lambda one: one[0])]


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, COPENHAGEN)


def _moved_between(begin: datetime, end: datetime) -> list[Payment]:
    facts = Fact.objects.filter(kind__in=KINDS, at__gte=begin, at__lt=end)
    paid, refunded = (
        facts.filter(about_type=ContentType.objects.get_for_model(model)).values("about_id")
        for model in (Payment, Refund)
    )
    wanted = Q(pk__in=paid) | Q(refunds__in=refunded)
    seats = (
        Booking.objects.select_related("order__seller", "session__price_list__seller")
        .prefetch_related("lines")
        .order_by("pk")
    )
    refunds = Refund.objects.prefetch_related("booking__lines")
    payments = Payment.objects.filter(wanted).distinct().select_related("order")
    return list(payments.prefetch_related(Prefetch("bookings", seats), Prefetch("refunds", refunds)))


def _facts_of(payments: Iterable[Payment], *, before: datetime) -> dict[int, list[Fact]]:
    """The facts of each payment and its refunds, the first first."""
    payment_of = {refund.pk: payment.pk for payment in payments for refund in payment.refunds.all()}
    payment_type, refund_type = (ContentType.objects.get_for_model(model) for model in (Payment, Refund))
    own = Q(about_type=payment_type, about_id__in=[payment.pk for payment in payments])
    found: dict[int, list[Fact]] = defaultdict(list)
    for fact in Fact.objects.filter(
        own | Q(about_type=refund_type, about_id__in=payment_of), kind__in=KINDS, at__lt=before
    ).order_by("pk"):
        found[fact.about_id if fact.about_type_id == payment_type.pk else payment_of[fact.about_id]].append(fact)
    return found


def _of_payment(payment: Payment, facts: Iterable[Fact]) -> Iterable[tuple[Fact, Movement]]:
    """One payment's movements from its first day, for what a refund takes depends on what was taken before."""
    agreed = parts_of(payment.bookings.all())
    sold = payment.sold()
    refunds = {refund.pk: refund for refund in payment.refunds.all()}
    kept: list[Part] = []
    out: dict[int, list[Part]] = {}
    for fact in facts:
        amount = Decimal(fact.details["amount"])
        if fact.kind == PAID:
            kept = split(amount, agreed)
            sold |= {name: fact.details[name] for name in sold if name in fact.details}  # as it was that day
            yield fact, _movement(fact, _("Payment"), payment, kept, sold=sold)
        elif fact.kind == CHARGED_BACK:
            taken = take(amount, kept)
            kept = [one + -gone for one, gone in zip(kept, taken, strict=True)]
            yield fact, _movement(fact, _("Taken back by the bank"), payment, [-one for one in taken], sold=sold)
        elif fact.kind == REFUNDED:
            refund = refunds[fact.about_id]
            taken = take(amount, kept, first=parts_of([refund.booking]) if refund.booking else [])
            kept = [one + -gone for one, gone in zip(kept, taken, strict=True)]
            out[refund.pk] = taken
            yield fact, _movement(fact, _("Refund"), payment, [-one for one in taken], sold=sold, refund=refund)
        elif fact.about_id in out:  # what never left is no movement when it fails
            back = out.pop(fact.about_id)
            kept = [one + came for one, came in zip(kept, back, strict=True)]
            refund = refunds[fact.about_id]
            yield fact, _movement(fact, _("Refund sent back by the bank"), payment, back, sold=sold, refund=refund)


def _movement(
    fact: Fact,
    kind: str,
    payment: Payment,
    parts: Iterable[Part],
    *,
    sold: dict[str, str],
    refund: Refund | None = None,
) -> Movement:
    order = payment.order
    numbers = [payment.intent_id, refund.stripe_id if refund else ""]
    reason = ": ".join(filter(None, [refund.get_reason_display(), refund.note])) if refund else ""
    return Movement(
        at=fact.at,
        kind=kind,
        reference=order.reference,
        payer=order.payer_name,
        payer_cvr=order.payer_cvr,
        **sold,
        parts=tuple(part for part in parts if part.gross),
        numbers=tuple(number or "" for number in numbers),
        reason=reason,
    )
