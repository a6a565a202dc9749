from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from booking.money import FREE, Price
from booking.pricing.models import ConditionsVersion, PriceRow
from booking.pricing.price import Tariff, tariff_for, withdrawal_fee
from tests.factories import ConditionsFactory, PriceListFactory

ON = date(2026, 5, 5)


@pytest.mark.parametrize(("kind", "net"), [("day", 5300), ("overnight", 8800)])
def test_the_list_decides_by_kind(db, kind, net):
    assert tariff_for(own_net=None, price_list=PriceListFactory(), kind=kind, on=ON).net == net


def test_no_row_is_not_decided_and_not_free(db):
    assert tariff_for(own_net=None, price_list=PriceListFactory(), kind="online", on=ON) is None


def test_no_list_is_not_decided(db):
    assert tariff_for(own_net=None, price_list=None, kind="day", on=ON) is None


def test_a_row_of_nought_is_free(db):
    prices = PriceListFactory()
    PriceRow.objects.create(price_list=prices, kind="online", valid_from=ON, net=0)

    assert tariff_for(own_net=None, price_list=prices, kind="online", on=ON).price.is_free


def test_the_latest_row_in_force_holds(db):
    prices = PriceListFactory()
    PriceRow.objects.create(price_list=prices, kind="day", valid_from=ON, net=5900)
    PriceRow.objects.create(price_list=prices, kind="day", valid_from=date(2027, 1, 1), net=6500)

    assert prices.row_for("day", on=date(2026, 5, 4)).net == 5300
    assert prices.row_for("day", on=ON).net == 5900


def test_a_sessions_own_price_keeps_the_lists_vat_and_inclusions(db):
    tariff = tariff_for(own_net=Decimal(1000), price_list=PriceListFactory(), kind="day", on=ON)

    assert tariff == Tariff(Decimal(1000), Decimal("0.25"), "Inkl. forplejning, ekskl. transport.")


def test_net_prices_are_whole_kroner(db):
    row = PriceRow(price_list=PriceListFactory(), kind="online", valid_from=ON, net=Decimal("99.50"))

    with pytest.raises(ValidationError) as refusal:
        row.full_clean()

    assert refusal.value.error_dict["net"][0].code == "not_whole_kroner"


RULE = {"free_days": 30, "share_days": 14, "share_percent": 50}


@pytest.mark.parametrize(
    ("rule", "withdrawn_on", "fee"),
    [
        ({}, date(2026, 1, 1), "5300"),
        (RULE, date(2026, 4, 5), "0"),
        (RULE, date(2026, 4, 6), "2650"),
        (RULE, date(2026, 4, 21), "2650"),
        (RULE, date(2026, 4, 22), "5300"),
        ({"free_days": 0}, ON, "0"),
    ],
    ids=["binding at once", "last free day", "first dear day", "last shared day", "too late", "free to the day"],
)
def test_a_withdrawal_costs_what_the_conditions_say(rule, withdrawn_on, fee):
    cost = withdrawal_fee(
        Tariff(Decimal(5300)), rule=ConditionsVersion(**rule), starts_on=ON, withdrawn_on=withdrawn_on
    )

    assert cost == Price.from_net(Decimal(fee))


def test_a_free_seat_costs_nothing_to_leave():
    assert withdrawal_fee(Tariff(Decimal(0)), rule=ConditionsVersion(), starts_on=ON, withdrawn_on=ON) == FREE


def test_the_newest_version_of_the_conditions_holds(db):
    conditions = ConditionsFactory()
    newest = conditions.versions.create(number=2, text="Nye.", created_at="2026-01-01T00:00Z")

    assert conditions.current() == newest
