"""Bookings as course administrators see them: to look at, to export, to cancel, and to put another in the seat."""

import django_filters
from django import forms
from django.contrib import messages
from django.db.models import F, Q, Sum
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.ui.tables import Column, StatusTagColumn
from wagtail.admin.views.generic import InspectView
from wagtail.admin.widgets.button import HeaderButton
from wagtail.coreutils import multigetattr
from wagtail.permissions import register_permission_policy

from booking.dates import danish_day, danish_moment, today
from booking.journal.admin import circumstances, named
from booking.journal.kinds import INVOICE_CORRECTED
from booking.journal.models import Fact
from booking.money import kroner
from booking.people.models import Municipality, Person
from booking.people.person_chooser import PersonChooserViewSet
from booking.pricing.models import SessionKind
from booking.pricing.quote import NOTHING, Quote
from booking.registers import (
    DayRangeFilter,
    LookOnlyPolicy,
    LookOnlyViewSet,
    NamedActionView,
    RegisterIndexView,
    RowFilter,
)
from booking.sessions.models import SessionPage
from booking.signup.bookings import ATTENDANCE, Booking
from booking.signup.cancel import FeeChanged, cancel_booking
from booking.signup.fee import fee_of, grace_of
from booking.signup.moves import BookingStatus
from booking.signup.release import waive_fee
from booking.signup.sentences import (
    both_amounts,
    grace_sentence,
    person_sentence,
    release_sentence,
    session_sentence,
)
from booking.signup.standing import CannotBook
from booking.signup.substitute import SeatGivenUp, SeatNotPaid, seat_obstacle, substitute
from booking.signup.successors import awaiting_successor
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


def office_of(booking: Booking) -> str:
    """The office that admitted the participant; some come without one."""
    return booking.office.get_kind_display() if booking.office else ""


def municipality_of(booking: Booking) -> Municipality:
    """Where the participant comes from; the payer, for somebody without an office."""
    return booking.office.municipality if booking.office else booking.order.payer


def state_of(booking: Booking) -> str:
    """Its status, and whether the participant came once somebody has said so."""
    if booking.never_had_a_seat and not booking.is_active:
        return _("no longer on the waiting list")
    return ", ".join(words for words in (str(booking.get_status_display()), booking.attendance) if words)


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


def withdrawal_facts(booking: Booking) -> list[tuple[str, str]]:
    """What it cost that a seat was given up, and what has become of that; nothing of one that was not."""
    withdrawal = booking.withdrawal_or_none
    if withdrawal is None:
        return []
    fee, owed = withdrawal.fee(), withdrawal.owed()
    facts = [(_("What it cost that day"), _("Nothing") if fee.is_free else both_amounts(fee.price))]
    if withdrawal.waived_at:
        waived = _("%(moment)s by %(name)s") % {
            "moment": danish_moment(withdrawal.waived_at),
            "name": withdrawal.waived_by.get_full_name() or withdrawal.waived_by.get_username(),
        }
        facts += [(_("Waived"), waived), (_("Why it was waived"), withdrawal.waived_reason)]
    if withdrawal.released_at:
        taker = withdrawal.released_by
        why = _("%(person)s, from the waiting list, got the seat") % {"person": taker.participant} if taker else ""
        why = why or _("the session was cancelled")
        facts.append((_("Fell away"), f"{danish_moment(withdrawal.released_at)}: {why}"))
    if not fee.is_free:
        facts.append((_("Owed now"), _("Nothing") if owed.is_free else both_amounts(owed.price)))
    return [(label, said) for label, said in facts if said]


class BookingInspectView(InspectView):
    template_name = "booking/admin/booking.html"
    page_title = gettext_lazy("Booking")
    action_url_names: dict[str, str] = {}

    def get_object(self, queryset=None):
        return get_object_or_404(Booking.objects.for_listing().select_related("conditions__conditions"), pk=self.pk)

    @cached_property
    def header_buttons(self):
        if not self.object.is_active:
            return self._waive_buttons()
        buttons = []
        may_substitute = self.object.is_confirmed and self.user_has_permission("substitute")
        if may_substitute and not seat_obstacle(self.object.session, now=timezone.now()):
            url = reverse(self.action_url_names["substitute"], args=[self.object.pk])
            buttons.append(HeaderButton(_("Put the successor in the seat"), url=url, icon_name="user"))
        if self.object.is_confirmed and self.user_has_permission("move"):
            url = reverse("move_booking", args=[self.object.pk])
            buttons.append(HeaderButton(_("Move to another session"), url=url, icon_name="arrow-right"))
        if self.user_has_permission("cancel"):
            url = reverse(self.action_url_names["cancel"], args=[self.object.pk])
            words = _("Take off the waiting list") if self.object.is_in_line else _("Cancel the booking")
            buttons.append(HeaderButton(words, url=url, icon_name="cross"))
        return buttons

    def _registered_here(self) -> list[Booking]:
        """The bookings at the session of whoever has a guest's address in the register: they may be there twice.

        Whoever named the guest is not told; the register is staff's to know.
        """
        booking = self.object
        if not booking.is_active or not booking.participant.guest_email:
            return []
        there = Booking.objects.active().filter(session=booking.session_id, participant__host=None)
        return list(there.filter(participant__email=booking.participant.guest_email).select_related("participant"))

    def _forget_url(self) -> str:
        """Where all about a guest is deleted, who has no page of their own in the register."""
        guest = self.object.participant
        is_to_forget = guest.is_guest and guest.forgotten_at is None
        if not is_to_forget or not self.request.user.has_perm("booking.forget_person"):
            return ""
        return reverse("forget_person", args=[guest.pk])

    def _waive_buttons(self) -> list[HeaderButton]:
        withdrawal = self.object.withdrawal_or_none
        if withdrawal is None or withdrawal.owed().is_free or not self.user_has_permission("waive"):
            return []
        url = reverse(self.action_url_names["waive"], args=[self.object.pk])
        return [HeaderButton(_("Waive the price"), url=url, icon_name="tag")]

    def get_context_data(self, **kwargs):
        booking, order = self.object, self.object.order
        corrected = Fact.objects.about(order).filter(kind=INVOICE_CORRECTED)
        facts = (Fact.objects.about(booking) | corrected).select_related("by").order_by("pk")
        return super().get_context_data(
            order=order,
            amounts=_("Free") if booking.price.is_free else both_amounts(booking.price),
            booked=danish_moment(booking.booked_at),
            accepted=danish_moment(booking.accepted_at),
            cancelled=booking.cancelled_at and danish_moment(booking.cancelled_at),
            withdrawal=withdrawal_facts(booking),
            office=capfirst(str(booking.office)) if booking.office else "",
            others=order.bookings.exclude(pk=booking.pk).select_related("participant", "session"),
            history=[
                {
                    "at": danish_moment(fact.at),
                    "what": named(fact.kind),
                    "by": fact.by,
                    "why": f"{circumstances(fact)} {fact.details.get('reason', '')}".strip(),
                }
                for fact in facts
            ],
            sees_needs=self.user_has_permission("see_needs"),
            registered_here=self._registered_here(),
            forget_url=self._forget_url(),
            can_edit_page=booking.session.permissions_for_user(self.request.user).can_edit(),
            **kwargs,
        )


#: Why what a withdrawal costs is waived.
REASON_HELP = gettext_lazy(
    "It is kept for a year after the session and sent to nobody. Write nothing about anybody's health."
)


class CancelForm(forms.Form):
    """A yes to what the page said that it costs; or that it is waived, and why."""

    shown = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    waived_because = forms.CharField(
        label=gettext_lazy("Waive the price, because"),
        required=False,
        max_length=200,
        help_text=format_lazy("{} {}", gettext_lazy("Leave empty if the price is to be paid."), REASON_HELP),
    )


class CancelBookingView(NamedActionView):
    permission_required = "cancel"
    template_name = "booking/admin/cancel_booking.html"
    page_title = gettext_lazy("Cancel the booking")
    header_icon = "cross"

    def get_base_object_queryset(self):
        return Booking.objects.for_listing().select_related("conditions")

    @cached_property
    def fee(self) -> Quote:
        return fee_of(self.object, now=timezone.now())

    @cached_property
    def form(self) -> CancelForm:
        form = CancelForm(self.request.POST or None)
        if self.fee.is_free or not self.user_has_permission("waive"):
            del form.fields["waived_because"]
        return form

    def get(self, request, *args, **kwargs):
        if not self.object.is_active:
            messages.info(request, _("The booking is cancelled already."))
            return HttpResponseRedirect(self.get_back_url())
        return super().get(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        if not self.form.is_bound or self.form.is_valid():
            try:
                self.act()
            except FeeChanged as changed:
                self.fee = changed.fee
                messages.error(
                    request,
                    _("What it costs has changed since you opened the page, so nothing has happened yet."),
                )
            else:
                return HttpResponseRedirect(self.get_back_url())
        return self.render_to_response(self.get_context_data(), status=422)

    def act(self):
        before, said = self.object.is_active, self.form.cleaned_data if self.form.is_bound else {}
        cancel_booking(
            self.object,
            by=self.request.user,
            now=timezone.now(),
            shown=said.get("shown") or None,
            waived_because=said.get("waived_because", ""),
        )
        if before and self.object.is_in_line:
            said = _("%(participant)s is no longer on the waiting list.") % {"participant": self.object.participant}
            messages.success(self.request, said)
        elif before:
            messages.success(
                self.request,
                _("The booking of %(participant)s is cancelled, and the seat is free.")
                % {"participant": self.object.participant},
            )
        else:
            messages.info(self.request, _("The booking is cancelled already."))

    def get_context_data(self, **kwargs):
        grace = grace_of(self.object, now=timezone.now())
        return super().get_context_data(
            form=self.form,
            fee=self.fee,
            amounts="" if self.fee.is_free else both_amounts(self.fee.price),
            grace=grace_sentence(grace) if grace else "",
            may_fall_away=release_sentence(self.object.session),
            when=self.object.session.when,
            **kwargs,
        )


class WaiveForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=200,
        help_text=REASON_HELP,
        error_messages={"required": gettext_lazy("Write why the price is waived.")},
    )


class WaiveFeeView(NamedActionView):
    """What is owed for a seat that was given up is waived, with a reason."""

    permission_required = "waive"
    template_name = "booking/admin/waive_fee.html"
    page_title = gettext_lazy("Waive the price")
    header_icon = "tag"

    def get_base_object_queryset(self):
        return Booking.objects.for_listing()

    @cached_property
    def form(self) -> WaiveForm:
        return WaiveForm(self.request.POST or None)

    @property
    def owed(self) -> Quote:
        withdrawal = self.object.withdrawal_or_none
        return withdrawal.owed() if withdrawal else NOTHING

    def get(self, request, *args, **kwargs):
        if self.owed.is_free:
            messages.info(request, _("There is nothing to waive."))
            return HttpResponseRedirect(self.get_back_url())
        return super().get(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        if not self.form.is_valid():
            return self.render_to_response(self.get_context_data(), status=422)
        self.act()
        return HttpResponseRedirect(self.get_back_url())

    def act(self):
        reason = self.form.cleaned_data["reason"]
        if waive_fee(self.object, by=self.request.user, reason=reason, now=timezone.now()):
            messages.success(self.request, _("The price is waived, and nothing is to be paid for the withdrawal."))
        else:
            messages.info(self.request, _("There is nothing to waive."))

    def get_context_data(self, **kwargs):
        return super().get_context_data(form=self.form, amounts=both_amounts(self.owed.price), **kwargs)


#: Of a seat that is held: it is nobody's yet.
NOT_PAID = gettext_lazy("The seat is not paid for yet, so nobody else can have it. It can be cancelled.")


class SubstituteForm(forms.Form):
    participant = forms.ModelChoiceField(
        label=gettext_lazy("New participant"),
        queryset=Person.objects.registered().filter(forgotten_at=None),
        widget=PersonChooserViewSet().widget_class,
        error_messages={
            "required": gettext_lazy("Choose who is to have the seat."),
            "invalid_choice": gettext_lazy("This person is not in the register."),
        },
    )


class SubstituteView(NamedActionView):
    """Another person in the seat: the successor in the register is suggested; whoever it is for may be chosen."""

    permission_required = "substitute"
    template_name = "booking/admin/substitute.html"
    page_title = gettext_lazy("Put the successor in the seat")
    header_icon = "user"

    def get_base_object_queryset(self):
        return Booking.objects.for_listing().select_related("session__audience")

    @cached_property
    def waiting(self) -> Booking | None:
        """The booking among those that await a successor, with the successor's name; None if it does not."""
        return awaiting_successor(timezone.now()).filter(pk=self.object.pk).first()

    @cached_property
    def form(self) -> SubstituteForm:
        successor = self.waiting.successor_id if self.waiting else None
        return SubstituteForm(self.request.POST or None, initial={"participant": successor})

    @property
    def refusal(self) -> str:
        """Why nobody can be put in the seat; empty if somebody can."""
        if self.object.awaits_payment:
            return NOT_PAID
        if not self.object.is_confirmed:
            return _("The booking is cancelled, so there is no seat to take over.")
        obstacle = seat_obstacle(self.object.session, now=timezone.now())
        return session_sentence(obstacle, self.object.session) if obstacle else ""

    def get(self, request, *args, **kwargs):
        if self.refusal:
            messages.info(request, self.refusal)
            return HttpResponseRedirect(self.get_back_url())
        return super().get(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        if self.form.is_valid() and self._substitute(self.form.cleaned_data["participant"]):
            return HttpResponseRedirect(self.get_back_url())
        return self.render_to_response(self.get_context_data(), status=422)

    def _substitute(self, participant: Person) -> bool:
        left = self.object.participant
        try:
            substitute(self.object, participant=participant, by=self.request.user, now=timezone.now())
        except SeatNotPaid:
            self.form.add_error(None, NOT_PAID)
        except SeatGivenUp:
            self.form.add_error(None, _("The booking is cancelled, so there is no seat to take over."))
        except CannotBook as refusal:
            self.form.add_error("participant", person_sentence(refusal, self.object.session, participant))
        else:
            messages.success(
                self.request,
                _("%(participant)s has the seat now, in place of %(left)s.")
                % {"participant": participant, "left": left},
            )
            return True
        return False

    def get_context_data(self, **kwargs):
        booking = self.object
        return super().get_context_data(
            form=self.form,
            media=self.form.media,
            when=booking.session.when,
            admitted_as=booking.office,
            office_ends=booking.office and booking.office.ends_on and danish_day(booking.office.ends_on),
            successor=self.waiting and self.waiting.successor_name,
            awaits=self.waiting is not None,
            contact_leaves=booking.order.contact_email.lower() == booking.participant.mailbox,
            **kwargs,
        )


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
