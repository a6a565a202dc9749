"""Money that moves, as the books have it, and how an amount falls into net and VAT. Pure: no database, no clock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from booking.money import ORE

NOTHING = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Part:
    """What of an amount is at one rate of VAT. Negative when the money goes out."""

    rate: Decimal
    net: Decimal
    vat: Decimal

    @property
    def gross(self) -> Decimal:
        return self.net + self.vat

    def __add__(self, other: "Part") -> "Part":
        return Part(self.rate, self.net + other.net, self.vat + other.vat)

    def __neg__(self) -> "Part":
        return Part(self.rate, -self.net, -self.vat)


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that came or went, once and on a day; what is out of the house is negative.

    ``kind`` is what staff call it. ``numbers`` are what others know it by, such as Stripe.
    """

    at: datetime
    kind: str
    reference: str
    payer: str
    payer_cvr: str
    session: str
    seller: str
    parts: tuple[Part, ...]
    numbers: tuple[str, ...]
    reason: str

    @property
    def gross(self) -> Decimal:
        return sum((part.gross for part in self.parts), NOTHING)


def by_rate(parts: Iterable[Part]) -> list[Part]:
    """One part a rate, the highest first."""
    found: dict[Decimal, Part] = {}
    for part in parts:
        found[part.rate] = found[part.rate] + part if part.rate in found else part
    return sorted(found.values(), key=lambda part: -part.rate)


def share_out(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """``amount`` (0 or more) in the proportions of ``weights``, to the øre and without losing one.

    The øre that are left over go one each to those who were cut most, the first first. Where all weights are 0, the
    first takes all. No share of an amount within the sum of the weights is greater than its weight.
    """
    total = sum(weights, NOTHING)
    if total == 0:
        weights = [ORE] + [NOTHING] * (len(weights) - 1)
        total = ORE
    exact = [amount * weight / total for weight in weights]
    shares = [share // ORE * ORE for share in exact]
    left = int((amount - sum(shares, NOTHING)) / ORE)
    cut_most = sorted(range(len(shares)), key=lambda place: shares[place] - exact[place])
    for place in cut_most[:left]:
        shares[place] += ORE
    return shares


def split(amount: Decimal, parts: Sequence[Part]) -> list[Part]:
    """``amount`` in the proportions of ``parts``: over the rates, and at each rate into net and VAT."""
    shares = share_out(amount, [weight for part in parts for weight in (part.net, part.vat)])
    return [Part(part.rate, net, vat) for part, net, vat in zip(parts, shares[::2], shares[1::2], strict=True)]


def take(amount: Decimal, kept: Sequence[Part], *, first: Sequence[Part] = ()) -> list[Part]:
    """What of ``kept`` goes when ``amount`` is given back: as much as can be from ``first``, the rest from the rest.

    Taken in any number of pieces, the pieces add up to what was kept, net and VAT.
    """
    preferred = {part.rate: part for part in by_rate(first)}
    none = Part(NOTHING, NOTHING, NOTHING)
    wanted = [
        Part(
            part.rate,
            min(part.net, preferred.get(part.rate, none).net),
            min(part.vat, preferred.get(part.rate, none).vat),
        )
        for part in kept
    ]
    from_first = min(amount, sum((part.gross for part in wanted), NOTHING))
    others = [part + -one for part, one in zip(kept, wanted, strict=True)]
    taken = split(from_first, wanted)
    if amount > from_first:
        taken = [one + other for one, other in zip(taken, split(amount - from_first, others), strict=True)]
    return taken
