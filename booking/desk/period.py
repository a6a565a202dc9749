"""From one day to another, as staff write it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from booking.dates import today

EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)

#: As browsers send a day, and as Danes write one.
WRITTEN = ["%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%Y"]


@dataclass(frozen=True, slots=True)
class Period:
    """Copenhagen days, the first and the last included."""

    first: date
    last: date

    @property
    def query(self) -> str:
        return f"?first={self.first}&last={self.last}"


def month_of(day: date) -> Period:
    """The whole month that the day is in."""
    next_month = (day.replace(day=1) + timedelta(days=31)).replace(day=1)
    return Period(day.replace(day=1), next_month - timedelta(days=1))


def month_before(day: date) -> Period:
    return month_of(day.replace(day=1) - timedelta(days=1))


def year_of(day: date) -> Period:
    return Period(date(day.year, 1, 1), date(day.year, 12, 31))


class DayField(forms.DateField):
    def __init__(self, **kwargs):
        out_of_reach = gettext_lazy("Write a day in the years 2000 to 2099.")
        super().__init__(
            input_formats=WRITTEN,
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            validators=[MinValueValidator(EARLIEST, out_of_reach), MaxValueValidator(LATEST, out_of_reach)],
            error_messages={
                "required": gettext_lazy("Write a day."),
                "invalid": gettext_lazy("Write a day that exists, such as 31-12-2027."),
            },
            **kwargs,
        )


class PeriodForm(forms.Form):
    """Which days. Nothing said is the period that the page proposes."""

    first = DayField(label=gettext_lazy("From"))
    last = DayField(label=gettext_lazy("To and including"))

    def __init__(self, sent, *, proposed: Period):
        is_sent = "first" in sent or "last" in sent
        super().__init__(sent if is_sent else {"first": proposed.first, "last": proposed.last}, label_suffix="")

    def clean(self):
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last day lies before the first."))

    @property
    def period(self) -> Period | None:
        """What was chosen; None if it can't be read."""
        return Period(self.cleaned_data["first"], self.cleaned_data["last"]) if self.is_valid() else None


def shortcuts(now: datetime) -> list[tuple[str, Period]]:
    """The periods that are asked for most, with their names."""
    day = today(now)
    return [
        (_("this month"), month_of(day)),
        (_("last month"), month_before(day)),
        (_("this year"), year_of(day)),
        (_("last year"), year_of(date(day.year - 1, 1, 1))),
    ]
