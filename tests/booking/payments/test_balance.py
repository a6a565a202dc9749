"""What was agreed, paid, given back and is to be invoiced, seat by seat and øre for øre."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from booking.models import Booking, Payment, Refund
from booking.payments.balance import Balance, balances, with_money
from booking.payments.models import PaymentState, RefundReason, RefundState
from booking.people.models import OfficeKind
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from booking.signup.models import BookingStatus
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import ConditionsFactory, OfficeFactory, SessionPageFactory, mayor_of, secretary_of

pytestmark = pytest.mark.django_db

SEAT = Decimal(6625)


def balance(given=SEAT, paid=0, back=0, invoice=0) -> Balance:
    return Balance(*(Decimal(amount) for amount in (given, paid, back, invoice)))


def standing(**which) -> list[Balance]:
    """The balances of all bookings, the first first."""
    bookings = list(with_money(Booking.objects.filter(**which)).order_by("pk"))
    found = balances(bookings)
    return [found[booking.pk] for booking in bookings]


def paid_by_card(*names: str, session=None):
    """An order for a mayor and those of the council who come along, paid in full."""
    municipality, *others = names
    mayor = mayor_of(municipality)
    place = mayor.offices.get().municipality
    members = [
        OfficeFactory(kind=OfficeKind.COUNCIL_MEMBER, municipality=place, person__name=name).person for name in others
    ]
    session = session or SessionPageFactory(conditions=ConditionsFactory(free_days=30))
    session.audience.offices = [OfficeKind.MAYOR.value, OfficeKind.COUNCIL_MEMBER.value]
    session.audience.save()
    placed = order(session, mayor, *members, booker=secretary_of(mayor, *members))
    placed.pays_by_card = True
    placed.save()
    payment = Payment.objects.create(
        order=placed,
        amount=SEAT * len(names),
        state=PaymentState.PAID,
        created_at=NOW,
        expires_at=NOW,
        paid_at=NOW,
    )
    payment.bookings.set(placed.bookings.all())
    return placed, payment


def give_back(payment, amount, *, booking=None, state=RefundState.DONE, reason=RefundReason.STAFF):
    Refund.objects.create(
        payment=payment, booking=booking, amount=Decimal(amount), state=state, reason=reason, created_at=NOW
    )


def test_a_seat_by_invoice_is_to_be_invoiced():
    order(SessionPageFactory(), mayor_of("Fanø"))

    assert standing() == [balance(invoice=SEAT)]


def test_a_free_seat_is_nothing_to_anybody():
    order(SessionPageFactory(own_net=Decimal(0)), mayor_of("Fanø"))

    assert standing() == [balance(0)]


@pytest.mark.parametrize(("free_days", "due"), [(30, 0), (None, 6625)])
def test_of_a_seat_given_up_what_the_conditions_say_is_to_be_invoiced(free_days, due):
    placed = order(SessionPageFactory(conditions=ConditionsFactory(free_days=free_days)), mayor_of("Fanø"))

    cancel_booking(placed.bookings.get(), by=None, now=NOW)

    assert standing() == [balance(due, invoice=due)]


@pytest.mark.parametrize("status", [BookingStatus.WAITING, BookingStatus.OFFERED, BookingStatus.EXPIRED])
def test_a_place_in_the_line_costs_nothing_also_when_it_is_left(status):
    order(SessionPageFactory(conditions=ConditionsFactory(free_days=None)), mayor_of("Fanø"))
    Booking.objects.update(status=status, waiting_since=NOW, offered_until=NOW)
    assert standing() == [balance(0)]

    Booking.objects.update(status=BookingStatus.CANCELLED, cancelled_at=NOW)
    assert standing() == [balance(0)]


def test_of_a_cancelled_session_nothing_is_to_be_invoiced():
    session = SessionPageFactory()
    order(session, mayor_of("Fanø"))

    cancel_session(session, by=None, now=NOW)

    assert standing() == [balance(0)]


def test_what_was_paid_by_card_is_not_invoiced():
    paid_by_card("Fanø")

    assert standing() == [balance(paid=SEAT)]


@pytest.mark.parametrize(("status", "due"), [(BookingStatus.HELD, 6625), (BookingStatus.EXPIRED, 0)])
def test_a_seat_that_is_not_paid_is_not_invoiced_either(status, due):
    placed, payment = paid_by_card("Fanø")
    payment.delete()
    placed.bookings.update(status=status)

    assert standing() == [balance(due)]


def test_what_staff_gave_back_is_not_asked_for_again():
    _placed, payment = paid_by_card("Fanø")
    give_back(payment, 1000)

    assert standing() == [balance(paid=SEAT, back=1000)]


def test_a_refund_that_failed_gave_nothing_back():
    _placed, payment = paid_by_card("Fanø")
    give_back(payment, 1000, state=RefundState.FAILED)

    assert standing() == [balance(paid=SEAT)]


def test_one_payment_is_shared_by_the_seats_and_a_seats_refund_is_that_seats():
    placed, payment = paid_by_card("Fanø", "Hanne", "Bent")
    one, _two, _three = placed.bookings.order_by("pk")
    give_back(payment, SEAT, booking=one, reason=RefundReason.WITHDRAWN)
    give_back(payment, "0.03")

    assert standing() == [
        balance(paid=SEAT, back=SEAT),
        balance(paid=SEAT, back="0.02"),
        balance(paid=SEAT, back="0.01"),
    ]


def test_a_payment_is_for_the_seats_that_were_held_when_it_was_begun():
    placed, payment = paid_by_card("Fanø", "Hanne")
    _one, two = placed.bookings.order_by("pk")
    payment.bookings.set([two])
    Payment.objects.update(amount=SEAT)

    assert [one.paid for one in standing()] == [Decimal(0), SEAT]


@pytest.mark.parametrize(("reason", "due"), [(RefundReason.GIVEN_UP, 0), (RefundReason.STAFF, 6625)])
def test_a_seat_that_was_cancelled_before_the_money_came_costs_nothing(reason, due):
    placed, payment = paid_by_card("Fanø", session=SessionPageFactory(conditions=ConditionsFactory(free_days=None)))
    cancel_booking(placed.bookings.get(), by=None, now=NOW)
    give_back(payment, SEAT, reason=reason)

    assert standing() == [balance(due, paid=SEAT, back=SEAT)]


def test_a_seat_that_was_held_and_given_up_unpaid_costs_nothing():
    placed, payment = paid_by_card("Fanø", session=SessionPageFactory(conditions=ConditionsFactory(free_days=None)))
    payment.delete()
    placed.bookings.update(status=BookingStatus.CANCELLED, cancelled_at=NOW)

    assert standing() == [balance(0)]


def test_what_a_bank_takes_back_is_gone():
    placed, payment = paid_by_card("Fanø", "Hanne")
    give_back(payment, SEAT, booking=placed.bookings.latest("pk"))
    Payment.objects.update(charged_back=SEAT)

    assert standing() == [balance(paid=SEAT, back=SEAT)] * 2


def test_the_sum_of_the_seats_is_what_the_payments_say():
    session = SessionPageFactory()
    _placed, payment = paid_by_card("Fanø", "Hanne", "Bent", session=session)
    give_back(payment, "9999.99")
    order(session, mayor_of("Læsø"))

    assert sum(standing(), Balance()) == balance(SEAT * 4, paid=SEAT * 3, back="9999.99", invoice=SEAT)


def test_thirty_seats_cost_as_many_queries_as_one(django_assert_num_queries):
    session = SessionPageFactory()
    paid_by_card("Kommune 0", session=session)
    with CaptureQueriesContext(connection) as one:
        standing()
    for number in range(1, 29):
        _placed, payment = paid_by_card(f"Kommune {number}", session=session)
        give_back(payment, 1000)
    order(session, mayor_of("Kommune 29"))

    with django_assert_num_queries(len(one)):
        assert len(standing()) == 30
