from datetime import UTC, date, datetime, time, timedelta

import pytest

from booking.dates import (
    COPENHAGEN,
    When,
    danish_choice,
    danish_deadline,
    danish_moment,
    exists,
    is_before_the_change,
    today,
)

NOON = time(12)


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (When(date(2022, 6, 1), date(2022, 6, 1)), "onsdag den 1. juni 2022"),
        (
            When(date(2022, 4, 27), date(2022, 4, 27), time(10), time(18)),
            "onsdag den 27. april 2022 kl. 10.00-18.00",
        ),
        (
            When(date(2022, 12, 5), date(2022, 12, 6), NOON, NOON),
            "mandag den 5. – tirsdag den 6. december 2022 kl. 12.00-12.00",
        ),
        (
            When(date(2022, 1, 31), date(2022, 2, 1), NOON, NOON),
            "mandag den 31. januar – tirsdag den 1. februar 2022 kl. 12.00-12.00",
        ),
        (
            When(date(2026, 12, 31), date(2027, 1, 1)),
            "torsdag den 31. december 2026 – fredag den 1. januar 2027",
        ),
        (When(date(2028, 5, 1), date(2028, 6, 30), words="maj/juni 2028"), "maj/juni 2028"),
    ],
    ids=["day", "hours", "overnight", "two months", "two years", "words"],
)
def test_a_date_is_said_as_a_dane_says_it(when, said):
    assert str(when) == said


@pytest.mark.parametrize(
    ("first", "last", "hours"),
    [(date(2027, 3, 27), date(2027, 3, 28), 23), (date(2026, 10, 24), date(2026, 10, 25), 25)],
    ids=["spring", "autumn"],
)
def test_a_night_with_a_clock_change_is_an_hour_off(first, last, hours):
    when = When(first, last, NOON, NOON)

    assert when.ends_at.astimezone(UTC) - when.starts_at.astimezone(UTC) == timedelta(hours=hours)


def test_without_hours_it_is_over_at_midnight():
    when = When(date(2026, 5, 5), date(2026, 5, 6))

    assert not when.is_over(datetime(2026, 5, 6, 23, 59, tzinfo=COPENHAGEN))
    assert when.is_over(datetime(2026, 5, 7, tzinfo=COPENHAGEN))


def test_in_progress_is_started_and_not_over():
    when = When(date(2026, 5, 5), date(2026, 5, 6), NOON, NOON)
    midnight = datetime(2026, 5, 6, tzinfo=COPENHAGEN)

    assert when.has_started(midnight)
    assert not when.is_over(midnight)


@pytest.mark.parametrize(
    "times",
    [{"starts_time": NOON}, {"ends_time": NOON}, {"starts_time": NOON, "ends_time": time(11)}],
    ids=["no end", "no start", "backwards"],
)
def test_impossible_hours_are_refused(times):
    with pytest.raises(ValueError, match=r"time|ends before"):
        When(date(2026, 5, 5), date(2026, 5, 5), **times)


def test_the_hour_that_summer_time_skips_does_not_exist():
    assert not exists(date(2027, 3, 28), time(2, 30))
    assert exists(date(2027, 3, 28), time(3, 30))
    assert exists(date(2026, 10, 25), time(2, 30))


@pytest.mark.parametrize(
    ("day", "clock", "expected"),
    [
        (date(2027, 10, 30), time(23, 59), False),
        (date(2027, 10, 31), time(0), True),
        (date(2027, 10, 31), time(2, 59), True),
        (date(2027, 10, 31), time(3), False),
        (date(2027, 3, 27), time(23, 59), False),
        (date(2027, 3, 28), time(0), True),
        (date(2027, 3, 28), time(1, 59), True),
        (date(2027, 3, 28), time(3), False),
        (date(2027, 7, 1), time(2, 30), False),
    ],
)
def test_the_clock_changes_in_two_nights_of_the_year(day, clock, expected):
    assert is_before_the_change(datetime.combine(day, clock, COPENHAGEN)) is expected


def test_moments_are_told_on_the_danish_clock():
    late = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)

    assert danish_deadline(late) == "torsdag den 2. juli 2026 kl. 00.30"
    assert danish_moment(late) == "2. juli 2026 kl. 00.30"
    assert today(late) == date(2026, 7, 2)


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2018, 3, 1), date(2018, 3, 1), "1. marts 2018"),
        (date(2018, 3, 15), date(2018, 3, 17), "15.-17. marts 2018"),
        (date(2018, 4, 30), date(2018, 5, 2), "30. april – 2. maj 2018"),
        (date(2018, 12, 31), date(2019, 1, 1), "31. december 2018 – 1. januar 2019"),
    ],
)
def test_a_run_is_told_from_another_by_its_days(first, last, said):
    assert When(first, last, NOON, NOON if first < last else time(13)).short == said


def test_a_run_without_a_date_is_told_in_its_words():
    assert When(date(2018, 5, 1), date(2018, 6, 30), words="maj/juni 2018").short == "maj/juni 2018"


@pytest.mark.parametrize(
    ("things", "said"), [([], ""), (["a"], "a"), (["a", "b"], "a eller b"), (["a", "b", "c"], "a, b eller c")]
)
def test_a_choice_is_told_with_one_or(things, said):
    assert danish_choice(things) == said
