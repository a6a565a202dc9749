"""Letting one person in where an audience would not: granted for a reason, until a day."""

import logging
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction

from booking.dates import today
from booking.journal.kinds import ACCESS_ENDED, ACCESS_GRANTED
from booking.journal.record import record
from booking.people.models import Audience, AudienceGrant, ElectionTerm, Office, Person

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


def admits_by_office(audience: Audience, offices: Iterable[Office], *, on: date, terms: Iterable[ElectionTerm]) -> bool:
    """Whether one of a person's ``offices`` lets them in on ``on``, as ``admit`` would; no exceptions.

    For many sessions at once: it asks nothing of the database when the audience's municipalities are at hand.
    """
    offices, terms = list(offices), list(terms)
    held = [office for office in offices if office.kind in audience.offices and office.is_held_on(on)]
    places = {municipality.pk for municipality in audience.municipalities.all()}
    here = [office for office in held if not places or office.municipality_id in places]
    if not audience.newly_elected:
        return bool(here)
    term = _term_on(terms, on)
    if term is None:
        return False
    last = term.starts_on - timedelta(days=1)
    before = _term_on(terms, last)
    first = before.starts_on if before else term.starts_on.replace(year=term.starts_on.year - 4)
    earlier = {one.kind for one in offices if one.starts_on <= last and (one.ends_on is None or one.ends_on >= first)}
    return any(office.kind not in earlier for office in here)


def _term_on(terms: list[ElectionTerm], on: date) -> ElectionTerm | None:
    return next((term for term in terms if term.starts_on <= on <= term.ends_on), None)
