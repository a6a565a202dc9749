"""The page for changing to another run of the same choice."""

import logging
from datetime import datetime

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
from booking.sessions.models import SessionPage
from booking.signup.bookings import Booking
from booking.signup.fee import counts_from, grace_of
from booking.signup.forms import SwitchForm
from booking.signup.refusals import NO_LONGER_YOURS
from booking.signup.reserve import MayNotActFor
from booking.signup.sentences import run_in_words, switch_sentence
from booking.signup.standing import CannotBook
from booking.signup.switch import CannotSwitch, admit_from, runs_for, switch

logger = logging.getLogger(__name__)

#: In the address: the run that the reader comes from.
TO = "til"


@cache_control(private=True, no_store=True)
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def switch_run(request, reference: str, booking_id: int):
    """Move a seat to another run; for those who don't act for its holder, the page does not exist."""
    now = timezone.now()
    person = getattr(request.user, "person", None)
    bookings = Booking.objects.for_listing().select_related("session__price_list", "session__contact")
    booking = get_object_or_404(bookings, pk=booking_id, order__reference=reference)
    if person is None or not person.may_act_for(booking.participant, today(now)):
        logger.warning("switch in order %s refused", reference)
        raise Http404
    runs = runs_for(booking)
    refusals = {run: _refusal(booking, run, now=now) for run in runs}
    possible = [run for run in runs if not refusals[run]]
    is_sent = request.method == "POST"
    form = SwitchForm(
        request.POST if is_sent else None,
        runs=runs,
        possible=possible,
        initial={"session": request.GET.get(TO, "")},
    )
    if is_sent and form.is_valid() and _switch(form, booking, person, request.user, now=now):
        run = run_in_words(form.cleaned_data["session"])
        messages.success(
            request, _("%(person)s is now signed up %(run)s.") % {"person": booking.participant.name, "run": run}
        )
        return redirect("booking:receipt", reference)
    context = {
        "booking": booking,
        "session": booking.session,
        "form": form,
        "runs": possible,
        "is_free": booking.order.quote().is_free,
        "counted_from": _counted_from(booking, possible, now=now),
        "refused": [(run, sentence) for run, sentence in refusals.items() if sentence],
    }
    return TemplateResponse(request, "booking/switch.html", context, status=422 if form.errors else 200)


def _refusal(booking: Booking, to: SessionPage, *, now: datetime) -> str:
    """Why the seat can't be moved there; empty if it can."""
    try:
        admit_from(booking, booking.session, to, now=now)
    except (CannotSwitch, CannotBook) as refusal:
        return switch_sentence(refusal, to, booking.participant)
    return ""


def _counted_from(booking: Booking, runs: list[SessionPage], *, now: datetime) -> str:
    """The day from which the days of withdrawal would still be counted; empty where that changes nothing."""
    if booking.own_quote().is_free or grace_of(booking, now=now):
        return ""
    day = counts_from(booking)
    return danish_day(day) if any(day < run.starts_on for run in runs) else ""


def _switch(form: SwitchForm, booking: Booking, person: Person, user, *, now: datetime) -> bool:
    """Whether the seat was moved; if not, the form says why."""
    to = form.cleaned_data["session"]
    try:
        switch(booking, to=to, by=user, booker=person, now=now)
    except MayNotActFor:
        form.add_error(None, NO_LONGER_YOURS)
    except (CannotSwitch, CannotBook) as refusal:
        form.add_error("session", switch_sentence(refusal, to, booking.participant))
    else:
        return True
    return False
