"""Seats of those who will have left: whoever holds the office on the day is to be put in the seat."""

from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from booking.dates import today
from booking.people.models import HELD_BY_ONE, Office
from booking.sessions.models import SessionPage
from booking.signup.bookings import Booking
from booking.signup.moves import BookingStatus


def awaiting_successor(now: datetime) -> QuerySet[Booking]:
    """Bookings of sessions still to come whose participant has left the office that admitted them before the session.

    Whoever holds the same kind of office on the day, there or elsewhere, is not among them. ``successor_id`` and
    ``successor_name`` are of the person who holds it then, where one person does and the register knows who.
    """
    day = OuterRef("session__starts_on")
    held_on_the_day = Office.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=day), kind=OuterRef("office__kind"), starts_on__lte=day
    )
    successor = (
        held_on_the_day.filter(municipality=OuterRef("office__municipality"), kind__in=HELD_BY_ONE)
        .exclude(person=OuterRef("participant"))
        .order_by("-starts_on", "-pk")
    )
    upcoming = SessionPage.objects.upcoming(now).not_cancelled().order_by()
    return (
        Booking.objects.filter(status=BookingStatus.CONFIRMED)
        .filter(session__in=upcoming.filter(starts_on__gte=today(now)), office__ends_on__lt=F("session__starts_on"))
        .exclude(Exists(held_on_the_day.filter(person=OuterRef("participant"))))
        .annotate(
            successor_id=Subquery(successor.values("person")[:1]),
            successor_name=Subquery(successor.values("person__name")[:1]),
        )
        .for_listing()
        .order_by("session__starts_on", "pk")
    )
