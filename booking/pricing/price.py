"""What a session costs on a day, and what a withdrawal would cost. Not decided is no price at all, free is one of 0."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from booking.pricing.models import ConditionsVersion, PriceList, PriceRow, in_force
from booking.pricing.quote import NOTHING, Quote
from booking.pricing.rules import Asked, Per, Tariff
from booking.pricing.rules import quote as by_rule


@dataclass(frozen=True, slots=True)
class Prices:
    """All prices of one session at one moment: of its seats, and of the add-ons that it offers."""

    tariffs: tuple[Tariff, ...] = ()
    add_ons: tuple[Tariff, ...] = ()

    @property
    def is_decided(self) -> bool:
        return bool(self.tariffs)

    @property
    def general(self) -> Tariff | None:
        """What a seat costs everybody who has no price of their own; None while that is not decided."""
        seats = [tariff for tariff in self.tariffs if tariff.per == Per.SEAT and tariff.audience is None]
        return min(seats, key=lambda tariff: not tariff.is_own, default=None)

    @property
    def special(self) -> tuple[Tariff, ...]:
        """The prices beside the general one; where the session has its own, none of them counts."""
        if any(tariff.is_own for tariff in self.tariffs):
            return ()
        return tuple(tariff for tariff in self.tariffs if tariff.per != Per.SEAT or tariff.audience is not None)

    @property
    def audiences(self) -> frozenset[int]:
        """The ids of those that a price is made for: whoever asks for a quote must know which of them admit whom."""
        return frozenset(tariff.audience for tariff in self.special if tariff.audience is not None)

    @property
    def is_free(self) -> bool:
        """Free for everybody, whatever they choose."""
        return self.is_decided and all(tariff.price.is_free for tariff in (*self.tariffs, *self.add_ons))

    def quote(self, asked: Sequence[Asked], *, what: str) -> Quote:
        """What these seats cost. Raises PriceUndecided."""
        return by_rule(asked, tariffs=self.tariffs, add_ons=self.add_ons, what=what)


def prices_for(
    *, own_net: Decimal | None, price_list: PriceList | None, kind: str, add_ons: Iterable[int], on: date
) -> Prices:
    """The session's own price if it has one, else its list's on that day. ``add_ons`` are ids."""
    return prices_from(
        own_net=own_net, rows=price_list.rows_on(on) if price_list else [], kind=kind, add_ons=set(add_ons)
    )


def prices_from(*, own_net: Decimal | None, rows: Iterable[PriceRow], kind: str, add_ons: set[int]) -> Prices:
    """A session's own price takes VAT and inclusions from the list's general row, where there is one."""
    rows = list(rows)
    listed = Prices(
        tariffs=tuple(row.tariff for row in rows if row.kind == kind),
        add_ons=tuple(sorted((row.tariff for row in rows if row.add_on_id in add_ons), key=lambda tariff: tariff.name)),
    )
    if own_net is None:
        return listed
    own = replace(listed.general or Tariff(own_net), net=own_net, is_own=True)
    return replace(listed, tariffs=(own,))


def rows_in_force(price_lists: Iterable[int], *, on: date) -> dict[int, list[PriceRow]]:
    """The rows of many lists (ids) in force on that day, by list, in one query."""
    found: dict[int, list[PriceRow]] = {}
    for row in in_force(PriceRow.objects.filter(price_list__in=set(price_lists), valid_from__lte=on)):
        found.setdefault(row.price_list_id, []).append(row)
    return found


def withdrawal_fee(agreed: Quote, *, rule: ConditionsVersion, starts_on: date, withdrawn_on: date) -> Quote:
    """What a withdrawal costs that day: nothing, then a share in whole kroner, then all that was agreed."""
    if rule.free_days is not None and withdrawn_on <= starts_on - timedelta(days=rule.free_days):
        return NOTHING
    if rule.share_days is not None and withdrawn_on <= starts_on - timedelta(days=rule.share_days):
        return agreed.share(rule.share_percent)
    return agreed
