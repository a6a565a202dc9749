"""The page for giving a seat up: what that costs today, said before anything is pressed."""

import logging
from datetime import datetime, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from booking.dates import danish_day, today
from booking.people.models import Person
from booking.pricing.quote import Quote
from booking.signup.bookings import Booking
from booking.signup.cancel import FeeChanged, withdraw, withdrawal_obstacle
from booking.signup.fee import Grace, counts_from, fee_of, grace_of, holds_until
from booking.signup.forms import WithdrawForm
from booking.signup.receipt import others_hear
from booking.signup.reserve import MayNotActFor
from booking.signup.sentences import (
    both_amounts,
    grace_sentence,
    names,
    obstacle_to_withdrawal,
    release_sentence,
    switched_sentences,
    withdrawal_sentences,
)
from booking.signup.standing import CannotBook
from booking.signup.substitute import can_pass_on, may_substitute, seat_obstacle

logger = logging.getLogger(__name__)


@cache_control(private=True, no_store=True)
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def give_up(request, reference: str, booking_id: int):
    """Withdraw somebody from a session; for those who have no say over the seat, the page does not exist."""
    now = timezone.now()
    person = getattr(request.user, "person", None)
    bookings = Booking.objects.for_listing().select_related("conditions", "session__contact")
    booking = get_object_or_404(bookings, pk=booking_id, order__reference=reference)
    if person is None or not may_substitute(booking, person, now=now):
        logger.warning("withdrawal in order %s refused", reference)
        raise Http404
    if booking.awaits_payment:  # where it can be given up, too
        return redirect("booking:payment", reference)
    refusal = _refusal(booking, now=now)
    if refusal:
        messages.warning(request, refusal)
        return redirect("booking:receipt", reference)
    leaving = _leaving(booking)
    fee = fee_of(booking, now=now)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            _withdraw(request, form, booking, person, leaving=leaving, now=now)
        except FeeChanged as changed:
            fee = changed.fee
            form.add_error(None, _("What it costs has changed since you opened the page, so nothing has happened yet."))
        else:
            return redirect("booking:receipt", reference)
    context = {
        "booking": booking,
        "order": booking.order,
        "session": booking.session,
        "form": form,
        "fee": fee,
        **_said(booking, fee, now=now),
        "who": names(leaving),
        "is_pair": len(leaving) > 1,
        "may_fall_away": release_sentence(booking.session),
        "others_hear": others_hear(booking.order, leaving),
        "may_pass_on": seat_obstacle(booking.session, now=now) is None,
        "can_pass_on": can_pass_on(booking, person, now=now),
    }
    return TemplateResponse(request, "booking/withdraw.html", context, status=422 if form.errors else 200)


def _refusal(booking: Booking, *, now: datetime) -> str:
    """Why there is nothing to give up; empty if there is."""
    if not booking.is_confirmed:
        if booking.is_active:
            return _("%(person)s is on the waiting list and has no seat to give up.") % {"person": booking.participant}
        return _("%(person)s is no longer signed up.") % {"person": booking.participant}
    obstacle = withdrawal_obstacle(booking.session, now=now)
    return obstacle_to_withdrawal(obstacle) if obstacle else ""


def _leaving(booking: Booking) -> list[Booking]:
    """Whose seats are given up: the other of a pair leaves too."""
    others = booking.of_the_pair().exclude(pk=booking.pk).select_related("participant") if booking.pair else []
    return [booking, *others]


def _withdraw(
    request, form: WithdrawForm, booking: Booking, person: Person, *, leaving: list[Booking], now: datetime
) -> None:
    """Do it, and say how it went. Raises FeeChanged."""
    shown = form.cleaned_data["shown"]
    try:
        withdraw(booking, booker=person, by=request.user, shown=shown, now=now)
    except MayNotActFor as refusal:
        raise Http404 from refusal
    except CannotBook as refusal:
        messages.warning(request, obstacle_to_withdrawal(refusal.obstacle))
    else:
        messages.success(request, _("%(person)s is no longer signed up.") % {"person": names(leaving)})


def _said(booking: Booking, fee: Quote, *, now: datetime) -> dict:
    """What the page says of money: the sum, how it comes about, and until when it is that."""
    own, grace, until = booking.own_quote(), grace_of(booking, now=now), holds_until(booking, now=now)
    return {
        "amounts": "" if fee.is_free else both_amounts(fee.price),
        "until": danish_day(until) if until and not own.is_free else "",
        "grace": grace_sentence(grace) if grace and not own.is_free else "",
        "rule": [] if own.is_free or (grace and until is None) else _rule(booking, own, grace, now=now),
        "shares": own.is_free and (booking.is_in_shared_price or not booking.quote().is_free),
        "is_free": own.is_free,
        "is_paid": booking.order.pays_by_card and not own.is_free,
        "is_all": fee.net == own.net,
    }


def _rule(booking: Booking, own: Quote, grace: Grace | None, *, now: datetime) -> list[str]:
    """What the conditions say from today on, or from when the organiser's own promise has run out."""
    on = grace.until + timedelta(days=1) if grace else today(now)
    rule = withdrawal_sentences(booking.conditions, quote=own, starts_on=counts_from(booking), on=on)
    return [*rule, *switched_sentences(booking)]
