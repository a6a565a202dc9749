"""What the editor of a session or an offer is told beside the choice of reminders: which it comes to, and why."""

from django.utils.translation import gettext_lazy
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, Panel

from booking.messages.reminders_wanted import Wanted, of_site, said_by_offer, wanted_by
from booking.sessions.models import SessionPage


class RemindersPanel(Panel):
    """Which reminders the page comes to as it was last saved; of a new one nothing is known yet."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "booking/admin/reminders_panel.html"

        def get_context_data(self, parent_context=None):
            page = self.instance
            if page.pk is None:
                sentence = ""
            elif isinstance(page, SessionPage):
                sentence = wanted_by([page])[page.pk].sentence(page)
            else:
                sentence = (said_by_offer(page) or Wanted(of_site(), None)).sentence(page)
            return super().get_context_data(parent_context) | {"sentence": sentence}


def add_to_editor() -> None:
    """Put the panel below the choice in the session's editor. Called from the app's ``ready``.

    It knows what staff have turned off, which lies above sessions in the house; so it is hung up from here.
    """
    signup = SessionPage.edit_handler.children[1]
    place = next(
        number for number, panel in enumerate(signup.children) if getattr(panel, "field_name", "") == "reminders"
    )
    signup.children[place] = MultiFieldPanel(
        [FieldPanel("reminders"), RemindersPanel()], heading=gettext_lazy("Reminders by mail")
    )
