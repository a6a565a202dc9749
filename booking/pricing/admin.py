"""Sellers, price lists and conditions, as course administrators keep them."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel, ObjectList, Panel
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import InspectView

from booking.dates import danish_day, danish_moment, today
from booking.money import danish_amount, danish_percent
from booking.pricing.forms import ConditionsForm
from booking.pricing.models import AddOn, Conditions, PriceList, Seller
from booking.pricing.rules import RULES_IN_WORDS
from booking.registers import RegisterViewSet


class SellerViewSet(RegisterViewSet):
    inspect_view_enabled = True  # for finance, who look and do not keep
    inspect_view_fields = ["name", "cvr", "address", "bank_registration", "bank_account", "fik_creditor"]
    model = Seller
    name = "sellers"
    icon = "site"
    panels = [
        FieldRowPanel([FieldPanel("name"), FieldPanel("cvr")]),
        MultiFieldPanel(
            [FieldPanel("street"), FieldRowPanel([FieldPanel("postcode"), FieldPanel("city")])], heading=_("Address")
        ),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("bank_registration"), FieldPanel("bank_account")]),
                FieldPanel("fik_creditor"),
            ],
            heading=_("Where the money goes"),
        ),
    ]
    list_display = ["name", "cvr"]


class AddOnViewSet(RegisterViewSet):
    model = AddOn
    name = "add-ons"
    icon = "plus"
    panels = [FieldPanel("name")]
    list_display = ["name"]


# Price lists


class RulesPanel(Panel):
    """Which of the prices counts, in the order in which the rules are tried."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "booking/admin/price_rules.html"

        def get_context_data(self, parent_context=None):
            return super().get_context_data(parent_context) | {"rules": RULES_IN_WORDS.values()}


def prices_today(price_list: PriceList) -> str:
    """What each thing costs today; what is left out is not decided."""
    rows = sorted(price_list.rows_on(today(timezone.now())), key=lambda row: row.thing)
    return ", ".join(f"{row.thing}: {danish_amount(row.net)} kr." for row in rows)


class PriceListForm(WagtailAdminModelForm):
    """Rows of one submission are held against each other, too: the database would only refuse the second."""

    def clean(self):
        super().clean()
        rows = self.formsets.get("rows")
        if rows is None:
            return
        seen = set()
        for form in rows.forms:
            if not rows.is_bound or form in rows.deleted_forms or not form.is_valid():
                continue
            row = form.instance
            key = (*row.key[1:], row.valid_from)
            if row.valid_from and key in seen:
                form.add_error("valid_from", _("The list already has a price for this from this day."))
            seen.add(key)


class PriceListInspectView(InspectView):
    """All prices of a list, past and to come, to read."""

    template_name = "booking/admin/price_list.html"

    def get_context_data(self, **kwargs):
        rows = [
            {
                "row": row,
                "from": danish_day(row.valid_from),
                "net": f"{danish_amount(row.net)} kr.",
                "vat": danish_percent(row.vat_rate) if row.vat_rate else row.exempt_reason or _("no VAT"),
            }
            for row in self.object.rows.select_related("audience", "add_on")
        ]
        return super().get_context_data(rows=rows, rules=RULES_IN_WORDS.values(), **kwargs)


class PriceListViewSet(RegisterViewSet):
    inspect_view_enabled = True
    inspect_view_class = PriceListInspectView
    model = PriceList
    name = "price-lists"
    icon = "table"
    edit_handler = ObjectList(
        [
            FieldRowPanel([FieldPanel("name"), FieldPanel("seller")]),
            FieldRowPanel(
                [
                    FieldPanel("takes_cards"),
                    FieldPanel(
                        "invoiced",
                        help_text=_(
                            "Holds for what is ordered from now on. Bookings that are made keep what was agreed."
                        ),
                    ),
                ]
            ),
            RulesPanel(heading=_("Which price counts")),
            InlinePanel(
                "rows",
                heading=_("Prices"),
                label=_("Price"),
                help_text=_(
                    "A kind of session without a price is not decided, and nobody can sign up for it. A new price gets "
                    "a row of its own with the day it is valid from; bookings that are made keep the price they were "
                    "made at."
                ),
                panels=[
                    FieldRowPanel([FieldPanel("kind"), FieldPanel("add_on")]),
                    FieldPanel("audience"),
                    FieldRowPanel([FieldPanel("per"), FieldPanel("seats_from")]),
                    FieldRowPanel([FieldPanel("net"), FieldPanel("valid_from")]),
                    FieldRowPanel([FieldPanel("vat_rate"), FieldPanel("exempt_reason")]),
                    FieldPanel("includes"),
                ],
            ),
        ],
        base_form_class=PriceListForm,
    )
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
