"""One person's seat at one session, on what was agreed that day; and the one door of its changes, ``Booking.move``."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from booking.journal.models import Fact
from booking.journal.record import record
from booking.money import Price
from booking.people.models import Office, Person
from booking.pricing.models import ConditionsVersion, Seller
from booking.pricing.quote import NOTHING, Quote
from booking.sessions.models import SessionPage
from booking.signup.claims import Claims
from booking.signup.moves import IN_LINE, NEW, SEATED, BookingStatus, fact_of
from booking.signup.order_lines import OrderLine
from booking.signup.orders import Order
from booking.signup.queries import BookingQuerySet

if TYPE_CHECKING:
    from booking.signup.withdrawals import Withdrawal

#: What a move may change besides the status.
MOMENTS = ["waiting_since", "offered_until", "booked_at", "cancelled_at"]

#: What is said of whoever came, and of whoever did not.
ATTENDANCE = {True: _("came"), False: _("did not come")}


class Booking(Claims, models.Model):
    """One person's seat at one session, or place in the line for one, on what was agreed that day."""

    order = models.ForeignKey(Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="bookings")
    session = models.ForeignKey(
        SessionPage, verbose_name=_("session"), on_delete=models.PROTECT, related_name="bookings"
    )
    participant = models.ForeignKey(
        Person, verbose_name=_("participant"), on_delete=models.PROTECT, related_name="bookings"
    )
    #: None for somebody who came without an office: by an exception, or because the audience is open.
    office = models.ForeignKey(
        Office,
        verbose_name=_("admitted as"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="bookings",
    )
    status = models.CharField(_("status"), max_length=12, choices=BookingStatus.choices, default=NEW, editable=False)
    #: Since when they wait for a seat; emptied when they say yes to one.
    waiting_since = models.DateTimeField(_("on the waiting list since"), null=True, blank=True)
    #: How long the seat that they were last offered, or that awaits the other of the pair, is or was kept for them.
    offered_until = models.DateTimeField(_("answer by"), null=True, blank=True)
    #: When they were told, near the start, that the first of those who wait to press has the free seat.
    called_at = models.DateTimeField(_("told of a free seat"), null=True, blank=True)
    #: When a seat went past them, because the session is no longer for them.
    passed_over_at = models.DateTimeField(_("passed over"), null=True, blank=True)
    #: The same for the two of a pair, who come and leave together; None for everybody else.
    pair = models.UUIDField(null=True, editable=False, db_index=True)
    #: When they were asked to be the other of a pair; None for whoever asked, or was signed up along with them.
    asked_at = models.DateTimeField(_("asked to make a pair"), null=True, blank=True)
    #: Since when it is a seat at this session, where it was at another run before.
    switched_at = models.DateTimeField(_("switched"), null=True, blank=True)
    #: The first day of the earliest run that they had by choice and switched from; the days before the start are still
    #: counted from it.
    counts_from = models.DateField(_("days counted from"), null=True, blank=True)

    # What was agreed, copied on the day (what it costs stands in the lines): later edits must not reach it.
    conditions = models.ForeignKey(
        ConditionsVersion, verbose_name=_("conditions"), on_delete=models.PROTECT, related_name="bookings"
    )
    accepted_at = models.DateTimeField(_("conditions accepted"))

    diet = models.CharField(_("diet"), max_length=200, blank=True)
    room = models.CharField(_("room"), max_length=200, blank=True)
    #: Its invoice was credited by staff, to be put right: it is not invoiced again by itself until it is.
    awaits_correction = models.BooleanField(_("awaits correction"), default=False, editable=False)
    booked_at = models.DateTimeField(_("booked"))
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    #: It ended because the organiser called the session off, which is held after all; nobody gave the seat up.
    called_off = models.BooleanField(_("ended with the session"), default=False, editable=False)
    #: Whether the participant came; None until somebody has said so.
    attended = models.BooleanField(_("attendance"), null=True, blank=True)
    #: Whether the others who come may read the participant's name on the list of participants.
    may_be_listed = models.BooleanField(_("on the list of participants"), default=False)

    objects = BookingQuerySet.as_manager()

    class Meta:
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        ordering = ["-booked_at", "-pk"]
        permissions = [
            ("attend_booking", "Can mark who came to a session"),
            ("cancel_booking", "Can cancel booking"),
            ("move_booking", "Can move a booking to another session"),
            ("overbook_booking", "Can give a seat when all are taken"),
            ("see_needs_booking", "Can see diets and rooms of bookings"),
            ("substitute_booking", "Can put another person in the seat of a booking"),
            ("waive_booking", "Can waive what a withdrawal costs"),
            ("write_booking", "Can write to the participants of a session"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "participant"],
                condition=Q(status__in=["waiting", "offered", "pairing", "held", "confirmed"]),
                name="one_active_booking_per_person",
            ),
            models.CheckConstraint(condition=~Q(status=NEW), name="bookings_have_a_status"),
            models.CheckConstraint(
                condition=~Q(status__in=["waiting", "offered"]) | Q(waiting_since__isnull=False),
                name="who_waits_says_since_when",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["offered", "pairing"]) | Q(offered_until__isnull=False),
                name="offers_say_until_when",
            ),
            models.CheckConstraint(
                condition=~Q(status="pairing") | Q(pair__isnull=False), name="who_waits_for_the_other_has_a_pair"
            ),
            models.CheckConstraint(
                condition=Q(status=BookingStatus.CANCELLED, cancelled_at__isnull=False)
                | (~Q(status=BookingStatus.CANCELLED) & Q(cancelled_at=None)),
                name="cancelled_bookings_say_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order.reference}: {self.participant}"

    def quote(self) -> Quote:
        """What was agreed for this seat. A price that several share stands at the first of them."""
        return Quote.of(line.line for line in self.lines.all())

    @property
    def price(self) -> Price:
        return self.quote().price

    @property
    def seller(self) -> Seller | None:
        """Who sold it; where no price list said so that day, whoever the session's list names by now."""
        return self.order.seller or (self.session.price_list.seller if self.session.price_list else None)

    def own_quote(self) -> Quote:
        """What goes with the seat when it is given up: not what others share who keep theirs. A pair gives up both."""
        if self.pair and self.is_active:
            return Quote.of(line.line for line in OrderLine.objects.filter(booking__in=self.of_the_pair()))
        return self.lone_quote()

    def lone_quote(self) -> Quote:
        """The same, whoever else leaves with them."""
        return Quote.of(line.line for line in self.lines.all() if line.heir() is None)

    def due(self) -> Quote:
        """What is to be paid for it as things stand: its price, what is owed for a withdrawal, or nothing."""
        if self.session.is_cancelled:
            return NOTHING
        if self.is_seated:
            return self.quote()
        withdrawal = self.withdrawal_or_none
        return withdrawal.owed() if withdrawal else NOTHING

    @property
    def withdrawal_or_none(self) -> "Withdrawal | None":
        """What it cost to give the seat up; None for one that was not, or that was only held or waited for."""
        return getattr(self, "withdrawal", None)

    @property
    def is_in_shared_price(self) -> bool:
        """Whether another seat of the order carries the price that this one shares; free seats have a line of 0."""
        return not self.lines.all()

    def move(self, status: str, *, by, now: datetime, until: datetime | None = None, **details) -> Fact:
        """Change the status as the table of moves allows, and record it: who, when and for whom.

        All changes go this way. The caller has the session's row locked. ``until`` is how long an offered seat is kept.
        Raises IllegalMove.
        """
        kind = fact_of(self.status, status)
        if status in {BookingStatus.OFFERED, BookingStatus.PAIRING}:
            self.offered_until = until
        if status == BookingStatus.CANCELLED:
            self.cancelled_at = now
        if self.status == NEW:
            self.waiting_since = now if status == BookingStatus.WAITING else None
            self.booked_at = now
        elif self.status in [*IN_LINE, BookingStatus.PAIRING] and status in SEATED:
            self.waiting_since, self.booked_at = None, now
        self.status = status
        self.save(update_fields=["status", *MOMENTS] if self.pk else None)
        if not self.is_active:
            self._pass_shared_prices_on()
        return record(kind, self, by=by, on_behalf_of=self.participant, at=now, order=self.order.reference, **details)

    def _pass_shared_prices_on(self) -> None:
        """Those who keep their seats keep the price that they shared with this one."""
        for line in OrderLine.objects.filter(booking=self, seats__gt=1):
            line.booking = line.heir() or self
            line.save(update_fields=["booking"])

    @property
    def holder_leaves(self) -> bool:
        """Whether the participant has left the office that admitted them when the session begins."""
        return self.office is not None and not self.office.is_held_on(self.session.starts_on)

    def of_the_pair(self) -> "BookingQuerySet":
        """Both bookings of the pair that are still active, the one that came first first."""
        return Booking.objects.filter(order=self.order_id, pair=self.pair).active().order_by("pk")

    @property
    def attendance(self) -> str:
        """Whether they came, in a word; nothing of a seat that was given up, or while nobody has said so."""
        if not self.is_confirmed or self.attended is None:
            return ""
        return str(ATTENDANCE[self.attended])
