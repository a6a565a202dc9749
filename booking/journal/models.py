"""What happened, once and in order, and what each room still owes it."""

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext_lazy as _


class JournalIsAppendOnly(Exception):
    """A fact was about to be changed or removed."""


class FactQuerySet(models.QuerySet):
    def about(self, thing: models.Model) -> "FactQuerySet":
        """The facts whose subject is ``thing``."""
        return self.filter(about_type=ContentType.objects.get_for_model(thing), about_id=thing.pk)

    def update(self, **kwargs):
        raise JournalIsAppendOnly

    def delete(self):
        raise JournalIsAppendOnly


class Fact(models.Model):
    """One thing that happened: what, to what, when, by whom and for whom.

    ``details`` holds plain values (references, dates, numbers) and no personal data: the journal is kept for years.
    """

    kind = models.CharField(_("kind"), max_length=40)
    at = models.DateTimeField(_("at"), db_index=True)
    about_type = models.ForeignKey(ContentType, on_delete=models.PROTECT)
    about_id = models.PositiveBigIntegerField()
    about = GenericForeignKey("about_type", "about_id")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    on_behalf_of = models.ForeignKey(
        "booking.Person", verbose_name=_("on behalf of"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    details = models.JSONField(_("details"), default=dict)

    objects = FactQuerySet.as_manager()

    class Meta:
        verbose_name = _("fact")
        verbose_name_plural = _("journal")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["about_type", "about_id"], name="fact_about")]

    def __str__(self) -> str:
        return f"{self.kind} {self.about_id}"

    def save(self, *args, **kwargs):
        if self.pk:
            raise JournalIsAppendOnly
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise JournalIsAppendOnly


class FollowUp(models.Model):
    """What one room owes one fact: due until ``done_at`` is set, in the transaction of the room's own work."""

    fact = models.ForeignKey(Fact, on_delete=models.PROTECT, related_name="follow_ups")
    room = models.CharField(_("room"), max_length=40)
    done_at = models.DateTimeField(_("done"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    not_before = models.DateTimeField(_("not before"))

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        constraints = [models.UniqueConstraint(fields=["fact", "room"], name="one_follow_up_per_room")]
        indexes = [
            models.Index(fields=["not_before"], condition=models.Q(done_at=None), name="follow_up_due"),
        ]

    def __str__(self) -> str:
        return f"{self.room}: {self.fact_id}"
