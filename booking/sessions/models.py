"""A session, where it is held, who speaks, and whom to ask."""

import re
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList, TabbedInterface
from wagtail.fields import StreamField
from wagtail.models import Page, PageManager, PageQuerySet, Revision

from booking.dates import COPENHAGEN, When, danish_choice, exists, today
from booking.people.audiences import Audience
from booking.pricing.models import AddOn, Conditions, Invoiced, NetField, PriceList, SessionKind
from booking.pricing.price import Prices, prices_for
from booking.pricing.quote import Quote
from booking.pricing.rules import Asked
from booking.sessions.calendar_entry import CalendarEntry
from booking.sessions.forms import CopySessionForm, SessionPageForm
from booking.sessions.panels import AudiencePanel, PricePanel
from booking.sessions.programme import DayBlock, dated_days

#: The years that a session can lie in. Another is a slip, and one that calendars could not write.
YEARS = range(2000, 2200)

#: How a page stands in the tree and on the site, in contrast to what it says.
PAGE_STATE = [field.name for field in Page._meta.concrete_fields if field.name not in {"id", "title"}]


class Venue(models.Model):
    """A place with an address."""

    name = models.CharField(_("name"), max_length=120)
    street = models.CharField(_("street"), max_length=120, blank=True)
    postcode = models.CharField(_("postcode"), max_length=4, blank=True)
    city = models.CharField(_("town"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("venue")
        verbose_name_plural = _("venues")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """One line: name, street, postcode and town, as far as they are known."""
        town = f"{self.postcode} {self.city}".strip()
        return ", ".join(part for part in (self.name, self.street, town) if part)

    @property
    def town(self) -> str:
        """The town without its postal district, to tell towns apart: "København" of "København V"; may be unknown."""
        return re.sub(r"\s+[A-ZÆØÅ]{1,2}$", "", self.city.strip())


class Speaker(models.Model):
    """Somebody who speaks at a session, with the title they are announced by."""

    name = models.CharField(_("name"), max_length=120)
    title = models.CharField(_("title"), max_length=255, blank=True)

    class Meta:
        verbose_name = _("speaker")
        verbose_name_plural = _("speakers")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """Somebody at KL or Komponent to ask; used by many pages."""

    name = models.CharField(_("name"), max_length=120)
    title = models.CharField(_("title"), max_length=120, blank=True)
    organisation = models.CharField(_("organisation"), max_length=80, blank=True)
    email = models.EmailField(_("e-mail"))
    phone = models.CharField(_("phone"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Choice(models.Model):
    """What alternate runs have in common: whoever has a seat at one of the sessions has none at the others."""

    name = models.CharField(_("name"), max_length=120, unique=True)

    class Meta:
        verbose_name = _("choice between sessions")
        verbose_name_plural = _("choices between sessions")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Reminders(models.TextChoices):
    """Which reminders are written; where a page does not say, whatever stands above it does: session, offer, site."""

    BOTH = "both", _("A week before and the day before")
    WEEK = "week", _("Only a week before")
    DAY = "day", _("Only the day before")
    NONE = "none", _("No reminders")


class SessionPageQuerySet(PageQuerySet):
    def upcoming(self, now: datetime | None = None) -> "SessionPageQuerySet":
        """Not over yet, soonest first; a session in progress is still upcoming."""
        return self.exclude(_is_over(now or timezone.now())).order_by("starts_on", "starts_time", "pk")

    def past(self, now: datetime | None = None) -> "SessionPageQuerySet":
        """Over, latest first."""
        return self.filter(_is_over(now or timezone.now())).order_by("-starts_on", "-starts_time", "-pk")

    def not_cancelled(self) -> "SessionPageQuerySet":
        return self.filter(Q(calendar_entry=None) | Q(calendar_entry__cancelled_at=None))

    def with_other_runs(self, *session_ids: int) -> "SessionPageQuerySet":
        """These sessions and the other runs of the choices that they belong to."""
        named = SessionPage.objects.filter(pk__in=session_ids)
        return self.filter(Q(pk__in=session_ids) | Q(choice__in=named.values("choice")))

    def for_listing(self) -> "SessionPageQuerySet":
        """With all that a line in a list shows, in one query."""
        return self.select_related("venue", "audience", "price_list", "calendar_entry", "choice")


def _is_over(now: datetime) -> Q:
    local = now.astimezone(COPENHAGEN)
    earlier_day = Q(ends_on__lt=local.date())
    ended_today = Q(ends_on=local.date(), ends_time__lte=local.time(), when_text="")
    return earlier_day | ended_today


class SessionPage(Page):
    """A time and a place where an offer is held, with a form to sign up."""

    kind = models.CharField(_("kind"), max_length=12, choices=SessionKind.choices, default=SessionKind.DAY)
    starts_on = models.DateField(_("first day"), null=True)
    ends_on = models.DateField(_("last day"), null=True, blank=True, help_text=_("Leave empty if it is the same day."))
    starts_time = models.TimeField(
        _("from"), null=True, blank=True, help_text=_("Leave both times empty while they are unknown.")
    )
    ends_time = models.TimeField(_("to"), null=True, blank=True)
    when_text = models.CharField(
        _("in words"),
        max_length=60,
        blank=True,
        help_text=_(
            "Only while the dates are not settled, such as “maj/juni 2028”. The two days above are then the span it "
            "is sorted by, and nobody can sign up yet. Empty it when the date is known."
        ),
    )
    venue = models.ForeignKey(
        Venue,
        verbose_name=_("venue"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="sessions",
        help_text=_("Leave empty while it is unknown; the page then says that the place follows."),
    )
    join_link = models.URLField(
        _("link for participants"),
        blank=True,
        help_text=_("Sent to participants only. It is never shown on a public page."),
    )
    capacity = models.PositiveSmallIntegerField(
        _("seats"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Leave empty if there is no limit."),
    )
    signup_opens_at = models.DateTimeField(
        _("sign-up opens"), null=True, blank=True, help_text=_("Leave empty to open at once.")
    )
    signup_closes_at = models.DateTimeField(
        _("sign-up closes"), null=True, blank=True, help_text=_("Leave empty to close when the session starts.")
    )
    audience = models.ForeignKey(
        Audience, verbose_name=_("audience"), null=True, on_delete=models.PROTECT, related_name="sessions"
    )
    price_list = models.ForeignKey(
        PriceList,
        verbose_name=_("price list"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="sessions",
        help_text=_("The price follows from the kind of session. No price there means that it is not decided yet."),
    )
    own_net = NetField(
        _("own price, excluding VAT"),
        null=True,
        blank=True,
        help_text=_("Only if this session has a price of its own, in whole kroner. 0 means free."),
    )
    add_ons = ParentalManyToManyField(
        AddOn,
        verbose_name=_("add-ons"),
        blank=True,
        related_name="sessions",
        help_text=_("What can be chosen beside the seat. What it costs stands on the price list."),
    )
    conditions = models.ForeignKey(
        Conditions, verbose_name=_("conditions"), null=True, on_delete=models.PROTECT, related_name="sessions"
    )
    choice = models.ForeignKey(
        Choice,
        verbose_name=_("one of several runs"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="sessions",
        help_text=_(
            "Only if one takes part either here or in another session. Choose the same for all of them, and nobody can "
            "have a seat at more than one."
        ),
    )
    takes_pairs = models.BooleanField(
        _("for pairs"),
        default=False,
        help_text=_(
            "Two from the same municipality sign up together, such as the mayor and the municipal director: both of "
            "them, or neither. There is no waiting list then."
        ),
    )
    reminders = models.CharField(
        _("reminders"),
        max_length=4,
        choices=[("", _("As the offer has it")), *Reminders.choices],
        blank=True,
        default="",
        help_text=_("What those with a seat are reminded of by mail, at 8 o'clock."),
    )
    moderator = models.CharField(_("moderator"), max_length=120, blank=True)
    contact = models.ForeignKey(
        Contact,
        verbose_name=_("contact"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="sessions",
    )
    intro = models.TextField(_("introduction"), blank=True, max_length=600)
    programme = StreamField([("day", DayBlock())], verbose_name=_("programme"), blank=True)

    objects = PageManager.from_queryset(SessionPageQuerySet)()

    base_form_class = SessionPageForm
    copy_form_class = CopySessionForm
    parent_page_types = ["home.OfferPage"]
    subpage_types: list[str] = []
    exclude_fields_in_copy = ["choice"]  # next year's session is no alternative to this year's
    template = "booking/session_page.html"
    page_description = _("A date and a place where the offer is held, with sign-up.")

    when_panels = [
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("starts_on"), FieldPanel("ends_on")]),
                FieldRowPanel([FieldPanel("starts_time"), FieldPanel("ends_time")]),
                FieldPanel("when_text"),
            ],
            heading=_("When"),
        ),
        MultiFieldPanel([FieldPanel("venue"), FieldPanel("join_link")], heading=_("Where")),
    ]
    content_panels = [
        *Page.content_panels,
        FieldPanel("kind"),
        *when_panels,
        FieldPanel("intro"),
        FieldPanel("programme"),
        FieldRowPanel([FieldPanel("moderator"), FieldPanel("contact")]),
    ]
    signup_panels = [
        PricePanel(heading=_("What it costs")),
        MultiFieldPanel([FieldPanel("audience"), AudiencePanel()], heading=_("Whom it is for")),
        FieldPanel("capacity"),
        FieldRowPanel([FieldPanel("signup_opens_at"), FieldPanel("signup_closes_at")]),
        MultiFieldPanel(
            [
                FieldPanel("price_list"),
                FieldPanel("own_net"),
                FieldPanel("add_ons", widget=forms.CheckboxSelectMultiple),
            ],
            heading=_("Price"),
        ),
        FieldPanel("conditions"),
        FieldPanel("choice"),
        FieldPanel("takes_pairs"),
        FieldPanel("reminders"),
    ]

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        permissions = [("cancel_sessionpage", "Can cancel session")]
        indexes = [models.Index(fields=["starts_on"], name="session_starts_on")]

    def clean(self):
        super().clean()
        errors = {}
        if self.ends_on is None:
            self.ends_on = self.starts_on
        if (self.starts_time is None) != (self.ends_time is None):
            missing = "ends_time" if self.ends_time is None else "starts_time"
            errors[missing] = _("Give both times, or neither.")
        if self.when_text and (self.starts_time or self.ends_time):
            errors["when_text"] = _("A session has either times or a date in words. Empty one of them.")
        if self.starts_on and self.ends_on:
            self._check_order(errors)
        for name in ("starts_on", "ends_on"):
            day = getattr(self, name)
            if day and day.year not in YEARS:
                errors[name] = _("The year can't be right.")
        if self.signup_opens_at and self.signup_closes_at and self.signup_closes_at <= self.signup_opens_at:
            errors["signup_closes_at"] = _("Sign-up can't close before it opens.")
        if self.kind == SessionKind.OVERNIGHT and self.starts_on and self.starts_on == self.ends_on:
            errors.pop("ends_time", None)  # one mistake, one message
            errors["ends_on"] = _("An overnight session ends on a later day than it starts.")
        if errors:
            raise ValidationError(errors)

    def save(self, *args, **kwargs):
        """What was on the site last stays in the row of a session that has been taken off it.

        Wagtail writes the drafts of a page that is not live, autosaved ones too, to its row as well, where those who
        are signed up would read days that nobody has published. The draft itself is in the revision.
        """
        is_draft = self.pk and not self.live and kwargs.get("update_fields") is None
        if is_draft and CalendarEntry.objects.filter(session=self.pk).exists():
            kwargs["update_fields"] = PAGE_STATE
        super().save(*args, **kwargs)

    def _check_order(self, errors: dict) -> None:
        if self.ends_on < self.starts_on:
            errors["ends_on"] = _("The last day can't come before the first.")
        elif self.starts_time and self.ends_time:
            if self.starts_on == self.ends_on and self.ends_time <= self.starts_time:
                errors["ends_time"] = _("It can't end before it starts.")
            for name, day, clock in (
                ("starts_time", self.starts_on, self.starts_time),
                ("ends_time", self.ends_on, self.ends_time),
            ):
                if not exists(day, clock):
                    errors[name] = _("This time does not exist: the clock is put forward that night.")

    @property
    def when(self) -> When | None:
        """When it is held, or None on a draft that does not know yet."""
        if self.starts_on is None:
            return None
        timed = not self.when_text and self.starts_time is not None and self.ends_time is not None
        return When(
            starts_on=self.starts_on,
            ends_on=max(self.ends_on or self.starts_on, self.starts_on),
            starts_time=self.starts_time if timed else None,
            ends_time=self.ends_time if timed else None,
            words=self.when_text,
        )

    @property
    def entry(self) -> "CalendarEntry | None":
        """What calendars have seen of it; None until it has been published."""
        try:
            return self.calendar_entry if self.pk else None
        except CalendarEntry.DoesNotExist:
            return None

    @property
    def is_cancelled(self) -> bool:
        return self.entry is not None and self.entry.cancelled_at is not None

    @property
    def invoiced(self) -> str:
        """When a seat that is ordered now is invoiced."""
        return self.price_list.invoiced if self.price_list else Invoiced.HELD

    @property
    def seller_id(self) -> int | None:
        """Who sells a seat that is ordered now; None where no price list says so."""
        return self.price_list.seller_id if self.price_list else None

    @property
    def is_off_site(self) -> bool:
        """Whether it was taken off the site without being called off: whether it is held, the site does not know."""
        return self.entry is not None and self.entry.gone_at is not None and not self.is_cancelled

    def prices(self, *, now: datetime) -> Prices:
        """What its seats and add-ons cost if booked now."""
        return prices_for(
            own_net=self.own_net,
            price_list=self.price_list,
            kind=self.kind,
            add_ons=[add_on.pk for add_on in self.add_ons.all()],
            on=today(now),
        )

    def quote(self, asked: Sequence[Asked] = (Asked(),), *, now: datetime) -> Quote:
        """What these seats cost if booked now; one for anybody, unless said otherwise. Raises PriceUndecided."""
        return self.prices(now=now).quote(asked, what=self.title)

    def days(self) -> list:
        """The programme's days with their dates."""
        when = self.when
        return dated_days(self.programme, when.starts_on if when and when.is_dated else None)

    def other_runs(self) -> list["SessionPage"]:
        """The published sessions that one may choose instead, soonest first; those called off are none to choose."""
        if self.choice_id is None:
            return []
        runs = SessionPage.objects.live().public().filter(choice=self.choice_id).exclude(pk=self.pk)
        return list(runs.not_cancelled().for_listing().order_by("starts_on", "starts_time", "pk"))

    @cached_property
    def other_runs_in_words(self) -> str:
        """The days of its other runs, as calendars show them: "22.-24. marts 2018"."""
        return danish_choice([run.when.short for run in self.other_runs()])[:200]

    @property
    def when_and_where(self) -> str:
        """What tells it from its other runs: "15.-17. marts 2018, Værløse"."""
        return f"{self.when.short}, {self.place}" if self.place else self.when.short

    @property
    def needs_room(self) -> bool:
        """Whether participants sleep there."""
        return self.kind == SessionKind.OVERNIGHT

    @property
    def needs_diet(self) -> bool:
        """Whether participants eat there."""
        return self.kind != SessionKind.ONLINE

    @property
    def link_digest(self) -> str:
        """Tells one link for participants from another without saying what it is; empty while there is none."""
        return sha256(self.join_link.encode()).hexdigest() if self.join_link else ""

    @property
    def place(self) -> str:
        """The public words for where: the venue's address, online, or nothing while it is unknown."""
        if self.kind == SessionKind.ONLINE:
            return "Online"
        return self.venue.address if self.venue else ""


class QuietRevision(models.Model):
    """A version of a session's page that an editor wanted published without a word to those who take part.

    Kept beside the version until it is live, which may be later than the choice; used once.
    """

    revision = models.OneToOneField(Revision, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.revision_id}"


SessionPage.edit_handler = TabbedInterface(
    [
        ObjectList(SessionPage.content_panels, heading=_("Content")),
        ObjectList(SessionPage.signup_panels, heading=_("Sign-up")),
        # The last two bring scheduled publishing and comments to the side panels; they draw nothing in the tab itself.
        ObjectList([*Page.promote_panels, *Page.settings_panels], heading=_("Promote")),
    ]
)
