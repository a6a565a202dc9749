"""Finance's desk: what is ready to be invoiced, and every document that was issued."""

import hashlib

import django_filters
from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View
from wagtail.admin import messages as wagtail_messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import InspectView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.viewsets.base import ViewSet
from wagtail.admin.widgets import AdminDateInput
from wagtail.admin.widgets.button import HeaderButton
from wagtail.permissions import policy_registry, register_permission_policy

from booking.dates import danish_span, today
from booking.invoicing import pdf
from booking.invoicing.correct import NothingToCorrect, correct, still_to_invoice
from booking.invoicing.document import Document, NotInOrder
from booking.invoicing.due import Bundle, card_payments, ready, without_seller
from booking.invoicing.forms import DetailsForm
from booking.invoicing.hand_over import try_again
from booking.invoicing.issue import NothingToCredit, credit, issue, preview, preview_paid
from booking.invoicing.models import (
    Charge,
    Deposit,
    HandOver,
    HandOverState,
    IllegalMove,
    Invoice,
    Kind,
    Settlement,
)
from booking.invoicing.sentences import refused, why_not
from booking.invoicing.settle import (
    NothingToReverse,
    NotOpen,
    mark_paid,
    marked_by_hand,
    owed,
    paid_too_much,
    reverse_deposit,
    reverse_settlement,
)
from booking.invoicing.story import story
from booking.money import kroner
from booking.payments.models import Payment
from booking.people.models import InvoiceFormat
from booking.registers import LookOnlyPolicy, LookOnlyViewSet, NamedActionView, RegisterIndexView, RowsField
from booking.signup.models import Order

#: How a document stands, in words; what each means is a queryset's.
STANDINGS = {
    "open": gettext_lazy("To be paid"),
    "overdue": gettext_lazy("Overdue"),
    "partly_paid": gettext_lazy("Partly paid"),
    "paid": gettext_lazy("Paid"),
    "credited": gettext_lazy("Credited"),
}


def standing(invoice: Invoice, *, on) -> str:
    """The word for one document; of a credit note, which invoice it is for."""
    if invoice.is_credit_note:
        return _("Credits %(number)s") % {"number": invoice.credits.number}
    if invoice.payment_id:
        return str(STANDINGS["paid"])
    is_credited = all(charge.credited_by_id for charge in invoice.charges.all())
    if invoice.settlement:
        return _("Paid and credited") if is_credited else str(STANDINGS["paid"])
    if is_credited:
        return str(STANDINGS["credited"])
    is_overdue, is_part = invoice.due_on < on, any(one.stands for one in invoice.deposits.all())
    if is_overdue and is_part:
        return _("Overdue, partly paid")
    return str(STANDINGS["overdue" if is_overdue else "partly_paid" if is_part else "open"])


def as_pdf(document, *, name: str) -> HttpResponse:
    answer = HttpResponse(pdf.write(document), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return answer


class InvoiceFilterSet(WagtailFilterSet):
    kind = django_filters.ChoiceFilter(label=gettext_lazy("Document"), choices=Kind.choices)
    standing = django_filters.ChoiceFilter(
        label=gettext_lazy("Status"), choices=list(STANDINGS.items()), method="that_are"
    )

    hand_over__state = django_filters.ChoiceFilter(label=gettext_lazy("Hand-over"), choices=HandOverState.choices)

    class Meta:
        model = Invoice
        fields: list[str] = []

    def that_are(self, queryset, _name, value):
        return queryset.overdue(today(timezone.now())) if value == "overdue" else getattr(queryset, value)()


class InvoiceIndexView(RegisterIndexView):
    def get_base_queryset(self):
        return Invoice.objects.select_related("payer", "hand_over", "series__seller", "credits").prefetch_related(
            "charges", "deposits", "settlements"
        )


class InvoiceInspectView(InspectView):
    template_name = "booking/admin/invoice.html"
    page_title = gettext_lazy("Invoice")
    action_url_names: dict[str, str] = {}

    def get_page_title(self):
        return _("Credit note") if self.object.is_credit_note else self.page_title

    @cached_property
    def header_buttons(self):
        buttons = []
        if self.object.content:
            buttons += [self._button(_("PDF"), "pdf", "doc-full"), self._button(_("XML"), "xml", "code")]
        if self.user_has_permission("settle") and Invoice.objects.open().filter(pk=self.object.pk).exists():
            buttons.append(self._button(_("Mark as paid"), "settle", "check"))
        if self.user_has_permission("settle") and noted_of(self.object):
            buttons.append(self._button(_("Take a payment back"), "reverse", "undo"))
        if self.user_has_permission("issue") and self.object.hand_over.state == HandOverState.REFUSED:
            buttons.append(self._button(_("Hand over again"), "again", "resubmit"))
        left = self.object.content and self.object.charges.filter(credited_by=None).exists()
        if self.user_has_permission("credit") and left:
            buttons.append(self._button(_("Credit"), "credit", "undo"))
        return buttons

    def _button(self, label: str, action: str, icon: str) -> HeaderButton:
        return HeaderButton(label, url=reverse(self.action_url_names[action], args=[self.object.pk]), icon_name=icon)

    def get_context_data(self, **kwargs):
        invoice = self.object
        document = invoice.document if invoice.content else None
        return super().get_context_data(
            document=document,
            facts=pdf.facts(document) if document else [],
            lines=document.lines if document else [],
            sums=pdf.sums(document) if document else [],
            standing=standing(invoice, on=today(timezone.now())),
            owed=owed(invoice) if Invoice.objects.partly_paid().filter(pk=invoice.pk).exists() else None,
            too_much=paid_too_much(invoice),
            story=story(invoice),
            hand_over=HandOver.objects.filter(invoice=invoice).first(),
            format=InvoiceFormat(invoice.format).label,
            charges=invoice.charges.select_related("booking__participant", "booking__session", "credited_by"),
            credit_notes=invoice.credit_notes.order_by("pk"),
            **kwargs,
        )


class FileView(PermissionCheckedMixin, View):
    """A document as a file."""

    model = Invoice
    permission_required = "view"

    def get(self, request, pk):
        invoice = Invoice.objects.filter(pk=pk).exclude(content={}).first()
        if invoice is None:
            raise Http404
        return self.answer(invoice)


class PdfView(FileView):
    def answer(self, invoice: Invoice) -> HttpResponse:
        return as_pdf(invoice.document, name=invoice.number)


class XmlView(FileView):
    def answer(self, invoice: Invoice) -> HttpResponse:
        answer = HttpResponse(bytes(invoice.xml), content_type="application/xml")
        answer["Content-Disposition"] = f'attachment; filename="{invoice.number}.xml"'
        return answer


class CreditForm(forms.Form):
    """What is taken back, why, and whether it is to be invoiced anew."""

    charges = RowsField(
        label=gettext_lazy("What is credited"),
        queryset=Charge.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose what is to be credited.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=200,
        help_text=gettext_lazy("Stands on the credit note."),
        error_messages={"required": gettext_lazy("Write why.")},
    )
    anew = forms.BooleanField(
        label=gettext_lazy("Is to be invoiced again"),
        required=False,
        initial=True,
        help_text=gettext_lazy(
            "It waits under Ready to be invoiced until you correct the invoice details or issue it there. "
            "Untick it if nothing more is to be paid."
        ),
    )

    def __init__(self, *args, invoice: Invoice, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        left = invoice.charges.filter(credited_by=None).select_related("booking__participant", "booking__session")
        self.fields["charges"].queryset = left
        self.fields["charges"].initial = list(left)
        self.fields["charges"].label_from_instance = lambda charge: (
            f"{charge.booking.participant}, {charge.booking.session.title}: {kroner(charge.net + charge.vat)}"
        )


class CreditView(NamedActionView):
    permission_required = "credit"
    template_name = "booking/admin/credit_invoice.html"
    page_title = gettext_lazy("Credit")
    header_icon = "undo"

    @cached_property
    def form(self) -> CreditForm:
        return CreditForm(self.request.POST or None, invoice=self.object)

    def post(self, request, *args, **kwargs):
        if not self.form.is_valid():
            return self.render_to_response(self.get_context_data(), status=422)
        return super().post(request, *args, **kwargs)

    def act(self):
        try:
            note = credit(
                self.object, by=self.request.user, now=timezone.now(), held_back=True, **self.form.cleaned_data
            )
        except NothingToCredit:
            messages.info(self.request, _("There is nothing left to credit."))
        except NotInOrder as refusal:
            messages.error(self.request, why_not(refusal))
        else:
            self._say(note)

    def _say(self, note: Invoice) -> None:
        """What was issued, and where to put right what is to be invoiced again."""
        words = _("Credit note %(number)s was issued.") % {"number": note.number}
        waits = Order.objects.filter(bookings__charges__credited_by=note, bookings__awaits_correction=True).distinct()
        if waits:
            words += " " + _("What is to be invoiced again waits until you correct the invoice details or issue it.")
        may_correct = policy_registry.get_by_type(Invoice).user_has_permission(self.request.user, "issue")
        buttons = [
            wagtail_messages.button(
                reverse("ready-to-invoice:correct", args=[order.reference]),
                _("Correct the invoice details of %(reference)s") % {"reference": order.reference},
            )
            for order in (waits if may_correct else ())
        ]
        wagtail_messages.success(self.request, words, buttons=buttons)

    def get_context_data(self, **kwargs):
        return super().get_context_data(form=self.form, **kwargs)


class SettleForm(forms.Form):
    paid_on = forms.DateField(
        label=gettext_lazy("Paid on"),
        widget=AdminDateInput,
        error_messages={
            "required": gettext_lazy("Write the day."),
            "invalid": gettext_lazy("Write a date, such as 5-5-2027."),
        },
    )

    def clean_paid_on(self):
        day = self.cleaned_data["paid_on"]
        if day > today(timezone.now()):
            raise forms.ValidationError(_("The day has not come yet."), code="future")
        return day


class SettleView(NamedActionView):
    permission_required = "settle"
    template_name = "booking/admin/settle_invoice.html"
    page_title = gettext_lazy("Mark as paid")
    header_icon = "check"

    @cached_property
    def form(self) -> SettleForm:
        return SettleForm(self.request.POST or None, initial={"paid_on": today(timezone.now())}, label_suffix="")

    def post(self, request, *args, **kwargs):
        if not self.form.is_valid():
            return self.render_to_response(self.get_context_data(), status=422)
        return super().post(request, *args, **kwargs)

    def act(self):
        try:
            mark_paid(self.object, paid_on=self.form.cleaned_data["paid_on"], by=self.request.user, now=timezone.now())
        except NotOpen:
            messages.info(self.request, _("It is paid or credited already."))
        else:
            messages.success(self.request, _("%(number)s is marked as paid.") % {"number": self.object.number})

    def get_context_data(self, **kwargs):
        return super().get_context_data(form=self.form, left=owed(self.object), **kwargs)


class ReverseForm(forms.Form):
    """What was noted wrongly: a marking as paid, or money from the bank; and why."""

    what = forms.ChoiceField(
        label=gettext_lazy("What is taken back"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose what is to be taken back."),
            "invalid_choice": gettext_lazy("It is taken back already."),
        },
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=200,
        help_text=gettext_lazy("Stands in the invoice's story."),
        error_messages={"required": gettext_lazy("Write why.")},
    )

    def __init__(self, *args, invoice: Invoice, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.found = {one_id: (one, words) for one_id, one, words in noted_of(invoice)}
        self.fields["what"].choices = [(one_id, words) for one_id, (_one, words) in self.found.items()]
        if len(self.found) == 1:
            self.fields["what"].initial = next(iter(self.found))

    def clean_what(self) -> Settlement | Deposit:
        return self.found[self.cleaned_data["what"]][0]


def noted_of(invoice: Invoice) -> list[tuple[str, Settlement | Deposit, str]]:
    """What can be taken back of what was noted for an invoice: a name for it, itself, and what it is in words."""
    found: list[tuple[str, Settlement | Deposit, str]] = []
    for deposit in invoice.deposits.filter(stands=True).select_related("transfer").order_by("pk"):
        words = _("%(amount)s that came to the bank on %(date)s") % {
            "amount": kroner(deposit.amount),
            "date": danish_span(deposit.transfer.paid_on, deposit.transfer.paid_on),
        }
        found.append((f"deposit-{deposit.pk}", deposit, words))
    settlement = marked_by_hand(invoice)
    if settlement:
        words = _("Marked as paid on %(date)s") % {"date": danish_span(settlement.paid_on, settlement.paid_on)}
        found.append((f"settlement-{settlement.pk}", settlement, words))
    return found


class ReverseView(NamedActionView):
    """A payment that was noted at the wrong invoice, or never came."""

    permission_required = "settle"
    template_name = "booking/admin/reverse_payment.html"
    page_title = gettext_lazy("Take a payment back")
    header_icon = "undo"

    @cached_property
    def form(self) -> ReverseForm:
        return ReverseForm(self.request.POST or None, invoice=self.object)

    def get(self, request, *args, **kwargs):
        if not self.form.found:
            messages.info(request, _("No payment is noted for %(number)s.") % {"number": self.object.number})
            return redirect(self.get_back_url())
        return super().get(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        if not self.form.is_valid():
            return self.render_to_response(self.get_context_data(), status=422)
        return super().post(request, *args, **kwargs)

    def act(self):
        what, reason = self.form.cleaned_data["what"], self.form.cleaned_data["reason"]
        details = {"reason": reason, "by": self.request.user, "now": timezone.now()}
        try:
            if isinstance(what, Deposit):
                reverse_deposit(what, **details)
            else:
                reverse_settlement(what, **details)
        except NothingToReverse:
            messages.info(self.request, _("It is taken back already."))
            return
        words = _("%(number)s is to be paid again.") % {"number": self.object.number}
        if isinstance(what, Deposit):
            words += " " + _("The money waits under Payments from the bank, to be placed at the right invoice.")
        messages.success(self.request, words)

    def get_context_data(self, **kwargs):
        return super().get_context_data(form=self.form, **kwargs)


class AgainView(NamedActionView):
    """What was refused goes once more, when whatever was wrong at the other end is mended."""

    permission_required = "issue"
    template_name = "booking/admin/hand_over_again.html"
    page_title = gettext_lazy("Hand over again")
    header_icon = "resubmit"

    def act(self):
        try:
            try_again(self.object.hand_over, by=self.request.user, now=timezone.now())
        except IllegalMove:
            messages.info(self.request, _("There is nothing to try again."))
        else:
            messages.success(self.request, _("%(number)s will be handed over again.") % {"number": self.object.number})

    def get_context_data(self, **kwargs):
        return super().get_context_data(reason=self.object.hand_over.reason, **kwargs)


class InvoiceViewSet(LookOnlyViewSet):
    model = Invoice
    name = "invoices"
    icon = "doc-full"
    menu_label = gettext_lazy("Invoices")
    index_view_class = InvoiceIndexView
    inspect_view_class = InvoiceInspectView
    actions = {
        "pdf": PdfView,
        "xml": XmlView,
        "credit": CreditView,
        "settle": SettleView,
        "reverse": ReverseView,
        "again": AgainView,
    }
    rights = ("issue",)
    list_display = [
        "number",
        Column("kind", label=gettext_lazy("Document"), accessor="get_kind_display", sort_key="kind"),
        Column(
            "issued_on",
            label=gettext_lazy("Dated"),
            accessor=lambda invoice: danish_span(invoice.issued_on, invoice.issued_on),
            sort_key="issued_on",
        ),
        Column("payer", label=gettext_lazy("Payer"), accessor="payer.full_name"),
        Column("seller", label=gettext_lazy("Seller"), accessor="series.seller"),
        Column("total", label=gettext_lazy("Including VAT"), accessor=lambda invoice: kroner(invoice.total)),
        Column(
            "standing",
            label=gettext_lazy("Status"),
            accessor=lambda invoice: standing(invoice, on=today(timezone.now())),
        ),
        Column("hand_over", label=gettext_lazy("Hand-over"), accessor="hand_over.get_state_display"),
    ]
    filterset_class = InvoiceFilterSet
    search_fields = ["number", "payer__name"]


register_permission_policy(Invoice, LookOnlyPolicy(Invoice))


# What is ready


def mark_of(bundle: Bundle) -> str:
    """What a page calls a bundle: the same as long as it goes to the same recipient."""
    return hashlib.sha256(repr(bundle.recipient).encode()).hexdigest()[:16]


def _found(mark: str) -> Bundle | None:
    return next((bundle for bundle in ready(timezone.now()) if mark_of(bundle) == mark), None)


class ReadyView(PermissionCheckedMixin, WagtailAdminTemplateMixin, TemplateView):
    """What is to be invoiced by now, gathered as it will be, with what keeps it from being issued."""

    model = Invoice
    permission_required = "issue"
    template_name = "booking/admin/ready_to_invoice.html"
    page_title = gettext_lazy("Ready to be invoiced")
    header_icon = "form"

    def get_context_data(self, **kwargs):
        now = timezone.now()
        return super().get_context_data(
            rows=[_row(bundle) for bundle in ready(now)],
            paid=[{"payment": one, "why_not": _why_not_paid(one)} for one in card_payments().select_related("order")],
            without_seller=without_seller(),
            **kwargs,
        )

    def get_breadcrumbs_items(self):
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def post(self, request, *args, **kwargs):
        bundle = _found(request.POST.get("bundle", ""))
        try:
            invoice = bundle and issue(bundle, now=timezone.now(), by=request.user)
        except NotInOrder as refusal:
            messages.error(request, refused(refusal))
            return redirect(request.path)
        if invoice is None:
            messages.info(request, _("It has been issued already."))
            return redirect(request.path)
        messages.success(request, _("Invoice %(number)s was issued.") % {"number": invoice.number})
        return redirect("invoices:inspect", invoice.pk)


def _why_not(document: Document) -> str:
    return why_not(NotInOrder(document.faults(), seller=document.seller.name, buyer=document.buyer.name))


def _why_not_paid(payment: Payment) -> str:
    """What keeps back the invoice of a card payment; without that it comes within the minute."""
    try:
        return _why_not(preview_paid(payment, now=timezone.now()))
    except NotInOrder as refusal:
        return why_not(refusal)


def _row(bundle: Bundle) -> dict:
    document = preview(bundle, now=timezone.now())
    return {
        "mark": mark_of(bundle),
        "document": document,
        "seats": len(bundle.bookings),
        "why_not": _why_not(document),
        "held_back": bundle.recipient.held_back,
        "bookings": bundle.bookings,
        "orders": list(dict.fromkeys(booking.order for booking in bundle.bookings)),
    }


class PreviewView(PermissionCheckedMixin, View):
    """How the invoice would look."""

    model = Invoice
    permission_required = "issue"

    def get(self, request, mark):
        bundle = _found(mark)
        if bundle is None:
            raise Http404
        return as_pdf(preview(bundle, now=timezone.now()), name="faktura")


class CorrectView(PermissionCheckedMixin, WagtailAdminTemplateMixin, TemplateView):
    """Where the invoice of an order goes, put right by staff before it is issued."""

    model = Invoice
    permission_required = "issue"
    template_name = "booking/admin/correct_invoice.html"
    page_title = gettext_lazy("Correct the invoice details")
    header_icon = "edit"

    @cached_property
    def order(self) -> Order:
        return get_object_or_404(Order.objects.select_related("payer"), reference=self.kwargs["reference"])

    @cached_property
    def form(self) -> DetailsForm:
        return DetailsForm(self.request.POST if self.request.method == "POST" else None, order=self.order)

    def post(self, request, *args, **kwargs):
        if not self.form.is_valid():
            return self.render_to_response(self.get_context_data(), status=422)
        try:
            changed = correct(self.order, self.form.details(), by=request.user, now=timezone.now())
        except NothingToCorrect:
            messages.error(request, _("Nothing of the order is left to invoice, so nothing was changed."))
        else:
            messages.success(request, _("The invoice details are corrected.") if changed else _("Nothing was changed."))
        return redirect(self.back_url)

    @property
    def back_url(self) -> str:
        return reverse("bookings:inspect", args=[self.order.bookings.earliest("pk").pk])

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            form=self.form,
            order=self.order,
            is_open=still_to_invoice(self.order).exists(),
            back_url=self.back_url,
            **kwargs,
        )

    def get_breadcrumbs_items(self):
        return [
            *self.breadcrumbs_items,
            {"url": self.back_url, "label": self.order.reference},
            {"url": "", "label": self.page_title},
        ]


class ForThoseWhoIssue(MenuItem):
    def is_shown(self, request):
        return policy_registry.get_by_type(Invoice).user_has_permission(request.user, "issue")


class ReadyViewSet(ViewSet):
    name = "ready-to-invoice"
    icon = "form"
    menu_label = gettext_lazy("Ready to be invoiced")
    menu_item_class = ForThoseWhoIssue

    def get_urlpatterns(self):
        return [
            path("", ReadyView.as_view(), name="index"),
            path("preview/<str:mark>/", PreviewView.as_view(), name="preview"),
            path("correct/<reference:reference>/", CorrectView.as_view(), name="correct"),
        ]
