"""Money from the bank that no invoice took: finance says which of the payer's open invoices it is for."""

from collections.abc import Sequence
from decimal import Decimal

from django import forms
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin

from booking.invoicing.bank_file import amount_from
from booking.invoicing.deposits import DoesNotFit, named, place, shared_out, to_pay
from booking.invoicing.models import Invoice, Transfer
from booking.money import kroner
from booking.people.models import Municipality
from booking.registers import is_row_number


def payer_of(transfer: Transfer, open_ones: Sequence[tuple[Invoice, Decimal]]) -> Municipality | None:
    """Whose open invoice it names, or else who is named in it; None if that is nobody, or several."""
    numbers = {one.number for one in named(transfer.reference)}
    words = transfer.reference.casefold()
    by_number = {invoice.payer for invoice, _left in open_ones if invoice.number in numbers}
    by_name = {invoice.payer for invoice, _left in open_ones if invoice.payer.name.casefold() in words}
    found = by_number or by_name
    return found.pop() if len(found) == 1 else None


def proposed(transfer: Transfer, open_ones: Sequence[tuple[Invoice, Decimal]]) -> dict[int, Decimal]:
    """How the rest would be placed: first at the invoices that it names, then at the oldest."""
    numbers = {one.number for one in named(transfer.reference)}
    in_turn = sorted(open_ones, key=lambda one: one[0].number not in numbers)
    return {share.invoice.pk: share.amount for share in shared_out(transfer.rest(), in_turn)}


class AmountField(forms.DecimalField):
    """Kroner as Danes write them: 6.625,00 or 6625,00 or 6625."""

    widget = forms.TextInput(attrs={"inputmode": "decimal"})

    def to_python(self, value):
        if value in self.empty_values:
            return None
        amount = amount_from(value)
        if amount is None or amount < 0:
            raise forms.ValidationError(_("Write an amount, such as 6.625,00."), code="invalid")
        return amount


class PlaceForm(forms.Form):
    """How much of a transfer goes to each of the payer's open invoices."""

    def __init__(self, *args, transfer: Transfer, open_ones: Sequence[tuple[Invoice, Decimal]], **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.transfer, self.open_ones = transfer, open_ones
        amounts = proposed(transfer, open_ones)
        for invoice, left in open_ones:
            self.fields[f"amount-{invoice.pk}"] = AmountField(
                label=_("%(number)s, %(left)s to pay") % {"number": invoice.number, "left": kroner(left)},
                required=False,
                localize=True,
                initial=amounts.get(invoice.pk),
            )

    def amounts(self) -> dict[int, Decimal]:
        """By invoice; what is left empty gets nothing."""
        found = {invoice.pk: self.cleaned_data.get(f"amount-{invoice.pk}") for invoice, _left in self.open_ones}
        return {pk: amount for pk, amount in found.items() if amount}

    def clean(self):
        if self.errors:
            return
        for invoice, left in self.open_ones:
            if self.amounts().get(invoice.pk, Decimal(0)) > left:
                words = _("%(number)s has no more than %(left)s to pay.")
                told = {"number": invoice.number, "left": kroner(left)}
                self.add_error(f"amount-{invoice.pk}", forms.ValidationError(words % told, code="too_much"))
        if not self.amounts():
            raise forms.ValidationError(_("Write what goes to at least one invoice."), code="nothing")
        placed = sum(self.amounts().values())
        if placed > self.transfer.rest():
            words = _("You have placed %(placed)s, but there is %(rest)s to place.")
            told = {"placed": kroner(placed), "rest": kroner(self.transfer.rest())}
            raise forms.ValidationError(words % told, code="too_much")


class PlaceView(PermissionCheckedMixin, WagtailAdminTemplateMixin, TemplateView):
    """One transfer, and the open invoices of its payer."""

    model = Invoice
    permission_required = "settle"
    template_name = "booking/admin/place_transfer.html"
    page_title = gettext_lazy("Place a payment")
    header_icon = "download"

    @cached_property
    def transfer(self) -> Transfer:
        return get_object_or_404(Transfer.objects.select_related("seller"), pk=self.kwargs["pk"])

    @cached_property
    def open_ones(self) -> list[tuple[Invoice, Decimal]]:
        return to_pay(self.transfer.seller)

    @cached_property
    def payers(self) -> list[Municipality]:
        """Those who have something to pay, by name."""
        return sorted({invoice.payer for invoice, _left in self.open_ones}, key=lambda payer: payer.name)

    @cached_property
    def payer(self) -> Municipality | None:
        """The one that was chosen, or else the one that seems to have paid."""
        chosen = self.request.GET.get("payer", "")
        if not chosen:
            return payer_of(self.transfer, self.open_ones)
        return next((one for one in self.payers if is_row_number(chosen) and one.pk == int(chosen)), None)

    @cached_property
    def form(self) -> PlaceForm:
        theirs = [(invoice, left) for invoice, left in self.open_ones if invoice.payer == self.payer]
        return PlaceForm(self.request.POST or None, transfer=self.transfer, open_ones=theirs)

    def get(self, request, *args, **kwargs):
        if not self.transfer.rest():
            messages.info(request, _("All of the payment is placed."))
            return redirect("bank-file:index")
        return super().get(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        if not self.form.is_valid():
            return self.render_to_response(self.get_context_data(), status=422)
        amounts = self.form.amounts()
        try:
            place(self.transfer, amounts, by=request.user, now=timezone.now())
        except DoesNotFit:
            messages.warning(request, _("Something was paid or placed in the meantime. Look again."))
            return redirect(request.get_full_path())
        placed = kroner(sum(amounts.values()))
        messages.success(request, _("%(placed)s is placed.") % {"placed": placed})
        return redirect("bank-file:index")

    def get_breadcrumbs_items(self):
        return [
            *self.breadcrumbs_items,
            {"url": reverse("bank-file:index"), "label": _("Payments from the bank")},
            {"url": "", "label": self.page_title},
        ]

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            transfer=self.transfer,
            rest=self.transfer.rest(),
            payers=self.payers,
            payer=self.payer,
            form=self.form,
            **kwargs,
        )
