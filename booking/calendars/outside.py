"""The calendars of others that staff have the site follow, and their events: shown beside ours, never changed here."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from booking.calendars.faults import sentence
from booking.dates import COPENHAGEN, When, danish_days, danish_time, today
from booking.people.audiences import Audience, Opening

#: How far back events are kept, and how far ahead a series is followed: the election term.
PAST = timedelta(days=365)
AHEAD = timedelta(days=4 * 365 + 1)


class OutsideCalendarQuerySet(models.QuerySet):
    def with_members(self) -> "OutsideCalendarQuerySet":
        """Those on the site whose meetings come with an office."""
        return self.filter(is_shown=True, members__opening=Opening.OFFICES)


class OutsideCalendar(models.Model):
    """A calendar that somebody else keeps: at an address that is asked every hour, or in a file that staff brought."""

    name = models.CharField(
        _("name"),
        max_length=60,
        unique=True,
        help_text=_("Stands beside each of its events, such as “B98” or “KKR Syddanmark”."),
    )
    url = models.URLField(
        _("address"),
        max_length=500,
        blank=True,
        help_text=_(
            "Begins with https:// (or webcal://) and often ends in .ics. It is asked once an hour. Leave it empty for "
            "a file."
        ),
    )
    is_shown = models.BooleanField(
        _("shown on the site"),
        default=True,
        help_text=_(
            "Its events stand in the calendar on the site, and in the one that mayors subscribe to. Without the tick "
            "only those who plan sessions meet them."
        ),
    )
    members = models.ForeignKey(
        Audience,
        verbose_name=_("members by office"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        limit_choices_to={"opening": Opening.OFFICES},
        help_text=_(
            "Whose meetings these are because of the office they hold, such as the mayors for “B98”. The events then "
            "stand in “My calendar” of each of them, while they hold the office."
        ),
    )
    #: The last file that could be taken in; series are followed further from it as time passes.
    content = models.BinaryField(default=bytes)
    etag = models.CharField(max_length=255, blank=True)
    last_modified = models.CharField(max_length=64, blank=True)
    read_on = models.DateField(null=True)

    fetched_at = models.DateTimeField(_("last fetched"), null=True)  # the last time it went well
    tried_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True, db_index=True)  # when it is to be tried; None for never
    leased_until = models.DateTimeField(null=True)
    fault = models.CharField(max_length=20, blank=True)
    fault_detail = models.CharField(max_length=255, blank=True)

    objects = OutsideCalendarQuerySet.as_manager()

    class Meta:
        verbose_name = _("outside calendar")
        verbose_name_plural = _("outside calendars")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def error(self) -> str:
        """Why the last try changed nothing, in a sentence; empty if it went well."""
        return sentence(self.fault, self.fault_detail) if self.fault else ""


class OutsideEventQuerySet(models.QuerySet):
    def shown(self) -> "OutsideEventQuerySet":
        return self.filter(calendar__is_shown=True)

    def upcoming(self, now: datetime) -> "OutsideEventQuerySet":
        """Not over yet, soonest first; one in progress is still upcoming."""
        over = Q(ends_on__lt=today(now)) | Q(ends_at__isnull=False, ends_at__lte=now, starts_at__lt=now)
        return self.exclude(over).order_by("starts_on", "starts_at", "pk")

    def between(self, first: date, last: date) -> "OutsideEventQuerySet":
        """What takes place on one of these days."""
        days = self.filter(starts_on__lte=last, ends_on__gte=first, is_cancelled=False, gone_at=None)
        return days.order_by("starts_on", "starts_at", "pk")

    def with_calendar(self) -> "OutsideEventQuerySet":
        """With the calendar of each, but not its file, which may be two megabytes for every event."""
        return self.select_related("calendar").defer("calendar__content")


class OutsideEvent(models.Model):
    """One time that something takes place, as its calendar last said.

    One that its calendar no longer has while it was still to come stays as cancelled until it would have been over.
    ``sequence`` and ``changed_at`` move exactly when what is shown of it does.
    """

    calendar = models.ForeignKey(OutsideCalendar, on_delete=models.CASCADE, related_name="events")
    uid = models.CharField(max_length=255)
    recurrence = models.CharField(max_length=16, blank=True)
    title = models.CharField(max_length=255, blank=True)
    place = models.CharField(max_length=400, blank=True)
    description = models.TextField(blank=True)
    url = models.CharField(max_length=500, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField()
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    is_cancelled = models.BooleanField(default=False)
    gone_at = models.DateTimeField(null=True)
    sequence = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    objects = OutsideEventQuerySet.as_manager()

    #: What its calendar says of it; a change in one of them is a new version.
    SHOWN = (
        "title",
        "place",
        "description",
        "url",
        "starts_on",
        "ends_on",
        "starts_at",
        "ends_at",
        "is_cancelled",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["calendar", "uid", "recurrence"], name="one_outside_event_per_time")
        ]
        indexes = [models.Index(fields=["ends_on"], name="outside_event_ends_on")]

    def __str__(self) -> str:
        return self.title or str(self.calendar)

    @property
    def is_off(self) -> bool:
        """Whether its calendar says that it is cancelled, or says nothing of it any more."""
        return self.is_cancelled or self.gone_at is not None

    @property
    def first_time(self) -> datetime:
        """What it is sorted by among others of its day; whole days come first."""
        return (self.starts_at or datetime.combine(self.starts_on, datetime.min.time(), COPENHAGEN)).astimezone(UTC)

    @property
    def words(self) -> str:
        """When, as a Danish reader says it."""
        if self.starts_at is None:
            return danish_days(self.starts_on, self.ends_on)
        starts, ends = self.starts_at.astimezone(COPENHAGEN), self.ends_at.astimezone(COPENHAGEN)
        if ends.replace(tzinfo=None) > starts.replace(tzinfo=None):
            return str(When(starts.date(), ends.date(), starts.time(), ends.time()))
        return f"{danish_days(self.starts_on, self.ends_on)} kl. {danish_time(starts.time())}"

    @property
    def hours(self) -> str:
        """ "10.00-12.00", "10.00" for one that only has a start, nothing for a whole day."""
        if self.starts_at is None:
            return ""
        starts, ends = (danish_time(moment.astimezone(COPENHAGEN).time()) for moment in (self.starts_at, self.ends_at))
        return starts if self.starts_at == self.ends_at else f"{starts}-{ends}"


def once(events: Iterable[OutsideEvent]) -> list[OutsideEvent]:
    """Each event once, also where two calendars have the same one; one that takes place goes before one that is off."""
    found: dict[tuple[str, str], OutsideEvent] = {}
    for event in events:
        key = event.uid, event.recurrence
        if key not in found or (found[key].is_off and not event.is_off):
            found[key] = event
    return sorted(found.values(), key=lambda event: (event.starts_on, event.first_time, event.pk))
