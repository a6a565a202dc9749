"""Bookings as course administrators see them: to look at, to export, to cancel, and to put another in the seat."""

from django.utils.translation import gettext_lazy
from wagtail.admin.ui.tables import Column, StatusTagColumn
from wagtail.permissions import register_permission_policy

from booking.dates import danish_moment
from booking.money import kroner
from booking.registers import (
    LookOnlyPolicy,
    LookOnlyViewSet,
)
from booking.signup.booking_list import BookingFilterSet, BookingIndexView
from booking.signup.booking_page import BookingInspectView
from booking.signup.bookings import Booking
from booking.signup.said import municipality_of, state_of
from booking.signup.substitute_admin import SubstituteView
from booking.signup.withdraw_admin import CancelBookingView, WaiveFeeView


class BookingViewSet(LookOnlyViewSet):
    model = Booking
    name = "bookings"
    icon = "form"
    index_view_class = BookingIndexView
    inspect_view_class = BookingInspectView
    actions = {"cancel": CancelBookingView, "waive": WaiveFeeView, "substitute": SubstituteView}
    rights = ("see_needs", "add", "overbook", "move", "attend", "write")
    list_display = [
        "order__reference",
        Column("participant", label=gettext_lazy("Participant"), sort_key="participant__name"),
        StatusTagColumn(
            "status",
            label=gettext_lazy("Status"),
            accessor=state_of,
            sort_key="status",
            primary=lambda booking: booking.is_seated,
        ),
        Column(
            "municipality",
            label=gettext_lazy("Municipality"),
            accessor=municipality_of,
            sort_key="order__payer__name",
        ),
        Column("session", label=gettext_lazy("Session"), accessor="session.title", sort_key="session__title"),
        Column(
            "starts_on", label=gettext_lazy("First day"), accessor="session.starts_on", sort_key="session__starts_on"
        ),
        Column(
            "net",
            label=gettext_lazy("Excluding VAT"),
            accessor=lambda booking: kroner(booking.price.net),
            sort_key="agreed_net",
        ),
        Column(
            "booked_at",
            label=gettext_lazy("Booked"),
            accessor=lambda booking: danish_moment(booking.booked_at),
            sort_key="booked_at",
        ),
    ]
    filterset_class = BookingFilterSet
    ordering = "-booked_at"
    search_fields = [
        "order__reference",
        "participant__name",
        "participant__email",
        "participant__guest_email",
        "order__booker__name",
        "order__booker__email",
        "order__contact_name",
        "order__contact_email",
        "order__payer_name",
        "order__gln",
        "order__requisition",
        "office__municipality__name",
        "session__title",
    ]


register_permission_policy(Booking, LookOnlyPolicy(Booking))
