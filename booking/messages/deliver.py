"""Sending what lies in the outbox, over SMTP and outside any transaction."""

import logging
from contextlib import suppress
from datetime import datetime, timedelta
from email.mime.text import MIMEText
from enum import Enum
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPResponseException, SMTPSenderRefused

from django.conf import settings
from django.core.mail import get_connection
from django.db import transaction
from django.utils import timezone
from django_tasks import task

from booking.mail import Mail
from booking.messages.models import OutboxMessage

logger = logging.getLogger(__name__)

#: How long a message is in one sender's hands: longer than any conversation with a mail server takes (booking.smtp).
LEASE = timedelta(minutes=15)

#: Seconds to wait for each answer of the mail server.
TIMEOUT = 10

#: Seconds that it may look into a mail it has been given. One that is sent again meanwhile arrives twice.
LOOK = 300

#: Minutes before the next try, by the number of tries so far; the last one repeats.
PATIENCE = (1, 5, 15, 60, 240)

#: So often may a mail server refuse a message for good before we believe it.
REFUSALS = 3

#: How long we go on with a message that a mail server refuses for now, and with one that no server takes up.
REFUSED_FOR = timedelta(days=5)
UNANSWERED_FOR = timedelta(days=30)

#: So many in a row that no server takes up, and the rest wait for the next run.
SILENCES = 3


class NobodyToSendTo(Exception):
    """The message has no recipient that a mail server could be given."""


def deliver_soon(message_id: int) -> None:
    """Hand the message to whoever sends mail: a worker in production, this process elsewhere."""
    deliver_in_background.enqueue(message_id)


@task(backend="mail")
def deliver_in_background(message_id: int) -> None:
    deliver(message_id, now=timezone.now())


class Outcome(Enum):
    SENT = "the mail server has it"
    REFUSED = "it does not want it, or not now"
    UNANSWERED = "there is no server to talk to, or none that listens to the end"
    NOT_OURS = "it was nobody's turn"


def deliver(message_id: int, *, now: datetime) -> bool | None:
    """Send one message: True when the mail server has it, False when not, None when it was nobody's turn.

    Never raises for what a mail server does. A process that dies between the server's yes and our own note of it
    leaves the lease to run out, and the message goes again with the same Message-ID.
    """
    outcome = _attempt(message_id, now)
    return None if outcome is Outcome.NOT_OURS else outcome is Outcome.SENT


def deliver_due(now: datetime) -> tuple[int, int]:
    """Send what waits; give the numbers sent and failed. Where no server answers, the rest wait for the next run."""
    tried: set[int] = set()
    outcomes: list[Outcome] = []
    while waiting := set(OutboxMessage.objects.waiting(now).values_list("pk", flat=True)) - tried:
        for pk in sorted(waiting):
            outcomes.append(_attempt(pk, now))
            if outcomes[-SILENCES:] == [Outcome.UNANSWERED] * SILENCES:
                return _counted(outcomes)
        tried |= waiting  # those that waited for one of these come in the next round
    return _counted(outcomes)


def _counted(outcomes: list[Outcome]) -> tuple[int, int]:
    sent, ours = outcomes.count(Outcome.SENT), len(outcomes) - outcomes.count(Outcome.NOT_OURS)
    return sent, ours - sent


def _attempt(message_id: int, now: datetime) -> Outcome:
    connection = get_connection(timeout=TIMEOUT, patience=LOOK)
    message = _claim(message_id, now)
    if message is None:
        return Outcome.NOT_OURS
    try:
        try:
            connection.open()
            if not connection.send_messages([as_mail(message)]):
                raise NobodyToSendTo
        except Exception as error:  # whatever goes wrong with one mail, the next must have its turn
            _put_back(message, error, now)
            return Outcome.REFUSED if _is_about_message(error) else Outcome.UNANSWERED
        # Noted before we hang up: the server has it, however it takes its leave.
        OutboxMessage.objects.filter(pk=message.pk).update(sent_at=now, claimed_until=None, failed_at=None, error="")
        logger.info("message %s sent", message.pk)
        return Outcome.SENT
    finally:
        with suppress(Exception):
            connection.close()


def as_mail(message: OutboxMessage) -> Mail:
    """The message as it goes over the wire; the same Message-ID however often it is tried."""
    mail = Mail(
        subject=message.subject,
        body=message.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[message.recipient],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers={
            "Message-ID": message.message_id,
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",  # Exchange's word for the same
        },
    )
    mail.attach_alternative(message.html, "text/html")
    if message.calendar:
        mail.attach(_calendar_part(message.calendar, "kalender.ics"))
    if message.left_calendar:
        mail.attach(_calendar_part(message.left_calendar, "frameldt.ics"))
    return mail


def _calendar_part(calendar: str, filename: str) -> MIMEText:
    """The file beside the text. ``method`` repeats the file's own METHOD, or Outlook takes it for plain text.

    PUBLISH, because nobody handles answers here: a REQUEST would draw buttons for accepting and declining. One event a
    file: Outlook puts a file with two into a calendar of its own.
    """
    part = MIMEText(calendar, "calendar", "utf-8")
    part.set_param("method", "PUBLISH")
    part.add_header("Content-Disposition", "attachment", filename=filename)
    return part


def _claim(message_id: int, now: datetime) -> OutboxMessage | None:
    """Take the message into our hands, unless it is in another's, sent, given up or not due.

    One that is found in the hands of somebody who died is held longer each time, and given up in the end: it may be
    what they died of, and it may have been sent each time.
    """
    with transaction.atomic():
        message = (
            OutboxMessage.objects.waiting(now)
            .select_for_update(of=("self",), skip_locked=True)
            .filter(pk=message_id)
            .first()
        )
        if message is None:
            return None
        if message.claimed_until and now >= message.patient_since + UNANSWERED_FOR:
            message.failed_at, message.claimed_until, message.error = now, None, "Interrupted"
            message.save(update_fields=["failed_at", "claimed_until", "error"])
            return None
        message.claimed_until = timezone.now() + max(LEASE, _wait(message.attempts))
        message.attempts += 1
        message.save(update_fields=["claimed_until", "attempts"])
        return message


def _wait(attempts: int) -> timedelta:
    """How long a message rests that has been tried so often."""
    return timedelta(minutes=PATIENCE[min(max(attempts, 1), len(PATIENCE)) - 1])


def _put_back(message: OutboxMessage, error: Exception, now: datetime) -> None:
    """Note why it failed and when to try again, or that we have tried enough. The note names nobody.

    Only while it is still in our hands: whoever was stopped for longer than that has nothing to say any more.
    """
    code = _code(error)
    words = f"{type(error).__name__} {code or ''}".strip()
    still_ours = OutboxMessage.objects.unsettled().filter(pk=message.pk, claimed_until=message.claimed_until)
    still_ours.update(
        error=words,
        claimed_until=None,
        failed_at=now if _is_enough(message, error, now) else None,
        not_before=now + _wait(message.attempts),
    )
    logger.warning("message %s not sent, attempt %d: %s", message.pk, message.attempts, words)


def _is_enough(message: OutboxMessage, error: Exception, now: datetime) -> bool:
    if _is_final(error) and message.attempts >= REFUSALS:
        return True
    return now >= message.patient_since + (REFUSED_FOR if _is_about_message(error) else UNANSWERED_FOR)


def _code(error: Exception) -> int | None:
    """The mail server's answer as a number, if there was one."""
    if isinstance(error, SMTPRecipientsRefused):
        return max(code for code, _words in error.recipients.values())
    return error.smtp_code if isinstance(error, SMTPResponseException) else None


def _is_final(error: Exception) -> bool:
    """Whether the server refused this recipient or this message for good; a refused sign-in is our own fault."""
    return isinstance(error, SMTPRecipientsRefused | SMTPDataError) and (_code(error) or 0) >= 500


def _is_about_message(error: Exception) -> bool:
    """Whether it is this message that is not wanted, or can't be made; and not that there is no server to take it."""
    refusals = SMTPRecipientsRefused | SMTPDataError | SMTPSenderRefused
    return isinstance(error, refusals) or not isinstance(error, OSError)
