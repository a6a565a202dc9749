"""A quote: what something costs, line by line. Pure: no database, no clock, no request.

Page, form, button, mail, card charge and invoice are all made from it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.translation import gettext as _

from booking.money import MOMS, Price, danish_percent, kroner, share_of


@dataclass(frozen=True, slots=True)
class Line:
    """So many of one thing, each at one net price in whole kroner.

    ``exempt_reason`` is the law that lets a line go without VAT. ``seats`` are the places in the order that the line
    pays for: one for a seat of its own, several for a price that they share.
    """

    description: str
    unit_net: Decimal
    quantity: int = 1
    vat_rate: Decimal = MOMS
    exempt_reason: str = ""
    includes: str = ""
    seats: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.quantity < 1 or self.unit_net < 0 or self.unit_net != self.unit_net.to_integral_value():
            raise ValueError(f"{self.quantity} of {self.unit_net}")

    @property
    def net(self) -> Decimal:
        return self.unit_net * self.quantity

    @property
    def words(self) -> str:
        """What it is, and how many if there are several."""
        if self.quantity == 1:
            return self.description
        return _("%(what)s: %(quantity)d at %(unit)s") % {
            "what": self.description,
            "quantity": self.quantity,
            "unit": kroner(self.unit_net),
        }

    @property
    def price(self) -> Price:
        """The line alone; a document reckons its VAT once for each rate, which comes to the same in whole kroner."""
        return Price.from_net(self.net, self.vat_rate)


@dataclass(frozen=True, slots=True)
class VatLine:
    """The VAT at one rate, reckoned of all that is sold at it, or why there is none."""

    rate: Decimal
    exempt_reason: str
    net: Decimal

    @property
    def vat(self) -> Decimal:
        return Price.from_net(self.net, self.rate).vat

    @property
    def words(self) -> str:
        """ "25 % moms", or that there is none on so much of it, and by which law."""
        if not self.rate:
            return _("No VAT on %(net)s: %(reason)s") % {"net": kroner(self.net), "reason": self.exempt_reason}
        return _("VAT, %(rate)s") % {"rate": danish_percent(self.rate)}


def _place(line: Line) -> tuple:
    """The dearest first, then by name: an order that says nothing of how the lines came."""
    return (
        -line.unit_net,
        line.description,
        -line.vat_rate,
        line.exempt_reason,
        line.includes,
        line.quantity,
        line.seats,
    )


@dataclass(frozen=True, slots=True)
class Quote:
    """Lines, the VAT at each rate, and the total. The order that lines come in makes no difference."""

    lines: tuple[Line, ...] = ()

    @classmethod
    def of(cls, lines: Iterable[Line]) -> "Quote":
        return cls(tuple(lines))

    def __post_init__(self) -> None:
        object.__setattr__(self, "lines", tuple(sorted(self.lines, key=_place)))

    @property
    def net(self) -> Decimal:
        return sum((line.net for line in self.lines), Decimal("0.00"))

    @property
    def vat_lines(self) -> tuple[VatLine, ...]:
        """The highest rate first."""
        sold: dict[tuple[Decimal, str], Decimal] = {}
        for line in self.lines:
            key = (line.vat_rate, line.exempt_reason)
            sold[key] = sold.get(key, Decimal(0)) + line.net
        return tuple(
            VatLine(rate, reason, net)
            for (rate, reason), net in sorted(sold.items(), key=lambda item: (-item[0][0], item[0][1]))
            if net
        )

    @property
    def vat(self) -> Decimal:
        return sum((part.vat for part in self.vat_lines), Decimal("0.00"))

    @property
    def gross(self) -> Decimal:
        return self.net + self.vat

    @property
    def price(self) -> Price:
        return Price(net=self.net, vat=self.vat)

    @property
    def is_free(self) -> bool:
        return self.net == 0

    @property
    def includes(self) -> tuple[str, ...]:
        """What the lines say is included and not, each once."""
        return tuple(dict.fromkeys(line.includes for line in self.lines if line.includes))

    @property
    def shown(self) -> str:
        """The sums as a form carries them: net and VAT, so that neither can change unseen."""
        return f"{self.net:.2f}+{self.vat:.2f}"

    def gathered(self) -> tuple[Line, ...]:
        """The lines as a reader wants them: what is the same thing at the same price stands once, with its number."""
        quantities: dict[Line, int] = {}
        for line in self.lines:
            same = replace(line, quantity=1, seats=())
            quantities[same] = quantities.get(same, 0) + line.quantity
        return tuple(replace(line, quantity=quantity) for line, quantity in quantities.items())

    def share(self, percent: int) -> "Quote":
        """So many per cent of every line, each rounded to whole kroner, so that the VAT is exact here too."""
        return Quote.of(
            replace(
                line,
                description=_("%(percent)d %% of: %(what)s") % {"percent": percent, "what": line.description},
                unit_net=share_of(line.net, percent),
                quantity=1,
            )
            for line in self.lines
        )

    def explained(self) -> list[str]:
        """How the total comes about, a sentence for each step."""
        if self.is_free:
            return [_("It is free of charge.")]
        steps = [_line_explained(line) for line in self.gathered()]
        for part in self.vat_lines:
            steps.append(_vat_explained(part))
        return [*steps, _("In all, including VAT: %(gross)s") % {"gross": kroner(self.gross)}]

    def __add__(self, other: "Quote") -> "Quote":
        return Quote.of((*self.lines, *other.lines))


NOTHING = Quote()


def _line_explained(line: Line) -> str:
    if not line.net:
        return _("%(what)s: free of charge") % {"what": line.description}
    if line.quantity == 1:
        return _("%(what)s: %(net)s") % {"what": line.description, "net": kroner(line.net)}
    return _("%(what)s = %(net)s") % {"what": line.words, "net": kroner(line.net)}


def _vat_explained(part: VatLine) -> str:
    if not part.rate:
        return part.words
    return _("%(rate)s VAT on %(net)s = %(vat)s") % {
        "rate": danish_percent(part.rate),
        "net": kroner(part.net),
        "vat": kroner(part.vat),
    }
