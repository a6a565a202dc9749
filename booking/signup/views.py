"""Signing up: the order, its receipt, and the list of those who wait for a date."""

import logging
from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking.dates import today
from booking.people.models import Person
from booking.pricing.quote import NOTHING
from booking.sessions.calendar_entry import CalendarEntry
from booking.sessions.models import SessionPage
from booking.signup.bookings import Booking
from booking.signup.cancel import withdrawal_obstacle
from booking.signup.fee import grace_of
from booking.signup.forms import SubstituteForm
from booking.signup.guests import NoHost, SeveralHosts, TooManyGuests
from booking.signup.interest import show_interest, withdraw_interest
from booking.signup.kept import forget, keep
from booking.signup.link import place_url
from booking.signup.listing import allow_listing
from booking.signup.orders import Order
from booking.signup.pairs import PairGone, pair_url, sign_up_pair
from booking.signup.panel import Panel, form_address
from booking.signup.receipt import may_pay, others_hear, represented_by, visible_bookings
from booking.signup.refusals import (
    CANNOT_ASK,
    CONDITIONS_CHANGED,
    NO_CARD_FOR_AMOUNT,
    NO_CARD_FOR_PAIR,
    NO_CARD_FOR_WAITING,
    NO_CARDS,
    NO_LONGER_YOURS,
    NOT_YOURS_TO_NAME,
    PRICE_CHANGED,
    SEATS_TAKEN,
    SEVERAL_HOSTS,
    SEVERAL_PAYERS,
    TOO_MANY_GUESTS,
)
from booking.signup.reserve import (
    CannotAsk,
    ConditionsChanged,
    MayNotActFor,
    NoCards,
    NoCardsForAmount,
    PriceChanged,
    SeveralPayers,
    TooFewSeats,
    order_of,
    place_order,
)
from booking.signup.sentences import (
    both_amounts,
    grace_sentence,
    off_site_sentence,
    owed_sentence,
    person_sentence,
    release_sentence,
    rule_sentences,
    session_sentence,
    short_sentence,
)
from booking.signup.standing import CannotBook, Obstacle, admit, seats_for_sale, time_obstacle
from booking.signup.substitute import (
    DearerSeat,
    SeatGivenUp,
    SeatNotPaid,
    candidates,
    may_name,
    may_substitute,
    seat_obstacle,
    substitute,
)
from booking.signup.switch import can_be_left

logger = logging.getLogger(__name__)

#: Pages made for one reader: no other may see them, and no machine on the way may keep them.
personal = cache_control(private=True, no_store=True)

LISTED = gettext_lazy("The name stands on the list of participants now.")
UNLISTED = gettext_lazy("The name no longer stands on the list of participants.")
GIVEN_UP = gettext_lazy("The sign-up was cancelled, so there is no seat to pass on.")
PAIR_GONE = gettext_lazy("It was too late to answer, or one of the pair said no. You can sign up anew.")
DEARER = gettext_lazy(
    "The session costs more for this person than for whoever has the seat. Withdraw the one, and sign the other up."
)
NOT_PAID = gettext_lazy("The seat is not paid for yet. Pay first, then you can let somebody else have it.")


class SessionGone(Exception):
    """The session was on the site and no longer is."""

    def __init__(self, entry: CalendarEntry):
        super().__init__(entry.pk)
        self.entry = entry


@personal
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request, session_id: int):
    """Place the order, or show the session page again with what is wrong and all that was written."""
    try:
        session = _public_session(session_id)
    except SessionGone as gone:
        return TemplateResponse(request, "booking/session_gone.html", {"entry": gone.entry}, status=410)
    if request.method != "POST":
        return redirect(form_address(session, request))

    panel = Panel(session, user=request.user, now=timezone.now(), sent=request.POST)
    if panel.person is None:
        keep(request, session)
        return _session_page(request, panel, status=403)
    placed = _place(panel)
    if placed:
        forget(request)
        if placed.pays_by_card:
            return redirect("booking:pay", placed.reference, preserve_request=True)  # a page is opened by a POST alone
        return redirect("booking:receipt", placed.reference)
    return _session_page(request, panel, status=422)


@personal
@login_required
@require_POST
def quote(request, session_id: int):
    """What the form asks for so far, with its sum and its button, to take the place of what the page shows."""
    try:
        session = _public_session(session_id)
    except SessionGone as gone:
        raise Http404 from gone
    panel = Panel(session, user=request.user, now=timezone.now(), sent=request.POST)
    if panel.person is None or panel.is_blocked:
        raise Http404
    context = {"panel": panel, "form": panel.form, "page": session}
    return TemplateResponse(request, "booking/components/order_summary.html", context)


def _place(panel: Panel) -> Order | None:
    """The order that the panel's form asks for; or None, and the form says why."""
    form, session, booker = panel.form, panel.session, panel.person
    is_valid = form.is_valid()
    if panel.is_blocked:
        form.add_error(None, panel.sentence)
    elif panel.chosen_in_vain:
        for candidate in panel.chosen_in_vain:
            form.refuse(candidate.person, candidate.refusal)
    elif panel.is_short and not panel.rest_waits:
        form.add_error("if_short", short_sentence(panel.seats_left))
    elif is_valid:
        try:
            order = {"waits": form.waits, "rest_waits": form.rest_waits, "guests": form.named}
            if session.takes_pairs:
                order = {"asks": form.asks}
            return (sign_up_pair if session.takes_pairs else place_order)(
                session,
                seats=form.asked_seats(),
                purchase=form.purchase(),
                booker=booker,
                shown=form.cleaned_data["shown"],
                shown_conditions=panel.conditions.pk,
                submission=form.cleaned_data["submission"],
                pays_by_card=form.pays_by_card,
                now=panel.now,
                **order,
            )
        except TooFewSeats as refusal:
            form.add_error("if_short" if "if_short" in form.fields else None, short_sentence(refusal.left))
        except CannotBook as refusal:
            if refusal.participant:
                form.refuse(refusal.participant, person_sentence(refusal, session, refusal.participant))
            else:
                panel.hit(refusal.obstacle)
                form.accept_anew(SEATS_TAKEN if panel.queues else panel.sentence)
        except MayNotActFor:
            form.add_error("participant", NO_LONGER_YOURS)
        except SeveralPayers:
            form.add_error("participant", SEVERAL_PAYERS)
        except NoHost:
            form.add_error("guests", NOT_YOURS_TO_NAME)
        except SeveralHosts:
            form.add_error("guests", SEVERAL_HOSTS)
        except TooManyGuests:
            form.add_error("guests", TOO_MANY_GUESTS)
        except PriceChanged as refusal:
            panel.cost, panel.seats_left = refusal.cost, seats_for_sale(session)
            form.accept_anew(PRICE_CHANGED)
        except ConditionsChanged:
            panel.conditions = session.conditions.current()
            form.accept_anew(CONDITIONS_CHANGED)
        except NoCardsForAmount:
            form.add_error("pays_by", NO_CARD_FOR_AMOUNT)
        except NoCards:
            why = NO_CARD_FOR_PAIR if form.asks else NO_CARDS
            form.add_error("pays_by", NO_CARD_FOR_WAITING if panel.waiting else why)
        except CannotAsk:
            form.add_error("partner", CANNOT_ASK)
        except PairGone:
            form.add_error(None, PAIR_GONE)
        except IntegrityError:
            # Another order carries this form's number. It is answered below, or the form goes out with a new one.
            logger.warning("a sign-up for session %s met another with its number", session.pk)
            form.draw_anew()
    # A form that is sent twice made its order the first time, whatever stands in its way now.
    return order_of(form.cleaned_data["submission"], session=session, booker=booker)


@personal
@login_required
@require_safe
def receipt(request, reference: str):
    """What was agreed, for those it concerns; for everybody else the page does not exist."""
    now = timezone.now()
    order = get_object_or_404(Order.objects.select_related("booker"), reference=reference)
    bookings = visible_bookings(order, request.user, on=today(now))
    if not bookings:
        logger.warning("receipt %s refused", order.reference)
        raise Http404
    person = getattr(request.user, "person", None)
    represented = represented_by(person, on=today(now))
    lines = [_receipt_line(booking, person, represented=represented, now=now) for booking in bookings]
    arranges = request.user.has_perm("booking.see_needs_booking")
    for line in lines:
        line["shows_needs"] = arranges or line["booking"].participant_id in represented
        line["may_list"] = line["booking"].participant_id in represented and line["booking"].is_active
    awaits = any(
        line["booking"].is_confirmed and not line["is_over"] and not line["booking"].session.is_cancelled
        for line in lines
    )
    context = {
        "order": order,
        "lines": lines,
        "person": person,
        "awaits": awaits,
        "off_site": next((line["off_site"] for line in lines if line["off_site"]), ""),
        "may_pay": settings.TAKES_CARDS and may_pay(order, person, on=today(now)),
        "waits": any(line["place_url"] or line["booking"].is_waiting for line in lines),
        "only_waits": all(line["booking"].never_had_a_seat for line in lines),
        "several": len(lines) > 1 and len({booking.session_id for booking in bookings}) == 1,
        "total": sum((booking.quote() for booking in bookings if _is_agreed(booking)), NOTHING),
        "given_up": _given_up(bookings),
        "seated": sum(booking.is_confirmed for booking in bookings),
        "is_free": all(booking.quote().is_free for booking in bookings),
        "others_hear": others_hear(order, bookings),
    }
    return TemplateResponse(request, "booking/receipt.html", context)


@personal
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def listing(request, reference: str, booking_id: int):
    """Say whether the participant may stand on the list of participants; for those who represent them alone."""
    if request.method != "POST":  # back from signing in
        return redirect("booking:receipt", reference)
    now = timezone.now()
    booking = get_object_or_404(Booking, pk=booking_id, order__reference=reference)
    if booking.participant_id not in represented_by(getattr(request.user, "person", None), on=today(now)):
        logger.warning("listing in order %s refused", reference)
        raise Http404
    may_be_listed = "yes" in request.POST
    if allow_listing(booking, may_be_listed=may_be_listed, by=request.user, now=now):
        messages.success(request, LISTED if may_be_listed else UNLISTED)
    return redirect("booking:receipt", reference)


def _is_agreed(booking: Booking) -> bool:
    """Whether what was agreed for the seat counts as things stand: it is held, and not only offered."""
    return booking.holds_a_seat and not booking.never_had_a_seat


def _given_up(bookings: list[Booking]) -> str:
    """What those who have withdrawn cost all together, beside the price of those who have a seat."""
    withdrawals = [booking.withdrawal_or_none for booking in bookings]
    owed = sum((withdrawal.owed() for withdrawal in withdrawals if withdrawal), NOTHING)
    if owed.is_free or bookings[0].session.is_cancelled:
        return ""
    return _("For those who have withdrawn, this is to be paid: %(amounts)s.") % {"amounts": both_amounts(owed.price)}


def _receipt_line(booking: Booking, person: Person | None, *, represented: set[int], now: datetime) -> dict:
    session = booking.session
    is_over = session.when.is_over(now)
    return {
        "booking": booking,
        "off_site": off_site_sentence(session) if booking.is_active and not is_over else "",
        "withdrawal": _withdrawal_rule(booking, now=now),
        "join_link": session.join_link if booking.is_confirmed and booking.participant_id in represented else "",
        "is_over": is_over,
        "place_url": place_url(booking) if booking.participant_id in represented else "",
        "pair_url": pair_url(booking) if booking.participant_id in represented else "",
        "may_switch": booking.participant_id in represented and can_be_left(booking, now=now),
        **_may_give_up(booking, person, represented=represented, now=now),
        "owed": _owed(booking, now=now),
    }


def _may_give_up(booking: Booking, person: Person | None, *, represented: set[int], now: datetime) -> dict[str, bool]:
    """Whether the reader can pass the seat on, and withdraw it."""
    is_theirs = booking.participant_id in represented
    has_a_say = booking.is_confirmed and (
        is_theirs or (person is not None and may_substitute(booking, person, now=now))
    )
    return {
        "may_pass_on": has_a_say and seat_obstacle(booking.session, now=now) is None,
        "may_withdraw": has_a_say and withdrawal_obstacle(booking.session, now=now) is None,
    }


def _withdrawal_rule(booking: Booking, *, now: datetime) -> list[str]:
    """What withdrawing costs, while there is something to withdraw: for now nothing, perhaps, if the session moved."""
    if not booking.is_active or booking.session.is_cancelled:
        return []
    rule = rule_sentences(booking, on=today(booking.booked_at))
    if booking.awaits_partner:
        return [_("The sign-up is binding when both have said yes. From then on this holds:"), *rule]
    grace = grace_of(booking, now=now)
    return [*([grace_sentence(grace)] if grace else []), *rule]


def _owed(booking: Booking, *, now: datetime) -> str:
    """What a seat that was given up costs by now, and whether that may change yet."""
    withdrawal = booking.withdrawal_or_none
    if withdrawal is None:
        return ""
    may_change = not withdrawal.owed().is_free and withdrawal_obstacle(booking.session, now=now) is None
    return " ".join(filter(None, [owed_sentence(withdrawal), release_sentence(booking.session) if may_change else ""]))


@personal
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pass_on(request, reference: str, booking_id: int):
    """Put another in a seat; for those who have no say over it, the page does not exist."""
    now = timezone.now()
    person = getattr(request.user, "person", None)
    bookings = Booking.objects.for_listing().select_related("session__audience", "session__contact")
    booking = get_object_or_404(bookings, pk=booking_id, order__reference=reference)
    if person is None or not may_substitute(booking, person, now=now):
        logger.warning("seat in order %s refused", reference)
        raise Http404
    obstacle = seat_obstacle(booking.session, now=now)
    if obstacle or not booking.is_confirmed:
        messages.warning(request, session_sentence(obstacle, booking.session) if obstacle else _no_seat(booking))
        return redirect("booking:receipt", reference)
    people = candidates(booking, person, now=now)
    names = may_name(booking, person, now=now)
    sent = request.POST if request.method == "POST" else None
    form = SubstituteForm(sent, people=people, session=booking.session, may_name=names)
    if request.method == "POST" and form.is_valid() and _pass_on(form, booking, person, request.user, now=now):
        messages.success(request, _("%(name)s has the seat now.") % {"name": form.cleaned_data["participant"].name})
        return redirect("booking:my_page")
    context = {
        "booking": booking,
        "session": booking.session,
        "form": form,
        "is_free": booking.order.quote().is_free,
        "has_choice": people or names,
        "refused": _refusals(booking, person, people, now=now),
    }
    status = 422 if form.errors else 200
    return TemplateResponse(request, "booking/pass_on.html", context, status=status)


def _no_seat(booking: Booking) -> str:
    """Why there is no seat to pass on."""
    if booking.awaits_payment:
        return NOT_PAID
    if booking.is_active:
        return _("%(person)s is on the waiting list and has no seat to pass on.") % {"person": booking.participant}
    return GIVEN_UP


def _pass_on(form: SubstituteForm, booking: Booking, person: Person, user, *, now: datetime) -> bool:
    """Whether the seat was given; if not, the form says why."""
    participant = form.cleaned_data["participant"]
    try:
        substitute(booking, by=user, booker=person, now=now, **form.cleaned_data)
    except MayNotActFor:
        form.add_error("participant", NO_LONGER_YOURS)
    except DearerSeat:
        form.add_error("participant", DEARER)
    except SeatNotPaid:
        form.add_error(None, NOT_PAID)
    except SeatGivenUp:
        form.add_error(None, GIVEN_UP)
    except TooManyGuests:
        form.add_error("participant", TOO_MANY_GUESTS)
    except CannotBook as refusal:
        form.add_error("participant", person_sentence(refusal, booking.session, participant))
    else:
        return True
    return False


def _refusals(booking: Booking, person: Person, people: list[Person], *, now: datetime) -> list[str]:
    """Why the others for whom the reader acts can't have the seat."""
    sentences = []
    for other in person.principals(today(now)).exclude(pk__in=[one.pk for one in (*people, booking.participant)]):
        try:
            admit(booking.session, other)
        except CannotBook as refusal:
            sentences.append(person_sentence(refusal, booking.session, other))
    return sentences


@personal
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def interest(request, session_id: int):
    """Go on or off the list of those who hear when the session gets its date."""
    session = get_object_or_404(SessionPage.objects.live().public(), pk=session_id)
    if request.method != "POST":  # back from signing in
        return redirect(form_address(session, request))
    person = getattr(request.user, "person", None)
    if person is None:
        messages.error(request, _("You are not in the register, so we can't put you on the list."))
    elif "withdraw" in request.POST:
        withdraw_interest(session, person)
        messages.success(request, _("You are no longer on the list."))
    elif time_obstacle(session, now=timezone.now()) != Obstacle.NO_DATE:
        messages.warning(request, _("The session has its date already, or is no longer to be held."))
    elif not Panel(session, user=request.user, now=timezone.now()).may_wait:
        messages.error(request, _("The session is not for you or for anybody you act for, so you are not on the list."))
    else:
        show_interest(session, person, now=timezone.now())
        messages.success(request, _("You are on the list. We write to you when there is a date."))
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return redirect(back if is_ours else form_address(session, request))


def _session_page(request, panel: Panel, *, status: int) -> TemplateResponse:
    """The whole session page at the form's own address, with everything that was written."""
    session = panel.session
    context = session.get_context(request) | {"panel": panel, "form": panel.form}
    return TemplateResponse(request, session.get_template(request), context, status=status)


def _public_session(session_id: int) -> SessionPage:
    """The session that everybody can read. Raises SessionGone if it only was, and Http404 if it never was."""
    sessions = SessionPage.objects.select_related("audience", "price_list", "conditions", "calendar_entry", "venue")
    session = sessions.live().public().filter(pk=session_id).first()
    if session:
        return session
    entry = CalendarEntry.objects.filter(session=session_id).first()
    if entry:
        raise SessionGone(entry)
    raise Http404
