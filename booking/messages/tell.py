"""Turning facts into mail: rows in the outbox, written in the transaction that follows the fact."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import override

from booking.calendars.addresses import calendar_domain
from booking.calendars.events import left_file, session_file
from booking.dates import today
from booking.journal.kinds import (
    BOOKED,
    CANCELLED,
    DISPUTED,
    EXPIRED,
    FEE_RELEASED,
    FEE_WAIVED,
    INTERESTED,
    JOIN_LINK_CHANGED,
    ORDERED,
    PAID,
    PROGRAMME_PUBLISHED,
    QUEUED,
    REFUND_FAILED,
    REFUNDED,
    SECRETARY_NAMED,
    SESSION_CANCELLED,
    SESSION_REVIVED,
    SESSION_SHOWN,
    SUBSTITUTED,
    SWITCHED,
)
from booking.journal.models import Fact, FollowUp
from booking.mail import Letter
from booking.messages import letters, money
from booking.messages.deliver import deliver_soon
from booking.messages.guests import fit_for
from booking.messages.models import OutboxMessage, Told
from booking.messages.pair_letters import KINDS as PAIRS
from booking.messages.pair_letters import pair_letters
from booking.messages.texts import dressed
from booking.messages.versions import Stamp, next_versions
from booking.messages.waiting_letters import KINDS as WAITING_LIST
from booking.messages.waiting_letters import waiting_letter
from booking.people.models import Person, Secretary
from booking.sessions.calendar_entry import CalendarEntry
from booking.sessions.models import Contact, SessionPage
from booking.signup.hands import out_of_hand
from booking.signup.link import key_for
from booking.signup.models import Booking, BookingStatus, Interest, Withdrawal


def tell(fact: Fact) -> None:
    """Write the mails that a fact calls for. News that has been overtaken is not told.

    That a booking ended with a session that was called off is told with the news that it is held after all.
    """
    if fact.details.get("called_off"):
        return
    with override(settings.LANGUAGE_CODE):
        _TELLERS[fact.kind](fact)


def _tell_booked(fact: Fact, *, without: Collection[str] = ()) -> None:
    entry = locked_entry(session__bookings=fact.about_id)
    booking = tellable().get(pk=fact.about_id)
    session = booking.session
    if not booking.is_confirmed or session.is_cancelled or booking.participant_id != fact.on_behalf_of_id:
        return
    if fact.details.get("together"):  # whoever ordered hears of all the seats in one mail
        without = {*without, booking.order.contact_email.strip().lower()}
    addresses = [recipient for recipient in recipients(booking) if recipient not in without]
    for recipient, stamp in next_versions(entry, addresses, at=fact.at).items():
        with_link = bool(session.join_link) and may_join(recipient, booking)
        calendar = _session_file(entry, stamp, join_link=session.join_link if with_link else "")
        letter = letters.booked(booking, with_link=with_link, calendar=calendar)
        write(fact, recipient, letter, contact=session.contact)
    _remember([booking], entry, session)


def _tell_ordered(fact: Fact) -> None:
    """The order's contact hears of all its seats in one mail; the participants have each their own."""
    entry = locked_entry(session__bookings=fact.details["bookings"][0])
    seats = tellable().filter(pk__in=fact.details["bookings"], session=entry.session_id).prefetch_related("lines")
    bookings = list(seats.filter(status=BookingStatus.CONFIRMED).order_by("pk"))
    if not bookings or bookings[0].session.is_cancelled:
        return
    session = bookings[0].session
    recipient = bookings[0].order.contact_email.strip().lower()
    with_link = bool(session.join_link) and any(may_join(recipient, booking) for booking in bookings)
    [stamp] = next_versions(entry, [recipient], at=fact.at).values()
    calendar = _session_file(entry, stamp, join_link=session.join_link if with_link else "")
    letter = letters.ordered(bookings, with_link=with_link, calendar=calendar)
    write(fact, recipient, letter, contact=session.contact)


def _tell_cancelled(fact: Fact) -> None:
    if fact.details.get("was_held"):
        return  # nobody was told that they had the seat
    entry = locked_entry(session__bookings=fact.about_id)
    booking = tellable().get(pk=fact.about_id)
    session = booking.session
    addresses = recipients(booking)
    stays = {one for one in addresses if session.is_cancelled or _comes_all_the_same(one, booking)}
    stamps = next_versions(entry, [one for one in addresses if one not in stays], at=fact.at)
    for recipient in addresses:
        left = _left_file(entry, stamps[recipient]) if recipient in stamps else ""
        letter = letters.cancelled(booking, has_file=bool(left))
        write(fact, recipient, letter, contact=session.contact, left_calendar=left)


def _comes_all_the_same(recipient: str, booking: Booking) -> bool:
    """Whether they have to do with another seat there, so that the date must stay in their calendar."""
    others = tellable().filter(session=booking.session_id, status=BookingStatus.CONFIRMED).exclude(pk=booking.pk)
    return any(recipient in recipients(other) for other in others)


def _tell_fee_fell_away(fact: Fact) -> None:
    """Whoever was told what a withdrawal costs hears that it costs nothing; not of what was waived at once."""
    booking = tellable().get(pk=fact.about_id)
    if booking.withdrawal.was_waived_at_once:
        return
    for recipient in recipients(booking):
        write(fact, recipient, letters.fee_fell_away(booking), contact=booking.session.contact)


def _tell_substituted(fact: Fact) -> None:
    """Whoever had the seat hears that it is gone; the new participant and the contact get what a sign-up gets.

    A contact who is the one that left hears only that: the joining link and the receipt are not theirs any more.
    """
    entry = locked_entry(session__bookings=fact.about_id)
    booking = tellable().get(pk=fact.about_id)
    left = Person.objects.filter(pk=fact.details["in_place_of"]).exclude(pk=booking.participant_id).first()
    email = left.mailbox.lower() if left else ""
    if email and not booking.session.is_cancelled:
        [stamp] = next_versions(entry, [email], at=fact.at).values()
        letter, calendar = letters.seat_passed_on(booking, left), _left_file(entry, stamp)
        write(fact, email, letter, contact=booking.session.contact, left_calendar=calendar)
    _tell_booked(fact, without={email} - {booking.participant.mailbox})


def _tell_switched(fact: Fact) -> None:
    """Both runs in one mail, with a calendar file for each; nothing of a switch that was overtaken."""
    here = CalendarEntry.objects.values_list("pk", flat=True).get(session__bookings=fact.about_id)
    # Both in one order, so that no two who tell wait for each other.
    entries = {pk: locked_entry(pk=pk) for pk in sorted({here, fact.details["from_entry"]})}
    entry, left = entries[here], entries[fact.details["from_entry"]]
    booking = tellable().get(pk=fact.about_id)
    session = booking.session
    is_overtaken = (
        Fact.objects.filter(kind=SWITCHED, pk__gt=fact.pk).about(booking).exists()
        or booking.participant_id != fact.on_behalf_of_id
    )
    if is_overtaken or not booking.is_confirmed or session.is_cancelled:
        return
    addresses = recipients(booking)
    stamps, left_stamps = next_versions(entry, addresses, at=fact.at), next_versions(left, addresses, at=fact.at)
    for recipient in addresses:
        join_link = session.join_link if may_join(recipient, booking) else ""
        calendar = _session_file(entry, stamps[recipient], join_link=join_link)
        letter = letters.switched(booking, left, join_link=join_link, calendar=calendar)
        left_calendar = _left_file(left, left_stamps[recipient])
        write(fact, recipient, letter, contact=session.contact, left_calendar=left_calendar)
    _remember([booking], entry, session)


def _tell_session_cancelled(fact: Fact) -> None:
    """One mail to each address, however many seats it has to do with."""
    entry = locked_entry(pk=fact.about_id)
    by_recipient = told_of_cancelling(entry.session_id)
    seated = [one for one, bookings in by_recipient.items() if any(booking.is_confirmed for booking in bookings)]
    stamps = next_versions(entry, seated, at=fact.at)
    for recipient, bookings in by_recipient.items():
        calendar = _session_file(entry, stamps[recipient]) if recipient in stamps else ""
        letter = letters.session_cancelled(entry, bookings, calendar=calendar)
        write(fact, recipient, letter, contact=bookings[0].session.contact)


def _tell_session_revived(fact: Fact) -> None:
    """One mail to each address that had heard that the session was off; not again if it is off once more."""
    entry = locked_entry(pk=fact.about_id)
    if entry.session_id is None or entry.is_off:
        return
    ended = tellable().filter(session=entry.session_id, called_off=True, cancelled_at=fact.at).order_by("pk")
    now = timezone.now()
    for recipient, bookings in _by_recipient(ended).items():
        letter = letters.session_revived(entry, bookings, now=now)
        write(fact, recipient, letter, contact=bookings[0].session.contact)


def told_of_cancelling(session_id: int) -> dict[str, list[Booking]]:
    """The addresses that hear that a session is called off, each with the seats and places in line it is about."""
    return _by_recipient(tellable().filter(session=session_id).active().order_by("pk"))


def let_off_by_cancelling(session_id: int) -> dict[str, list[Booking]]:
    """The addresses that hear that a seat they gave up costs nothing, should the session be called off; a mail each."""
    owing = Withdrawal.objects.owing().filter(booking__session=session_id)
    return _by_recipient(tellable().filter(pk__in=[withdrawal.booking_id for withdrawal in owing]).order_by("pk"))


def _by_recipient(bookings: Iterable[Booking]) -> dict[str, list[Booking]]:
    by_recipient: dict[str, list[Booking]] = defaultdict(list)
    for booking in bookings:
        for recipient in recipients(booking):
            by_recipient[recipient].append(booking)
    return by_recipient


def _tell_session_changed(fact: Fact) -> None:
    """Those with a seat, or in line for one, hear of a new time, place, kind or link; those who wait for a date hear
    that there is one.

    What counts is the session as it is now against what each seat was last told. A new title alone is left to the
    calendars. Of a session that is over, called off or taken off the site nothing more is told here.
    """
    entry = locked_entry(pk=fact.about_id)
    now = timezone.now()
    if entry.session_id is None or is_no_news(entry, now):
        return
    if fact.details.get("quiet"):
        _take_for_told(fact, entry)
        return
    session = SessionPage.objects.select_related("audience", "conditions", "contact", "price_list").get(
        pk=entry.session_id
    )
    told = _tell_seats(fact, entry, session, now=now)
    _tell_waiting(entry, session, now=now, without=told)


def is_no_news(entry: CalendarEntry, now: datetime) -> bool:
    """Whether nothing is told any more of how the session changes."""
    return entry.is_off or (entry.is_dated and entry.when.is_over(now))


def _take_for_told(fact: Fact, entry: CalendarEntry) -> None:
    """An editor put something right without a word: the next mail is not to speak of it either."""
    if fact.kind == JOIN_LINK_CHANGED:
        put_right = {"link_digest": entry.link_digest}
    else:
        shown = set(fact.details.get("changed", [])) & set(CalendarEntry.SHOWN)
        put_right = {name: getattr(entry, name) for name in shown}
    if put_right:
        Told.objects.filter(booking__session=entry.session_id).update(**put_right)


def seats_to_tell(entry: CalendarEntry, session: SessionPage) -> tuple[list[Booking], dict[str, list[Booking]]]:
    """All seats and places in line that have been told of the session, and the addresses to which it has become
    another since, each with those it is about.

    ``entry`` and ``session`` may be as they are or as they would be: an editor is shown the same that then happens. A
    seat that nothing was told about yet, or not since it came here from another run, is left out: the mail that is due
    says how things are by then.
    """
    coming = FollowUp.objects.filter(fact__kind=SWITCHED, done_at=None).values("fact__about_id")
    seats = tellable().filter(session=session.pk, told__isnull=False).exclude(pk__in=coming)
    bookings = list(seats.select_related("told").active().order_by("pk"))
    by_recipient: dict[str, list[Booking]] = defaultdict(list)
    for booking in bookings:
        told = recipients(booking) if booking.told.is_overtaken_by(entry) else []
        if booking.told.link_digest != session.link_digest:
            told = told + _who_may_join(booking, session)
        for recipient in dict.fromkeys(told):
            by_recipient[recipient].append(booking)
    return bookings, by_recipient


def _who_may_join(booking: Booking, session: SessionPage) -> list[str]:
    return joiners(booking) if session.join_link and booking.is_seated else []


def programme_readers(session: SessionPage, *, before: datetime) -> dict[str, list[Booking]]:
    """The addresses that are told of the first programme, each with the seats it is about."""
    seats = tellable().filter(session=session.pk, status=BookingStatus.CONFIRMED, booked_at__lte=before)
    by_recipient: dict[str, list[Booking]] = defaultdict(list)
    for booking in seats.order_by("pk"):
        for recipient in recipients(booking):
            by_recipient[recipient].append(booking)
    return by_recipient


def waiting_for_a_date(
    entry: CalendarEntry, session: SessionPage, *, now: datetime, without: Collection[str] = ()
) -> list[tuple[Interest, str]]:
    """Those who asked to hear of a date, if there is one, each with the address; empty for whoever is told anyhow."""
    if not entry.is_dated or entry.when.is_over(now):
        return []
    waiting = Interest.objects.filter(session=session.pk).select_related("person").order_by("pk")
    addresses = [(interest, (interest.person.email or "").lower()) for interest in waiting]
    return [(interest, "" if email in without else email) for interest, email in addresses]


def _tell_seats(fact: Fact, entry: CalendarEntry, session: SessionPage, *, now: datetime) -> set[str]:
    """One mail to each address, however many seats it has to do with; give the addresses."""
    bookings, by_recipient = seats_to_tell(entry, session)
    coming_to_it = [one for one, concerned in by_recipient.items() if any(booking.is_seated for booking in concerned)]
    stamps = next_versions(entry, coming_to_it, at=fact.at)
    for recipient, concerned in by_recipient.items():
        may_have_it = any(recipient in _who_may_join(booking, session) for booking in concerned)
        join_link = session.join_link if may_have_it else ""
        calendar = _session_file(entry, stamps[recipient], join_link=join_link) if recipient in stamps else ""
        letter = letters.session_changed(entry, concerned, join_link=join_link, calendar=calendar, now=now)
        write(fact, recipient, letter, contact=session.contact)
    _remember(bookings, entry, session)
    return set(by_recipient)


def _tell_programme(fact: Fact) -> None:
    """Those who had their seat before the programme was there; one mail to each address."""
    entry = locked_entry(pk=fact.about_id)
    if entry.session_id is None or is_no_news(entry, timezone.now()) or fact.details.get("quiet"):
        return
    session = SessionPage.objects.get(pk=entry.session_id)
    days = letters.programme_days(session)
    for recipient, bookings in programme_readers(session, before=fact.at).items():
        write(fact, recipient, letters.programme(entry, bookings, days), contact=bookings[0].session.contact)


def _tell_waiting(entry: CalendarEntry, session: SessionPage, *, now: datetime, without: Collection[str] = ()) -> None:
    """There is a date: whoever waited for it is told, and waits no longer.

    Each mail answers the fact that the person asked, so that what was written to somebody can be found by them.
    """
    asked = Fact.objects.filter(kind=INTERESTED).about(session)
    for interest, email in waiting_for_a_date(entry, session, now=now, without=without):
        if email:
            fact = asked.filter(on_behalf_of=interest.person).latest("pk")
            write(fact, email, letters.dated(entry, session, now=now), contact=session.contact)
        interest.delete()


def _tell_interested(fact: Fact) -> None:
    """Somebody asked to hear of a date that came while they asked."""
    entry = locked_entry(session=fact.about_id)
    if not entry.is_off:
        _tell_waiting(entry, entry.session, now=timezone.now())


def _tell_secretary_named(fact: Fact) -> None:
    link = Secretary.objects.select_related("secretary", "principal").filter(pk=fact.about_id).first()
    is_over = link is None or (link.ends_on is not None and link.ends_on < today(timezone.now()))
    if not is_over and link.secretary.email:
        write(fact, link.secretary.email, letters.secretary_named(link))


def _tell_expired(fact: Fact) -> None:
    """The seat was not paid for in time. Whoever gave it up themselves knows, and so does who hears of a refund."""
    booking = tellable().get(pk=fact.about_id)
    is_known = fact.by or booking.session.is_cancelled or booking.payments.paid().exists()
    if booking.was_held and not is_known:
        contact = booking.session.contact
        write(fact, booking.order.contact_email.strip().lower(), money.not_paid(booking), contact=contact)


def _tell_paid(fact: Fact) -> None:
    """The receipt; where the money goes back at once, the mail about that says all there is to say."""
    payment = fact.about
    if payment.kept() <= 0:
        return
    booking = tellable().filter(payments=payment).earliest("pk")
    contact = booking.session.contact
    write(fact, booking.order.contact_email.strip().lower(), letters.paid(payment, booking), contact=contact)


def _tell_waiting_list(fact: Fact) -> None:
    """Whoever waits for a seat hears how it goes, each by a link of their own to the place in line."""
    booking = tellable().select_related("session__audience").get(pk=fact.about_id)
    entry = locked_entry(session=booking.session_id)
    for recipient in recipients(booking):
        key = key_for(booking, participant=recipient == booking.participant.mailbox.lower())
        letter = waiting_letter(fact.kind, booking, key=key, now=timezone.now())
        if letter:
            write(fact, recipient, letter, contact=booking.session.contact)
    if fact.kind == QUEUED:
        _remember([booking], entry, booking.session)


def _tell_pair(fact: Fact) -> None:
    """The two of a pair hear how it stands until both have their seat; that they have is told as of any seat."""
    booking = tellable().get(pk=fact.about_id)
    for recipient, letter in pair_letters(fact, booking, on=today(timezone.now())).items():
        write(fact, recipient, letter, contact=booking.session.contact)


def _tell_refunded(fact: Fact) -> None:
    refund = fact.about
    booking = refund.booking or refund.payment.order.bookings.earliest("pk")
    booking = tellable().get(pk=booking.pk)
    contact = booking.session.contact
    write(fact, booking.order.contact_email.strip().lower(), letters.refunded(refund, booking), contact=contact)


def write_circular(fact: Fact, addresses: dict[str, list[Booking]], *, subject: str, text: str) -> None:
    """What staff write to many: one mail to each address, however many bookings it is about."""
    with override(settings.LANGUAGE_CODE):
        for recipient, bookings in addresses.items():
            letter = letters.circular(bookings, subject=subject, text=text)
            write(fact, recipient, letter, contact=bookings[0].session.contact)


def _tell_refund_failed(fact: Fact) -> None:
    """Staff: the session's contact. The payer is told when the money leaves."""
    refund = fact.about
    booking = tellable().filter(order=refund.payment.order_id).earliest("pk")
    if booking.session.contact:
        write(fact, booking.session.contact.email, money.refund_failed(refund, booking))


def _tell_disputed(fact: Fact) -> None:
    """Staff, when a payment is contested and when that is over; not of what happens in between."""
    payment, status = fact.about, fact.details["status"]
    facts = Fact.objects.filter(kind=DISPUTED, pk__lt=fact.pk).about(payment)
    is_known = any(one.details.get("dispute") == fact.details.get("dispute") for one in facts)
    booking = tellable().filter(order=payment.order_id).earliest("pk")
    if booking.session.contact and (status in {"won", "lost"} or not is_known):
        write(fact, booking.session.contact.email, money.disputed(payment, booking, status=status))


def recipients(booking: Booking) -> list[str]:
    """The order's contact, and the participant where that is another address; each once.

    A contact who ordered it hears no more of a seat in which others put somebody for whom they do not act.
    """
    contact, booker = booking.order.contact_email.strip().lower(), booking.order.booker
    # Nobody who waits has changed; and a contact that is not the booker's own address is the town hall's.
    if getattr(booking, "changed_hands", False) and contact == booker.mailbox.lower():
        contact = "" if out_of_hand([booking], booker, on=today(timezone.now())) else contact
    addresses = [contact, booking.participant.mailbox]
    return list(dict.fromkeys(one.strip().lower() for one in addresses if one.strip()))


def joiners(booking: Booking) -> list[str]:
    """Who may have the link for participants: the participant, and the booker who still acts for them.

    Addresses that the register knows, or a guest's own; never the contact's, which anybody may type.
    """
    participant, booker = booking.participant, booking.order.booker
    people = [participant]
    if booker.may_act_for(participant, today(timezone.now())):
        people.append(booker)
    return list(dict.fromkeys(person.mailbox.lower() for person in people if person.mailbox))


def may_join(recipient: str, booking: Booking) -> bool:
    return recipient in joiners(booking)


def _session_file(entry: CalendarEntry, stamp: Stamp, *, join_link: str = "") -> str:
    return session_file(entry, join_link=join_link, since=stamp.since, sequence=stamp.sequence)


def _left_file(entry: CalendarEntry, stamp: Stamp) -> str:
    return left_file(entry, at=stamp.since, sequence=stamp.sequence)


def locked_entry(**which) -> CalendarEntry:
    """What the public knows of the session, held still while it is told; two who tell at once take turns."""
    return CalendarEntry.objects.select_for_update(of=("self",)).get(**which)


def _remember(bookings: list[Booking], entry: CalendarEntry, session: SessionPage) -> None:
    """Note what those behind the seats know by now. A link that was taken away is not forgotten by those who had it."""
    shown = {name: getattr(entry, name) for name in CalendarEntry.SHOWN}
    Told.objects.bulk_create(
        [Told(booking=booking, link_digest=session.link_digest, **shown) for booking in bookings],
        update_conflicts=True,
        unique_fields=["booking"],
        update_fields=[*CalendarEntry.SHOWN, *(["link_digest"] if session.join_link else [])],
    )


def tellable():
    return (
        Booking.objects.with_hands()
        .select_related(
            "order__booker",
            "participant__host",
            "conditions",
            "session__venue",
            "session__contact",
            "session__calendar_entry",
            "withdrawal",
        )
        .prefetch_related("lines")
    )


def write(
    fact: Fact, recipient: str, letter: Letter, *, contact: Contact | None = None, left_calendar: str = ""
) -> None:
    """Put one letter to one address into the outbox, and have it sent when this has been committed."""
    now = timezone.now()
    letter = fit_for(recipient, dressed(letter))
    message = OutboxMessage.objects.create(
        fact=fact,
        kind=letter.name,
        recipient=recipient,
        reply_to=contact.email if contact else "",
        subject=" ".join(letter.subject.split())[:200],
        text=letter.text(),
        html=letter.html(),
        calendar=letter.calendar,
        left_calendar=left_calendar,
        message_id=f"<{uuid4()}@{calendar_domain()}>",
        created_at=now,
        not_before=now,
    )
    transaction.on_commit(lambda: deliver_soon(message.pk), robust=True)


_TELLERS = {
    BOOKED: _tell_booked,
    ORDERED: _tell_ordered,
    CANCELLED: _tell_cancelled,
    FEE_WAIVED: _tell_fee_fell_away,
    FEE_RELEASED: _tell_fee_fell_away,
    SUBSTITUTED: _tell_substituted,
    SWITCHED: _tell_switched,
    SESSION_CANCELLED: _tell_session_cancelled,
    SESSION_REVIVED: _tell_session_revived,
    SESSION_SHOWN: _tell_session_changed,
    JOIN_LINK_CHANGED: _tell_session_changed,
    PROGRAMME_PUBLISHED: _tell_programme,
    INTERESTED: _tell_interested,
    SECRETARY_NAMED: _tell_secretary_named,
    EXPIRED: _tell_expired,
    PAID: _tell_paid,
    REFUNDED: _tell_refunded,
    REFUND_FAILED: _tell_refund_failed,
    DISPUTED: _tell_disputed,
    **dict.fromkeys(WAITING_LIST, _tell_waiting_list),
    **dict.fromkeys(PAIRS, _tell_pair),
}

#: The facts that are told.
KINDS = frozenset(_TELLERS)
