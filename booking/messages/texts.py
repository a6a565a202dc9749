"""The words that staff give each kind of mail: what may be given, how it is kept, and putting it into a letter.

The facts of a letter are never among them. A text that can't be filled is left out, and the letter goes as it comes
with the house: no mail is lost over its words.
"""

import logging
from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from booking.dates import danish_days
from booking.journal.kinds import MAIL_TEXT_CHANGED
from booking.journal.record import record
from booking.mail import Letter
from booking.messages.models import MailText
from booking.messages.placeholders import BrokenText, fill
from booking.messages.text_kinds import KINDS

logger = logging.getLogger(__name__)


def dressed(letter: Letter) -> Letter:
    """The letter in staff's words, as far as they gave any that can be filled."""
    text = MailText.objects.filter(kind=letter.kind).first() if letter.kind in KINDS else None
    return in_words_of(text, letter) if text else letter


def in_words_of(text: MailText, letter: Letter) -> Letter:
    values = _values(letter)
    introduction = _filled(text.introduction, values, kind=text.kind)
    closing = _filled(text.closing, values, kind=text.kind)
    context = letter.context | {"introduction": introduction, "closing": closing}
    subject = " ".join(_filled(text.subject, values, kind=text.kind).split()) or letter.subject
    return replace(letter, subject=subject, context=context)


def keep_text(kind: str, words: dict, *, by) -> MailText:
    """Keep what staff wrote, and who did. What they leave as it was is no change."""
    with transaction.atomic():
        text, _is_new = MailText.objects.select_for_update().get_or_create(kind=kind)
        changed = [name for name in MailText.WORDS if name in words and getattr(text, name) != words[name]]
        if changed:
            for name in changed:
                setattr(text, name, words[name])
            text.save(update_fields=changed)
            record(MAIL_TEXT_CHANGED, text, by=by, mail=kind, changed=changed)
    return text


def _filled(words: str, values: dict[str, str], *, kind: str) -> str:
    try:
        return fill(words, values).strip()
    except BrokenText:
        logger.warning("the text of %s can't be filled; the mail goes as it comes with the house", kind)
        return ""


def _values(letter: Letter) -> dict[str, str]:
    """What stands in each place of this letter."""
    known = {"emne": letter.subject}
    context = letter.context
    session, booking = context.get("session"), context.get("booking")
    if session:
        known |= {
            "titel": session.title,
            "dato": session.when.words or danish_days(session.starts_on, session.when.ends_on),
            "sted": session.place or _("The place will follow."),
        }
    elif "title" in context:
        known["titel"] = context["title"]
    if booking:
        known |= {
            "deltager": context.get("participants") or booking.participant.name,
            "reference": booking.order.reference,
        }
    known |= {name: context[name] for name in ("frist", "anden", "nummer") if name in context}
    return {name: known.get(name, "") for name in KINDS[letter.kind].places}
