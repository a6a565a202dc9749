"""Forgetting what was only asked for to receive somebody well."""

from datetime import datetime, timedelta

from booking.dates import today
from booking.signup.models import Booking

#: Days after a session's last day that diet and room are kept, for the hotel's bill and complaints.
KEPT_DAYS = 14


def purge_practical(now: datetime) -> int:
    """Empty diet and room where the session is long over or the seat was given up; give the number of bookings."""
    last_kept = today(now) - timedelta(days=KEPT_DAYS)
    told = Booking.objects.exclude(diet="", room="")
    return (told.filter(session__ends_on__lt=last_kept) | told.exclude(pk__in=told.holding_a_seat())).update(
        diet="", room=""
    )
