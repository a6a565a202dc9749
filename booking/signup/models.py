"""Orders, the bookings in them, and those who wait to hear of a date."""

import secrets
import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from booking.journal import kinds
from booking.journal.models import Fact
from booking.journal.record import record
from booking.money import Price
from booking.people.models import InvoiceFormat, Municipality, Office, Person
from booking.pricing.models import ConditionsVersion, Invoiced, NetField, Seller
from booking.pricing.quote import NOTHING, Line, Quote
from booking.sessions.models import SessionPage

#: Letters and digits that nobody mistakes for one another on the phone.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_reference() -> str:
    """Eight characters, unguessable enough for an address that still asks who you are: ``K7QD-9XWM``."""
    characters = [secrets.choice(ALPHABET) for _number in range(8)]
    return "".join(characters[:4]) + "-" + "".join(characters[4:])


class AcceptedHow(models.TextChoices):
    PHONE = "phone", _("by phone")
    MAIL = "mail", _("by e-mail")
    MEETING = "meeting", _("at a meeting")


class Order(models.Model):
    """What one booker signs up in one go: who pays, their references, and whom to write to."""

    reference = models.CharField(_("reference"), max_length=9, unique=True, default=new_reference, editable=False)
    #: Drawn when the form is shown; a form that is sent twice makes one order.
    submission = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    booker = models.ForeignKey(Person, verbose_name=_("booker"), on_delete=models.PROTECT, related_name="orders")
    payer = models.ForeignKey(Municipality, verbose_name=_("payer"), on_delete=models.PROTECT, related_name="orders")
    payer_name = models.CharField(_("payer's name"), max_length=80)  # frozen
    payer_cvr = models.CharField(_("payer's CVR number"), max_length=8)  # frozen
    #: Paid by card when ordered; else by invoice, or there is nothing to pay.
    pays_by_card = models.BooleanField(_("pays by card"), default=False)
    #: Empty when no invoice is to be sent, or while those who wait have not said how they will pay.
    gln = models.CharField(_("EAN number"), max_length=13, blank=True)
    person_reference = models.CharField(_("person reference"), max_length=80, blank=True)
    requisition = models.CharField(_("requisition number"), max_length=80, blank=True)
    #: Empty for what the payer's invoices are otherwise.
    invoice_format = models.CharField(_("kind of e-invoice"), max_length=8, blank=True, choices=InvoiceFormat.choices)
    #: When it is invoiced, as the price list said when it was ordered.
    invoiced = models.CharField(_("invoiced"), max_length=8, choices=Invoiced.choices, default=Invoiced.HELD)  # frozen
    #: Who sells the seats, as the price list said when they were ordered; none where there was no list.
    seller = models.ForeignKey(
        Seller, verbose_name=_("seller"), null=True, on_delete=models.PROTECT, related_name="orders"
    )  # frozen
    contact_name = models.CharField(_("contact"), max_length=120)
    contact_email = models.EmailField(_("contact's e-mail"))
    contact_phone = models.CharField(_("contact's phone"), max_length=20, blank=True)
    created_at = models.DateTimeField(_("ordered"))
    # Where staff signed somebody up: who said yes to the conditions, and how. Empty where the booker did so themselves.
    accepted_by = models.CharField(_("conditions accepted by"), max_length=120, blank=True)
    accepted_how = models.CharField(_("how they accepted"), max_length=12, blank=True, choices=AcceptedHow.choices)
    acceptance_note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.reference

    def quote(self) -> Quote:
        """All that was agreed, whatever has become of the seats since."""
        return Quote.of(line.line for line in OrderLine.objects.filter(booking__order=self).select_related("booking"))


class IllegalMove(Exception):
    """A status was about to change in a way that the table of moves does not know."""


class BookingStatus(models.TextChoices):
    WAITING = "waiting", _("on the waiting list")
    OFFERED = "offered", _("offered a seat")  # which is kept until ``offered_until``
    PAIRING = "pairing", _("awaits the other of the pair")  # for whom both seats are kept until ``offered_until``
    HELD = "held", _("awaits payment")
    CONFIRMED = "confirmed", _("confirmed")
    EXPIRED = "expired", _("lapsed")  # a seat was offered or held, and not taken in time; or there never was one
    CANCELLED = "cancelled", _("cancelled")


#: Where every booking begins: it is being made, and has no row yet.
NEW = ""

#: The whole life of a booking: from, to, and the fact that tells it. A move that is not listed cannot happen.
MOVES: dict[str, dict[str, str]] = {
    NEW: {
        BookingStatus.CONFIRMED: kinds.BOOKED,  # by the booker, or by staff
        BookingStatus.HELD: kinds.HELD,  # by the booker, who pays by card
        BookingStatus.WAITING: kinds.QUEUED,  # by the booker, when all seats are taken
        BookingStatus.PAIRING: kinds.PAIR_ASKED,  # by the booker, who does not act for both of the pair
    },
    BookingStatus.WAITING: {
        BookingStatus.OFFERED: kinds.OFFERED,  # by the house: a seat is free, and this is the first whom it is for
        BookingStatus.CONFIRMED: kinds.BOOKED,  # by booker or participant: the first to press, near the start
        BookingStatus.HELD: kinds.HELD,  # the same, by card
        BookingStatus.CANCELLED: kinds.QUEUE_LEFT,  # by booker, participant or staff
        BookingStatus.EXPIRED: kinds.NO_SEAT,  # by the house: the session has begun
    },
    BookingStatus.OFFERED: {
        BookingStatus.CONFIRMED: kinds.BOOKED,  # by booker or participant: yes
        BookingStatus.HELD: kinds.HELD,  # the same, by card
        BookingStatus.CANCELLED: kinds.DECLINED,  # by booker, participant or staff: no
        BookingStatus.EXPIRED: kinds.OFFER_LAPSED,  # by the house: no answer in time
        BookingStatus.WAITING: kinds.OFFER_WITHDRAWN,  # by the house: the session lost its date or its page
    },
    BookingStatus.PAIRING: {
        BookingStatus.CONFIRMED: kinds.BOOKED,  # by the one who was asked: yes, and both have their seat
        BookingStatus.CANCELLED: kinds.PAIR_DECLINED,  # by either, or by staff: no
        BookingStatus.EXPIRED: kinds.PAIR_LAPSED,  # by the house: no answer in time
    },
    BookingStatus.HELD: {
        BookingStatus.CONFIRMED: kinds.BOOKED,  # by the house: the money has come
        BookingStatus.EXPIRED: kinds.EXPIRED,  # by the house, or by the booker who gives up: it will not come
        BookingStatus.CANCELLED: kinds.CANCELLED,  # by staff
    },
    BookingStatus.CONFIRMED: {
        BookingStatus.CANCELLED: kinds.CANCELLED,  # by the booker, or by staff
    },
    BookingStatus.EXPIRED: {
        BookingStatus.CONFIRMED: kinds.BOOKED,  # by the house: paid late, and a seat was still free
    },
    BookingStatus.CANCELLED: {},
}

#: Somebody has said yes to a seat.
SEATED = [BookingStatus.HELD, BookingStatus.CONFIRMED]
#: A seat that nobody else can have: one that is offered, too, or kept for a pair.
HOLDS_A_SEAT = [BookingStatus.OFFERED, BookingStatus.PAIRING, *SEATED]
#: Has a seat or may still get one; a person has one such booking at a session.
ACTIVE = [BookingStatus.WAITING, *HOLDS_A_SEAT]
#: On the waiting list, with an offer or without.
IN_LINE = [BookingStatus.WAITING, BookingStatus.OFFERED]

#: What a move may change besides the status.
MOMENTS = ["waiting_since", "offered_until", "booked_at", "cancelled_at"]

#: What is said of whoever came, and of whoever did not.
ATTENDANCE = {True: _("came"), False: _("did not come")}


class BookingQuerySet(models.QuerySet):
    def seated(self) -> "BookingQuerySet":
        return self.filter(status__in=SEATED)

    def holding_a_seat(self) -> "BookingQuerySet":
        return self.filter(status__in=HOLDS_A_SEAT)

    def active(self) -> "BookingQuerySet":
        return self.filter(status__in=ACTIVE)

    def waiting(self) -> "BookingQuerySet":
        """The waiting list, in the order in which they joined: the session is locked when they do."""
        return self.filter(status=BookingStatus.WAITING).order_by("pk")

    def in_line_for_a_seat(self) -> "BookingQuerySet":
        """Those of them who get the next free seat; not those whom the session is no longer for."""
        return self.waiting().filter(passed_over_at=None)

    def with_place(self) -> "BookingQuerySet":
        """Each with its ``place`` in line: 1 for whoever gets the next free seat."""
        ahead = self.model.objects.in_line_for_a_seat().filter(session=OuterRef("session"), pk__lt=OuterRef("pk"))
        counted = ahead.order_by().values("session").annotate(count=Count("pk")).values("count")
        return self.annotate(place=Coalesce(Subquery(counted), 0) + 1)

    def for_listing(self) -> "BookingQuerySet":
        """With all that a line in a list shows, in one query."""
        return self.select_related(
            "order__payer",
            "order__booker",
            "session__venue",
            "session__calendar_entry",
            "participant",
            "office__municipality",
            "withdrawal",
        ).prefetch_related("lines")

    def seen_by(self, person: Person, on) -> "BookingQuerySet":
        """Those this person takes part in, has ordered, or may act for today."""
        return self.filter(Q(order__booker=person) | Q(participant__in=person.represented(on).values("pk")))


#: How many of the bookings hold a seat, and how many get the next free ones; to count both at once.
TAKEN = Count("pk", filter=Q(status__in=HOLDS_A_SEAT))
IN_LINE_FOR_A_SEAT = Count("pk", filter=Q(status=BookingStatus.WAITING, passed_over_at=None))


class Booking(models.Model):
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
        if status not in MOVES[self.status]:
            raise IllegalMove(self.status, status)
        kind = MOVES[self.status][status]
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

    @property
    def is_seated(self) -> bool:
        """Whether somebody has said yes to the seat."""
        return self.status in SEATED

    @property
    def holds_a_seat(self) -> bool:
        return self.status in HOLDS_A_SEAT

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    @property
    def is_waiting(self) -> bool:
        return self.status == BookingStatus.WAITING

    @property
    def is_offered(self) -> bool:
        return self.status == BookingStatus.OFFERED

    @property
    def awaits_partner(self) -> bool:
        """Whether the seat is kept until the other of the pair has answered."""
        return self.status == BookingStatus.PAIRING

    @property
    def was_pairing(self) -> bool:
        """Whether it was kept for a pair that nothing came of, because the other did not answer."""
        return self.is_expired and self.pair is not None and self.offered_until is not None

    def of_the_pair(self) -> "BookingQuerySet":
        """Both bookings of the pair that are still active, the one that came first first."""
        return Booking.objects.filter(order=self.order_id, pair=self.pair).active().order_by("pk")

    @property
    def is_in_line(self) -> bool:
        """Whether they wait for a seat, or are offered one that somebody waited for."""
        return self.status in IN_LINE

    @property
    def never_had_a_seat(self) -> bool:
        """Whether they only ever waited for one."""
        return self.waiting_since is not None

    @property
    def is_confirmed(self) -> bool:
        """Whether the seat is theirs, and not only held while they pay."""
        return self.status == BookingStatus.CONFIRMED

    @property
    def awaits_payment(self) -> bool:
        return self.status == BookingStatus.HELD

    @property
    def attendance(self) -> str:
        """Whether they came, in a word; nothing of a seat that was given up, or while nobody has said so."""
        if not self.is_confirmed or self.attended is None:
            return ""
        return str(ATTENDANCE[self.attended])

    @property
    def is_expired(self) -> bool:
        return self.status == BookingStatus.EXPIRED

    @property
    def was_held(self) -> bool:
        """Whether it was kept for somebody who did not pay in time."""
        return self.is_expired and not self.never_had_a_seat and not self.was_pairing


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

    booking = models.ForeignKey(Booking, verbose_name=_("booking"), on_delete=models.PROTECT, related_name="lines")
    seats = models.PositiveSmallIntegerField(_("seats"), default=1)
    #: The bookings that share it; none for a seat's own price.
    shared_by = models.ManyToManyField(Booking, related_name="shared_lines")

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["booking", "-unit_net", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(unit_net__gte=0), name="order_line_not_negative"),
            models.CheckConstraint(condition=Q(quantity__gte=1, seats__gte=1), name="order_line_is_of_something"),
        ]

    def heir(self) -> Booking | None:
        """Who carries a shared price on when its booking is given up: whoever has a seat, before those who wait."""
        if self.seats == 1:
            return None
        others = self.shared_by.active().exclude(pk=self.booking_id)
        return min(others, key=lambda other: (not other.is_seated, other.pk), default=None)


class WithdrawalQuerySet(models.QuerySet):
    def owing(self) -> "WithdrawalQuerySet":
        """Those that something is owed for, the oldest first."""
        owing = self.filter(waived_at=None, released_at=None, lines__unit_net__gt=0)
        return owing.distinct().order_by("withdrawn_at", "pk")


class Withdrawal(models.Model):
    """What it cost that a seat was given up, by the conditions and on that day. It may fall away later."""

    booking = models.OneToOneField(
        Booking, verbose_name=_("booking"), on_delete=models.PROTECT, related_name="withdrawal"
    )
    withdrawn_at = models.DateTimeField(_("withdrawn"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
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


class Interest(models.Model):
    """Somebody who wants to hear when a session gets its date."""

    session = models.ForeignKey(SessionPage, on_delete=models.CASCADE, related_name="interests")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="interests")
    created_at = models.DateTimeField(_("asked"))

    class Meta:
        verbose_name = _("interest")
        verbose_name_plural = _("interests")
        ordering = ["created_at"]
        constraints = [models.UniqueConstraint(fields=["session", "person"], name="one_interest_per_person")]

    def __str__(self) -> str:
        return f"{self.session_id}: {self.person_id}"
