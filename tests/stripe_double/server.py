"""The double: checkouts, payments, refunds and disputes as Stripe answers them, and a page where one pays by clicking.

It knows what this house uses of Stripe. Each request is held against Stripe's published specification, and refused
where Stripe would refuse it; each answer is held against it too, and is a 500 that says why where it does not fit.
"""

import contextlib
import html
import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import stripe

from tests.stripe_double import objects, spec

PAY_PAGE = """<!doctype html>
<html lang="da">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Prøvebetaling</title></head>
<body style="max-width: 30em; margin: 2em auto; padding: 0 1em; font: 18px sans-serif">
<h1>Prøvebetaling</h1>
<p>Her ville man betale hos Stripe. Ingen penge flyttes.</p>
<p><strong>{what}</strong><br>{amount} kr.</p>
<p>{note}</p>
{form}
<p><a href="{cancel_url}">Tilbage uden at betale</a></p>
</body></html>"""
PAY_FORM = '<form method="post"><button style="font: inherit; padding: .5em 1em">Betal</button></form>'
PAY_CLOSED = "<p>Denne betaling er lukket.</p>"

#: How a request can go wrong, and what is answered then.
FAILURES = {
    "500": (500, {"type": "api_error", "message": "An unknown error occurred"}),
    "429": (429, {"type": "invalid_request_error", "code": "rate_limit", "message": "Too many requests"}),
    "409": (409, {"type": "invalid_request_error", "code": "lock_timeout", "message": "Try again"}),
}


class Refusal(Exception):
    """An answer in the four hundreds."""

    def __init__(self, message: str, code: str = "", *, status: int = 400, kind: str = "invalid_request_error"):
        super().__init__(message)
        self.status = status
        self.error = {"type": kind, "message": message} | ({"code": code} if code else {})


class Double:
    """All that is known at the double. ``fail`` makes a coming request go wrong in one of the known ways."""

    key, secret = "sk_test_double", "whsec_double"

    def __init__(self, *, port: int = 0, webhook_url: str = "", memory: Path | None = None):
        self.webhook_url, self.memory = webhook_url, memory
        self.checkouts: dict[str, dict] = {}
        self.intents: dict[str, dict] = {}
        self.charges: dict[str, dict] = {}
        self.refunds: dict[str, dict] = {}
        self.disputes: dict[str, dict] = {}
        self.events: list[dict] = []
        self.answers: dict[str, tuple[str, int, dict]] = {}
        self.requests: Counter[str] = Counter()
        #: What was sent, in order: the operation's name and its fields.
        self.asked: list[tuple[str, dict]] = []
        self.refund_status = "succeeded"
        #: The most that a list holds, whatever was asked for.
        self.page = 100
        #: What was sent when a checkout was opened.
        self.opened: dict[str, dict] = {}
        self._failures: list[tuple[str, str]] = []
        self._lock = threading.RLock()
        self._remember()
        double = self

        class Handler(_Handler):
            pass

        Handler.double = double
        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    # What it knows from one start to the next

    def _kept(self) -> list[dict[str, dict]]:
        return [self.checkouts, self.intents, self.charges, self.refunds, self.disputes, self.opened]

    def _remember(self) -> None:
        if self.memory and self.memory.exists():
            for kept, known in zip(self._kept(), json.loads(self.memory.read_text()), strict=True):
                kept.update(known)

    def _keep(self) -> None:
        if self.memory:
            self.memory.parent.mkdir(parents=True, exist_ok=True)
            self.memory.write_text(json.dumps(self._kept()))

    # What a test, or somebody at the page, does

    def fail(self, path: str, how: str, times: int = 1) -> None:
        """Let the next requests whose "METHOD /path" begins with ``path`` go wrong.

        ``how`` is a status of FAILURES, ``slow``, ``slower``, ``cut_before`` (nothing is done) or ``cut_after`` (done,
        and nobody is told).
        """
        self._failures += [(path, how)] * times

    def pay(self, checkout_id: str) -> None:
        with self._lock:
            checkout = self.checkouts[checkout_id]
            self._expire_late(checkout)
            if checkout["status"] != "open":
                raise Refusal("This checkout is closed.")
            self.force_paid(checkout_id)

    def force_paid(self, checkout_id: str) -> None:
        """Paid, whatever the checkout's state: what a bank's late answer amounts to."""
        with self._lock:
            checkout = self.checkouts[checkout_id]
            intent = self._complete(checkout, "succeeded", payment_status="paid")
            self._charge(intent)
            self._happened("payment_intent.succeeded", intent)
            self._happened("checkout.session.completed", checkout)

    def pay_later(self, checkout_id: str) -> None:
        """By a way of paying where the bank has some days to say yes or no."""
        with self._lock:
            checkout = self.checkouts[checkout_id]
            self._complete(checkout, "processing", payment_status="unpaid")
            self._happened("checkout.session.completed", checkout)

    def bank_says(self, checkout_id: str, *, yes: bool) -> None:
        """And then it does."""
        with self._lock:
            checkout = self.checkouts[checkout_id]
            intent = self.intents[checkout["payment_intent"]]
            if yes:
                intent |= {"status": "succeeded", "amount_received": intent["amount"]}
                checkout["payment_status"] = "paid"
                self._charge(intent)
                self._happened("checkout.session.async_payment_succeeded", checkout)
            else:
                intent["status"] = "requires_payment_method"
                self._happened("checkout.session.async_payment_failed", checkout)

    def expire(self, checkout_id: str) -> None:
        with self._lock:
            checkout = self.checkouts[checkout_id]
            if checkout["status"] != "open":
                raise Refusal('Only Checkout Sessions with a status in ["open"] can be expired.')
            checkout |= {"status": "expired", "url": None}
            self._happened("checkout.session.expired", checkout)

    def refund_by_hand(self, intent_id: str, amount: int) -> dict:
        """As somebody does in Stripe's own pages."""
        return self._refund({"payment_intent": intent_id, "amount": str(amount)})

    def fail_refund(self, refund_id: str) -> None:
        """The bank sends it back."""
        with self._lock:
            refund = self.refunds[refund_id]
            refund |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}
            charge = self.charges[refund["charge"]]
            charge["amount_refunded"] -= refund["amount"]
            charge["refunded"] = False
            self._happened("refund.updated", refund)
            self._happened("refund.failed", refund)

    def finish_refund(self, refund_id: str) -> None:
        with self._lock:
            self.refunds[refund_id]["status"] = "succeeded"
            self._happened("refund.updated", self.refunds[refund_id])

    def contest(self, intent_id: str, *, status: str = "needs_response", amount: int | None = None) -> dict:
        """All of the payment, or so much of it (in øre)."""
        with self._lock:
            charge = self._charge_of(intent_id)
            charge["disputed"] = True
            dispute = objects.dispute(charge, status=status) | ({"amount": amount} if amount else {})
            self.disputes[dispute["id"]] = dispute
            self._happened("charge.dispute.created", dispute)
            return dispute

    def settle_dispute(self, dispute_id: str, status: str) -> None:
        """``won`` or ``lost``."""
        with self._lock:
            self.disputes[dispute_id]["status"] = status
            self._happened("charge.dispute.closed", self.disputes[dispute_id])

    def balance(self) -> int:
        """Øre that are ours: what came, less what was given back and what the bank took."""
        came = sum(intent["amount_received"] for intent in self.intents.values())
        back = sum(
            refund["amount"] for refund in self.refunds.values() if refund["status"] not in {"failed", "canceled"}
        )
        taken = sum(dispute["amount"] for dispute in self.disputes.values() if dispute["status"] == "lost")
        return came - back - taken

    # Webhooks

    def _happened(self, kind: str, about: dict) -> None:
        self._keep()
        event = objects.event(kind, deepcopy(about), api_version=stripe.api_version)
        spec.check_object("event", event)
        self.events.append(event)
        if self.webhook_url:
            threading.Thread(target=self._tell, args=[event], daemon=True).start()

    def signed(self, event: dict, *, at: int | None = None, secret: str = "") -> tuple[str, str]:
        """A webhook's body and the header that proves it."""
        body = json.dumps(event)
        return body, stripe.WebhookSignature.generate_signature_header(body, secret or self.secret, at)

    def _tell(self, event: dict) -> None:
        for pause in (0.2, 1, 5, 30):
            time.sleep(pause)
            body, signature = self.signed(event)
            request = urllib.request.Request(
                self.webhook_url,
                body.encode(),
                {"Content-Type": "application/json", "Stripe-Signature": signature},
            )
            with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(request, timeout=20):
                return

    # What the API does

    def answer(self, method: str, path: str, sent: list[tuple[str, str]], headers) -> tuple[int, dict]:
        """The status and the body."""
        with self._lock:
            try:
                return self._answer(method, path, sent, headers)
            except Refusal as refusal:
                spec.check_object("api_errors", refusal.error)
                return refusal.status, {"error": refusal.error}

    def _answer(self, method: str, path: str, sent: list[tuple[str, str]], headers) -> tuple[int, dict]:
        if headers.get("Authorization") != f"Bearer {self.key}":
            raise Refusal("Invalid API Key provided.", status=401)
        if headers.get("Stripe-Version") != stripe.api_version:
            raise Refusal(f"Invalid Stripe API version: {headers.get('Stripe-Version')}")
        operation = spec.operation(method, path)
        if operation is None:
            raise Refusal(f"Unrecognized request URL ({method}: {path}).", status=404)
        try:
            fields = spec.read(sent)
            spec.check_request(operation, fields)
        except spec.AgainstSpec as wrong:
            raise Refusal(f"Received unknown or invalid parameter: {wrong}", "parameter_unknown") from wrong
        self.asked.append((operation, fields))
        key = headers.get("Idempotency-Key", "") if method == "POST" else ""
        shape = json.dumps([path, fields], sort_keys=True)
        if key in self.answers:
            before, status, body = self.answers[key]
            if before != shape:
                raise Refusal("Keys can only be used with the same parameters.", kind="idempotency_error")
            return status, deepcopy(body)
        body = deepcopy(self._operations[operation](self, fields, *path.split("/")[3:]))
        spec.check_answer(operation, body)
        if key:
            self.answers[key] = (shape, 200, body)
        return 200, body

    def _open_checkout(self, fields: dict, _sessions: str) -> dict:
        now = int(time.time())
        for name in ("mode", "line_items", "success_url"):
            if name not in fields:
                raise Refusal(f"Missing required param: {name}.", "parameter_missing")
        if not now + 30 * 60 <= int(fields.get("expires_at", now + 24 * 60 * 60)) <= now + 24 * 60 * 60:
            raise Refusal("The `expires_at` timestamp must be between 30 minutes and 24 hours from creation.")
        checkout = objects.checkout(fields, pay_url=f"{self.url}/pay")
        self.checkouts[checkout["id"]] = checkout
        self.opened[checkout["id"]] = fields
        self._keep()
        return checkout

    def _list_checkouts(self, fields: dict, _sessions: str) -> dict:
        for checkout in self.checkouts.values():
            self._expire_late(checkout)
        return self._listed(self.checkouts, fields, "/v1/checkout/sessions", ["payment_intent", "status"])

    def _read_checkout(self, _fields: dict, _sessions: str, checkout_id: str) -> dict:
        return self._found(self.checkouts, checkout_id)

    def _expire_checkout(self, _fields: dict, _sessions: str, checkout_id: str, _expire: str) -> dict:
        checkout = self._found(self.checkouts, checkout_id)
        self.expire(checkout_id)
        return checkout

    def _read_intent(self, _fields: dict, intent_id: str) -> dict:
        return self._found(self.intents, intent_id)

    def _read_charge(self, _fields: dict, charge_id: str) -> dict:
        return self._found(self.charges, charge_id)

    def _refund(self, fields: dict) -> dict:
        with self._lock:
            intent = self._found(self.intents, fields.get("payment_intent", ""))
            charge = self._charge_of(intent["id"])
            left = charge["amount"] - charge["amount_refunded"]
            amount = int(fields.get("amount", left))
            disputes = [dispute for dispute in self.disputes.values() if dispute["charge"] == charge["id"]]
            if any(not one["is_charge_refundable"] and one["status"] != "won" for one in disputes):
                raise Refusal("This charge has been charged back.", "charge_disputed")
            if left == 0:
                raise Refusal("The charge has already been refunded.", "charge_already_refunded")
            if not 0 < amount <= left:
                raise Refusal("Refund amount is greater than unrefunded amount on charge.")
            refund = objects.refund(charge, amount, fields, status=self.refund_status)
            self.refunds[refund["id"]] = refund
            charge["amount_refunded"] += amount
            charge["refunded"] = charge["amount_refunded"] == charge["amount"]
            self._happened("refund.created", refund)
            self._happened("charge.refunded", charge)
            return refund

    def _list_refunds(self, fields: dict) -> dict:
        return self._listed(self.refunds, fields, "/v1/refunds", ["payment_intent"])

    def _read_refund(self, _fields: dict, refund_id: str) -> dict:
        return self._found(self.refunds, refund_id)

    def _list_disputes(self, fields: dict) -> dict:
        return self._listed(self.disputes, fields, "/v1/disputes", ["payment_intent"])

    def _read_dispute(self, _fields: dict, dispute_id: str) -> dict:
        return self._found(self.disputes, dispute_id)

    _operations: dict[str, Callable[..., dict]] = {
        "POST /v1/checkout/sessions": _open_checkout,
        "GET /v1/checkout/sessions": _list_checkouts,
        "GET /v1/checkout/sessions/{session}": _read_checkout,
        "POST /v1/checkout/sessions/{session}/expire": _expire_checkout,
        "GET /v1/payment_intents/{intent}": _read_intent,
        "GET /v1/charges/{charge}": _read_charge,
        "POST /v1/refunds": lambda self, fields: self._refund(fields),
        "GET /v1/refunds": _list_refunds,
        "GET /v1/refunds/{refund}": _read_refund,
        "GET /v1/disputes": _list_disputes,
        "GET /v1/disputes/{dispute}": _read_dispute,
    }

    def _listed(self, kept: dict[str, dict], fields: dict, url: str, filters: list[str]) -> dict:
        """The newest first, a page at a time."""
        created = fields.get("created", {})
        found = [
            one
            for one in reversed(kept.values())
            if one["created"] >= int(created.get("gte", 0))
            and one["created"] > int(created.get("gt", -1))
            and all(one[name] == fields[name] for name in filters if name in fields)
        ]
        if "starting_after" in fields:
            ids = [one["id"] for one in found]
            found = found[ids.index(fields["starting_after"]) + 1 :]
        size = min(int(fields.get("limit", 10)), self.page)
        return {"object": "list", "data": found[:size], "has_more": len(found) > size, "url": url}

    def _complete(self, checkout: dict, status: str, *, payment_status: str) -> dict:
        intent = objects.intent(checkout, self.opened[checkout["id"]].get("payment_intent_data", {}), status=status)
        self.intents[intent["id"]] = intent
        changes = {"status": "complete", "payment_status": payment_status, "payment_intent": intent["id"], "url": None}
        checkout.update(changes)
        return intent

    def _charge(self, intent: dict) -> None:
        charge = objects.charge(intent)
        self.charges[charge["id"]] = charge
        intent["latest_charge"] = charge["id"]

    def _charge_of(self, intent_id: str) -> dict:
        return self.charges[self.intents[intent_id]["latest_charge"]]

    def _found(self, kept: dict[str, dict], wanted: str) -> dict[str, Any]:
        if wanted not in kept:
            raise Refusal(f"No such object: '{wanted}'", "resource_missing", status=404)
        if kept is self.checkouts:
            self._expire_late(kept[wanted])
        return kept[wanted]

    def _expire_late(self, checkout: dict) -> None:
        if checkout["status"] == "open" and checkout["expires_at"] <= time.time():
            self.expire(checkout["id"])

    def failure_for(self, request: str) -> str:
        with self._lock:
            for index, (path, how) in enumerate(self._failures):
                if request.startswith(path):
                    del self._failures[index]
                    return how
        return ""


class _Handler(BaseHTTPRequestHandler):
    double: Double
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self._serve(urlsplit(self.path).query)

    def do_POST(self):
        self._serve(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())

    def _serve(self, form: str) -> None:
        path = urlsplit(self.path).path
        request = f"{self.command} {path}"
        self.double.requests[request] += 1
        if path.startswith("/pay/"):
            self._pay_page(path.removeprefix("/pay/"))
            return
        how = self.double.failure_for(request)
        if how == "cut_before":
            self._cut()
            return
        if how in FAILURES:
            status, error = FAILURES[how]
            self._send(status, {"error": error})
            return
        try:
            status, body = self.double.answer(self.command, path, parse_qsl(form, keep_blank_values=True), self.headers)
        except spec.AgainstSpec as wrong:
            self._send(500, {"error": {"type": "api_error", "message": f"The double answers wrongly: {wrong}"}})
            raise
        if how == "cut_after":
            self._cut()
            return
        if how in {"slow", "slower"}:
            time.sleep({"slow": 4, "slower": 60}[how])
        with contextlib.suppress(OSError):
            self._send(status, body)

    def _pay_page(self, checkout_id: str) -> None:
        checkout = self.double.checkouts.get(checkout_id)
        if checkout is None:
            self._send_page(404, "")
            return
        if self.command == "POST":
            with contextlib.suppress(Refusal):
                self.double.pay(checkout_id)
                self.send_response(303)
                self.send_header("Location", checkout["success_url"])
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
        fields = self.double.opened[checkout_id]
        shown = {
            "what": html.escape(fields["line_items"][0]["price_data"]["product_data"]["name"]),
            "note": html.escape(fields.get("custom_text", {}).get("submit", {}).get("message", "")),
            "amount": f"{checkout['amount_total'] / 100:.2f}".replace(".", ","),
            "form": PAY_FORM if checkout["status"] == "open" else PAY_CLOSED,
            "cancel_url": html.escape(checkout["cancel_url"]),
        }
        self._send_page(200, PAY_PAGE.format(**shown))

    def _send(self, status: int, body: dict) -> None:
        self._write(status, json.dumps(body).encode(), "application/json")

    def _send_page(self, status: int, page: str) -> None:
        self._write(status, page.encode(), "text/html; charset=utf-8")

    def _write(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Request-Id", objects.new_id("req"))
        self.end_headers()
        self.wfile.write(body)

    def _cut(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *args) -> None:
        """Nobody reads it."""
