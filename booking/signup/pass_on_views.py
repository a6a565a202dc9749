"""Letting somebody else have a seat, from the receipt."""

import logging
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from booking.dates import today
from booking.people.models import Person
from booking.signup.bookings import Booking
from booking.signup.forms import SubstituteForm
from booking.signup.guests import TooManyGuests
from booking.signup.refusals import NO_LONGER_YOURS, TOO_MANY_GUESTS
from booking.signup.reserve import MayNotActFor
from booking.signup.sentences import person_sentence, session_sentence
from booking.signup.standing import CannotBook, admit
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

logger = logging.getLogger(__name__)

GIVEN_UP = gettext_lazy("The sign-up was cancelled, so there is no seat to pass on.")
DEARER = gettext_lazy(
    "The session costs more for this person than for whoever has the seat. Withdraw the one, and sign the other up."
)
NOT_PAID = gettext_lazy("The seat is not paid for yet. Pay first, then you can let somebody else have it.")


@cache_control(private=True, no_store=True)
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
