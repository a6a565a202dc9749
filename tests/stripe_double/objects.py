"""Stripe's objects, as the specification describes them, when they have just come to be."""

import secrets
import time
from typing import Any


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"


def checkout(fields: dict[str, Any], *, pay_url: str) -> dict[str, Any]:
    checkout_id = new_id("cs_test")
    amount = sum(int(line["price_data"]["unit_amount"]) * int(line["quantity"]) for line in fields["line_items"])
    return {
        "id": checkout_id,
        "object": "checkout.session",
        "amount_subtotal": amount,
        "amount_total": amount,
        "automatic_tax": {"enabled": False},
        "cancel_url": fields.get("cancel_url"),
        "client_reference_id": fields.get("client_reference_id"),
        "created": int(time.time()),
        "currency": fields["line_items"][0]["price_data"]["currency"],
        "custom_fields": [],
        "custom_text": {},
        "expires_at": int(fields.get("expires_at", time.time() + 24 * 60 * 60)),
        "livemode": False,
        "locale": fields.get("locale"),
        "metadata": fields.get("metadata", {}),
        "mode": fields["mode"],
        "payment_intent": None,
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "shipping_options": [],
        "status": "open",
        "success_url": fields.get("success_url"),
        "ui_mode": "hosted_page",
        "url": f"{pay_url}/{checkout_id}",
    }


def intent(checkout: dict[str, Any], data: dict[str, Any], *, status: str) -> dict[str, Any]:
    return {
        "id": new_id("pi"),
        "object": "payment_intent",
        "amount": checkout["amount_total"],
        "amount_received": checkout["amount_total"] if status == "succeeded" else 0,
        "created": int(time.time()),
        "currency": checkout["currency"],
        "description": data.get("description"),
        "latest_charge": None,
        "livemode": False,
        "metadata": data.get("metadata", {}),
        "status": status,
    }


def charge(intent: dict[str, Any]) -> dict[str, Any]:
    """It carries what its intent does."""
    return {
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"],
        "amount_refunded": 0,
        "billing_details": {},
        "captured": True,
        "created": int(time.time()),
        "currency": intent["currency"],
        "description": intent["description"],
        "disputed": False,
        "livemode": False,
        "metadata": intent["metadata"],
        "paid": True,
        "payment_intent": intent["id"],
        "refunded": False,
        "status": "succeeded",
    }


def refund(charge: dict[str, Any], amount: int, fields: dict[str, Any], *, status: str) -> dict[str, Any]:
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "charge": charge["id"],
        "created": int(time.time()),
        "currency": charge["currency"],
        "metadata": fields.get("metadata", {}),
        "payment_intent": charge["payment_intent"],
        "reason": fields.get("reason"),
        "status": status,
    }


def dispute(charge: dict[str, Any], *, status: str) -> dict[str, Any]:
    return {
        "id": new_id("du"),
        "object": "dispute",
        "amount": charge["amount"] - charge["amount_refunded"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": int(time.time()),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {"enhanced_evidence": {}},
        "evidence_details": {
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": status.startswith("warning"),
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": "general",
        "status": status,
    }


def event(kind: str, about: dict[str, Any], *, api_version: str) -> dict[str, Any]:
    return {
        "id": new_id("evt"),
        "object": "event",
        "api_version": api_version,
        "created": int(time.time()),
        "data": {"object": about},
        "livemode": False,
        "pending_webhooks": 1,
        "request": None,
        "type": kind,
    }
