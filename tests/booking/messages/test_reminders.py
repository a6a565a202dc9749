"""Reminders, a week and a day before: each once, for the day that holds, and to those it is news to."""

from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from io import StringIO
from threading import Barrier, Thread

import pytest
import time_machine
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from booking.messages.deliver import deliver_due
from booking.messages.models import MailText, OutboxMessage
from booking.messages.reminders import remind_due
from booking.messages.reminders_wanted import wanted_by
from booking.models import SessionPage
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from tests.booking.messages.orders import NOW, book
from tests.booking.messages.test_changes import line, publish, subject, words
from tests.factories import OfferPageFactory, SessionPageFactory, VenueFactory, mayor_of

pytestmark = pytest.mark.django_db(transaction=True)

turned_off_earlier = import_module("booking.migrations.0061_reminders_turned_off_earlier")

SECRETARY, MAYOR = "sekretaer@example.org", "borgmester@example.org"
#: The session is held on 5 May 2027, and Danish summer time is two hours ahead of UTC.
A_WEEK_BEFORE, THE_DAY_BEFORE = datetime(2027, 4, 28, 6, tzinfo=UTC), datetime(2027, 5, 4, 6, tzinfo=UTC)


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def session() -> SessionPage:
    return SessionPageFactory(title="Lederskab", venue=VenueFactory())


def reminders() -> list[tuple[str, str]]:
    written = OutboxMessage.objects.filter(kind="reminder").order_by("pk")
    return [(message.fact.details["mail"], message.recipient) for message in written]


def remind(now, *moments: datetime) -> None:
    for moment in moments:
        now.move_to(moment)
        remind_due(moment)


def test_everybody_behind_a_seat_is_reminded_a_week_and_a_day_before_and_not_again(session, now):
    book(session)

    remind(now, A_WEEK_BEFORE - timedelta(minutes=1))
    assert reminders() == []
    remind(now, A_WEEK_BEFORE, A_WEEK_BEFORE + timedelta(minutes=1), A_WEEK_BEFORE + timedelta(days=1))
    assert reminders() == [("reminder_week", SECRETARY), ("reminder_week", MAYOR)]
    remind(now, THE_DAY_BEFORE, THE_DAY_BEFORE + timedelta(hours=3))
    assert reminders()[2:] == [("reminder_day", SECRETARY), ("reminder_day", MAYOR)]
    remind(now, datetime(2027, 5, 5, 8, tzinfo=UTC), datetime(2027, 5, 6, 8, tzinfo=UTC))
    assert len(reminders()) == 4


def test_a_reminder_says_when_and_where(session, sink, now):
    book(session)
    sink.mails.clear()

    now.move_to(A_WEEK_BEFORE)
    call_command("run_due", stdout=StringIO())

    [mail] = sink.to(MAYOR)
    assert subject(mail) == "Påmindelse: Lederskab, onsdag den 5. maj 2027"
    assert line(mail, "Hvornår") == "Onsdag den 5. maj 2027 kl. 10.00-18.00"
    assert line(mail, "Hvor") == "Campus Carlsberg, Humletorvet 3, 1799 København V"
    assert mail["Reply-To"] == "borgmestertilbud@example.org"
    assert not list(mail.iter_attachments())


def test_the_link_goes_to_those_who_may_have_it(sink, now):
    session = SessionPageFactory(kind="online", own_net=0, join_link="https://moede.example.org/1")
    book(session, contact_email="kontor@example.org")
    sink.mails.clear()

    remind(now, A_WEEK_BEFORE)
    deliver_due(A_WEEK_BEFORE)

    assert "https://moede.example.org/1" in words(sink.to(MAYOR)[0])
    assert "https://moede.example.org/1" not in words(sink.to("kontor@example.org")[0])


def test_whoever_signs_up_within_the_week_is_not_reminded_of_it(session, now):
    now.move_to(A_WEEK_BEFORE + timedelta(hours=1))
    book(session)
    booking = session.bookings.get()
    booking.booked_at = A_WEEK_BEFORE + timedelta(hours=1)
    booking.save()

    remind(now, A_WEEK_BEFORE + timedelta(hours=2))
    assert reminders() == []
    remind(now, THE_DAY_BEFORE)
    assert {kind for kind, _to in reminders()} == {"reminder_day"}


def test_a_session_that_moves_is_reminded_of_for_its_new_day(session, now):
    book(session)
    remind(now, A_WEEK_BEFORE)

    publish(session, starts_on=date(2027, 6, 9), ends_on=date(2027, 6, 9))
    remind(now, THE_DAY_BEFORE)
    assert {kind for kind, _to in reminders()} == {"reminder_week"}
    remind(now, datetime(2027, 6, 2, 6, tzinfo=UTC))

    assert [kind for kind, to in reminders() if to == MAYOR] == ["reminder_week", "reminder_week"]


def test_a_move_into_the_week_is_told_and_not_reminded_of(session, now):
    book(session)
    now.move_to(datetime(2027, 4, 20, 6, tzinfo=UTC))

    publish(session, starts_on=date(2027, 4, 24), ends_on=date(2027, 4, 24))
    remind(now, datetime(2027, 4, 20, 7, tzinfo=UTC))

    assert reminders() == []


@pytest.mark.parametrize(
    "ends_it",
    [
        lambda booking: cancel_session(booking.session, by=None, now=NOW),
        lambda booking: SessionPage.objects.get(pk=booking.session_id).unpublish(),
        lambda booking: cancel_booking(booking, by=None, now=NOW),
        lambda booking: publish(
            booking.session, starts_time=None, ends_time=None, when_text="maj/juni 2027", ends_on=date(2027, 6, 30)
        ),
    ],
    ids=["called off", "off the site", "seat given up", "postponed"],
)
def test_nobody_is_reminded_of_what_will_not_be(session, now, ends_it):
    ends_it(book(session))

    remind(now, A_WEEK_BEFORE, THE_DAY_BEFORE)

    assert reminders() == []


ALL, WEEK, DAY, NONE = {"reminder_week", "reminder_day"}, {"reminder_week"}, {"reminder_day"}, set()


@pytest.mark.parametrize(
    ("turned_off", "offer", "own", "written"),
    [
        ([], "", "", ALL),
        (["reminder_week"], "", "", DAY),
        (["reminder_week", "reminder_day"], "", "", NONE),
        ([], "day", "", DAY),
        ([], "none", "", NONE),
        (["reminder_week", "reminder_day"], "week", "", WEEK),
        ([], "none", "both", ALL),
        ([], "both", "none", NONE),
        ([], "week", "day", DAY),
        (["reminder_day"], "none", "both", ALL),
    ],
)
def test_the_session_goes_before_its_offer_and_that_before_the_site(session, now, turned_off, offer, own, written):
    for kind in turned_off:
        MailText.objects.create(kind=kind, is_sent=False)
    set_on_offer(session, offer)
    publish(session, reminders=own)
    book(session)

    said = wanted_by([SessionPage.objects.get()])[session.pk]
    remind(now, A_WEEK_BEFORE, THE_DAY_BEFORE)

    assert {kind for kind, _to in reminders()} == said.kinds == written


def set_on_offer(session: SessionPage, choice: str) -> None:
    offer = session.get_parent().specific
    offer.session_reminders = choice
    offer.save_revision().publish()


def test_one_session_without_reminders_keeps_none_from_another(session, now):
    other = SessionPageFactory(title="Økonomi")
    samso = mayor_of("Samsø", person__email="samsoe@example.org")
    book(session)
    book(other, participant=samso, booker=samso)

    publish(session, reminders="none")
    remind(now, A_WEEK_BEFORE, THE_DAY_BEFORE)

    assert reminders() == [("reminder_week", "samsoe@example.org"), ("reminder_day", "samsoe@example.org")]


def test_a_draft_of_an_offer_changes_no_reminders(session, now):
    book(session)
    offer = session.get_parent().specific
    offer.session_reminders = "none"
    offer.save_revision()

    remind(now, A_WEEK_BEFORE)

    assert {kind for kind, _to in reminders()} == WEEK


def test_an_earlier_tick_that_was_removed_still_turns_them_off(session):
    """Migration 0061: the page itself is one line of SQL; a draft would bring them back when it is published."""
    revision = session.save_revision()
    revision.content = {name: value for name, value in revision.content.items() if name != "reminders"}
    revision.content["has_reminders"] = False
    revision.save()

    turned_off_earlier.keep_turned_off_in_drafts(apps)
    revision.refresh_from_db()
    revision.publish()

    assert SessionPage.objects.get().reminders == "none"


def test_a_late_run_makes_up_for_it_while_it_is_of_use(session, now):
    book(session)

    remind(now, A_WEEK_BEFORE + timedelta(days=4))
    assert reminders() == []
    remind(now, THE_DAY_BEFORE + timedelta(hours=20))

    assert {kind for kind, _to in reminders()} == {"reminder_day"}


def test_two_who_run_at_once_remind_once(session, now):
    book(session)
    now.move_to(A_WEEK_BEFORE)
    start, found = Barrier(2), []

    def run():
        try:
            start.wait()
            found.append(remind_due(A_WEEK_BEFORE))
        finally:
            connection.close()

    threads = [Thread(target=run) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert sorted(found) == [0, 2]
    assert len(reminders()) == 2


@pytest.mark.parametrize("sessions", [1, 8])
def test_looking_for_what_is_due_takes_the_same_questions_for_many(sessions, now, django_assert_num_queries):
    for _number in range(sessions):
        SessionPageFactory()

    with django_assert_num_queries(2):
        remind_due(A_WEEK_BEFORE - timedelta(hours=1))


@pytest.mark.parametrize("sessions", [1, 8])
def test_asking_whether_they_are_wanted_takes_the_same_questions_for_many(sessions, django_assert_num_queries):
    for _number in range(sessions):
        SessionPageFactory(parent=OfferPageFactory(session_reminders="day"))
    found = list(SessionPage.objects.all())

    with django_assert_num_queries(3):
        wanted = wanted_by(found)

    assert {one.words for one in wanted.values()} == {"Kun dagen før"}


def test_two_mayors_of_one_secretary_are_one_reminder(session, now):
    booking = book(session)
    other = mayor_of("Samsø", person__email="samsoe@example.org")
    book(session, participant=other, booker=other, contact_email=SECRETARY)

    remind(now, A_WEEK_BEFORE)

    assert [to for _kind, to in reminders()] == [SECRETARY, MAYOR, "samsoe@example.org"]
    [message] = OutboxMessage.objects.filter(kind="reminder", recipient=SECRETARY)
    assert booking.participant.name in message.text
    assert other.name in message.text
