"""Lists of a session that leave the house, on paper or as a spreadsheet: for the hotel, and for the participants."""

from datetime import date, time

from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from booking.dates import danish_time, today
from booking.desk.session_money import in_words, seats_by_status
from booking.desk.sessions import SessionActionView, confirmed_seats
from booking.plain_letters import danish_slug
from booking.signup.models import HOLDS_A_SEAT, Booking, BookingStatus
from booking.signup.said import municipality_of, office_of
from booking.spreadsheet import DanishSpreadsheetMixin


class SessionListView(DanishSpreadsheetMixin, SessionActionView):
    """One line a confirmed seat: a page that prints well, and the same as CSV and XLSX."""

    http_method_names = ["get", "head"]
    template_name = "booking/admin/session_list.html"
    header_icon = "list-ul"
    #: What the file is called, before the session and the day.
    file_name = ""

    def get(self, request, *args, **kwargs):
        if self.is_export:
            return self.as_spreadsheet(self.rows, request.GET["export"])
        return super().get(request, *args, **kwargs)

    @property
    def list_export(self):
        return list(self.export_headings)

    def is_listed(self, booking: Booking) -> bool:
        return True

    def row(self, booking: Booking) -> dict[str, str | date | time | None]:
        """What the list says of one seat, by column."""
        raise NotImplementedError

    @cached_property
    def seats(self) -> list[Booking]:
        return confirmed_seats(self.object)

    @property
    def undecided(self) -> dict[str, int]:
        """How many seats are kept for somebody who has not said the last yes, by status."""
        kept = set(HOLDS_A_SEAT) - {BookingStatus.CONFIRMED}
        counts = seats_by_status([self.object.pk])[self.object.pk]
        return {status: count for status, count in counts.items() if status in kept}

    @cached_property
    def rows(self) -> list[dict]:
        return [self.row(booking) for booking in self.seats if self.is_listed(booking)]

    def get_filename(self):
        return f"{self.file_name}-{danish_slug(self.object.title)}-{today(timezone.now()):%Y-%m-%d}"

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            when=self.object.when,
            headings=self.export_headings.values(),
            lines=[[_shown(value) for value in row.values()] for row in self.rows],
            left_out=len(self.seats) - len(self.rows),
            undecided=in_words(self.undecided),
            **kwargs,
        )


class HotelListView(SessionListView):
    """Whom the hotel receives. It needs no more than this, so it gets no more."""

    page_title = _("List for the hotel")
    permission_required = "see_needs_booking"
    file_name = "hotelliste"
    export_headings = {
        "name": _("Name"),
        "room": _("Room"),
        "arrives_on": _("Arrival"),
        "arrives_at": _("Time"),
        "diet": _("Diet"),
    }

    def row(self, booking):
        return {
            "name": booking.participant.name,
            "room": booking.room,
            "arrives_on": self.object.starts_on,
            "arrives_at": self.object.starts_time,
            "diet": booking.diet,
        }


class ParticipantListView(SessionListView):
    """Who takes part, for those who take part: only the names of those who said yes to it."""

    page_title = _("List of participants")
    permission_required = "view_booking"
    file_name = "deltagerliste"
    export_headings = {"name": _("Name"), "office": _("Office"), "municipality": _("Municipality")}

    def is_listed(self, booking):
        return booking.may_be_listed

    def row(self, booking):
        return {
            "name": booking.participant.name,
            "office": capfirst(office_of(booking)),
            "municipality": municipality_of(booking).name,
        }


def _shown(value) -> str:
    """A value as it stands on paper."""
    match value:
        case date():
            return f"{value:%d-%m-%Y}"
        case time():
            return danish_time(value)
    return value or ""
