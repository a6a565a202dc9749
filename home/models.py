"""The pages of the site: front page, catalogue, headings, offers and plain text."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalManyToManyField
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.images import get_image_model_string
from wagtail.models import Page, PageManager, PageQuerySet

from booking.dates import today
from booking.messages.reminders_panel import RemindersPanel
from booking.models import (
    Audience,
    Conditions,
    Contact,
    ElectionTerm,
    Municipality,
    PriceList,
    Reminders,
    SessionPage,
    Speaker,
)
from booking.pricing.models import SessionKind
from booking.sessions.panels import AudiencePanel
from booking.signup.lines import session_lines
from home.blocks import BodyBlock, CardBlock
from home.forms import CatalogueForm
from home.listing import (
    Entry,
    Filters,
    Group,
    as_choices,
    choices_among,
    count_below,
    entries_of,
    grouped,
    matching,
)
from home.timetable import timetable

#: So many of the next sessions stand on the front page.
NEXT_SESSIONS = 4


class FrontPage(Page):
    """The first page: what this is, and the ways on."""

    intro = models.TextField(_("introduction"), max_length=400, blank=True)
    cards = StreamField([("card", CardBlock())], verbose_name=_("cards"), blank=True, max_num=4)

    max_count = 1
    subpage_types = ["home.CataloguePage", "home.TextPage"]
    content_panels = [*Page.content_panels, "intro", "cards"]

    class Meta:
        verbose_name = _("front page")

    def get_context(self, request, *args, **kwargs):
        now = timezone.now()
        sessions = SessionPage.objects.live().public().upcoming(now).not_cancelled().for_listing()[:NEXT_SESSIONS]
        groups = groups_below(self, listed_below(self, now=now))
        return super().get_context(request, *args, **kwargs) | {
            # What a municipality offers its own stands in the catalogue, not on the first page for all the others.
            "groups": [group for group in groups if group.heading.municipality_id is None],
            "lines": session_lines(sessions, now=now),
        }


class CataloguePage(Page):
    """All offers, by heading, with filters and search."""

    intro = models.TextField(_("introduction"), max_length=400, blank=True)

    max_count = 1
    parent_page_types = ["home.FrontPage"]
    subpage_types = ["home.HeadingPage"]
    content_panels = [*Page.content_panels, "intro"]

    class Meta:
        verbose_name = _("catalogue")

    def get_context(self, request, *args, **kwargs):
        entries = listed_below(self, now=timezone.now(), with_text="q" in request.GET)
        choices = choices_among(entries, kinds=SessionKind.choices, statuses=OfferStatus.choices)
        filters = Filters.chosen(request.GET, choices)
        groups = groups_below(self, matching(entries, filters, speaker_names() if filters.q else {}))
        return super().get_context(request, *args, **kwargs) | {
            "filters": filters,
            "filter_form": CatalogueForm(choices=choices, filters=filters),
            "groups": groups,
            "count": count_below(groups),
            "count_of_all": sum(not entry.is_past for entry in entries),
        }


class HeadingPage(Page):
    """One of the catalogue's headings, or a group of offers within a heading; or a municipality's own course."""

    intro = models.TextField(_("introduction"), max_length=800, blank=True)
    municipality = models.ForeignKey(
        Municipality,
        verbose_name=_("municipality"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="courses",
        help_text=_(
            "Only for a municipality's own course: its name then stands above the title, the offers below are the "
            "tracks of the course, and the page shows the timetable of all their sessions. Who can sign up is said by "
            "the audience of each offer and session."
        ),
    )

    parent_page_types = ["home.CataloguePage", "home.HeadingPage"]
    subpage_types = ["home.HeadingPage", "home.OfferPage"]
    content_panels = [*Page.content_panels, "intro", "municipality"]
    page_description = _("A heading of the catalogue, a group of offers under a heading, or a municipality's course.")

    class Meta:
        verbose_name = _("heading")
        verbose_name_plural = _("headings")

    def get_context(self, request, *args, **kwargs):
        group = self.as_group(now=timezone.now())
        lines = timetable(group) if self.municipality_id else []
        return super().get_context(request, *args, **kwargs) | {"group": group, "timetable": lines}

    @property
    def first_paragraph(self) -> str:
        """As much of the introduction as a card has room for."""
        return self.intro.strip().split("\n\n")[0]

    def as_group(self, *, now: datetime) -> Group:
        """This heading with its own offers, and its groups with theirs."""
        below = HeadingPage.objects.descendant_of(self).live().public().order_by("path") if self.pk else []
        entries = listed_below(self, now=now) if self.pk else []
        [group] = grouped([self, *below], entries, keep_empty=True)
        return group


class Provider(models.Model):
    """Who is behind an offer: KL, Komponent, or one of them with somebody else."""

    name = models.CharField(_("name"), max_length=40, unique=True)
    sort_order = models.PositiveSmallIntegerField(_("place in lists"), default=0)

    class Meta:
        verbose_name = _("provider")
        verbose_name_plural = _("providers")
        ordering = ["sort_order", "name"]

    def __str__(self) -> str:
        return self.name


class OfferStatus(models.TextChoices):
    IDEA = "idea", _("idea")
    PLANNED = "planned", _("planned")
    OPEN = "open", _("open")
    CLOSED = "closed", _("closed")


class OfferPageForm(WagtailAdminPageForm):
    def clean_providers(self):
        """The catalogue knows offers with no, one or two providers."""
        providers = self.cleaned_data["providers"]
        if len(providers) > 2:
            raise ValidationError(_("Choose two providers at most."), code="too_many")
        return providers


class OfferPageQuerySet(PageQuerySet):
    def for_listing(self, *, with_text: bool = False) -> "OfferPageQuerySet":
        """With all that a line in a list shows, in two queries; the text only where it is searched."""
        listed = self.select_related("audience", "term").prefetch_related("providers").order_by("path")
        return listed if with_text else listed.defer("body")


class OfferPage(Page):
    """What KL or Komponent offers; its sessions are the pages below it."""

    intro = models.TextField(_("introduction"), max_length=300, help_text=_("One or two sentences, shown in lists."))
    body = StreamField(BodyBlock(), verbose_name=_("text"), blank=True)
    image = models.ForeignKey(
        get_image_model_string(),
        verbose_name=_("image"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    image_alt = models.CharField(
        _("what the image shows"),
        max_length=200,
        blank=True,
        help_text=_("Read aloud to those who can't see it. Needed when there is an image."),
    )
    providers = ParentalManyToManyField(
        Provider,
        verbose_name=_("providers"),
        blank=True,
        related_name="offers",
        help_text=_("None, one or two."),
    )
    status = models.CharField(_("status"), max_length=8, choices=OfferStatus.choices, default=OfferStatus.PLANNED)
    on_request = models.BooleanField(
        _("on request"), default=False, help_text=_("Arranged with each mayor instead of on set dates.")
    )
    frequency = models.CharField(_("how often"), max_length=80, blank=True)
    term = models.ForeignKey(
        ElectionTerm,
        verbose_name=_("election term"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="offers",
        help_text=_("When the term is over, the page stays and is marked as past."),
    )
    contacts = ParentalManyToManyField(Contact, verbose_name=_("contacts"), blank=True, related_name="offers")

    audience = models.ForeignKey(
        Audience,
        verbose_name=_("audience"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="offers",
    )
    price_list = models.ForeignKey(
        PriceList, verbose_name=_("price list"), null=True, blank=True, on_delete=models.PROTECT, related_name="offers"
    )
    conditions = models.ForeignKey(
        Conditions, verbose_name=_("conditions"), null=True, blank=True, on_delete=models.PROTECT, related_name="offers"
    )
    session_reminders = models.CharField(
        _("reminders"),
        max_length=4,
        choices=[("", _("As the site has it")), *Reminders.choices],
        blank=True,
        default="",
        help_text=_("Holds for all sessions below that don't say otherwise, also for those that exist."),
    )

    objects = PageManager.from_queryset(OfferPageQuerySet)()

    base_form_class = OfferPageForm
    parent_page_types = ["home.HeadingPage"]
    subpage_types = ["booking.SessionPage"]
    page_description = _("An offer in the catalogue. Its sessions are the pages below it.")

    content_panels = [
        *Page.content_panels,
        FieldPanel("intro"),
        FieldPanel("body"),
        MultiFieldPanel([FieldPanel("image"), FieldPanel("image_alt")], heading=_("Image")),
        MultiFieldPanel(
            [
                FieldPanel("providers"),
                FieldRowPanel([FieldPanel("status"), FieldPanel("term")]),
                FieldRowPanel([FieldPanel("frequency"), FieldPanel("on_request")]),
                FieldPanel("audience"),
                AudiencePanel(),
                FieldPanel("contacts"),
            ],
            heading=_("About the offer"),
        ),
        MultiFieldPanel(
            [FieldPanel("price_list"), FieldPanel("conditions")],
            heading=_("What new sessions start with"),
            help_text=_(
                "Copied to a new session's form together with the audience. Sessions that exist keep their own."
            ),
        ),
        MultiFieldPanel([FieldPanel("session_reminders"), RemindersPanel()], heading=_("Reminders by mail")),
    ]

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")

    def clean(self):
        super().clean()
        if self.image and not self.image_alt:
            raise ValidationError({"image_alt": _("Say in a few words what the image shows.")})

    def get_context(self, request, *args, **kwargs):
        now = timezone.now()
        sessions = self.sessions()
        return super().get_context(request, *args, **kwargs) | {
            "upcoming": as_choices(session_lines(sessions.upcoming(now), now=now)),
            "past": as_choices(session_lines(sessions.past(now), now=now)),
            "is_past": self.is_past(today(now)),
        }

    def session_defaults(self) -> dict:
        """What the form of a new session below this offer is filled with."""
        defaults = {"audience": self.audience, "price_list": self.price_list, "conditions": self.conditions}
        return {name: value for name, value in defaults.items() if value is not None}

    def sessions(self):
        """The live sessions below, with all that a list shows; none that an editor has put behind a lock."""
        if not self.pk:  # the editor previews a page before it is saved
            return SessionPage.objects.none()
        return SessionPage.objects.child_of(self).live().filter(view_restrictions=None).for_listing()

    @property
    def provider_names(self) -> str:
        """ "KL/Komponent", as the catalogue writes it; empty when nobody is named."""
        return "/".join(provider.name for provider in self.providers.all())

    def is_past(self, on: date) -> bool:
        """Whether the offer belongs to an election term that is over."""
        return self.term is not None and self.term.is_past(on)


class TextPage(Page):
    """A page of plain text."""

    intro = models.TextField(_("introduction"), max_length=400, blank=True)
    body = StreamField(BodyBlock(), verbose_name=_("text"), blank=True)
    in_footer = models.BooleanField(_("show in the footer"), default=False)

    parent_page_types = ["home.FrontPage", "home.TextPage"]
    content_panels = [*Page.content_panels, "intro", "body"]
    promote_panels = [*Page.promote_panels, "in_footer"]

    class Meta:
        verbose_name = _("text page")
        verbose_name_plural = _("text pages")


class LoadedThing(models.Model):
    """One thing that ``load_catalogue`` has made, so that it is made once.

    From then on it belongs to the editors, who may rename, move or delete it without getting it back.
    """

    key = models.CharField(max_length=200, unique=True)
    made_id = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return self.key


def listed_below(page: Page, *, now: datetime, with_text: bool = False) -> list[Entry]:
    """The public offers below a page as entries: a fixed number of queries, however many there are."""
    offers = OfferPage.objects.descendant_of(page).live().public().for_listing(with_text=with_text)
    sessions = SessionPage.objects.descendant_of(page).live().public().select_related("calendar_entry", "venue")
    sessions = sessions if with_text else sessions.defer("programme")
    return entries_of(offers, sessions.order_by("starts_on", "starts_time", "path"), now=now)


def speaker_names() -> dict[int, str]:
    """Whom the numbers in programmes stand for, with the titles they are announced by."""
    return {pk: f"{name} {title}" for pk, name, title in Speaker.objects.values_list("pk", "name", "title")}


def groups_below(page: Page, entries: list[Entry]) -> list[Group]:
    """The public headings below a page with those of the entries that belong to each, in the order of the tree."""
    headings = HeadingPage.objects.descendant_of(page).live().public().select_related("municipality").order_by("path")
    return grouped(headings, entries)
