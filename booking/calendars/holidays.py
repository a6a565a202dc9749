"""Days on which Danish mayors are hard to gather: weekends, holidays by law and custom, and weeks without school.

Pure: no database, no clock, no request.
"""

from calendar import SATURDAY
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _
from holidays import country_holidays
from holidays.constants import OPTIONAL, PUBLIC

#: More days than this are no date to plan.
LONGEST = 60

#: Whoever plans as many days as this knows that there is a weekend among them.
A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Occasion:
    """A weekend, a holiday, or a time when schools are closed: its name, and which of the days asked about it takes."""

    name: str
    first: date
    last: date


def occasions(first: date, last: date) -> list[Occasion]:
    """What the days from ``first`` to ``last`` fall on: each thing once, with all of its days."""
    last = min(last, first + timedelta(days=LONGEST))
    # By custom: Grundlovsdag, 1 May, Christmas Eve and New Year's Eve.
    known = country_holidays("DK", years=range(first.year, last.year + 1), categories=(PUBLIC, OPTIONAL), language="da")
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    weekend = _("Weekend") if len(days) < A_WEEK else ""
    found: dict[str, list[date]] = {}
    for day in days:
        for name in (known.get(day), _period(day), day.weekday() >= SATURDAY and weekend):
            if name:
                found.setdefault(name, []).append(day)
    return [Occasion(name, on[0], on[-1]) for name, on in found.items()]


def _period(day: date) -> str:
    """By ISO weeks. Each municipality decides for its own schools; these are what nearly all have."""
    match day.isocalendar().week:
        case 7:
            return _("The schools' winter holiday in most municipalities (week 7)")
        case 42:
            return _("The schools' autumn holiday (week 42)")
    return _("The summer holiday (July)") if day.month == 7 else ""
