"""The list of bookings: to filter, to search and to take along as a spreadsheet."""

import django_filters
from django.db.models import F, Q, Sum
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.coreutils import multigetattr

from booking.dates import today
from booking.people.models import Municipality
from booking.pricing.models import SessionKind
from booking.registers import (
    DayRangeFilter,
    RegisterIndexView,
    RowFilter,
)
from booking.sessions.models import SessionPage
from booking.signup.bookings import ATTENDANCE, Booking
from booking.signup.moves import BookingStatus
from booking.signup.said import municipality_of, office_of
from booking.spreadsheet import DanishSpreadsheetMixin


class BookingFilterSet(WagtailFilterSet):
    session = RowFilter(label=gettext_lazy("Session"), queryset=SessionPage.objects.order_by("-starts_on", "title"))
    status = django_filters.ChoiceFilter(label=gettext_lazy("Status"), choices=BookingStatus.choices)
    municipality = RowFilter(
        label=gettext_lazy("Municipality"), queryset=Municipality.objects.all(), method="from_municipality"
    )
    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Kind"), field_name="session__kind", choices=SessionKind.choices
    )
    held = django_filters.DateFromToRangeFilter(
        label=gettext_lazy("Session held"), field_name="session__starts_on", widget=DateRangePickerWidget
    )
    booked_at = DayRangeFilter(label=gettext_lazy("Booked"), widget=DateRangePickerWidget)
    attended = django_filters.ChoiceFilter(
        label=gettext_lazy("Attendance"), choices=[(said, words) for said, words in ATTENDANCE.items()]
    )

    def from_municipality(self, bookings, _name, municipality):
        return bookings.filter(Q(office__municipality=municipality) | Q(office=None, order__payer=municipality))

    class Meta:
        model = Booking
        fields: list[str] = []


#: What is for those who arrange the session, and for nobody else.
NEEDS = ("diet", "room")


class BookingIndexView(DanishSpreadsheetMixin, RegisterIndexView):
    """The list, and the same list as a spreadsheet: one line a booking, whatever was searched and filtered for."""

    #: What a spreadsheet holds, column by column: where it comes from and what it is called.
    exported = {
        "order.reference": gettext_lazy("Reference"),
        "get_status_display": gettext_lazy("Status"),
        "session.title": gettext_lazy("Session"),
        "session.get_kind_display": gettext_lazy("Kind"),
        "session.starts_on": gettext_lazy("First day"),
        "session.starts_time": gettext_lazy("Starts at"),
        "session.ends_on": gettext_lazy("Last day"),
        "session.ends_time": gettext_lazy("Ends at"),
        "participant.name": gettext_lazy("Participant"),
        "participant.mailbox": gettext_lazy("Participant's e-mail"),
        "participant.phone": gettext_lazy("Participant's phone"),
        "office": gettext_lazy("Office"),
        "municipality": gettext_lazy("Municipality"),
        "booked_at": gettext_lazy("Booked"),
        "cancelled_at": gettext_lazy("Booking cancelled"),
        "attendance": gettext_lazy("Attendance"),
        "price.net": gettext_lazy("Price excluding VAT"),
        "price.vat": gettext_lazy("VAT"),
        "price.gross": gettext_lazy("Price including VAT"),
        "due.net": gettext_lazy("To be paid excluding VAT"),
        "due.gross": gettext_lazy("To be paid including VAT"),
        "order.payer_name": gettext_lazy("Payer"),
        "order.payer_cvr": gettext_lazy("CVR number"),
        "order.gln": gettext_lazy("EAN number"),
        "order.person_reference": gettext_lazy("Person reference"),
        "order.requisition": gettext_lazy("Requisition number"),
        "order.booker.name": gettext_lazy("Booked by"),
        "order.contact_name": gettext_lazy("Contact"),
        "order.contact_email": gettext_lazy("Contact's e-mail"),
        "order.contact_phone": gettext_lazy("Contact's phone"),
        "diet": gettext_lazy("Diet"),
        "room": gettext_lazy("Room"),
    }
    export_headings = exported

    @cached_property
    def list_export(self):
        """All of it, but diets and rooms only to those who arrange the session."""
        hidden = () if self.user_has_permission("see_needs") else NEEDS
        return [field for field in self.exported if field not in hidden]

    def get_base_queryset(self):
        bookings = Booking.objects.for_listing().prefetch_related("withdrawal__lines")
        return bookings.annotate(agreed_net=Sum(F("lines__quantity") * F("lines__unit_net")))

    def spellings(self, word):
        """A reference, which is read over the phone without its dash, has one after four letters."""
        return super().spellings(word) | {f"{word[:4]}-{word[4:]}"}

    def to_row_dict(self, booking):
        computed = {"office": office_of(booking), "municipality": municipality_of(booking).name}
        return {
            field: computed[field] if field in computed else multigetattr(booking, field) for field in self.list_export
        }

    def get_filename(self):
        return f"tilmeldinger-{today(timezone.now()):%Y-%m-%d}"

    @cached_property
    def columns(self):
        columns = super().columns
        columns[0].label = _("Reference")
        columns[0].link_classname = "booking-reference"
        return columns
