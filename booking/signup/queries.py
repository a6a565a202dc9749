"""Bookings as they are asked for: who has a seat, who waits, and whose they are."""

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from booking.journal.kinds import SUBSTITUTED
from booking.journal.models import Fact
from booking.people.models import Person
from booking.signup.moves import ACTIVE, HOLDS_A_SEAT, SEATED, BookingStatus


class BookingQuerySet(models.QuerySet):
    def seated(self) -> "BookingQuerySet":
        return self.filter(status__in=SEATED)

    def holding_a_seat(self) -> "BookingQuerySet":
        return self.filter(status__in=HOLDS_A_SEAT)

    def active(self) -> "BookingQuerySet":
        return self.filter(status__in=ACTIVE)

    def waiting(self) -> "BookingQuerySet":
        """The waiting list, in the order in which they joined: the session is locked when they do."""
        return self.filter(status=BookingStatus.WAITING).order_by("pk")

    def in_line_for_a_seat(self) -> "BookingQuerySet":
        """Those of them who get the next free seat; not those whom the session is no longer for."""
        return self.waiting().filter(passed_over_at=None)

    def with_place(self) -> "BookingQuerySet":
        """Each with its ``place`` in line: 1 for whoever gets the next free seat."""
        ahead = self.model.objects.in_line_for_a_seat().filter(session=OuterRef("session"), pk__lt=OuterRef("pk"))
        counted = ahead.order_by().values("session").annotate(count=Count("pk")).values("count")
        return self.annotate(place=Coalesce(Subquery(counted), 0) + 1)

    def for_listing(self) -> "BookingQuerySet":
        """With all that a line in a list shows, in one query."""
        return self.select_related(
            "order__payer",
            "order__booker",
            "session__venue",
            "session__calendar_entry",
            "participant",
            "office__municipality",
            "withdrawal",
        ).prefetch_related("lines")

    def with_hands(self) -> "BookingQuerySet":
        """Each with whether it ``changed_hands``: somebody else has the seat than whom it was ordered for."""
        passed_on = Fact.objects.filter(kind=SUBSTITUTED, about_type__model="booking", about_id=OuterRef("pk"))
        return self.annotate(changed_hands=Exists(passed_on))

    def seen_by(self, person: Person, on) -> "BookingQuerySet":
        """Those this person takes part in, has ordered, or may act for today."""
        return self.filter(Q(order__booker=person) | Q(participant__in=person.represented(on).values("pk")))


#: How many of the bookings hold a seat, and how many get the next free ones; to count both at once.
TAKEN = Count("pk", filter=Q(status__in=HOLDS_A_SEAT))
IN_LINE_FOR_A_SEAT = Count("pk", filter=Q(status=BookingStatus.WAITING, passed_over_at=None))
