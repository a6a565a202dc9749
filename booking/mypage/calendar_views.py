""" "Min kalender": the secret addresses at which one's own calendar, and those of whom one acts for, are fetched."""

from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from booking.calendars.addresses import address
from booking.calendars.models import PersonalCalendar
from booking.calendars.outside import OutsideCalendar
from booking.calendars.personal import NotYours, close_calendar, open_calendar, show_offers
from booking.dates import today
from booking.mypage.forms import CalendarForm
from booking.mypage.views import own, show_or_send
from booking.people.models import Person


@dataclass(frozen=True, slots=True)
class Mine:
    """Somebody whose calendar one can fetch, and the address, if there is one."""

    person: Person
    is_me: bool
    calendar: PersonalCalendar | None


@show_or_send
@own
def my_calendars(request, person: Person):
    """Make, renew and revoke. A new address is shown once, on the page that answers: nobody can look it up later."""
    now = timezone.now()
    persons = [person, *person.principals(today(now)).order_by("name", "pk")]
    if request.method == "POST":
        form = CalendarForm(request.POST, persons=persons)
        if not form.is_valid():
            messages.error(request, _("You can't fetch this calendar."))
            return redirect("booking:my_calendars")
        whose = form.cleaned_data["person"]
        is_in_use = _open_calendars(person).filter(person=whose).exists()
        if is_in_use and "save" not in request.POST and "sure" not in request.POST:
            ends = "revoke" if "revoke" in request.POST else "make"
            return _shown(request, person, persons, asked=(ends, whose, form.cleaned_data["with_offers"]))
        if "revoke" in request.POST:
            close_calendar(person, whose, by=request.user, now=now)
            messages.success(request, _("The address is revoked. Whoever uses it finds nothing from now on."))
        elif "save" in request.POST:
            show_offers(person, whose, with_offers=form.cleaned_data["with_offers"])
            messages.success(request, _("Saved. The calendar follows the next time your program asks."))
        else:
            try:
                key = open_calendar(
                    person, whose, with_offers=form.cleaned_data["with_offers"], by=request.user, now=now
                )
            except NotYours:  # it ended while they chose
                messages.error(request, _("You can't fetch this calendar."))
            else:
                return _shown(request, person, persons, new=whose, key=key)
        return redirect("booking:my_calendars")
    return _shown(request, person, persons)


def _open_calendars(person: Person) -> QuerySet[PersonalCalendar]:
    """Those whose address works for this reader."""
    on = today(timezone.now())
    return person.personal_calendars.filter(Q(secretary=None) | Q(secretary__in=person.acts_for.in_force(on)))


def _shown(
    request,
    person: Person,
    persons: list[Person],
    *,
    new: Person | None = None,
    key: str = "",
    asked: tuple[str, Person, bool] | None = None,
) -> HttpResponse:
    on = today(timezone.now())
    calendars = {calendar.person_id: calendar for calendar in _open_calendars(person)}
    others = person.calendars_of_them.filter(secretary__in=person.secretaries.in_force(on))
    context = {
        "person": person,
        "mine": [Mine(one, one == person, calendars.get(one.pk)) for one in persons],
        "new": new,
        "asked": asked,
        "bodies": OutsideCalendar.objects.with_members().values_list("name", flat=True),
        "others": others.select_related("secretary__secretary").order_by("pk"),
    }
    if key:
        url = address("booking:personal_feed", key)
        webcal = "webcal:" + url.partition(":")[2]
        # No links that hand it to Google or Outlook: they would write it into an address bar.
        context |= {"feed_url": url, "webcal_url": webcal}
    return TemplateResponse(request, "booking/my_page_calendars.html", context)
