""" "Min side": what one is signed up for, who acts for whom, and what the register says."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parseaddr
from functools import wraps

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking.dates import today
from booking.invoicing.own import documents_for
from booking.mypage.everything import as_zip
from booking.mypage.forget import ask_to_be_forgotten, coming_bookings, kept_until, withdraw_request
from booking.mypage.forms import PhoneForm, SecretaryForm
from booking.people.details import change_phone
from booking.people.models import Person, Secretary
from booking.people.secretaries import HoldsNoOffice, OwnSecretary, TooMany, end_secretary, name_secretary
from booking.signup.cancel import withdrawal_obstacle
from booking.signup.hands import kept_from
from booking.signup.link import place_url
from booking.signup.models import Booking, Interest
from booking.signup.pairs import pair_url
from booking.signup.receipt import represented_by
from booking.signup.sentences import off_site_sentence
from booking.signup.switch import can_be_left

logger = logging.getLogger(__name__)

show_or_send = require_http_methods(["GET", "HEAD", "POST"])


def own(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page for whoever is signed in, as ``view(request, person)``: kept by no machine on the way, listed nowhere."""

    @cache_control(private=True, no_store=True)
    @login_required
    @wraps(view)
    def shown(request, *args, **kwargs):
        person = getattr(request.user, "person", None)
        if person is None:
            status = 200 if request.method in {"GET", "HEAD"} else 403
            response = TemplateResponse(request, "booking/my_page_stranger.html", status=status)
        else:
            response = view(request, person, *args, **kwargs)
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    return shown


# What one is signed up for


#: Invoices on one page.
INVOICES = 30

#: So many of one order at one session have a row each.
FEW = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One booking as its row says it."""

    booking: Booking
    is_mine: bool
    is_booked_by_me: bool
    is_over: bool
    #: What to do about a session that was taken off the site, while somebody is to come or waits for a seat.
    off_site: str
    join_link: str
    #: Where an offered seat is answered, or the waiting list left.
    place_url: str
    #: Where the pair is answered, or taken back.
    pair_url: str
    may_switch: bool
    may_withdraw: bool
    #: The others of the order who have a seat there too, and who stand in this row.
    others: tuple[str, ...] = ()

    @property
    def is_coming(self) -> bool:
        """Whether somebody is to come; a seat that was given up is not, nor a place in line."""
        return self.booking.is_active and not self.booking.is_in_line and not self.is_over

    @property
    def is_waiting(self) -> bool:
        """Whether somebody waits for a seat, or is offered one."""
        return self.booking.is_in_line and not self.is_over


@require_safe
@own
def my_page(request, person: Person):
    """The same few queries, however many bookings there are."""
    now = timezone.now()
    on = today(now)
    lines = _lines(person, now)
    offices = list(person.offices.select_related("municipality").order_by("-starts_on", "pk"))
    context = {
        "person": person,
        "coming": sorted(_gathered(line for line in lines if line.is_coming), key=_starts_at),
        "waiting": sorted((line for line in lines if line.is_waiting), key=_starts_at),
        "past": sorted(
            (line for line in lines if not line.is_coming and not line.is_waiting), key=_starts_at, reverse=True
        ),
        "takes_cards": settings.TAKES_CARDS,
        "contact_email": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        "interests": Interest.objects.filter(person=person, session__live=True).select_related("session"),
        "acts_for": person.acts_for.in_force(on).select_related("principal"),
        "secretaries": person.secretaries.in_force(on).select_related("secretary"),
        "offices": [office for office in offices if office.is_held_on(on)],
        "other_offices": [office for office in offices if not office.is_held_on(on)],
    }
    return TemplateResponse(request, "booking/my_page.html", context)


def _lines(person: Person, now: datetime) -> list[Line]:
    represented = represented_by(person, on=today(now))
    lines = []
    bookings = Booking.objects.seen_by(person, today(now)).for_listing().with_place()
    for booking in kept_from(person, bookings.select_related("session__contact"), on=today(now)):
        session = booking.session
        is_over = session.when.is_over(now)
        joins = booking.is_confirmed and not is_over and not session.is_cancelled
        lines.append(
            Line(
                booking=booking,
                is_mine=booking.participant_id == person.pk or booking.participant.is_at(person),
                is_booked_by_me=booking.order.booker_id == person.pk,
                is_over=is_over,
                off_site=off_site_sentence(session) if booking.is_active and not is_over else "",
                join_link=session.join_link if joins and booking.participant_id in represented else "",
                place_url=place_url(booking) if booking.participant_id in represented else "",
                pair_url=pair_url(booking) if booking.participant_id in represented else "",
                may_switch=booking.participant_id in represented and can_be_left(booking, now=now),
                may_withdraw=_has_a_say(booking, person, represented)
                and booking.is_confirmed
                and withdrawal_obstacle(session, now=now) is None,
            )
        )
    return lines


def _gathered(lines: Iterable[Line]) -> list[Line]:
    """Many who were signed up in one order for one session are one row, which leads to the receipt."""
    groups: dict[tuple, list[Line]] = {}
    for line in lines:
        booking = line.booking
        groups.setdefault((booking.order_id, booking.session_id, booking.status), []).append(line)
    gathered: list[Line] = []
    for group in groups.values():
        if len(group) <= FEW or not group[0].booking.is_confirmed:
            gathered += group
            continue
        first, *others = sorted(group, key=lambda line: (not line.is_mine, line.booking.pk))
        names = tuple(line.booking.participant.name for line in others)
        gathered.append(replace(first, others=names, may_switch=False, may_withdraw=False))
    return gathered


def _has_a_say(booking: Booking, person: Person, represented: set[int]) -> bool:
    """As ``may_substitute`` has it, asked of many seats at once."""
    return booking.participant_id in represented or (booking.holder_leaves and booking.order.booker_id == person.pk)


def _starts_at(line: Line) -> datetime:
    return line.booking.session.when.starts_at


# What was invoiced


@require_safe
@own
def invoices(request, person: Person):
    """The invoices and credit notes of what one has ordered, the newest first."""
    documents = documents_for(person).order_by("-issued_at", "-pk")
    page = Paginator(documents, INVOICES).get_page(request.GET.get("page"))
    return TemplateResponse(request, "booking/my_page_invoices.html", {"page": page})


# What the register says


@show_or_send
@own
def phone(request, person: Person):
    """One's own number; name and address are KL's to keep, because they decide who can sign in."""
    form = PhoneForm(request.POST or None, initial={"phone": person.phone}, label_suffix="")
    if request.method == "POST" and form.is_valid():
        change_phone(person, form.cleaned_data["phone"], by=request.user, now=timezone.now())
        messages.success(request, _("Your phone number is saved."))
        return redirect("booking:my_page")
    return TemplateResponse(
        request, "booking/my_page_phone.html", {"form": form, "person": person}, status=422 if form.errors else 200
    )


# Who acts for whom


@show_or_send
@own
def secretaries(request, person: Person):
    """Who acts for one, and for whom one acts; whoever holds an office names a secretary here."""
    now = timezone.now()
    on = today(now)
    form = SecretaryForm(request.POST if request.method == "POST" else None, principal=person, on=on)
    if request.method == "POST" and form.is_valid() and _name(form, by=request.user, now=now):
        messages.success(
            request,
            _("%(name)s can act for you from now on. We have written to %(email)s.")
            % {"name": form.cleaned_data["name"], "email": form.cleaned_data["email"]},
        )
        return redirect("booking:secretaries")
    not_over = Q(ends_on=None) | Q(ends_on__gte=on)
    context = {
        "form": form,
        "holds_office": person.offices.held_on(on).exists(),
        "secretaries": person.secretaries.filter(not_over).select_related("secretary"),
        "acts_for": person.acts_for.filter(not_over).select_related("principal"),
        "today": on,
    }
    status = 422 if form.errors else 200
    return TemplateResponse(request, "booking/my_page_secretaries.html", context, status=status)


def _name(form: SecretaryForm, *, by, now: datetime) -> Secretary | None:
    """The secretary that the form names; or None, and the form says why."""
    try:
        return name_secretary(form.principal, by=by, now=now, **form.cleaned_data)
    except HoldsNoOffice:
        form.add_error(None, _("You can name a secretary while you hold an office, and today you hold none."))
    except OwnSecretary:
        form.add_error("email", _("This is your own address. Write the secretary's."))
    except TooMany:
        form.add_error(None, _("You have named as many secretaries as one can in a day. Name the next one tomorrow."))
    return None


@require_POST
@own
def secretary_end(request, person: Person, pk: int):
    """Either of the two can end it; for everybody else it does not exist."""
    theirs = Secretary.objects.filter(Q(principal=person) | Q(secretary=person))
    link = get_object_or_404(theirs.select_related("principal", "secretary"), pk=pk)
    end_secretary(link, by=request.user, now=timezone.now())
    if link.principal == person:
        said = _("%(name)s no longer acts for you.") % {"name": link.name_for_principal}
    else:
        said = _("You no longer act for %(name)s.") % {"name": link.principal.name}
    messages.success(request, said)
    return redirect("booking:secretaries")


# What is kept, and forgetting it


@require_safe
@own
def everything(request, person: Person):
    """A file with all that is held about whoever is signed in."""
    now = timezone.now()
    logger.info("person %s fetched everything about themselves", person.pk)
    return HttpResponse(
        as_zip(person, now=now),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="alt-om-mig-{today(now):%Y-%m-%d}.zip"'},
    )


@show_or_send
@own
def deletion(request, person: Person):
    """What would be deleted, and what the law makes us keep; then asking for it, or taking it back."""
    now = timezone.now()
    if request.method == "POST":
        if "withdraw" in request.POST:
            withdraw_request(person, by=request.user, now=now)
            messages.success(request, _("You no longer ask to be deleted."))
        else:
            ask_to_be_forgotten(person, by=request.user, now=now)
            messages.success(request, _("We have your request, and answer within a month."))
        return redirect("booking:deletion")
    context = {
        "asked": person.deletion_requests.filter(done_at=None).first(),
        "coming": coming_bookings(person, now=now).count(),
        "kept_until": kept_until(person),
        "holds_office": person.offices.held_on(today(now)).exists(),
    }
    return TemplateResponse(request, "booking/my_page_deletion.html", context)
