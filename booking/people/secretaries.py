"""Who acts for whom: an office holder, or staff, names a secretary, and ends it again."""

import logging
from datetime import date, datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction

from booking.dates import today
from booking.journal.kinds import SECRETARY_ENDED, SECRETARY_NAMED
from booking.journal.models import Fact
from booking.journal.record import record
from booking.people.models import Office, Person, Secretary
from booking.people.signin import give_sign_in

logger = logging.getLogger(__name__)

#: So many an office holder may name in a day. Each of them gets a mail.
NAMED_A_DAY = 10


class HoldsNoOffice(Exception):
    """Only somebody in office has secretaries to name."""


class OwnSecretary(Exception):
    """Somebody named themselves."""


class TooMany(Exception):
    """As many as one may name in a day have been named."""


@transaction.atomic
def name_secretary(
    principal: Person, *, email: str, name: str, ends_on: date | None = None, by, now: datetime
) -> Secretary:
    """Let whoever has this address act for ``principal`` from today until ``ends_on``, that day included.

    An address that is in the register is that person, whatever ``name`` says; a new one makes a person who can sign in.
    Naming somebody again changes the last day. Raises HoldsNoOffice, OwnSecretary or TooMany.
    """
    on = today(now)
    principal = Person.objects.select_for_update(of=("self",)).get(pk=principal.pk)
    email = email.strip().lower()
    if not Office.objects.held_on(on).filter(person=principal).exists():
        raise HoldsNoOffice
    if email == principal.email:
        raise OwnSecretary
    since = now - timedelta(days=1)
    if Fact.objects.filter(kind=SECRETARY_NAMED, on_behalf_of=principal, at__gt=since).count() >= NAMED_A_DAY:
        raise TooMany
    secretary = _person_with(email, name)
    held = principal.secretaries.filter(secretary=secretary, starts_on__lte=on)
    # The row of the day is opened again if it was ended today; there is one for each first day.
    link = held.in_force(on).first() or held.filter(starts_on=on).first()
    if link is None:
        link = Secretary(principal=principal, secretary=secretary, starts_on=on)
    link.named_as, link.ends_on = name, ends_on
    link.save()
    note_named(link, by=by, now=now)
    return link


def note_named(link: Secretary, *, by, now: datetime) -> None:
    """Let the secretary sign in, and write in the journal that they were named."""
    give_sign_in(link.secretary)
    last = {"ends_on": link.ends_on.isoformat()} if link.ends_on else {}
    record(SECRETARY_NAMED, link, by=by, on_behalf_of=link.principal, at=now, **last)
    logger.info("secretary %s named", link.pk)


@transaction.atomic
def end_secretary(link: Secretary, *, by, now: datetime) -> None:
    """End it at once: from the next request on, the secretary acts for the principal no longer."""
    link = Secretary.objects.select_for_update(of=("self",)).get(pk=link.pk)
    yesterday = today(now) - timedelta(days=1)
    if link.ends_on and link.ends_on <= yesterday:
        return
    link.ends_on = yesterday
    link.save(update_fields=["ends_on"])
    note_ended(link, by=by, now=now)


def note_ended(link: Secretary, *, by, now: datetime) -> None:
    record(SECRETARY_ENDED, link, by=by, on_behalf_of=link.principal, at=now)
    logger.info("secretary %s ended", link.pk)


def _person_with(email: str, name: str) -> Person:
    """The person in the register, or a new one. Whoever works for the house keeps the name they have there."""
    staff = User.objects.filter(email__iexact=email, person=None).order_by("pk").first()
    own_name = staff.get_full_name() if staff else ""
    person, _is_new = Person.objects.get_or_create(email=email, defaults={"name": own_name or name})
    return person
