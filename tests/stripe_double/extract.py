"""``python -m tests.stripe_double.extract openapi.spec3.json``: write ``spec.json`` anew from a newer specification.

What this house sends and reads is kept, word for word but for the descriptions. The rest is left out, and is refused
until somebody adds it here. What could come as a whole object, if one asked, is kept as its id alone.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
SOURCE = "Stripe's OpenAPI specification, github.com/stripe/openapi, latest/openapi.spec3.json"

#: How all lists are asked for.
LISTED = ["created.gt", "created.gte", "ending_before", "limit", "payment_intent", "starting_after"]
#: What is kept of each thing that is sent: a name alone stands for what it can't do without, too.
SENT = {
    "POST /v1/checkout/sessions": [
        "adaptive_pricing.enabled",
        "cancel_url",
        "client_reference_id",
        "custom_text.submit.message",
        "expires_at",
        "line_items.price_data.currency",
        "line_items.price_data.product_data.name",
        "line_items.price_data.unit_amount",
        "line_items.quantity",
        "locale",
        "metadata",
        "mode",
        "payment_intent_data.description",
        "payment_intent_data.metadata",
        "success_url",
    ],
    "GET /v1/checkout/sessions": [*LISTED, "status"],
    "GET /v1/checkout/sessions/{session}": [],
    "POST /v1/checkout/sessions/{session}/expire": [],
    "GET /v1/payment_intents/{intent}": [],
    "GET /v1/charges/{charge}": [],
    "POST /v1/refunds": ["amount", "metadata", "payment_intent", "reason"],
    "GET /v1/refunds": LISTED,
    "GET /v1/refunds/{refund}": [],
    "GET /v1/disputes": LISTED,
    "GET /v1/disputes/{dispute}": [],
}

#: What is kept of each thing that is answered, besides all that the specification requires.
ANSWERED = {
    "checkout.session": [
        "amount_subtotal",
        "amount_total",
        "cancel_url",
        "client_reference_id",
        "currency",
        "locale",
        "metadata",
        "payment_intent",
        "status",
        "success_url",
        "ui_mode",
        "url",
    ],
    "payment_intent": [
        "amount",
        "amount_received",
        "currency",
        "description",
        "latest_charge",
        "metadata",
    ],
    "charge": ["description", "payment_intent"],
    "refund": ["charge", "failure_reason", "metadata", "payment_intent", "pending_reason", "reason", "status"],
    "dispute": ["payment_intent"],
    "event": ["api_version", "request"],
    "api_errors": ["code", "message", "param"],
}

KEPT = ("type", "enum", "maxLength", "nullable", "required", "additionalProperties")
COMBINED = ("anyOf", "oneOf")


def extract(spec: dict) -> dict:
    version = spec["info"]["version"]
    found: dict = {"source": f"{SOURCE}, version {version}", "sent": {}, "answered": {}}
    for operation, names in SENT.items():
        method, path = operation.split()
        described = spec["paths"][path][method.lower()]
        if method == "POST":
            sent = described["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
        else:
            queried = [one for one in described["parameters"] if one["in"] == "query"]
            sent = {
                "type": "object",
                "properties": {one["name"]: one["schema"] for one in queried},
                "required": [one["name"] for one in queried if one.get("required")],
            }
        answer = described["responses"]["200"]["content"]["application/json"]["schema"]
        found["sent"][operation] = {
            "fields": _slim(sent, spec, names) | {"additionalProperties": False},
            "answer": _name_of(answer),
        }
    for name, names in ANSWERED.items():
        described = spec["components"]["schemas"][name]
        found["answered"][name] = _slim(described, spec, [*described.get("required", []), *names])
    return found


def _name_of(answer: dict) -> str:
    """What it answers with; a list is told by what stands in it."""
    if "$ref" in answer:
        return answer["$ref"].rpartition("/")[2]
    return "list of " + answer["properties"]["data"]["items"]["$ref"].rpartition("/")[2]


def _slim(schema: dict, spec: dict, names: list[str] | None = None) -> dict:
    """The schema without its words, and of what stands in it only ``names``, or what it can't do without."""
    if "x-expansionResources" in schema:
        return {"type": "string"} | {key: schema[key] for key in ("nullable",) if key in schema}
    if "$ref" in schema:
        schema = spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    slim = {key: schema[key] for key in KEPT if key in schema}
    for how in COMBINED:
        if how in schema:
            slim[how] = [_slim(one, spec, names) for one in schema[how]]
    if "items" in schema:
        slim["items"] = _slim(schema["items"], spec, names)
    if isinstance(slim.get("additionalProperties"), dict):
        slim["additionalProperties"] = _slim(slim["additionalProperties"], spec)
    if "properties" in schema and "items" not in schema:
        below: dict[str, list[str]] = {}
        for name in names if names is not None else schema.get("required", []):
            first, _dot, rest = name.partition(".")
            below.setdefault(first, []).extend([rest] if rest else [])
        slim["properties"] = {
            name: _slim(schema["properties"][name], spec, rest or None) for name, rest in below.items()
        }
        slim["required"] = [name for name in schema.get("required", []) if name in slim["properties"]]
    return slim


def _in_lines(found: dict) -> str:
    """One line for each thing that is sent or answered, so that a newer version shows what it changes."""
    parts = [f'"source": {json.dumps(found["source"])}']
    for part in ("sent", "answered"):
        lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(schema)}" for name, schema in found[part].items())
        parts.append(f'"{part}": {{\n{lines}\n }}')
    return "{\n " + ",\n ".join(parts) + "\n}\n"


if __name__ == "__main__":
    read = json.loads(Path(sys.argv[1]).read_text())
    (HERE / "spec.json").write_text(_in_lines(extract(read)))
