"""Marking who came to a session: one, many or all at once, and taking it back."""

from collections import Counter
from datetime import datetime

from django import forms
from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from booking.desk.sessions import SessionActionView, confirmed_seats
from booking.signup.attendance import NotHeldYet, can_be_marked, mark_attendance
from booking.signup.models import Booking
from booking.signup.said import municipality_of, office_of

#: What a button says of those that are ticked.
SAID = {"came": True, "missed": False, "undo": None}


class AttendanceForm(forms.Form):
    bookings = forms.TypedMultipleChoiceField(
        coerce=int,
        error_messages={
            "required": gettext_lazy("Tick those you mean first."),
            "invalid_choice": gettext_lazy("One of those you ticked no longer has a seat. Nothing was marked."),
        },
    )
    said = forms.TypedChoiceField(
        choices=[(word, word) for word in SAID], coerce=lambda word: SAID[word], empty_value=None
    )

    def __init__(self, *args, seats: list[Booking], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["bookings"].choices = [(booking.pk, str(booking.pk)) for booking in seats]


class AttendanceView(SessionActionView):
    """The confirmed seats with a tick each, and buttons that say what became of those that are ticked."""

    template_name = "booking/admin/attendance.html"
    page_title = gettext_lazy("Attendance")
    header_icon = "check"
    permission_required = "attend_booking"

    def dispatch(self, request, *args, **kwargs):
        if self.user_has_permission(self.permission_required) and not can_be_marked(self.object, now=timezone.now()):
            return self._too_early()
        return super().dispatch(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        form = AttendanceForm(request.POST, seats=self.seats)
        if not form.is_valid():
            for sentence in form.errors.get("bookings", []):
                messages.error(request, sentence)
        else:
            try:
                self._mark(form.cleaned_data["bookings"], form.cleaned_data["said"], now=timezone.now())
            except NotHeldYet:
                return self._too_early()
        return redirect(reverse("session_attendance", args=[self.object.pk]))

    @cached_property
    def seats(self) -> list[Booking]:
        return confirmed_seats(self.object)

    def _mark(self, bookings: list[int], attended: bool | None, *, now: datetime) -> None:
        count = len(mark_attendance(self.object, bookings, attended=attended, by=self.request.user, now=now))
        match attended:
            case True:
                said = ngettext("%(count)d is marked as present.", "%(count)d are marked as present.", count)
            case False:
                said = ngettext("%(count)d is marked as absent.", "%(count)d are marked as absent.", count)
            case None:
                said = ngettext("%(count)d is no longer marked.", "%(count)d are no longer marked.", count)
        messages.success(self.request, said % {"count": count})

    def _too_early(self):
        if self.object.is_cancelled:
            messages.info(self.request, _("The session is cancelled, so nobody can have been there."))
        else:
            messages.info(self.request, _("Attendance can be marked from the first day of the session on."))
        return redirect(self.get_back_url())

    def get_context_data(self, **kwargs):
        counts = Counter(booking.attended for booking in self.seats)
        return super().get_context_data(
            when=self.object.when,
            rows=[
                {"booking": booking, "office": capfirst(office_of(booking)), "municipality": municipality_of(booking)}
                for booking in self.seats
            ],
            came=counts[True],
            missed=counts[False],
            unknown=counts[None],
            **kwargs,
        )
