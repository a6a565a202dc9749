"""What a session costs on a day, and what a withdrawal would cost. Not decided is None, free is a price of 0."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from booking.money import FREE, MOMS, Price, share_of
from booking.pricing.models import ConditionsVersion, PriceList, PriceRow


@dataclass(frozen=True, slots=True)
class Tariff:
    """A decided price for one seat: the amount, the VAT rate it was made with, and what it includes."""

    net: Decimal
    vat_rate: Decimal = MOMS
    includes: str = ""

    @property
    def price(self) -> Price:
        return Price.from_net(self.net, self.vat_rate)


def tariff_for(*, own_net: Decimal | None, price_list: PriceList | None, kind: str, on: date) -> Tariff | None:
    """The session's own price if it has one, else its list's price on that day, else None: not decided."""
    row = price_list.row_for(kind, on=on) if price_list else None
    return tariff_from(own_net=own_net, row=row)


def tariff_from(*, own_net: Decimal | None, row: PriceRow | None) -> Tariff | None:
    """A session's own price takes VAT rate and inclusions from the list's row, where there is one."""
    if own_net is None:
        return Tariff(net=row.net, vat_rate=row.vat_rate, includes=row.includes) if row else None
    if row is None:
        return Tariff(net=own_net)
    return Tariff(net=own_net, vat_rate=row.vat_rate, includes=row.includes)


def rows_in_force(price_lists: Iterable[int], *, on: date) -> dict[tuple[int, str], PriceRow]:
    """The rows of many lists (ids) in force on that day, by list and kind of session, in one query."""
    rows = PriceRow.objects.filter(price_list__in=set(price_lists), valid_from__lte=on).order_by("valid_from")
    return {(row.price_list_id, row.kind): row for row in rows}  # a later row takes the place of an earlier one


def withdrawal_fee(tariff: Tariff, *, rule: ConditionsVersion, starts_on: date, withdrawn_on: date) -> Price:
    """What a withdrawal costs that day: nothing, then a share in whole kroner, then the full price."""
    if rule.free_days is not None and withdrawn_on <= starts_on - timedelta(days=rule.free_days):
        return FREE
    if rule.share_days is not None and withdrawn_on <= starts_on - timedelta(days=rule.share_days):
        return Price.from_net(share_of(tariff.net, rule.share_percent), tariff.vat_rate)
    return tariff.price
