"""One booking as course administrators see it: what was agreed, what has happened, and what can be done."""

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.views.generic import InspectView
from wagtail.admin.widgets.button import HeaderButton

from booking.dates import danish_moment
from booking.journal.admin import circumstances, named
from booking.journal.kinds import INVOICE_CORRECTED
from booking.journal.models import Fact
from booking.signup.bookings import Booking
from booking.signup.sentences import (
    both_amounts,
)
from booking.signup.substitute import seat_obstacle


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
                    "moment": fact.at,
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
