"""Sending what lies in the outbox, over SMTP and outside any transaction."""

import logging
from collections import Counter
from datetime import datetime, timedelta
from email.mime.text import MIMEText
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPResponseException

from django.conf import settings
from django.core.mail import get_connection
from django.db import transaction
from django.utils import timezone
from django_tasks import task

from booking.mail import Mail
from booking.messages.models import OutboxMessage

logger = logging.getLogger(__name__)

#: How long a message is in one sender's hands. Far longer than any SMTP conversation, whose every step has a timeout.
LEASE = timedelta(minutes=10)

#: Seconds to wait for each answer of the mail server.
TIMEOUT = 10

#: Minutes before the next try, by the number of tries so far; the last one repeats.
PATIENCE = (1, 5, 15, 60, 240)

#: So often may a mail server refuse a message for good before we believe it.
REFUSALS = 3


def deliver_soon(message_id: int) -> None:
    """Hand the message to whoever sends mail: a worker in production, this process elsewhere."""
    deliver_in_background.enqueue(message_id)


@task(backend="mail")
def deliver_in_background(message_id: int) -> None:
    deliver(message_id, now=timezone.now())


def deliver(message_id: int, *, now: datetime) -> bool | None:
    """Send one message: True when the mail server has it, False when not, None when it was nobody's turn.

    Never raises for what a mail server does. A process that dies between the server's yes and our own note of it
    leaves the lease to run out, and the message goes again with the same Message-ID.
    """
    message = _claim(message_id, now)
    if message is None:
        return None
    try:
        as_mail(message).send()
    except Exception as error:  # whatever goes wrong with one mail, the next must have its turn
        _put_back(message, error, now)
        return False
    OutboxMessage.objects.filter(pk=message.pk).update(sent_at=now, claimed_until=None, error="")
    logger.info("message %s sent", message.pk)
    return True


def deliver_due(now: datetime) -> tuple[int, int]:
    """Send everything that waits; give the numbers sent and failed."""
    tried: set[int] = set()
    results: Counter[bool | None] = Counter()
    while waiting := set(OutboxMessage.objects.waiting(now).values_list("pk", flat=True)) - tried:
        for pk in sorted(waiting):
            results[deliver(pk, now=now)] += 1
        tried |= waiting  # those that waited for one of these come in the next round
    return results[True], results[False]


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
        connection=get_connection(timeout=TIMEOUT),
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
    """Take the message into our hands, unless it is in another's, sent, given up or not due."""
    with transaction.atomic():
        message = (
            OutboxMessage.objects.waiting(now)
            .select_for_update(of=("self",), skip_locked=True)
            .filter(pk=message_id)
            .first()
        )
        if message is not None:
            message.claimed_until = timezone.now() + LEASE
            message.attempts += 1
            message.save(update_fields=["claimed_until", "attempts"])
        return message


def _put_back(message: OutboxMessage, error: Exception, now: datetime) -> None:
    """Note why it failed and when to try again, or that we have tried enough. The note names nobody."""
    code = _code(error)
    message.error = f"{type(error).__name__} {code or ''}".strip()
    message.claimed_until = None
    if _is_final(error) and message.attempts >= REFUSALS:
        message.failed_at = now
    wait = PATIENCE[min(message.attempts, len(PATIENCE)) - 1]
    message.not_before = now + timedelta(minutes=wait)
    message.save(update_fields=["error", "claimed_until", "failed_at", "not_before"])
    logger.warning("message %s not sent, attempt %d: %s", message.pk, message.attempts, message.error)


def _code(error: Exception) -> int | None:
    """The mail server's answer as a number, if there was one."""
    if isinstance(error, SMTPRecipientsRefused):
        return max(code for code, _words in error.recipients.values())
    return error.smtp_code if isinstance(error, SMTPResponseException) else None


def _is_final(error: Exception) -> bool:
    """Whether the server refused this recipient or this message for good; a refused sign-in is our own fault."""
    return isinstance(error, SMTPRecipientsRefused | SMTPDataError) and (_code(error) or 0) >= 500
