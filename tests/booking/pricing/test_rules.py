"""Which price counts: the rules from the top, one test a rule, and who wins over whom."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.pricing.rules import RULES, Asked, Per, PriceUndecided, Tariff, quote

DIRECTORS, NEW = 7, 8
GENERAL = Tariff(Decimal(5300))
FOR_DIRECTORS = Tariff(Decimal(3000), audience=DIRECTORS, name="Kommunaldirektører")
FOR_NEW = Tariff(Decimal(2000), audience=NEW, name="Nyvalgte")
PAIR = Tariff(Decimal(9000), per=Per.PAIR)
COUNCIL = Tariff(Decimal(40000), per=Per.ORDER, seats_from=10)
OWN = Tariff(Decimal(1000), is_own=True)
NIGHT = Tariff(Decimal(900), add_on=3, name="Ekstra overnatning")
ALL = [GENERAL, FOR_DIRECTORS, FOR_NEW, PAIR, COUNCIL]

MAYOR, DIRECTOR = Asked(), Asked(audiences=frozenset({DIRECTORS}))
PAIRED = [Asked(pair="a"), Asked(pair="a", audiences=frozenset({DIRECTORS}))]


def net(asked, tariffs, add_ons=()):
    return quote(asked, tariffs=tariffs, add_ons=add_ons, what="Ny som borgmester").net


def test_the_rules_stand_in_one_list_and_are_read_from_the_top():
    assert [rule.__name__ for rule in RULES] == [
        "own_price",
        "whole_order_price",
        "pair_price",
        "audience_price",
        "general_price",
    ]


@pytest.mark.parametrize(
    ("asked", "tariffs", "total"),
    [
        pytest.param([MAYOR], ALL, 5300, id="everybody pays the general price"),
        pytest.param([MAYOR, DIRECTOR], ALL, 5300 + 3000, id="those with a price of their own pay that"),
        pytest.param([Asked(frozenset({DIRECTORS, NEW}))], ALL, 2000, id="the lowest of several that fit"),
        pytest.param(PAIRED, ALL, 9000, id="a pair shares one price"),
        pytest.param(PAIRED, [GENERAL, FOR_DIRECTORS], 5300 + 3000, id="no pair price: each their own"),
        pytest.param([*PAIRED, MAYOR], ALL, 9000 + 5300, id="a pair and one beside it"),
        pytest.param([PAIRED[0]], ALL, 5300, id="half a pair is no pair"),
        pytest.param([*PAIRED, Asked(pair="b"), Asked(pair="b")], ALL, 18000, id="two pairs"),
        pytest.param([MAYOR] * 9, ALL, 9 * 5300, id="too few for the whole order"),
        pytest.param([MAYOR] * 10, ALL, 40000, id="enough for the whole order"),
        pytest.param([*PAIRED, *[MAYOR] * 25], ALL, 40000, id="the whole order wins over pairs"),
        pytest.param([MAYOR] * 20, [*ALL, Tariff(Decimal(60000), per=Per.ORDER, seats_from=20)], 60000, id="steps"),
        pytest.param([MAYOR, DIRECTOR], [OWN], 2000, id="the session's own price for all"),
        pytest.param([MAYOR] * 10, [OWN, *ALL], 10000, id="the session's own price wins over all"),
    ],
)
def test_the_first_rule_that_fits_makes_the_price(asked, tariffs, total):
    assert net(asked, tariffs) == total


def test_what_is_added_is_added_to_any_price():
    with_night = Asked(add_ons=(3,))

    assert net([with_night], ALL, [NIGHT]) == 5300 + 900
    assert net([with_night] * 10, ALL, [NIGHT]) == 40000 + 10 * 900


def test_what_is_named_twice_is_added_once():
    assert net([Asked(add_ons=(3, 3))], ALL, [NIGHT]) == 5300 + 900


@pytest.mark.parametrize(
    ("asked", "tariffs"),
    [([MAYOR], []), ([MAYOR], [FOR_DIRECTORS]), ([DIRECTOR, MAYOR], [FOR_DIRECTORS]), ([Asked(add_ons=(3,))], ALL)],
    ids=["no price at all", "only for others", "one of two", "an add-on without a price"],
)
def test_what_nobody_has_decided_is_not_free(asked, tariffs):
    with pytest.raises(PriceUndecided):
        net(asked, tariffs)


def test_every_line_names_the_seats_it_pays_for():
    lines = quote([*PAIRED, MAYOR], tariffs=ALL, add_ons=(), what="Topmøde").lines

    assert [(line.description, line.seats) for line in lines] == [
        ("Topmøde, samlet pris for parret", (0, 1)),
        ("Topmøde", (2,)),
    ]


seats = st.lists(
    st.builds(
        Asked,
        audiences=st.frozensets(st.sampled_from([DIRECTORS, NEW])),
        pair=st.sampled_from(["", "a", "b"]),
        add_ons=st.sampled_from([(), (3,)]),
    ),
    max_size=30,
)


@given(seats, st.randoms())
def test_the_order_of_seats_and_prices_makes_no_difference(asked, random):
    tariffs, shuffled = ALL.copy(), asked.copy()
    before = net(asked, tariffs, [NIGHT])
    random.shuffle(tariffs)
    random.shuffle(shuffled)

    assert net(shuffled, tariffs, [NIGHT]) == before


@given(seats)
def test_every_seat_is_paid_for_once(asked):
    lines = quote(asked, tariffs=ALL, add_ons=[NIGHT], what="Topmøde").lines
    paid = [seat for line in lines if line.description != NIGHT.name for seat in line.seats]

    assert sorted(paid) == list(range(len(asked)))
