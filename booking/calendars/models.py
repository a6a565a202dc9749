"""The stored feeds, with revisions that only rise, and the calendars that one person has at a secret address."""

from django.db import models

from booking.people.models import Person, Secretary
from booking.sessions.calendar_entry import CalendarEntry


class Feed(models.Model):
    """One public feed as last built. ``revision`` and ``changed_at`` only rise, also when an event is removed."""

    key = models.CharField(max_length=80, unique=True)
    #: As last known: a feed outlives the page, or the audience, that it is of.
    name = models.CharField(max_length=300, blank=True)
    revision = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField()
    body = models.TextField()
    #: The day for which it was last built; the past leaves a feed as days go by.
    built_on = models.DateField(null=True)

    def __str__(self) -> str:
        return f"{self.key} {self.revision}"


class PersonalCalendar(models.Model):
    """That ``reader`` can fetch the calendar of ``person`` at a secret address; only the hash of the key is stored."""

    reader = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="personal_calendars")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="calendars_of_them")
    #: What lets the reader see another's: the address holds as long as this does. None for one's own.
    secretary = models.ForeignKey(Secretary, null=True, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    #: Whether it also shows the sessions that an office gives access to.
    with_offers = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    #: The day on which a calendar program last asked for it.
    fetched_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reader", "person"], name="one_calendar_of_each_for_each"),
            models.CheckConstraint(
                condition=models.Q(reader=models.F("person"), secretary=None)
                | (~models.Q(reader=models.F("person")) & models.Q(secretary__isnull=False)),
                name="another_ones_calendar_needs_a_secretary",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reader_id}: {self.person_id}"


class Stand(models.TextChoices):
    """How somebody stands to a session in their calendar."""

    SEAT = "seat"
    WAITING = "waiting"  # for a seat, for a payment, for the other of a pair, or for a date
    OFFER = "offer"  # an office gives access
    LEFT = "left"  # had a seat
    NONE = "none"  # had no seat, and waits no longer
    HIDDEN = "hidden"  # an offer that is none any more, or not wanted


class PersonalEvent(models.Model):
    """What a personal calendar last said of a session, so that what it says next is the later version of the same."""

    calendar = models.ForeignKey(PersonalCalendar, on_delete=models.CASCADE, related_name="events")
    entry = models.ForeignKey(CalendarEntry, on_delete=models.CASCADE, related_name="+")
    stand = models.CharField(max_length=8, choices=Stand.choices)
    fingerprint = models.CharField(max_length=64)
    sequence = models.PositiveIntegerField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["calendar", "entry"], name="a_session_once_in_a_calendar")]

    def __str__(self) -> str:
        return f"{self.calendar_id}: {self.entry_id}"
