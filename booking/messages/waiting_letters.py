"""What those on a waiting list are told, fact by fact. Nothing is written or sent here."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from booking.calendars.addresses import address
from booking.dates import danish_day, danish_deadline
from booking.journal import kinds
from booking.mail import Letter
from booking.messages.letters import about, price_facts, session_facts
from booking.signup.models import Booking
from booking.signup.sentences import person_sentence
from booking.signup.standing import CannotBook, admit
from booking.signup.waiting import place_in_line


def waiting_letter(kind: str, booking: Booking, *, key: str, now: datetime) -> Letter | None:
    """The mail that tells of a fact; None where it has been overtaken. ``key`` is that of the reader's own link."""
    if booking.session.is_cancelled:  # which is told to all of them at once
        return None
    letter = _LETTERS[kind](booking, address("booking:place_in_line", key), now)
    return letter and replace(letter, text_kind=kind)


def place_in_words(booking: Booking) -> str:
    return _("Number %(place)d") % {"place": place_in_line(booking)}


def _queued(booking: Booking, url: str, now: datetime) -> Letter | None:
    if not booking.is_in_line:
        return None
    return _letter(
        booking,
        _("On the waiting list: %(title)s, %(days)s"),
        _("%(person)s is on the waiting list for %(title)s."),
        [
            _("Nobody is signed up by that, and there is nothing to pay."),
            _("When there is a seat, we write to you, and you say yes or no. Until then it binds you to nothing."),
            _("The price and the conditions are those that you accepted when you joined the list."),
        ],
        facts=[(_("On the waiting list"), place_in_words(booking))] if booking.is_waiting else [],
        prices=True,
        action=(_("See the place on the list, or leave it"), url),
    )


def _offered(booking: Booking, url: str, now: datetime) -> Letter | None:
    if not booking.is_offered:
        return None
    return _letter(
        booking,
        _("Offered a seat: %(title)s. Answer by %(until)s"),
        _("%(person)s is offered a seat at %(title)s."),
        [
            _("The seat is kept until %(until)s."),
            _("If you say yes, the sign-up is binding, at the price and on the conditions that you accepted."),
            _("If you say no, or do not answer in time, the seat goes to the next on the waiting list."),
        ],
        facts=[(_("Answer by"), danish_deadline(booking.offered_until))],
        prices=True,
        action=(_("Answer the offer"), url),
    )


def _called(booking: Booking, url: str, now: datetime) -> Letter | None:
    if not booking.is_waiting or booking.called_at is None:
        return None
    return _letter(
        booking,
        _("A seat is free: %(title)s, %(days)s"),
        _("A seat is free at %(title)s."),
        [
            _("There is little time left, so all who wait are told now, and the first to take the seat has it."),
            _("If you take it, the sign-up is binding, at the price and on the conditions that you accepted."),
        ],
        prices=True,
        action=(_("Take the seat"), url),
    )


def _lapsed(booking: Booking, url: str, now: datetime) -> Letter | None:
    return _letter(
        booking,
        _("The seat has been passed on: %(title)s, %(days)s"),
        _("The seat at %(title)s has been passed on."),
        [
            _("We had no answer by %(until)s."),
            _("%(person)s is no longer on the waiting list."),
            _("You can join the list again on the page of the session."),
        ],
        action=_to_session(booking),
    )


def _withdrawn(booking: Booking, url: str, now: datetime) -> Letter | None:
    if not booking.is_waiting:
        return None
    return _letter(
        booking,
        _("The offer no longer holds: %(title)s"),
        _("The offer of a seat at %(title)s no longer holds."),
        [
            _("The session is being changed, so nobody can be given a seat right now."),
            _("%(person)s keeps the place on the waiting list, and we write again when there is a seat."),
        ],
        action=(_("See the place on the list, or leave it"), url),
    )


def _passed_over(booking: Booking, url: str, now: datetime) -> Letter | None:
    try:
        admit(booking.session, booking.participant, besides=booking)
    except CannotBook as refusal:
        why = person_sentence(refusal, booking.session, booking.participant)
    else:
        return None
    return _letter(
        booking,
        _("On the waiting list, but not for this seat: %(title)s, %(days)s"),
        _("A seat came free at %(title)s, but %(person)s could not have it."),
        [_("%(person)s keeps the place on the waiting list, should that change.")],
        why=why,
        action=(_("See the place on the list, or leave it"), url),
    )


def _left(booking: Booking, url: str, now: datetime) -> Letter | None:
    return _letter(
        booking,
        _("No longer on the waiting list: %(title)s, %(days)s"),
        _("%(person)s is no longer on the waiting list for %(title)s."),
        [_("There is nothing to pay."), _("You can join the list again on the page of the session.")],
        action=_to_session(booking),
    )


def _declined(booking: Booking, url: str, now: datetime) -> Letter | None:
    return _letter(
        booking,
        _("The seat has been declined: %(title)s, %(days)s"),
        _("%(person)s is no longer on the waiting list for %(title)s."),
        [_("Thank you for the answer. The seat goes to the next on the list, and there is nothing to pay.")],
        action=_to_session(booking),
    )


def _no_seat(booking: Booking, url: str, now: datetime) -> Letter | None:
    return _letter(
        booking,
        _("No seat came free: %(title)s, %(days)s"),
        _("No seat came free at %(title)s."),
        [
            _("%(person)s was on the waiting list to the last. The session has begun, and the list is closed."),
            _("There is nothing to pay."),
        ],
    )


#: What is told of each fact about somebody who waits.
_LETTERS: dict[str, Callable[[Booking, str, datetime], Letter | None]] = {
    kinds.QUEUED: _queued,
    kinds.OFFERED: _offered,
    kinds.CALLED: _called,
    kinds.OFFER_LAPSED: _lapsed,
    kinds.OFFER_WITHDRAWN: _withdrawn,
    kinds.PASSED_OVER: _passed_over,
    kinds.QUEUE_LEFT: _left,
    kinds.DECLINED: _declined,
    kinds.NO_SEAT: _no_seat,
}
KINDS = frozenset(_LETTERS)


def _letter(
    booking: Booking,
    subject: str,
    heading: str,
    paragraphs: list[str],
    *,
    why: str = "",
    facts: list[tuple[str, str]] | None = None,
    prices: bool = False,
    action: tuple[str, str] | None = None,
) -> Letter:
    session = booking.session
    words = {
        "title": session.title,
        "days": session.when.words or danish_day(session.starts_on),
        "person": booking.participant.name,
        "until": danish_deadline(booking.offered_until) if booking.offered_until else "",
    }
    context = about(booking) | {
        "heading": heading % words,
        "facts": [
            *(facts or []),
            (_("Reference"), booking.order.reference),
            (_("Participant"), booking.participant.name),
            *session_facts(session),
            *(price_facts(booking.quote()) if prices else []),
        ],
        "paragraphs": [*([why] if why else []), *(paragraph % words for paragraph in paragraphs)],
        "action": action,
        "frist": words["until"],
    }
    return Letter("waiting_list", subject % words, context)


def _to_session(booking: Booking) -> tuple[str, str] | None:
    entry = booking.session.entry
    return (_("See the session"), address("booking:event", entry.uid)) if entry and not entry.is_off else None
