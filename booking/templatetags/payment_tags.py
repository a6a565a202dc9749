"""What is read of an order's money, wherever the order stands."""

from django import template

from booking.dates import danish_moment
from booking.invoicing.balance import balances
from booking.models import Booking, Order, Payment
from booking.payments.balance import Balance, with_money
from booking.payments.models import Refund, RefundState
from booking.payments.words import dispute_in_words, failure_in_words

register = template.Library()


@register.inclusion_tag("booking/components/card_payment.html")
def card_payment(order: Order) -> dict:
    """For the payer: what was paid by card and given back, as long as that is so."""
    payments = Payment.objects.paid().filter(order=order).prefetch_related("refunds").order_by("pk")
    return {
        "payments": [(payment, [one for one in payment.refunds.all()[::-1] if _leaves_us(one)]) for payment in payments]
    }


def _leaves_us(refund: Refund) -> bool:
    return refund.state != RefundState.FAILED


@register.inclusion_tag("booking/admin/money.html", takes_context=True)
def money_of(context, order: Order, booking: Booking | None = None) -> dict:
    """What was agreed, paid by card, given back and is to be invoiced; of one booking, or of them all."""
    bookings = list(with_money(order.bookings.filter(pk=booking.pk) if booking else order.bookings.all()))
    payments = Payment.objects.filter(order=order).prefetch_related("refunds__by", "refunds__booking__participant")
    return {
        "order": order,
        "balance": sum(balances(bookings).values(), Balance()),
        "may_refund": context["request"].user.has_perm("booking.refund_payment"),
        "lines": [
            {
                "payment": payment,
                "dispute": dispute_in_words(payment.dispute),
                "paid": payment.paid_at and danish_moment(payment.paid_at),
                "refunds": [
                    {
                        "refund": refund,
                        "decided": danish_moment(refund.created_at),
                        "failure": failure_in_words(refund.failure),
                    }
                    for refund in payment.refunds.all()
                ],
            }
            for payment in payments.order_by("pk")
        ],
    }
