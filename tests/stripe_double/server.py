"""The double: checkouts, payments, refunds and disputes as Stripe answers them, and a page where one pays by clicking.

It knows what this house uses of Stripe, and refuses what it does not know, as Stripe does.
"""

import contextlib
import html
import json
import secrets
import socket
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import stripe

#: What may be sent when a checkout is opened; brackets and what stands in them left out.
CHECKOUT_TAKES = {
    "mode",
    "line_items",
    "allowed_payment_method_types",
    "adaptive_pricing",
    "client_reference_id",
    "metadata",
    "payment_intent_data",
    "expires_at",
    "success_url",
    "cancel_url",
    "locale",
}
REFUND_TAKES = {"payment_intent", "amount", "metadata"}

PAY_PAGE = """<!doctype html>
<html lang="da"><head><meta charset="utf-8"><title>Prøvebetaling</title></head>
<body style="max-width: 30em; margin: 4em auto; padding: 0 1em; font: 18px sans-serif">
<h1>Prøvebetaling</h1>
<p>Her ville man betale hos Stripe. Ingen penge flyttes.</p>
<p><strong>{what}</strong><br>{amount} kr.</p>
{form}
<p><a href="{cancel_url}">Tilbage uden at betale</a></p>
</body></html>"""
PAY_FORM = '<form method="post"><button style="font: inherit; padding: .5em 1em">Betal</button></form>'
PAY_CLOSED = "<p>Denne betaling er lukket.</p>"


class Refusal(Exception):
    """An answer in the four hundreds."""

    def __init__(self, message: str, code: str = "", status: int = 400):
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": "invalid_request_error", "message": message, "code": code}}


class Double:
    """All that is known at the double. ``fail`` makes a coming request go wrong in one of the known ways."""

    def __init__(self, *, port: int = 0, secret: str = "whsec_double", webhook_url: str = ""):
        self.secret = secret
        self.webhook_url = webhook_url
        self.checkouts: dict[str, dict] = {}
        self.intents: dict[str, dict] = {}
        self.refunds: dict[str, dict] = {}
        self.disputes: dict[str, dict] = {}
        self.events: list[dict] = []
        self.answers: dict[str, tuple[str, int, dict]] = {}
        self.requests: Counter[str] = Counter()
        self.refund_status = "succeeded"
        self._failures: list[tuple[str, str]] = []
        self._lock = threading.RLock()
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

    # What a test, or somebody at the page, does

    def fail(self, path: str, how: str, times: int = 1) -> None:
        """Let the next requests whose "METHOD /path" begins with ``path`` go wrong.

        ``how`` is ``500``, ``slow``, ``cut_before`` (nothing is done) or ``cut_after`` (done, and nobody is told).
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
            intent = {
                "id": _new("pi"),
                "object": "payment_intent",
                "amount": checkout["amount_total"],
                "amount_received": checkout["amount_total"],
                "currency": checkout["currency"],
                "status": "succeeded",
                "metadata": checkout.pop("_intent_metadata", {}),
                "created": int(time.time()),
            }
            self.intents[intent["id"]] = intent
            checkout |= {"status": "complete", "payment_status": "paid", "payment_intent": intent["id"], "url": None}
            self._happened("checkout.session.completed", checkout)

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
        with self._lock:
            self.refunds[refund_id]["status"] = "failed"
            self._happened("refund.failed", self.refunds[refund_id])

    def contest(self, intent_id: str) -> dict:
        with self._lock:
            dispute = {
                "id": _new("dp"),
                "object": "dispute",
                "payment_intent": intent_id,
                "status": "needs_response",
                "created": int(time.time()),
            }
            self.disputes[dispute["id"]] = dispute
            self._happened("charge.dispute.created", dispute)
            return dispute

    # Webhooks

    def _happened(self, kind: str, about: dict) -> None:
        shown = {name: value for name, value in about.items() if not name.startswith("_")}
        event = {
            "id": _new("evt"),
            "object": "event",
            "type": kind,
            "created": int(time.time()),
            "livemode": False,
            "pending_webhooks": 1,
            "api_version": stripe.api_version,
            "request": {"id": None, "idempotency_key": None},
            "data": {"object": json.loads(json.dumps(shown))},
        }
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

    def answer(self, method: str, path: str, sent: dict[str, str], key: str) -> tuple[int, dict]:
        with self._lock:
            if method == "POST" and key:
                shape = json.dumps([path, sorted(sent.items())])
                if key in self.answers:
                    before, status, body = self.answers[key]
                    if before != shape:
                        error = {
                            "type": "idempotency_error",
                            "message": "Keys can only be used with the same parameters.",
                        }
                        return 400, {"error": error}
                    return status, body
            try:
                body = self._do(method, path, sent)
            except Refusal as refusal:
                return refusal.status, refusal.body
            body = json.loads(json.dumps({name: value for name, value in body.items() if not name.startswith("_")}))
            if method == "POST" and key:
                self.answers[key] = (shape, 200, body)
            return 200, body

    def _do(self, method: str, path: str, sent: dict[str, str]) -> dict:
        match [method, *path.removeprefix("/v1/").split("/")]:
            case ["POST", "checkout", "sessions"]:
                return self._open(sent)
            case ["GET", "checkout", "sessions"]:
                for checkout in self.checkouts.values():
                    self._expire_late(checkout)
                since = int(sent.get("created[gte]", 0))
                return _listed([one for one in self.checkouts.values() if one["created"] >= since])
            case ["GET", "checkout", "sessions", checkout_id]:
                return self._found(self.checkouts, checkout_id)
            case ["POST", "checkout", "sessions", checkout_id, "expire"]:
                self._found(self.checkouts, checkout_id)
                self.expire(checkout_id)
                return self.checkouts[checkout_id]
            case ["GET", "payment_intents", intent_id]:
                return self._found(self.intents, intent_id)
            case ["POST", "refunds"]:
                _takes(sent, REFUND_TAKES)
                return self._refund(sent)
            case ["GET", "refunds"]:
                wanted = sent["payment_intent"]
                return _listed([one for one in self.refunds.values() if one["payment_intent"] == wanted])
            case ["GET", "disputes", dispute_id]:
                return self._found(self.disputes, dispute_id)
        raise Refusal(f"Unrecognized request URL ({method}: {path}).", status=404)

    def _open(self, sent: dict[str, str]) -> dict:
        _takes(sent, CHECKOUT_TAKES)
        now = int(time.time())
        expires_at = int(sent["expires_at"])
        if not now + 30 * 60 <= expires_at <= now + 24 * 60 * 60:
            raise Refusal("The `expires_at` timestamp must be between 30 minutes and 24 hours from creation.")
        total = int(sent["line_items[0][price_data][unit_amount]"]) * int(sent["line_items[0][quantity]"])
        checkout_id = _new("cs_test")
        self.checkouts[checkout_id] = {
            "id": checkout_id,
            "object": "checkout.session",
            "status": "open",
            "payment_status": "unpaid",
            "currency": sent["line_items[0][price_data][currency]"],
            "amount_total": total,
            "payment_intent": None,
            "client_reference_id": sent["client_reference_id"],
            "metadata": _labels(sent, "metadata"),
            "expires_at": expires_at,
            "created": now,
            "url": f"{self.url}/pay/{checkout_id}",
            "success_url": sent["success_url"],
            "cancel_url": sent["cancel_url"],
            "_what": sent["line_items[0][price_data][product_data][name]"],
            "_intent_metadata": _labels(sent, "payment_intent_data[metadata]"),
        }
        return self.checkouts[checkout_id]

    def _refund(self, sent: dict[str, str]) -> dict:
        with self._lock:
            intent = self._found(self.intents, sent["payment_intent"])
            given = sum(
                refund["amount"]
                for refund in self.refunds.values()
                if refund["payment_intent"] == intent["id"] and refund["status"] != "failed"
            )
            amount = int(sent["amount"])
            if amount <= 0 or given + amount > intent["amount_received"]:
                raise Refusal("Refund amount is greater than unrefunded amount on charge.", "charge_already_refunded")
            refund = {
                "id": _new("re"),
                "object": "refund",
                "amount": amount,
                "currency": intent["currency"],
                "payment_intent": intent["id"],
                "status": self.refund_status,
                "metadata": _labels(sent, "metadata"),
                "created": int(time.time()),
            }
            self.refunds[refund["id"]] = refund
            self._happened("refund.created", refund)
            return refund

    def _found(self, kept: dict[str, dict], wanted: str) -> dict:
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
        self._serve(dict(parse_qsl(urlsplit(self.path).query)))

    def do_POST(self):
        self._serve(dict(parse_qsl(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())))

    def _serve(self, sent: dict[str, str]) -> None:
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
        if how == "500":
            self._send(500, {"error": {"type": "api_error", "message": "An unknown error occurred"}})
            return
        status, body = self.double.answer(self.command, path, sent, self.headers.get("Idempotency-Key", ""))
        if how == "cut_after":
            self._cut()
            return
        if how == "slow":
            time.sleep(4)
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
        shown = {
            "what": html.escape(checkout["_what"]),
            "amount": f"{checkout['amount_total'] / 100:.2f}",
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
        self.send_header("Request-Id", _new("req"))
        self.end_headers()
        self.wfile.write(body)

    def _cut(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *args) -> None:
        """Nobody reads it."""


def _new(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"


def _listed(found: list[dict]) -> dict:
    shown = [{name: value for name, value in one.items() if not name.startswith("_")} for one in reversed(found)]
    return {"object": "list", "data": shown, "has_more": False, "url": "/v1"}


def _labels(sent: dict[str, str], under: str) -> dict[str, str]:
    return {name[len(under) + 1 : -1]: value for name, value in sent.items() if name.startswith(f"{under}[")}


def _takes(sent: dict[str, str], known: set[str]) -> None:
    for name in sent:
        if name.split("[")[0] not in known:
            raise Refusal(f"Received unknown parameter: {name}", "parameter_unknown")
