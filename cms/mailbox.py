"""Development's post office: mail is printed, kept in a folder, and read on a page. Never part of production."""

import sys
import time
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

#: How many mails the page shows.
SHOWN = 50


class PrintAndKeep(BaseEmailBackend):
    """Print each mail in full on the console, and keep it in ``settings.MAILBOX_DIR``."""

    def send_messages(self, email_messages) -> int:
        folder = Path(settings.MAILBOX_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        for email_message in email_messages:
            content = email_message.message().as_bytes()
            (folder / f"{time.time_ns()}.eml").write_bytes(content)
            sys.stdout.write(as_text(_parsed(content)) + "\n")
            sys.stdout.flush()
        return len(email_messages)


def _parsed(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=policy.default)


def body(message: EmailMessage) -> str:
    """What a mail says: its plain text, and the text of what is attached. The same in HTML is left out."""
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    texts = [plain.get_content() if plain else ""]
    for part in message.walk():
        if part is plain or part is html or part.is_multipart():
            continue
        name = part.get_filename() or part.get_content_type()
        is_text = part.get_content_maintype() == "text"
        texts.append(f"[{name}]\n{part.get_content() if is_text else ''}")
    return "\n".join(texts)


def as_text(message: EmailMessage) -> str:
    """A mail as a person reads it on the console."""
    rule = "-" * 72
    headers = "\n".join(f"{name}: {message[name]}" for name in ("From", "To", "Subject", "Date") if message[name])
    return f"{rule}\n{headers}\n\n{body(message)}\n{rule}"


@never_cache
@require_safe
def sent_mail(request) -> HttpResponse:
    """The newest mails first, so that whoever tries the site can read a sign-in code without a mail server."""
    newest = sorted(Path(settings.MAILBOX_DIR).glob("*.eml"), reverse=True)[:SHOWN]
    mails = []
    for file in newest:
        message = _parsed(file.read_bytes())
        mails.append(
            {
                "to": message["To"],
                "subject": message["Subject"],
                "sent_at": datetime.fromtimestamp(int(file.stem) / 1_000_000_000, UTC),
                "body": body(message),
            }
        )
    return TemplateResponse(request, "cms/sent_mail.html", {"mails": mails})
