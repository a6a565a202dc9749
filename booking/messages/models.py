"""The outbox: one row per message, written with the fact it tells."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from booking.journal.models import Fact


class OutboxMessage(models.Model):
    """One mail to one address about one fact; sent once.

    ``claimed_until`` is a lease: whoever sends the message holds it that long, so that two workers never send it both.
    """

    fact = models.ForeignKey(Fact, on_delete=models.PROTECT, related_name="messages")
    kind = models.CharField(_("kind"), max_length=40)
    recipient = models.EmailField(_("to"))
    reply_to = models.EmailField(_("reply to"), blank=True)
    subject = models.CharField(_("subject"), max_length=200)
    text = models.TextField(_("text"))
    html = models.TextField(blank=True)
    calendar = models.TextField(blank=True)  # an .ics file, or nothing
    message_id = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField(_("written"))
    sent_at = models.DateTimeField(_("sent"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    not_before = models.DateTimeField(_("next attempt"))
    claimed_until = models.DateTimeField(null=True)
    error = models.CharField(_("last error"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("outbox")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["fact", "kind", "recipient"], name="nothing_is_told_twice"),
        ]
        indexes = [models.Index(fields=["not_before"], condition=models.Q(sent_at=None), name="outbox_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
