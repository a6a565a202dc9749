"""An amount in parts: the parts add up, øre for øre, however it is cut."""

import random
from decimal import Decimal

import pytest

from booking.ledger import NOTHING, Part, by_rate, share_out, split, take

MOMS, EXEMPT = Decimal("0.25"), Decimal(0)


def part(net, vat, rate=MOMS) -> Part:
    return Part(rate, Decimal(str(net)), Decimal(str(vat)))


SEAT = part(5300, 1325)
DINNER = part(700, 0, EXEMPT)


@pytest.mark.parametrize(
    ("amount", "weights", "shares"),
    [
        ("10.00", [1, 1], ["5.00", "5.00"]),
        ("0.01", [1, 1], ["0.01", "0.00"]),
        ("0.02", [1, 1, 1], ["0.01", "0.01", "0.00"]),
        ("100.00", [1, 1, 1], ["33.34", "33.33", "33.33"]),
        ("0.01", [1, 3], ["0.00", "0.01"]),
        ("5.00", [0, 7], ["0.00", "5.00"]),
        ("5.00", [0, 0], ["5.00", "0.00"]),
        ("0.00", [1, 2], ["0.00", "0.00"]),
    ],
)
def test_an_amount_is_shared_out_to_the_øre(amount, weights, shares):
    given = share_out(Decimal(amount), [Decimal(weight) for weight in weights])

    assert [str(share) for share in given] == shares


@pytest.mark.parametrize(
    ("amount", "net", "vat"),
    [
        ("6625.00", "5300.00", "1325.00"),
        ("3312.50", "2650.00", "662.50"),
        ("1000.00", "800.00", "200.00"),
        ("0.01", "0.01", "0.00"),
        ("0.02", "0.02", "0.00"),
        ("0.03", "0.02", "0.01"),
        ("0.04", "0.03", "0.01"),
        ("0.05", "0.04", "0.01"),
        ("33.33", "26.66", "6.67"),
        ("6624.99", "5299.99", "1325.00"),
    ],
)
def test_a_part_of_a_payment_has_the_net_and_vat_of_the_whole(amount, net, vat):
    assert split(Decimal(amount), [SEAT]) == [Part(MOMS, Decimal(net), Decimal(vat))]


@pytest.mark.parametrize(
    ("amount", "first", "taken"),
    [
        ("7325.00", [], [SEAT, DINNER]),
        ("732.50", [], [part(530, "132.50"), part(70, 0, EXEMPT)]),
        ("700.00", [DINNER], [part(0, 0), DINNER]),
        ("6625.00", [SEAT], [SEAT, part(0, 0, EXEMPT)]),
        ("6725.00", [SEAT], [SEAT, part(100, 0, EXEMPT)]),
        ("0.01", [DINNER], [part(0, 0), part("0.01", 0, EXEMPT)]),
    ],
)
def test_what_is_given_back_of_one_seat_has_that_seats_vat(amount, first, taken):
    assert take(Decimal(amount), [SEAT, DINNER], first=first) == taken


def test_given_back_in_any_pieces_nothing_is_left_and_nothing_is_lost():
    drawn = random.Random(17)
    for _round in range(500):
        rates = [MOMS, EXEMPT, Decimal("0.12")][: drawn.randrange(1, 4)]
        nets = {rate: Decimal(drawn.randrange(1, 20_000)) for rate in rates}
        whole = [Part(rate, net, (net * rate).quantize(Decimal("0.01"))) for rate, net in nets.items()]
        kept = whole
        given: list[Part] = []
        while left := sum((one.gross for one in kept), NOTHING):
            amount = min(left, Decimal(drawn.randrange(1, 700_000)) / 100)
            first = [drawn.choice(whole)] if drawn.random() < 0.5 else []
            taken = take(amount, kept, first=first)
            assert sum((one.gross for one in taken), NOTHING) == amount
            assert all(one.net >= 0 and one.vat >= 0 for one in taken)
            given += taken
            kept = [one + -gone for one, gone in zip(kept, taken, strict=True)]
        assert by_rate(given) == by_rate(whole)


def test_at_each_rate_the_vat_is_right_within_an_øre():
    drawn = random.Random(4)
    for _round in range(500):
        amount = Decimal(drawn.randrange(1, 662_501)) / 100
        [one] = split(amount, [SEAT])
        assert abs(one.net * MOMS - one.vat) <= Decimal("0.0125")


def test_parts_of_one_rate_are_one_part():
    assert by_rate([DINNER, SEAT, SEAT]) == [part(10600, 2650), DINNER]
