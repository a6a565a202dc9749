"""What whoever plans a session is told of its date: beside the fields, as they are filled in, and after saving."""

from datetime import date

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from wagtail.admin.panels import Panel

from booking.calendars.collisions import Collision, collisions
from booking.people.audiences import Audience
from booking.sessions.models import Choice, SessionPage

HEADING = gettext_lazy("What else there is")


class DateForm(forms.Form):
    """The fields of a session that say when and for whom, as they stand in the editor at this moment."""

    starts_on = forms.DateField(input_formats=[settings.WAGTAIL_DATE_FORMAT, "%Y-%m-%d"], required=False)
    ends_on = forms.DateField(input_formats=[settings.WAGTAIL_DATE_FORMAT, "%Y-%m-%d"], required=False)
    when_text = forms.CharField(required=False)
    audience = forms.ModelChoiceField(Audience.objects.all(), required=False)
    choice = forms.ModelChoiceField(Choice.objects.all(), required=False)
    page = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)


class CollisionsPanel(Panel):
    """What the page's date falls together with, as it was last saved; a script keeps it up with the fields."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "booking/admin/collisions_panel.html"

        def get_context_data(self, parent_context=None):
            return super().get_context_data(parent_context) | {
                "url": reverse("session_collisions"),
                "page": self.instance.pk or "",
                "has_date": _is_dated(self.instance),
                "collisions": collisions_of(self.instance),
            }


def collisions_of(session: SessionPage) -> list[Collision]:
    """What a page's date falls together with; words for a date fall together with nothing."""
    if not _is_dated(session):
        return []
    return collisions(
        session.starts_on,
        session.ends_on,
        audience=session.audience,
        page_id=session.pk,
        choice_id=session.choice_id,
    )


def _is_dated(session: SessionPage) -> bool:
    return isinstance(session.starts_on, date) and not session.when_text


@require_safe
def session_collisions(request: HttpRequest) -> HttpResponse:
    """The same for a date that has not been saved yet."""
    if not request.user.has_perm("booking.view_outsidecalendar"):
        raise PermissionDenied
    form = DateForm(request.GET)
    form.is_valid()  # what can't be read is as if it had not been written; of a day, it is said
    written = form.cleaned_data
    starts_on = None if written.get("when_text") else written.get("starts_on")
    choice = written.get("choice")
    found = collisions(
        starts_on,
        written.get("ends_on"),
        audience=written.get("audience"),
        page_id=written.get("page"),
        choice_id=choice and choice.pk,
    )
    is_unreadable = not written.get("when_text") and bool({"starts_on", "ends_on"} & form.errors.keys())
    context = {"has_date": starts_on is not None, "is_unreadable": is_unreadable, "collisions": found}
    return TemplateResponse(request, "booking/admin/collisions.html", context)


def say_what_else_there_is(request: HttpRequest, page) -> None:
    """After saving a session by hand. Autosave says nothing."""
    session = page.specific_deferred
    if not isinstance(session, SessionPage) or not request.accepts("text/html"):
        return
    draft = page.get_latest_revision_as_object()
    if found := collisions_of(draft):
        words = {"session": draft.title, "what": "; ".join(collision.words for collision in found)}
        messages.warning(request, _("The date of “%(session)s” falls together with: %(what)s.") % words)


def editor_script() -> str:
    return format_html('<script src="{}" defer></script>', static("booking/planning.js"))


def add_to_editor() -> None:
    """Put the panel below the date in the session's editor. Called from the app's ``ready``.

    It knows others' calendars, which lie above sessions in the house; so it is hung up from here.
    """
    content = SessionPage.edit_handler.children[0]
    below = content.children.index(SessionPage.when_panels[0]) + 1
    content.children.insert(below, CollisionsPanel(heading=HEADING))
