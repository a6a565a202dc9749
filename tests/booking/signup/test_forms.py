"""Strings to clean values, and one sentence for each thing that can be wrong."""

from decimal import Decimal
from uuid import UUID

import pytest
from django import forms
from django.http import QueryDict
from django.utils.http import urlencode

from booking.people.models import Person
from booking.pricing.price import Prices
from booking.pricing.rules import Asked, Tariff
from booking.sessions.models import SessionPage
from booking.signup.fields import EanField, LineField
from booking.signup.order_form import SignUpForm
from booking.signup.reserve import Cost
from booking.signup.seat_form import SeatForm

pytestmark = pytest.mark.django_db  # a page, even one that is never saved, asks for its content type


@pytest.mark.parametrize(
    "written",
    [
        "5798009811578",
        "5798 0098 1157 8",
        "5798-009811578",
        "5798.0098.1157.8",
        " 5798009811578\n",
        "5798\u00a0009\u2013811\u2011578",
        "\u200b5798009811578\u202c",
        "EAN 5798009811578",
        "ean-nr.: 5798 0098 1157 8",
        "GLN5798009811578",
        "EAN-nummer: 5798009811578",
    ],
)
def test_an_ean_number_is_its_digits_however_it_is_written(written):
    assert EanField().clean(written) == "5798009811578"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "required"),
        ("   ", "required"),
        ("-", "required"),
        ("DK98009811578", "letters"),
        ("5798OO9811578", "letters"),
        ("٥٧٩٨٠٠٩٨١١٥٧٨", "letters"),
        ("579800981157\x00", "letters"),
        ("579800981157", "length"),
        ("57980098115780", "length"),
        ("73513537", "length"),  # a valid EAN-8, which no public body has
        ("98412345678908", "length"),  # a valid EAN-14
        ("5798009811579", "check_digit"),
        ("5798009811587", "check_digit"),  # two digits changed places
        ("0000000000001", "check_digit"),
        ("0000000000000", "check_digit"),  # the check digit fits, and nobody has it
    ],
)
def test_each_wrong_ean_number_has_its_own_sentence(written, code):
    with pytest.raises(forms.ValidationError) as refusal:
        EanField().clean(written)

    assert [error.code for error in refusal.value.error_list] == [code]


@pytest.mark.parametrize("written", ["Anna\x00Lund", "Anna\nLund", "Anna\x07", "Anna\u202eLund"])
def test_invisible_characters_are_refused(written):
    with pytest.raises(forms.ValidationError) as refusal:
        LineField(max_length=80).clean(written + "x")

    assert refusal.value.error_list[0].code == "control_characters"


def test_a_line_that_is_too_long_says_how_long_it_may_be():
    with pytest.raises(forms.ValidationError) as refusal:
        LineField(max_length=80).clean("æ" * 81)

    assert "80" in refusal.value.messages[0]
    assert "81" in refusal.value.messages[0]


def form_for(kind, net, **values):
    prices = Prices((Tariff(Decimal(net)),))
    cost = Cost(prices.quote([Asked()], what="Afholdelse"))
    return SignUpForm(
        QueryDict(urlencode(values)) if values else None,
        session=SessionPage(kind=kind),
        people={},
        refused=[],
        prices=prices,
        cost=cost,
        first_cost=cost,
        conditions=None,
    )


@pytest.mark.parametrize(
    ("kind", "asked"),
    [("day", {"diet"}), ("overnight", {"diet", "room"}), ("online", set())],
)
def test_diet_and_room_are_asked_for_only_where_the_session_calls_for_them(kind, asked):
    seat = SeatForm(person=Person(pk=1), words="", session=SessionPage(kind=kind), prices=Prices(), place=0)

    assert {"diet", "room"} & set(seat.fields) == asked


def test_a_free_session_asks_for_no_invoice():
    fields = form_for("online", 0).fields

    assert not {"ean", "person_reference", "requisition"} & set(fields)


def test_neither_reference_is_forced():
    form = form_for("day", 5300, ean="5798009811578")

    assert not form.has_error("person_reference")
    assert not form.has_error("requisition")


@pytest.mark.parametrize("shown", ["5299.00+1324.75", "5300.00+0.00", "5300", "", "gratis", "NaN"])
def test_another_price_than_the_shown_one_must_be_accepted_anew(shown):
    form = form_for("day", 5300, shown=shown, accepted="on")

    assert form.non_field_errors()
    assert not form["accepted"].value()


@pytest.mark.parametrize("number", ["", "12", "DROP TABLE", "\x00"])
def test_a_form_without_a_number_gets_one(number):
    form = form_for("day", 5300, submission=number)
    form.is_valid()

    assert isinstance(form.cleaned_data["submission"], UUID)


@pytest.mark.parametrize(
    ("phone", "is_fine"),
    [("", True), ("76 66 06 60", True), ("+45 7666-0660", True), ("ring til mig", False), ("+()", False)],
)
def test_a_phone_number_has_digits(phone, is_fine):
    form = form_for("day", 5300, contact_phone=phone, shown="5300.00+1325.00")

    assert form.has_error("contact_phone") is not is_fine
