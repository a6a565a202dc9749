"""Who sells, what it costs, and on what conditions."""

from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from stdnum.dk import cvr

from booking.money import MOMS
from booking.people.audiences import Audience
from booking.pricing.fields import WholeKronerField
from booking.pricing.rules import Per, Tariff, in_a_sentence


class SessionKind(models.TextChoices):
    DAY = "day", _("day session")
    ONLINE = "online", _("online meeting")
    OVERNIGHT = "overnight", _("overnight session")


def validate_whole_kroner(amount: Decimal) -> None:
    """Net amounts are whole kroner, so that 25 % is exact and every sum agrees."""
    if amount != amount.to_integral_value():
        raise ValidationError(_("Write a whole number of kroner, without øre."), code="not_whole_kroner")


class NetField(models.DecimalField):
    """Net kroner, whole and not negative."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("max_digits", 10)
        kwargs.setdefault("decimal_places", 2)
        super().__init__(*args, **kwargs)
        self.validators = [*self.validators, MinValueValidator(Decimal(0)), validate_whole_kroner]

    def formfield(self, **kwargs):
        return super().formfield(**{"form_class": WholeKronerField, **kwargs})


def validate_cvr(number: str) -> None:
    """A CVR number has eight digits, and a weighted sum of them tells most slips. Source: Erhvervsstyrelsen."""
    if not cvr.is_valid(number):
        raise ValidationError(_("This is not a CVR number: check its eight digits."), code="cvr")


def _digits(pattern: str, message) -> RegexValidator:
    return RegexValidator(rf"^{pattern}$", message)


class Seller(models.Model):
    """Who sends the invoice and gets the money: KL or Komponent."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    cvr = models.CharField(_("CVR number"), max_length=8, blank=True, validators=[validate_cvr])
    street = models.CharField(_("street"), max_length=120, blank=True)
    postcode = models.CharField(
        _("postcode"), max_length=4, blank=True, validators=[_digits(r"\d{4}", _("A postcode has four digits."))]
    )
    city = models.CharField(_("town"), max_length=60, blank=True)
    bank_registration = models.CharField(
        _("bank registration number"),
        max_length=4,
        blank=True,
        validators=[_digits(r"\d{4}", _("A registration number has four digits."))],
    )
    bank_account = models.CharField(
        _("bank account"),
        max_length=10,
        blank=True,
        validators=[_digits(r"\d{6,10}", _("An account number has six to ten digits."))],
    )
    fik_creditor = models.CharField(
        _("FIK creditor number"),
        max_length=8,
        blank=True,
        validators=[_digits(r"\d{8}", _("A creditor number has eight digits."))],
        help_text=_("For payment slips of kind 71. Leave empty to be paid to the bank account."),
    )

    class Meta:
        verbose_name = _("seller")
        verbose_name_plural = _("sellers")
        ordering = ["name"]
        constraints = [
            # Each seller has series of its own, and their numbers are unique for a CVR number and for a creditor.
            models.UniqueConstraint(
                fields=["cvr"],
                condition=~Q(cvr=""),
                name="one_seller_per_cvr_number",
                violation_error_message=_("Another seller has this CVR number."),
            ),
            models.UniqueConstraint(
                fields=["fik_creditor"],
                condition=~Q(fik_creditor=""),
                name="one_seller_per_creditor_number",
                violation_error_message=_("Another seller has this FIK creditor number."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self):
        if bool(self.bank_registration) != bool(self.bank_account):
            missing = "bank_account" if self.bank_registration else "bank_registration"
            raise ValidationError({missing: _("A bank account has both a registration number and an account number.")})

    @property
    def address(self) -> str:
        """One line: street, postcode and town, as far as they are known."""
        return ", ".join(part for part in (self.street, f"{self.postcode} {self.city}".strip()) if part)


class AddOn(models.Model):
    """Something that a session may offer beside the seat, such as an extra night. What it costs stands on the lists."""

    name = models.CharField(_("name"), max_length=80, unique=True, help_text=_("As it stands in the form."))

    class Meta:
        verbose_name = _("add-on")
        verbose_name_plural = _("add-ons")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PriceOf(models.TextChoices):
    """What one price is the price of, in words; the rules are in ``rules.py``."""

    SEAT = Per.SEAT, _("one seat")
    PAIR = Per.PAIR, _("a pair")
    ORDER = Per.ORDER, _("a whole order")


class Invoiced(models.TextChoices):
    """When what is sold is invoiced."""

    HELD = "held", _("when the session has been held")
    BOOKED = "booked", _("at booking")
    MONTHLY = "monthly", _("once a month, for the sessions of the month before")


class PriceList(ClusterableModel):
    """What a seller charges by kind of session. Sessions point at the list, so a new row reaches them all."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    seller = models.ForeignKey(Seller, verbose_name=_("seller"), on_delete=models.PROTECT, related_name="price_lists")
    takes_cards = models.BooleanField(
        _("may be paid by card"),
        default=False,
        help_text=_("Where the site takes cards, the booker can choose to pay at once instead of by invoice."),
    )

    invoiced = models.CharField(_("invoiced"), max_length=8, choices=Invoiced.choices, default=Invoiced.HELD)

    class Meta:
        verbose_name = _("price list")
        verbose_name_plural = _("price lists")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def rows_on(self, day: date) -> "list[PriceRow]":
        """The rows in force on ``day``: of those for the same thing, the latest that has come into force."""
        return in_force(self.rows.filter(valid_from__lte=day))


class PriceRow(models.Model):
    """A net price from a day on: of a kind of session, for everybody or for an audience, or of an add-on.

    0 is free; no row at all is not decided.
    """

    price_list = ParentalKey(PriceList, on_delete=models.CASCADE, related_name="rows")
    kind = models.CharField(_("kind of session"), max_length=12, choices=SessionKind.choices, blank=True)
    add_on = models.ForeignKey(
        AddOn,
        verbose_name=_("or add-on"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="prices",
    )
    audience = models.ForeignKey(
        Audience,
        verbose_name=_("only for"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="prices",
        help_text=_("Leave empty if it is the price for everybody."),
    )
    per = models.CharField(_("price of"), max_length=8, choices=PriceOf.choices, default=PriceOf.SEAT)
    seats_from = models.PositiveSmallIntegerField(
        _("from so many persons"),
        default=1,
        validators=[MinValueValidator(1)],
        help_text=_("For the price of a whole order: the number of persons from which it counts."),
    )
    valid_from = models.DateField(_("valid from"))
    net = NetField(_("kroner, excluding VAT"), help_text=_("Whole kroner. 0 means free."))
    vat_rate = models.DecimalField(
        _("VAT rate"),
        max_digits=4,
        decimal_places=2,
        default=MOMS,
        choices=[(MOMS, _("25 %")), (Decimal("0.00"), _("no VAT"))],
    )
    exempt_reason = models.CharField(
        _("why there is no VAT"),
        max_length=200,
        blank=True,
        help_text=_("The law that lets it go without, such as “Momsfritaget efter momslovens § 13, stk. 1, nr. 3”."),
    )
    includes = models.CharField(
        _("included and not"), max_length=200, blank=True, help_text=_("One sentence, shown beside the price.")
    )

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        ordering = ["kind", "add_on__name", "audience__name", "per", "seats_from", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                "price_list",
                "kind",
                Coalesce("add_on", 0),
                Coalesce("audience", 0),
                "per",
                "seats_from",
                "valid_from",
                name="one_price_per_thing_and_day",
                violation_error_message=_("The list already has a price for this from this day."),
            ),
            models.CheckConstraint(condition=Q(net__gte=0), name="price_row_not_negative"),
            models.CheckConstraint(
                condition=Q(kind="", add_on__isnull=False) | (~Q(kind="") & Q(add_on=None)),
                name="a_price_is_of_one_thing",
                violation_error_message=_("Choose either a kind of session or an add-on."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.thing}: {self.net}"

    def clean(self):
        errors = {}
        if bool(self.kind) == bool(self.add_on_id):
            errors["kind"] = _("Choose either a kind of session or an add-on.")
        if self.per != PriceOf.SEAT and (self.add_on_id or self.audience_id):
            errors["per"] = _("The price of a pair or of a whole order is for a kind of session, and for everybody.")
        if self.per != PriceOf.ORDER and self.seats_from not in (None, 1):
            errors["seats_from"] = _("Only the price of a whole order asks for a number of persons.")
        if self.add_on_id and self.audience_id:
            errors["audience"] = _("The price of an add-on is for everybody.")
        if self.vat_rate == 0 and self.net and not self.exempt_reason:
            errors["exempt_reason"] = _("Write the law that lets it go without VAT.")
        if self.vat_rate and self.exempt_reason:
            errors["exempt_reason"] = _("There is VAT on it, so there is no reason to give.")
        if errors:
            raise ValidationError(errors)

    @property
    def thing(self) -> str:
        """What it is the price of, and for whom, in words."""
        what = str(self.add_on) if self.add_on_id else self.get_kind_display()
        if self.per == PriceOf.ORDER:
            return _("%(what)s, a whole order from %(count)d persons") % {"what": what, "count": self.seats_from}
        if self.per == PriceOf.PAIR:
            return _("%(what)s, a pair") % {"what": what}
        return f"{what}, {in_a_sentence(self.audience.name)}" if self.audience_id else what

    @property
    def key(self) -> tuple:
        """What it is the price of: a later row with the same key takes its place."""
        return (self.price_list_id, self.kind, self.add_on_id, self.audience_id, self.per, self.seats_from)

    @property
    def tariff(self) -> Tariff:
        """The row as the rules know it."""
        named = self.add_on or self.audience
        return Tariff(
            net=self.net,
            vat_rate=self.vat_rate,
            exempt_reason=self.exempt_reason,
            includes=self.includes,
            per=Per(self.per),
            seats_from=self.seats_from,
            audience=self.audience_id,
            add_on=self.add_on_id,
            name=named.name if named else "",
        )


def in_force(rows: "models.QuerySet[PriceRow]") -> list[PriceRow]:
    """Of rows that have come into force, the latest for each thing: one query, and a list's rows stay together."""
    latest = {row.key: row for row in rows.select_related("audience", "add_on").order_by("valid_from", "pk")}
    return list(latest.values())


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
