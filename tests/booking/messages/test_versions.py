"""The sequence of what is mailed to one reader: it rises with each file, whatever the session's own does."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from django.db import connection, transaction

from booking.messages.models import MailedVersion
from booking.messages.versions import next_versions
from booking.models import SessionPage
from booking.mypage.forget import forget_person
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from booking.signup.substitute import substitute
from tests.booking.calendars.readers import agreed
from tests.booking.messages.orders import NOW, book
from tests.factories import SessionPageFactory, mayor_of, secretary_of

pytestmark = pytest.mark.django_db(transaction=True)

SECRETARY, MAYOR = "sekretaer@example.org", "borgmester@example.org"


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW) as clock:
        yield clock


@pytest.fixture
def session() -> SessionPage:
    return SessionPageFactory(title="Lederskab")


def files(sink, recipient: str) -> list:
    """What the calendar files to one reader say, in the order they came."""
    parts = [part for mail in sink.to(recipient) for part in mail.iter_attachments()]
    return [agreed(part.get_payload(decode=True).decode())[0] for part in parts]


def move(session: SessionPage, day: date) -> None:
    page = SessionPage.objects.get(pk=session.pk)
    page.starts_on = page.ends_on = day
    page.save_revision().publish()


def test_a_seat_that_is_lost_and_regained_rises_with_every_file(session, sink):
    mayor = mayor_of("Fanø", person__email=MAYOR)
    secretary = secretary_of(mayor, email=SECRETARY)

    first = book(session, participant=mayor, booker=secretary)
    cancel_booking(first, by=None, now=NOW)
    book(session, participant=mayor, booker=secretary)

    for recipient in (SECRETARY, MAYOR):
        seen = files(sink, recipient)
        assert [one.sequence for one in seen] == [0, 1, 2]
        assert [one.status for one in seen] == ["CONFIRMED", "CANCELLED", "CONFIRMED"]
        assert len({one.uid for one in seen}) == 1
        assert seen[0].stamp < seen[1].stamp < seen[2].stamp


def test_the_session_s_own_count_is_taken_where_it_is_higher(session, sink):
    for day in (12, 19, 26):
        move(session, date(2027, 5, day))
    booking = book(session)
    move(session, date(2027, 6, 2))

    assert [one.sequence for one in files(sink, SECRETARY)] == [3, 4]
    cancel_booking(booking, by=None, now=NOW)
    assert [one.sequence for one in files(sink, SECRETARY)] == [3, 4, 5]
    move(session, date(2027, 6, 9))
    other = mayor_of("Samsø", person__email="samsoe@example.org")
    book(session, participant=other, booker=other, contact_email=SECRETARY)
    assert [one.sequence for one in files(sink, SECRETARY)] == [3, 4, 5, 6]


def test_each_reader_is_counted_alone(session, sink):
    book(session)
    other = mayor_of("Samsø", person__email="samsoe@example.org")
    book(session, participant=other, booker=other)

    assert [one.sequence for one in files(sink, "samsoe@example.org")] == [0]
    cancel_session(session, by=None, now=NOW)
    assert [one.sequence for one in files(sink, "samsoe@example.org")] == [0, 1]
    assert [one.sequence for one in files(sink, SECRETARY)] == [0, 1]


def test_whoever_passes_the_seat_on_and_gets_it_back_follows(session, sink):
    booking = book(session)
    mayor = booking.participant
    other = mayor_of("Samsø", person__email="samsoe@example.org")

    substitute(booking, participant=other, by=None, now=NOW)
    booking.refresh_from_db()
    substitute(booking, participant=mayor, by=None, now=NOW)

    assert [(one.sequence, one.status) for one in files(sink, MAYOR)] == [
        (0, "CONFIRMED"),
        (1, "CANCELLED"),
        (2, "CONFIRMED"),
    ]


def test_the_row_names_nobody_and_joins_nothing_up(session, sink):
    book(session)
    autumn = SessionPageFactory(starts_on=date(2027, 9, 1), ends_on=date(2027, 9, 1))
    other = mayor_of("Samsø", person__email="samsoe@example.org")
    book(autumn, participant=other, booker=other, contact_email=SECRETARY)

    digests = MailedVersion.objects.values_list("recipient_digest", flat=True)
    assert len(set(digests)) == len(digests) == 4


def test_whoever_is_forgotten_is_counted_no_more(session, sink):
    booking = book(session)

    forget_person(booking.participant, by=None, now=NOW + timedelta(days=400))

    assert MailedVersion.objects.count() == 1


def test_two_who_write_at_once_count_two(session):
    entry, start, found = session.calendar_entry, Barrier(2), []

    def count():
        start.wait()
        with transaction.atomic():
            [stamp] = next_versions(entry, [SECRETARY], at=NOW).values()
            found.append(stamp.sequence)
        connection.close()

    threads = [Thread(target=count) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(found) == [0, 1]
