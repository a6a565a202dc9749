"""How long somebody who waits may think about the seat they are offered. Pure: no database, no clock, no request.

The more time is left, the longer; never in the night, at a weekend or on a holiday, when nobody is at the town hall.
"""

from datetime import UTC, date, datetime, time, timedelta

from booking.dates import COPENHAGEN

#: When somebody reads mail at a town hall.
OPENS, CLOSES = time(8), time(16)
#: A deadline that would fall outside of those hours waits until noon of the next working day.
NOON = time(12)

#: Time left to the start, and how long to think then. The first line that fits counts.
THINKING_TIME = (
    (timedelta(weeks=3), timedelta(days=3)),
    (timedelta(weeks=1), timedelta(hours=24)),
)
#: With less time left than that: so many hours in which the town hall is open.
WORKING_HOURS = timedelta(hours=4)
#: So near the start nobody has time to think: all who wait are told at once, and the first to press has the seat.
NEAR = timedelta(hours=48)
#: A deadline that is no earlier before the start than this is none: it is first come then, too.
SPARE = timedelta(hours=24)


def deadline(now: datetime, starts_at: datetime) -> datetime | None:
    """By when an offer that is made ``now`` must be answered, a whole hour; None where it goes to all at once."""
    now, starts_at = now.astimezone(UTC), starts_at.astimezone(UTC)
    left = starts_at - now
    if left < NEAR:
        return None
    for more_than, thinking_time in THINKING_TIME:
        if left > more_than:
            until = _in_daylight(_clock(now) + thinking_time)
            break
    else:
        until = _after_working_hours(_clock(now), WORKING_HOURS)
    answer_by = _whole_hour(until).replace(tzinfo=COPENHAGEN)
    return answer_by if starts_at - answer_by.astimezone(UTC) >= SPARE else None


def is_working_day(day: date) -> bool:
    """Neither Saturday nor Sunday, nor a day on which the town halls of Denmark are closed.

    Store bededag is none of them any more. Source: lov nr. 214 af 6/3/2023.
    """
    closed = {(1, 1), (6, 5), (12, 24), (12, 25), (12, 26), (12, 31)}
    movable = {easter(day.year) + timedelta(days=days) for days in (-3, -2, 1, 39, 40, 50)}
    return day.weekday() < 5 and (day.month, day.day) not in closed and day not in movable


def easter(year: int) -> date:
    """Easter Sunday. Source: Meeus, Astronomical Algorithms, chapter 8."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * weekday) // 451
    month, day = divmod(h + weekday - 7 * m + 114, 31)
    return date(year, month, day + 1)


def _clock(moment: datetime) -> datetime:
    """What clocks in Copenhagen show; a day later is the same time of day, also when summer time begins."""
    return moment.astimezone(COPENHAGEN).replace(tzinfo=None)


def _in_daylight(shown: datetime) -> datetime:
    if is_working_day(shown.date()) and OPENS <= shown.time() <= CLOSES:
        return shown
    first = shown.date() if shown.time() < OPENS else shown.date() + timedelta(days=1)
    return datetime.combine(_working_day(first), NOON)


def _after_working_hours(shown: datetime, hours: timedelta) -> datetime:
    while True:
        day = shown.date()
        begins = max(shown, datetime.combine(day, OPENS))
        open_for = datetime.combine(day, CLOSES) - begins
        if is_working_day(day) and open_for >= hours:
            return begins + hours
        if is_working_day(day) and open_for > timedelta(0):
            hours -= open_for
        shown = datetime.combine(day + timedelta(days=1), OPENS)


def _working_day(day: date) -> date:
    """``day``, or the first working day after it."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def _whole_hour(shown: datetime) -> datetime:
    """The next whole hour: easy to read, and nobody loses a minute by it."""
    whole = shown.replace(minute=0, second=0, microsecond=0)
    return whole if whole == shown else whole + timedelta(hours=1)
