"""A quote adds up, whatever it is made of, and says how."""

from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from booking.money import MOMS, ORE
from booking.pricing.quote import NOTHING, Line, Quote

EXEMPT = "Momslovens § 13, stk. 1, nr. 3"

kroner = st.integers(min_value=0, max_value=200_000).map(Decimal)
whole_lines = st.builds(
    Line,
    description=st.sampled_from(["Plads", "Ekstra overnatning", "Ledsager til middag"]),
    unit_net=kroner,
    quantity=st.integers(min_value=1, max_value=200),
    vat_rate=st.sampled_from([MOMS, Decimal("0.00")]),
    exempt_reason=st.sampled_from(["", EXEMPT]),
)
any_rate = st.decimals(min_value=0, max_value=1, places=4)
quotes = st.lists(whole_lines, max_size=12).map(Quote.of)


@given(st.lists(whole_lines, max_size=12), st.randoms())
def test_the_order_of_lines_makes_no_difference(lines, random):
    shuffled = lines.copy()
    random.shuffle(shuffled)

    assert Quote.of(shuffled) == Quote.of(lines)
    assert Quote.of(shuffled).explained() == Quote.of(lines).explained()


@given(quotes)
def test_the_parts_add_up(quote):
    assert quote.net == sum(line.net for line in quote.lines) == sum(part.net for part in quote.vat_lines)
    assert quote.vat == sum(part.vat for part in quote.vat_lines)
    assert quote.gross == quote.net + quote.vat == quote.price.gross


@given(quotes)
def test_vat_by_rate_is_vat_line_by_line_because_kroner_are_whole(quote):
    assert quote.vat == sum(line.price.vat for line in quote.lines)


@given(quotes, quotes)
def test_two_quotes_add_up_to_one(one, other):
    assert (one + other).gross == one.gross + other.gross
    assert one + other == other + one


@given(quotes)
def test_gathering_changes_no_sum(quote):
    assert Quote.of(quote.gathered()).vat_lines == quote.vat_lines


@given(quotes, st.integers(min_value=1, max_value=99))
def test_a_share_is_whole_kroner_and_never_more_than_the_whole(quote, percent):
    share = quote.share(percent)

    assert share.net == share.net.to_integral_value()
    assert share.gross <= quote.gross
    assert abs(share.net - quote.net * percent / 100) <= Decimal("0.5") * len(quote.lines)


@given(kroner, st.integers(min_value=1, max_value=50), any_rate)
def test_any_rate_is_rounded_once_a_rate_to_the_nearest_oere(unit, quantity, rate):
    quote = Quote.of([Line("Plads", unit, vat_rate=rate)] * quantity)

    assert quote.vat == quote.vat.quantize(ORE)
    assert abs(quote.vat - quote.net * rate) <= Decimal("0.005")


@pytest.mark.parametrize(
    "wrong", [{"unit_net": Decimal("0.50")}, {"unit_net": Decimal(-1)}, {"unit_net": Decimal(1), "quantity": 0}]
)
def test_a_line_is_of_something_at_a_price_in_whole_kroner(wrong):
    with pytest.raises(ValueError, match="of"):
        Line("Plads", **wrong)


def test_a_quote_explains_itself_line_by_line_in_danish():
    quote = Quote.of(
        [
            Line("Ny som borgmester", Decimal(5300)),
            Line("Ledsager til middag", Decimal(600), vat_rate=Decimal(0), exempt_reason=EXEMPT),
            Line("Ny som borgmester", Decimal(5300)),
        ]
    )

    with translation.override("da"):
        assert quote.explained() == [
            "Ny som borgmester: 2 à 5.300,00 kr. = 10.600,00 kr.",
            "Ledsager til middag: 600,00 kr.",
            "25 % moms af 10.600,00 kr. = 2.650,00 kr.",
            f"Ingen moms af 600,00 kr.: {EXEMPT}",
            "I alt inkl. moms: 13.850,00 kr.",
        ]


def test_nothing_is_free():
    assert (NOTHING.is_free, NOTHING.gross, NOTHING.vat_lines) == (True, Decimal("0.00"), ())


def test_what_a_form_shows_tells_vat_from_net():
    with_vat, without = Line("Plads", Decimal(100)), Line("Plads", Decimal(100), vat_rate=Decimal(0))

    assert (Quote.of([with_vat]).shown, Quote.of([without]).shown) == ("100.00+25.00", "100.00+0.00")
