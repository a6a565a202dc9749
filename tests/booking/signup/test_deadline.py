"""How long one may think about an offered seat: a table of moments, and what always holds."""

from datetime import date, datetime, time, timedelta

import pytest

from booking.dates import COPENHAGEN
from booking.signup.deadline import NEAR, SPARE, deadline, easter, is_working_day


def at(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=COPENHAGEN)


@pytest.mark.parametrize(
    ("now", "starts_at", "answer_by"),
    [
        # More than three weeks: three days, on a whole hour.
        ("2027-01-11 09:00", "2027-05-05 10:00", "2027-01-14 09:00"),  # Monday to Thursday
        ("2027-01-11 09:20", "2027-05-05 10:00", "2027-01-14 10:00"),
        ("2027-01-12 03:00", "2027-05-05 10:00", "2027-01-15 12:00"),  # at night: the noon that comes
        ("2027-01-12 22:00", "2027-05-05 10:00", "2027-01-18 12:00"),  # Friday evening: Monday
        ("2027-01-13 10:00", "2027-05-05 10:00", "2027-01-18 12:00"),  # Saturday: Monday
        ("2027-03-22 10:00", "2027-05-05 10:00", "2027-03-30 12:00"),  # Maundy Thursday: Tuesday after Easter
        ("2027-03-26 10:00", "2027-05-05 10:00", "2027-03-30 12:00"),  # Easter Monday, over the change of clocks
        # More than one week: a day.
        ("2027-04-14 10:00", "2027-05-05 10:00", "2027-04-15 10:00"),  # three weeks to the minute
        ("2027-04-23 15:00", "2027-05-05 10:00", "2027-04-26 12:00"),  # Friday to Monday
        # Less: four hours in which somebody is there.
        ("2027-04-28 10:00", "2027-05-05 10:00", "2027-04-28 14:00"),  # one week to the minute
        ("2027-04-29 14:00", "2027-05-05 10:00", "2027-04-30 10:00"),
        ("2027-04-30 14:30", "2027-05-05 10:00", "2027-05-03 11:00"),  # over the weekend
        ("2027-05-01 02:00", "2027-05-05 10:00", "2027-05-03 12:00"),
        # Near the start, and where the deadline would come too near it: to all at once.
        ("2027-05-03 10:00", "2027-05-05 10:00", "2027-05-03 14:00"),
        ("2027-05-03 10:01", "2027-05-05 10:00", None),
        ("2027-04-30 17:00", "2027-05-03 08:00", None),
    ],
)
def test_the_deadline_fits_the_time_that_is_left(now, starts_at, answer_by):
    assert deadline(at(now), at(starts_at)) == (answer_by and at(answer_by))


@pytest.mark.parametrize("starts_at", [at("2027-05-05 10:00"), at("2027-03-29 08:00"), at("2027-12-27 00:00")])
def test_whatever_the_hour_a_deadline_is_by_day_and_leaves_time_to_go_on(starts_at):
    for quarters in range(4 * 24 * 40):
        now = starts_at - timedelta(minutes=15 * quarters)
        until = deadline(now, starts_at)
        if until is None:
            continue
        assert is_working_day(until.date())
        assert time(8) <= until.time() <= time(16)
        assert until - now >= timedelta(hours=4)
        assert starts_at - until >= SPARE
        assert starts_at - now >= NEAR


@pytest.mark.parametrize(
    ("year", "day"),
    [(2026, date(2026, 4, 5)), (2027, date(2027, 3, 28)), (2028, date(2028, 4, 16)), (2038, date(2038, 4, 25))],
)
def test_easter(year, day):
    assert easter(year) == day


@pytest.mark.parametrize(
    ("day", "is_one"),
    [
        (date(2027, 4, 23), True),  # Store bededag, as it was
        (date(2027, 5, 6), False),  # Ascension Day
        (date(2027, 5, 7), False),  # and the day after, when municipalities are closed
        (date(2027, 5, 17), False),  # Whit Monday
        (date(2028, 6, 5), False),
        (date(2027, 12, 24), False),
        (date(2027, 6, 12), False),
        (date(2027, 6, 14), True),
    ],
)
def test_working_days(day, is_one):
    assert is_working_day(day) is is_one
