"""Requests to be deleted as course administrators see them, and the page on which they delete a person."""

from django.contrib import messages
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.ui.components import Component
from wagtail.admin.ui.tables import Column, StatusTagColumn
from wagtail.admin.views.generic import InspectView
from wagtail.admin.widgets.button import HeaderButton
from wagtail.permissions import policy_registry, register_permission_policy

from booking.dates import danish_day, danish_moment, today
from booking.mypage.forget import HasComingBookings, coming_bookings, forget_person, kept_until
from booking.mypage.models import DeletionRequest
from booking.people.models import Person
from booking.registers import LookOnlyPolicy, LookOnlyViewSet, NamedActionView, RegisterIndexView


def kept_days(person: Person) -> str:
    """Until when bookkeeping keeps the name, for a list."""
    until = kept_until(person)
    return danish_day(until) if until else ""


class DeletionRequestIndexView(RegisterIndexView):
    def get_base_queryset(self):
        return DeletionRequest.objects.select_related("person")

    @cached_property
    def columns(self):
        columns = super().columns
        columns[0].label = _("Person")
        return columns


class DeletionRequestInspectView(InspectView):
    template_name = "booking/admin/deletion_request.html"
    page_title = gettext_lazy("Request for deletion")

    @cached_property
    def header_buttons(self):
        if self.object.done_at or not may_forget(self.request.user):
            return []
        url = reverse("forget_person", args=[self.object.person_id])
        return [HeaderButton(_("Delete the person"), url=url, icon_name="bin")]

    def get_context_data(self, **kwargs):
        request = self.object
        return super().get_context_data(
            asked=danish_moment(request.asked_at),
            answer_by=danish_day(request.answer_by),
            done=request.done_at and danish_moment(request.done_at),
            **kwargs,
        )


class DeletionRequestViewSet(LookOnlyViewSet):
    model = DeletionRequest
    name = "deletion-requests"
    icon = "bin"
    menu_label = gettext_lazy("Requests for deletion")
    menu_hook = "register_people_menu_item"
    add_to_admin_menu = True
    menu_order = 900
    index_view_class = DeletionRequestIndexView
    inspect_view_class = DeletionRequestInspectView
    list_display = [
        "person",
        Column(
            "asked_at",
            label=gettext_lazy("Asked"),
            accessor=lambda request: danish_moment(request.asked_at),
            sort_key="asked_at",
        ),
        Column("answer_by", label=gettext_lazy("Answer by"), accessor=lambda request: danish_day(request.answer_by)),
        StatusTagColumn(
            "state",
            label=gettext_lazy("State"),
            accessor=lambda request: _("Deleted") if request.done_at else _("Waiting"),
            primary=lambda request: request.done_at is None,
        ),
    ]
    ordering = "-asked_at"
    search_fields = ["person__name"]


class ForgetPersonView(NamedActionView):
    """Says what is deleted and what is kept, and does it."""

    model = Person
    template_name = "booking/admin/forget_person.html"
    page_title = gettext_lazy("Delete the person")
    header_icon = "bin"
    permission_required = "forget_person"

    def user_has_permission(self, permission):
        return self.request.user.has_perm(f"booking.{permission}")

    def get_back_url(self):
        if self.object.is_guest:  # who has no page in the register
            seat = self.object.bookings.order_by("pk").last()
            return reverse("bookings:inspect", args=[seat.pk]) if seat else reverse("bookings:index")
        return reverse("persons:edit", args=[self.object.pk])

    def act(self):
        try:
            forget_person(self.object, by=self.request.user, now=timezone.now())
        except HasComingBookings as refusal:
            messages.error(self.request, _coming_sentence(refusal.count))
        else:
            messages.success(self.request, _("The person is deleted, except for what bookkeeping demands."))

    def get_context_data(self, **kwargs):
        now = timezone.now()
        coming = coming_bookings(self.object, now=now).count()
        return super().get_context_data(
            coming=coming and _coming_sentence(coming),
            kept_until=kept_days(self.object),
            holds_office=self.object.offices.held_on(today(now)).exists(),
            **kwargs,
        )


def _coming_sentence(count: int) -> str:
    return ngettext(
        "The person has %(count)d coming booking, as a participant or as the booker. "
        "Nothing can be deleted until it is held or cancelled.",
        "The person has %(count)d coming bookings, as a participant or as the booker. "
        "Nothing can be deleted until they are held or cancelled.",
        count,
    ) % {"count": count}


def may_forget(user) -> bool:
    return user.has_perm("booking.forget_person")


class RequestsPanel(Component):
    """Who waits to be deleted, and when the first must be answered; on the first screen."""

    name = "deletion_requests"
    order = 120
    template_name = "booking/admin/deletion_requests.html"

    def get_context_data(self, parent_context):
        open_ones = DeletionRequest.objects.filter(done_at=None).order_by("asked_at")
        return {
            "count": len(open_ones),
            "answer_by": danish_day(open_ones[0].answer_by),
            "url": reverse("deletion-requests:index"),
        }


def requests_panel(request, panels) -> None:
    """Shown to those who answer, while somebody waits."""
    may_look = policy_registry.get_by_type(DeletionRequest).user_has_permission(request.user, "view")
    if may_look and DeletionRequest.objects.filter(done_at=None).exists():
        panels.append(RequestsPanel())


register_permission_policy(DeletionRequest, LookOnlyPolicy(DeletionRequest))
