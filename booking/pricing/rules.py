"""How an order is priced: one list of rules, read from the top. Pure: no database, no clock, no request."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from booking.money import MOMS, Price
from booking.pricing.quote import Line, Quote


class Per(StrEnum):
    """What one price is the price of."""

    SEAT = "seat"
    PAIR = "pair"
    ORDER = "order"


class PriceUndecided(Exception):
    """Nobody has decided what one of the seats, or of what was added to it, costs. That is not the same as free."""


@dataclass(frozen=True, slots=True)
class Tariff:
    """A decided price in whole kroner, excluding VAT, and whom or what it is for.

    ``audience`` and ``add_on`` are ids. A price per order counts from so many seats on (``seats_from``).
    """

    net: Decimal
    vat_rate: Decimal = MOMS
    exempt_reason: str = ""
    includes: str = ""
    per: Per = Per.SEAT
    seats_from: int = 1
    audience: int | None = None
    add_on: int | None = None
    name: str = ""  # of the audience or the add-on
    is_own: bool = False  # the session's own, whatever its list says

    @property
    def price(self) -> Price:
        return Price.from_net(self.net, self.vat_rate)

    @property
    def words(self) -> str:
        """Whom or what it is the price for."""
        match self.per:
            case Per.PAIR:
                return _("A pair")
            case Per.ORDER:
                return _("A whole order from %(count)d persons") % {"count": self.seats_from}
        return self.name or _("Everybody")

    def line(self, description: str, *seats: int) -> Line:
        return Line(
            description=description,
            unit_net=self.net,
            vat_rate=self.vat_rate,
            exempt_reason=self.exempt_reason,
            includes=self.includes,
            seats=seats,
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """A seat as it is asked for: the audiences that let its participant in, its pair, and what is added to it.

    The two of a pair have the same ``pair``. ``add_ons`` are ids.
    """

    audiences: frozenset[int] = frozenset()
    pair: str = ""
    add_ons: tuple[int, ...] = ()


Seats = Mapping[int, Asked]
Rule = Callable[[Seats, Sequence[Tariff], str], list[Line]]


def own_price(seats: Seats, tariffs: Sequence[Tariff], what: str) -> list[Line]:
    """The session has a price of its own: every seat costs that."""
    own = [tariff for tariff in tariffs if tariff.is_own]
    return [own[0].line(what, seat) for seat in seats] if own else []


def whole_order_price(seats: Seats, tariffs: Sequence[Tariff], what: str) -> list[Line]:
    """The list has a price for a whole order of so many: it is paid once. The one that asks for most seats counts."""
    fitting = [tariff for tariff in tariffs if tariff.per == Per.ORDER and tariff.seats_from <= len(seats)]
    if not fitting:
        return []
    tariff = max(fitting, key=lambda tariff: (tariff.seats_from, -tariff.net))
    words = ngettext(
        "%(what)s, one price for %(count)d person", "%(what)s, one price for %(count)d persons", len(seats)
    )
    return [tariff.line(words % {"what": what, "count": len(seats)}, *seats)]


def pair_price(seats: Seats, tariffs: Sequence[Tariff], what: str) -> list[Line]:
    """The list has a price for two who come as a pair: they share it."""
    for_pairs = [tariff for tariff in tariffs if tariff.per == Per.PAIR]
    if not for_pairs:
        return []
    pairs: dict[str, list[int]] = {}
    for seat, asked in seats.items():
        if asked.pair:
            pairs.setdefault(asked.pair, []).append(seat)
    words = _("%(what)s, one price for the pair") % {"what": what}
    return [for_pairs[0].line(words, *pair) for pair in pairs.values() if len(pair) == 2]


def audience_price(seats: Seats, tariffs: Sequence[Tariff], what: str) -> list[Line]:
    """The list has a price for those whom an audience lets in: they pay that; where several fit, the lowest."""
    lines = []
    for seat, asked in seats.items():
        fitting = [tariff for tariff in tariffs if tariff.per == Per.SEAT and tariff.audience in asked.audiences]
        if fitting:
            tariff = min(fitting, key=lambda tariff: (tariff.net, tariff.name))
            words = _("%(what)s, price for %(audience)s") % {"what": what, "audience": in_a_sentence(tariff.name)}
            lines.append(tariff.line(words, seat))
    return lines


def general_price(seats: Seats, tariffs: Sequence[Tariff], what: str) -> list[Line]:
    """Everybody else pays what a seat costs on the list."""
    general = [tariff for tariff in tariffs if tariff.per == Per.SEAT and tariff.audience is None]
    return [general[0].line(what, seat) for seat in seats] if general else []


#: A seat is priced by the first of these that has a price for it; beside each, what staff read of it.
RULES_IN_WORDS: dict[Rule, Any] = {
    own_price: gettext_lazy("If the session has a price of its own, every seat costs that."),
    whole_order_price: gettext_lazy(
        "If the order is of so many persons that it has one price in all, that is paid once."
    ),
    pair_price: gettext_lazy("If two come as a pair, and pairs have a price, they pay it together."),
    audience_price: gettext_lazy("If an audience has a price, those it admits pay that; the lowest, if several fit."),
    general_price: gettext_lazy("Everybody else pays the price for everybody."),
}
RULES: tuple[Rule, ...] = tuple(RULES_IN_WORDS)


def quote(asked: Sequence[Asked], *, tariffs: Sequence[Tariff], add_ons: Sequence[Tariff], what: str) -> Quote:
    """What these seats cost, and what is added to them. Raises PriceUndecided.

    ``what`` names the session in the lines.
    """
    left = dict(enumerate(asked))
    lines: list[Line] = []
    for rule in RULES:
        found = rule(left, tariffs, what)
        lines += found
        for line in found:
            for seat in line.seats:
                del left[seat]
    if left:
        raise PriceUndecided
    priced = {tariff.add_on: tariff for tariff in add_ons}
    for seat, one in enumerate(asked):
        for add_on in dict.fromkeys(one.add_ons):  # named twice is chosen once
            if add_on not in priced:
                raise PriceUndecided
            lines.append(priced[add_on].line(priced[add_on].name, seat))
    return Quote.of(lines)


def in_a_sentence(name: str) -> str:
    """A name without the capital it begins a line with: "borgmestre"; an abbreviation keeps it: "KL's bestyrelse"."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]
