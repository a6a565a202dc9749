"""What it cost that a seat was given up."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from booking.pricing.quote import NOTHING, Quote
from booking.signup.bookings import Booking
from booking.signup.order_lines import FrozenLine


class WithdrawalQuerySet(models.QuerySet):
    def owing(self) -> "WithdrawalQuerySet":
        """Those that something is owed for: first those whose seat somebody waited for, and of these the oldest."""
        owing = self.filter(waived_at=None, released_at=None, lines__unit_net__gt=0)
        return owing.distinct().order_by("-was_waited_for", "withdrawn_at", "pk")


class Withdrawal(models.Model):
    """What it cost that a seat was given up, by the conditions and on that day. It may fall away later."""

    booking = models.OneToOneField(
        Booking, verbose_name=_("booking"), on_delete=models.PROTECT, related_name="withdrawal"
    )
    withdrawn_at = models.DateTimeField(_("withdrawn"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    #: Whether the seat went on to the waiting list. One that nobody waited for was there for everybody.
    was_waited_for = models.BooleanField(_("was waited for"), default=False)
    waived_at = models.DateTimeField(_("waived"), null=True)  # by staff
    waived_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("waived by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    waived_reason = models.CharField(_("why it was waived"), max_length=200, blank=True)
    #: When it fell away: somebody on the waiting list got the seat, or the session was cancelled.
    released_at = models.DateTimeField(_("fell away"), null=True)
    #: The booking from the waiting list that got the seat.
    released_by = models.OneToOneField(
        Booking, verbose_name=_("seat taken by"), null=True, on_delete=models.PROTECT, related_name="released"
    )

    objects = WithdrawalQuerySet.as_manager()

    class Meta:
        verbose_name = _("withdrawal")
        verbose_name_plural = _("withdrawals")
        ordering = ["-withdrawn_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(waived_at=None) | Q(released_at=None), name="a_fee_falls_away_once"),
            models.CheckConstraint(
                condition=Q(waived_at=None) | Q(waived_by__isnull=False), name="waived_fees_say_by_whom"
            ),
            models.CheckConstraint(
                condition=Q(released_by=None) | Q(released_at__isnull=False), name="released_fees_say_when"
            ),
        ]

    def __str__(self) -> str:
        return str(self.booking)

    def fee(self) -> Quote:
        """What it cost on the day."""
        return Quote.of(line.line for line in self.lines.all())

    def owed(self) -> Quote:
        """What is to be paid of that by now."""
        return NOTHING if self.has_fallen_away else self.fee()

    def pays_for_both(self) -> "Withdrawal | None":
        """That of the other of a pair, if what both owe for leaving together stands there."""
        if self.booking.pair is None:
            return None
        others = Withdrawal.objects.owing().exclude(pk=self.pk).select_related("booking__participant")
        return others.filter(booking__order=self.booking.order_id, booking__pair=self.booking.pair).first()

    @property
    def has_fallen_away(self) -> bool:
        return self.waived_at is not None or self.released_at is not None

    @property
    def was_waived_at_once(self) -> bool:
        """Whether nobody was ever told that anything was owed."""
        return self.waived_at is not None and self.waived_at == self.withdrawn_at


class WithdrawalLine(FrozenLine):
    """One line of what a withdrawal cost."""

    withdrawal = models.ForeignKey(Withdrawal, on_delete=models.PROTECT, related_name="lines")

    class Meta:
        verbose_name = _("line of a withdrawal")
        verbose_name_plural = _("lines of withdrawals")
        ordering = ["withdrawal", "-unit_net", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(unit_net__gte=0), name="withdrawal_line_not_negative"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="withdrawal_line_is_of_something"),
        ]
