"""The bank's file at finance's desk: what it would mark as paid and what does not fit, and the yes that does it."""

from collections.abc import Sequence
from dataclasses import astuple
from datetime import date
from decimal import Decimal

from django import forms
from django.contrib import messages
from django.core import signing
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView, View
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.viewsets.base import ViewSet
from wagtail.permissions import policy_registry

from booking.dates import today
from booking.desk.placing import PlaceView
from booking.invoicing.bank_file import BankFile, Incoming, read_bank_file
from booking.invoicing.deposits import Row, Share, Verdict, plan, take_in
from booking.invoicing.models import Invoice, Transfer
from booking.money import kroner
from booking.people.tables import MAX_BYTES, MEGABYTE, Unreadable
from booking.pricing.models import Seller

#: Seconds in which one may say yes to what was shown.
MAY_WAIT = 60 * 60

#: What follows from a payment, in words. ``owed`` is what was open before it, ``left`` what still is after.
WORDS = {
    Verdict.PAID: gettext_lazy("Is marked as paid."),
    Verdict.PART: gettext_lazy("Is noted as a part. %(left)s is still missing."),
    Verdict.SPLIT: gettext_lazy("Is split: %(shares)s."),
    Verdict.KNOWN: gettext_lazy("Was taken in before."),
    Verdict.ALIKE: gettext_lazy("Looks like a payment that was taken in before. Place it yourself if it came twice."),
    Verdict.TWICE: gettext_lazy("Is paid already by another payment in this file. Has it been paid twice?"),
    Verdict.ALREADY_PAID: gettext_lazy("Is marked as paid already. Has it been paid twice?"),
    Verdict.TOO_MUCH: gettext_lazy("Is more than the %(owed)s that is open."),
    Verdict.CREDITED: gettext_lazy("The invoice is credited, so there is nothing to pay."),
    Verdict.CREDIT_NOTE: gettext_lazy("Is a credit note, which nobody pays."),
    Verdict.SEVERAL: gettext_lazy("Names several invoices, and not all are one payer's to pay. Place it yourself."),
    Verdict.OTHER_CREDITOR: gettext_lazy("Is for another creditor number."),
    Verdict.FOREIGN: gettext_lazy("Is not in kroner."),
    Verdict.FUTURE: gettext_lazy("The day has not come yet."),
    Verdict.UNKNOWN: gettext_lazy("No invoice has this reference."),
}
#: What asks for somebody's eye; the rest is done, or was.
IN_ORDER = {Verdict.PAID, Verdict.SPLIT, Verdict.KNOWN}


def account_of(seller: Seller) -> str:
    """As the end of an IBAN says it; empty if the seller has given none."""
    if not (seller.bank_registration and seller.bank_account):
        return ""
    return seller.bank_registration.zfill(4) + seller.bank_account.zfill(10)


class BankFileForm(forms.Form):
    """A file from the bank, and whose money it tells of."""

    seller = forms.ModelChoiceField(
        label=gettext_lazy("Seller"),
        queryset=Seller.objects.filter(series__isnull=False).distinct(),
        error_messages={
            "required": gettext_lazy("Choose a seller."),
            "invalid_choice": gettext_lazy("Choose a seller."),
        },
        help_text=gettext_lazy("Whose account the money came to."),
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,  # the reader has a sentence of its own for it
        widget=forms.FileInput(attrs={"accept": ".xml,.csv,.xlsx,.txt"}),
        error_messages={
            "required": gettext_lazy("Choose a file."),
            "invalid": gettext_lazy("The file did not arrive. Choose it again."),
            "missing": gettext_lazy("The file did not arrive. Choose it again."),
        },
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["seller"].label_from_instance = str
        sellers = list(self.fields["seller"].queryset[:2])
        if len(sellers) == 1:
            self.fields["seller"].initial = sellers[0]

    def clean_file(self) -> BankFile:
        try:
            return read_bank_file(self.cleaned_data["file"].read(MAX_BYTES + 1))
        except Unreadable as error:
            raise forms.ValidationError(str(error), code="unreadable") from error

    def clean(self):
        seller, file = self.cleaned_data.get("seller"), self.cleaned_data.get("file")
        if not (seller and file):
            return
        if not file.incoming:
            self.add_error("file", forms.ValidationError(_("No money came in, by this file."), code="nothing"))
        others = {account_of(other): other for other in Seller.objects.exclude(pk=seller.pk)}
        others.pop(account_of(seller), None)
        for account in sorted(file.accounts & set(filter(None, others))):
            self.add_error(
                "file",
                forms.ValidationError(
                    _("The file is of an account that is %(seller)s's."),
                    params={"seller": others[account]},
                    code="other_seller",
                ),
            )


class NotShown(Exception):
    """These payments were never shown to this user, or too long ago."""


def sealed(payments: Sequence[Incoming], *, seller: Seller, user) -> str:
    """What was shown to ``user``, so that it is this and nothing else that they say yes to."""
    rows = [[str(part) for part in astuple(one)] for one in payments]
    return signing.dumps([seller.pk, rows], salt=f"bank-file-{user.pk}", compress=True)


def unsealed(text: str, *, user) -> tuple[Seller, list[Incoming]]:
    """Raises NotShown."""
    try:
        seller, rows = signing.loads(text, salt=f"bank-file-{user.pk}", max_age=MAY_WAIT)
    except signing.BadSignature as error:
        raise NotShown from error
    payments = [Incoming(date.fromisoformat(day), Decimal(amount), *rest) for day, amount, *rest in rows]
    return Seller.objects.get(pk=seller), payments


@method_decorator(never_cache, name="dispatch")
class BankFileView(PermissionCheckedMixin, WagtailAdminTemplateMixin, TemplateView):
    """A file, and what it would do."""

    model = Invoice
    permission_required = "settle"
    template_name = "booking/admin/bank_file.html"
    page_title = gettext_lazy("Payments from the bank")
    header_icon = "download"

    def post(self, request, *args, **kwargs):
        form = BankFileForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        seller, file = form.cleaned_data["seller"], form.cleaned_data["file"]
        judged = plan(file.incoming, seller=seller, on=today(timezone.now()))
        return self.render_to_response(
            self.get_context_data(
                form=BankFileForm(initial={"seller": seller}),
                seller=seller,
                rows=[_in_words(row) for row in sorted(judged, key=lambda row: row.verdict in IN_ORDER)],
                counts=_counts(judged),
                skipped=file.skipped,
                may_be_done=any(row.does_something or row.may_be_placed for row in judged),
                payments=sealed(file.incoming, seller=seller, user=request.user),
            )
        )

    def get_context_data(self, **kwargs):
        kwargs.setdefault("form", BankFileForm())
        waiting = Transfer.objects.unplaced().select_related("seller")
        return super().get_context_data(most_megabytes=MAX_BYTES // MEGABYTE, unplaced=waiting, **kwargs)

    def get_breadcrumbs_items(self):
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]


def _in_words(row: Row) -> dict:
    return {
        "verdict": row.verdict,
        "paid_on": row.incoming.paid_on,
        "amount": row.incoming.amount,
        "currency": "" if row.incoming.currency == "DKK" else row.incoming.currency,
        "reference": row.incoming.reference,
        "invoice": row.invoice,
        "in_order": row.verdict in IN_ORDER,
        "key": row.key if row.may_be_placed else "",
        "follows": _what_follows(row),
    }


def _what_follows(row: Row) -> str:
    told = {
        "owed": kroner(row.owed),
        "left": kroner(row.owed - row.incoming.amount),
        "shares": ", ".join(_share_in_words(share) for share in row.shares),
    }
    words = str(WORDS[row.verdict]) % told
    if row.verdict == Verdict.SPLIT and row.rest:
        words += " " + _("%(rest)s is left, to be placed.") % {"rest": kroner(row.rest)}
    return words


def _share_in_words(share: Share) -> str:
    words = _("%(amount)s to %(number)s") if share.amount == share.owed else _("%(amount)s to %(number)s as a part")
    return words % {"amount": kroner(share.amount), "number": share.invoice.number}


def _counts(rows: Sequence[Row]) -> list[str]:
    """What the file does, in numbers."""
    paid = sum(row.verdict == Verdict.PAID for row in rows)
    parts = sum(row.verdict == Verdict.PART for row in rows)
    split = sum(row.verdict == Verdict.SPLIT for row in rows)
    known = sum(row.verdict == Verdict.KNOWN for row in rows)
    others = len(rows) - paid - parts - split - known
    return [
        phrase % {"count": count}
        for count, phrase in (
            (paid, ngettext("%(count)d invoice paid in full", "%(count)d invoices paid in full", paid)),
            (parts, ngettext("%(count)d payment is a part", "%(count)d payments are parts", parts)),
            (split, ngettext("%(count)d payment is split", "%(count)d payments are split", split)),
            (others, ngettext("%(count)d payment does not fit", "%(count)d payments do not fit", others)),
            (
                known,
                ngettext("%(count)d payment was taken in before", "%(count)d payments were taken in before", known),
            ),
        )
        if count
    ]


class TakeView(PermissionCheckedMixin, View):
    """The yes: what was shown is judged once more, and done."""

    model = Invoice
    permission_required = "settle"

    def post(self, request):
        try:
            seller, payments = unsealed(request.POST.get("payments", ""), user=request.user)
        except NotShown:
            messages.warning(request, _("It is too long since the file was read. Choose it again."))
            return redirect("bank-file:index")
        to_place = request.POST.getlist("to_place")
        done = take_in(payments, seller=seller, by=request.user, now=timezone.now(), to_place=to_place)
        told = _counts([row for row in done if row.does_something])
        waiting = sum(row.rest > 0 for row in done)
        if waiting:
            phrase = ngettext("%(count)d payment waits to be placed", "%(count)d payments wait to be placed", waiting)
            told.append(phrase % {"count": waiting})
        if done:
            messages.success(request, f"{', '.join(told).capitalize()}.")
        else:
            messages.info(request, _("There was nothing more to do: it has been taken in already, or nothing chosen."))
        return redirect("bank-file:index")


class ForThoseWhoSettle(MenuItem):
    def is_shown(self, request):
        return policy_registry.get_by_type(Invoice).user_has_permission(request.user, "settle")


class BankFileViewSet(ViewSet):
    name = "bank-file"
    icon = "download"
    menu_label = gettext_lazy("Payments from the bank")
    menu_item_class = ForThoseWhoSettle

    def get_urlpatterns(self):
        return [
            path("", BankFileView.as_view(), name="index"),
            path("take/", TakeView.as_view(), name="take"),
            path("place/<int:pk>/", PlaceView.as_view(), name="place"),
        ]
