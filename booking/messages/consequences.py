"""What publishing a session would tell, to whom, before it is done. Read from the same functions that then tell it."""

from collections import defaultdict
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from booking.journal.kinds import CALLED, NO_SEAT, OFFER_LAPSED, OFFER_WITHDRAWN, OFFERED, PASSED_OVER
from booking.messages.letters import kind_in_words, when_in_words
from booking.messages.reminders import days_to_come
from booking.messages.reminders_wanted import wanted_by
from booking.messages.tell import is_no_news, programme_readers, recipients, seats_to_tell, waiting_for_a_date
from booking.sessions.calendar_entry import CalendarEntry
from booking.sessions.live import as_shown, is_open, shown_at
from booking.sessions.models import SessionPage, Venue
from booking.signup.models import Booking, BookingStatus
from booking.signup.waiting import news_for_line

#: What is told, in the order that an editor reads it.
CHANGED, PROGRAMME, DATED = "session_changed", "programme", "dated"

#: What those in line are told of the seats; that can't be kept from them: they have to answer, or wait no longer.
OF_SEATS = (OFFERED, CALLED, PASSED_OVER, OFFER_WITHDRAWN, OFFER_LAPSED, NO_SEAT)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that becomes another: what it is called, and how it is before and after."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Consequences:
    """The mails that would be written, by what they tell: the addresses of those with a seat, and of those who wait."""

    changes: list[Change]
    seated: dict[str, list[str]]
    waiting: dict[str, list[str]]
    clashes: list[tuple[Booking, Booking]]
    #: How many in line get an offer of a seat, or are told that there is one for the first.
    offered: int = 0
    #: How many of the mails go to the contact of an order, who takes no part.
    to_contacts: int = 0

    @property
    def to_themselves(self) -> int:
        return self.mails - self.to_contacts

    @property
    def mails(self) -> int:
        return self.to_seated + self.to_waiting

    @property
    def to_seated(self) -> int:
        return sum(len(addresses) for addresses in self.seated.values())

    @property
    def to_waiting(self) -> int:
        return sum(len(addresses) for addresses in self.waiting.values())

    @property
    def of_seats(self) -> int:
        """How many of the mails go to those in line whatever the editor chooses."""
        return sum(len(self.waiting.get(kind, [])) for kind in OF_SEATS)

    @property
    def closes_line(self) -> bool:
        """Whether the session has begun by then, so that those in line wait no longer."""
        return bool(self.waiting.get(NO_SEAT) or self.waiting.get(OFFER_LAPSED))

    @property
    def by_kind(self) -> list[tuple[str, int, int]]:
        """For each kind of mail, how many go to those with a seat and to those who wait."""
        order = (CHANGED, PROGRAMME, DATED, *OF_SEATS)
        kinds = [kind for kind in order if self.seated.get(kind) or self.waiting.get(kind)]
        return [(kind, len(self.seated.get(kind, [])), len(self.waiting.get(kind, []))) for kind in kinds]

    @property
    def fingerprint(self) -> str:
        """Tells what an editor was shown from what has become so since."""
        told = [sorted((kind, sorted(to)) for kind, to in side.items()) for side in (self.seated, self.waiting)]
        changes = [(change.label, change.before, change.after) for change in self.changes]
        return sha256(repr((told, changes)).encode()).hexdigest()


def consequences_of(draft: SessionPage, *, now: datetime) -> Consequences:
    """What would be told if ``draft`` were published now; nothing for one that the public has not seen."""
    entry = CalendarEntry.objects.filter(session=draft.pk).first()
    if entry is None or entry.cancelled_at or draft.when is None:
        return Consequences([], {}, {}, [])
    would = as_shown(entry, draft)
    # A page behind a lock shows the public nothing, so nothing is told of it either.
    is_told = is_open(draft) and not is_no_news(would, now)
    seated: dict[str, list[str]] = defaultdict(list)
    waiting: dict[str, list[str]] = defaultdict(list)
    has_first_programme = is_told and bool(draft.programme) and entry.programme_at is None
    if is_told:
        _bookings, by_recipient = seats_to_tell(would, draft)
        for recipient, bookings in by_recipient.items():
            side = seated if any(booking.is_seated for booking in bookings) else waiting
            side[CHANGED].append(recipient)
        if has_first_programme:
            seated[PROGRAMME] += programme_readers(draft, before=now)
        for _interest, email in waiting_for_a_date(would, draft, now=now, without=by_recipient):
            waiting[DATED] += [email] if email else []
    of_seats = news_for_line(_published(draft), now=now)
    for booking, kind in of_seats:
        waiting[kind] += recipients(booking)
    changes = _changes(entry, would, draft, has_first_programme=has_first_programme)
    offered = sum(kind in {OFFERED, CALLED} for _booking, kind in of_seats)
    told = [*seated.values(), *(to for kind, to in waiting.items() if kind != DATED)]
    to_contacts = _to_contacts([address for addresses in told for address in addresses], draft)
    return Consequences(changes, dict(seated), dict(waiting), _clashes(entry, would), offered, to_contacts)


def _to_contacts(addresses: list[str], session: SessionPage) -> int:
    """How many of these are no participant's own."""
    bookings = Booking.objects.active().filter(session=session.pk).select_related("participant__host")
    own = {booking.participant.mailbox.strip().lower() for booking in bookings}
    return sum(address not in own for address in addresses)


def reminders_after(draft: SessionPage, *, now: datetime) -> list[date]:
    """When those with a seat are reminded, by mail, if ``draft`` is published now or when it is timed to be."""
    entry = CalendarEntry.objects.filter(session=draft.pk).first()
    if entry is None or draft.when is None:
        return []
    wanted = wanted_by([draft])[draft.pk]
    return days_to_come(as_shown(entry, draft), wanted.kinds, after=max(now, draft.go_live_at or now))


def _published(draft: SessionPage) -> SessionPage:
    """The same page as it is on the site; it may be that it is put there again."""
    page = copy(draft)
    page.live = True
    return page


def consequences_at(venue: Venue, *, now: datetime) -> dict[SessionPage, Consequences]:
    """What would be told if ``venue`` were saved as it is in hand, for each session of which anything is told."""
    found = {}
    for session in shown_at(venue):
        session.venue = venue
        if session.entry and session.entry.place != session.place:
            found[session] = consequences_of(session, now=now)
    return {session: consequences for session, consequences in found.items() if consequences.mails}


def _changes(
    entry: CalendarEntry, would: CalendarEntry, draft: SessionPage, *, has_first_programme: bool
) -> list[Change]:
    pairs = [
        Change(_("Title"), entry.title, would.title),
        Change(_("Kind"), capfirst(kind_in_words(entry)), capfirst(kind_in_words(would))),
        Change(_("When"), capfirst(when_in_words(entry)), capfirst(when_in_words(would))),
        Change(_("Seats"), _seats(entry.capacity), _seats(draft.capacity)),
        Change(_("Where"), entry.place or _("Not known yet"), would.place or _("Not known yet")),
    ]
    changes = [change for change in pairs if change.before != change.after]
    if entry.link_digest != draft.link_digest:
        before, after = (
            _("There is one") if digest else _("None") for digest in (entry.link_digest, draft.link_digest)
        )
        changes.append(Change(_("Link for participants"), before, _("Another one") if before == after else after))
    if has_first_programme:
        changes.append(Change(_("Programme"), _("None"), _("Published")))
    return changes


def _seats(capacity: int | None) -> str:
    return _("No limit") if capacity is None else str(capacity)


def _clashes(entry: CalendarEntry, would: CalendarEntry) -> list[tuple[Booking, Booking]]:
    """Those with a seat who have another seat on the new days, each with that one; none where the days stay."""
    days = (would.starts_on, would.ends_on)
    if not would.is_dated or (entry.is_dated and days == (entry.starts_on, entry.ends_on)):
        return []
    seats = Booking.objects.filter(status=BookingStatus.CONFIRMED).select_related("participant", "session")
    here = {booking.participant_id: booking for booking in seats.filter(session=entry.session_id)}
    elsewhere = seats.exclude(session=entry.session_id).filter(
        participant__in=here,
        session__live=True,
        session__calendar_entry__cancelled_at=None,
        session__when_text="",
        session__starts_on__lte=would.ends_on,
        session__ends_on__gte=would.starts_on,
    )
    return [(here[other.participant_id], other) for other in elsewhere.order_by("participant__name", "pk")]
