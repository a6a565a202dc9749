"""Stripe, as far as this house uses it: the only module that imports ``stripe``, and the only one that counts in øre.

Every call has a timeout and a few tries. Nothing here reads or writes the database.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache

import stripe
from django.conf import settings

logger = logging.getLogger(__name__)

#: Seconds for one try, and how many more there are.
TIMEOUT = 10
RETRIES = 2

CURRENCY = "dkk"


class Unreachable(Exception):
    """Stripe did not answer, or could not say yes or no. It may have done what it was asked: ask again, same key."""


class Refused(Exception):
    """Stripe said no, and will say so again. Nothing was done."""


class Forged(Exception):
    """The event is not from Stripe, or too old to tell."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A page where somebody pays. ``key`` is that of our payment; empty if the checkout is not ours."""

    id: str
    key: str
    url: str
    is_open: bool
    is_expired: bool
    is_paid: bool
    amount: Decimal
    intent_id: str


@dataclass(frozen=True, slots=True)
class GivenBack:
    """A refund as Stripe has it. ``key`` is that of ours, or empty."""

    id: str
    key: str
    amount: Decimal
    is_done: bool
    has_failed: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """A hint that something has happened; what did happen is asked of Stripe."""

    id: str
    kind: str
    object_id: str
    intent_id: str


def create_checkout(
    *,
    key: str,
    reference: str,
    what: str,
    amount: Decimal,
    expires_at: datetime,
    success_url: str,
    cancel_url: str,
) -> Checkout:
    """Open a page where ``amount`` is paid; asked again with the same key, give the one that was opened then."""
    with _answered():
        return _checkout(
            _client().v1.checkout.sessions.create(
                {
                    "mode": "payment",
                    "line_items": [
                        {
                            "quantity": 1,
                            "price_data": {
                                "currency": CURRENCY,
                                "unit_amount": _ore(amount),
                                "product_data": {"name": what},
                            },
                        }
                    ],
                    "allowed_payment_method_types": ["card"],
                    "adaptive_pricing": {"enabled": False},  # else the sum may be taken in another currency
                    "client_reference_id": reference,
                    "metadata": {"payment": key},
                    "payment_intent_data": {"metadata": {"payment": key}, "description": reference},
                    "expires_at": int(expires_at.timestamp()),
                    "success_url": success_url,
                    "cancel_url": cancel_url,
                    "locale": "da",
                },
                {"idempotency_key": f"payment-{key}"},
            )
        )


def read_checkout(checkout_id: str) -> Checkout:
    with _answered():
        return _checkout(_client().v1.checkout.sessions.retrieve(checkout_id))


def expire_checkout(checkout_id: str) -> Checkout:
    """Close the page, so that nobody can pay there any more. Raises Refused if it is closed, or paid, already."""
    with _answered():
        return _checkout(_client().v1.checkout.sessions.expire(checkout_id))


def checkouts_since(moment: datetime) -> Iterator[Checkout]:
    """All that were opened since then, also those we never heard of."""
    with _answered():
        found = _client().v1.checkout.sessions.list({"created": {"gte": int(moment.timestamp())}, "limit": 100})
        for checkout in found.auto_paging_iter():
            yield _checkout(checkout)


def create_refund(*, key: str, intent_id: str, amount: Decimal) -> GivenBack:
    """Give money back; asked again with the same key, give the refund that was made then."""
    with _answered():
        return _given_back(
            _client().v1.refunds.create(
                {"payment_intent": intent_id, "amount": _ore(amount), "metadata": {"refund": key}},
                {"idempotency_key": f"refund-{key}"},
            )
        )


def refunds_of(intent_id: str) -> list[GivenBack]:
    with _answered():
        found = _client().v1.refunds.list({"payment_intent": intent_id, "limit": 100})
        return [_given_back(refund) for refund in found.auto_paging_iter()]


def dispute_status(dispute_id: str) -> str:
    """How a contested payment stands: ``needs_response``, ``under_review``, ``won``, ``lost`` ..."""
    with _answered():
        return _client().v1.disputes.retrieve(dispute_id).status


def read_event(payload: bytes, signature: str) -> Event:
    """Who sent it is proved first. Raises Forged."""
    try:
        event = _client().construct_event(payload, signature, settings.STRIPE_WEBHOOK_SECRET)
        about = event.data.object
        return Event(
            id=event.id, kind=event.type, object_id=getattr(about, "id", ""), intent_id=_id_of(about, "payment_intent")
        )
    except (stripe.SignatureVerificationError, ValueError, AttributeError, TypeError) as error:
        raise Forged from error


def _client() -> stripe.StripeClient:
    return _client_for(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


@cache
def _client_for(key: str, base: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        base_addresses={"api": base},
        max_network_retries=RETRIES,
        http_client=stripe.RequestsClient(timeout=TIMEOUT),
    )


@contextmanager
def _answered():
    """Stripe's many errors as our two. What is not a clear no may have been done."""
    try:
        yield
    except (stripe.InvalidRequestError, stripe.CardError, stripe.IdempotencyError) as error:
        if error.http_status == 409:  # the same is being asked by somebody else right now
            raise Unreachable from error
        logger.warning("Stripe refused: %s %s", error.http_status, error.code)
        raise Refused(error.code) from error
    except stripe.StripeError as error:
        logger.warning("Stripe did not answer: %s %s", type(error).__name__, error.http_status)
        raise Unreachable from error


def _checkout(found) -> Checkout:
    return Checkout(
        id=found.id,
        key=_label(found, "payment"),
        url=found.url or "",
        is_open=found.status == "open",
        is_expired=found.status == "expired",
        is_paid=found.status == "complete" and found.payment_status == "paid" and found.currency == CURRENCY,
        amount=_kroner(found.amount_total or 0),
        intent_id=_id_of(found, "payment_intent"),
    )


def _given_back(found) -> GivenBack:
    return GivenBack(
        id=found.id,
        key=_label(found, "refund"),
        amount=_kroner(found.amount),
        is_done=found.status == "succeeded",
        has_failed=found.status in {"failed", "canceled"},
        at=datetime.fromtimestamp(found.created, UTC),
    )


def _label(found, name: str) -> str:
    """What we wrote on it ourselves."""
    return getattr(found.metadata, name, "") if found.metadata else ""


def _id_of(found, name: str) -> str:
    """The id of something it points at, whether or not that was sent along."""
    pointed_at = getattr(found, name, None)
    return getattr(pointed_at, "id", pointed_at) or ""


def _ore(amount: Decimal) -> int:
    return int(amount.scaleb(2).to_integral_exact())


def _kroner(ore: int) -> Decimal:
    return Decimal(ore).scaleb(-2)
