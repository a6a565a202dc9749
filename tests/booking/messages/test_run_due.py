"""``manage.py run_due`` takes up whatever waits, says what it did, and can be run by several at once."""

import subprocess
import sys
from datetime import timedelta
from io import StringIO
from os import environ
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection

from booking.journal import record as journal
from booking.journal.models import FollowUp
from booking.models import Booking, CalendarEntry, Feed, OutboxMessage, SessionPage
from tests.booking.messages.orders import NOW, book
from tests.factories import SessionPageFactory

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW) as clock:
        yield clock


def run_due(**options) -> list[str]:
    out = StringIO()
    call_command("run_due", stdout=out, **options)
    return out.getvalue().splitlines()


def test_every_kind_says_what_it_did(transactional_db, sink):
    SessionPageFactory()

    lines = run_due()

    assert len(lines) == 11
    assert all(": " in line for line in lines)


def test_what_died_halfway_is_finished(transactional_db, sink, monkeypatch):
    """A booking whose process was killed right after the commit: no mail, and the feed not built."""
    monkeypatch.setattr(journal, "attempt", lambda follow_up_id: False)
    book(SessionPageFactory(title="Lederskab"))
    monkeypatch.undo()
    assert FollowUp.objects.filter(done_at=None).count() == 4
    assert not Feed.objects.exists()

    run_due()

    assert not FollowUp.objects.filter(done_at=None).exists()
    assert len(sink.mails) == 2
    assert "SUMMARY:Lederskab" in Feed.objects.get().body


def test_what_no_signal_told_is_found(transactional_db):
    session = SessionPageFactory()
    SessionPage.objects.filter(pk=session.pk).update(title="Ny titel")

    run_due()

    assert CalendarEntry.objects.get().sequence == 1
    assert "SUMMARY:Ny titel" in Feed.objects.get().body


def test_pages_that_are_timed_are_published(transactional_db, now):
    session = SessionPageFactory(published=False, go_live_at=NOW + timedelta(days=1))
    session.save_revision().publish()

    now.shift(timedelta(days=2))
    run_due()

    session.refresh_from_db()
    assert session.live
    assert "BEGIN:VEVENT" in Feed.objects.get().body


def test_a_failure_stops_nothing_else_but_is_an_error(transactional_db, sink, monkeypatch):
    def closed(fact):
        raise RuntimeError("the room is closed")

    with monkeypatch.context() as patch:
        patch.setattr(journal, "_followers", {"calendars": (frozenset(["session_shown"]), closed)})
        session = SessionPageFactory(title="Lederskab")
    with monkeypatch.context() as patch:
        patch.setattr(journal, "_followers", {"calendars": (frozenset(["session_shown"]), closed)})
        out = StringIO()

        with pytest.raises(CommandError):
            call_command("run_due", at=(NOW + timedelta(hours=1)).isoformat(), stdout=out)

    assert len(out.getvalue().splitlines()) == 11
    assert session.title in Feed.objects.get().body  # the calendar looks for itself


def test_a_kind_that_breaks_down_stops_nothing_else(transactional_db, monkeypatch):
    SessionPageFactory(title="Lederskab")
    Feed.objects.all().delete()

    def broken(now):
        raise RuntimeError("broken")

    monkeypatch.setattr(journal, "catch_up", broken)
    out = StringIO()

    with pytest.raises(CommandError):
        call_command("run_due", stdout=out)

    assert len(out.getvalue().splitlines()) == 11
    assert "Lederskab" in Feed.objects.get().body


def test_mail_that_cannot_leave_is_an_error(transactional_db, post_office):
    post_office.close()
    book(SessionPageFactory())

    with pytest.raises(CommandError):
        run_due(at=(NOW + timedelta(minutes=5)).isoformat())


@pytest.mark.parametrize("at", ["2027-01-04T10:02:00+01:00", "2027-01-04T10:02:00", "2027-01-04 09:02Z"])
def test_it_can_be_told_what_time_it_is(transactional_db, post_office, at):
    post_office.close()
    book(SessionPageFactory())
    post_office.open()

    run_due(at=at)

    assert OutboxMessage.objects.filter(sent_at=None).count() == 0


@pytest.mark.parametrize("at", ["i morgen", "2027-13-45T00:00"])
def test_a_time_that_is_none_is_refused(db, at):
    with pytest.raises(CommandError):
        run_due(at=at)


def test_diet_and_room_are_forgotten_in_time(transactional_db):
    booking = book(SessionPageFactory())
    Booking.objects.update(diet="vegetar")

    run_due(at="2027-06-01T12:00:00+02:00")

    booking.refresh_from_db()
    assert booking.diet == ""


def test_several_at_once_do_everything_once(transactional_db, sink, settings, monkeypatch):
    monkeypatch.setattr(journal, "attempt", lambda follow_up_id: False)
    for name in ("Første", "Anden", "Tredje"):
        SessionPageFactory(title=name)
    book(SessionPageFactory(title="Fjerde"))
    monkeypatch.undo()
    code = f"""
import sys
import django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = {str(connection.settings_dict["NAME"])!r}
settings.EMAIL_BACKEND = "booking.smtp.EmailBackend"
settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", {settings.EMAIL_PORT}
django.setup()
import time_machine
time_machine.travel({(NOW + timedelta(minutes=1)).isoformat()!r}).start()
from django.core.management import call_command
from booking.messages import deliver
deliver.TIMEOUT = 120  # a busy machine is no mail server that fails
print("ready", flush=True)
sys.stdin.readline()
call_command("run_due")
"""
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=environ | {"DJANGO_SETTINGS_MODULE": "cms.settings.test"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _number in range(3)
    ]
    for run in runs:
        while (said := run.stdout.readline()) != "ready\n":  # a library may have something to say first
            assert said, "it ended before it began"
    for run in runs:
        run.stdin.write("go\n")
        run.stdin.flush()
    # Long enough for a machine that has much else to do; what counts is what they did, not how soon.
    said = [run.communicate(timeout=600)[0] for run in runs]

    assert [run.returncode for run in runs] == [0, 0, 0], said
    assert not FollowUp.objects.filter(done_at=None).exists()
    assert len(sink.mails) == 2
    assert Feed.objects.get().body.count("BEGIN:VEVENT") == 4
