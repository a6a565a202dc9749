"""Card payments as staff see them: to look at, to give back, and to hold against Stripe's books."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID, uuid4

import django_filters
from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import F
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, StatusTagColumn
from wagtail.admin.views.generic import InspectView
from wagtail.admin.widgets.button import HeaderButton
from wagtail.permissions import register_permission_policy

from booking.dates import danish_moment
from booking.money import kroner
from booking.payments.balance import kept_of
from booking.payments.differences import Difference, DifferenceKind, Ending, Reconciliation
from booking.payments.models import Payment, Refund, RefundReason, RefundState
from booking.payments.reconcile import put_right
from booking.payments.refund import owe_refund, try_again
from booking.payments.words import advice, dispute_in_words, failure_in_words, figure, state_in_words
from booking.pricing.fields import KronerField
from booking.registers import LookOnlyPolicy, LookOnlyViewSet, NamedActionView, RegisterIndexView
from booking.signup.models import Booking


class RefundForm(forms.Form):
    """Of what seat, where there are several, how much, and why.

    ``kept`` is what is left of the payment, and ``seats`` what of that is left for each seat.
    """

    #: What stands for all of them together.
    ORDER = "order"

    of = forms.ChoiceField(
        label=gettext_lazy("Pay back of"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose whose seat is paid back, or the whole order."),
            "invalid_choice": gettext_lazy("There is nothing left of this seat to pay back."),
        },
    )
    amount = KronerField(
        label=gettext_lazy("Kroner, including VAT"),
        max_digits=10,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        error_messages={
            "required": gettext_lazy("Write how much is to be paid back."),
            "invalid": gettext_lazy("Write an amount in kroner, such as 1.000,50."),
        },
    )
    note = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=200,
        help_text=gettext_lazy("For the books; it is not sent to anybody."),
        error_messages={"required": gettext_lazy("Write why.")},
    )
    #: Drawn when the page is shown; a form that is sent twice pays back once.
    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *args, kept: Decimal, seats: Mapping[Booking, Decimal], **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.kept = kept
        self.seats = {str(seat.pk): (seat, left) for seat, left in seats.items() if left > 0}
        if len(seats) > 1:
            self.fields["of"].choices = [
                *((key, _seat_in_words(seat, left)) for key, (seat, left) in self.seats.items()),
                (self.ORDER, _("the whole order, in proportion to what is left of each seat")),
            ]
        else:
            del self.fields["of"]

    @property
    def seat(self) -> Booking | None:
        """The one that it is paid back of; None for all of them together."""
        seat, _left = self.seats.get(self.cleaned_data.get("of"), (None, None))
        return seat

    def clean_amount(self):
        amount = self.cleaned_data["amount"]
        _seat, left = self.seats.get(self.cleaned_data.get("of"), (None, self.kept))
        if not 0 < amount <= left:
            raise forms.ValidationError(
                _("Write an amount above 0, and at most the %(kept)s that are left.") % {"kept": kroner(left)}
            )
        return amount

    def clean(self):
        # One that came in twice for this payment is answered before it gets here; another payment's is no form of ours.
        if "submission" in self.errors or Refund.objects.filter(key=self.cleaned_data["submission"]).exists():
            self.add_error(None, _("The page is too old. Open it again, and nothing is paid back twice."))


def _seat_in_words(seat: Booking, left: Decimal) -> str:
    return _("%(person)s (%(status)s), of which %(left)s are left") % {
        "person": seat.participant,
        "status": seat.get_status_display(),
        "left": kroner(left),
    }


def how_it_went(request, refund: Refund) -> None:
    """A message that says where the money is by now."""
    refund.refresh_from_db()
    amount = {"amount": kroner(refund.amount)}
    if refund.state == RefundState.FAILED:
        messages.error(request, _("%(amount)s could not be paid back. See below why, and what can be done.") % amount)
    elif refund.state == RefundState.OWED:
        messages.warning(
            request, _("Stripe does not answer. %(amount)s will be paid back as soon as it does, by itself.") % amount
        )
    else:
        messages.success(request, _("%(amount)s are being paid back.") % amount)


class PaymentIndexView(RegisterIndexView):
    def get_base_queryset(self):
        return Payment.objects.select_related("order__payer").prefetch_related("refunds")

    @cached_property
    def columns(self):
        columns = super().columns
        columns[0].label = _("Reference")
        return columns


class PaymentInspectView(InspectView):
    template_name = "booking/admin/payment.html"
    page_title = gettext_lazy("Payment")
    action_url_names: dict[str, str] = {}

    def get_object(self, queryset=None):
        return get_object_or_404(Payment.objects.select_related("order"), pk=self.pk)

    @cached_property
    def header_buttons(self):
        if self.object.kept() <= 0 or not self.user_has_permission("refund"):
            return []
        url = reverse(self.action_url_names["refund"], args=[self.object.pk])
        return [HeaderButton(_("Pay back"), url=url, icon_name="resubmit")]

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            order=self.object.order, bookings=self.object.order.bookings.for_listing(), **kwargs
        )


class RefundPaymentView(NamedActionView):
    permission_required = "refund"
    template_name = "booking/admin/refund_payment.html"
    page_title = gettext_lazy("Pay back")
    header_icon = "resubmit"

    def get_base_object_queryset(self):
        return Payment.objects.select_related("order")

    @cached_property
    def form(self) -> RefundForm:
        left = kept_of(self.object)
        seats = {seat: left[seat.pk] for seat in self.object.bookings.select_related("participant").order_by("pk")}
        return RefundForm(self.request.POST or None, kept=self.object.kept(), seats=seats)

    def get(self, request, *args, **kwargs):
        if self.object.kept() <= 0:
            messages.info(request, _("There is nothing left to pay back."))
            return HttpResponseRedirect(self.get_back_url())
        return super().get(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        if self.object.refunds.filter(key=self.submission).exists():
            return redirect(self.get_back_url())  # sent twice
        if not self.form.is_valid():
            return self.render_to_response(self.get_context_data(), status=422)
        self.act()
        return redirect(self.get_back_url())

    @property
    def submission(self) -> UUID | None:
        try:
            return UUID(self.request.POST.get("submission", ""))
        except ValueError:
            return None

    def act(self):
        refund = owe_refund(
            self.object,
            amount=self.form.cleaned_data["amount"],
            reason=RefundReason.STAFF,
            booking=self.form.seat,
            note=self.form.cleaned_data["note"],
            by=self.request.user,
            key=self.form.cleaned_data["submission"],
            now=timezone.now(),
        )
        if refund:
            how_it_went(self.request, refund)
        else:
            messages.info(self.request, _("There is nothing left to pay back."))

    def get_context_data(self, **kwargs):
        return super().get_context_data(form=self.form, kept=self.object.kept(), **kwargs)


class RefundAgainView(NamedActionView):
    """What failed once is asked for once more."""

    permission_required = "refund"
    template_name = "booking/admin/refund_again.html"
    page_title = gettext_lazy("Try to pay back again")
    header_icon = "resubmit"

    def get_object(self):
        return get_object_or_404(Refund.objects.select_related("payment__order", "booking"), pk=self.pk)

    def get_back_url(self):
        return reverse(self.inspect_url_name, args=[self.object.payment_id])

    def get(self, request, *args, **kwargs):
        if not self.object.can_be_tried_again:
            messages.info(request, _("There is nothing to try again."))
            return redirect(self.get_back_url())
        return super().get(request, *args, **kwargs)

    def act(self):
        again = try_again(self.object, by=self.request.user, now=timezone.now())
        if again:
            how_it_went(self.request, again)
        else:
            messages.info(self.request, _("There is nothing to try again."))

    def get_context_data(self, **kwargs):
        return super().get_context_data(failure=failure_in_words(self.object.failure), **kwargs)


class CardsViewSet(LookOnlyViewSet):
    """Where the site takes no cards, nothing speaks of them."""

    @cached_property
    def menu_item_class(self):
        usual = super().menu_item_class

        class CardsMenuItem(usual):
            def is_shown(self, request):
                return settings.TAKES_CARDS and super().is_shown(request)

        return CardsMenuItem


class PaymentViewSet(CardsViewSet):
    model = Payment
    name = "payments"
    icon = "tag"
    index_view_class = PaymentIndexView
    inspect_view_class = PaymentInspectView
    actions = {"refund": RefundPaymentView, "again": RefundAgainView}
    list_display = [
        "order__reference",
        Column("payer", label=gettext_lazy("Payer"), accessor="order.payer_name", sort_key="order__payer_name"),
        Column(
            "amount",
            label=gettext_lazy("Including VAT"),
            accessor=lambda payment: kroner(payment.amount),
            sort_key="amount",
        ),
        Column("state", label=gettext_lazy("Status"), accessor="get_state_display", sort_key="state"),
        Column(
            "paid_at",
            label=gettext_lazy("Paid"),
            accessor=lambda payment: danish_moment(payment.paid_at) if payment.paid_at else "",
            sort_key="paid_at",
        ),
        Column(
            "refunds",
            label=gettext_lazy("Paid back"),
            accessor=lambda payment: kroner(
                sum(refund.amount for refund in payment.refunds.all() if refund.state != "failed")
            ),
        ),
        Column("dispute", label=gettext_lazy("Contested"), accessor=lambda payment: dispute_in_words(payment.dispute)),
    ]
    list_filter = ["state"]
    ordering = "-created_at"

    search_fields = ["order__reference", "order__payer_name", "order__booker__name"]


class DifferenceFilterSet(WagtailFilterSet):
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        choices=[("open", gettext_lazy("Waits for a person")), *Ending.choices],
        method="in_state",
    )
    kind = django_filters.ChoiceFilter(label=gettext_lazy("What differs"), choices=DifferenceKind.choices)

    def in_state(self, differences, _name, state):
        return differences.open() if state == "open" else differences.filter(ending=state)

    class Meta:
        model = Difference
        fields: list[str] = []


class DifferenceIndexView(RegisterIndexView):
    """Those that wait for a person come first."""

    template_name = "booking/admin/differences.html"
    page_title = gettext_lazy("Reconciliation")

    def get_base_queryset(self):
        differences = Difference.objects.select_related("payment__order", "by")
        return differences.order_by(F("closed_at").desc(nulls_first=True), "-found_at", "-pk")

    def order_queryset(self, queryset):
        return queryset

    @cached_property
    def columns(self):
        columns = super().columns
        columns[0].label = _("What differs")
        return columns

    def get_context_data(self, **kwargs):
        last = Reconciliation.objects.exclude(done_at=None).first()
        failed = Reconciliation.objects.exclude(failed_at=None).first()
        is_news = failed and (last is None or failed.failed_at > last.done_at)
        return super().get_context_data(
            compared=last and danish_moment(last.done_at),
            failed=danish_moment(failed.failed_at) if is_news else "",
            **kwargs,
        )


class DifferenceInspectView(InspectView):
    template_name = "booking/admin/difference.html"
    page_title = gettext_lazy("Difference")
    action_url_names: dict[str, str] = {}

    def get_object(self, queryset=None):
        return get_object_or_404(Difference.objects.select_related("payment__order", "by"), pk=self.pk)

    @cached_property
    def header_buttons(self):
        if not self.object.is_open or not self.user_has_permission("put_right"):
            return []
        url = reverse(self.action_url_names["put_right"], args=[self.object.pk])
        return [HeaderButton(_("Put right"), url=url, icon_name="check")]

    def get_context_data(self, **kwargs):
        difference = self.object
        return super().get_context_data(
            ours=figure(difference.ours),
            theirs=figure(difference.theirs),
            since=danish_moment(difference.found_at),
            state=state_in_words(difference),
            advice=advice(difference),
            **kwargs,
        )


class PutRightForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("What was done"),
        max_length=300,
        help_text=gettext_lazy("For the books, such as: Paid back in Stripe's pages on 3 March."),
        error_messages={"required": gettext_lazy("Write what was done.")},
    )


class PutRightView(NamedActionView):
    permission_required = "put_right"
    template_name = "booking/admin/put_right.html"
    page_title = gettext_lazy("Put right")
    header_icon = "check"

    def get_base_object_queryset(self):
        return Difference.objects.select_related("payment__order")

    @cached_property
    def form(self) -> PutRightForm:
        return PutRightForm(self.request.POST or None, label_suffix="")

    def get(self, request, *args, **kwargs):
        if not self.object.is_open:
            messages.info(request, _("This is in order already."))
            return redirect(self.get_back_url())
        return super().get(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        if not self.form.is_valid():
            return self.render_to_response(self.get_context_data(), status=422)
        self.act()
        return redirect(self.get_back_url())

    def act(self):
        note = self.form.cleaned_data["note"]
        if put_right(self.object, note=note, by=self.request.user, now=timezone.now()):
            messages.success(self.request, _("Noted as put right."))
        else:
            messages.info(self.request, _("This is in order already."))

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            form=self.form, ours=figure(self.object.ours), theirs=figure(self.object.theirs), **kwargs
        )


class DifferenceViewSet(CardsViewSet):
    model = Difference
    name = "differences"
    icon = "warning"
    menu_label = gettext_lazy("Reconciliation")
    index_view_class = DifferenceIndexView
    inspect_view_class = DifferenceInspectView
    actions = {"put_right": PutRightView}
    list_display = [
        "__str__",
        Column("found_at", label=gettext_lazy("Since"), accessor=lambda one: danish_moment(one.found_at)),
        Column(
            "ours",
            label=gettext_lazy("Here"),
            accessor=lambda one: figure(one.ours),
            classname="booking-reference",
        ),
        Column(
            "theirs",
            label=gettext_lazy("At Stripe"),
            accessor=lambda one: figure(one.theirs),
            classname="booking-reference",
        ),
        StatusTagColumn("state", label=gettext_lazy("State"), accessor=state_in_words, primary=lambda one: one.is_open),
    ]
    filterset_class = DifferenceFilterSet
    search_fields = ["payment__order__reference", "subject", "note"]


register_permission_policy(Payment, LookOnlyPolicy(Payment))
register_permission_policy(Difference, LookOnlyPolicy(Difference))
