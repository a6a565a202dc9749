"""What staff read of an order's money, wherever the order stands."""

from django import template

from booking.dates import danish_moment
from booking.models import Order, Payment

register = template.Library()


@register.inclusion_tag("booking/admin/money.html", takes_context=True)
def money_of(context, order: Order) -> dict:
    """What was paid by card and given back."""
    payments = Payment.objects.filter(order=order).prefetch_related("refunds__by").order_by("pk")
    return {
        "order": order,
        "lines": [
            {
                "payment": payment,
                "paid": payment.paid_at and danish_moment(payment.paid_at),
                "refunds": [
                    {"refund": refund, "decided": danish_moment(refund.created_at)} for refund in payment.refunds.all()
                ],
                "kept": payment.kept(),
            }
            for payment in payments
        ],
    }
