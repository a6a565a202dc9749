"""Being forgotten: asked for by a person, done by staff or by time. What bookkeeping demands stays, and nothing else.

A person's row is never removed, because the journal points at it: it loses all that leads to somebody, and in the end
its name.
"""

import logging
from datetime import date, datetime, timedelta

from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import Max, Q

from booking.calendars.models import PersonalCalendar
from booking.dates import today
from booking.journal.kinds import DELETION_ASKED, DELETION_WITHDRAWN, INTERESTED, PERSON_FORGOTTEN
from booking.journal.record import record
from booking.messages.models import OutboxMessage
from booking.messages.versions import forget_reader
from booking.mypage.models import DeletionRequest
from booking.payments.models import Payment, Refund
from booking.people.history import NAMELESS, forget_history
from booking.people.models import Office, Person, Secretary
from booking.people.signin import end_sign_in, give_sign_in
from booking.sessions.calendar_entry import CalendarEntry
from booking.signup.models import Booking, Order, Withdrawal

logger = logging.getLogger(__name__)

#: Years after the end of the financial year, which is KL's calendar year. Source: bogføringsloven § 12, stk. 1.
BOOKKEEPING_YEARS = 5


class HasComingBookings(Exception):
    """There are seats ahead that they take, or have ordered; these are held or cancelled first."""

    def __init__(self, count: int):
        super().__init__(count)
        self.count = count


# Asking


@transaction.atomic
def ask_to_be_forgotten(person: Person, *, by, now: datetime) -> DeletionRequest:
    """Put the request on staff's list. Asking again changes nothing."""
    request, is_new = DeletionRequest.objects.get_or_create(person=person, done_at=None, defaults={"asked_at": now})
    if is_new:
        record(DELETION_ASKED, person, by=by, on_behalf_of=person, at=now)
        logger.info("person %s asked to be deleted", person.pk)
    return request


@transaction.atomic
def withdraw_request(person: Person, *, by, now: datetime) -> None:
    removed, _models = DeletionRequest.objects.filter(person=person, done_at=None).delete()
    if removed:
        record(DELETION_WITHDRAWN, person, by=by, on_behalf_of=person, at=now)


# What stays


def bookings_of(person: Person) -> models.QuerySet[Booking]:
    """The seats they have taken or ordered, also those given up; and those that others took for them as guests."""
    return Booking.objects.filter(Q(participant__in=person.selves().values("pk")) | Q(order__booker=person))


def coming_bookings(person: Person, *, now: datetime) -> models.QuerySet[Booking]:
    """Those of sessions that have not been held yet, places in line too; one is held until the end of its last day."""
    coming = bookings_of(person).active().filter(session__ends_on__gte=today(now))
    return coming.filter(session__calendar_entry__cancelled_at=None)


def kept_until(person: Person) -> date | None:
    """The last day that bookkeeping demands their name; None if nothing was ever to be paid, as while one waits."""
    seats = bookings_of(person).filter(waiting_since=None, order__bookings__lines__unit_net__gt=0)
    last = seats.aggregate(last=Max("session__ends_on"))["last"]
    return last and bookkeeping_ends(last)


def bookkeeping_ends(held_on: date) -> date:
    """The last day that the vouchers of a session held on ``held_on`` are kept."""
    return date(held_on.year + BOOKKEEPING_YEARS, 12, 31)


# Forgetting


@transaction.atomic
def forget_person(person: Person, *, by, now: datetime) -> None:
    """Remove all about ``person`` that bookkeeping does not demand, and let them sign in no more.

    Their name stays on what was to be paid for until ``kept_until``. Raises HasComingBookings.
    """
    person = Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
    coming = coming_bookings(person, now=now).count()
    if coming:
        raise HasComingBookings(coming)
    for guest in person.selves().exclude(pk=person.pk):
        forget_person(guest, by=by, now=now)
    _forget_messages(person)
    forget_history(Person, [person.pk])
    Secretary.objects.filter(Q(secretary=person) | Q(principal=person)).delete()
    PersonalCalendar.objects.filter(Q(reader=person) | Q(person=person)).delete()
    person.interests.all().delete()
    person.grants.all().delete()
    person.bookings.update(diet="", room="", may_be_listed=False)
    Withdrawal.objects.filter(booking__participant=person).update(waived_reason="")
    _forget_contact(person)
    _forget_offices(person, on=today(now))
    _forget_sign_in(person, now=now)
    forget_name(person, on=today(now))
    DeletionRequest.objects.filter(person=person, done_at=None).update(done_at=now)
    record(PERSON_FORGOTTEN, person, by=by, at=now)
    logger.info("person %s forgotten", person.pk)


def forget_name(person: Person, *, on: date) -> bool:
    """Take the name too, unless bookkeeping still demands it on that day; say whether it is gone."""
    until = kept_until(person)
    if until and on <= until:
        return False
    person.name = NAMELESS
    person.save(update_fields=["name"])
    theirs = Q(booker=person) | Q(bookings__participant=person)
    Order.objects.filter(pk__in=Order.objects.filter(theirs).values("pk")).update(accepted_by="", acceptance_note="")
    return True


def messages_to(person: Person) -> models.QuerySet[OutboxMessage]:
    """What was written to them. An address may have been another's before, so the matter must be theirs too."""
    return _messages_about(person).filter(recipient__iexact=person.mailbox or "-")


def _messages_about(person: Person) -> models.QuerySet[OutboxMessage]:
    """What was written, to anybody, about their seats, payments, sessions called off, and whom they act for."""
    bookings = bookings_of(person)
    links = Secretary.objects.filter(Q(secretary=person) | Q(principal=person))
    return OutboxMessage.objects.filter(
        _about(Booking, bookings.values("pk"))
        | _about(Order, bookings.values("order"))
        | _about(CalendarEntry, bookings.values("session__calendar_entry"))
        | _about(Payment, Payment.objects.filter(bookings__in=bookings.values("pk")).values("pk"))
        | _about(Refund, Refund.objects.filter(payment__bookings__in=bookings.values("pk")).values("pk"))
        | _about(Secretary, links.values("pk"))
        | Q(fact__kind=INTERESTED, fact__on_behalf_of=person)  # the date they waited for
    )


def _about(model: type[models.Model], ids) -> Q:
    return Q(fact__about_type=ContentType.objects.get_for_model(model), fact__about_id__in=ids)


def _forget_messages(person: Person) -> None:
    """What was written to them goes; what others were told about their seats keeps its subject, not its words."""
    messages_to(person).delete()
    forget_reader(person.email or "")
    others = _messages_about(person).exclude(fact__about_type=ContentType.objects.get_for_model(CalendarEntry))
    others.exclude(sent_at=None).update(text="", html="", calendar="", left_calendar="")


def _forget_contact(person: Person) -> None:
    """Whom to write to is not a matter of bookkeeping. In another's order, its booker takes their place."""
    Order.objects.filter(booker=person).update(contact_name="", contact_email="", contact_phone="")
    for order in Order.objects.filter(contact_email__iexact=person.mailbox or "-").select_related("booker"):
        order.contact_name, order.contact_email, order.contact_phone = order.booker.name, order.booker.email or "", ""
        order.save(update_fields=["contact_name", "contact_email", "contact_phone"])


def _forget_offices(person: Person, *, on: date) -> None:
    """An office that a seat was given for is part of what was agreed; it ends, as far as the register knows."""
    person.offices.filter(bookings=None).delete()
    for office in Office.objects.held_on(on).filter(person=person):
        office.ends_on = max(office.starts_on, on - timedelta(days=1))
        office.save(update_fields=["ends_on"])


def _forget_sign_in(person: Person, *, now: datetime) -> None:
    """No address, no number, and whoever is signed in is signed out. Staff keep the sign-in that is theirs as staff."""
    user = person.user
    person.email, person.guest_email, person.phone, person.municipality, person.forgotten_at = None, "", "", None, now
    person.save(update_fields=["email", "guest_email", "phone", "municipality", "forgotten_at"])
    give_sign_in(person)
    if user:
        user.refresh_from_db()
        end_sign_in(user)
