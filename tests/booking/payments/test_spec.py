"""All that the site asks of Stripe is what Stripe takes.

The double holds each request against Stripe's published specification, wherever it is used, so that all tests of
payments stand on it. The pinned library was made by Stripe from a newer version, and must know all the names too.
"""

import typing
from decimal import Decimal

from stripe import params

from booking.payments.models import Refund, RefundReason
from booking.payments.reconcile import reconcile
from booking.payments.refund import owe_refund
from tests.booking.signup.test_reserve import NOW

#: What the pinned library lets be sent, made by Stripe from the specification of its own version.
TAKEN = {
    "POST /v1/checkout/sessions": params.checkout.SessionCreateParams,
    "GET /v1/checkout/sessions": params.checkout.SessionListParams,
    "GET /v1/checkout/sessions/{session}": params.checkout.SessionRetrieveParams,
    "POST /v1/checkout/sessions/{session}/expire": params.checkout.SessionExpireParams,
    "GET /v1/payment_intents/{intent}": params.PaymentIntentRetrieveParams,
    "GET /v1/charges/{charge}": params.ChargeRetrieveParams,
    "POST /v1/refunds": params.RefundCreateParams,
    "GET /v1/refunds": params.RefundListParams,
    "GET /v1/refunds/{refund}": params.RefundRetrieveParams,
    "GET /v1/disputes": params.DisputeListParams,
    "GET /v1/disputes/{dispute}": params.DisputeRetrieveParams,
}


#: What the library imports for type checkers alone.
UNSAID = {"StripeContext": str, "Mapping": dict}


def test_all_that_the_site_asks_is_what_stripe_takes(payer, double, tell):
    all_that_is_asked(payer, double, tell)

    assert {operation for operation, _fields in double.asked} == TAKEN.keys()
    assert [strangers for operation, fields in double.asked if (strangers := unknown(fields, TAKEN[operation]))] == []


def all_that_is_asked(payer, double, tell) -> None:
    """Every kind of question, once or more."""
    payer.to_checkout()
    payer.release()
    checkout = payer.to_checkout()
    double.pay_later(checkout)
    payer.come_back()
    double.bank_says(checkout, yes=True)
    tell()
    intent_id = payer.payment.intent_id
    owe_refund(payer.payment, amount=Decimal(1000), reason=RefundReason.STAFF, now=NOW)
    for thin in ({"id": Refund.objects.get().stripe_id}, {"id": next(iter(double.charges))}):
        kind = "refund.updated" if thin["id"].startswith("re") else "charge.refunded"
        double._happened(kind, thin)
        tell()
    double.contest(intent_id)
    tell()
    reconcile(NOW)


def unknown(fields, taken) -> list[str]:
    """The names that the library does not know."""
    hints = typing.get_type_hints(taken, localns=UNSAID)
    found = [name for name in fields if name not in hints]
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            below = _dictionary(hints.get(name))
            if isinstance(one, dict) and below:
                found += [f"{name}[{stranger}]" for stranger in unknown(one, below)]
    return found


def _dictionary(hint):
    """The kind of dictionary that a hint speaks of, however deep; None if its names are free."""
    if typing.is_typeddict(hint):
        return hint
    return next(filter(None, map(_dictionary, typing.get_args(hint))), None)
