"""The list "For the bookkeeping": a seller's invoices and credit notes of a month, as bookkeeping takes them in."""

from datetime import date

from django import forms
from django.urls import path
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.viewsets.base import ViewSet
from wagtail.permissions import policy_registry

from booking.dates import MONTHS
from booking.desk.figures import FiguresView
from booking.desk.period import month_of
from booking.invoicing.models import Invoice
from booking.invoicing.vouchers import CURRENCY, Voucher, in_all, vouchers
from booking.money import danish_percent
from booking.pricing.models import Seller


class MonthForm(forms.Form):
    """Whose documents, of which month. Nothing said is the newest month of the first seller."""

    seller = forms.ModelChoiceField(
        label=_("Seller"),
        queryset=Seller.objects.filter(series__isnull=False).distinct(),
        empty_label=None,
        error_messages=dict.fromkeys(["required", "invalid_choice"], _("Choose a seller.")),
    )
    month = forms.ChoiceField(
        label=_("Month"), error_messages=dict.fromkeys(["required", "invalid_choice"], _("Choose a month."))
    )

    def __init__(self, sent):
        months = [f"{day:%Y-%m}" for day in Invoice.objects.dates("issued_on", "month", order="DESC")]
        first = Seller.objects.filter(series__isnull=False).order_by("pk").first()
        proposed = {"seller": first and first.pk, "month": months[0] if months else ""}
        super().__init__({**proposed, **{name: sent[name] for name in proposed if name in sent}}, label_suffix="")
        self.fields["month"].choices = [(month, _named(month)) for month in months]

    @property
    def chosen(self) -> tuple[Seller, date] | None:
        """Seller and the first of the month; None if that can't be read."""
        if not self.is_valid():
            return None
        return self.cleaned_data["seller"], date.fromisoformat(f"{self.cleaned_data['month']}-01")


def _named(month: str) -> str:
    """ "2027-05" as "maj 2027"."""
    year, number = month.split("-")
    return f"{MONTHS[int(number) - 1]} {year}"


class VouchersView(PermissionCheckedMixin, FiguresView):
    """What was issued that month; the same as a spreadsheet."""

    model = Invoice
    permission_required = "view"
    template_name = "booking/admin/vouchers.html"
    page_title = _("For the bookkeeping")
    header_icon = "table"
    export_headings = {
        "number": _("Voucher number"),
        "kind": _("Document"),
        "dated": _("Voucher date"),
        "due": _("Due date"),
        "payer": _("Customer"),
        "cvr": _("CVR number"),
        "gln": _("EAN number"),
        "text": _("Text"),
        "net": _("Net"),
        "rate": _("VAT rate"),
        "code": _("VAT code"),
        "vat": _("VAT"),
        "gross": _("Gross"),
        "currency": _("Currency"),
        "slip": _("Payment ID"),
        "against": _("Against voucher"),
        "paid": _("Paid on"),
    }
    list_export = list(export_headings)
    #: Numbers that a machine reads: as digits and nothing more, where a spreadsheet for the eye would guard them.
    DIGITS = frozenset({"cvr", "gln"})

    @cached_property
    def form(self) -> MonthForm:
        return MonthForm(self.request.GET)

    @cached_property
    def rows(self) -> list[Voucher]:
        if self.form.chosen is None:
            return []
        seller, first = self.form.chosen
        period = month_of(first)
        return vouchers(seller, period.first, period.last)

    @cached_property
    def show_export_buttons(self):
        return bool(self.rows)

    @property
    def is_refused(self):
        return self.form.chosen is None and bool(self.request.GET)

    @property
    def exported(self):
        return self.rows

    @property
    def shown(self):
        return [self.to_row_dict(row) for row in self.rows]

    def to_row_dict(self, row: Voucher):
        told = {"rate": danish_percent(row.rate) if row.rate is not None else "", "currency": CURRENCY}
        return {field: told[field] if field in told else getattr(row, field) for field in self.list_export}

    def preprocess_field_value(self, field, value, export_format):
        if field in self.DIGITS and export_format == self.FORMAT_CSV and value.isascii() and value.isdigit():
            return value
        return super().preprocess_field_value(field, value, export_format)

    def get_filename(self):
        seller, first = self.form.chosen
        return f"bilag-{seller.cvr}-{first:%Y-%m}"

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            chosen=self.form.chosen,
            is_empty=not self.form.fields["month"].choices,
            sums=[
                {"what": what, "sums": in_all(rows), "is_total": is_total}
                for what, rows, is_total in (
                    (_("Invoices"), [row for row in self.rows if not row.against], False),
                    (_("Credit notes"), [row for row in self.rows if row.against], False),
                    (_("In all"), self.rows, True),
                )
            ],
            **kwargs,
        )


class ForThoseWhoSeeInvoices(MenuItem):
    def is_shown(self, request):
        return policy_registry.get_by_type(Invoice).user_has_permission(request.user, "view")


class VouchersViewSet(ViewSet):
    name = "vouchers"
    icon = "table"
    menu_label = _("For the bookkeeping")
    menu_item_class = ForThoseWhoSeeInvoices

    def get_urlpatterns(self):
        return [path("", VouchersView.as_view(), name="index")]
