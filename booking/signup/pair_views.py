"""The page where the one who was asked to make a pair answers, and where the one who asked can take it back.

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
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from booking.dates import today
from booking.signup.bookings import Booking
from booking.signup.forms import PairForm
from booking.signup.pairs import BadKey, PairGone, confirm_pair, decline_pair, read_key
from booking.signup.sentences import person_sentence, rule_sentences, session_sentence
from booking.signup.standing import CannotBook
from booking.signup.waiting import line_obstacle

logger = logging.getLogger(__name__)

GONE = gettext_lazy("It is too late to answer, or one of the two has said no. Neither of them is signed up.")


@cache_control(private=True, no_store=True)
@require_http_methods(["GET", "HEAD", "POST"])
def pair(request, key: str):
    """How the pair stands; with a POST, the answer."""
    now = timezone.now()
    try:
        booking = read_key(key)
    except BadKey:
        logger.warning("a link to a pair was refused")
        return _response(request, "booking/pair_gone.html", {}, status=404)
    is_no = request.method == "POST" and "no" in request.POST
    is_yes = request.method == "POST" and not is_no
    form = PairForm(request.POST if is_yes else None, session=booking.session)
    if is_no:
        decline_pair(booking, by=_user(request), now=now, **_how(request))
        if booking.awaits_partner and booking.asked_at:
            messages.success(request, _("Thank you for the answer."))
        return redirect(request.path)
    if is_yes and form.is_valid():
        if _confirm(request, form, booking, now=now):
            return redirect(request.path)
        booking.refresh_from_db()
    status = 422 if form.errors else 200
    return _response(request, "booking/pair.html", _context(request, booking, form, now=now), status=status)


def _confirm(request, form: PairForm, booking: Booking, *, now: datetime) -> bool:
    """Whether both have their seat; if not, the form says why."""
    said = {name: form.cleaned_data.get(name, "") for name in ("diet", "room")}
    may_be_listed = form.cleaned_data["may_be_listed"]
    try:
        confirm_pair(booking, by=_user(request), now=now, may_be_listed=may_be_listed, **said, **_how(request))
    except PairGone:
        form.add_error(None, GONE)
    except CannotBook as refusal:
        form.add_error(None, _refusal_sentence(request, refusal, booking, now=now))
    else:
        return True
    return False


def _refusal_sentence(request, refusal: CannotBook, booking: Booking, *, now: datetime) -> str:
    if refusal.participant is None:
        return session_sentence(refusal.obstacle, booking.session)
    if refusal.participant == booking.participant and _acts_for(request, booking, now=now):
        return person_sentence(refusal, booking.session, refusal.participant)
    return _("One of the two can't take part any longer, so neither is signed up.")


def _context(request, booking: Booking, form: PairForm, *, now: datetime) -> dict:
    session = booking.session
    obstacle = line_obstacle(session, now=now)
    is_open = booking.awaits_partner and now < booking.offered_until
    may_know = _acts_for(request, booking, now=now)
    quote = booking.own_quote()
    return {
        "booking": booking,
        "order": booking.order,
        "session": session,
        "form": form,
        "names": list(booking.of_the_pair().values_list("participant__name", flat=True)) if may_know else [],
        "is_asked": booking.asked_at is not None,
        "may_answer": is_open and obstacle is None,
        "has_run_out": booking.awaits_partner and not is_open,
        "obstacle": session_sentence(obstacle, session) if obstacle else "",
        "quote": quote,
        "withdrawal": rule_sentences(booking, on=today(now)),
        "gone": GONE,
    }


def _user(request):
    return request.user if request.user.is_authenticated else None


def _how(request) -> dict[str, str]:
    """What the journal keeps of whoever answers without signing in."""
    return {} if request.user.is_authenticated else {"link": "participant"}


def _acts_for(request, booking: Booking, *, now: datetime) -> bool:
    person = getattr(request.user, "person", None)
    return person is not None and person.may_act_for(booking.participant, today(now))


def _response(request, template: str, context: dict, *, status: int) -> TemplateResponse:
    response = TemplateResponse(request, template, context, status=status)
    response.headers["X-Robots-Tag"] = "noindex"
    return response
