"""The way to each public feed: what a subscriber can choose between."""

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from booking.calendars.feed import COMING
from booking.people.audiences import Audience
from booking.sessions.calendar_entry import FeedPlace
from booking.sessions.feeds import ALL, EXPECTED, ONLINE, below, catalogue_models, meant_for

#: What a group of offers is set in by, below the heading it belongs to.
INDENT = "\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}"


class FeedForm(forms.Form):
    """Which feed, and whether without what is over. Sent by GET, so that every choice has an address."""

    kalender = forms.CharField(label=_("Calendar"), required=False, max_length=40)
    kommende = forms.BooleanField(label=_("Only what comes: leave out what is over"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        asked = str(self.data.get("kalender", ""))
        self.fields["kalender"].widget = forms.Select(choices=choices(besides=asked))
        if not self.is_bound:
            self.initial["kalender"] = ALL

    def chosen(self) -> str:
        """The name of the feed; that of everything when there is none of that name."""
        if not self.is_bound or not self.is_valid():
            return ALL
        known = {key for _group, options in self.fields["kalender"].widget.choices for key, _label in options}
        key = self.cleaned_data["kalender"]
        key = key if key in known else ALL
        return COMING + key if self.cleaned_data["kommende"] else key


def choices(*, besides: str = "") -> list[tuple[str, list[tuple[str, str]]]]:
    """The feeds in groups, as a select shows them; three queries, however many they are.

    ``besides`` is one that is asked for by name: an offer without sessions so far can be followed all the same.
    """
    used = set(FeedPlace.objects.order_by().values_list("feed", flat=True).distinct())
    models = catalogue_models()
    pages = [
        (page, below(page.pk))
        for page in Page.objects.live().public().type(*models).order_by("path").only("pk", "title", "depth", "path")
    ]
    listed = [(page, key) for page, key in pages if key in used or key == besides]
    top = min((page.depth for page, _key in listed), default=0)
    audiences = Audience.objects.order_by("name").values_list("pk", "name")
    groups = [
        (
            _("Across all offers"),
            [(ALL, _("All sessions")), (ONLINE, _("Online only")), (EXPECTED, _("Expected dates"))],
        ),
        (_("A heading or an offer"), [(key, INDENT * (page.depth - top) + page.title) for page, key in listed]),
        (
            _("For one audience"),
            [(meant_for(pk), name) for pk, name in audiences if meant_for(pk) in used],
        ),
    ]
    return [group for group in groups if group[1]]
