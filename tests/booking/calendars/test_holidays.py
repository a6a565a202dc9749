"""Days on which Danish mayors are hard to gather."""

from datetime import date

import pytest
from django.utils.translation import override

from booking.calendars.holidays import Occasion, occasions

WINTER = "The schools' winter holiday in most municipalities (week 7)"
AUTUMN = "The schools' autumn holiday (week 42)"
SUMMER = "The summer holiday (July)"


@pytest.mark.parametrize(
    ("first", "last", "names"),
    [
        ((2027, 3, 3), (2027, 3, 3), []),
        ((2023, 5, 5), (2023, 5, 5), ["Store bededag"]),
        ((2024, 4, 26), (2024, 4, 26), []),
        ((2027, 4, 23), (2027, 4, 23), []),
        ((2027, 3, 25), (2027, 3, 26), ["Skærtorsdag", "Langfredag"]),
        ((2027, 5, 6), (2027, 5, 6), ["Kristi himmelfartsdag"]),
        ((2027, 6, 5), (2027, 6, 5), ["Grundlovsdag", "Weekend"]),
        ((2027, 12, 31), (2028, 1, 1), ["Nytårsaften", "Nytårsdag", "Weekend"]),
        ((2027, 2, 14), (2027, 2, 14), ["Weekend"]),
        ((2027, 2, 15), (2027, 2, 16), [WINTER]),
        ((2027, 10, 17), (2027, 10, 17), ["Weekend"]),
        ((2027, 10, 18), (2027, 10, 18), [AUTUMN]),
        ((2027, 10, 24), (2027, 10, 25), [AUTUMN, "Weekend"]),
        ((2026, 10, 12), (2026, 10, 12), [AUTUMN]),
        ((2027, 6, 30), (2027, 7, 2), [SUMMER]),
    ],
)
def test_what_days_fall_on(first, last, names):
    with override("en"):
        assert [occasion.name for occasion in occasions(date(*first), date(*last))] == names


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        ((2027, 10, 19), (2027, 10, 21), [(AUTUMN, (2027, 10, 19), (2027, 10, 21))]),
        ((2027, 10, 14), (2027, 10, 16), [("Weekend", (2027, 10, 16), (2027, 10, 16))]),
        (
            (2027, 10, 15),
            (2027, 10, 18),
            [("Weekend", (2027, 10, 16), (2027, 10, 17)), (AUTUMN, (2027, 10, 18), (2027, 10, 18))],
        ),
        ((2027, 3, 7), (2027, 3, 12), [("Weekend", (2027, 3, 7), (2027, 3, 7))]),
        ((2027, 3, 7), (2027, 3, 13), []),  # a week has a weekend, as everybody knows
        ((2027, 7, 30), (2027, 8, 31), [(SUMMER, (2027, 7, 30), (2027, 7, 31))]),
    ],
)
def test_each_is_said_once_with_all_of_its_days(first, last, found):
    with override("en"):
        said = occasions(date(*first), date(*last))

    assert said == [Occasion(name, date(*begins), date(*ends)) for name, begins, ends in found]
