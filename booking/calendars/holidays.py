"""Days on which Danish mayors are hard to gather: holidays by law and by custom, and the weeks that schools are closed.

Pure: no database, no clock, no request.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _
from holidays import country_holidays
from holidays.constants import OPTIONAL, PUBLIC

#: More days than this are no date to plan.
LONGEST = 60


@dataclass(frozen=True, slots=True)
class Occasion:
    """A holiday, or a time when schools are closed: its name, and the first of the days asked about that it is on."""

    name: str
    day: date


def occasions(first: date, last: date) -> list[Occasion]:
    """What the days from ``first`` to ``last`` fall on, each thing once."""
    last = min(last, first + timedelta(days=LONGEST))
    # By custom: Grundlovsdag, 1 May, Christmas Eve and New Year's Eve.
    known = country_holidays("DK", years=range(first.year, last.year + 1), categories=(PUBLIC, OPTIONAL), language="da")
    found: dict[str, date] = {}
    day = first
    while day <= last:
        for name in (known.get(day), _period(day)):
            if name:
                found.setdefault(name, day)
        day += timedelta(days=1)
    return [Occasion(name, day) for name, day in found.items()]


def _period(day: date) -> str:
    """By ISO weeks. Each municipality decides for its own schools; these are what nearly all have."""
    match day.isocalendar().week:
        case 7:
            return _("The schools' winter holiday in most municipalities (week 7)")
        case 42:
            return _("The schools' autumn holiday (week 42)")
    return _("The summer holiday (July)") if day.month == 7 else ""
