"""What the two of a pair are told before both have their seat, fact by fact. Nothing is written or sent here."""

from datetime import date

from django.utils.translation import gettext as _

from booking.calendars.addresses import address
from booking.dates import danish_day, danish_deadline
from booking.journal import kinds
from booking.journal.models import Fact
from booking.mail import Letter
from booking.messages.letters import about, price_facts, session_facts
from booking.signup.models import Booking
from booking.signup.pairs import key_for

KINDS = frozenset({kinds.PAIR_ASKED, kinds.PAIR_DECLINED, kinds.PAIR_LAPSED})


def pair_letters(fact: Fact, booking: Booking, *, on: date) -> dict[str, Letter]:
    """The mails that a fact about one of the two calls for, by address; none where it has been overtaken.

    Whoever asked hears of it with the order's contact; whoever was asked, with those who act for them that day.
    """
    if booking.session.is_cancelled:  # which is told to all of them at once
        return {}
    match fact.kind:
        case kinds.PAIR_ASKED if not booking.awaits_partner:
            return {}
        case kinds.PAIR_ASKED:
            return _asked(booking, on=on) if booking.asked_at else _awaits(booking)
        case kinds.PAIR_DECLINED if booking.asked_at and fact.details["declined_by"] == booking.pk:
            return {}  # it was their own answer
        case kinds.PAIR_DECLINED:
            because = _("One of the pair said no, or took it back.")
        case _:
            because = _("We had no answer by %(until)s.") % {"until": danish_deadline(booking.offered_until)}
    return _ended(booking, because)


def _asked(booking: Booking, *, on: date) -> dict[str, Letter]:
    participant, other = booking.participant, other_of(booking).participant
    words = [
        _("The session is for two together. Both have a seat, or neither."),
        _("Both seats are kept until %(until)s.") % {"until": danish_deadline(booking.offered_until)},
        _("The municipality pays for both. A yes is binding for both, on the conditions that the page shows."),
    ]
    heading = _("%(person)s is invited to take part together with %(other)s.") % {
        "person": participant.name,
        "other": other.name,
    }
    subject = _("Will you take part together? %(title)s. Answer by %(until)s")
    mails = {}
    for secretary in participant.secretaries.in_force(on).select_related("secretary"):
        action = (_("Answer on My page"), address("booking:my_page"))
        mails[(secretary.secretary.email or "").lower()] = _letter(
            "pair_asked", booking, subject, heading, words, action=action
        )
    action = (_("Answer, yes or no"), address("booking:pair", key_for(booking)))
    mails[(participant.email or "").lower()] = _letter("pair_asked", booking, subject, heading, words, action=action)
    return {email: letter for email, letter in mails.items() if email}


def _awaits(booking: Booking) -> dict[str, Letter]:
    other = other_of(booking).participant
    words = [
        _("We have asked %(other)s, who has to say yes.") % {"other": other.name},
        _("Both seats are kept until %(until)s. Then both are signed up, or neither; we write in any case.")
        % {"until": danish_deadline(booking.offered_until)},
    ]
    heading = _("%(person)s awaits the answer of the other of the pair.") % {"person": booking.participant.name}
    subject = _("Awaits %(other)s: %(title)s, %(days)s")
    letter = _letter("pair_awaits", booking, subject, heading, words, action=None)
    return dict.fromkeys(_those_who_asked(booking), letter)


def _ended(booking: Booking, because: str) -> dict[str, Letter]:
    words = [because, _("Neither of the two is signed up, both seats are free, and there is nothing to pay.")]
    heading = _("Nothing came of the pair at %(title)s.") % {"title": booking.session.title}
    subject = _("Not signed up: %(title)s, %(days)s")
    letter = _letter("pair_ended", booking, subject, heading, words, action=None)
    told = [(booking.participant.email or "").lower()] if booking.asked_at else _those_who_asked(booking)
    return dict.fromkeys([email for email in told if email], letter)


def other_of(booking: Booking) -> Booking:
    """The other of the pair, whatever has become of it."""
    others = Booking.objects.filter(order=booking.order_id, pair=booking.pair).exclude(pk=booking.pk)
    return others.select_related("participant").get()


def _those_who_asked(booking: Booking) -> list[str]:
    addresses = [booking.order.contact_email, booking.participant.email or ""]
    return list(dict.fromkeys(one.strip().lower() for one in addresses if one.strip()))


def _letter(
    text_kind: str, booking: Booking, subject: str, heading: str, words: list[str], *, action: tuple[str, str] | None
) -> Letter:
    session = booking.session
    names = {
        "title": session.title,
        "days": session.when.words or danish_day(session.starts_on),
        "other": other_of(booking).participant.name,
        "until": danish_deadline(booking.offered_until),
    }
    facts = [
        (_("Reference"), booking.order.reference),
        (_("The pair"), ", ".join(sorted([booking.participant.name, names["other"]]))),
        *session_facts(session),
        *(price_facts(booking.own_quote()) if booking.awaits_partner else []),
    ]
    context = about(booking) | {
        "heading": heading,
        "facts": facts,
        "paragraphs": words,
        "action": action,
        "anden": names["other"],
        "frist": names["until"],
    }
    return Letter("waiting_list", subject % names, context, text_kind=text_kind)
