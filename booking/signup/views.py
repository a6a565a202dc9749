"""Signing up: the order, what it would cost, and the list of those who wait for a date."""

import logging

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
from django.views.decorators.http import require_http_methods, require_POST

from booking.sessions.calendar_entry import CalendarEntry
from booking.sessions.models import SessionPage
from booking.signup.guests import NoHost, SeveralHosts, TooManyGuests
from booking.signup.interest import show_interest, withdraw_interest
from booking.signup.kept import forget, keep
from booking.signup.orders import Order
from booking.signup.pairs import PairGone, sign_up_pair
from booking.signup.panel import Panel, form_address
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
from booking.signup.sentences import person_sentence, short_sentence
from booking.signup.standing import CannotBook, Obstacle, seats_for_sale, time_obstacle

logger = logging.getLogger(__name__)

#: Pages made for one reader: no other may see them, and no machine on the way may keep them.
personal = cache_control(private=True, no_store=True)

PAIR_GONE = gettext_lazy("It was too late to answer, or one of the pair said no. You can sign up anew.")


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
