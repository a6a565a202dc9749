"""What was paid by card gets an invoice marked paid; what goes back gets its credit note, to the øre."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils.translation import gettext as _

from booking.invoicing.document import PaidByCard
from booking.invoicing.issue import NothingToCredit, credit, lines_of_refund
from booking.invoicing.run import issue_due
from booking.messages import letters
from booking.money import ORE, Price
from booking.payments.models import Payment, PaymentState, Refund, RefundReason, RefundState
from booking.pricing.models import PriceList
from booking.pricing.quote import Line, Quote
from booking.signup.models import BookingStatus
from tests.booking.invoicing.documents import EXEMPT
from tests.booking.invoicing.reader import read
from tests.booking.invoicing.test_issue import AFTER
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import PriceListFactory, SellerFactory, SessionPageFactory, mayor_of


@pytest.fixture
def payment(seller, settings):
    """A seat that was paid by card in January."""
    settings.TAKES_CARDS = True
    session = SessionPageFactory(price_list=PriceListFactory(takes_cards=True))
    placed = order(session, mayor_of("Fanø"), pays_by_card=True)
    booking = placed.bookings.get()
    booking.move(BookingStatus.CONFIRMED, by=None, now=NOW)
    paid = Payment.objects.create(
        order=placed,
        amount=booking.price.gross,
        state=PaymentState.PAID,
        created_at=NOW,
        expires_at=NOW,
        paid_at=NOW,
        intent_id="pi_1",
    )
    paid.bookings.set([booking])
    return paid


def test_invoice_receipt_by_mail_and_books_name_whoever_sold_it(payment, seller):
    PriceList.objects.update(seller=SellerFactory(name="Komponent", cvr="87654325"))
    booking = payment.bookings.get()

    [invoice] = issue_all()

    assert (invoice.series.seller, payment.sold()["seller"]) == (seller, "KL")
    assert dict(letters.paid(payment, booking).context["facts"])[_("Seller")].startswith("KL, ")


def give_back(payment, amount, *, state=RefundState.DONE, booking=None, **details):
    return Refund.objects.create(
        payment=payment,
        amount=Decimal(amount),
        reason=RefundReason.STAFF,
        state=state,
        booking=booking,
        created_at=NOW,
        stripe_id=f"re_{uuid4()}",
        **details,
    )


def issue_all():
    outcome = issue_due(NOW)
    assert outcome.refusals == []
    return outcome.issued


def test_a_card_payment_gets_an_invoice_marked_paid_at_once(payment, broken_rules):
    [invoice] = issue_all()

    assert (invoice.number, invoice.total, invoice.payment) == ("F1", payment.amount, payment)
    assert invoice.document.payment == PaidByCard(NOW.date())
    assert invoice.document.to_pay == 0
    assert read(bytes(invoice.xml)) == invoice.document
    assert broken_rules(bytes(invoice.xml)) == []


def test_what_was_paid_by_card_is_invoiced_once_and_never_as_a_bill(payment):
    issue_all()

    assert issue_all() == []
    assert issue_due(AFTER).issued == []


def test_what_awaits_payment_has_no_invoice(payment):
    Payment.objects.filter(pk=payment.pk).update(state=PaymentState.OPEN, paid_at=None)

    assert issue_all() == []


@pytest.mark.parametrize("amount", ["6625.00", "3312.50", "100.02", "0.03"])
def test_a_refund_gets_a_credit_note_of_just_its_amount(payment, broken_rules, amount):
    give_back(payment, amount)

    invoice, note = issue_all()

    assert (note.number, note.credits, note.total) == ("K1", invoice, Decimal(amount))
    assert read(bytes(note.xml)) == note.document
    assert broken_rules(bytes(note.xml)) == []
    assert issue_all() == []


@pytest.mark.parametrize("state", [RefundState.OWED, RefundState.FAILED])
def test_what_has_not_left_us_is_not_credited(payment, state):
    give_back(payment, "100.00", state=state)

    [invoice] = issue_all()

    assert not invoice.is_credit_note


def test_a_refund_that_was_sent_back_and_tried_again_has_one_credit_note(payment):
    first = give_back(payment, "100.00")
    _invoice, note = issue_all()
    Refund.objects.filter(pk=first.pk).update(state=RefundState.FAILED)
    give_back(payment, "100.00", in_place_of=first)

    assert issue_all() == []
    assert note.refund == first


def test_an_invoice_paid_by_card_is_credited_by_its_refund_alone(payment):
    [invoice] = issue_all()

    with pytest.raises(NothingToCredit):
        credit(invoice, reason="Forkert.", now=NOW)


def test_of_all_amounts_up_to_a_krone_the_lines_and_the_rounding_give_just_that():
    agreed = Quote.of(
        [Line("Kursus", Decimal(5300)), Line("Materiale", Decimal(700), vat_rate=Decimal(0), exempt_reason=EXEMPT)]
    )

    for ore in range(1, 101):
        lines, rounding = lines_of_refund(ore * ORE, agreed)
        assert sum(Price.from_net(line.net, line.vat_rate).gross for line in lines) + rounding == ore * ORE
        assert abs(rounding) <= ORE
