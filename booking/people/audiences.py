"""Letting one person in where an audience would not: granted for a reason, until a day."""

import logging
from datetime import date, datetime, timedelta

from django.db import transaction

from booking.dates import today
from booking.journal.kinds import ACCESS_ENDED, ACCESS_GRANTED
from booking.journal.record import record
from booking.people.models import Audience, AudienceGrant, Person

logger = logging.getLogger(__name__)


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
