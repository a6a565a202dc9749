"""The page of one place on a waiting list: how it stands, yes or no to a seat, and the way out.

Whoever has the address from the mail can open it, signed in or not; so it names nobody, except to those who may act
for the participant. Opening it changes nothing: programs that look at mail follow all links.
"""

import logging
from datetime import datetime

from django.contrib import messages
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from booking.dates import today
from booking.signup.bookings import Booking
from booking.signup.forms import TakeSeatForm
from booking.signup.link import BadLink, Holder, read_key
from booking.signup.reserve import NoCards
from booking.signup.sentences import invoiced_sentence, person_sentence, session_sentence, withdrawal_sentences
from booking.signup.standing import CannotBook, Obstacle
from booking.signup.waiting import (
    SeatGone,
    can_be_taken,
    can_pay_by_card,
    leave_line,
    line_obstacle,
    place_in_line,
    take_seat,
)

logger = logging.getLogger(__name__)


@cache_control(private=True, no_store=True)
@require_http_methods(["GET", "HEAD", "POST"])
def place(request, key: str):
    """How the place stands; with a POST, the answer."""
    now = timezone.now()
    try:
        holder = read_key(key, now=now)
    except BadLink:
        logger.warning("a link to a place in line was refused")
        return _response(request, "booking/place_gone.html", {}, status=404)
    booking = holder.booking
    is_yes = request.method == "POST" and "leave" not in request.POST
    form = TakeSeatForm(
        request.POST if is_yes else None,
        is_free=booking.order.quote().is_free,
        knows_ean=bool(booking.order.gln),
        takes_cards=can_pay_by_card(booking, booking.session) and _is_booker(request, booking),
    )
    if request.method == "POST" and not is_yes:
        left = leave_line(booking, by=_user(request), now=now, **_how(request, holder))
        if left.is_seated:
            messages.warning(request, _("The seat was taken already, so nothing has been given up."))
        elif booking.is_active:
            messages.success(request, _("Thank you for the answer."))
        return redirect(request.path)
    if is_yes and form.is_valid():
        taken = _take(request, form, holder, now=now)
        if taken:
            if taken.awaits_payment:
                return redirect("booking:pay", taken.order.reference, preserve_request=True)
            return redirect(request.path)
        booking.refresh_from_db()
    status = 422 if form.errors else 200
    return _response(request, "booking/place.html", _context(request, booking, form, now=now), status=status)


def _take(request, form: TakeSeatForm, holder: Holder, *, now: datetime) -> Booking | None:
    """The booking with its seat; or None, and the form says why."""
    booking = holder.booking
    try:
        return take_seat(
            booking,
            by=_user(request),
            now=now,
            pays_by_card=form.pays_by_card,
            gln=form.cleaned_data.get("ean", ""),
            **_how(request, holder),
        )
    except SeatGone:
        form.add_error(None, _gone_sentence(booking, now=now))
    except CannotBook as refusal:
        form.add_error(None, _refusal_sentence(request, refusal, booking, now=now))
    except NoCards:
        form.add_error("pays_by", form.fields["pays_by"].error_messages["invalid_choice"])
    return None


def _gone_sentence(booking: Booking, *, now: datetime) -> str:
    booking.refresh_from_db()
    if booking.is_waiting:
        return _("Somebody else has taken the seat. You are still on the waiting list.")
    return _("The time to answer has run out, and the seat has been passed on.")


def _refusal_sentence(request, refusal: CannotBook, booking: Booking, *, now: datetime) -> str:
    is_about_one_person = refusal.obstacle in {Obstacle.NOT_FOR_YOU, Obstacle.OTHER_RUN, Obstacle.ALREADY_BOOKED}
    if is_about_one_person and not _acts_for(request, booking, now=now):
        return _("The participant can't be given this seat. Sign in to see why.")
    return person_sentence(refusal, booking.session, booking.participant)


def _context(request, booking: Booking, form: TakeSeatForm, *, now: datetime) -> dict:
    obstacle = line_obstacle(booking.session, now=now)
    name = booking.participant.name if _acts_for(request, booking, now=now) else ""
    return {
        "booking": booking,
        "order": booking.order,
        "session": booking.session,
        "form": form,
        "name": name,
        "who": name or _("the participant"),
        "number": place_in_line(booking) if booking.is_waiting and not booking.passed_over_at else None,
        "may_take": obstacle is None and can_be_taken(booking, now=now),
        "has_run_out": booking.is_offered and booking.offered_until <= now,
        "obstacle": session_sentence(obstacle, booking.session) if obstacle else "",
        "quote": booking.quote(),
        "invoice": _invoice(booking),
        "withdrawal": withdrawal_sentences(
            booking.conditions, quote=booking.quote(), starts_on=booking.session.starts_on, on=today(now)
        ),
        "card_needs_sign_in": can_pay_by_card(booking, booking.session) and "pays_by" not in form.fields,
    }


def _invoice(booking: Booking) -> str:
    """Where the invoice goes, told to whoever has the link: they know the number, or need not."""
    if booking.quote().is_free or not booking.order.gln:
        return ""
    end = booking.order.gln[-4:]
    return invoiced_sentence(
        booking.session,
        invoiced=booking.order.invoiced,
        where=_("the EAN number that was given, which ends in %(end)s") % {"end": end},
    )


def _user(request):
    return request.user if request.user.is_authenticated else None


def _how(request, holder: Holder) -> dict[str, str]:
    """What the journal keeps of whoever answers without signing in: whose link it was."""
    if request.user.is_authenticated:
        return {}
    return {"link": "participant" if holder.is_participant else "contact"}


def _is_booker(request, booking: Booking) -> bool:
    """A card is paid by whoever ordered, signed in: the payment is theirs."""
    return getattr(request.user, "person", None) == booking.order.booker


def _acts_for(request, booking: Booking, *, now: datetime) -> bool:
    person = getattr(request.user, "person", None)
    return person is not None and person.may_act_for(booking.participant, today(now))


def _response(request, template: str, context: dict, *, status: int) -> TemplateResponse:
    response = TemplateResponse(request, template, context, status=status)
    response.headers["X-Robots-Tag"] = "noindex"
    return response
