"""Card payments as course administrators see them: to look at, and to give back."""

import re

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import InspectView
from wagtail.admin.widgets.button import HeaderButton
from wagtail.permissions import register_permission_policy

from booking.dates import danish_moment
from booking.money import kroner
from booking.payments.models import Payment, RefundReason
from booking.payments.refund import owe_refund
from booking.registers import LookOnlyPolicy, LookOnlyViewSet, NamedActionView, RegisterIndexView


class KronerField(forms.DecimalField):
    """An amount as Danes write it: 1.000,50 or 1000,50, and 1.000 is a thousand."""

    def to_python(self, value):
        text = str(value or "").strip()
        if "," in text or re.fullmatch(r"\d{1,3}(\.\d{3})+", text):
            text = text.replace(".", "").replace(",", ".")
        return super().to_python(text)


class RefundForm(forms.Form):
    """How much, and why."""

    amount = KronerField(
        label=gettext_lazy("Kroner, including VAT"),
        max_digits=10,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        error_messages={"required": gettext_lazy("Write how much is to be paid back.")},
    )
    note = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=200,
        help_text=gettext_lazy("For the books; it is not sent to anybody."),
        error_messages={"required": gettext_lazy("Write why.")},
    )

    def __init__(self, *args, kept, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.kept = kept

    def clean_amount(self):
        amount = self.cleaned_data["amount"]
        if not 0 < amount <= self.kept:
            raise forms.ValidationError(
                _("Write an amount above 0, and at most the %(kept)s that are left.") % {"kept": kroner(self.kept)}
            )
        return amount


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
        return RefundForm(self.request.POST or None, kept=self.object.kept())

    def get(self, request, *args, **kwargs):
        if self.object.kept() <= 0:
            messages.info(request, _("There is nothing left to pay back."))
            return HttpResponseRedirect(self.get_back_url())
        return super().get(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        if not self.form.is_valid():
            return self.render_to_response(self.get_context_data())
        self.act()
        return redirect(self.get_back_url())

    def act(self):
        refund = owe_refund(
            self.object,
            amount=self.form.cleaned_data["amount"],
            reason=RefundReason.STAFF,
            note=self.form.cleaned_data["note"],
            by=self.request.user,
            now=timezone.now(),
        )
        if refund:
            messages.success(self.request, _("%(amount)s are being paid back.") % {"amount": kroner(refund.amount)})
        else:
            messages.info(self.request, _("There is nothing left to pay back."))

    def get_context_data(self, **kwargs):
        return super().get_context_data(form=self.form, kept=self.object.kept(), **kwargs)


class PaymentViewSet(LookOnlyViewSet):
    model = Payment
    name = "payments"
    icon = "tag"
    index_view_class = PaymentIndexView
    inspect_view_class = PaymentInspectView
    actions = {"refund": RefundPaymentView}
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
        Column("dispute", label=gettext_lazy("Contested")),
    ]
    list_filter = ["state"]
    ordering = "-created_at"

    @cached_property
    def menu_item_class(self):
        """Where the site takes no cards, nothing speaks of them."""
        usual = super().menu_item_class

        class CardsMenuItem(usual):
            def is_shown(self, request):
                return settings.TAKES_CARDS and super().is_shown(request)

        return CardsMenuItem

    search_fields = ["order__reference", "order__payer_name", "order__booker__name"]


register_permission_policy(Payment, LookOnlyPolicy(Payment))
