"""One order of locks everywhere, so that no two wait for each other: sessions by id, then orders, then bookings."""

from booking.sessions.models import SessionPage


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
