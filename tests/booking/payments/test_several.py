"""An order of several paid by one card: what becomes of the money and the seats when some leave before it is paid."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from booking.desk.roles import ADMINISTRATORS
from booking.messages.models import OutboxMessage
from booking.payments.balance import balances, kept_of, with_money
from booking.payments.models import RefundReason
from booking.payments.refund import send_due
from booking.payments.settle import open_checkout
from booking.people.models import OfficeKind
from booking.pricing.models import PriceRow
from booking.signup.cancel import cancel_booking
from booking.signup.models import Booking, Order
from booking.signup.reserve import Seat, place_order, quote_for
from tests.booking.payments.conftest import session_by_card
from tests.booking.payments.test_desk import signed_in_as
from tests.booking.signup.test_reserve import NOW, PURCHASE
from tests.factories import AudienceFactory, MunicipalityFactory, OfficeFactory, secretary_of


@pytest.fixture
def session(double, january, transactional_db):
    offices = [OfficeKind.COUNCIL_MEMBER.value, OfficeKind.MAYOR.value]
    return session_by_card(audience=AudienceFactory(name="Kommunalbestyrelser", offices=offices))


def ordered(session, *offices: str) -> Order:
    """An order by card for those of one council who hold these offices."""
    council = MunicipalityFactory()
    people = [OfficeFactory(kind=kind, municipality=council).person for kind in offices]
    seats = [Seat(person) for person in people]
    return place_order(
        session,
        seats=seats,
        booker=secretary_of(*people),
        purchase=PURCHASE,
        shown=quote_for(session, seats, prices=session.prices(now=NOW)).shown,
        shown_conditions=session.conditions.current().pk,
        submission=uuid4(),
        pays_by_card=True,
        now=NOW,
    )


def price(session, net: int, **what) -> None:
    PriceRow.objects.create(price_list=session.price_list, kind="day", valid_from=date(2022, 1, 1), net=net, **what)


def test_a_shared_price_goes_back_when_all_who_share_it_left_before_the_money_came(session, double, tell):
    order = ordered(session, *["council_member"] * 3)
    first, second, third = order.bookings.order_by("pk")
    second.lines.all().delete()
    first.lines.update(unit_net=8000, seats=2)
    first.lines.get().shared_by.set([first, second])
    checkout = open_checkout(order, now=NOW).checkout_id
    cancel_booking(first, by=None, now=NOW)
    cancel_booking(second, by=None, now=NOW)

    double.pay(checkout)
    tell()

    third.refresh_from_db()
    assert third.is_confirmed
    [refund] = order.payments.get().refunds.all()
    assert (refund.amount, refund.reason, refund.booking) == (10000, RefundReason.GIVEN_UP, second)
    assert double.balance() == 662500


def test_a_shared_price_stays_while_one_who_shares_it_has_a_seat(session, double, tell):
    price(session, 12000, per="order", seats_from=3)
    order = ordered(session, *["council_member"] * 3)
    checkout = open_checkout(order, now=NOW).checkout_id
    cancel_booking(order.bookings.earliest("pk"), by=None, now=NOW)

    double.pay(checkout)
    tell()

    assert double.balance() == 1500000


def test_a_seat_that_costs_nothing_is_theirs_when_those_who_were_to_pay_are_gone(session, client):
    price(session, 0, audience=AudienceFactory(name="Borgmestre"))
    order = ordered(session, "mayor", "council_member")
    free, paid = order.bookings.order_by("pk")
    cancel_booking(paid, by=None, now=NOW)
    client.force_login(order.booker.user)

    answer = client.post(reverse("booking:pay", args=[order.reference]))

    assert answer.url == reverse("booking:payment", args=[order.reference])
    free.refresh_from_db()
    assert free.is_confirmed
    assert not order.payments.exists()


def test_who_has_one_of_the_seats_does_not_give_up_those_of_the_others(session):
    order = ordered(session, *["council_member"] * 2)
    open_checkout(order, now=NOW)
    participant = Client()
    participant.force_login(order.bookings.earliest("pk").participant.user)
    page = participant.get(reverse("booking:payment", args=[order.reference]))

    answer = participant.post(reverse("booking:release", args=[order.reference]))

    assert answer.status_code == 404
    assert reverse("booking:release", args=[order.reference]) not in page.content.decode()
    assert [booking.awaits_payment for booking in order.bookings.all()] == [True, True]


def test_what_is_too_little_for_a_card_is_invoiced_when_the_dearer_seats_are_gone(session, client, double):
    price(session, 1, audience=AudienceFactory(name="Borgmestre"))
    order = ordered(session, "mayor", "council_member")
    cheap, dear = order.bookings.order_by("pk")
    cancel_booking(dear, by=None, now=NOW)
    client.force_login(order.booker.user)

    answer = client.post(reverse("booking:pay", args=[order.reference]))

    assert answer.url == reverse("booking:receipt", args=[order.reference])
    cheap.refresh_from_db()
    assert cheap.is_confirmed
    assert not double.checkouts
    [balance] = balances(with_money(Booking.objects.filter(pk=cheap.pk))).values()
    assert (balance.agreed, balance.to_invoice) == (Decimal("1.25"), Decimal("1.25"))


# What staff give back of one seat of several


@pytest.fixture
def paid(session, double, tell):
    """Three seats, paid for at once; none is let go for free any more after the first week of January."""
    order = ordered(session, *["council_member"] * 3)
    double.pay(open_checkout(order, now=NOW).checkout_id)
    tell()
    return order


@pytest.fixture
def staff():
    return signed_in_as(ADMINISTRATORS)


def give_back(staff, payment, of, amount: str):
    address = reverse("payments:refund", args=[payment.pk])
    return staff.post(address, {"of": of, "amount": amount, "note": "Kulance", "submission": uuid4()})


def test_staff_say_of_which_seat_and_the_rule_gives_no_more_than_is_left_of_it(paid, staff, double):
    payment, (first, second, third) = paid.payments.get(), paid.bookings.order_by("pk")

    give_back(staff, payment, first.pk, "5.000,00")
    cancel_booking(first, by=None, now=NOW)
    send_due(NOW)

    assert [(one.booking, one.amount) for one in payment.refunds.order_by("pk")] == [(first, 5000), (first, 1625)]
    assert kept_of(payment) == {first.pk: 0, second.pk: 6625, third.pk: 6625}
    assert double.balance() == 2 * 662500


def test_of_the_whole_order_it_is_of_each_in_proportion_and_the_rule_knows(paid, staff, double):
    payment, first = paid.payments.get(), paid.bookings.earliest("pk")

    give_back(staff, payment, "order", "3.000,00")
    cancel_booking(first, by=None, now=NOW)
    send_due(NOW)

    assert [(one.booking, one.amount) for one in payment.refunds.order_by("pk")] == [(None, 3000), (first, 5625)]


def test_no_more_is_given_back_of_a_seat_than_it_cost(paid, staff):
    payment, first = paid.payments.get(), paid.bookings.earliest("pk")

    refused = give_back(staff, payment, first.pk, "6.625,01")

    assert refused.context["form"].errors["amount"] == [
        "Skriv et beløb over 0, og højst de 6.625,00 kr., der er tilbage."
    ]
    give_back(staff, payment, first.pk, "6.625,00")
    again = give_back(staff, payment, first.pk, "1,00")
    assert "of" in again.context["form"].errors
    assert payment.refunds.get().amount == 6625


@pytest.mark.parametrize("of", ["", "0", "99999999999999999999", "-1"])
def test_a_seat_of_another_order_or_none_is_refused(paid, staff, of):
    refused = give_back(staff, paid.payments.get(), of, "1,00")

    assert refused.status_code == 422
    assert "of" in refused.context["form"].errors
    assert not paid.payments.get().refunds.exists()


# One mail about all, when the money has come


def told(kind: str) -> list[str]:
    return sorted(OutboxMessage.objects.filter(kind=kind).values_list("recipient", flat=True))


def test_those_who_are_paid_for_at_once_are_told_in_one_mail_to_whoever_ordered(session, double, tell):
    order = ordered(session, *["council_member"] * 3)
    double.pay(open_checkout(order, now=NOW).checkout_id)
    assert not OutboxMessage.objects.exists()

    assert [tell() for _time in range(3)] == [200] * 3

    assert told("ordered") == [PURCHASE.contact_email]
    assert told("booked") == sorted(one.participant.email for one in order.bookings.all())
    about_all = OutboxMessage.objects.get(kind="ordered").text
    for words in ("15.900,00", "19.875,00", *(one.participant.name for one in order.bookings.all())):
        assert words in about_all
    assert "EAN" not in about_all


def test_one_of_them_who_was_cancelled_meanwhile_is_not_in_it(session, double, tell):
    order = ordered(session, *["council_member"] * 3)
    checkout = open_checkout(order, now=NOW).checkout_id
    gone = order.bookings.earliest("pk")
    cancel_booking(gone, by=None, now=NOW)

    double.pay(checkout)
    tell()

    assert gone.participant.name not in OutboxMessage.objects.get(kind="ordered").text
    assert len(told("booked")) == 2


def test_where_one_alone_is_left_they_are_told_as_ever(session, double, tell):
    order = ordered(session, *["council_member"] * 2)
    gone, left = order.bookings.order_by("pk")
    cancel_booking(gone, by=None, now=NOW)

    double.pay(open_checkout(order, now=NOW).checkout_id)
    tell()

    assert told("ordered") == []
    assert told("booked") == sorted([PURCHASE.contact_email, left.participant.email])
