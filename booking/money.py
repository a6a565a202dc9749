"""Kroner and moms. Pure: no database, no clock, no request."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

MOMS = Decimal("0.25")
ORE = Decimal("0.01")
KRONE = Decimal("1")


@dataclass(frozen=True, slots=True)
class Price:
    """Danish kroner, net and VAT. The gross is derived, so the parts always add up."""

    net: Decimal
    vat: Decimal

    @classmethod
    def from_net(cls, net: Decimal, rate: Decimal = MOMS) -> "Price":
        """Add VAT to ``net`` (whole kroner, so 25 % is exact), halves up where a rate needs rounding.

        Source: momsloven § 33 (rate); EN 16931, BR-CO-17 (rounding).
        """
        return cls(net=net.quantize(ORE), vat=(net * rate).quantize(ORE, ROUND_HALF_UP))

    @property
    def gross(self) -> Decimal:
        return self.net + self.vat

    @property
    def is_free(self) -> bool:
        return self.net == 0

    def __add__(self, other: "Price") -> "Price":
        return Price(net=self.net + other.net, vat=self.vat + other.vat)


FREE = Price(net=Decimal("0.00"), vat=Decimal("0.00"))


def share_of(net: Decimal, percent: int) -> Decimal:
    """``percent`` of ``net``, rounded to whole kroner (halves up) so that its VAT is exact."""
    return (net * percent / 100).quantize(KRONE, ROUND_HALF_UP)


def danish_amount(amount: Decimal) -> str:
    """``8800`` as ``8.800,00``: dot for thousands, comma for øre, always two decimals."""
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def kroner(amount: Decimal) -> str:
    """``8800`` as ``8.800,00 kr.``"""
    return f"{danish_amount(amount)} kr."


def danish_percent(rate: Decimal) -> str:
    """``0.25`` as ``25 %``; parts of a per cent are written with a comma."""
    return f"{(rate * 100).normalize():f} %".replace(".", ",")
