"""The list "No successor yet": seats of those who will have left their office by the day of the session."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import path, reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.viewsets.base import ViewSet
from wagtail.permissions import policy_registry

from booking.dates import danish_day
from booking.signup.models import Booking
from booking.signup.said import municipality_of
from booking.signup.successors import awaiting_successor


class AwaitingView(PermissionCheckedMixin, WagtailAdminTemplateMixin, TemplateView):
    """Each such seat, the soonest first, with whoever holds the office then and a way to put them in it."""

    model = Booking
    permission_required = "substitute"
    template_name = "booking/admin/awaiting.html"
    page_title = _("Lacks a successor")
    header_icon = "warning"

    def get_context_data(self, **kwargs):
        return super().get_context_data(rows=list(_rows(timezone.now())), **kwargs)

    def get_breadcrumbs_items(self):
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]


def _rows(now: datetime) -> Iterator[dict]:
    for booking in awaiting_successor(now):
        yield {
            "booking": booking,
            "when": booking.session.when,
            "office": capfirst(booking.office.get_kind_display()),
            "municipality": municipality_of(booking),
            "ended": danish_day(booking.office.ends_on),
            "successor": booking.successor_name,
            "url": reverse("bookings:inspect", args=[booking.pk]),
            "substitute_url": reverse("bookings:substitute", args=[booking.pk]),
        }


class ForThoseWhoSubstitute(MenuItem):
    def is_shown(self, request):
        return policy_registry.get_by_type(Booking).user_has_permission(request.user, "substitute")


class AwaitingViewSet(ViewSet):
    name = "awaiting-successor"
    icon = "warning"
    menu_label = _("Lacks a successor")
    menu_item_class = ForThoseWhoSubstitute

    def get_urlpatterns(self):
        return [path("", AwaitingView.as_view(), name="index")]
