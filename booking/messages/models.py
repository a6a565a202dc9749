"""The outbox: one row per message, written with the fact it tells."""

from datetime import datetime

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from booking.journal.models import Fact
from booking.messages.text_kinds import KINDS
from booking.sessions.calendar_entry import CalendarEntry, Version
from booking.signup.models import Booking


class OutboxMessageQuerySet(models.QuerySet):
    def unsettled(self) -> "OutboxMessageQuerySet":
        """Neither sent nor given up."""
        return self.filter(sent_at=None, failed_at=None)

    def waiting(self, now: datetime) -> "OutboxMessageQuerySet":
        """Those that are due at ``now`` and in nobody's hands by the clock, which all processes share.

        What was written earlier to the same address about the same thing goes first, so that nobody reads that they
        are signed up after they have read that they no longer are.
        """
        earlier = OutboxMessage.objects.unsettled().filter(
            fact__about_type=OuterRef("fact__about_type"),
            fact__about_id=OuterRef("fact__about_id"),
            recipient=OuterRef("recipient"),
            pk__lt=OuterRef("pk"),
        )
        return (
            self.unsettled()
            .filter(Q(claimed_until=None) | Q(claimed_until__lte=timezone.now()), ~Exists(earlier), not_before__lte=now)
            .order_by("pk")
        )


class OutboxMessage(models.Model):
    """One mail to one address about one fact; sent once.

    ``claimed_until`` is a lease: whoever sends the message holds it that long, so that two workers never send it both.
    A message that is refused for good, or for too long, stays here with ``failed_at``, for staff to see.
    """

    fact = models.ForeignKey(Fact, on_delete=models.PROTECT, related_name="messages")
    kind = models.CharField(_("kind"), max_length=40)
    recipient = models.EmailField(_("to"))
    reply_to = models.EmailField(_("reply to"), blank=True)
    subject = models.CharField(_("subject"), max_length=200)
    text = models.TextField(_("text"))
    html = models.TextField(blank=True)
    calendar = models.TextField(blank=True)  # an .ics file, or nothing
    left_calendar = models.TextField(blank=True)  # another, which strikes out what it takes the place of
    message_id = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField(_("written"))
    sent_at = models.DateTimeField(_("sent"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    not_before = models.DateTimeField(_("next attempt"))
    claimed_until = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(_("given up"), null=True)
    error = models.CharField(_("last error"), max_length=200, blank=True)
    asked_again_at = models.DateTimeField(null=True)  # when staff last wanted it tried again

    objects = OutboxMessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("outbox")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["fact", "kind", "recipient"], name="nothing_is_told_twice"),
        ]
        indexes = [models.Index(fields=["not_before"], condition=Q(sent_at=None, failed_at=None), name="outbox_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def patient_since(self) -> datetime:
        """What the time is counted from after which it is given up."""
        return self.asked_again_at or self.created_at


class MailedVersion(models.Model):
    """The version of one session that was last mailed to one address, which is not kept in words.

    Counted by booking.messages.versions.
    """

    entry = models.ForeignKey(CalendarEntry, on_delete=models.CASCADE, related_name="mailed_versions")
    recipient_digest = models.CharField(max_length=64)
    sequence = models.PositiveIntegerField()
    stamped_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "recipient_digest"], name="one_count_per_reader"),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id}: {self.sequence}"


class Reminder(models.Model):
    """That those with a seat were reminded of a session, once for each day that it was to begin and each distance."""

    entry = models.ForeignKey(CalendarEntry, on_delete=models.CASCADE, related_name="reminders")
    kind = models.CharField(max_length=40)
    starts_on = models.DateField()
    written_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "kind", "starts_on"], name="nobody_is_reminded_twice"),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id}: {self.kind}"


class MailText(models.Model):
    """The words that staff gave one kind of mail. Whatever is empty is as it comes with the house.

    The facts of the matter (when, where, what it costs, links) are not among them.
    """

    kind = models.CharField(_("kind"), max_length=40, unique=True)
    subject = models.CharField(_("subject"), max_length=120, blank=True)
    introduction = models.TextField(_("introduction"), max_length=1500, blank=True)
    closing = models.TextField(_("closing"), max_length=600, blank=True)
    is_sent = models.BooleanField(_("is sent"), default=True)

    #: What staff may write, or change.
    WORDS = ("subject", "introduction", "closing", "is_sent")

    class Meta:
        verbose_name = _("text of a mail")
        verbose_name_plural = _("texts of mails")

    def __str__(self) -> str:
        return str(KINDS[self.kind].label) if self.kind in KINDS else self.kind


class Told(Version):
    """What those behind one seat were last told of their session. Before its first row they have been told nothing.

    What is told next is the difference between this and what is so by then, so nothing is told twice and nothing that
    was undone in the meantime.
    """

    booking = models.OneToOneField(Booking, on_delete=models.CASCADE, related_name="told")
    link_digest = models.CharField(max_length=64, blank=True)

    #: What deserves a mail. A new title alone follows in the calendars, and in whatever mail comes next.
    WORTH_TELLING = ("kind", "starts_on", "ends_on", "starts_time", "ends_time", "words", "postponed_to", "place")

    def __str__(self) -> str:
        return f"{self.booking_id}: {self.title}"

    def is_overtaken_by(self, entry: CalendarEntry) -> bool:
        """Whether the session is no longer as it was told to be."""
        return any(getattr(self, name) != getattr(entry, name) for name in self.WORTH_TELLING)
