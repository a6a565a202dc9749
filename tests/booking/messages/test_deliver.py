"""Mail leaves after the commit, once, and survives whatever the mail server does."""

import os
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection, connections
from django.utils import timezone

from booking.journal.record import record
from booking.messages.deliver import LEASE, deliver, deliver_due
from booking.messages.models import OutboxMessage
from booking.signup.cancel import cancel_booking
from tests.booking.messages.orders import NOW, book
from tests.factories import SessionPageFactory, UserFactory

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW) as clock:
        yield clock


def write(count: int = 1, *, subject: str = "Tilmeldt", **fields) -> list[OutboxMessage]:
    """So many messages that wait to be sent."""
    fact = record("rang", UserFactory(), at=NOW)
    return [
        OutboxMessage.objects.create(
            fact=fact,
            kind="booked",
            recipient=f"modtager{number}@example.org",
            subject=subject,
            text="Kære modtager",
            html="<p>Kære modtager</p>",
            message_id=f"<{fact.pk}-{number}@example.org>",
            created_at=NOW,
            not_before=NOW,
            **fields,
        )
        for number in range(count)
    ]


def test_a_message_is_sent_once(transactional_db, sink):
    [message] = write()

    assert deliver(message.pk, now=NOW) is True
    assert deliver(message.pk, now=NOW) is None
    assert deliver_due(NOW + timedelta(days=1)) == (0, 0)

    message.refresh_from_db()
    assert len(sink.mails) == 1
    assert (message.sent_at, message.attempts, message.error, message.claimed_until) == (NOW, 1, "", None)


@pytest.mark.parametrize(
    "subject",
    [
        "Tilmeldt: Lørdagsmøde, lørdag den 30. oktober 2027",
        "Aflyst: " + "Ærø og Ålborg – blåbærgrød; " * 6 + "slut",
        "Program: A course with a title that is longer than any line of a mail may be, and in plain letters",
        "🎉" * 40,
        "Møde",
        "Tilmeldt",
    ],
    ids=["danish", "long danish", "long", "emoji", "short danish", "short"],
)
def test_a_subject_begins_on_the_line_that_says_it_is_one(transactional_db, sink, subject):
    """Elsewhere it is read with a space before it, or not at all."""
    [message] = write(subject=subject)

    deliver(message.pk, now=NOW)

    [mail], [raw] = sink.mails, sink.raw
    assert mail["Subject"] == subject
    assert max(len(line) for line in raw.split(b"\r\n\r\n")[0].split(b"\r\n")) <= 78


def test_a_dead_mail_server_does_not_reach_the_booker(transactional_db, post_office):
    post_office.close()

    booking = book(SessionPageFactory())

    assert booking.holds_a_seat
    assert set(OutboxMessage.objects.values_list("attempts", "sent_at", "error")) == {
        (1, None, "ConnectionRefusedError")
    }


def test_what_a_dead_mail_server_did_not_take_goes_when_it_is_back(transactional_db, post_office):
    post_office.close()
    book(SessionPageFactory())
    assert deliver_due(NOW + timedelta(seconds=30)) == (0, 0)
    assert deliver_due(NOW + timedelta(minutes=2)) == (0, 2)

    post_office.open()
    assert deliver_due(NOW + timedelta(minutes=3)) == (0, 0)
    assert deliver_due(NOW + timedelta(minutes=10)) == (2, 0)
    assert deliver_due(NOW + timedelta(days=10)) == (0, 0)

    assert len(post_office.sink.mails) == 2
    assert set(OutboxMessage.objects.values_list("error", flat=True)) == {""}


def test_patience_grows_for_a_server_that_is_down(transactional_db, post_office):
    post_office.close()
    [message] = write()
    moment, waits = NOW, []

    for _number in range(8):
        assert deliver(message.pk, now=moment) is False
        message.refresh_from_db()
        waits.append((message.not_before - moment) // timedelta(minutes=1))
        moment = message.not_before

    assert waits == [1, 5, 15, 60, 240, 240, 240, 240]
    assert message.failed_at is None


def test_a_recipient_refused_for_good_is_given_up_and_stays_to_be_seen(transactional_db, sink):
    [message] = write()
    sink.refusals[message.recipient] = "550 5.1.1 modtager0@example.org: no such user"
    moment = NOW

    for _number in range(3):
        assert deliver(message.pk, now=moment) is False
        moment += timedelta(days=1)

    assert deliver(message.pk, now=moment) is None
    message.refresh_from_db()
    assert (message.sent_at, message.failed_at, message.attempts) == (None, NOW + timedelta(days=2), 3)
    assert message.error == "SMTPRecipientsRefused 550"


def test_a_message_refused_for_good_is_given_up(transactional_db, sink):
    [message] = write()
    sink.data_answer = "554 5.7.1 looks like spam from modtager0@example.org"

    for number in range(3):
        deliver(message.pk, now=NOW + timedelta(days=number))

    message.refresh_from_db()
    assert message.failed_at is not None
    assert message.error == "SMTPDataError 554"


@pytest.mark.parametrize("answer", ["451 4.3.0 try again later", "452 4.2.2 mailbox full"])
def test_a_recipient_refused_for_now_is_tried_again(transactional_db, sink, answer):
    [message] = write()
    sink.refusals[message.recipient] = answer
    for number in range(5):
        assert deliver(message.pk, now=NOW + timedelta(days=number)) is False

    sink.refusals.clear()

    assert deliver(message.pk, now=NOW + timedelta(days=6)) is True


def test_one_refused_recipient_does_not_keep_the_others_from_theirs(transactional_db, sink):
    messages = write(3)
    sink.refusals[messages[0].recipient] = "550 no"

    assert deliver_due(NOW) == (2, 1)
    assert [mail["To"] for mail in sink.mails] == [message.recipient for message in messages[1:]]


def test_what_is_noted_and_logged_names_nobody(transactional_db, sink, caplog):
    [message] = write()
    sink.refusals[message.recipient] = f"550 5.1.1 <{message.recipient}>: no such user"

    deliver(message.pk, now=NOW)

    message.refresh_from_db()
    assert "example.org" not in message.error
    assert "example.org" not in caplog.text


def test_an_address_that_is_none_is_no_accident(transactional_db, sink):
    [message] = write()
    OutboxMessage.objects.update(recipient="Borgmester <\nBcc: x@example.org>")

    assert deliver(message.pk, now=NOW) is False
    assert sink.mails == []


def test_a_message_in_anothers_hands_is_left_until_the_lease_runs_out(transactional_db, sink, now):
    """The other may have died between the server's yes and its own note: the same Message-ID goes again."""
    [message] = write(claimed_until=NOW + LEASE, attempts=1)

    assert deliver(message.pk, now=NOW) is None
    assert deliver_due(NOW + timedelta(days=1)) == (0, 0)  # whatever time run_due is told it is
    now.move_to(NOW + LEASE - timedelta(seconds=1), tick=False)
    assert deliver_due(timezone.now()) == (0, 0)
    now.move_to(NOW + LEASE, tick=False)
    assert deliver_due(timezone.now()) == (1, 0)

    assert [mail["Message-ID"] for mail in sink.mails] == [message.message_id]


def test_a_death_between_the_servers_yes_and_our_note_repeats_the_same_message(transactional_db, sink, settings, now):
    """A process of its own sends the message and is killed as soon as the server has said yes."""
    [message] = write()
    code = f"""
import os, smtplib
import django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = {str(connection.settings_dict["NAME"])!r}
settings.EMAIL_BACKEND = "booking.smtp.EmailBackend"
settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", {settings.EMAIL_PORT}
django.setup()
import time_machine
from datetime import datetime
time_machine.travel({NOW.isoformat()!r}).start()
from booking.messages.deliver import deliver
sendmail = smtplib.SMTP.sendmail
def die_after(self, *args, **kwargs):
    sendmail(self, *args, **kwargs)
    os._exit(9)
smtplib.SMTP.sendmail = die_after
deliver({message.pk}, now=datetime.fromisoformat({NOW.isoformat()!r}))
"""
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "cms.settings.test"},
        timeout=60,
        check=False,
    )
    assert ended.returncode == 9
    message.refresh_from_db()
    assert (message.sent_at, message.attempts) == (None, 1)

    now.move_to(NOW + timedelta(minutes=1))
    assert deliver_due(timezone.now()) == (0, 0)
    now.move_to(NOW + LEASE + timedelta(minutes=1))
    assert deliver_due(timezone.now()) == (1, 0)
    assert deliver_due(timezone.now() + timedelta(days=1)) == (0, 0)

    assert [mail["Message-ID"] for mail in sink.mails] == [message.message_id] * 2


def test_parallel_senders_send_everything_once(transactional_db, sink):
    messages = write(6)
    barrier, results = Barrier(4), []

    def run():
        try:
            barrier.wait()
            results.append(deliver_due(NOW))
        finally:
            connections.close_all()

    threads = [Thread(target=run) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert sorted(mail["To"] for mail in sink.mails) == [message.recipient for message in messages]
    assert sum(sent for sent, _failed in results) == 6
    assert set(OutboxMessage.objects.values_list("attempts", flat=True)) == {1}


def test_parallel_processes_send_everything_once(transactional_db, sink, settings):
    write(8)
    code = f"""
import sys
import django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = {str(connection.settings_dict["NAME"])!r}
settings.EMAIL_BACKEND = "booking.smtp.EmailBackend"
settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", {settings.EMAIL_PORT}
django.setup()
import time_machine
from datetime import datetime
time_machine.travel({NOW.isoformat()!r}).start()
from booking.messages.deliver import deliver_due
print("ready", flush=True)
sys.stdin.readline()
deliver_due(datetime.fromisoformat({NOW.isoformat()!r}))
"""
    senders = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "cms.settings.test"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _number in range(2)
    ]
    for sender in senders:
        assert sender.stdout.readline() == "ready\n"
    for sender in senders:
        sender.stdin.write("go\n")
        sender.stdin.flush()
    for sender in senders:
        sender.communicate(timeout=60)

    assert [sender.returncode for sender in senders] == [0, 0]
    assert len(sink.mails) == 8
    assert set(OutboxMessage.objects.values_list("attempts", flat=True)) == {1}


def test_nobody_reads_that_they_are_signed_up_after_they_have_read_that_they_are_not(transactional_db, post_office):
    post_office.close()
    booking = book(SessionPageFactory(), contact_email="borgmester@example.org")
    post_office.open()

    cancel_booking(booking, by=None, now=NOW)  # its mail could leave at once, the first must wait a minute

    assert post_office.sink.mails == []
    assert deliver_due(NOW + timedelta(minutes=2)) == (2, 0)
    assert [row.kind for row in OutboxMessage.objects.order_by("pk")] == ["booked", "cancelled"]
    assert [mail["Message-ID"] for mail in post_office.sink.mails] == list(
        OutboxMessage.objects.order_by("pk").values_list("message_id", flat=True)
    )


def test_a_message_given_up_does_not_hold_back_the_next(transactional_db, sink):
    booking = book(SessionPageFactory())
    OutboxMessage.objects.update(sent_at=None, failed_at=NOW)
    sink.mails.clear()

    cancel_booking(booking, by=None, now=NOW)

    assert len(sink.mails) == 2


def test_a_worker_sends_what_was_put_in_its_queue(transactional_db, sink, settings):
    """As in production: the request only queues, and leaves the mail server alone."""
    settings.TASKS = {**settings.TASKS, "mail": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

    book(SessionPageFactory())
    assert sink.mails == []

    call_command("db_worker", "--backend=mail", "--batch", "--no-startup-delay", "--interval=0", verbosity=0)

    assert len(sink.mails) == 2


def test_a_slow_mail_server_is_not_waited_for_for_ever(transactional_db, settings, monkeypatch):
    monkeypatch.setattr("booking.messages.deliver.TIMEOUT", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        settings.EMAIL_BACKEND = "booking.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = silent.getsockname()
        [message] = write()

        assert deliver(message.pk, now=NOW) is False

    message.refresh_from_db()
    assert message.error == "SMTPServerDisconnected"
