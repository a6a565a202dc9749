"""The outbox, to look at: what was written to whom, and whether it left the house."""

import django_filters
from django.contrib import messages
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.ui.tables import Column, StatusTagColumn
from wagtail.admin.views.generic import InspectView
from wagtail.admin.widgets.button import HeaderButton
from wagtail.permissions import register_permission_policy

from booking.dates import danish_moment
from booking.messages.again import try_again
from booking.messages.models import OutboxMessage
from booking.registers import (
    DayRangeFilter,
    LookOnlyPolicy,
    LookOnlyViewSet,
    NamedActionView,
    RegisterIndexView,
)

STATES = {"sent": _("Sent"), "waiting": _("Waiting"), "delayed": _("Is tried again"), "failed": _("Given up")}
IN_STATE = {
    "sent": Q(sent_at__isnull=False),
    "waiting": Q(sent_at=None, failed_at=None, error=""),
    "delayed": Q(sent_at=None, failed_at=None) & ~Q(error=""),
    "failed": Q(failed_at__isnull=False),
}


def state_of(message: OutboxMessage) -> str:
    """Sent, waiting for its turn, delayed by a mail server that did not take it, or given up."""
    if message.sent_at:
        return "sent"
    if message.failed_at:
        return "failed"
    return "delayed" if message.error else "waiting"


class OutboxFilterSet(WagtailFilterSet):
    state = django_filters.ChoiceFilter(label=_("State"), choices=list(STATES.items()), method="in_state")
    created_at = DayRangeFilter(label=_("Written"), widget=DateRangePickerWidget)

    def in_state(self, outbox, _name, state):
        return outbox.filter(IN_STATE[state])

    class Meta:
        model = OutboxMessage
        fields: list[str] = []


class OutboxIndexView(RegisterIndexView):
    def get_base_queryset(self):
        return OutboxMessage.objects.defer("text", "html", "calendar", "left_calendar")


class OutboxInspectView(InspectView):
    template_name = "booking/admin/message.html"
    page_title = _("Message")
    action_url_names: dict[str, str] = {}

    @cached_property
    def header_buttons(self):
        if self.object.sent_at:
            return []
        url = reverse(self.action_url_names["again"], args=[self.object.pk])
        return [HeaderButton(_("Try again"), url=url, icon_name="rotate")]

    def get_page_subtitle(self):
        return self.object.subject

    def get_context_data(self, **kwargs):
        message = self.object
        return super().get_context_data(
            state=STATES[state_of(message)],
            created=danish_moment(message.created_at),
            sent=message.sent_at and danish_moment(message.sent_at),
            next_attempt=danish_moment(message.not_before) if state_of(message) in {"waiting", "delayed"} else None,
            **kwargs,
        )


class TryAgainView(NamedActionView):
    permission_required = "view"
    template_name = "booking/admin/try_again.html"
    page_title = _("Try again")
    header_icon = "rotate"

    def act(self):
        if try_again(self.object, now=timezone.now()):
            messages.success(self.request, _("The message is on its way again."))
        else:
            messages.info(self.request, _("The message has been sent already."))


class OutboxViewSet(LookOnlyViewSet):
    model = OutboxMessage
    name = "outbox"
    icon = "mail"
    index_view_class = OutboxIndexView
    inspect_view_class = OutboxInspectView
    actions = {"again": TryAgainView}
    list_display = [
        "subject",
        "recipient",
        Column(
            "created_at",
            label=_("Written"),
            accessor=lambda message: danish_moment(message.created_at),
            sort_key="created_at",
        ),
        Column(
            "sent_at",
            label=_("Sent"),
            accessor=lambda message: message.sent_at and danish_moment(message.sent_at),
            sort_key="sent_at",
        ),
        StatusTagColumn(
            "state",
            label=_("State"),
            accessor=lambda message: STATES[state_of(message)],
            primary=lambda message: state_of(message) == "sent",
        ),
        "error",
    ]
    filterset_class = OutboxFilterSet
    search_fields = ["recipient", "subject"]


register_permission_policy(OutboxMessage, LookOnlyPolicy(OutboxMessage))
