"""Moving a seat to another session of the same offer, for somebody who asks staff for it."""

from django import forms
from django.contrib import messages
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from booking.people.models import Person
from booking.registers import NamedActionView
from booking.sessions.models import SessionPage
from booking.signup.models import Booking
from booking.signup.sentences import switch_sentence
from booking.signup.standing import CannotBook
from booking.signup.switch import CannotSwitch, Hindrance, admit_from, sessions_for, switch

#: What staff read where the site tells a participant that they can't do it themselves.
HINDRANCES = {
    Hindrance.NOT_PAID: gettext_lazy("The seat is not paid for yet."),
    Hindrance.PAIR: gettext_lazy("The two of a pair go together, so one can't be moved alone."),
    Hindrance.SHARED_PRICE: gettext_lazy("The seat was bought together with others at one price."),
    Hindrance.OTHER_PRICE: gettext_lazy("The price is another than the one that was agreed."),
}


def sentence(refusal: CannotSwitch | CannotBook, to: SessionPage, participant: Person) -> str:
    """Why the seat can't be moved there."""
    if isinstance(refusal, CannotSwitch) and refusal.hindrance in HINDRANCES:
        return str(HINDRANCES[refusal.hindrance])
    return switch_sentence(refusal, to, participant)


class MoveForm(forms.Form):
    """Which session the seat is to be at: one of those that take it."""

    session = forms.ChoiceField(
        label=gettext_lazy("Move to"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose the session that the seat is moved to."),
            "invalid_choice": gettext_lazy("The seat can't be moved to this session any longer. See why below."),
        },
    )

    def __init__(self, *args, sessions: list[SessionPage], **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.sessions = {str(session.pk): session for session in sessions}
        self.fields["session"].choices = [
            (key, f"{session.title}, {session.when_and_where}") for key, session in self.sessions.items()
        ]

    def clean_session(self) -> SessionPage:
        return self.sessions[self.cleaned_data["session"]]


class MoveBookingView(NamedActionView):
    """The other sessions of the offer: those that take the seat to choose from, the rest with why they don't."""

    model = Booking
    inspect_url_name = "bookings:inspect"
    permission_required = "move"
    template_name = "booking/admin/move_booking.html"
    page_title = gettext_lazy("Move to another session")
    header_icon = "arrow-right"

    def get_base_object_queryset(self):
        return Booking.objects.for_listing().select_related("session__price_list")

    @cached_property
    def refusals(self) -> dict[SessionPage, str]:
        """Why the seat can't be moved there, by session; empty where it can."""
        return {session: self._refusal(session) for session in sessions_for(self.object, now=timezone.now())}

    @cached_property
    def form(self) -> MoveForm:
        possible = [session for session, refusal in self.refusals.items() if not refusal]
        return MoveForm(self.request.POST if self.request.method == "POST" else None, sessions=possible)

    def get(self, request, *args, **kwargs):
        if not self.object.is_confirmed:
            messages.info(request, _("The booking is not confirmed, so there is no seat to move."))
            return redirect(self.get_back_url())
        return super().get(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        if self.form.is_valid() and self._move(self.form.cleaned_data["session"]):
            return redirect(self.get_back_url())
        return self.render_to_response(self.get_context_data(), status=422)

    def _refusal(self, to: SessionPage) -> str:
        try:
            admit_from(self.object, self.object.session, to, now=timezone.now(), within_offer=True)
        except (CannotSwitch, CannotBook) as refusal:
            return sentence(refusal, to, self.object.participant)
        return ""

    def _move(self, to: SessionPage) -> bool:
        """Whether the seat was moved; if not, the form says why."""
        try:
            switch(self.object, to=to, by=self.request.user, now=timezone.now(), within_offer=True)
        except (CannotSwitch, CannotBook) as refusal:
            self.form.add_error("session", sentence(refusal, to, self.object.participant))
            return False
        messages.success(
            self.request,
            _("%(participant)s now has a seat at “%(session)s”, %(when)s.")
            % {"participant": self.object.participant, "session": to.title, "when": to.when.short},
        )
        return True

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            form=self.form,
            when=capfirst(str(self.object.session.when)),
            refused=[(session, why) for session, why in self.refusals.items() if why],
            **kwargs,
        )
