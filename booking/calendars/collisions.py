"""What a date that an editor plans falls together with. It is said, and stands in nobody's way."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from booking.calendars.holidays import LONGEST, occasions
from booking.calendars.outside import OutsideEvent, once
from booking.dates import danish_days
from booking.people.audiences import Audience
from booking.sessions.models import SessionPage

#: Nobody plans as far ahead as this; a year with a digit too many is told of elsewhere.
FAR = date(2200, 1, 1)

#: So many of each kind are named; a day with more is known to be full.
NAMED = 10


@dataclass(frozen=True, slots=True)
class Collision:
    """One thing on the same days, in words; ``url`` leads to it, where it is ours."""

    words: str
    url: str = ""


def collisions(
    first: date | None, last: date | None, *, audience: Audience | None, page_id: int | None, choice_id: int | None
) -> list[Collision]:
    """What else there is from ``first`` to ``last``: weekends, holidays, sessions for the same people, others' events.

    Runs that one chooses between do not collide: nobody is at two of them.
    """
    if first is None or first >= FAR:
        return []
    last = min(max(first, last or first), first + timedelta(days=LONGEST))
    found = [Collision(f"{one.name}: {danish_days(one.first, one.last)}") for one in occasions(first, last)]
    if audience is not None:
        found += _sessions(first, last, audience, page_id, choice_id)
    events = OutsideEvent.objects.between(first, last).with_calendar()
    for event in once(events)[:NAMED]:
        words = _("%(title)s (%(calendar)s): %(when)s")
        found.append(Collision(words % {"title": event, "calendar": event.calendar, "when": event.words}))
    return found


def _sessions(
    first: date, last: date, audience: Audience, page_id: int | None, choice_id: int | None
) -> list[Collision]:
    """Sessions with a date on these days, drafts too, for people whom this audience admits."""
    others = SessionPage.objects.filter(starts_on__lte=last, ends_on__gte=first, when_text="", alias_of=None)
    others = others.not_cancelled().exclude(pk=page_id).select_related("audience")
    if choice_id is not None:
        others = others.exclude(choice=choice_id)
    here = municipalities_of(audience)
    found = []
    for session in others.prefetch_related("audience__municipalities").order_by("starts_on", "starts_time", "pk"):
        theirs = session.audience
        if theirs is not None and (theirs.pk == audience.pk or _share_people(audience, here, theirs)):
            words = _("%(title)s (%(audience)s): %(when)s")
            said = words % {"title": session.title, "audience": theirs, "when": session.when}
            found.append(Collision(said, reverse("wagtailadmin_pages:edit", args=[session.pk])))
    return found[:NAMED]


def municipalities_of(audience: Audience) -> set[int]:
    """The municipalities that an audience is limited to; none if it is not."""
    return {municipality.pk for municipality in audience.municipalities.all()}


def _share_people(audience: Audience, here: set[int], other: Audience) -> bool:
    """Whether somebody may be admitted by both: they have an office in common, and no municipalities that part them."""
    there = municipalities_of(other)
    return bool(set(audience.offices) & set(other.offices)) and (not here or not there or bool(here & there))
