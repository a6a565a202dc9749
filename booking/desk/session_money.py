"""Sessions in figures: the seats by status, and for those who see it, the money: agreed, paid, given back, invoiced."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db.models import Count
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from wagtail.admin.menu import MenuItem
from wagtail.models import Page
from wagtail.permissions import policy_registry

from booking.desk.figures import PeriodView
from booking.desk.period import year_of
from booking.invoicing.balance import balances
from booking.payments.balance import Balance, with_money
from booking.payments.models import Payment
from booking.sessions.models import SessionPage
from booking.signup.models import Booking, BookingStatus


def sees_money(user) -> bool:
    return policy_registry.get_by_type(Payment).user_has_permission(user, "view")


def seats_by_status(sessions: Collection[int]) -> dict[int, dict[str, int]]:
    """How many bookings of each status the sessions have, in one query."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    counted = Booking.objects.order_by().filter(session__in=sessions).values("session", "status")
    for row in counted.annotate(count=Count("pk")):
        found[row["session"]][row["status"]] = row["count"]
    return found


def in_words(seats: dict[str, int]) -> list[tuple[str, int]]:
    """The statuses that there are, by name, in the order of a booking's life."""
    return [(capfirst(label), seats[status]) for status, label in BookingStatus.choices if seats.get(status)]


def money_by_session(sessions: Collection[int]) -> dict[int, Balance]:
    """What each session's bookings come to, in a fixed number of queries."""
    found: dict[int, Balance] = defaultdict(Balance)
    bookings = list(with_money(Booking.objects.filter(session__in=sessions)))
    of_each = balances(bookings)
    for booking in bookings:
        found[booking.session_id] += of_each[booking.pk]
    return found


def money_in(session: SessionPage) -> dict:
    """One session's bookings with their balances, and the sum."""
    bookings = list(with_money(Booking.objects.filter(session=session).select_related("participant")))
    of_each = balances(bookings)
    lines = [
        {"booking": booking, "url": reverse("bookings:inspect", args=[booking.pk]), "balance": of_each[booking.pk]}
        for booking in sorted(bookings, key=lambda booking: (booking.participant.name, booking.pk))
        if of_each[booking.pk] != Balance()
    ]
    return {"lines": lines, "total": sum(of_each.values(), Balance())}


class SessionReportView(PeriodView):
    """The sessions that begin in a period. Counts for everybody in the admin, sums for those who see the money."""

    template_name = "booking/admin/session_report.html"
    page_title = _("Sessions in figures")
    header_icon = "date"
    proposes = staticmethod(year_of)
    file_of = "afholdelser"
    counts = {
        "title": _("Session"),
        "starts_on": _("First day"),
        "ends_on": _("Last day"),
        "cancelled": _("Session cancelled"),
        "capacity": _("Capacity"),
        **{status.value: capfirst(status.label) for status in BookingStatus},
    }
    sums = {
        "agreed": _("Agreed, including VAT"),
        "paid": _("Paid by card"),
        "given_back": _("Paid back"),
        "invoiced": _("Invoiced"),
        "to_invoice": _("To be invoiced"),
    }
    export_headings = counts | sums

    @cached_property
    def sees_money(self) -> bool:
        return sees_money(self.request.user)

    @cached_property
    def list_export(self):
        return [*self.counts, *(self.sums if self.sees_money else [])]

    @property
    def exported(self):
        return self.lines(self.sessions)

    @property
    def shown(self):
        return self.sessions

    @property
    def sessions(self):
        """In the order in which they begin. A date that is not settled counts as the first day it may be."""
        period = self.form.period
        if period is None:
            return SessionPage.objects.none()
        return (
            SessionPage.objects.filter(starts_on__range=(period.first, period.last))
            .select_related("calendar_entry")
            .order_by("starts_on", "starts_time", "title", "pk")
        )

    def lines(self, sessions: Iterable[SessionPage]) -> list[dict]:
        sessions = list(sessions)
        seats = seats_by_status([session.pk for session in sessions])
        money = money_by_session([session.pk for session in sessions]) if self.sees_money else {}
        return [self._line(session, seats[session.pk], money) for session in sessions]

    def _line(self, session: SessionPage, seats: dict[str, int], money: dict[int, Balance]) -> dict:
        line = {
            "session": session,
            "seats": in_words(seats),
            "title": session.title,
            "starts_on": session.starts_on,
            "ends_on": session.ends_on,
            "cancelled": session.is_cancelled,
            "capacity": session.capacity,
            **{status.value: seats.get(status.value, 0) for status in BookingStatus},
        }
        if self.sees_money:
            balance = money[session.pk]
            line |= {"balance": balance, **{name: getattr(balance, name) for name in self.sums}}
        return line

    def get_context_data(self, **kwargs):
        lines = self.lines(self.page)
        pages = policy_registry.get_by_type(Page).instances_user_has_permission_for(self.request.user, "change")
        editable = set(pages.filter(pk__in=[session.pk for session in self.page]).values_list("pk", flat=True))
        for line in lines:
            line["can_edit"] = line["session"].pk in editable
        return super().get_context_data(
            sees_money=self.sees_money,
            lines=lines,
            total=sum((line["balance"] for line in lines), Balance()) if self.sees_money else None,
            **kwargs,
        )


def report_menu_item() -> MenuItem:
    """Its place among Wagtail's reports, where everybody in the admin finds it."""
    return MenuItem(
        SessionReportView.page_title, reverse("session_report"), name="session-report", icon_name="date", order=100
    )
