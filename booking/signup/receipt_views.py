"""The receipt of an order: what was agreed, and what can be done about each seat."""

import logging
from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from booking.dates import today
from booking.people.models import Person
from booking.pricing.quote import NOTHING
from booking.signup.bookings import Booking
from booking.signup.cancel import withdrawal_obstacle
from booking.signup.fee import grace_of
from booking.signup.link import place_url
from booking.signup.listing import allow_listing
from booking.signup.orders import Order
from booking.signup.pairs import pair_url
from booking.signup.receipt import may_pay, others_hear, represented_by, visible_bookings
from booking.signup.sentences import (
    both_amounts,
    grace_sentence,
    off_site_sentence,
    owed_sentence,
    release_sentence,
    rule_sentences,
)
from booking.signup.substitute import may_substitute, seat_obstacle
from booking.signup.switch import can_be_left

logger = logging.getLogger(__name__)

LISTED = gettext_lazy("The name stands on the list of participants now.")
UNLISTED = gettext_lazy("The name no longer stands on the list of participants.")


@cache_control(private=True, no_store=True)
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


@cache_control(private=True, no_store=True)
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
