"""Exceptions: letting one person in where an audience would not, granted for a reason, until a day."""

import logging
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from booking.dates import today
from booking.journal.kinds import ACCESS_ENDED, ACCESS_GRANTED
from booking.journal.record import record
from booking.people.audiences import Audience
from booking.people.models import Person

logger = logging.getLogger(__name__)


class AudienceGrantQuerySet(models.QuerySet):
    def in_force(self, on: date) -> "AudienceGrantQuerySet":
        """Those that still hold on ``on``, the day of the session; the last day counts."""
        return self.filter(ends_on__gte=on)


class AudienceGrant(models.Model):
    """An exception: one person whom an audience lets in until a day, though its rule would not."""

    audience = models.ForeignKey(Audience, verbose_name=_("audience"), on_delete=models.CASCADE, related_name="grants")
    person = models.ForeignKey(Person, verbose_name=_("person"), on_delete=models.CASCADE, related_name="grants")
    reason = models.CharField(_("reason"), max_length=200)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("granted by"), on_delete=models.PROTECT, related_name="+"
    )
    granted_at = models.DateTimeField(_("granted"))
    ends_on = models.DateField(_("to"), help_text=_("The last day of a session that the exception gives access to."))

    objects = AudienceGrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("exception")
        verbose_name_plural = _("exceptions")
        ordering = ["-ends_on", "person__name"]

    def __str__(self) -> str:
        return _("%(person)s, %(audience)s") % {"person": self.person, "audience": self.audience}


@transaction.atomic
def grant_access(audience: Audience, person: Person, *, reason: str, ends_on: date, by, now: datetime) -> AudienceGrant:
    """Let ``person`` in to sessions until ``ends_on``, that day included, whatever the audience's rule says."""
    grant = AudienceGrant.objects.create(
        audience=audience, person=person, reason=reason, ends_on=ends_on, granted_by=by, granted_at=now
    )
    record(ACCESS_GRANTED, grant, by=by, on_behalf_of=person, at=now, ends_on=ends_on.isoformat())
    logger.info("access %s granted", grant.pk)
    return grant


@transaction.atomic
def end_access(grant: AudienceGrant, *, by, now: datetime) -> None:
    """End an exception at once: from today on nobody is let in by it. Seats that were given stay."""
    grant = AudienceGrant.objects.select_for_update(of=("self",)).get(pk=grant.pk)
    yesterday = today(now) - timedelta(days=1)
    if grant.ends_on <= yesterday:
        return
    grant.ends_on = yesterday
    grant.save(update_fields=["ends_on"])
    record(ACCESS_ENDED, grant, by=by, on_behalf_of=grant.person, at=now)
    logger.info("access %s ended", grant.pk)
