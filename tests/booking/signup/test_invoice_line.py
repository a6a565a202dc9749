"""A line in the form says where the invoice goes and when it is sent; receipt and mail say the same."""

from datetime import date
from html import unescape

import pytest
from django.urls import reverse

from booking.journal.record import catch_up
from booking.models import Order, OutboxMessage
from booking.pricing.models import Invoiced, PriceList
from booking.signup.sentences import order_invoice_sentence
from tests.booking.signup.filled import filled, send
from tests.booking.signup.test_reserve import NOW
from tests.factories import PriceListFactory, SessionPageFactory, mayor_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("january")]

EAN = "5798009811578"


def line_of(answer) -> str:
    """What the page says on the line."""
    _before, _mark, rest = unescape(answer.content.decode()).partition('id="invoice-line">')
    return rest.partition("</p>")[0]


@pytest.fixture(params=["held", "booked", "monthly"])
def session(request):
    prices = PriceListFactory(name=f"Liste {request.param}", invoiced=request.param)
    return SessionPageFactory(price_list=prices, starts_on=date(2027, 5, 5))


@pytest.fixture
def booker(client):
    mayor = mayor_of("Fanø")
    client.force_login(mayor.user)
    return mayor


def test_the_line_says_when_by_the_price_list(client, session, booker):
    said = line_of(client.get(session.get_url()))

    assert booker.name in said
    assert ("tirsdag den 1. juni 2027" in said) == (session.price_list.invoiced == "monthly")


def test_the_line_follows_what_is_written(client, session, booker):
    values = filled(client, session, ean="5798 0098 11578", person_reference="Bente", requisition="R & <7>")

    said = line_of(client.post(reverse("booking:quote", args=[session.pk]), values))

    assert f"{EAN}, att. Bente, " in said
    assert "R & <7>" in said


@pytest.mark.parametrize(
    "wrong", [{"ean": "5798009811579"}, {"requisition": "x" * 81}, {"person_reference": "a\u200bb"}]
)
def test_what_is_wrong_is_left_out_of_the_line(client, session, booker, wrong):
    values = filled(client, session, ean=EAN, person_reference="Bente", requisition="R7") | wrong

    said = line_of(client.post(reverse("booking:quote", args=[session.pk]), values))

    assert said
    assert next(iter(wrong.values())) not in said


def test_shown_again_without_a_script_the_line_says_what_was_sent(client, session, booker):
    values = filled(client, session, ean=EAN, requisition="R7")
    values.pop("accepted")

    answer = send(client, session, values)

    assert answer.status_code == 422
    assert EAN in line_of(answer)
    assert "R7" in line_of(answer)


def test_form_receipt_and_mail_say_the_same(client, session, booker):
    values = filled(client, session, ean=EAN, person_reference="Bente", requisition="R7")
    shown = line_of(client.post(reverse("booking:quote", args=[session.pk]), values))
    send(client, session, values)
    catch_up(NOW)
    PriceList.objects.update(invoiced=Invoiced.BOOKED)

    placed = Order.objects.get()
    receipt = client.get(reverse("booking:receipt", args=[placed.reference])).content.decode()

    assert shown == order_invoice_sentence(placed.bookings.get())
    assert shown in unescape(receipt)
    assert shown in OutboxMessage.objects.first().text


def test_a_free_session_has_no_such_line(client, booker):
    assert line_of(client.get(SessionPageFactory(own_net=0).get_url())) == ""
