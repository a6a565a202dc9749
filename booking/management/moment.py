"""The moment that a command takes for now."""

from datetime import datetime

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _


def moment(words: str) -> datetime:
    """An ISO time, in Danish time where it says no other. Raises CommandError."""
    try:
        found = parse_datetime(words)
    except ValueError:
        found = None
    if found is None:
        raise CommandError(_("“%(words)s” is not a time.") % {"words": words})
    return timezone.make_aware(found) if timezone.is_naive(found) else found
