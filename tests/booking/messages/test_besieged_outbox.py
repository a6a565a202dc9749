"""The outbox against mail servers that fail at every step, and senders that die: counted by what was given."""

import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
import time_machine
from django.core.mail import EmailMessage, get_connection
from django.db import connection
from django.utils import timezone

from booking.messages.again import try_again
from booking.messages.deliver import LEASE, SILENCES, deliver, deliver_due
from booking.messages.models import OutboxMessage
from tests.booking.messages.orders import NOW
from tests.booking.messages.rude import Rude, drip, drop, hang, reset
from tests.booking.messages.test_deliver import write

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW) as clock:
        yield clock


@pytest.fixture
def server(settings, caplog, monkeypatch):
    """A mail server that Django sends to. Whatever goes wrong with it, no address stands in the log."""
    monkeypatch.setattr("booking.messages.deliver.TIMEOUT", 60)  # a busy machine is no mail server that fails
    rude = Rude()
    settings.EMAIL_BACKEND = "booking.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = rude.server_address
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    Thread(target=rude.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield rude
    rude.shutdown()
    rude.server_close()
    assert "@" not in caplog.text


def until_settled(message: OutboxMessage) -> list[datetime]:
    """Try as often as the message is due; give the moments at which it was tried."""
    tries, moment = [], NOW
    while message.sent_at is None and message.failed_at is None:
        tries.append(moment)
        assert deliver(message.pk, now=moment) is not None
        message.refresh_from_db()
        moment = message.not_before
    return tries


# Once and only once


@pytest.mark.parametrize("does", [drop, reset, "421 closing", "451 not now", "554 never"])
@pytest.mark.parametrize("step", ["greeting", "MAIL", "RCPT", "DATA"])
def test_what_fails_before_the_mail_is_given_is_given_once(server, step, does):
    [message] = write()
    server.does[step] = does
    assert deliver(message.pk, now=NOW) is False
    server.does.clear()

    assert deliver_due(NOW + timedelta(minutes=1)) == (1, 0)

    assert server.message_ids == [message.message_id]
    assert deliver_due(NOW + timedelta(days=40)) == (0, 0)


@pytest.mark.parametrize("does", ["451 not now", "554 never"])
def test_a_mail_that_was_refused_at_its_end_comes_again_with_the_same_id(server, does):
    [message] = write()
    server.does["."] = does
    assert deliver(message.pk, now=NOW) is False
    server.does.clear()

    assert deliver_due(NOW + timedelta(minutes=1)) == (1, 0)

    assert server.message_ids == [message.message_id] * 2


@pytest.mark.parametrize("does", [drop, reset])
def test_a_mail_of_which_nobody_knows_whether_it_was_taken_comes_again_with_the_same_id(server, does):
    [message] = write()
    server.does["."] = does
    assert deliver(message.pk, now=NOW) is False
    server.does.clear()

    assert deliver_due(NOW + timedelta(minutes=1)) == (1, 0)
    assert deliver_due(NOW + timedelta(days=40)) == (0, 0)

    assert server.message_ids == [message.message_id] * 2


@pytest.mark.parametrize("does", [drop, reset, "421 closing", "221 " + "x" * 9000, "nonsense"])
def test_a_server_that_takes_its_leave_badly_has_the_mail_all_the_same(server, does):
    [message] = write()
    server.does["QUIT"] = does

    assert deliver(message.pk, now=NOW) is True

    message.refresh_from_db()
    assert (message.sent_at, message.error) == (NOW, "")
    assert deliver_due(NOW + timedelta(days=1)) == (0, 0)
    assert server.message_ids == [message.message_id]


def test_it_is_noted_as_sent_before_the_server_says_goodbye(server):
    """Whoever is killed while the server makes them wait for its goodbye has sent the mail."""
    [message] = write()
    noted = []

    def look(conversation):
        noted.append(OutboxMessage.objects.filter(sent_at__isnull=False).count())
        connection.close()
        drop(conversation)

    server.does["QUIT"] = look

    assert deliver(message.pk, now=NOW) is True
    assert noted == [1]


# Slow ones


def test_a_server_that_says_a_letter_at_a_time_does_not_hold_the_sender(server, monkeypatch):
    monkeypatch.setattr("booking.messages.deliver.TIMEOUT", 1)
    [message] = write()
    server.does["greeting"] = drip

    assert deliver(message.pk, now=NOW) is False

    message.refresh_from_db()
    assert message.error == "SMTPServerDisconnected"
    assert server.taken == []


def test_a_server_may_look_long_into_a_mail_that_it_then_takes(server):
    def look(conversation):
        conversation.connection.settimeout(6)
        with pytest.raises(TimeoutError):
            conversation.connection.recv(1)
        conversation.wfile.write(b"250 taken\r\n")

    server.does["."] = look
    mail = EmailMessage("Emne", "Tekst", "fra@example.org", ["til@example.org"])

    assert get_connection(timeout=5, patience=60).send_messages([mail]) == 1


# Encryption


@pytest.mark.parametrize(
    ("says", "error"),
    [
        ({}, "SMTPNotSupportedError"),
        ({"EHLO": "250-mail\r\n250 STARTTLS", "STARTTLS": "454 not now"}, "SMTPResponseException 454"),
        ({"EHLO": "250-mail\r\n250 STARTTLS", "STARTTLS": drop}, "SMTPServerDisconnected"),
        ({"EHLO": "250-mail\r\n250 STARTTLS", "STARTTLS": "220 go ahead\r\n250 in the clear"}, "SSLError"),
    ],
)
def test_what_can_not_be_encrypted_is_not_sent_in_the_clear(server, settings, says, error):
    settings.EMAIL_USE_TLS = True
    [message] = write()
    server.does |= says

    assert deliver(message.pk, now=NOW) is False

    message.refresh_from_db()
    assert message.error == error
    assert not {"MAIL", "RCPT", "DATA"} & set(server.heard)


# Nothing for ever


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "."])
def test_what_is_refused_for_now_for_ever_is_given_up_after_five_days_and_staff_see_it(server, step):
    [message] = write()
    server.does[step] = "451 not now"

    tries = until_settled(message)

    assert message.sent_at is None
    assert timedelta(days=5) <= message.failed_at - NOW <= timedelta(days=5, hours=4)
    assert len(tries) == 4 + 31  # after 1, 5, 15 and 60 minutes, then every four hours
    assert message.error.endswith(" 451")


@pytest.mark.parametrize(("step", "tries"), [("RCPT", 3), ("DATA", 3), (".", 3)])
def test_what_is_refused_for_good_is_given_up_at_the_third_time(server, step, tries):
    [message] = write()
    server.does[step] = "550 never"

    assert len(until_settled(message)) == tries


def test_a_server_that_is_not_there_for_thirty_days_has_missed_it(server):
    [message] = write()
    server.does["greeting"] = "421 closed"

    tries = until_settled(message)

    assert timedelta(days=30) <= message.failed_at - NOW <= timedelta(days=30, hours=4)
    assert len(tries) == 4 + 181


def test_whom_staff_have_tried_again_has_the_patience_of_a_new_one(server):
    [message] = write()
    server.does["RCPT"] = "451 not now"
    until_settled(message)
    later = message.failed_at + timedelta(days=2)

    try_again(message, now=later)
    assert deliver(message.pk, now=later + timedelta(days=4)) is False
    message.refresh_from_db()
    assert message.failed_at is None
    server.does.clear()

    assert deliver_due(later + timedelta(days=5)) == (1, 0)
    assert server.message_ids == [message.message_id]


def test_whoever_finds_nobody_to_talk_to_three_times_leaves_the_rest_for_the_next_run(server):
    write(SILENCES + 3)
    server.does["greeting"] = drop

    assert deliver_due(NOW) == (0, SILENCES)
    server.does.clear()

    assert deliver_due(NOW) == (3, 0)


def test_a_message_without_a_recipient_is_not_taken_for_sent(server):
    [message] = write()
    OutboxMessage.objects.update(recipient="")

    assert deliver(message.pk, now=NOW) is False

    message.refresh_from_db()
    assert (message.sent_at, message.error) == (None, "NobodyToSendTo")


# Deaths

SENDER = """
import django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = {database!r}
settings.EMAIL_BACKEND = "booking.smtp.EmailBackend"
settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", {port}
django.setup()
import time_machine
from datetime import datetime
time_machine.travel({now!r}).start()
from booking.messages import deliver
deliver.TIMEOUT = 120
deliver.deliver({pk}, now=datetime.fromisoformat({now!r}))
"""


@pytest.mark.parametrize(("step", "given"), [("greeting", 0), ("RCPT", 0), (".", 1), ("QUIT", 1)])
def test_a_sender_that_is_killed_at_any_step_leaves_it_to_the_next(server, now, step, given):
    [message] = write()
    server.does[step] = hang
    names = {
        "database": str(connection.settings_dict["NAME"]),
        "port": server.server_address[1],
        "now": NOW.isoformat(),
        "pk": message.pk,
    }
    sender = subprocess.Popen(
        [sys.executable, "-c", SENDER.format(**names)],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "cms.settings.test"},
    )
    assert server.reached.wait(timeout=120)
    sender.kill()
    sender.wait()
    server.does.clear()
    assert len(server.taken) == given

    now.move_to(NOW + timedelta(minutes=1))
    assert deliver_due(timezone.now()) == (0, 0)
    now.move_to(NOW + LEASE + timedelta(minutes=1))
    sent, failed = deliver_due(timezone.now())

    assert (sent, failed) == (0 if step == "QUIT" else 1, 0)
    assert server.message_ids == [message.message_id] * (2 if step == "." else 1)
    assert OutboxMessage.objects.get().sent_at is not None


def test_a_message_that_its_senders_die_of_is_held_longer_each_time_and_given_up(server, now):
    [message] = write(attempts=6, claimed_until=NOW)
    server.does["MAIL"] = drop
    later = NOW + timedelta(seconds=1)
    now.move_to(later)
    seen = []

    def look(conversation):
        seen.append(OutboxMessage.objects.get().claimed_until - later)
        connection.close()
        drop(conversation)

    server.does["greeting"] = look
    assert deliver(message.pk, now=later) is False
    assert seen[0] >= timedelta(hours=4)

    OutboxMessage.objects.update(claimed_until=NOW, created_at=NOW - timedelta(days=30), not_before=NOW)
    assert deliver(message.pk, now=later) is None

    message.refresh_from_db()
    assert (message.failed_at, message.error, message.claimed_until) == (later, "Interrupted", None)


def test_whoever_was_stopped_for_longer_than_the_lease_takes_nothing_from_the_next(server):
    [message] = write()
    anothers = NOW + timedelta(hours=1)

    def be_overtaken(conversation):
        OutboxMessage.objects.update(claimed_until=anothers, attempts=2)
        connection.close()
        drop(conversation)

    server.does["RCPT"] = be_overtaken
    assert deliver(message.pk, now=NOW) is False

    message.refresh_from_db()
    assert (message.claimed_until, message.attempts, message.error) == (anothers, 2, "")
