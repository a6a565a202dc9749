"""A place with a new name or address: what those who are to come there are told is shown before it is saved."""

from hashlib import sha256

from django.contrib import messages
from django.db import transaction
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking.messages.consequences import Consequences, consequences_at
from booking.sessions import admin
from booking.sessions.live import shown_at
from booking.sessions.models import SessionPage, Venue


class VenueEditView(admin.VenueEditView):
    """Saves at once what nobody is told of. Otherwise old and new come first, with the choice to tell or not."""

    mails = 0

    @property
    def is_quiet(self) -> bool:
        return "quiet" in self.request.POST

    def form_valid(self, form):
        if "back" in self.request.POST:
            self.form = form
            return self.render_to_response(self.get_context_data(form=form))
        with transaction.atomic():
            # Nobody signs up or leaves between the numbers that are compared and the saving.
            list(shown_at(form.instance).select_for_update(of=("self",)))
            found = consequences_at(form.instance, now=timezone.now())
            self.mails = _mails(found)
            if not found or self.request.POST.get("shown") == _fingerprint(found):
                return super().form_valid(form)
        return self._ask(form, found)

    def _ask(self, form, found: dict[SessionPage, Consequences]) -> TemplateResponse:
        is_again = "shown" in self.request.POST
        if is_again:
            messages.warning(self.request, _("The numbers have changed meanwhile, so nothing was saved. See them now."))
        context = self.get_context_data(form=form)
        context |= {
            "before": Venue.objects.get(pk=form.instance.pk),
            "after": form.instance,
            "found": found.items(),
            "mails": _mails(found),
            "shown": _fingerprint(found),
        }
        return TemplateResponse(
            self.request, "booking/admin/change_venue.html", context, status=409 if is_again else 200
        )

    def get_success_message(self):
        if not self.mails:
            return super().get_success_message()
        if self.is_quiet:
            return _("“%(venue)s” is saved. Nobody is written to.") % {"venue": self.object}
        return ngettext(
            "“%(venue)s” is saved, and %(count)d mail is on its way.",
            "“%(venue)s” is saved, and %(count)d mails are on their way.",
            self.mails,
        ) % {"venue": self.object, "count": self.mails}


class VenueViewSet(admin.VenueViewSet):
    edit_view_class = VenueEditView


def _mails(found: dict[SessionPage, Consequences]) -> int:
    return sum(consequences.mails for consequences in found.values())


def _fingerprint(found: dict[SessionPage, Consequences]) -> str:
    """Tells what an editor was shown from what has become so since."""
    told = [(session.pk, consequences.fingerprint) for session, consequences in found.items()]
    return sha256(repr(told).encode()).hexdigest()
