"""Writing conditions. What somebody accepted is never changed: another text or rule is a new version."""

from datetime import datetime

from django.db import transaction

from booking.pricing.models import Conditions, ConditionsVersion

#: What a version says; the rest of it is its number and its day.
SAID = ("text", "free_days", "share_days", "share_percent")


@transaction.atomic
def write_version(conditions: Conditions, *, now: datetime, **said) -> ConditionsVersion:
    """The version that says this: the current one if it already does, else a new one.

    ``said`` holds the fields named in ``SAID``.
    """
    Conditions.objects.select_for_update().get(pk=conditions.pk)  # two editors, two numbers
    current = conditions.current()
    if current and all(getattr(current, name) == said[name] for name in SAID):
        return current
    number = current.number + 1 if current else 1
    return ConditionsVersion.objects.create(conditions=conditions, number=number, created_at=now, **said)
