"""What the mails say: each letter's subject, its facts and its templates. Nothing is written or sent here."""

from datetime import datetime
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from booking.calendars.addresses import address
from booking.dates import danish_day, danish_moment, danish_time, today
from booking.invoicing.models import Charge
from booking.mail import Letter
from booking.messages.models import Told
from booking.money import kroner
from booking.payments.models import Payment, Refund, RefundReason
from booking.people.models import Person, Secretary
from booking.pricing.models import SessionKind
from booking.pricing.quote import NOTHING, Quote
from booking.pricing.rules import PriceUndecided
from booking.sessions.calendar_entry import CalendarEntry, Version
from booking.sessions.models import SessionPage
from booking.signup.fee import grace_of
from booking.signup.models import Booking, Withdrawal
from booking.signup.sentences import (
    all_sentence,
    both_amounts,
    fee_sentence,
    grace_sentence,
    order_invoice_sentence,
    owed_sentence,
    release_sentence,
    rule_sentences,
    run_in_words,
    session_sentence,
    withdrawal_sentences,
)
from booking.signup.standing import session_obstacle


def booked(booking: Booking, *, with_link: bool, calendar: str) -> Letter:
    """The seat and all that was agreed: what the receipt page says too."""
    session = booking.session
    subject = _("Signed up: %(title)s, %(days)s") % {"title": session.title, "days": danish_day(session.starts_on)}
    return Letter("booked", subject, _agreed([booking], with_link=with_link), calendar)


def ordered(bookings: list[Booking], *, with_link: bool, calendar: str) -> Letter:
    """The same of several seats of one order, for whoever ordered them."""
    session = bookings[0].session
    subject = _("Signed up: %(count)d persons for %(title)s, %(days)s") % {
        "count": len(bookings),
        "title": session.title,
        "days": danish_day(session.starts_on),
    }
    return Letter("ordered", subject, _agreed(bookings, with_link=with_link) | {"count": len(bookings)}, calendar)


def _agreed(bookings: list[Booking], *, with_link: bool) -> dict[str, Any]:
    booking, session = bookings[0], bookings[0].session
    quote = sum((one.quote() for one in bookings), NOTHING)
    is_one = len(bookings) == 1
    join_link = session.join_link if with_link else ""
    on = today(booking.booked_at)
    if is_one:
        rule = rule_sentences(booking, on=on)
    else:
        rule = withdrawal_sentences(booking.conditions, quote=quote, starts_on=session.starts_on, on=on)
    if not is_one and not quote.is_free:
        rule.append(all_sentence(bookings))
    return about(booking) | {
        "participants": _participants(bookings),
        "facts": [
            (_("Reference"), booking.order.reference),
            (_("Participant") if is_one else _("Participants"), ", ".join(one.participant.name for one in bookings)),
            *session_facts(session),
            *([(_("Link for participants"), join_link)] if join_link else []),
            *price_facts(quote),
        ],
        "invoice": [] if quote.is_free or booking.order.pays_by_card else _invoice_facts(booking),
        "invoice_sent": order_invoice_sentence(booking),
        "conditions": [paragraph for paragraph in booking.conditions.text.splitlines() if paragraph.strip()],
        "withdrawal": rule,
        "link_on_my_page": bool(session.join_link) and not with_link,
    }


def cancelled(booking: Booking, *, has_file: bool) -> Letter:
    """The seat is given up, and what that costs. Where ``has_file``, a calendar file strikes it out."""
    session = booking.session
    context = about(booking) | {
        "facts": [
            (_("Reference"), booking.order.reference),
            (_("Participant"), booking.participant.name),
            *session_facts(session),
        ],
        "fee": [] if session.is_cancelled else _fee_sentences(booking.withdrawal),
        "session_is_cancelled": session.is_cancelled,
        "has_file": has_file,
    }
    subject = _("Sign-up cancelled: %(title)s, %(days)s") % {
        "title": session.title,
        "days": danish_day(session.starts_on),
    }
    return Letter("cancelled", subject, context)


def _fee_sentences(withdrawal: Withdrawal) -> list[str]:
    """What it cost on the day. That it has fallen away since is told by a mail of its own."""
    if withdrawal.was_waived_at_once:
        return [owed_sentence(withdrawal)]
    fee = withdrawal.fee()
    if fee.is_free:
        return [owed_sentence(withdrawal)]
    if not release_sentence(withdrawal.booking.session):
        return [fee_sentence(fee)]
    return [
        fee_sentence(fee),
        _("If somebody on the waiting list gets the seat, there is nothing to pay. We write to you if that happens."),
    ]


def fee_fell_away(booking: Booking) -> Letter:
    """What was to be paid for a seat that was given up is to be paid no more, and why."""
    session = booking.session
    context = about(booking) | {
        "facts": [
            (_("Reference"), booking.order.reference),
            (_("Participant"), booking.participant.name),
            *session_facts(session),
            (_("Falls away"), both_amounts(booking.withdrawal.fee().price)),
        ],
        "why": owed_sentence(booking.withdrawal),
        "was_invoiced": Charge.objects.filter(booking=booking).exists(),
        "pays_by_card": booking.order.pays_by_card,
    }
    subject = _("Nothing to pay for the withdrawal: %(title)s, %(days)s") % {
        "title": session.title,
        "days": danish_day(session.starts_on),
    }
    return Letter("fee_fell_away", subject, context)


def seat_passed_on(booking: Booking, person: Person) -> Letter:
    """For ``person``, who had the seat until now, beside a file that strikes it out. It does not say who has it."""
    session = booking.session
    context = about(booking) | {
        "left": person,
        "facts": [(_("Reference"), booking.order.reference), *session_facts(session)],
    }
    subject = _("Seat passed on: %(title)s, %(days)s") % {
        "title": session.title,
        "days": danish_day(session.starts_on),
    }
    return Letter("seat_passed_on", subject, context)


def switched(booking: Booking, left: CalendarEntry, *, join_link: str, calendar: str) -> Letter:
    """The seat is at another run now; ``left`` is the one that it was at. What was agreed is as it was."""
    session = booking.session
    context = about(booking) | {
        "run": run_in_words(session),
        "facts": [
            (_("Reference"), booking.order.reference),
            (_("Participant"), booking.participant.name),
            (_("Session"), session.title),
            (_("When"), capfirst(_now_and_before(str(session.when), str(left.when)))),
            (_("Where"), _now_and_before(session.place or _("The place will follow."), left.place)),
            *([(_("Link for participants"), join_link)] if join_link else []),
            *price_facts(booking.quote()),
        ],
        "link_on_my_page": bool(session.join_link) and not join_link,
    }
    subject = _("Switched: %(title)s, %(days)s") % {"title": session.title, "days": danish_day(session.starts_on)}
    return Letter("switched", subject, context, calendar)


def session_cancelled(entry: CalendarEntry, bookings: list[Booking], *, calendar: str) -> Letter:
    """The session will not be held; one mail for all the seats, or places in line, that the reader has to do with.

    The attached file is for those with a seat. It has the UID of the first one and a later version, so that opening it
    marks the date as cancelled.
    """
    session = bookings[0].session
    context = about(bookings[0]) | {
        "participants": _participants(bookings),
        "facts": [
            (_("Reference"), ", ".join(dict.fromkeys(booking.order.reference for booking in bookings))),
            (_("Participant"), ", ".join(booking.participant.name for booking in bookings)),
            *session_facts(session),
        ],
        "was_invoiced": Charge.objects.filter(booking__in=bookings).exists(),
        "is_invoiced": any(not booking.price.is_free and not booking.order.pays_by_card for booking in bookings),
        "is_paid": any(not booking.price.is_free and booking.order.pays_by_card for booking in bookings),
        "has_file": bool(calendar),
    }
    subject = _("Session cancelled: %(title)s, %(days)s") % {
        "title": entry.title,
        "days": danish_day(entry.starts_on),
    }
    return Letter("session_cancelled", subject, context, calendar)


def session_revived(entry: CalendarEntry, bookings: list[Booking], *, now: datetime) -> Letter:
    """The session is held after all; one mail for all the seats, or places in line, that ended when it was off."""
    session = bookings[0].session
    obstacle = session_obstacle(session, now=now)
    context = about(bookings[0]) | {
        "facts": [
            (_("Participant"), ", ".join(booking.participant.name for booking in bookings)),
            *session_facts(session),
        ],
        "had_price": any(not booking.price.is_free for booking in bookings),
        "obstacle": session_sentence(obstacle, session) if obstacle else "",
        "session_url": address("booking:event", entry.uid),
    }
    subject = _("Held after all: %(title)s, %(days)s") % {"title": entry.title, "days": danish_day(entry.starts_on)}
    return Letter("session_revived", subject, context)


def session_changed(
    entry: CalendarEntry, bookings: list[Booking], *, join_link: str, calendar: str, now: datetime
) -> Letter:
    """What is new about the session since the reader was last told; one mail for all their seats and places in line.

    ``join_link`` only for a reader who may have it. What it was before is what the first of the seats was told.
    """
    was = bookings[0].told
    title, days = entry.title, danish_day(entry.starts_on)
    link_is_new = bool(join_link) and was.link_digest != bookings[0].session.link_digest
    subject, heading = _news(entry, was, link_is_new=link_is_new)
    context = about(bookings[0]) | {
        "participants": _participants(bookings),
        "heading": heading % {"title": title},
        "facts": [
            (_("Reference"), ", ".join(dict.fromkeys(booking.order.reference for booking in bookings))),
            (_("Participant"), ", ".join(booking.participant.name for booking in bookings)),
            (_("Session"), _now_and_before(title, was.title)),
            *(
                []
                if entry.kind == was.kind
                else [(_("Kind"), capfirst(_now_and_before(kind_in_words(entry), kind_in_words(was))))]
            ),
            (_("When"), capfirst(_now_and_before(when_in_words(entry), when_in_words(was)))),
            (_("Where"), _now_and_before(entry.place or _("The place will follow."), was.place)),
            *([(_("Link for participants"), join_link)] if join_link else []),
        ],
        "is_postponed": bool(entry.postponed_to),
        "grace": _grace(bookings, now=now),
        "has_file": bool(calendar),
    }
    return Letter("session_changed", subject % {"title": title, "days": days}, context, calendar)


def _grace(bookings: list[Booking], *, now: datetime) -> str:
    """That they can be withdrawn for nothing, if that is so and not as it always was."""
    costly = [booking for booking in bookings if booking.is_in_shared_price or not booking.price.is_free]
    graces = [grace_of(booking, now=now) for booking in costly]
    return next((grace_sentence(grace) for grace in graces if grace), "")


def _news(entry: CalendarEntry, was: Told, *, link_is_new: bool) -> tuple[str, str]:
    """The subject and the heading, with their places for the session's title and day."""
    has_new_time = when_in_words(entry) != when_in_words(was)
    has_new_place = entry.place != was.place
    has_new_kind = entry.kind != was.kind
    if entry.postponed_to and not was.postponed_to:
        return _("Postponed: %(title)s"), _("%(title)s has been postponed.")
    match has_new_time, has_new_place, has_new_kind, link_is_new:
        case True, False, False, False if not entry.postponed_to:
            return _("New time: %(title)s, %(days)s"), _("%(title)s has a new time.")
        case False, True, True, _any if entry.kind == SessionKind.ONLINE:
            return _("Now online: %(title)s, %(days)s"), _("%(title)s is now held online.")
        case False, True, False, False if entry.place and was.place:
            return _("New place: %(title)s, %(days)s"), _("%(title)s is held in another place.")
        case False, True, False, False if entry.place:
            return _("Place: %(title)s, %(days)s"), _("The place of %(title)s is settled.")
        case False, False, False, True if was.link_digest:
            return _("New link: %(title)s, %(days)s"), _("%(title)s has a new link for participants.")
        case False, False, False, True:
            return _("Link: %(title)s, %(days)s"), _("Here is the link for %(title)s.")
    return _("Changed: %(title)s, %(days)s"), _("Something has changed about %(title)s.")


def dated(entry: CalendarEntry, session: SessionPage, *, now: datetime) -> Letter:
    """The session has its date; for somebody who asked to hear of it, and has no seat yet."""
    obstacle = session_obstacle(session, now=now)
    try:
        price = price_facts(session.quote(now=now))
    except PriceUndecided:
        price = [(_("Price"), _("Not decided yet"))]
    context = {
        "title": entry.title,
        "facts": [
            (_("Session"), entry.title),
            (_("When"), capfirst(when_in_words(entry))),
            (_("Where"), entry.place or _("The place will follow.")),
            *price,
            *([(_("For whom"), session.audience.name)] if session.audience else []),
        ],
        "obstacle": session_sentence(obstacle, session) if obstacle else "",
        "session_url": address("booking:event", entry.uid),
        **_held_by(session),
        "my_page_url": address("booking:my_page"),
    }
    subject = _("There is a date: %(title)s, %(days)s") % {"title": entry.title, "days": danish_day(entry.starts_on)}
    return Letter("dated", subject, context)


def circular(bookings: list[Booking], *, subject: str, text: str) -> Letter:
    """What staff write to those at a session, in their own words; one mail for all the bookings of the reader."""
    context = about(bookings[0]) | {
        "words": text,
        "facts": [
            (_("Reference"), ", ".join(dict.fromkeys(booking.order.reference for booking in bookings))),
            (_("Participant"), ", ".join(dict.fromkeys(booking.participant.name for booking in bookings))),
            *session_facts(bookings[0].session),
        ],
    }
    return Letter("circular", subject, context)


def programme(entry: CalendarEntry, bookings: list[Booking], days: list[tuple[str, list[str]]]) -> Letter:
    """The programme is on the site; for those who signed up before it was. ``days`` are its headings and lines."""
    session = bookings[0].session
    context = about(bookings[0]) | {
        "participants": _participants(bookings),
        "facts": [
            (_("Reference"), ", ".join(dict.fromkeys(booking.order.reference for booking in bookings))),
            (_("Participant"), _participants(bookings)),
            *session_facts(session),
        ],
        "days": days,
        "session_url": address("booking:event", entry.uid),
    }
    subject = _("Programme: %(title)s, %(days)s") % {"title": session.title, "days": danish_day(session.starts_on)}
    return Letter("programme", subject, context)


def programme_days(session: SessionPage) -> list[tuple[str, list[str]]]:
    """The days of the programme in words: the heading, and a line for each item."""
    return [
        (
            day["heading"] or (danish_day(held_on) if held_on else ""),
            [f"{danish_time(item['time'])} {item['title']}" for item in day["items"]],
        )
        for held_on, day in session.days()
    ]


def reminder(bookings: list[Booking], *, kind: str, join_link: str) -> Letter:
    """It is soon; for those with a seat. ``join_link`` only for a reader who may have it."""
    session = bookings[0].session
    context = about(bookings[0]) | {
        "participants": _participants(bookings),
        "facts": [
            (_("Reference"), ", ".join(dict.fromkeys(booking.order.reference for booking in bookings))),
            (_("Participant"), _participants(bookings)),
            *session_facts(session),
            *([(_("Link for participants"), join_link)] if join_link else []),
        ],
        "has_programme": bool(session.programme),
        "link_on_my_page": bool(session.join_link) and not join_link,
        "session_url": address("booking:event", session.calendar_entry.uid),
    }
    subject = _("Reminder: %(title)s, %(days)s") % {"title": session.title, "days": danish_day(session.starts_on)}
    return Letter("reminder", subject, context, text_kind=kind)


def _participants(bookings: list[Booking]) -> str:
    return ", ".join(dict.fromkeys(booking.participant.name for booking in bookings))


def secretary_named(link: Secretary) -> Letter:
    """Somebody may act for somebody from now on. It says nothing that only a person in the register would know."""
    last = [(_("Until"), danish_day(link.ends_on))] if link.ends_on else []
    context = {
        "facts": [(_("You act for"), link.principal.name), (_("You sign in with"), link.secretary.email), *last],
        "principal": link.principal.name,
        "my_page_url": address("booking:my_page"),
    }
    subject = _("You can now act for %(principal)s") % {"principal": link.principal.name}
    return Letter("secretary_named", subject, context)


def paid(payment: Payment, booking: Booking) -> Letter:
    """The money has come: the receipt, with VAT."""
    order = payment.order
    facts = [
        (_("Reference"), order.reference),
        (_("Session"), booking.session.title),
        (_("Paid"), danish_moment(payment.paid_at)),
        (_("Payer"), order.payer_name),
        (_("CVR number"), order.payer_cvr),
        *_sum_facts(payment),
        *_seller_facts(booking),
    ]
    amount = kroner(payment.amount)
    return Letter(
        "paid", _("Receipt: %(amount)s") % {"amount": amount}, about(booking) | {"facts": facts, "amount": amount}
    )


def refunded(refund: Refund, booking: Booking) -> Letter:
    """Money is on its way back, and why."""
    amount = kroner(refund.amount)
    facts = [(_("Reference"), refund.payment.order.reference), (_("Session"), booking.session.title)]
    context = about(booking) | {"facts": facts, "amount": amount, "why": _refund_sentence(refund)}
    return Letter("refunded", _("Paid back: %(amount)s") % {"amount": amount}, context)


def _sum_facts(payment: Payment) -> list[tuple[str, str]]:
    return price_facts(payment.order.quote())


def _seller_facts(booking: Booking) -> list[tuple[str, str]]:
    seller = booking.seller
    if not seller:
        return []
    words = _("%(name)s, CVR %(cvr)s") % {"name": seller.name, "cvr": seller.cvr} if seller.cvr else seller.name
    place = f"{seller.postcode} {seller.city}".strip()
    return [(_("Seller"), ", ".join(filter(None, [words, seller.street, place])))]


def _refund_sentence(refund: Refund) -> str:
    match refund.reason:
        case RefundReason.WITHDRAWN:
            return _("The booking has been cancelled, and this is what the conditions give back.")
        case RefundReason.SESSION_CANCELLED:
            return _("The session will not be held, so there is nothing to pay for it.")
        case RefundReason.WAIVED:
            return _("We have waived what the withdrawal cost.")
        case RefundReason.RELEASED:
            return _("Somebody on the waiting list has got the seat, so there is nothing to pay for the withdrawal.")
        case RefundReason.TOO_LATE:
            return _("Your payment came when the seat was no longer held, and it could not become yours. We are sorry.")
        case RefundReason.GIVEN_UP:
            return _("The sign-up was withdrawn before your payment came, so you get all of it back.")
        case RefundReason.PAID_TWICE:
            return _("The seat had been paid for already, and it is still yours.")
    return ""


def about(booking: Booking) -> dict[str, Any]:
    return {
        "booking": booking,
        "session": booking.session,
        **_held_by(booking.session),
        "receipt_url": address("booking:receipt", booking.order.reference),
        "my_page_url": address("booking:my_page"),
    }


def _held_by(session: SessionPage) -> dict[str, Any]:
    """Whom to write to, and who greets."""
    contact = session.contact
    return {"contact": contact, "signed": contact.organisation if contact else ""}


def session_facts(session: SessionPage) -> list[tuple[str, str]]:
    return [
        (_("Session"), session.title),
        (_("When"), capfirst(str(session.when))),
        (_("Where"), session.place or _("The place will follow.")),
    ]


def when_in_words(version: Version) -> str:
    return version.postponed_to or str(version.when)


def kind_in_words(version: Version) -> str:
    return str(SessionKind(version.kind).label)


def _now_and_before(now: str, before: str) -> str:
    """What is so now; and what was so before, if it was something else."""
    if not before or now == before:
        return now
    return _("%(now)s (before: %(before)s)") % {"now": now, "before": before}


def price_facts(quote: Quote) -> list[tuple[str, str]]:
    """The quote line by line; what stands on the receipt page too."""
    if not quote.lines:
        return [(_("Price"), _("Included in the price of the whole order"))]
    if quote.is_free:
        return [(_("Price"), _("Free of charge"))]
    lines = quote.gathered()
    facts = [(line.words, kroner(line.net)) for line in lines] if len(lines) > 1 else []
    facts.append((_("Price excl. VAT"), kroner(quote.net)))
    facts += [(part.words, kroner(part.vat)) for part in quote.vat_lines]
    facts.append((_("Price incl. VAT"), kroner(quote.gross)))
    return facts + [(_("Included and not"), sentence) for sentence in quote.includes]


def _invoice_facts(booking: Booking) -> list[tuple[str, str]]:
    order = booking.order
    facts = [
        (_("Payer"), order.payer_name),
        (_("CVR number"), order.payer_cvr),
        (_("EAN number"), order.gln),
        (_("Person reference"), order.person_reference),
        (_("Requisition number"), order.requisition),
    ]
    return [(label, value) for label, value in facts if value]
