"""A year of one course: after each step two calendars that subscribe and one mailbox hold what a person would expect.

One calendar asks with what it was given last, the other asks for the whole file each time; the mailbox is a mayor's,
who also opens every file that comes.
"""

from datetime import UTC, date, datetime, time, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client

from booking.models import CalendarEntry, SessionPage
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from tests.booking.calendars.readers import Seen, agreed
from tests.booking.calendars.test_subscriber import Subscriber
from tests.booking.messages.orders import book
from tests.booking.messages.test_changes import publish, subject
from tests.booking.messages.test_programme import PROGRAMME, as_stream
from tests.factories import OfferPageFactory, SessionPageFactory, VenueFactory, mayor_of, secretary_of

pytestmark = pytest.mark.django_db(transaction=True)

JANUARY = datetime(2027, 1, 4, 9, tzinfo=UTC)
MAYOR, SECRETARY = "borgmester@example.org", "sekretaer@example.org"
NEW, NOTHING_NEW = "new", "nothing new"
TIMES = {"starts_time": time(10), "ends_time": time(18)}
UNDATED = {"starts_on": date(2027, 9, 1), "ends_on": date(2027, 10, 31), "starts_time": None, "ends_time": None}


class WholeFile:
    """A program that knows no conditions: it takes the file as it is each time."""

    def __init__(self):
        self.events: dict[str, Seen] = {}
        self._http = Client()

    def poll(self) -> None:
        answer = self._http.get("/kalender/alle.ics")
        assert answer.status_code == 200
        self.events = {event.uid: event for event in agreed(answer.content.decode())}


class Year:
    """The world of the test: time passes, things happen, and what everybody holds is looked at."""

    def __init__(self, clock, sink):
        self.clock, self.sink = clock, sink
        self.careful, self.plain = Subscriber(), WholeFile()
        self.own: dict[str, Seen] = {}

    def pass_time(self, moment: datetime) -> None:
        self.clock.move_to(moment)
        call_command("run_due", stdout=StringIO())

    def mails(self) -> list[str]:
        """What came to the mayor since last time: the subjects. Every file is opened, and must be news."""
        came = []
        for mail in self.sink.to(MAYOR):
            came.append(subject(mail))
            for part in mail.iter_attachments():
                [event] = agreed(part.get_payload(decode=True).decode())
                known = self.own.get(event.uid)
                assert known is None or (event.sequence > known.sequence and event.stamp > known.stamp)
                self.own[event.uid] = event
        self.sink.mails.clear()
        return came

    def calendar(self) -> tuple[set[str], str]:
        """What both subscribers show, and whether there was anything new to the one who asks for that."""
        is_new = self.careful.poll()
        self.plain.poll()
        assert self.careful.events == self.plain.events
        assert not self.careful.poll()
        return {_line(event) for event in self.plain.events.values()}, NEW if is_new else NOTHING_NEW

    def own_calendar(self) -> set[str]:
        return {_line(event) for event in self.own.values()}


def _line(event: Seen) -> str:
    starts = f"{event.starts:%d.%m. %H.%M}Z" if isinstance(event.starts, datetime) else f"{event.starts:%d.%m.}"
    return " | ".join(filter(None, [event.title, starts, event.place, event.status]))


@pytest.fixture
def year(sink):
    with time_machine.travel(JANUARY, tick=False) as clock:
        yield Year(clock, sink)


def test_a_year_of_one_course(year):
    there = VenueFactory(name="KL", street="", postcode="", city="København")
    offer = OfferPageFactory(title="Forløb")
    mayor = mayor_of("Fanø", person__email=MAYOR)
    secretary = secretary_of(mayor, email=SECRETARY)

    # It is published, five days before the clocks go forward.
    day = date(2027, 3, 24)
    course = SessionPageFactory(parent=offer, title="Lederskab", venue=None, starts_on=day, ends_on=day, **TIMES)
    assert year.calendar() == ({"Lederskab | 24.03. 09.00Z | CONFIRMED"}, NEW)
    assert year.mails() == []

    # It is booked.
    year.pass_time(JANUARY + timedelta(days=1))
    booking = book(course, participant=mayor, booker=secretary)
    assert year.mails() == ["Tilmeldt: Lederskab, onsdag den 24. marts 2027"]
    assert year.calendar() == ({"Lederskab | 24.03. 09.00Z | CONFIRMED"}, NOTHING_NEW)

    # It is moved over the change of clocks: the same hour in Denmark is another one in the world.
    year.pass_time(JANUARY + timedelta(days=10))
    publish(course, starts_on=date(2027, 3, 31), ends_on=date(2027, 3, 31))
    assert year.mails() == ["Ny tid: Lederskab, onsdag den 31. marts 2027"]
    assert year.calendar() == ({"Lederskab | 31.03. 08.00Z | CONFIRMED"}, NEW)
    assert year.own_calendar() == {"Lederskab | 31.03. 08.00Z | CONFIRMED"}

    # Its place becomes known.
    publish(course, venue=there)
    assert year.mails() == ["Sted: Lederskab, onsdag den 31. marts 2027"]
    assert year.calendar() == ({"Lederskab | 31.03. 08.00Z | KL, København | CONFIRMED"}, NEW)

    # A programme appears.
    publish(course, programme=as_stream(PROGRAMME))
    assert year.mails() == ["Program: Lederskab, onsdag den 31. marts 2027"]
    assert year.calendar() == ({"Lederskab | 31.03. 08.00Z | KL, København | CONFIRMED"}, NOTHING_NEW)

    # Slugs and titles change.
    publish(course, slug="et-andet-sted")
    publish(course, intro="En anden indledning")
    assert (year.mails(), year.calendar()[-1]) == ([], NOTHING_NEW)
    publish(course, title="Lederskab i praksis")
    assert year.mails() == []
    assert year.calendar() == ({"Lederskab i praksis | 31.03. 08.00Z | KL, København | CONFIRMED"}, NEW)

    # Autosaves rain.
    draft = SessionPage.objects.get(pk=course.pk)
    revision = draft.save_revision()
    for number in range(5):
        draft.title, draft.ends_on = f"Kladde {number}", date(2027, 4, 1 + number)
        draft.save_revision(overwrite_revision=revision)
    assert (year.mails(), year.calendar()[-1]) == ([], NOTHING_NEW)

    # Another is timed, and goes live in its time.
    autumn = date(2027, 9, 8)
    second = SessionPageFactory(
        parent=offer, title="Økonomi", venue=there, starts_on=autumn, ends_on=autumn, published=False, **TIMES
    )
    second.go_live_at = datetime(2027, 2, 1, 7, tzinfo=UTC)
    second.save_revision().publish()
    year.pass_time(datetime(2027, 1, 31, 12, tzinfo=UTC))
    assert (year.mails(), year.calendar()[-1]) == ([], NOTHING_NEW)
    year.pass_time(datetime(2027, 2, 1, 8, tzinfo=UTC))
    assert year.mails() == []
    course_line = "Lederskab i praksis | 31.03. 08.00Z | KL, København | CONFIRMED"
    assert year.calendar() == ({course_line, "Økonomi | 08.09. 08.00Z | KL, København | CONFIRMED"}, NEW)

    # The seat is given up and taken again: nothing to the world, and right in the mayor's own calendar.
    cancel_booking(booking, by=None, now=datetime(2027, 2, 2, 8, tzinfo=UTC))
    assert year.mails() == ["Frameldt: Lederskab i praksis, onsdag den 31. marts 2027"]
    assert year.own_calendar() == {"Frameldt: Lederskab i praksis | 31.03. 08.00Z | KL, København | CANCELLED"}
    book(course, participant=mayor, booker=secretary)
    assert year.mails() == ["Tilmeldt: Lederskab i praksis, onsdag den 31. marts 2027"]
    assert year.own_calendar() == {course_line}
    assert year.calendar()[-1] == NOTHING_NEW

    # Reminders, a week before and the day before, and never again.
    for hours in range(0, 9 * 24, 12):
        year.pass_time(datetime(2027, 3, 23, 7, tzinfo=UTC) + timedelta(hours=hours))
    assert year.mails() == ["Påmindelse: Lederskab i praksis, onsdag den 31. marts 2027"] * 2
    assert year.calendar()[-1] == NOTHING_NEW

    # The second is booked, taken off the site by mistake, and put back.
    book(second, participant=mayor, booker=secretary)
    assert year.mails() == ["Tilmeldt: Økonomi, onsdag den 8. september 2027"]
    SessionPage.objects.get(pk=second.pk).unpublish()
    assert year.calendar() == ({course_line, "Aflyst: Økonomi | 08.09. 08.00Z | KL, København | CANCELLED"}, NEW)
    publish(second)
    assert year.calendar() == ({course_line, "Økonomi | 08.09. 08.00Z | KL, København | CONFIRMED"}, NEW)
    assert year.mails() == []

    # It loses its date, and gets another.
    publish(second, when_text="september/oktober 2027", **UNDATED)
    assert year.mails() == ["Udsat: Økonomi"]
    assert year.calendar() == ({course_line, "Udsat: Økonomi | 08.09. 08.00Z | KL, København | CANCELLED"}, NEW)
    assert year.own_calendar() == {course_line, "Udsat: Økonomi | 08.09. 08.00Z | KL, København | CANCELLED"}
    publish(second, when_text="", starts_on=date(2027, 11, 3), ends_on=date(2027, 11, 3), **TIMES)
    assert year.mails() == ["Ny tid: Økonomi, onsdag den 3. november 2027"]
    assert year.calendar() == ({course_line, "Økonomi | 03.11. 09.00Z | KL, København | CONFIRMED"}, NEW)

    # It is called off for good.
    cancel_session(second, by=None, now=datetime.now(UTC))
    assert year.mails() == ["Aflyst: Økonomi, onsdag den 3. november 2027"]
    off = "Aflyst: Økonomi | 03.11. 09.00Z | KL, København | CANCELLED"
    assert year.calendar() == ({course_line, off}, NEW)
    assert year.own_calendar() == {course_line, off}

    # A third that nobody booked is deleted: it is struck out, and does not vanish.
    winter = date(2027, 12, 1)
    third = SessionPageFactory(
        parent=offer, title="Digitalisering", venue=there, starts_on=winter, ends_on=winter, **TIMES
    )
    year.calendar()
    SessionPage.objects.get(pk=third.pk).delete()
    gone = "Aflyst: Digitalisering | 01.12. 09.00Z | KL, København | CANCELLED"
    assert year.calendar() == ({gone, off, course_line}, NEW)

    # The year ends; nothing more is said.
    for week in range(30):
        year.pass_time(datetime(2027, 5, 1, 7, tzinfo=UTC) + timedelta(weeks=week))
    assert year.mails() == []
    assert year.calendar() == ({gone, off, course_line}, NOTHING_NEW)
    assert CalendarEntry.objects.count() == 3
