"""One order of locks everywhere, so that no two wait for each other: sessions by id, then orders, then bookings."""

from django.db import transaction

from booking.sessions.models import SessionPage
from booking.signup.bookings import Booking


def lock_sessions(*session_ids: int) -> dict[int, SessionPage]:
    """These sessions as they stand, by id, locked until the transaction ends; and the other runs of their choices.

    Whoever signs somebody up for one run reads whether they have a seat at another, so all of them must hold still.
    """
    sessions = SessionPage.objects.with_other_runs(*session_ids).select_for_update(of=("self",)).order_by("pk")
    return {
        session.pk: session
        for session in sessions.select_related("audience", "price_list", "conditions", "calendar_entry")
    }


def lock_session(session_id: int) -> SessionPage:
    return lock_sessions(session_id)[session_id]


class _Moved(Exception):
    """The seat is at another session than it was when we asked for the lock."""


def lock_session_of(booking: Booking) -> SessionPage:
    """The session at which the booking is, locked, however old what the caller knows; it may be switched while we wait.

    What was locked in vain is let go with its savepoint, so that no lock is asked for out of order.
    """
    while True:
        session_id = _session_id(booking)
        try:
            with transaction.atomic():
                session = lock_session(session_id)
                if _session_id(booking) != session_id:
                    raise _Moved
        except _Moved:
            continue
        return session


def _session_id(booking: Booking) -> int:
    return Booking.objects.values_list("session", flat=True).get(pk=booking.pk)
