"""Who sells, what it costs, and on what conditions."""

from datetime import date
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel

from booking.money import KRONE, MOMS


class SessionKind(models.TextChoices):
    DAY = "day", _("day session")
    ONLINE = "online", _("online meeting")
    OVERNIGHT = "overnight", _("overnight session")


def validate_whole_kroner(amount: Decimal) -> None:
    """Net amounts are whole kroner, so that 25 % is exact and every sum agrees."""
    if amount != amount.to_integral_value():
        raise ValidationError(_("Write a whole number of kroner, without øre."), code="not_whole_kroner")


class WholeKronerField(forms.DecimalField):
    """Shows 5300, not 5300.00, which a Danish eye reads as half a million."""

    def prepare_value(self, value):
        if isinstance(value, Decimal) and value == value.to_integral_value():
            return str(value.quantize(KRONE))
        return super().prepare_value(value)


class NetField(models.DecimalField):
    """Net kroner, whole and not negative."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("max_digits", 10)
        kwargs.setdefault("decimal_places", 2)
        super().__init__(*args, **kwargs)
        self.validators = [*self.validators, MinValueValidator(Decimal(0)), validate_whole_kroner]

    def formfield(self, **kwargs):
        return super().formfield(**{"form_class": WholeKronerField, **kwargs})


class Seller(models.Model):
    """Who sends the invoice: KL or Komponent."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    cvr = models.CharField(_("CVR number"), max_length=8, blank=True, validators=[RegexValidator(r"^\d{8}$")])

    class Meta:
        verbose_name = _("seller")
        verbose_name_plural = _("sellers")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PriceList(ClusterableModel):
    """What a seller charges by kind of session. Sessions point at the list, so a new row reaches them all."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    seller = models.ForeignKey(Seller, verbose_name=_("seller"), on_delete=models.PROTECT, related_name="price_lists")
    takes_cards = models.BooleanField(
        _("may be paid by card"),
        default=False,
        help_text=_("Where the site takes cards, the booker can choose to pay at once instead of by invoice."),
    )

    class Meta:
        verbose_name = _("price list")
        verbose_name_plural = _("price lists")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def row_for(self, kind: str, *, on: date) -> "PriceRow | None":
        """The row in force on ``on``: the latest that has come into force. None is not decided, not free."""
        return self.rows.filter(kind=kind, valid_from__lte=on).order_by("-valid_from").first()


class PriceRow(models.Model):
    """The net price of one kind of session from a day on; 0 is free, no row at all is not decided."""

    price_list = ParentalKey(PriceList, on_delete=models.CASCADE, related_name="rows")
    kind = models.CharField(_("kind of session"), max_length=12, choices=SessionKind.choices)
    valid_from = models.DateField(_("valid from"))
    net = NetField(_("kroner, excluding VAT"), help_text=_("Whole kroner. 0 means free."))
    vat_rate = models.DecimalField(
        _("VAT rate"),
        max_digits=4,
        decimal_places=2,
        default=MOMS,
        choices=[(MOMS, _("25 %")), (Decimal("0.00"), _("no VAT"))],
    )
    includes = models.CharField(
        _("included and not"), max_length=200, blank=True, help_text=_("One sentence, shown beside the price.")
    )

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        ordering = ["kind", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["price_list", "kind", "valid_from"],
                name="one_price_per_kind_and_day",
                violation_error_message=_("The list already has a price for this kind from this day."),
            ),
            models.CheckConstraint(condition=Q(net__gte=0), name="price_row_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.net}"


class Conditions(models.Model):
    """The conditions of a sign-up, by name; what they say stands in their versions."""

    name = models.CharField(_("name"), max_length=80, unique=True)

    class Meta:
        verbose_name = _("conditions")
        verbose_name_plural = _("conditions")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def current(self) -> "ConditionsVersion | None":
        """The version that new bookings accept."""
        return self.versions.order_by("-number").first()


class ConditionsVersion(models.Model):
    """What somebody accepted: a text and its rule for withdrawal. A version that was accepted is never changed.

    The rule reads: free until ``free_days`` before the start (never, if empty); after that ``share_percent`` of the
    price until ``share_days`` before the start (if set); after that the whole price.
    """

    conditions = models.ForeignKey(Conditions, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(_("version"))
    text = models.TextField(_("text"), help_text=_("Separate paragraphs by an empty line."))
    free_days = models.PositiveSmallIntegerField(
        _("free withdrawal until this many days before"),
        null=True,
        blank=True,
        help_text=_("Leave empty if the sign-up is binding at once."),
    )
    share_days = models.PositiveSmallIntegerField(
        _("part of the price until this many days before"), null=True, blank=True
    )
    share_percent = models.PositiveSmallIntegerField(
        _("that part, in per cent"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(99)],
    )
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("version of conditions")
        verbose_name_plural = _("versions of conditions")
        ordering = ["conditions", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["conditions", "number"], name="one_text_per_version"),
        ]

    def __str__(self) -> str:
        return _("%(name)s, version %(number)d") % {"name": self.conditions.name, "number": self.number}

    def clean(self):
        if (self.share_days is None) != (self.share_percent is None):
            raise ValidationError(_("Give both the number of days and the per cent, or neither."))
        if self.share_days is not None and self.free_days is not None and self.share_days >= self.free_days:
            raise ValidationError({"share_days": _("This must be fewer days than the free withdrawal.")})
