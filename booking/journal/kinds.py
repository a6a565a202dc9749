"""The facts that rooms record, by name. A kind, once used, keeps its name."""

BOOKED = "booked"  # a booking: the seat is theirs; ``together`` if others of the order got theirs with it
ORDERED = "ordered"  # an order: several people were signed up at once; ``bookings`` are the ids of their seats
CANCELLED = "cancelled"  # a booking: the seat is free again
FEE_WAIVED = "fee_waived"  # a booking that was given up: staff waived what was owed for it
FEE_RELEASED = "fee_released"  # a booking that was given up: what was owed for it fell away
SUBSTITUTED = "substituted"  # a booking: another person has the seat; ``in_place_of`` is the id of whoever had it
LISTING_ALLOWED = "listing_allowed"  # a booking: the participant may stand on the list of participants
LISTING_REFUSED = "listing_refused"  # a booking: the participant may no longer stand there
#: A booking: it is at another run now. ``from_session`` and ``from_entry`` are the ids of the old, ``left`` and
#: ``to`` what the two were called.
SWITCHED = "switched"
ATTENDED = "attended"  # a booking: the participant came
MISSED = "missed"  # a booking: the participant stayed away, and kept the seat
ATTENDANCE_UNDONE = "attendance_undone"  # a booking: it is open again whether they came
HELD = "held"  # a booking: the seat is kept while it is being paid for
EXPIRED = "expired"  # a booking: it was not paid for, and the seat is free again
QUEUED = "queued"  # a booking: somebody waits for a seat
OFFERED = "offered"  # a booking: a free seat is theirs if they say so in time
DECLINED = "declined"  # a booking: they did not want the seat that was offered
OFFER_LAPSED = "offer_lapsed"  # a booking: they did not answer in time
OFFER_WITHDRAWN = "offer_withdrawn"  # a booking: there is no seat to offer for now; they keep their place in line
PAIR_ASKED = "pair_asked"  # a booking: kept until the other of the pair has said yes; ``asked`` if that is them
PAIR_DECLINED = "pair_declined"  # a booking: one of the pair, or staff, said no, so neither has a seat
PAIR_LAPSED = "pair_lapsed"  # a booking: the other of the pair did not answer in time, so neither has a seat
CALLED = "called"  # a booking: all who wait were told of a free seat, and the first to press has it
PASSED_OVER = "passed_over"  # a booking: a seat was free, but the session is no longer for them
QUEUE_LEFT = "queue_left"  # a booking: they wait no longer
NO_SEAT = "no_seat"  # a booking: the session began, and no seat came free
PAID = "paid"  # a payment: the money has come
REFUNDED = "refunded"  # a refund: the money is on its way back
REFUND_FAILED = "refund_failed"  # a refund: the bank would not take it; staff must find another way
DISPUTED = "disputed"  # a payment: the card's holder contests it; ``status`` is how that stands
CHARGED_BACK = "charged_back"  # a payment: the card's holder won, and their bank took the money back
DIFFERENCE_PUT_RIGHT = "difference_put_right"  # with Stripe's books: a person says that it is in order
INVOICE_CORRECTED = "invoice_corrected"  # an order: how it is to be invoiced; ``fields`` says what, ``ean`` from and to
INVOICED = "invoiced"  # an invoice: it has its number, and is final
CREDITED = "credited"  # a credit note: so has this; ``invoice`` is the number it takes back
HANDED_OVER = "handed_over"  # an invoice or credit note: it left the house, or was answered; ``state`` says which
DEPOSITED = "deposited"  # an invoice: money for it came to the bank; ``amount`` is how much
SETTLED = "settled"  # an invoice: staff saw that it was paid
SETTLEMENT_REVERSED = "settlement_reversed"  # an invoice: that it was marked as paid was wrong
DEPOSIT_REVERSED = "deposit_reversed"  # an invoice: money that had been placed there was not for it; ``amount``
INTERESTED = "interested"  # somebody wants to hear when a session gets its date
SESSION_SHOWN = "session_shown"  # what calendars show of a live session came or changed
SESSION_PLACED = "session_placed"  # an unchanged session came to stand in further feeds, such as another heading's
SESSION_CANCELLED = "session_cancelled"  # the session will not be held
SESSION_REVIVED = "session_revived"  # it was called off, and will be held after all
WRITTEN_TO = "written_to"  # a session: staff wrote to those who take part; the words stand in the outbox
PROGRAMME_PUBLISHED = "programme_published"  # a session: its programme came onto the site for the first time
REMINDED = "reminded"  # a session: those with a seat were reminded; ``mail`` is which reminder
MAIL_TEXT_CHANGED = "mail_text_changed"  # staff changed the words of a kind of mail; ``mail`` and ``changed`` name them
SEATS_CHANGED = "seats_changed"  # a live session has more seats or fewer; ``seats`` is how many, none for no limit
JOIN_LINK_CHANGED = "join_link_changed"  # the link for participants of a live session came, changed or went

# The register: what came, changed or ended. ``details`` name the fields, never what stands in them.
OFFICE_BEGAN = "office_began"
OFFICE_CHANGED = "office_changed"  # its days, or its health council
OFFICE_ENDED = "office_ended"
PERSON_ADDED = "person_added"
PERSON_CHANGED = "person_changed"
ACCESS_GRANTED = "access_granted"  # one person, to an audience that would not admit them
ACCESS_ENDED = "access_ended"
SECRETARY_NAMED = "secretary_named"  # somebody may act for somebody, perhaps until a day
SECRETARY_ENDED = "secretary_ended"
CALENDAR_ADDRESS_MADE = "calendar_address_made"  # somebody can fetch a person's calendar; an earlier address is void
CALENDAR_ADDRESS_ENDED = "calendar_address_ended"
DELETION_ASKED = "deletion_asked"
DELETION_WITHDRAWN = "deletion_withdrawn"
PERSON_FORGOTTEN = "person_forgotten"

# Staff: who they are and how they come in. ``details`` name groups and kinds of factor, never secrets.
STAFF_ADDED = "staff_added"
STAFF_CHANGED = "staff_changed"
SECOND_FACTOR_SET_UP = "second_factor_set_up"
SECOND_FACTOR_REMOVED = "second_factor_removed"
SECOND_FACTOR_RESET = "second_factor_reset"  # by somebody else, because theirs is lost
