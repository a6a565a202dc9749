"""The double refuses what Stripe's specification refuses."""

import pytest
import requests
import stripe

from tests.stripe_double import spec
from tests.stripe_double.server import Double

CHECKOUT = {
    "mode": "payment",
    "line_items[0][quantity]": "1",
    "line_items[0][price_data][currency]": "dkk",
    "line_items[0][price_data][unit_amount]": "662500",
    "line_items[0][price_data][product_data][name]": "Ny som borgmester",
    "success_url": "https://borgmestre.example.org/betaling/",
}


@pytest.fixture
def bare():
    double = Double()
    double.start()
    yield double
    double.stop()


def ask(double, method, path, fields, **headers):
    usual = {"Authorization": f"Bearer {double.key}", "Stripe-Version": stripe.api_version}
    where = {"params" if method == "GET" else "data": fields}
    return requests.request(method, double.url + path, headers=usual | headers, timeout=30, **where)


@pytest.mark.parametrize(
    "changes",
    [
        {"payment_method_types[0]": "card"},
        {"mode": "paiement"},
        {"line_items[0][quantity]": "en"},
        {"line_items[0][price_data][unit_amount]": "6625.00"},
        {"line_items[0][price_data][unit_price]": "662500"},
        {"line_items[0][price_data][currency]": None},
        {"adaptive_pricing[enabled]": "no"},
        {"payment_intent_data[metadata]": "a"},
        {"locale": "dk"},
        {"client_reference_id": "x" * 201},
        {"expires_at": "1"},
        {"success_url": None},
    ],
    ids=str,
)
def test_what_the_specification_refuses_is_refused(bare, changes):
    fields = {name: value for name, value in (CHECKOUT | changes).items() if value is not None}

    answer = ask(bare, "POST", "/v1/checkout/sessions", fields)

    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")
    assert not bare.checkouts


def test_what_it_allows_is_done(bare):
    answer = ask(bare, "POST", "/v1/checkout/sessions", CHECKOUT)

    assert (answer.status_code, answer.json()["amount_total"]) == (200, 662500)


@pytest.mark.parametrize(
    ("method", "path", "fields", "headers", "status"),
    [
        ("GET", "/v1/customers", {}, {}, 404),
        ("POST", "/v1/disputes", {}, {}, 404),
        ("GET", "/v1/refunds", {"payment": "pi_1"}, {}, 400),
        ("GET", "/v1/refunds", {}, {"Authorization": "Bearer sk_other"}, 401),
        ("GET", "/v1/refunds", {}, {"Stripe-Version": "2020-08-27"}, 400),
        ("GET", "/v1/refunds/re_none", {}, {}, 404),
    ],
)
def test_so_is_what_is_asked_of_nothing_or_by_nobody(bare, method, path, fields, headers, status):
    assert ask(bare, method, path, fields, **headers).status_code == status


def test_a_key_brings_the_same_answer_and_only_to_the_same_question(bare):
    key = {"Idempotency-Key": "a"}
    first, again = (ask(bare, "POST", "/v1/checkout/sessions", CHECKOUT, **key) for _time in range(2))
    other = ask(bare, "POST", "/v1/checkout/sessions", CHECKOUT | {"line_items[0][quantity]": "2"}, **key)

    assert first.json() == again.json()
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")
    assert len(bare.checkouts) == 1


@pytest.mark.parametrize("name", spec.SPEC["answered"])
def test_an_answer_that_lacks_something_is_found_out(name):
    with pytest.raises(spec.AgainstSpec):
        spec.check_object(name, {})
