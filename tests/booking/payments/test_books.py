"""The books of a period: every movement of money once, on its Copenhagen day, with its net and VAT."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import gettext

from booking.dates import COPENHAGEN
from booking.journal.kinds import CHARGED_BACK, PAID, REFUND_FAILED, REFUNDED
from booking.journal.record import record
from booking.ledger import Movement, Part, by_rate
from booking.money import MOMS
from booking.payments.books import movements
from booking.payments.models import Refund, RefundReason
from booking.payments.refund import owe_refund
from booking.sessions.models import SessionPage
from booking.signup.cancel import cancel_booking
from tests.booking.payments.test_balance import paid_by_card
from tests.booking.signup.test_reserve import NOW
from tests.factories import PriceListFactory, SellerFactory, SessionPageFactory

TODAY = NOW.date()


def books(first=TODAY, last=TODAY) -> list[tuple[str, Decimal]]:
    return [(movement.kind, movement.gross) for movement in movements(first, last)]


def part(net, vat) -> tuple[Part, ...]:
    return (Part(MOMS, Decimal(str(net)), Decimal(str(vat))),)


def received(name: str, at: datetime = NOW, session=None):
    """A payment of 6.625,00 kr. that the journal knows of."""
    placed, payment = paid_by_card(name, session=session)
    record(PAID, payment, at=at, order=placed.reference, amount=str(payment.amount))
    return payment


def refunded(payment, amount, at: datetime = NOW, **changes) -> Refund:
    """Given back, as far as the journal knows."""
    refund = Refund.objects.create(
        payment=payment,
        amount=Decimal(amount),
        created_at=at,
        **({"reason": RefundReason.STAFF, "note": "Kulance"} | changes),
    )
    record(REFUNDED, refund, at=at, order=payment.order.reference, amount=str(refund.amount))
    return refund


def test_the_road_of_money_is_told_to_its_end(payer, double, tell):
    double.pay(payer.to_checkout())
    tell()
    owe_refund(payer.payment, amount=Decimal(1000), reason=RefundReason.STAFF, note="Kulance", now=NOW)
    cancel_booking(payer.booking, by=None, now=NOW)

    came, given, rest = movements(TODAY, TODAY)

    refunds = list(Refund.objects.order_by("pk"))
    assert came == Movement(
        at=NOW,
        kind=gettext("Payment"),
        reference=payer.order.reference,
        payer=payer.order.payer_name,
        payer_cvr="31210917",
        session="Ny som borgmester",
        seller=payer.session.price_list.seller.name,
        parts=part(5300, 1325),
        numbers=(payer.payment.intent_id, ""),
        reason="",
    )
    assert (given.kind, given.parts) == (gettext("Refund"), part(-800, -200))
    assert given.reason == f"{RefundReason.STAFF.label}: Kulance"
    assert given.numbers == (payer.payment.intent_id, refunds[0].stripe_id)
    assert (rest.gross, rest.parts) == (Decimal(-5625), part(-4500, -1125))


@pytest.mark.django_db
def test_a_period_is_of_copenhagen_days():
    march = received("Fanø", datetime(2027, 3, 31, 23, 59, 59, tzinfo=COPENHAGEN)).order.reference
    april = received("Ærø", datetime(2027, 4, 1, 0, 0, tzinfo=COPENHAGEN)).order.reference

    def found(first, last):
        return [movement.reference for movement in movements(first, last)]

    assert found(date(2027, 3, 1), date(2027, 3, 31)) == [march]
    assert found(date(2027, 4, 1), date(2027, 4, 1)) == [april]
    assert found(date(2027, 4, 2), date(2027, 4, 30)) == []


@pytest.mark.django_db
def test_what_the_bank_sends_back_comes_in_again_and_leaves_the_earlier_period_as_it_was():
    payment = received("Fanø")
    refund = refunded(payment, 1000)
    before = movements(TODAY, TODAY)
    april = date(2027, 4, 1)
    record(REFUND_FAILED, refund, at=datetime(2027, 4, 1, 9, tzinfo=COPENHAGEN), order="", amount="1000.00")
    refunded(payment, 6625, datetime(2027, 4, 1, 10, tzinfo=COPENHAGEN))

    assert movements(TODAY, TODAY) == before
    assert books(april, april) == [
        (gettext("Refund sent back by the bank"), Decimal(1000)),
        (gettext("Refund"), Decimal(-6625)),
    ]
    assert by_rate(one for movement in movements(TODAY, april) for one in movement.parts) == list(part(0, 0))


@pytest.mark.django_db
def test_what_a_bank_takes_back_is_a_movement():
    payment = received("Fanø")
    refunded(payment, 1625)
    record(CHARGED_BACK, payment, at=NOW, order="", amount="5000.00")

    *_others, last = movements(TODAY, TODAY)

    assert (last.kind, last.parts) == (gettext("Taken back by the bank"), part(-4000, -1000))


@pytest.mark.django_db
def test_a_refund_that_never_left_is_no_movement():
    payment = received("Fanø")
    refund = Refund.objects.create(payment=payment, amount=Decimal(1), reason=RefundReason.STAFF, created_at=NOW)
    record(REFUND_FAILED, refund, at=NOW, order="", amount="1.00")

    assert books() == [(gettext("Payment"), Decimal(6625))]


@pytest.mark.django_db
def test_any_pieces_of_a_payment_add_up_to_its_net_and_vat():
    payment = received("Fanø")
    for amount in ("0.01", "0.01", "0.03", "33.33", "1000.07", "5591.55"):
        refunded(payment, amount)

    pieces = [one for movement in movements(TODAY, TODAY)[1:] for one in movement.parts]

    assert by_rate(pieces) == list(part(-5300, -1325))


@pytest.mark.django_db
def test_thirty_movements_cost_as_many_queries_as_three(django_assert_num_queries):
    session = SessionPageFactory()
    refunded(received("Kommune 0", session=session), 5)
    with CaptureQueriesContext(connection) as few:
        movements(TODAY, TODAY)
    for number in range(1, 15):
        refunded(received(f"Kommune {number}", session=session), 5)

    with django_assert_num_queries(len(few)):
        assert len(movements(TODAY, TODAY)) == 30


def test_a_session_that_gets_another_seller_and_title_changes_no_books(payer, double, tell):
    double.pay(payer.to_checkout())
    tell()
    before = movements(TODAY, TODAY)
    other = PriceListFactory(name="Andre", seller=SellerFactory(name="Komponent"))

    SessionPage.objects.filter(pk=payer.session.pk).update(title="Noget andet", price_list=other)

    assert movements(TODAY, TODAY) == before
    assert [(one.session, one.seller) for one in before] == [("Ny som borgmester", "KL")]
