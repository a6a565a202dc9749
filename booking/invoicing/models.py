"""Documents as they were issued, the numbers they got, and the bookings that stand on them."""

from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from booking.invoicing import document, oioubl, peppol
from booking.invoicing.document import Document, from_kept
from booking.invoicing.final import WrittenOnce
from booking.payments.models import Payment, Refund
from booking.people.models import InvoiceFormat, Municipality
from booking.pricing.models import Seller
from booking.sessions.models import SessionPage
from booking.signup.models import Booking

#: How a document is written as XML, by format.
WRITERS = {InvoiceFormat.PEPPOL: peppol.write, InvoiceFormat.OIOUBL: oioubl.write}

#: A document is emptied once and for all, five years after the end of its own. Source: bogføringsloven § 12.
OUT_OF_THE_BOOKS = (
    "OLD.emptied_in IS NULL"
    " AND NEW.emptied_in > CAST(substr(CAST(OLD.issued_on AS text), 1, 4) AS integer) + 5"
    " AND CAST(NEW.content AS text) = '{}' AND length(NEW.xml) = 0"
)

#: Sums of money, as a database is to give them.
KRONER = models.DecimalField(max_digits=12, decimal_places=2)

#: A credit note takes a charge back once.
CREDITED_ONCE = "OLD.credited_by_id IS NULL AND NEW.credited_by_id IS NOT NULL"


class DocumentsAreFinal(Exception):
    """A document that was issued was about to be changed or removed. A mistake is put right by a credit note."""


class Kind(models.TextChoices):
    """What a document is, in words."""

    INVOICE = document.Kind.INVOICE, _("invoice")
    CREDIT_NOTE = document.Kind.CREDIT_NOTE, _("credit note")


#: What a number begins with, so that nobody takes a credit note for an invoice.
PREFIXES = {Kind.INVOICE: "F", Kind.CREDIT_NOTE: "K"}


class Series(models.Model):
    """The numbers of one seller's documents of one kind: one after the other, without gaps.

    Source: momsbekendtgørelsen § 58. Whoever takes the next number holds the row until the document is written.
    """

    seller = models.ForeignKey(Seller, verbose_name=_("seller"), on_delete=models.PROTECT, related_name="series")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    last = models.PositiveIntegerField(_("last number"), default=0)

    class Meta:
        verbose_name = _("number series")
        verbose_name_plural = _("number series")
        ordering = ["seller", "kind"]
        constraints = [models.UniqueConstraint(fields=["seller", "kind"], name="one_series_per_seller_and_kind")]

    def __str__(self) -> str:
        return f"{self.seller}, {self.get_kind_display()}"

    def number(self, serial: int) -> str:
        return f"{PREFIXES[Kind(self.kind)]}{serial}"


def _is_settled() -> Exists:
    return Exists(Settlement.objects.filter(invoice=OuterRef("pk"), stands=True))


class InvoiceQuerySet(models.QuerySet):
    def update(self, **kwargs):
        raise DocumentsAreFinal

    def delete(self):
        raise DocumentsAreFinal

    def bulk_update(self, *args, **kwargs):
        raise DocumentsAreFinal

    def invoices(self) -> "InvoiceQuerySet":
        return self.filter(kind=Kind.INVOICE)

    def credit_notes(self) -> "InvoiceQuerySet":
        return self.filter(kind=Kind.CREDIT_NOTE)

    def paid(self) -> "InvoiceQuerySet":
        """Paid by card, or marked as paid."""
        return self.invoices().filter(Q(payment__isnull=False) | Q(_is_settled()))

    def credited(self) -> "InvoiceQuerySet":
        """All of it taken back."""
        kept = Charge.objects.filter(invoice=OuterRef("pk"), credited_by=None)
        return self.invoices().filter(~Exists(kept), payment=None)

    def open(self) -> "InvoiceQuerySet":
        """Still to be paid."""
        kept = Charge.objects.filter(invoice=OuterRef("pk"), credited_by=None)
        return self.invoices().filter(~_is_settled(), Exists(kept), payment=None)

    def partly_paid(self) -> "InvoiceQuerySet":
        """Some of the money has come, and some has not."""
        return self.open().filter(Exists(Deposit.objects.filter(invoice=OuterRef("pk"), stands=True)))

    def overdue(self, on: date) -> "InvoiceQuerySet":
        """Still to be paid the day after it was due, and later."""
        return self.open().filter(due_on__lt=on)

    def empty_before(self, day: date, *, on: date) -> int:
        """Take names and references from documents dated before ``day``, when bookkeeping no longer asks for them.

        Number, days, payer and sums stay. It is the one change that a document ever sees, and the database lets it be
        made in the sixth calendar year after the document's at the earliest.
        """
        old = self.filter(issued_on__lt=day, emptied_in=None)
        return super(InvoiceQuerySet, old).update(content={}, xml=b"", emptied_in=on.year)


class Invoice(models.Model):
    """An invoice or a credit note as it was issued: its number, its content, and the XML that was made of it. Final.

    The sums stand in columns too, for lists; the content has them all.
    """

    series = models.ForeignKey(Series, verbose_name=_("number series"), on_delete=models.PROTECT, related_name="issued")
    serial = models.PositiveIntegerField(_("number in the series"))
    number = models.CharField(_("number"), max_length=20)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    issued_at = models.DateTimeField(_("issued"))
    issued_on = models.DateField(_("dated"))
    due_on = models.DateField(_("due"), null=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    payer = models.ForeignKey(Municipality, verbose_name=_("payer"), on_delete=models.PROTECT, related_name="invoices")
    net = models.DecimalField(_("kroner, excluding VAT"), max_digits=12, decimal_places=2)
    vat = models.DecimalField(_("VAT"), max_digits=12, decimal_places=2)
    total = models.DecimalField(_("kroner, including VAT"), max_digits=12, decimal_places=2)
    credits = models.ForeignKey(
        "self", verbose_name=_("credits"), null=True, on_delete=models.PROTECT, related_name="credit_notes"
    )
    #: The card payment that it tells of, or the refund; none where a bill is sent.
    payment = models.OneToOneField(Payment, null=True, on_delete=models.PROTECT, related_name="invoice")
    refund = models.OneToOneField(Refund, null=True, on_delete=models.PROTECT, related_name="credit_note")
    content = models.JSONField(_("content"))
    format = models.CharField(_("format"), max_length=8, choices=InvoiceFormat.choices)
    xml = models.BinaryField()
    #: The year in which content and XML were emptied.
    emptied_in = models.PositiveSmallIntegerField(null=True)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices and credit notes")
        ordering = ["-issued_at", "-pk"]
        permissions = [
            ("issue_invoice", "Can issue invoices"),
            ("credit_invoice", "Can credit invoice"),
            ("settle_invoice", "Can mark invoice as paid"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["series", "serial"], name="one_document_per_number"),
            models.CheckConstraint(
                condition=Q(kind="credit_note", credits__isnull=False) | Q(kind="invoice", credits=None),
                name="credit_notes_name_their_invoice",
            ),
            models.CheckConstraint(condition=Q(net__gt=0, vat__gte=0, total__gt=0), name="documents_are_of_something"),
            WrittenOnce(but=["content", "xml", "emptied_in"], when=OUT_OF_THE_BOOKS, name="documents_are_final"),
        ]

    def __str__(self) -> str:
        return self.number

    def save(self, *args, **kwargs):
        if self.pk:
            raise DocumentsAreFinal
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise DocumentsAreFinal

    @property
    def is_credit_note(self) -> bool:
        return self.kind == Kind.CREDIT_NOTE

    @property
    def settlement(self) -> "Settlement | None":
        """That it was marked as paid, if that stands."""
        return next((one for one in self.settlements.all() if one.stands), None)

    @property
    def document(self) -> Document:
        """What was issued, as a value."""
        return from_kept(self.content)


class ChargeQuerySet(models.QuerySet):
    def standing(self) -> "ChargeQuerySet":
        return self.filter(stands=True)

    def invoicing(self, session: SessionPage) -> "ChargeQuerySet":
        """Those by which seats at the session are invoiced now: not credited, for whatever reason."""
        return self.standing().filter(credited_by=None, booking__session=session)


class Charge(models.Model):
    """That a booking stands on an invoice, and on which of its lines.

    A booking has one that ``stands``, so it is invoiced once. A credit note that takes it back to be invoiced anew ends
    that; one that lets it go for good does not.
    """

    invoice = models.ForeignKey(Invoice, verbose_name=_("invoice"), on_delete=models.PROTECT, related_name="charges")
    booking = models.ForeignKey(Booking, verbose_name=_("booking"), on_delete=models.PROTECT, related_name="charges")
    #: Places among the document's lines, from 0.
    lines = models.JSONField(_("lines"))
    net = models.DecimalField(_("kroner, excluding VAT"), max_digits=12, decimal_places=2)
    vat = models.DecimalField(_("VAT"), max_digits=12, decimal_places=2)
    stands = models.BooleanField(_("stands"), default=True)
    credited_by = models.ForeignKey(
        Invoice, verbose_name=_("credited by"), null=True, on_delete=models.PROTECT, related_name="taken_back"
    )

    objects = ChargeQuerySet.as_manager()

    class Meta:
        verbose_name = _("charge")
        verbose_name_plural = _("charges")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["booking"], condition=Q(stands=True), name="a_booking_is_invoiced_once"),
            models.CheckConstraint(
                condition=Q(stands=True) | Q(credited_by__isnull=False), name="only_a_credit_note_ends_a_charge"
            ),
            WrittenOnce(but=["stands", "credited_by"], when=CREDITED_ONCE, name="charges_are_final"),
        ]

    def __str__(self) -> str:
        return f"{self.invoice}: {self.booking_id}"


class Noted(models.Model):
    """What staff noted of money for an invoice. What was wrong is taken back by a reversal and no longer ``stands``."""

    stands = models.BooleanField(_("stands"), default=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    noted_at = models.DateTimeField(_("noted"))

    class Meta:
        abstract = True


class Settlement(Noted):
    """That an invoice was paid, as staff saw it in the bank."""

    invoice = models.ForeignKey(
        Invoice, verbose_name=_("invoice"), on_delete=models.PROTECT, related_name="settlements"
    )
    paid_on = models.DateField(_("paid"))

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["invoice"], condition=Q(stands=True), name="an_invoice_is_paid_once")
        ]

    def __str__(self) -> str:
        return str(self.invoice)


class TransferQuerySet(models.QuerySet):
    def unplaced(self) -> "TransferQuerySet":
        """Those of which some is ``left``, placed at no invoice."""
        placed = Coalesce(Sum("deposits__amount", filter=Q(deposits__stands=True)), Decimal(0), output_field=KRONER)
        return self.annotate(left=F("amount") - placed).filter(left__gt=0)

    def empty_before(self, day: date) -> int:
        """Take what payers wrote from transfers that came before ``day``, when bookkeeping no longer asks for them."""
        return self.filter(paid_on__lt=day).exclude(reference="").update(reference="")


class Transfer(models.Model):
    """Money that came to the bank, as the bank's file tells it. What of it is for which invoice, its deposits say."""

    seller = models.ForeignKey(Seller, verbose_name=_("seller"), on_delete=models.PROTECT, related_name="transfers")
    paid_on = models.DateField(_("paid"))
    amount = models.DecimalField(_("kroner"), max_digits=12, decimal_places=2)
    reference = models.CharField(_("reference"), max_length=200, blank=True)
    #: What the payment is known by when the bank's file comes again.
    key = models.CharField(max_length=64, unique=True)
    noted_at = models.DateTimeField(_("noted"))

    objects = TransferQuerySet.as_manager()

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        ordering = ["paid_on", "pk"]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="transfers_are_of_something")]

    def __str__(self) -> str:
        return f"{self.paid_on}: {self.amount}"

    def rest(self) -> Decimal:
        """What of it is not placed at any invoice."""
        return self.amount - sum((one.amount for one in self.deposits.all() if one.stands), Decimal(0))


class Deposit(Noted):
    """What of a transfer is for an invoice: all that is to be paid, or a part."""

    transfer = models.ForeignKey(
        Transfer, verbose_name=_("transfer"), on_delete=models.PROTECT, related_name="deposits"
    )
    invoice = models.ForeignKey(Invoice, verbose_name=_("invoice"), on_delete=models.PROTECT, related_name="deposits")
    amount = models.DecimalField(_("kroner"), max_digits=12, decimal_places=2)

    class Meta:
        verbose_name = _("deposit")
        verbose_name_plural = _("deposits")
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="deposits_are_of_something")]

    def __str__(self) -> str:
        return f"{self.invoice}: {self.amount}"


class Reversal(models.Model):
    """That something was noted wrongly, and why. What it takes back stays to be read."""

    settlement = models.OneToOneField(Settlement, null=True, on_delete=models.PROTECT, related_name="reversal")
    deposit = models.OneToOneField(Deposit, null=True, on_delete=models.PROTECT, related_name="reversal")
    reason = models.CharField(_("why"), max_length=200)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    noted_at = models.DateTimeField(_("noted"))

    class Meta:
        verbose_name = _("reversal")
        verbose_name_plural = _("reversals")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(settlement=None, deposit__isnull=False) | Q(settlement__isnull=False, deposit=None),
                name="a_reversal_is_of_one_thing",
            )
        ]

    def __str__(self) -> str:
        return self.reason


class HandOverState(models.TextChoices):
    READY = "ready", _("ready")
    HANDED_OVER = "handed_over", _("handed over")
    ACCEPTED = "accepted", _("accepted")
    REFUSED = "refused", _("refused")


#: The whole life of a hand-over. What was refused may be tried again.
HAND_OVER_MOVES: dict[str, set[str]] = {
    HandOverState.READY: {HandOverState.HANDED_OVER, HandOverState.REFUSED},
    HandOverState.HANDED_OVER: {HandOverState.ACCEPTED, HandOverState.REFUSED},
    HandOverState.ACCEPTED: set(),
    HandOverState.REFUSED: {HandOverState.READY},
}


class IllegalMove(Exception):
    """A state was about to change in a way that the table of moves does not know."""


class HandOver(models.Model):
    """How a document got out of the house, and what came back."""

    invoice = models.OneToOneField(
        Invoice, verbose_name=_("invoice"), on_delete=models.PROTECT, related_name="hand_over"
    )
    state = models.CharField(_("state"), max_length=12, choices=HandOverState.choices, default=HandOverState.READY)
    carrier = models.CharField(_("carrier"), max_length=12, blank=True)
    reason = models.CharField(_("why it was refused"), max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    not_before = models.DateTimeField(_("not before"))
    handed_at = models.DateTimeField(_("handed over"), null=True)
    answered_at = models.DateTimeField(_("answered"), null=True)

    class Meta:
        verbose_name = _("hand-over")
        verbose_name_plural = _("hand-overs")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["not_before"], condition=Q(state="ready"), name="hand_over_due")]

    def __str__(self) -> str:
        return str(self.invoice)

    def move(self, state: str, *, reason: str = "") -> None:
        """Change state, as the table of moves allows. Saving is the caller's. Raises IllegalMove."""
        if state not in HAND_OVER_MOVES[self.state]:
            raise IllegalMove(self.state, state)
        self.state, self.reason = state, reason[:300]
