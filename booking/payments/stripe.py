"""Stripe, as far as this house uses it: the only module that imports ``stripe``, and the only one that counts in øre.

Every call has a timeout and a few tries. Nothing here reads or writes the database.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache

import stripe
from django.conf import settings

logger = logging.getLogger(__name__)

#: Seconds for one try, and how many more there are: somebody waits at a browser meanwhile.
TIMEOUT = 8
RETRIES = 1

CURRENCY = "dkk"


class Unreachable(Exception):
    """Stripe did not answer, or could not say yes or no. It may have done what it was asked: ask again, same key."""


class Refused(Exception):
    """Stripe said no, and will say so again. Nothing was done."""


class Forged(Exception):
    """The event is not from Stripe, or too old to tell."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A page where somebody pays. ``key`` is that of our payment; empty if the checkout is not ours.

    One that is neither open, expired nor paid waits for a bank to say yes or no.
    """

    id: str
    key: str
    url: str
    is_open: bool
    is_expired: bool  # nothing was paid, and nothing will be
    is_paid: bool
    amount: Decimal  # in kroner; 0 where another currency was paid
    intent_id: str


@dataclass(frozen=True, slots=True)
class GivenBack:
    """A refund as Stripe has it. ``key`` is that of ours, or empty."""

    id: str
    key: str
    amount: Decimal
    is_done: bool
    has_failed: bool
    intent_id: str
    failure: str  # why, in Stripe's word
    at: datetime


@dataclass(frozen=True, slots=True)
class Dispute:
    """A payment that the card's holder contests. ``status`` is Stripe's word for how that stands."""

    id: str
    status: str
    amount: Decimal
    intent_id: str

    @property
    def is_lost(self) -> bool:
        return self.status == "lost"


@dataclass(frozen=True, slots=True)
class Event:
    """A hint that something has happened; what did happen is asked of Stripe. Some say little of their object."""

    id: str
    kind: str
    object_id: str
    intent_id: str


def create_checkout(
    *,
    key: str,
    reference: str,
    what: str,
    note: str,
    amount: Decimal,
    expires_at: datetime,
    success_url: str,
    cancel_url: str,
) -> Checkout:
    """Open a page where ``amount`` is paid; asked again with the same key, give the one that was opened then.

    ``note`` stands beside the button. How one can pay is chosen in Stripe's own pages.
    """
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
                    "adaptive_pricing": {"enabled": False},  # else the sum may be taken in another currency
                    "client_reference_id": reference,
                    "metadata": {"payment": key},
                    "payment_intent_data": {"metadata": {"payment": key}, "description": reference},
                    "custom_text": {"submit": {"message": note}},
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


def checkout_of(intent_id: str) -> Checkout | None:
    """Where that money was paid."""
    with _answered():
        found = _client().v1.checkout.sessions.list({"payment_intent": intent_id, "limit": 1})
        checkouts = [_checkout(checkout) for checkout in found.data]
    return next((checkout for checkout in checkouts if checkout.intent_id == intent_id), None)


def create_refund(*, key: str, intent_id: str, amount: Decimal) -> GivenBack:
    """Give money back; asked again with the same key and amount, give the refund that was made then."""
    ore = _ore(amount)
    with _answered():
        return _given_back(
            _client().v1.refunds.create(
                {"payment_intent": intent_id, "amount": ore, "metadata": {"refund": key}},
                {"idempotency_key": f"refund-{key}-{ore}"},
            )
        )


def refunds_of(intent_id: str) -> list[GivenBack]:
    with _answered():
        found = _client().v1.refunds.list({"payment_intent": intent_id, "limit": 100})
        given = [_given_back(refund) for refund in found.auto_paging_iter()]
    return [refund for refund in given if refund.intent_id in {intent_id, ""}]  # it may be left out


def refunds_since(moment: datetime) -> Iterator[GivenBack]:
    """All that were made since then, whatever the age of the payment; also those we never heard of."""
    with _answered():
        found = _client().v1.refunds.list({"created": {"gte": int(moment.timestamp())}, "limit": 100})
        for refund in found.auto_paging_iter():
            yield _given_back(refund)


def read_refund(refund_id: str) -> GivenBack:
    with _answered():
        return _given_back(_client().v1.refunds.retrieve(refund_id))


def read_dispute(dispute_id: str) -> Dispute:
    with _answered():
        return _dispute(_client().v1.disputes.retrieve(dispute_id))


def disputes_of(intent_id: str) -> list[Dispute]:
    """The first first."""
    with _answered():
        found = _client().v1.disputes.list({"payment_intent": intent_id, "limit": 100})
        disputes = [_dispute(dispute) for dispute in found.auto_paging_iter()][::-1]
    return [dispute for dispute in disputes if dispute.intent_id == intent_id]


def disputes_since(moment: datetime) -> Iterator[Dispute]:
    """All that were opened since then, the newest first."""
    with _answered():
        found = _client().v1.disputes.list({"created": {"gte": int(moment.timestamp())}, "limit": 100})
        for dispute in found.auto_paging_iter():
            yield _dispute(dispute)


def intent_of_charge(charge_id: str) -> str:
    """The payment that a charge is part of; empty if there is none."""
    with _answered():
        return _id_of(_client().v1.charges.retrieve(charge_id), "payment_intent")


def intent_of_refund(refund_id: str) -> str:
    """The payment that a refund is of; empty if there is none."""
    with _answered():
        return _id_of(_client().v1.refunds.retrieve(refund_id), "payment_intent")


def read_event(payload: bytes, signature: str) -> Event:
    """Who sent it is proved first. Raises Forged."""
    try:
        event = _client().construct_event(payload, signature, settings.STRIPE_WEBHOOK_SECRET)
        about = event.data.object
        found = Event(
            id=event.id,
            kind=event.type,
            object_id=_get(about, "id") or "",
            intent_id=_id_of(about, "payment_intent"),
        )
    except (stripe.SignatureVerificationError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise Forged from error
    if not found.id or not all(isinstance(word, str) for word in astuple(found)):
        raise Forged
    return found


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
        raise Refused(error.code or "") from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        logger.error("Stripe does not accept the key: %s", error.http_status)
        raise Unreachable from error
    except stripe.StripeError as error:
        logger.warning("Stripe did not answer: %s %s", type(error).__name__, error.http_status)
        raise Unreachable from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        logger.exception("Stripe's answer could not be understood")
        raise Unreachable from error


def _checkout(found) -> Checkout:
    status, intent_id = _get(found, "status"), _id_of(found, "payment_intent")
    is_complete, is_paid = status == "complete", _get(found, "payment_status") == "paid"
    return Checkout(
        id=found.id,
        key=_label(found, "payment"),
        url=_get(found, "url") or "",
        is_open=status == "open",
        is_expired=status == "expired" or (is_complete and not is_paid and _has_failed(intent_id)),
        is_paid=is_complete and is_paid,
        amount=_kroner(_get(found, "amount_total") or 0) if _get(found, "currency") == CURRENCY else Decimal(0),
        intent_id=intent_id,
    )


def _has_failed(intent_id: str) -> bool:
    """Whether the bank, which took its time, said no: the checkout itself stays complete and unpaid for ever."""
    if not intent_id:
        return False
    return _client().v1.payment_intents.retrieve(intent_id).status in {"canceled", "requires_payment_method"}


def _given_back(found) -> GivenBack:
    return GivenBack(
        id=found.id,
        key=_label(found, "refund"),
        amount=_kroner(found.amount),
        is_done=_get(found, "status") == "succeeded",
        has_failed=_get(found, "status") in {"failed", "canceled"},
        intent_id=_id_of(found, "payment_intent"),
        failure=_get(found, "failure_reason") or "",
        at=datetime.fromtimestamp(found.created, UTC),
    )


def _dispute(found) -> Dispute:
    return Dispute(
        id=found.id,
        status=found.status,
        amount=_kroner(found.amount),
        intent_id=_id_of(found, "payment_intent") or intent_of_charge(_id_of(found, "charge")),
    )


def _get(found, name: str):
    """What it has by this name; None where Stripe left it out, as it may with all that can be empty."""
    return getattr(found, name, None)


def _label(found, name: str) -> str:
    """What we wrote on it ourselves."""
    return getattr(_get(found, "metadata"), name, None) or ""


def _id_of(found, name: str) -> str:
    """The id of something it points at, whether or not that was sent along."""
    pointed_at = _get(found, name)
    return getattr(pointed_at, "id", pointed_at) or ""


def _ore(amount: Decimal) -> int:
    return int(amount.scaleb(2).to_integral_exact())


def _kroner(ore: int) -> Decimal:
    return Decimal(ore).scaleb(-2)
