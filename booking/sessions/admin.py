"""Places and people that session pages show, as editors keep them."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import EditView
from wagtail.snippets.views.snippets import IndexView as SnippetIndexView
from wagtail.snippets.views.snippets import SnippetViewSet

from booking.registers import RegisterIndexView, RegisterViewSet
from booking.sessions.live import venue_changed
from booking.sessions.models import Choice, Contact, Speaker, Venue


class VenueEditView(EditView):
    #: Whether calendars follow without a word to those who take part; the desk asks.
    is_quiet = False

    def save_instance(self):
        """A new address reaches every calendar that shows it."""
        venue = super().save_instance()
        venue_changed(venue, quiet=self.is_quiet)
        return venue


class VenueViewSet(RegisterViewSet):
    model = Venue
    name = "venues"
    icon = "site"
    edit_view_class = VenueEditView
    panels = [
        FieldPanel("name"),
        FieldPanel("street"),
        FieldRowPanel([FieldPanel("postcode"), FieldPanel("city")]),
    ]
    list_display = ["name", Column("address", label=_("Address"))]
    search_fields = ["name", "street", "postcode", "city"]


class ContactViewSet(RegisterViewSet):
    model = Contact
    name = "contacts"
    icon = "mail"
    panels = [
        FieldPanel("name"),
        FieldRowPanel([FieldPanel("title"), FieldPanel("organisation")]),
        FieldRowPanel([FieldPanel("email"), FieldPanel("phone")]),
    ]
    list_display = ["name", "title", "organisation", "email", "phone"]
    list_filter = ["organisation"]
    search_fields = ["name", "title", "organisation", "email"]


class ChoiceViewSet(RegisterViewSet):
    model = Choice
    name = "choices"
    icon = "list-ul"
    panels = [FieldPanel("name")]
    list_display = ["name"]
    search_fields = ["name"]


class SpeakerIndexView(RegisterIndexView, SnippetIndexView):
    pass


class SpeakerViewSet(SnippetViewSet):
    """A snippet, because the programme's blocks choose speakers with Wagtail's own chooser."""

    model = Speaker
    icon = "openquote"
    index_view_class = SpeakerIndexView
    copy_view_enabled = False
    admin_url_namespace = "speakers"
    base_url_path = "speakers"
    menu_hook = "register_places_menu_item"
    menu_order = 2
    panels = [FieldPanel("name"), FieldPanel("title")]
    list_display = ["name", "title"]
    search_fields = ["name", "title"]
    list_per_page = 50
