from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from booking.money import Price
from booking.pricing.models import AddOn, ConditionsVersion, PriceRow
from booking.pricing.price import prices_for, rows_in_force, withdrawal_fee
from booking.pricing.quote import Line, Quote
from booking.pricing.rules import Tariff
from tests.factories import AudienceFactory, ConditionsFactory, PriceListFactory

ON = date(2026, 5, 5)


def prices_of(kind="day", *, own_net=None, price_list=None, add_ons=(), on=ON):
    return prices_for(own_net=own_net, price_list=price_list, kind=kind, add_ons=add_ons, on=on)


def row(price_list, net, valid_from=ON, **changes):
    return PriceRow.objects.create(price_list=price_list, net=net, valid_from=valid_from, **({"kind": "day"} | changes))


@pytest.mark.parametrize(("kind", "net"), [("day", 5300), ("overnight", 8800)])
def test_the_list_decides_by_kind(db, kind, net):
    assert prices_of(kind, price_list=PriceListFactory()).general.net == net


def test_no_row_is_not_decided_and_not_free(db):
    prices = prices_of("online", price_list=PriceListFactory())

    assert (prices.is_decided, prices.is_free) == (False, False)


def test_no_list_is_not_decided(db):
    assert not prices_of().is_decided


def test_a_row_of_nought_is_free(db):
    prices = PriceListFactory()
    row(prices, 0, kind="online")

    assert prices_of("online", price_list=prices).is_free


def test_the_latest_row_in_force_holds(db):
    prices = PriceListFactory()
    row(prices, 5900)
    row(prices, 6500, date(2027, 1, 1))

    assert prices_of(price_list=prices, on=date(2026, 5, 4)).general.net == 5300
    assert prices_of(price_list=prices).general.net == 5900


def test_the_price_for_some_stands_beside_the_price_for_all(db):
    prices, directors = PriceListFactory(), AudienceFactory(name="Kommunaldirektører")
    row(prices, 3000, audience=directors)
    row(prices, 3200, date(2026, 5, 6), audience=directors)

    found = prices_of(price_list=prices)

    assert found.general.net == 5300
    assert [(tariff.name, tariff.net) for tariff in found.special] == [("Kommunaldirektører", 3000)]


def test_a_session_offers_the_add_ons_that_it_names_and_the_list_prices(db):
    prices = PriceListFactory()
    night, dinner = AddOn.objects.create(name="Ekstra overnatning"), AddOn.objects.create(name="Ledsager til middag")
    unpriced = AddOn.objects.create(name="Massage")
    row(prices, 900, kind="", add_on=night)
    row(prices, 600, kind="", add_on=dinner)

    found = prices_of(price_list=prices, add_ons=[night.pk, unpriced.pk])

    assert [(tariff.name, tariff.net) for tariff in found.add_ons] == [("Ekstra overnatning", 900)]


def test_a_sessions_own_price_keeps_the_lists_vat_and_inclusions_and_counts_for_all(db):
    prices = PriceListFactory()
    row(prices, 3000, audience=AudienceFactory())

    found = prices_of(own_net=Decimal(1000), price_list=prices)

    assert found.tariffs == (Tariff(Decimal(1000), includes="Inkl. forplejning, ekskl. transport.", is_own=True),)
    assert found.special == ()


def test_a_listing_finds_the_prices_of_all_its_lists_at_once(db, django_assert_num_queries):
    lists = [PriceListFactory(name=f"Liste {number}") for number in range(3)]

    with django_assert_num_queries(1):
        found = rows_in_force([one.pk for one in lists], on=ON)

    assert sorted(found) == sorted(one.pk for one in lists)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": ""}, "kind"),
        ({"vat_rate": Decimal("0.00")}, "exempt_reason"),
        ({"exempt_reason": "Momslovens § 13, stk. 1, nr. 3"}, "exempt_reason"),
        ({"seats_from": 10}, "seats_from"),
        ({"per": "order", "seats_from": 0}, "seats_from"),
    ],
)
def test_a_price_that_makes_no_sense_is_refused_beside_its_field(db, wrong, field):
    price = PriceRow(**({"price_list": PriceListFactory(), "kind": "day", "valid_from": ON, "net": 1} | wrong))

    with pytest.raises(ValidationError) as refusal:
        price.full_clean()

    assert field in refusal.value.error_dict


def test_one_thing_has_one_price_from_a_day(db):
    prices = PriceListFactory()
    row(prices, 5900)

    with pytest.raises(IntegrityError), transaction.atomic():
        row(prices, 6000)


def test_net_prices_are_whole_kroner(db):
    row = PriceRow(price_list=PriceListFactory(), kind="online", valid_from=ON, net=Decimal("99.50"))

    with pytest.raises(ValidationError) as refusal:
        row.full_clean()

    assert refusal.value.error_dict["net"][0].code == "not_whole_kroner"


DAY = Quote.of([Line("Ny som borgmester", Decimal(5300))])
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
    cost = withdrawal_fee(DAY, rule=ConditionsVersion(**rule), starts_on=ON, withdrawn_on=withdrawn_on)

    assert cost.price == Price.from_net(Decimal(fee))


def test_a_free_seat_costs_nothing_to_leave():
    free = Quote.of([Line("Ny som borgmester", Decimal(0))])

    assert withdrawal_fee(free, rule=ConditionsVersion(), starts_on=ON, withdrawn_on=ON).is_free


def test_the_newest_version_of_the_conditions_holds(db):
    conditions = ConditionsFactory()
    newest = conditions.versions.create(number=2, text="Nye.", created_at="2026-01-01T00:00Z")

    assert conditions.current() == newest
