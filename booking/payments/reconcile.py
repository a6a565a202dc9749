"""Our books beside Stripe's, once a day: what differs is listed, and put right where that is safe."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.payments import refund, settle, stripe
from booking.payments.models import UNSETTLED, Payment, PaymentState, RefundState

#: Days that are looked back: a refund may come long after, and is told by a webhook.
DAYS = 30


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not the same in both books: what, where, and whether it has been put right."""

    kind: str
    reference: str
    is_repaired: bool


def reconcile(now: datetime) -> Iterator[Difference]:
    """Every difference of the past days. Raises stripe.Unreachable.

    What Stripe says of our own checkouts, refunds and disputes is taken over. A checkout that is not ours, another
    amount, a payment that Stripe does not have, and a refund that failed are left to a person.
    """
    since = now - timedelta(days=DAYS)
    theirs = {checkout.id: checkout for checkout in stripe.checkouts_since(since)}
    by_key = {str(payment.key): payment for payment in Payment.objects.filter(created_at__gte=since)}
    for checkout in theirs.values():
        payment = by_key.get(checkout.key)
        if payment is None:
            yield Difference("unknown_checkout", checkout.id, is_repaired=False)
        elif checkout.amount != payment.amount:
            yield Difference("other_amount", payment.order.reference, is_repaired=False)
        elif _differs(payment, checkout):
            payment = settle.look(payment, now=now, checkout_id=checkout.id)
            yield Difference("other_state", payment.order.reference, is_repaired=not _differs(payment, checkout))
    for payment in by_key.values():
        if payment.checkout_id and payment.checkout_id not in theirs:
            yield Difference("not_at_stripe", payment.order.reference, is_repaired=False)
    paid = Payment.objects.paid().filter(paid_at__gte=since).select_related("order").order_by("pk")
    for payment in paid:
        before = _refunds_of(payment)
        refund.look_at_refunds(payment)
        if _refunds_of(payment) != before:
            yield Difference("other_refunds", payment.order.reference, is_repaired=True)
        refund.look_at_disputes(payment)
        if Payment.objects.get(pk=payment.pk).dispute != payment.dispute:
            yield Difference("other_dispute", payment.order.reference, is_repaired=True)
        if payment.refunds.filter(state=RefundState.FAILED).exists() and payment.kept() > 0:
            yield Difference("failed_refund", payment.order.reference, is_repaired=False)


def _differs(payment: Payment, checkout: stripe.Checkout) -> bool:
    if checkout.is_paid:
        return not payment.is_paid
    if checkout.is_expired:
        return payment.state in UNSETTLED
    return checkout.is_open and payment.state != PaymentState.OPEN


def _refunds_of(payment: Payment) -> set[tuple]:
    return set(payment.refunds.values_list("pk", "state", "amount"))
