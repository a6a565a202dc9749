"""What somebody may change about themselves in the register: the phone number. The rest is KL's to keep."""

import logging
from datetime import datetime

from django.db import transaction

from booking.journal.kinds import PERSON_CHANGED
from booking.journal.record import record
from booking.people.models import Person

logger = logging.getLogger(__name__)


@transaction.atomic
def change_phone(person: Person, phone: str, *, by, now: datetime) -> None:
    """Write a new number, or none. The journal says that it was changed, not what it was."""
    person = Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
    if person.phone == phone:
        return
    person.phone = phone
    person.save(update_fields=["phone"])
    record(PERSON_CHANGED, person, by=by, on_behalf_of=person, at=now, fields=["phone"])
    logger.info("person %s changed their phone", person.pk)
