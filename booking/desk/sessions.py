"""What staff do to a whole session, and calling it off."""

from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.menus.pages import PageMenuItem

from booking.desk.session_money import money_in
from booking.desk.session_tab import cancel_url, numbers, revive_url, tab_url
from booking.invoicing.models import Charge, Invoice
from booking.messages.tell import let_off_by_cancelling, told_of_cancelling
from booking.registers import NamedActionView
from booking.sessions.live import cancel_session
from booking.sessions.models import SessionPage
from booking.signup.models import Booking, BookingStatus
from booking.signup.revive import hold_after_all


class SessionActionView(NamedActionView):
    """Something that is done to a session as it is on the site, and leads back to its page in the editor."""

    model = SessionPage

    def user_has_permission(self, permission):
        """Not one of the permissions on pages, which editors have, but one of its own."""
        return self.request.user.has_perm(f"booking.{permission}")

    def get_base_object_queryset(self):
        return SessionPage.objects.for_listing()

    def get_back_url(self):
        """The bookings in the editor; for whoever keeps no pages, the same in the list of bookings."""
        if self.object.permissions_for_user(self.request.user).can_edit():
            return tab_url(self.object)
        return f"{reverse('bookings:index')}?session={self.object.pk}"


def confirmed_seats(session: SessionPage) -> list[Booking]:
    """The seats that somebody has for good, by the participant's name."""
    seats = Booking.objects.for_listing().filter(session=session, status=BookingStatus.CONFIRMED)
    return list(seats.order_by("participant__name", "pk"))


class CancelSessionView(SessionActionView):
    """Says what follows of calling a session off, and does it."""

    template_name = "booking/admin/cancel_session.html"
    page_title = gettext_lazy("Cancel the session")
    header_icon = "cross"
    permission_required = "cancel_sessionpage"

    def dispatch(self, request, *args, **kwargs):
        if self.user_has_permission(self.permission_required) and not cancel_url(self.object, request.user):
            if self.object.is_cancelled:
                messages.info(request, _("The session is cancelled already."))
            elif self.object.entry:
                messages.info(request, _("The session has been held, so it can't be cancelled."))
            else:
                messages.info(request, _("The session was never published, so there is nothing to cancel."))
            return redirect(self.get_back_url())
        return super().dispatch(request, *args, **kwargs)

    def act(self):
        cancel_session(self.object, by=self.request.user, now=timezone.now())
        messages.success(self.request, _("“%(session)s” is cancelled.") % {"session": self.object.title})

    def get_context_data(self, **kwargs):
        invoices = Invoice.objects.filter(charges__in=Charge.objects.invoicing(self.object)).distinct()
        money = money_in(self.object)["total"]
        return super().get_context_data(
            when=self.object.when,
            mails=len(told_of_cancelling(self.object.pk)),
            let_off=sum(len(seats) for seats in let_off_by_cancelling(self.object.pk).values()),
            invoices=invoices.count(),
            money=money,
            kept=money.paid - money.given_back,
            **numbers(self.object),
            **kwargs,
        )


class ReviveSessionView(SessionActionView):
    """Says what follows of taking a cancellation back, and does it."""

    template_name = "booking/admin/revive_session.html"
    page_title = gettext_lazy("Hold the session after all")
    header_icon = "undo"
    permission_required = "cancel_sessionpage"

    def dispatch(self, request, *args, **kwargs):
        if self.user_has_permission(self.permission_required) and not revive_url(self.object, request.user):
            if self.object.is_cancelled:
                messages.error(
                    request,
                    _("The day has come, so those who were signed up can't sign up again. Make a new session instead."),
                )
            else:
                messages.info(request, _("The session is not cancelled."))
            return redirect(self.get_back_url())
        return super().dispatch(request, *args, **kwargs)

    def act(self):
        hold_after_all(self.object, by=self.request.user, now=timezone.now())
        messages.success(self.request, _("“%(session)s” is held after all.") % {"session": self.object.title})

    def get_context_data(self, **kwargs):
        ended = Booking.objects.active().filter(session=self.object)
        return super().get_context_data(
            when=self.object.when,
            ended=ended.count(),
            mails=len(told_of_cancelling(self.object.pk)),
            is_dated=self.object.when.is_dated,
            **kwargs,
        )


class ReviveSessionButton(PageMenuItem):
    label = gettext_lazy("Hold the session after all")
    icon_name = "undo"
    url_name = "revive_session"
    priority = 55

    def is_shown(self, user):
        return bool(revive_url(self.page, user))


class CancelSessionButton(PageMenuItem):
    label = gettext_lazy("Cancel the session")
    icon_name = "cross"
    url_name = "cancel_session"
    priority = 55

    def is_shown(self, user):
        return bool(cancel_url(self.page, user))


def session_buttons(page, user, view_name, next_url=None):
    """What the menu of actions at the top of a session's page offers besides Wagtail's own."""
    session = page.specific_deferred
    if isinstance(session, SessionPage):
        yield CancelSessionButton(page=session)
        yield ReviveSessionButton(page=session)
