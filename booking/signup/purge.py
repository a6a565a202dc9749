"""Forgetting what was only asked for to receive somebody well."""

from datetime import datetime, timedelta

from django.db.models import Q

from booking.dates import today
from booking.signup.bookings import Booking
from booking.signup.moves import ACTIVE

#: Days after a session's last day that diet and room are kept, for the hotel's bill and complaints.
KEPT_DAYS = 14


def purge_practical(now: datetime) -> int:
    """Empty diet and room where nobody needs them any more; give the number of bookings.

    That is where the session is long over or called off, and where the seat was given up or was not paid for.
    """
    last_kept = today(now) - timedelta(days=KEPT_DAYS)
    told = Booking.objects.exclude(diet="", room="")
    is_over = Q(session__ends_on__lt=last_kept) | Q(session__calendar_entry__cancelled_at__isnull=False)
    needless = told.filter(is_over | ~Q(status__in=ACTIVE))
    return Booking.objects.filter(pk__in=needless.values("pk")).update(diet="", room="")
