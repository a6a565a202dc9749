""" "Min side": what one is signed up for, whom one acts for, and what the register says."""

from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth.decorators import login_required
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from booking.dates import today
from booking.people.models import Person, Secretary
from booking.signup.models import Booking, Interest
from booking.signup.receipt import represented_by


@dataclass(frozen=True, slots=True)
class Line:
    """One booking as its row says it."""

    booking: Booking
    is_mine: bool
    is_booked_by_me: bool
    is_over: bool
    join_link: str


@cache_control(private=True, no_store=True)
@login_required
@require_safe
def my_page(request):
    """The same few queries, however many bookings there are."""
    person = getattr(request.user, "person", None)
    if person is None:
        return TemplateResponse(request, "booking/my_page_stranger.html")
    now = timezone.now()
    lines = _lines(person, now)
    on = today(now)
    context = {
        "person": person,
        "coming": sorted((line for line in lines if not line.is_over), key=_starts_at),
        "past": sorted((line for line in lines if line.is_over), key=_starts_at, reverse=True),
        "interests": Interest.objects.filter(person=person, session__live=True).select_related("session"),
        "acts_for": _current(person.acts_for.select_related("principal"), on),
        "secretaries": _current(person.secretaries.select_related("secretary"), on),
        "offices": person.offices.held_on(on).select_related("municipality"),
    }
    return TemplateResponse(request, "booking/my_page.html", context)


def _lines(person: Person, now: datetime) -> list[Line]:
    represented = represented_by(person, on=today(now))
    lines = []
    for booking in Booking.objects.seen_by(person, today(now)).for_listing():
        session = booking.session
        is_over = session.when.is_over(now)
        joins = booking.holds_a_seat and not is_over and not session.is_cancelled
        lines.append(
            Line(
                booking=booking,
                is_mine=booking.participant_id == person.pk,
                is_booked_by_me=booking.order.booker_id == person.pk,
                is_over=is_over,
                join_link=session.join_link if joins and booking.participant_id in represented else "",
            )
        )
    return lines


def _starts_at(line: Line) -> datetime:
    return line.booking.session.when.starts_at


def _current(secretaries, on: date) -> list[Secretary]:
    return [row for row in secretaries if row.starts_on <= on and (row.ends_on is None or row.ends_on >= on)]
