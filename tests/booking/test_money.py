from decimal import Decimal

import pytest

from booking.money import FREE, Price, danish_amount, share_of


@pytest.mark.parametrize(
    ("net", "vat", "gross"),
    [("5300", "1325.00", "6625.00"), ("8800", "2200.00", "11000.00"), ("1", "0.25", "1.25"), ("0", "0.00", "0.00")],
)
def test_gross_is_net_and_a_quarter_more(net, vat, gross):
    price = Price.from_net(Decimal(net))

    assert (price.vat, price.gross) == (Decimal(vat), Decimal(gross))


def test_without_vat_gross_is_net():
    assert Price.from_net(Decimal(5300), Decimal("0.00")).gross == Decimal("5300.00")


@pytest.mark.parametrize("net", range(0, 2000, 7))
def test_sums_agree_in_any_order(net):
    one, other = Price.from_net(Decimal(net)), Price.from_net(Decimal(8800))

    assert one + other == other + one == Price.from_net(Decimal(net + 8800))


@pytest.mark.parametrize(
    ("net", "percent", "share"), [("5300", 50, "2650"), ("5301", 50, "2651"), ("5300", 33, "1749"), ("1", 1, "0")]
)
def test_a_share_is_whole_kroner_halves_up(net, percent, share):
    assert share_of(Decimal(net), percent) == Decimal(share)


def test_free_is_a_price_of_nothing():
    assert FREE.is_free
    assert not Price.from_net(Decimal(1)).is_free


@pytest.mark.parametrize(
    ("amount", "text"), [("8800", "8.800,00"), ("0.25", "0,25"), ("1234567.5", "1.234.567,50"), ("0", "0,00")]
)
def test_amounts_are_written_the_danish_way(amount, text):
    assert danish_amount(Decimal(amount)) == text
