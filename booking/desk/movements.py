"""The list "Payments and invoices": every movement of money in a period, for the bookkeeping.

It is made of ``Movement``, whoever moved the money: a room that comes to move some adds its function to ``SOURCES``.
"""

from collections.abc import Callable, Iterable
from datetime import date

from django.urls import path
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.viewsets.base import ViewSet
from wagtail.permissions import policy_registry

from booking.dates import COPENHAGEN, danish_time, today
from booking.desk.figures import PeriodView
from booking.desk.period import month_of
from booking.invoicing import books as invoice_books
from booking.ledger import NOTHING, Movement, Part, by_rate
from booking.money import danish_percent
from booking.payments import books
from booking.payments.models import Payment

#: Who moves money, and tells of it: from a first day to a last.
SOURCES: list[Callable[[date, date], list[Movement]]] = [books.movements, invoice_books.movements]


def all_movements(first: date, last: date) -> list[Movement]:
    return sorted((one for source in SOURCES for one in source(first, last)), key=lambda movement: movement.at)


def lines(movements: Iterable[Movement]) -> list[dict]:
    """One line for each movement and rate of VAT, so that every column adds up."""
    return [
        {
            "day": today(movement.at),
            "time": danish_time(movement.at.astimezone(COPENHAGEN).time()),
            "kind": movement.kind,
            "reference": movement.reference,
            "payer": movement.payer,
            "payer_cvr": movement.payer_cvr,
            "session": movement.session,
            "seller": movement.seller,
            "rate": danish_percent(part.rate),
            "net": part.net,
            "vat": part.vat,
            "gross": part.gross,
            "payment_id": movement.numbers[0],
            "refund_id": movement.numbers[1],
            "reason": movement.reason,
        }
        for movement in movements
        for part in movement.parts
    ]


def sums(movements: Iterable[Movement]) -> list[dict]:
    """For each seller, who accounts for its own VAT: what each kind comes to at each rate, and all of them."""
    parts: dict[str, dict[str, list[Part]]] = {}
    for movement in movements:
        parts.setdefault(movement.seller, {}).setdefault(movement.kind, []).extend(movement.parts)
    found = []
    for seller, kinds in sorted(parts.items()):
        for kind, of_kind in kinds.items():
            found += _summed(seller, kind, of_kind)
        found += _summed(seller, _("In all"), [part for of_kind in kinds.values() for part in of_kind], is_total=True)
    return found


def _summed(seller: str, kind: str, parts: list[Part], *, is_total: bool = False) -> list[dict]:
    return [
        {
            "seller": seller,
            "kind": kind,
            "is_total": is_total,
            "rate": danish_percent(part.rate),
            "net": part.net,
            "vat": part.vat,
            "gross": part.gross,
        }
        for part in by_rate(parts)
    ]


class MovementsView(PermissionCheckedMixin, PeriodView):
    """What moved on the days that are asked for; the same as a spreadsheet."""

    model = Payment
    permission_required = "view"
    template_name = "booking/admin/movements.html"
    page_title = _("Payments and invoices")
    header_icon = "resubmit"
    proposes = staticmethod(month_of)
    file_of = "betalinger"
    export_headings = {
        "day": _("Day"),
        "kind": _("What"),
        "reference": _("Reference"),
        "payer": _("Payer"),
        "payer_cvr": _("CVR number"),
        "session": _("Session"),
        "seller": _("Seller"),
        "rate": _("VAT rate"),
        "net": _("Excluding VAT"),
        "vat": _("VAT"),
        "gross": _("Including VAT"),
        "payment_id": _("Payment at Stripe"),
        "refund_id": _("Refund at Stripe"),
        "reason": _("Reason"),
    }
    list_export = list(export_headings)

    @cached_property
    def movements(self) -> list[Movement]:
        period = self.form.period
        return all_movements(period.first, period.last) if period else []

    @property
    def exported(self):
        return self.shown

    @cached_property
    def shown(self):
        return lines(self.movements)

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            sums=sums(self.movements),
            total=sum((movement.gross for movement in self.movements), NOTHING),
            **kwargs,
        )


class ForThoseWhoSeeMoney(MenuItem):
    def is_shown(self, request):
        return policy_registry.get_by_type(Payment).user_has_permission(request.user, "view")


class MovementsViewSet(ViewSet):
    name = "movements"
    icon = "resubmit"
    menu_label = _("Payments and invoices")
    menu_item_class = ForThoseWhoSeeMoney

    def get_urlpatterns(self):
        return [path("", MovementsView.as_view(), name="index")]
