"""What calendars have seen of a session, and in which feeds: kept beside the page, and longer than it."""

import uuid

from django.db import models

from booking.dates import When
from booking.pricing.models import SessionKind


class Version(models.Model):
    """What the public knows of a session's time and place at one moment.

    The dates are those last settled. ``words`` stand where none ever were; ``postponed_to`` are the words that have
    taken the place of dates since. ``other_runs`` are the days of those that one may choose instead.
    """

    title = models.CharField(max_length=255)
    kind = models.CharField(max_length=12, choices=SessionKind.choices)
    starts_on = models.DateField()
    ends_on = models.DateField()
    starts_time = models.TimeField(null=True)
    ends_time = models.TimeField(null=True)
    words = models.CharField(max_length=60, blank=True)
    postponed_to = models.CharField(max_length=60, blank=True)
    place = models.CharField(max_length=400, blank=True)
    other_runs = models.CharField(max_length=200, blank=True)

    #: The fields that are known of a version; a change in one of them is a new version.
    SHOWN = (
        "title",
        "kind",
        "starts_on",
        "ends_on",
        "starts_time",
        "ends_time",
        "words",
        "postponed_to",
        "place",
        "other_runs",
    )

    class Meta:
        abstract = True

    @property
    def when(self) -> When:
        return When(self.starts_on, self.ends_on, self.starts_time, self.ends_time, self.words)

    @property
    def is_dated(self) -> bool:
        """Whether its dates hold."""
        return not self.words and not self.postponed_to


class CalendarEntry(Version):
    """What calendars see of a session: its stable UID and the version last shown. It outlives the page.

    ``sequence`` and ``changed_at`` move exactly when one of the shown fields does (booking.sessions.live).
    """

    session = models.OneToOneField(
        "booking.SessionPage", null=True, on_delete=models.SET_NULL, related_name="calendar_entry"
    )
    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    sequence = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)  # staff called it off
    gone_at = models.DateTimeField(null=True)  # the page was taken off the site

    #: When its programme first was on the site; told of once.
    programme_at = models.DateTimeField(null=True)

    #: When it last was given other days, another town, or was held online instead of there, or there instead of online.
    moved_at = models.DateTimeField(null=True)
    #: Where it is held, or was to be held before that became unknown or online: a move is told by it.
    venue = models.ForeignKey("booking.Venue", null=True, on_delete=models.SET_NULL, related_name="+")

    # The span that the words for a date stand for, where they have taken the place of dates.
    expected_on = models.DateField(null=True)
    expected_until = models.DateField(null=True)

    #: How many seats there were when it last was published: more of them are news to those who wait for one.
    capacity = models.PositiveSmallIntegerField(null=True)

    # No calendar shows the link for participants; these say whether, and when, it became another.
    link_digest = models.CharField(max_length=64, blank=True)
    link_changed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["starts_on", "starts_time", "pk"]
        indexes = [models.Index(fields=["ends_on"], name="calendar_entry_ends_on")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_off(self) -> bool:
        """Whether it was called off or taken off the site."""
        return self.cancelled_at is not None or self.gone_at is not None

    @property
    def is_struck(self) -> bool:
        """Whether calendars show its date as cancelled: it is off, or waits for another date."""
        return self.is_off or bool(self.postponed_to)


class FeedPlace(models.Model):
    """That a session stands in one feed. Once shown there it stays, wherever its page is moved and whoever it is for.

    ``feed`` is the end of the feed's address (booking.sessions.feeds).
    """

    entry = models.ForeignKey(CalendarEntry, on_delete=models.CASCADE, related_name="places")
    feed = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["feed", "entry"], name="a_session_stands_once_in_a_feed")]

    def __str__(self) -> str:
        return f"{self.feed}: {self.entry_id}"
