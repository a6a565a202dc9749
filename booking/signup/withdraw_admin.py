"""Staff give a seat up on somebody's behalf, and waive what that costs."""

from django import forms
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from booking.pricing.quote import NOTHING, Quote
from booking.registers import (
    NamedActionView,
)
from booking.signup.bookings import Booking
from booking.signup.cancel import FeeChanged, cancel_booking
from booking.signup.fee import fee_of, grace_of
from booking.signup.release import waive_fee
from booking.signup.sentences import (
    both_amounts,
    grace_sentence,
    release_sentence,
)

#: Why what a withdrawal costs is waived.
REASON_HELP = gettext_lazy(
    "It is kept for a year after the session and sent to nobody. Write nothing about anybody's health."
)


class CancelForm(forms.Form):
    """A yes to what the page said that it costs; or that it is waived, and why."""

    shown = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    waived_because = forms.CharField(
        label=gettext_lazy("Waive the price, because"),
        required=False,
        max_length=200,
        help_text=format_lazy("{} {}", gettext_lazy("Leave empty if the price is to be paid."), REASON_HELP),
    )


class CancelBookingView(NamedActionView):
    permission_required = "cancel"
    template_name = "booking/admin/cancel_booking.html"
    page_title = gettext_lazy("Cancel the booking")
    header_icon = "cross"

    def get_base_object_queryset(self):
        return Booking.objects.for_listing().select_related("conditions")

    @cached_property
    def fee(self) -> Quote:
        return fee_of(self.object, now=timezone.now())

    @cached_property
    def form(self) -> CancelForm:
        form = CancelForm(self.request.POST or None)
        if self.fee.is_free or not self.user_has_permission("waive"):
            del form.fields["waived_because"]
        return form

    def get(self, request, *args, **kwargs):
        if not self.object.is_active:
            messages.info(request, _("The booking is cancelled already."))
            return HttpResponseRedirect(self.get_back_url())
        return super().get(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        if not self.form.is_bound or self.form.is_valid():
            try:
                self.act()
            except FeeChanged as changed:
                self.fee = changed.fee
                messages.error(
                    request,
                    _("What it costs has changed since you opened the page, so nothing has happened yet."),
                )
            else:
                return HttpResponseRedirect(self.get_back_url())
        return self.render_to_response(self.get_context_data(), status=422)

    def act(self):
        before, said = self.object.is_active, self.form.cleaned_data if self.form.is_bound else {}
        cancel_booking(
            self.object,
            by=self.request.user,
            now=timezone.now(),
            shown=said.get("shown") or None,
            waived_because=said.get("waived_because", ""),
        )
        if before and self.object.is_in_line:
            said = _("%(participant)s is no longer on the waiting list.") % {"participant": self.object.participant}
            messages.success(self.request, said)
        elif before:
            messages.success(
                self.request,
                _("The booking of %(participant)s is cancelled, and the seat is free.")
                % {"participant": self.object.participant},
            )
        else:
            messages.info(self.request, _("The booking is cancelled already."))

    def get_context_data(self, **kwargs):
        grace = grace_of(self.object, now=timezone.now())
        return super().get_context_data(
            form=self.form,
            fee=self.fee,
            amounts="" if self.fee.is_free else both_amounts(self.fee.price),
            grace=grace_sentence(grace) if grace else "",
            may_fall_away=release_sentence(self.object.session),
            when=self.object.session.when,
            **kwargs,
        )


class WaiveForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=200,
        help_text=REASON_HELP,
        error_messages={"required": gettext_lazy("Write why the price is waived.")},
    )


class WaiveFeeView(NamedActionView):
    """What is owed for a seat that was given up is waived, with a reason."""

    permission_required = "waive"
    template_name = "booking/admin/waive_fee.html"
    page_title = gettext_lazy("Waive the price")
    header_icon = "tag"

    def get_base_object_queryset(self):
        return Booking.objects.for_listing()

    @cached_property
    def form(self) -> WaiveForm:
        return WaiveForm(self.request.POST or None)

    @property
    def owed(self) -> Quote:
        withdrawal = self.object.withdrawal_or_none
        return withdrawal.owed() if withdrawal else NOTHING

    def get(self, request, *args, **kwargs):
        if self.owed.is_free:
            messages.info(request, _("There is nothing to waive."))
            return HttpResponseRedirect(self.get_back_url())
        return super().get(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        if not self.form.is_valid():
            return self.render_to_response(self.get_context_data(), status=422)
        self.act()
        return HttpResponseRedirect(self.get_back_url())

    def act(self):
        reason = self.form.cleaned_data["reason"]
        if waive_fee(self.object, by=self.request.user, reason=reason, now=timezone.now()):
            messages.success(self.request, _("The price is waived, and nothing is to be paid for the withdrawal."))
        else:
            messages.info(self.request, _("There is nothing to waive."))

    def get_context_data(self, **kwargs):
        return super().get_context_data(form=self.form, amounts=both_amounts(self.owed.price), **kwargs)
