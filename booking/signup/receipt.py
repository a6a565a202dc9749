"""Who may read the receipt of an order, and how much of it."""

from collections.abc import Sequence
from datetime import date

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from booking.people.models import Person
from booking.signup.bookings import Booking
from booking.signup.hands import kept_from
from booking.signup.moves import BookingStatus
from booking.signup.orders import Order


def visible_bookings(order: Order, user: AbstractBaseUser | AnonymousUser, *, on: date) -> list[Booking]:
    """The bookings of ``order`` that this user may see: none means that the receipt is not theirs.

    The booker and staff see them all; a participant, and whoever acts for one on that day, see the participant's. Whom
    others have put in a seat since is not the booker's to read, unless they act for them.
    """
    listed = order.bookings.for_listing().with_place().select_related("conditions", "session__contact")
    bookings = list(listed.order_by("pk"))
    person: Person | None = getattr(user, "person", None)
    if user.has_perm("booking.view_booking"):
        return bookings
    if person and order.booker_id == person.pk:
        return kept_from(person, bookings, on=on)
    theirs = represented_by(person, on=on)
    return [booking for booking in bookings if booking.participant_id in theirs]


def may_pay(order: Order, person: Person | None, *, on: date) -> bool:
    """Whether the payment is this person's to make: the booker's, a participant's, or that of who acts for one."""
    if person is None:
        return False
    theirs = represented_by(person, on=on)
    return order.booker_id == person.pk or order.bookings.filter(participant__in=theirs).exists()


def may_release(order: Order, person: Person, *, on: date) -> bool:
    """Whether the seats that are held are this person's to give up: the booker's, or who acts for all that have one."""
    held = order.bookings.filter(status=BookingStatus.HELD)
    return order.booker_id == person.pk or not held.exclude(participant__in=represented_by(person, on=on)).exists()


def represented_by(person: Person | None, *, on: date) -> set[int]:
    """The ids of all for whom the person acts that day: whose joining link, diet and room are theirs to see."""
    return set() if person is None else set(person.represented(on).values_list("pk", flat=True))


def others_hear(order: Order, bookings: Sequence[Booking]) -> bool:
    """Whether a mail about these goes to others than the order's contact, who may be the participant."""
    contact = order.contact_email.strip().lower()
    return any(booking.participant.mailbox.lower() not in {"", contact} for booking in bookings)
