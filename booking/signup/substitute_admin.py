"""Staff put another person in a seat: the successor, or whoever the session is for."""

from django import forms
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from booking.dates import danish_day
from booking.people.models import Person
from booking.people.person_chooser import PersonChooserViewSet
from booking.registers import (
    NamedActionView,
)
from booking.signup.bookings import Booking
from booking.signup.sentences import (
    person_sentence,
    session_sentence,
)
from booking.signup.standing import CannotBook
from booking.signup.substitute import SeatGivenUp, SeatNotPaid, seat_obstacle, substitute
from booking.signup.successors import awaiting_successor

#: Of a seat that is held: it is nobody's yet.
NOT_PAID = gettext_lazy("The seat is not paid for yet, so nobody else can have it. It can be cancelled.")


class SubstituteForm(forms.Form):
    participant = forms.ModelChoiceField(
        label=gettext_lazy("New participant"),
        queryset=Person.objects.registered().filter(forgotten_at=None),
        widget=PersonChooserViewSet().widget_class,
        error_messages={
            "required": gettext_lazy("Choose who is to have the seat."),
            "invalid_choice": gettext_lazy("This person is not in the register."),
        },
    )


class SubstituteView(NamedActionView):
    """Another person in the seat: the successor in the register is suggested; whoever it is for may be chosen."""

    permission_required = "substitute"
    template_name = "booking/admin/substitute.html"
    page_title = gettext_lazy("Put the successor in the seat")
    header_icon = "user"

    def get_base_object_queryset(self):
        return Booking.objects.for_listing().select_related("session__audience")

    @cached_property
    def waiting(self) -> Booking | None:
        """The booking among those that await a successor, with the successor's name; None if it does not."""
        return awaiting_successor(timezone.now()).filter(pk=self.object.pk).first()

    @cached_property
    def form(self) -> SubstituteForm:
        successor = self.waiting.successor_id if self.waiting else None
        return SubstituteForm(self.request.POST or None, initial={"participant": successor})

    @property
    def refusal(self) -> str:
        """Why nobody can be put in the seat; empty if somebody can."""
        if self.object.awaits_payment:
            return NOT_PAID
        if not self.object.is_confirmed:
            return _("The booking is cancelled, so there is no seat to take over.")
        obstacle = seat_obstacle(self.object.session, now=timezone.now())
        return session_sentence(obstacle, self.object.session) if obstacle else ""

    def get(self, request, *args, **kwargs):
        if self.refusal:
            messages.info(request, self.refusal)
            return HttpResponseRedirect(self.get_back_url())
        return super().get(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        if self.form.is_valid() and self._substitute(self.form.cleaned_data["participant"]):
            return HttpResponseRedirect(self.get_back_url())
        return self.render_to_response(self.get_context_data(), status=422)

    def _substitute(self, participant: Person) -> bool:
        left = self.object.participant
        try:
            substitute(self.object, participant=participant, by=self.request.user, now=timezone.now())
        except SeatNotPaid:
            self.form.add_error(None, NOT_PAID)
        except SeatGivenUp:
            self.form.add_error(None, _("The booking is cancelled, so there is no seat to take over."))
        except CannotBook as refusal:
            self.form.add_error("participant", person_sentence(refusal, self.object.session, participant))
        else:
            messages.success(
                self.request,
                _("%(participant)s has the seat now, in place of %(left)s.")
                % {"participant": participant, "left": left},
            )
            return True
        return False

    def get_context_data(self, **kwargs):
        booking = self.object
        return super().get_context_data(
            form=self.form,
            media=self.form.media,
            when=booking.session.when,
            admitted_as=booking.office,
            office_ends=booking.office and booking.office.ends_on and danish_day(booking.office.ends_on),
            successor=self.waiting and self.waiting.successor_name,
            awaits=self.waiting is not None,
            contact_leaves=booking.order.contact_email.lower() == booking.participant.mailbox,
            **kwargs,
        )
