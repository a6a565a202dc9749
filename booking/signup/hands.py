"""Into whose hands a seat has passed: whoever ordered it, and was let go, hears no more of the next one."""

from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext as _

from booking.journal.kinds import SUBSTITUTED
from booking.journal.models import Fact
from booking.people.models import Person
from booking.signup.bookings import Booking


def out_of_hand(bookings: Iterable[Booking], booker: Person, *, on: date) -> set[int]:
    """The ids of those that ``booker`` ordered, in which others have put somebody, if they act for nobody of it by now.

    Whoever still acts for the one who had the seat before was not let go, and may be about to act for the next.
    """
    theirs = set(booker.represented(on).values_list("pk", flat=True))
    ordered = [booking for booking in bookings if booking.order.booker_id == booker.pk]
    others = [booking.pk for booking in ordered if booking.participant_id not in theirs]
    if not others:
        return set()
    passed_on = Fact.objects.filter(kind=SUBSTITUTED, about_type__model="booking", about_id__in=others).order_by("pk")
    last: dict[int, tuple[int | None, set[int]]] = {}
    for pk, by, left in passed_on.values_list("about_id", "by", "details__in_place_of"):
        last[pk] = (by, last.get(pk, (None, set()))[1] | {left})
    return {pk for pk, (by, left) in last.items() if by != booker.user_id and not left & theirs}


def kept_from(booker: Person, bookings: Iterable[Booking], *, on: date) -> list[Booking]:
    """The bookings as this reader may see them: with nobody's name, and no office, where the seat is out of hand."""
    bookings = list(bookings)
    hidden = out_of_hand(bookings, booker, on=on)
    for booking in bookings:
        if booking.pk in hidden:  # in memory alone: nothing that is read here is saved
            booking.participant, booking.office = Person(name=_("another participant")), None
    return bookings
