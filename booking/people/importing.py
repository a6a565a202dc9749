"""Bringing a register in: a file becomes a plan, which changes nothing; the plan is carried out as a whole or not."""

import logging
from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction

from booking.dates import today
from booking.journal.kinds import OFFICE_BEGAN, OFFICE_CHANGED, OFFICE_ENDED, PERSON_ADDED, PERSON_CHANGED
from booking.journal.record import record_all
from booking.people.models import Municipality, Office, Person
from booking.people.plan import FIELDS, Held, Holder, Plan
from booking.people.planner import plan_for
from booking.people.rows import read_rows
from booking.people.signin import give_sign_in

logger = logging.getLogger(__name__)


class HasBadRows(Exception):
    """Nothing is done while a row is wrong."""


class RegisterChanged(Exception):
    """The register is no longer the one that the plan was made from; nothing was done. Make the plan again."""


def plan_import(content: bytes, *, now: datetime) -> Plan:
    """What a file (CSV or XLSX) would do to the register as it is now. Raises Unreadable."""
    return plan_for(read_rows(content), today(now))


def carry_out(plan: Plan, *, by, now: datetime) -> Plan:
    """Do what the plan says, in one transaction, and give it as it was done. No booking is touched.

    ``by`` is the user who did it. Raises HasBadRows, or RegisterChanged if the plan would not be the same any more.
    """
    if plan.bad:
        raise HasBadRows
    try:
        with transaction.atomic():
            # One import at a time: whoever comes second makes the plan from what the first has done.
            list(Municipality.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))
            again = plan_for(plan.reading, plan.on)
            if again.fingerprint != plan.fingerprint:
                raise RegisterChanged
            _write(again, by=by, now=now)
    except IntegrityError as error:
        # Somebody wrote beside us, in the admin; the database's own rules have the last word.
        raise RegisterChanged from error
    logger.info("register imported: %d added, %d ended", len(again.added), len(again.ended))
    return again


def _write(plan: Plan, *, by, now: datetime) -> None:
    """Persons first; then offices, those that end before those that begin, so that every step keeps the rules."""
    Person.objects.bulk_create(_new_persons(plan.persons_added))
    fields_by_person = {holder.person: holder.changes for holder in plan.persons_changed}
    for holder in plan.persons_changed:
        for name in holder.changes:
            setattr(holder.person, name, getattr(holder, name))
    Person.objects.bulk_update(list(fields_by_person), list(FIELDS), batch_size=200)

    shrinking = [held for held in plan.changed if _shrinks(held)]
    for step in (plan.ended, shrinking, [held for held in plan.changed if held not in shrinking]):
        for held in step:
            for name in held.changes:
                setattr(held.office, name, getattr(held, name))
        Office.objects.bulk_update(
            [held.office for held in step], ["starts_on", "ends_on", "health_council"], batch_size=200
        )
    for held in plan.added:
        held.office = Office(
            person=held.holder.person,
            kind=held.kind,
            municipality=held.municipality,
            health_council_id=held.health_council_id,
            starts_on=held.starts_on,
            ends_on=held.ends_on,
        )
    Office.objects.bulk_create([held.office for held in plan.added])

    def tell(kind: str, offices: Iterable[Held]) -> None:
        record_all(kind, [(held.office, _facts_of(held.office)) for held in offices], by=by, at=now)

    record_all(PERSON_ADDED, [(holder.person, {}) for holder in plan.persons_added], by=by, at=now)
    record_all(PERSON_CHANGED, [(who, {"fields": names}) for who, names in fields_by_person.items()], by=by, at=now)
    tell(OFFICE_ENDED, plan.ended)
    tell(OFFICE_CHANGED, plan.changed)
    tell(OFFICE_BEGAN, plan.added)

    for person, names in fields_by_person.items():
        if person.user_id and {"name", "email"} & set(names):
            give_sign_in(person)


def _new_persons(holders: list[Holder]) -> list[Person]:
    for holder in holders:
        holder.person = Person(name=holder.name, email=holder.email, phone=holder.phone)
    return [holder.person for holder in holders]


def _shrinks(held: Held) -> bool:
    """Whether it will be held on no day on which it is not held now."""
    before = held.office
    begins_no_sooner = held.starts_on >= before.starts_on
    ends_no_later = before.ends_on is None or (held.ends_on is not None and held.ends_on <= before.ends_on)
    return begins_no_sooner and ends_no_later


def _facts_of(office: Office) -> dict:
    """What the journal keeps of an office: no name, no address."""
    return {
        "office": str(office.kind),
        "municipality": office.municipality.code,
        "starts_on": office.starts_on.isoformat(),
        "ends_on": office.ends_on and office.ends_on.isoformat(),
    }
