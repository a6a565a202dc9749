"""Money by card: each try to pay an order, what was given back of it, and the events we have heard of."""

import uuid
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from booking.signup.models import Booking, Order


class IllegalMove(Exception):
    """A state was about to change in a way that the table of moves does not know."""


class PaymentState(models.TextChoices):
    NEW = "new", _("begun")  # we may have asked for a checkout, and don't know yet whether there is one
    OPEN = "open", _("awaits payment")
    PAID = "paid", _("paid")
    EXPIRED = "expired", _("not paid")
    FAILED = "failed", _("failed")  # no checkout came of it


class RefundState(models.TextChoices):
    OWED = "owed", _("to be paid back")  # we may have asked for it, and don't know yet whether it was done
    PENDING = "pending", _("on its way")
    DONE = "done", _("paid back")
    FAILED = "failed", _("failed")


#: The whole life of a payment. Money that has come counts, whatever we had thought of its checkout.
PAYMENT_MOVES: dict[str, set[str]] = {
    PaymentState.NEW: {PaymentState.OPEN, PaymentState.PAID, PaymentState.EXPIRED, PaymentState.FAILED},
    PaymentState.OPEN: {PaymentState.PAID, PaymentState.EXPIRED},
    PaymentState.EXPIRED: {PaymentState.PAID},
    PaymentState.FAILED: {PaymentState.PAID},
    PaymentState.PAID: set(),
}

#: The whole life of a refund. A bank may send one back long after it was done; and what we took for refused, Stripe may
#: have done all the same.
REFUND_MOVES: dict[str, set[str]] = {
    RefundState.OWED: {RefundState.PENDING, RefundState.DONE, RefundState.FAILED},
    RefundState.PENDING: {RefundState.DONE, RefundState.FAILED},
    RefundState.DONE: {RefundState.FAILED},
    RefundState.FAILED: {RefundState.PENDING, RefundState.DONE},
}

#: Somebody may be paying.
UNSETTLED = [PaymentState.NEW, PaymentState.OPEN]


class PaymentQuerySet(models.QuerySet):
    def unsettled(self) -> "PaymentQuerySet":
        return self.filter(state__in=UNSETTLED)

    def paid(self) -> "PaymentQuerySet":
        return self.filter(state=PaymentState.PAID)


class Payment(models.Model):
    """One try to pay for seats of an order by card.

    ``key`` is stored before anybody is asked, so that asking again is harmless.
    """

    order = models.ForeignKey(Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="payments")
    bookings = models.ManyToManyField(Booking, verbose_name=_("bookings"), related_name="payments")
    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    amount = models.DecimalField(_("kroner, including VAT"), max_digits=10, decimal_places=2)
    state = models.CharField(_("state"), max_length=12, choices=PaymentState.choices, default=PaymentState.NEW)
    checkout_id = models.CharField(_("checkout at Stripe"), max_length=255, null=True, unique=True)  # noqa: DJ001 - none is unknown
    intent_id = models.CharField(_("payment at Stripe"), max_length=255, blank=True, db_index=True)
    url = models.URLField(max_length=5000, blank=True)  # as long as Stripe says they can be
    created_at = models.DateTimeField(_("begun"))
    expires_at = models.DateTimeField(_("can be paid until"))
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)
    dispute = models.CharField(_("contested"), max_length=40, blank=True)  # how it stands, in Stripe's word
    #: What the card's holder was given back by their bank, and we lost.
    charged_back = models.DecimalField(_("taken back by the bank"), max_digits=10, decimal_places=2, default=0)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-created_at", "-pk"]
        permissions = [("refund_payment", "Can refund payment")]
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=Q(state__in=["new", "open"]), name="one_open_payment_per_order"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_is_of_something"),
            models.CheckConstraint(condition=Q(charged_back__gte=0), name="charged_back_not_negative"),
            models.CheckConstraint(
                condition=Q(state="paid", paid_at__isnull=False) | (~Q(state="paid") & Q(paid_at=None)),
                name="paid_payments_say_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order.reference}, {self.get_state_display()}"

    @property
    def is_paid(self) -> bool:
        return self.state == PaymentState.PAID

    @property
    def is_unsettled(self) -> bool:
        return self.state in UNSETTLED

    def sold(self) -> dict[str, str]:
        """What it buys, and of whom, as things stand: a seat can be moved to another session."""
        bookings = self.bookings.all()
        sessions = {booking.session for booking in bookings}
        sellers = {booking.seller.name for booking in bookings if booking.seller}
        return {
            "session": ", ".join(sorted(session.title for session in sessions)),
            "seller": ", ".join(sorted(sellers)),
        }

    def seats(self) -> list[int]:
        """The ids of the bookings that it is for."""
        return list(self.bookings.values_list("pk", flat=True))

    def given_back(self) -> Decimal:
        """What has been, or is to be, given back."""
        total = self.refunds.exclude(state=RefundState.FAILED).aggregate(total=Sum("amount"))["total"]
        return total or Decimal("0.00")

    def kept(self) -> Decimal:
        """What is left of it."""
        return self.amount - self.given_back() - self.charged_back if self.is_paid else Decimal("0.00")

    def move(self, state: str) -> None:
        """Change state, as the table of moves allows. Saving is the caller's."""
        if state not in PAYMENT_MOVES[self.state]:
            raise IllegalMove(self.state, state)
        self.state = state


class RefundReason(models.TextChoices):
    WITHDRAWN = "withdrawn", _("the booking was cancelled")
    WAIVED = "waived", _("staff waived the price of the withdrawal")
    RELEASED = "released", _("somebody on the waiting list got the seat")
    SESSION_CANCELLED = "session_cancelled", _("the session was cancelled")
    TOO_LATE = "too_late", _("the money came when the seat was gone")
    GIVEN_UP = "given_up", _("the booking was cancelled while it was being paid for")
    PAID_TWICE = "paid_twice", _("paid twice")
    STAFF = "staff", _("decided by staff")
    AT_STRIPE = "at_stripe", _("made in Stripe's own pages")


#: Those that follow from a booking by rule, once each; unless one fails, and staff try again.
BY_RULE = [
    reason.value
    for reason in (
        RefundReason.WITHDRAWN,
        RefundReason.WAIVED,
        RefundReason.RELEASED,
        RefundReason.SESSION_CANCELLED,
    )
]


class Refund(models.Model):
    """Money given back of one payment. ``key`` is stored before anybody is asked."""

    payment = models.ForeignKey(Payment, verbose_name=_("payment"), on_delete=models.PROTECT, related_name="refunds")
    booking = models.ForeignKey(
        Booking,
        verbose_name=_("booking"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="refunds",
    )
    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    amount = models.DecimalField(_("kroner, including VAT"), max_digits=10, decimal_places=2)
    reason = models.CharField(_("reason"), max_length=20, choices=RefundReason.choices)
    note = models.CharField(_("why"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=RefundState.choices, default=RefundState.OWED)
    failure = models.CharField(_("why it failed"), max_length=120, blank=True)  # in Stripe's word, where it has one
    #: The one that failed, which staff tried again.
    in_place_of = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="next_try", editable=False
    )
    stripe_id = models.CharField(_("refund at Stripe"), max_length=255, null=True, unique=True)  # noqa: DJ001 - none is unknown
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    created_at = models.DateTimeField(_("decided"))
    done_at = models.DateTimeField(_("paid back"), null=True, blank=True)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "booking", "reason"],
                condition=Q(reason__in=["withdrawn", "waived", "released", "session_cancelled"]) & ~Q(state="failed"),
                name="one_refund_by_rule",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_is_of_something"),
        ]

    def __str__(self) -> str:
        return f"{self.payment.order.reference}, {self.get_state_display()}"

    @property
    def can_be_tried_again(self) -> bool:
        """It failed, nobody has tried again, and there is money left to give."""
        has_failed = self.state == RefundState.FAILED
        return has_failed and not Refund.objects.filter(in_place_of=self).exists() and self.payment.kept() > 0

    def move(self, state: str) -> None:
        """Change state, as the table of moves allows. Saving is the caller's."""
        if state not in REFUND_MOVES[self.state]:
            raise IllegalMove(self.state, state)
        self.state = state


class StripeEvent(models.Model):
    """An event that has been acted on, so that it is not acted on again."""

    event_id = models.CharField(max_length=255, unique=True)
    kind = models.CharField(max_length=80)
    heard_at = models.DateTimeField()

    class Meta:
        verbose_name = _("event from Stripe")
        verbose_name_plural = _("events from Stripe")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"
