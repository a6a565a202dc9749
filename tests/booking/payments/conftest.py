"""A Stripe to talk to over real HTTP, somebody who pays, and a clock for both."""

import pytest
import requests
import time_machine
from django.db import connection
from django.urls import reverse

from booking.payments import stripe
from booking.signup.models import Booking, Order
from tests.booking.signup.filled import filled, send
from tests.booking.signup.test_reserve import NOW
from tests.factories import ConditionsFactory, SessionPageFactory, mayor_of, secretary_of
from tests.stripe_double.server import Double


@pytest.fixture
def january():
    """A Monday morning well before the sessions that factories make."""
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def double(settings, monkeypatch):
    """The double, and a site that takes cards there. No request may leave from inside a transaction."""
    double = Double()
    double.start()
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = "sk_test_double", double.secret
    settings.STRIPE_API_BASE, settings.STRIPE_PAGES, settings.TAKES_CARDS = double.url, [double.url], True
    monkeypatch.setattr(stripe, "TIMEOUT", 3)  # seconds; a busy machine answers late
    monkeypatch.setattr(stripe, "RETRIES", 0)
    asked = requests.Session.request

    def asked_outside_transactions(session, *args, **kwargs):
        assert not connection.in_atomic_block
        return asked(session, *args, **kwargs)

    monkeypatch.setattr(requests.Session, "request", asked_outside_transactions)
    yield double
    double.stop()


class Payer:
    """Somebody in front of a browser: signs up, goes to Stripe, comes back or does not."""

    def __init__(self, client, double: Double, session, mayor):
        self.client, self.double, self.session, self.mayor = client, double, session, mayor

    def sign_up(self, **changes) -> Order:
        """Choose the card and send the form."""
        values = filled(self.client, self.session, **({"pays_by": "card", "ean": ""} | changes))
        answer = send(self.client, self.session, values)
        assert answer.status_code == 307, answer.content.decode()
        self.order = Order.objects.latest("pk")
        return self.order

    def go_to_pay(self):
        return self.client.post(reverse("booking:pay", args=[self.order.reference]))

    def to_checkout(self, **changes) -> str:
        """Sign up and go on to Stripe; gives the checkout's id."""
        self.sign_up(**changes)
        return self.go_to_pay().url.rpartition("/")[2]

    def come_back(self):
        return self.client.get(reverse("booking:payment", args=[self.order.reference]))

    def release(self):
        return self.client.post(reverse("booking:release", args=[self.order.reference]))

    @property
    def booking(self) -> Booking:
        return self.order.bookings.get()

    @property
    def payment(self):
        return self.order.payments.latest("pk")


def session_by_card(**changes):
    """A session that may be paid by card, and whose conditions let one withdraw until 30 days before."""
    session = SessionPageFactory(conditions=ConditionsFactory(free_days=30), **changes)
    session.price_list.takes_cards = True
    session.price_list.save()
    return session


@pytest.fixture
def payer(client, double, january, transactional_db):
    mayor = mayor_of("Fanø")
    client.force_login(secretary_of(mayor).user)
    return Payer(client, double, session_by_card(capacity=1, title="Ny som borgmester"), mayor)


@pytest.fixture
def tell(client, double):
    """Bring events to the webhook: the latest, or those given; gives the last answer's status."""

    def deliver(*events, at=None, secret=""):
        status = None
        for event in events or double.events[-1:]:
            body, signature = double.signed(event, at=at, secret=secret)
            answer = client.post(
                reverse("booking:stripe_webhook"),
                body,
                content_type="application/json",
                headers={"Stripe-Signature": signature},
            )
            status = answer.status_code
        return status

    return deliver
