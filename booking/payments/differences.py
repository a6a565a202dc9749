"""What was not the same in our books and Stripe's, and the days on which they were compared."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from booking.payments.models import Payment


class DifferenceKind(models.TextChoices):
    # Put right by taking over what Stripe says.
    PAID_AT_STRIPE = "paid_at_stripe", _("paid at Stripe, but not here")
    CLOSED_AT_STRIPE = "closed_at_stripe", _("closed at Stripe without payment, but still open here")
    OPEN_AT_STRIPE = "open_at_stripe", _("open for payment at Stripe, but not here")
    REFUND_UNKNOWN = "refund_unknown", _("paid back at Stripe, but not here")
    REFUND_OTHERWISE = "refund_otherwise", _("a refund stands otherwise at Stripe")
    DISPUTE_UNSEEN = "dispute_unseen", _("the payment is contested at the bank, and we had not heard how it stands")
    # Left to a person.
    OTHER_AMOUNT = "other_amount", _("the amount is another at Stripe")
    PAID_TWICE = "paid_twice", _("paid at Stripe a second time")
    UNKNOWN_CHECKOUT = "unknown_checkout", _("Stripe has a payment page that we do not know")
    UNKNOWN_REFUND = "unknown_refund", _("Stripe has paid back of a payment that we do not know")
    NOT_AT_STRIPE = "not_at_stripe", _("Stripe does not have the payment")
    REFUND_NOT_AT_STRIPE = "refund_not_at_stripe", _("Stripe does not have the refund")
    REFUND_UNSENT = "refund_unsent", _("a refund still waits to be sent to Stripe")
    REFUND_FAILED = "refund_failed", _("a refund failed, and the money is still ours")


class Ending(models.TextChoices):
    REPAIRED = "repaired", _("put right by itself")
    GONE = "gone", _("no longer differs")
    BY_PERSON = "by_person", _("put right by a person")


class DifferenceQuerySet(models.QuerySet):
    def open(self) -> "DifferenceQuerySet":
        return self.filter(closed_at=None)


class Difference(models.Model):
    """One thing that was not the same in both books, from the day it was found until it was put right.

    ``subject`` tells which one it is: Stripe's id, or ours. Amounts are kroner, and empty where a book has none.
    """

    kind = models.CharField(_("what differs"), max_length=24, choices=DifferenceKind.choices)
    subject = models.CharField(max_length=255)
    payment = models.ForeignKey(
        Payment, verbose_name=_("payment"), null=True, on_delete=models.PROTECT, related_name="differences"
    )
    ours = models.DecimalField(_("our figure"), max_digits=12, decimal_places=2, null=True)
    theirs = models.DecimalField(_("Stripe's figure"), max_digits=12, decimal_places=2, null=True)
    found_at = models.DateTimeField(_("since"))
    closed_at = models.DateTimeField(_("put right"), null=True)
    ending = models.CharField(_("how"), max_length=12, choices=Ending.choices, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = DifferenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("difference")
        verbose_name_plural = _("differences")
        ordering = ["-found_at", "-pk"]
        permissions = [("put_right_difference", "Can put a difference right")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(closed_at=None), name="one_open_difference_per_subject"
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, ending="") | (Q(closed_at__isnull=False) & ~Q(ending="")),
                name="closed_differences_say_how",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference}: {self.get_kind_display()}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def reference(self) -> str:
        """The order it is about; Stripe's id, where we know of none."""
        return self.payment.order.reference if self.payment else self.subject


class Reconciliation(models.Model):
    """A Copenhagen day's comparison of the books: whose turn it is, and whether it has been done.

    ``claimed_until`` is a lease, as that of a message in the outbox.
    """

    on = models.DateField(_("day"), unique=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    not_before = models.DateTimeField(_("next attempt"))
    claimed_until = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(_("could not be made"), null=True)
    done_at = models.DateTimeField(_("made"), null=True)

    class Meta:
        verbose_name = _("reconciliation")
        verbose_name_plural = _("reconciliations")
        ordering = ["-on"]

    def __str__(self) -> str:
        return str(self.on)
