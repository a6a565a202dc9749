"""The lines of what was agreed, as they stood when somebody said yes to them."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from booking.pricing.models import NetField
from booking.pricing.quote import Line

if TYPE_CHECKING:
    from booking.signup.bookings import Booking


class FrozenLine(models.Model):
    """A line of a quote, as it stood when somebody said yes to it."""

    description = models.CharField(_("description"), max_length=300)
    quantity = models.PositiveSmallIntegerField(_("quantity"), default=1)
    unit_net = NetField(_("price each, excluding VAT"))
    vat_rate = models.DecimalField(_("VAT rate"), max_digits=4, decimal_places=2)
    exempt_reason = models.CharField(_("why there is no VAT"), max_length=200, blank=True)
    includes = models.CharField(_("included and not"), max_length=200, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.description

    @classmethod
    def frozen(cls, line: Line, **belongs_to) -> "FrozenLine":
        """The row for a quote's line."""
        return cls(
            description=line.description[:300],
            quantity=line.quantity,
            unit_net=line.unit_net,
            vat_rate=line.vat_rate,
            exempt_reason=line.exempt_reason,
            includes=line.includes,
            **belongs_to,
        )

    @property
    def line(self) -> Line:
        """The line as quotes know it."""
        return Line(
            description=self.description,
            unit_net=self.unit_net,
            quantity=self.quantity,
            vat_rate=self.vat_rate,
            exempt_reason=self.exempt_reason,
            includes=self.includes,
        )


class OrderLine(FrozenLine):
    """One line of what was agreed, as it stood in the quote that was accepted.

    It stands at one booking, and pays for so many ``seats``: a price that a pair or a whole order shares is at the
    first of them, so that bookings add up to orders. When that one is given up, it moves to another who shares it.
    """

    booking = models.ForeignKey(
        "booking.Booking", verbose_name=_("booking"), on_delete=models.PROTECT, related_name="lines"
    )
    seats = models.PositiveSmallIntegerField(_("seats"), default=1)
    #: The bookings that share it; none for a seat's own price.
    shared_by = models.ManyToManyField("booking.Booking", related_name="shared_lines")

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["booking", "-unit_net", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(unit_net__gte=0), name="order_line_not_negative"),
            models.CheckConstraint(condition=Q(quantity__gte=1, seats__gte=1), name="order_line_is_of_something"),
        ]

    def heir(self) -> "Booking | None":
        """Who carries a shared price on when its booking is given up: whoever has a seat, before those who wait."""
        if self.seats == 1:
            return None
        others = self.shared_by.active().exclude(pk=self.booking_id)
        return min(others, key=lambda other: (not other.is_seated, other.pk), default=None)
