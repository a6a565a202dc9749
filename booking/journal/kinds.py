"""The facts that rooms record, by name. A kind, once used, keeps its name."""

BOOKED = "booked"
CANCELLED = "cancelled"  # a booking: the seat is free again
INTERESTED = "interested"  # somebody wants to hear when a session gets its date
SESSION_SHOWN = "session_shown"  # what calendars show of a live session came or changed
SESSION_CANCELLED = "session_cancelled"  # the session will not be held

# The register: what came, changed or ended. ``details`` name the fields, never what stands in them.
OFFICE_BEGAN = "office_began"
OFFICE_CHANGED = "office_changed"  # its days, or its health council
OFFICE_ENDED = "office_ended"
PERSON_ADDED = "person_added"
PERSON_CHANGED = "person_changed"
ACCESS_GRANTED = "access_granted"  # one person, to an audience that would not admit them
ACCESS_ENDED = "access_ended"
