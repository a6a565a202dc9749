"""Sellers, price lists and conditions, as course administrators keep them."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel, ObjectList, Panel
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import InspectView

from booking.dates import danish_day, danish_moment, today
from booking.money import danish_amount
from booking.pricing.forms import ConditionsForm
from booking.pricing.models import Conditions, PriceList, Seller, SessionKind
from booking.registers import RegisterViewSet


class SellerViewSet(RegisterViewSet):
    inspect_view_enabled = True  # for finance, who look and do not keep
    inspect_view_fields = ["name", "cvr"]
    model = Seller
    name = "sellers"
    icon = "site"
    panels = [FieldPanel("name"), FieldPanel("cvr")]
    list_display = ["name", "cvr"]


# Price lists


def prices_today(price_list: PriceList) -> str:
    """What each kind of session costs today; a kind that is left out is not decided."""
    day = today(timezone.now())
    rows = [(kind, price_list.row_for(kind, on=day)) for kind in SessionKind]
    return ", ".join(f"{kind.label}: {danish_amount(row.net)} kr." for kind, row in rows if row)


class PriceListInspectView(InspectView):
    """All prices of a list, past and to come, to read."""

    template_name = "booking/admin/price_list.html"

    def get_context_data(self, **kwargs):
        rows = [
            {
                "row": row,
                "from": danish_day(row.valid_from),
                "net": f"{danish_amount(row.net)} kr.",
                "vat": f"{row.vat_rate * 100:.0f} %",
            }
            for row in self.object.rows.order_by("kind", "-valid_from")
        ]
        return super().get_context_data(rows=rows, **kwargs)


class PriceListViewSet(RegisterViewSet):
    inspect_view_enabled = True
    inspect_view_class = PriceListInspectView
    model = PriceList
    name = "price-lists"
    icon = "table"
    panels = [
        FieldRowPanel([FieldPanel("name"), FieldPanel("seller")]),
        FieldPanel("takes_cards"),
        InlinePanel(
            "rows",
            heading=_("Prices"),
            label=_("Price"),
            help_text=_(
                "A kind of session without a price is not decided, and nobody can sign up for it. A new price gets a "
                "row of its own with the day it is valid from; bookings that are made keep the price they were made at."
            ),
            panels=[
                FieldRowPanel([FieldPanel("kind"), FieldPanel("valid_from")]),
                FieldRowPanel([FieldPanel("net"), FieldPanel("vat_rate")]),
                FieldPanel("includes"),
            ],
        ),
    ]
    list_display = [
        "name",
        "seller",
        Column("today", label=_("Prices today, excluding VAT"), accessor=prices_today),
    ]


# Conditions


def current_number(conditions: Conditions) -> str:
    current = conditions.current()
    return str(current.number) if current else ""


def versions_of(conditions: Conditions) -> list[dict]:
    """All versions that were ever in force, newest first, to read."""
    return [
        {"version": version, "created": danish_moment(version.created_at), "bookings": version.bookings.count()}
        for version in conditions.versions.order_by("-number")
    ]


class VersionsPanel(Panel):
    """All versions that were ever in force, to read and not to change."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "booking/admin/versions.html"

        def is_shown(self):
            return self.instance.pk is not None

        def get_context_data(self, parent_context=None):
            return super().get_context_data(parent_context) | {"versions": versions_of(self.instance)}


class ConditionsInspectView(InspectView):
    template_name = "booking/admin/conditions.html"

    def get_context_data(self, **kwargs):
        return super().get_context_data(versions=versions_of(self.object), **kwargs)


class ConditionsViewSet(RegisterViewSet):
    inspect_view_enabled = True
    inspect_view_class = ConditionsInspectView
    model = Conditions
    name = "conditions"
    icon = "doc-full"
    edit_handler = ObjectList(
        [
            FieldPanel("name"),
            FieldPanel(
                "text",
                help_text=_(
                    "Separate paragraphs by an empty line. A changed text or rule becomes a new version: bookings that "
                    "are made keep the version they accepted."
                ),
            ),
            MultiFieldPanel(
                [FieldPanel("free_days"), FieldRowPanel([FieldPanel("share_days"), FieldPanel("share_percent")])],
                heading=_("What a withdrawal costs"),
            ),
            VersionsPanel(heading=_("Versions")),
        ],
        base_form_class=ConditionsForm,
    )
    list_display = [
        "name",
        Column("number", label=_("Version in force"), accessor=current_number),
    ]
