"""The first screen after signing in: what comes next, and what needs somebody."""

from datetime import date, datetime

from django.conf import settings
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from wagtail.admin.ui.components import Component
from wagtail.permissions import policy_registry

from booking.dates import COPENHAGEN, today
from booking.journal.models import FollowUp
from booking.messages.admin import IN_STATE
from booking.messages.models import OutboxMessage
from booking.payments.differences import Difference
from booking.people.models import HELD_EVERYWHERE, Municipality, Office
from booking.sessions.models import SessionPage
from booking.signup.models import HOLDS_A_SEAT, IN_LINE, Booking, BookingStatus
from booking.signup.successors import awaiting_successor

#: How many sessions the first screen shows.
NEXT = 8


class NextSessionsPanel(Component):
    """The sessions that come next, with seats taken and free; numbers only, for both roles."""

    name = "next_sessions"
    order = 100
    template_name = "booking/admin/next_sessions.html"

    def get_context_data(self, parent_context):
        sessions = (
            SessionPage.objects.upcoming(timezone.now())
            .select_related("calendar_entry")
            .annotate(
                booked=Count("bookings", filter=Q(bookings__status=BookingStatus.CONFIRMED), distinct=True),
                held=Count("bookings", filter=Q(bookings__status__in=HOLDS_A_SEAT), distinct=True),
                waiting=Count("bookings", filter=Q(bookings__status__in=IN_LINE), distinct=True),
                interested=Count("interests", distinct=True),
            )
        )[:NEXT]
        user = parent_context["request"].user
        return {
            "sessions": [
                {"page": page, "free": _free(page), "can_edit": page.permissions_for_user(user).can_edit()}
                for page in sessions
            ]
        }


class AttentionPanel(Component):
    """Today's bookings, and what has not gone as it should; for course administrators."""

    name = "attention"
    order = 110
    template_name = "booking/admin/attention.html"

    def get_context_data(self, parent_context):
        now = timezone.now()
        midnight = datetime.combine(today(now), datetime.min.time(), COPENHAGEN)
        outbox = reverse("outbox:index")
        return {
            "booked_today": Booking.objects.filter(booked_at__gte=midnight).count(),
            "cancelled_today": Booking.objects.filter(cancelled_at__gte=midnight, called_off=False).count(),
            "bookings_url": reverse("bookings:index"),
            "delayed": OutboxMessage.objects.filter(IN_STATE["delayed"]).count(),
            "delayed_url": f"{outbox}?state=delayed",
            "failed": OutboxMessage.objects.filter(IN_STATE["failed"]).count(),
            "failed_url": f"{outbox}?state=failed",
            "awaiting": awaiting_successor(now).count(),
            "awaiting_url": reverse("awaiting-successor:index"),
            "vacant": _vacant(today(now)),
            "municipalities_url": reverse("municipalities:index"),
            "owed": FollowUp.objects.filter(done_at=None, attempts__gt=0).count(),
            "journal_url": reverse("journal:index"),
        }


class MoneyPanel(Component):
    """What differs from Stripe's books and waits for a person; for those who see to the money."""

    name = "money"
    order = 120
    template_name = "booking/admin/money_panel.html"

    def get_context_data(self, parent_context):
        return {
            "open": Difference.objects.open().count(),
            "differences_url": reverse("differences:index") + "?state=open",
            "movements_url": reverse("movements:index"),
            "report_url": reverse("session_report"),
        }


def _vacant(on: date) -> dict[str, int]:
    """In how many municipalities nobody holds an office that each of them has; of a kind in the register at all."""
    known = Office.objects.filter(kind__in=HELD_EVERYWHERE).values_list("kind", flat=True).distinct().order_by()
    return {kind: Municipality.objects.without(kind, on).count() for kind in known}


def _free(page) -> int | None:
    return None if page.capacity is None else max(0, page.capacity - page.held)


def start_panels(request, panels) -> None:
    """Ours come first."""
    panels.append(NextSessionsPanel())
    if policy_registry.get_by_type(OutboxMessage).user_has_permission(request.user, "view"):
        panels.append(AttentionPanel())
    if settings.TAKES_CARDS and policy_registry.get_by_type(Difference).user_has_permission(request.user, "view"):
        panels.append(MoneyPanel())
