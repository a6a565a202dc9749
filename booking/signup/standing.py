"""Whether somebody may be signed up for a session right now: one answer for the page, the form and the reservation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q

from booking.people.audiences import NotForYou
from booking.people.models import Municipality, Office, Person
from booking.sessions.models import SessionPage
from booking.signup.bookings import Booking
from booking.signup.queries import IN_LINE_FOR_A_SEAT, TAKEN, BookingQuerySet


class Obstacle(StrEnum):
    """Why nobody, or not this person, can be signed up. The sentences are in ``sentences.py``."""

    NOT_PUBLIC = "not_public"
    CANCELLED = "cancelled"
    NO_DATE = "no_date"
    OVER = "over"
    STARTED = "started"
    NOT_OPEN = "not_open"
    CLOSED = "closed"
    PRICE_UNDECIDED = "price_undecided"
    NO_CONDITIONS = "no_conditions"
    FULL = "full"
    ALREADY_BOOKED = "already_booked"
    OTHER_RUN = "other_run"
    OTHER_MUNICIPALITY = "other_municipality"
    NOT_FOR_YOU = "not_for_you"


class CannotBook(Exception):
    """The seat was not given; ``obstacle`` says why, and ``refusal`` more of it where the audience said no.

    ``participant`` is whom it is about, if it is not about everybody; ``booking`` the one they have here, or at another
    run.
    """

    def __init__(
        self,
        obstacle: Obstacle,
        refusal: NotForYou | None = None,
        *,
        participant: Person | None = None,
        booking: Booking | None = None,
    ):
        super().__init__(obstacle)
        self.obstacle = obstacle
        self.refusal = refusal
        self.participant = participant
        self.booking = booking


@dataclass(frozen=True, slots=True)
class Admission:
    """What lets somebody in: an office, or none where the audience needs none; and the municipality that pays."""

    office: Office | None
    municipality: Municipality

    @property
    def municipality_id(self) -> int:
        return self.municipality.pk


def seats_left(session: SessionPage) -> int | None:
    """Free seats, never below zero; None when there is no limit."""
    if session.capacity is None:
        return None
    if not session.pk:  # the editor previews a page before it is saved
        return session.capacity
    return max(0, session.capacity - Booking.objects.filter(session=session.pk).holding_a_seat().count())


def seats_for_sale(session: SessionPage) -> int | None:
    """Free seats that nobody waits for; None when there is no limit. Those who wait come before those who come now."""
    if session.capacity is None or not session.pk:
        return session.capacity
    counted = Booking.objects.filter(session=session.pk).aggregate(taken=TAKEN, waiting=IN_LINE_FOR_A_SEAT)
    return for_sale(session, **counted)


def for_sale(session: SessionPage, *, taken: int, waiting: int) -> int | None:
    """The same of a session whose bookings have been counted."""
    if session.capacity is None:
        return None
    return 0 if waiting else max(0, session.capacity - taken)


def session_obstacle(session: SessionPage, *, now: datetime) -> Obstacle | None:
    """What keeps everybody from being signed up, the gravest first; None if nothing does."""
    return time_obstacle(session, now=now) or _terms_obstacle_now(session, now=now)


def obstacles(session: SessionPage, *, now: datetime) -> list[Obstacle]:
    """The gravest that time says against it, and the gravest that its terms do; for those who may set one aside."""
    found = [time_obstacle(session, now=now), _terms_obstacle_now(session, now=now)]
    return [obstacle for obstacle in found if obstacle]


def _terms_obstacle_now(session: SessionPage, *, now: datetime) -> Obstacle | None:
    return terms_obstacle(
        session,
        is_priced=session.prices(now=now).is_decided,
        has_conditions=session.conditions is not None and session.conditions.current() is not None,
        left=seats_for_sale(session),
    )


def time_obstacle(session: SessionPage, *, now: datetime) -> Obstacle | None:
    """What its page, its dates or its sign-up period say against it."""
    when = session.when
    if not session.live or when is None:
        return Obstacle.NOT_PUBLIC
    if session.is_cancelled:
        return Obstacle.CANCELLED
    if when.is_over(now):
        return Obstacle.OVER
    if not when.is_dated:
        return Obstacle.NO_DATE
    if when.has_started(now):
        return Obstacle.STARTED
    if session.signup_opens_at and now < session.signup_opens_at:
        return Obstacle.NOT_OPEN
    if session.signup_closes_at and now >= session.signup_closes_at:
        return Obstacle.CLOSED
    return None


def terms_obstacle(session: SessionPage, *, is_priced: bool, has_conditions: bool, left: int | None) -> Obstacle | None:
    """What its price, its conditions or its seats say against it; a list looks them up for all sessions at once."""
    if not is_priced:
        return Obstacle.PRICE_UNDECIDED
    if not has_conditions or session.audience_id is None:
        return Obstacle.NO_CONDITIONS
    if left == 0:
        return Obstacle.FULL
    return None


def admit(session: SessionPage, person: Person, *, besides: Booking | None = None) -> Admission:
    """What lets this person into a seat of their own, on the day of the session. Raises CannotBook.

    Nobody has two bookings at a session, or among the runs of a choice, seats or places in line; the one that it is
    about (``besides``) does not count.
    """
    [answer] = admit_each(session, [person], besides=besides)
    if isinstance(answer, CannotBook):
        raise answer
    return answer


def admit_each(
    session: SessionPage, people: Sequence[Person], *, besides: Booking | None = None
) -> list[Admission | CannotBook]:
    """What ``admit`` says of each of them, in their order; bookings are looked up for all at once."""
    guests = [person.guest_email for person in people if person.guest_email]  # whoever has the address is the same
    theirs = Q(participant__in=[person.pk for person in people])
    theirs |= Q(participant__guest_email__in=guests) if guests else Q()
    bookings = Booking.objects.filter(theirs).exclude(pk=besides and besides.pk).active()
    at_this = bookings.filter(session=session.pk).select_related("order", "participant")
    here = {booking.participant.identity: booking for booking in at_this}
    elsewhere = {booking.participant.identity: booking for booking in reversed(at_other_runs(bookings, session))}
    return [
        _answer(session, person, here=here.get(person.identity), elsewhere=elsewhere.get(person.identity))
        for person in people
    ]


def _answer(
    session: SessionPage, person: Person, *, here: Booking | None, elsewhere: Booking | None
) -> Admission | CannotBook:
    if here:
        return CannotBook(Obstacle.ALREADY_BOOKED, participant=person, booking=here)
    if elsewhere:
        return CannotBook(Obstacle.OTHER_RUN, participant=person, booking=elsewhere)
    try:
        office = session.audience.admit(person, on=session.starts_on)
    except NotForYou as refusal:
        return CannotBook(Obstacle.NOT_FOR_YOU, refusal, participant=person)
    return Admission(office, office.municipality if office else person.municipality_on(session.starts_on))


def at_another_run(bookings: BookingQuerySet, session: SessionPage) -> Booking | None:
    """The first of the bookings that is at another run of the session's choice."""
    return next(iter(at_other_runs(bookings, session)), None)


def at_other_runs(bookings: BookingQuerySet, session: SessionPage) -> list[Booking]:
    """Those of the bookings that are at another run of the session's choice; one that is called off is none."""
    if session.choice_id is None:
        return []
    elsewhere = bookings.filter(session__choice=session.choice_id).exclude(session=session.pk)
    taking_place = elsewhere.filter(Q(session__calendar_entry=None) | Q(session__calendar_entry__cancelled_at=None))
    with_session = taking_place.select_related("order", "participant", "session__calendar_entry", "session__price_list")
    return list(with_session.prefetch_related("lines").order_by("pk"))


def participant_obstacle(session: SessionPage, person: Person) -> Obstacle | None:
    """What keeps this one person out; None if nothing does."""
    try:
        admit(session, person)
    except CannotBook as refusal:
        return refusal.obstacle
    return None
