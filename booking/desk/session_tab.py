"""The tab "Bookings" in the editor of a session: names for course administrators, numbers for editors."""

from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import ObjectList, Panel, TabbedInterface
from wagtail.coreutils import safe_snake_case
from wagtail.permissions import policy_registry

from booking.dates import danish_moment
from booking.desk.session_money import in_words, money_in, seats_by_status, sees_money
from booking.messages.reminders import days_to_come, in_words_of
from booking.messages.reminders_wanted import wanted_by
from booking.sessions.models import SessionPage
from booking.signup.attendance import can_be_marked
from booking.signup.authority import can_take_calls
from booking.signup.models import IN_LINE, Booking, BookingStatus, Interest
from booking.signup.said import municipality_of, office_of, state_of
from booking.signup.sentences import session_sentence
from booking.signup.standing import Obstacle, seats_left, session_obstacle

HEADING = _("Bookings")

_ORDER = {
    BookingStatus.CONFIRMED: 0,
    BookingStatus.HELD: 1,
    BookingStatus.PAIRING: 2,
    BookingStatus.CANCELLED: 3,
    BookingStatus.EXPIRED: 4,
}


class BookingsPanel(Panel):
    """Who has signed up for the session, as far as the reader may know."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "booking/admin/session_bookings.html"

        def get_context_data(self, parent_context=None):
            context = super().get_context_data(parent_context)
            # The live page: a draft in hand may have other seats and other days than what people sign up for.
            session = self.instance.pk and SessionPage.objects.for_listing().get(pk=self.instance.pk)
            context["session"] = session
            if not session:
                return context
            user = self.request.user
            context |= numbers(session)
            seats = seats_by_status([session.pk])[session.pk]
            # Whoever is offered a seat has a line of their own among the statuses.
            context |= {"seats": in_words(seats), "waiting": seats.get(BookingStatus.WAITING, 0)}
            context["reminders"] = reminders_of(session)
            obstacle = session_obstacle(session, now=timezone.now())
            context["obstacle"] = obstacle and _why_closed(obstacle, session, free=context["free"])
            context["sees_names"] = policy_registry.get_by_type(Booking).user_has_permission(user, "view")
            context["cancel_url"] = cancel_url(session, user)
            context["actions"] = actions(session, user)
            if context["sees_names"] and sees_money(user):
                context["money"] = money_in(session)
            if context["sees_names"]:
                bookings = Booking.objects.for_listing().filter(session=session).order_by("participant__name", "pk")
                # Those who come, before those who may, and before those who do not.
                rows = sorted(bookings.exclude(status__in=IN_LINE), key=lambda booking: _ORDER[booking.status])
                context["rows"] = [_row(booking) for booking in rows]
                line = bookings.filter(status__in=IN_LINE).with_place().order_by("pk")
                context["line"] = [_row_in_line(booking) for booking in line]
                context["interests"] = Interest.objects.filter(session=session).select_related("person")
                context["list_url"] = f"{reverse('bookings:index')}?session={session.pk}"
            return context


def numbers(session: SessionPage) -> dict[str, int | None]:
    """How many seats are taken, offered and free, how many wait for one, and how many to hear of a date."""
    bookings = Booking.objects.filter(session=session)
    return {
        "booked": bookings.filter(status=BookingStatus.CONFIRMED).count(),
        "free": seats_left(session),
        "waiting": bookings.filter(status__in=IN_LINE).count(),
        "interested": Interest.objects.filter(session=session).count(),
    }


def reminders_of(session: SessionPage) -> str:
    """Which reminders are written, why, and when; as the site has it, whatever a draft says."""
    wanted = wanted_by([session])[session.pk]
    sentence = wanted.sentence(session)
    days = days_to_come(session.entry, wanted.kinds, after=timezone.now()) if session.entry else []
    if not days:
        return sentence
    return gettext("%(sentence)s The next are written on %(days)s.") % {"sentence": sentence, "days": in_words_of(days)}


def _why_closed(obstacle: Obstacle, session: SessionPage, *, free: int | None) -> str:
    """Why nobody can sign up; seats that are free all the same are kept for those who wait."""
    if obstacle == Obstacle.FULL and free:
        return gettext("The free seats are kept for those on the waiting list, so nobody else can sign up right now.")
    return session_sentence(obstacle, session)


def cancel_url(session: SessionPage, user) -> str:
    """Where the session is cancelled; empty when it never was public, is cancelled or over, or is not for this user."""
    entry = session.entry
    if entry is None or session.is_cancelled or not user.has_perm("booking.cancel_sessionpage"):
        return ""
    if entry.is_dated and entry.when.is_over(timezone.now()):
        return ""
    return reverse("cancel_session", args=[session.pk])


def revive_url(session: SessionPage, user) -> str:
    """Where a cancellation is taken back; empty when there is none, or it is not for this user.

    Once it would have begun, those who were signed up could not sign up again: their bookings would end for nothing.
    """
    if not session.is_cancelled or not user.has_perm("booking.cancel_sessionpage"):
        return ""
    if was_told(session) and session.when.is_dated and session.when.has_started(timezone.now()):
        return ""
    return reverse("revive_session", args=[session.pk])


def was_told(session: SessionPage) -> bool:
    """Whether anybody was signed up or in line when the session was called off, and has heard of it since."""
    return Booking.objects.active().filter(session=session).exists()


def actions(session: SessionPage, user) -> list[tuple[str, str]]:
    """What this user may do with the session, or all who are signed up at once: the words, and where it is done."""
    found = []
    if user.has_perm("booking.add_booking") and can_take_calls(session, now=timezone.now()):
        found.append((_("Sign somebody up"), reverse("session_book", args=[session.pk])))
    if user.has_perm("booking.attend_booking") and can_be_marked(session, now=timezone.now()):
        found.append((_("Attendance"), reverse("session_attendance", args=[session.pk])))
    if user.has_perm("booking.write_booking"):
        found.append((_("Write to the participants"), reverse("session_letter", args=[session.pk])))
    if user.has_perm("booking.view_booking"):
        found.append((_("List of participants"), reverse("participant_list", args=[session.pk])))
    if user.has_perm("booking.see_needs_booking") and session.needs_diet:
        found.append((_("List for the hotel"), reverse("hotel_list", args=[session.pk])))
    if revive := revive_url(session, user):
        found.append((_("Hold the session after all"), revive))
    return found


def tab_url(session: SessionPage) -> str:
    """The session in the editor, opened at its bookings."""
    return f"{reverse('wagtailadmin_pages:edit', args=[session.pk])}#tab-{safe_snake_case(str(HEADING))}"


def _row(booking: Booking) -> dict:
    state = state_of(booking)
    if booking.awaits_partner:
        state = _("%(state)s, until %(until)s") % {"state": state, "until": danish_moment(booking.offered_until)}
    return {
        "booking": booking,
        "office": capfirst(office_of(booking)),
        "municipality": municipality_of(booking),
        "state": state,
        "booked": danish_moment(booking.booked_at),
        "url": reverse("bookings:inspect", args=[booking.pk]),
    }


def _row_in_line(booking: Booking) -> dict:
    """Whoever is offered a seat has it kept for a while; whoever the session is no longer for has no number."""
    if booking.is_offered:
        how = _("is offered a seat until %(until)s") % {"until": danish_moment(booking.offered_until)}
    elif booking.passed_over_at:
        how = _("passed over: the session is no longer for them")
    elif booking.called_at:
        how = _("told of a free seat")
    else:
        how = _("waits")
    return {
        "booking": booking,
        "place": booking.place if booking.is_waiting and not booking.passed_over_at else "",
        "municipality": municipality_of(booking),
        "since": danish_moment(booking.waiting_since),
        "how": how,
        "url": reverse("bookings:inspect", args=[booking.pk]),
    }


def add_to_editor() -> None:
    """Give the session's editor its last tab. Called from the app's ``ready``.

    The tab knows bookings, which lie above sessions in the house; so it is hung up from here, before Wagtail first
    asks for the editor, instead of being named in the page's own list of tabs.
    """
    tab = ObjectList([BookingsPanel()], heading=HEADING)
    SessionPage.edit_handler = TabbedInterface([*SessionPage.edit_handler.children, tab])
