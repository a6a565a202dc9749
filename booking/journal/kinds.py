"""The facts that rooms record, by name. A kind, once used, keeps its name."""

BOOKED = "booked"
CANCELLED = "cancelled"  # a booking: the seat is free again
INTERESTED = "interested"  # somebody wants to hear when a session gets its date
SESSION_SHOWN = "session_shown"  # what calendars show of a live session came or changed
SESSION_CANCELLED = "session_cancelled"  # the session will not be held
