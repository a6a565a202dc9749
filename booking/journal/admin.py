"""The journal, to look at: who did what, when, and for whom."""

import django_filters
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import InspectView
from wagtail.permissions import register_permission_policy

from booking.dates import danish_moment
from booking.journal import kinds
from booking.journal.models import Fact
from booking.registers import DayRangeFilter, LookOnlyPolicy, LookOnlyViewSet, RegisterIndexView

#: What a fact is called when staff read it.
NAMES = {
    kinds.BOOKED: _("Signed up"),
    kinds.ORDERED: _("Several signed up"),
    kinds.CANCELLED: _("Booking cancelled"),
    kinds.FEE_WAIVED: _("Price of a withdrawal waived"),
    kinds.FEE_RELEASED: _("Price of a withdrawal fell away"),
    kinds.SUBSTITUTED: _("Another person in the seat"),
    kinds.LISTING_ALLOWED: _("Yes to the list of participants"),
    kinds.LISTING_REFUSED: _("No to the list of participants"),
    kinds.SWITCHED: _("Switched to another run"),
    kinds.ATTENDED: _("Marked as present"),
    kinds.MISSED: _("Marked as absent"),
    kinds.ATTENDANCE_UNDONE: _("Attendance unmarked"),
    kinds.HELD: _("Seat held for payment"),
    kinds.EXPIRED: _("Not paid in time"),
    kinds.QUEUED: _("Joined the waiting list"),
    kinds.OFFERED: _("Offered a seat"),
    kinds.DECLINED: _("Declined the offered seat"),
    kinds.OFFER_LAPSED: _("Did not answer the offer"),
    kinds.OFFER_WITHDRAWN: _("Offer withdrawn"),
    kinds.PAIR_ASKED: _("Asked to make a pair"),
    kinds.PAIR_DECLINED: _("Declined to make a pair"),
    kinds.PAIR_LAPSED: _("No answer from the other of the pair"),
    kinds.CALLED: _("Told of a free seat, first come"),
    kinds.PASSED_OVER: _("Passed over, no longer in the audience"),
    kinds.QUEUE_LEFT: _("Left the waiting list"),
    kinds.NO_SEAT: _("No seat came free"),
    kinds.PAID: _("Paid by card"),
    kinds.REFUNDED: _("Paid back"),
    kinds.REFUND_FAILED: _("Paying back failed"),
    kinds.CHARGED_BACK: _("Taken back by the bank"),
    kinds.DIFFERENCE_PUT_RIGHT: _("Difference put right"),
    kinds.DISPUTED: _("Payment contested"),
    kinds.INVOICE_CORRECTED: _("Invoice details corrected"),
    kinds.INVOICED: _("Invoiced"),
    kinds.CREDITED: _("Credited"),
    kinds.HANDED_OVER: _("Invoice handed over or answered"),
    kinds.DEPOSITED: _("Money came for an invoice"),
    kinds.SETTLED: _("Invoice marked as paid"),
    kinds.SETTLEMENT_REVERSED: _("Marking as paid taken back"),
    kinds.DEPOSIT_REVERSED: _("Money taken back from an invoice"),
    kinds.INTERESTED: _("Wants to hear of the date"),
    kinds.SESSION_SHOWN: _("New version in the calendars"),
    kinds.SESSION_PLACED: _("In further calendars"),
    kinds.SESSION_CANCELLED: _("Session cancelled"),
    kinds.SESSION_REVIVED: _("Cancellation of the session taken back"),
    kinds.WRITTEN_TO: _("Letter to the participants"),
    kinds.PROGRAMME_PUBLISHED: _("Programme published"),
    kinds.REMINDED: _("Participants reminded"),
    kinds.MAIL_TEXT_CHANGED: _("Words of a mail changed"),
    kinds.SEATS_CHANGED: _("Number of seats changed"),
    kinds.JOIN_LINK_CHANGED: _("Link for participants changed"),
    kinds.OFFICE_BEGAN: _("Office begun"),
    kinds.OFFICE_CHANGED: _("Office changed"),
    kinds.OFFICE_ENDED: _("Office ended"),
    kinds.PERSON_ADDED: _("Person added"),
    kinds.PERSON_CHANGED: _("Person changed"),
    kinds.ACCESS_GRANTED: _("Exception granted"),
    kinds.ACCESS_ENDED: _("Exception ended"),
    kinds.SECRETARY_NAMED: _("Secretary named"),
    kinds.SECRETARY_ENDED: _("Secretary ended"),
    kinds.CALENDAR_ADDRESS_MADE: _("Address of a calendar made"),
    kinds.CALENDAR_ADDRESS_ENDED: _("Address of a calendar revoked"),
    kinds.DELETION_ASKED: _("Asked to be deleted"),
    kinds.DELETION_WITHDRAWN: _("Request for deletion withdrawn"),
    kinds.PERSON_FORGOTTEN: _("Person deleted"),
    kinds.STAFF_ADDED: _("Staff member added"),
    kinds.STAFF_CHANGED: _("Staff member changed"),
    kinds.SECOND_FACTOR_SET_UP: _("Two-step sign-in set up"),
    kinds.SECOND_FACTOR_REMOVED: _("Two-step sign-in removed"),
    kinds.SECOND_FACTOR_RESET: _("Two-step sign-in reset"),
}


def named(kind: str) -> str:
    """A kind in words; one that is new here stands as it is."""
    return str(NAMES.get(kind, kind))


#: What stood in the way of a sign-up that staff made all the same (booking.signup.authority).
SET_ASIDE = {
    "not_open": _("Sign-up was not open yet."),
    "closed": _("Sign-up was closed."),
    "started": _("The session had begun."),
    "full": _("All seats were taken."),
    "not_for_you": _("The participant was not in the audience."),
}


#: The details that are said in words.
SAID = {"set_aside", "called_off", "left", "to"}


def circumstances(fact: Fact) -> str:
    """What was the case as it happened: what was set aside, or from where to where; empty for most facts."""
    said = [str(SET_ASIDE[one]) for one in fact.details.get("set_aside", ()) if one in SET_ASIDE]
    if fact.details.get("called_off"):
        said.append(gettext("The session had been cancelled, and is held after all."))
    if "left" in fact.details:
        said.append(gettext("From “%(left)s” to “%(to)s”.") % fact.details)
    return " ".join(said)


def subject_of(fact: Fact) -> str:
    """What it is about: the order's reference if it has one, else the thing itself."""
    return fact.details.get("order") or str(fact.about or fact.about_id)


def done_by(fact: Fact) -> str:
    return str((fact.by.get_full_name() or fact.by.get_username()) if fact.by else _("the site itself"))


class FactFilterSet(WagtailFilterSet):
    kind = django_filters.ChoiceFilter(label=_("What"), choices=list(NAMES.items()))
    at = DayRangeFilter(label=_("When"), widget=DateRangePickerWidget)

    class Meta:
        model = Fact
        fields: list[str] = []


class FactIndexView(RegisterIndexView):
    def get_base_queryset(self):
        return Fact.objects.select_related("by", "on_behalf_of").prefetch_related("about")

    @cached_property
    def columns(self):
        columns = super().columns
        columns[0].label = _("What")
        columns[0].accessor = lambda fact: named(fact.kind)
        return columns


class FactInspectView(InspectView):
    template_name = "booking/admin/fact.html"
    page_title = _("Journal")

    def get_page_subtitle(self):
        return named(self.object.kind)

    def get_context_data(self, **kwargs):
        fact = self.object
        return super().get_context_data(
            what=named(fact.kind),
            at=danish_moment(fact.at),
            subject=subject_of(fact),
            by=done_by(fact),
            circumstances=circumstances(fact),
            details=sorted((name, value) for name, value in fact.details.items() if name not in SAID),
            follow_ups=[
                {"room": owed.room, "done": owed.done_at and danish_moment(owed.done_at), "attempts": owed.attempts}
                for owed in fact.follow_ups.order_by("pk")
            ],
            **kwargs,
        )


class FactViewSet(LookOnlyViewSet):
    model = Fact
    name = "journal"
    icon = "history"
    index_view_class = FactIndexView
    inspect_view_class = FactInspectView
    list_display = [
        "kind",
        Column("about", label=_("About"), accessor=subject_of),
        Column("at", label=_("When"), accessor=lambda fact: danish_moment(fact.at), sort_key="at"),
        Column("by", label=_("By"), accessor=done_by),
        Column("on_behalf_of", label=_("For")),
    ]
    filterset_class = FactFilterSet
    search_fields = ["on_behalf_of__name", "details__order"]


register_permission_policy(Fact, LookOnlyPolicy(Fact))
