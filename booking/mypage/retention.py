"""How long each kind of data is kept and why, as one table, and the work that follows it.

``docs/retention.md`` and the public page on personal data say the same; tests hold them to it.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from booking.calendars.feed import PAST
from booking.calendars.personal import purge_calendars
from booking.dates import today
from booking.invoicing.models import Invoice, Reversal, Transfer
from booking.messages.models import MailedVersion, OutboxMessage
from booking.mypage.forget import BOOKKEEPING_YEARS, NAMELESS, HasComingBookings, forget_name, forget_person
from booking.mypage.models import DeletionRequest
from booking.payments.differences import Difference
from booking.payments.models import Payment, Refund, StripeEvent
from booking.people.grants import AudienceGrant
from booking.people.history import forget_history_of_the_removed
from booking.people.models import Office, Person, Secretary
from booking.people.waiting import purge_register_files
from booking.signup.models import Booking, Interest, Order, Withdrawal
from booking.signup.purge import KEPT_DAYS, purge_practical

logger = logging.getLogger(__name__)

#: Days that a mail's words are kept after it was sent, or given up.
MAIL_DAYS = 180
#: Years that it is kept that a mail was sent, to whom and about what.
MAIL_YEARS = 2
#: Days after a session that it is kept which version of it stands in whose calendar: cancelled ones are shown as long.
VERSION_DAYS = 30
#: Days that Stripe may tell the same event again, and more.
EVENT_DAYS = 60
#: Years that an order's contact, and who came, are kept after the session.
CONTACT_YEARS = 1
#: Years that an exception, a secretaryship and a request are kept after they ended.
ENDED_YEARS = 2
#: Years without office, secretaryship, sign-in or seat after which a person is forgotten.
IDLE_YEARS = 2
#: The same for office holders: the newly elected are known by who held the office in the term before.
OFFICE_YEARS = 4


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of data: how long it is kept and why, and the function that removes what is older (None: nothing is).

    The function takes the moment and gives the number of rows that it removed or emptied.
    """

    what: str
    kept: str
    why: str
    purge: Callable[[datetime], int] | None = None


def purge(now: datetime) -> list[tuple[Rule, int | None]]:
    """Follow the table; give how many rows each rule removed or emptied, None where it failed. The rest goes on."""
    return [(rule, _follow(rule, now)) for rule in TABLE if rule.purge]


def _follow(rule: Rule, now: datetime) -> int | None:
    try:
        with transaction.atomic():
            count = rule.purge(now)
    except Exception:
        # One kind of data that can't be removed must not keep the others.
        logger.exception("retention: %s failed", rule.purge.__name__)
        return None
    if count:
        logger.info("retention: %s, %d", rule.purge.__name__, count)
    return count


def years_before(day: date, years: int) -> date:
    """The same day so many years earlier; 28 February for a leap day."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def _moment_before(now: datetime, years: int) -> datetime:
    return now - timedelta(days=(today(now) - years_before(today(now), years)).days)


# Sign-ups


def purge_contacts(now: datetime) -> int:
    """Empty whom to write to about an order, when its last session is over long since."""
    cut = years_before(today(now), CONTACT_YEARS)
    newer = Booking.objects.filter(order=OuterRef("pk"), session__ends_on__gte=cut)
    told = Order.objects.exclude(contact_name="", contact_email="", contact_phone="")
    return told.exclude(Exists(newer)).update(contact_name="", contact_email="", contact_phone="")


def purge_attendance(now: datetime) -> int:
    """Forget who came to a session, and who might be listed there."""
    held = Booking.objects.filter(session__ends_on__lt=years_before(today(now), CONTACT_YEARS))
    return held.exclude(attended=None, may_be_listed=False).update(attended=None, may_be_listed=False)


def purge_waiving(now: datetime) -> int:
    """Forget why the price of a withdrawal was waived; that it was, and by whom, stays."""
    held = Withdrawal.objects.filter(booking__session__ends_on__lt=years_before(today(now), CONTACT_YEARS))
    return held.exclude(waived_reason="").update(waived_reason="")


def purge_references(now: datetime) -> int:
    """Empty the payer's references and who accepted by phone, which name somebody, when nobody can ask for them."""
    newer = Booking.objects.filter(order=OuterRef("pk"), session__ends_on__gt=_last_out_of_the_books(now))
    empty = {"person_reference": "", "requisition": "", "accepted_by": "", "acceptance_note": ""}
    return Order.objects.exclude(**empty).exclude(Exists(newer)).update(**empty)


def purge_invoices(now: datetime) -> int:
    """Empty what stands on invoices and credit notes that bookkeeping no longer asks for; numbers and sums stay."""
    return Invoice.objects.empty_before(_last_out_of_the_books(now) + timedelta(days=1), on=today(now))


def purge_transfers(now: datetime) -> int:
    """Empty what payers wrote to the bank, and why staff took a payment back; days and amounts stay."""
    cut = _last_out_of_the_books(now)
    reversals = Reversal.objects.filter(noted_at__date__lte=cut).exclude(reason="").update(reason="")
    return Transfer.objects.empty_before(cut + timedelta(days=1)) + reversals


def purge_payments(now: datetime) -> int:
    """Empty what leads from a payment to a card, and what staff wrote of it, when bookkeeping no longer asks for it."""
    cut = _last_out_of_the_books(now)
    newer = Booking.objects.filter(order=OuterRef("order"), session__ends_on__gt=cut)
    old = Payment.objects.exclude(Exists(newer))
    refunds = Refund.objects.filter(payment__in=old.values("pk"))
    differences = Difference.objects.filter(closed_at__date__lte=cut)
    return (
        refunds.exclude(stripe_id=None, note="").update(stripe_id=None, note="")
        + differences.exclude(subject="", note="").update(subject="", note="")
        + old.exclude(checkout_id=None, intent_id="", url="").update(checkout_id=None, intent_id="", url="")
    )


def purge_events(now: datetime) -> int:
    """Remove which of Stripe's events were heard, when they do not come again."""
    return _remove(StripeEvent.objects.filter(heard_at__lt=now - timedelta(days=EVENT_DAYS)))


def purge_names(now: datetime) -> int:
    """Take the names of forgotten persons from seats that bookkeeping no longer asks for.

    Whom an import has brought back since, with an office or an address, is not forgotten any more.
    """
    is_back = Exists(Office.objects.held_on(today(now)).filter(person=OuterRef("pk")))
    forgotten = Person.objects.filter(email=None).exclude(forgotten_at=None).exclude(name=NAMELESS).exclude(is_back)
    return sum(forget_name(person, on=today(now)) for person in forgotten)


def _last_out_of_the_books(now: datetime) -> date:
    """The last day of the newest financial year whose vouchers need not be kept any more."""
    return date(today(now).year - BOOKKEEPING_YEARS - 1, 12, 31)


def purge_interests(now: datetime) -> int:
    """Remove who waited for the date of a session that is over."""
    return _remove(Interest.objects.filter(session__ends_on__lt=today(now)))


# Mails


def purge_words(now: datetime) -> int:
    """Empty mails that were sent, and remove those that were given up."""
    cut = now - timedelta(days=MAIL_DAYS)
    emptied = OutboxMessage.objects.filter(sent_at__lt=cut).exclude(text="", html="", calendar="")
    return emptied.update(text="", html="", calendar="", left_calendar="") + _remove(
        OutboxMessage.objects.filter(sent_at=None, failed_at__lt=cut)
    )


def purge_mails(now: datetime) -> int:
    """Remove that a mail was sent."""
    return _remove(OutboxMessage.objects.filter(sent_at__lt=_moment_before(now, MAIL_YEARS)))


def purge_versions(now: datetime) -> int:
    """Remove which version of a session was mailed to whom, when nobody can lose or regain a seat there."""
    cut = today(now) - timedelta(days=VERSION_DAYS)
    return _remove(MailedVersion.objects.filter(entry__ends_on__lt=cut))


# People


def purge_persons(now: datetime) -> int:
    """Forget whoever has held no office, acted for nobody, taken or ordered no seat and not signed in for years."""
    count = 0
    for person in _idle(today(now), now):
        try:
            forget_person(person, by=None, now=now)
        except HasComingBookings:  # they have got one while we looked
            continue
        count += 1
    return count


def _idle(on: date, now: datetime) -> models.QuerySet[Person]:
    cut = years_before(on, IDLE_YEARS)
    moment = _moment_before(now, IDLE_YEARS)
    me = OuterRef("pk")
    ends_after_cut = Q(ends_on=None) | Q(ends_on__gte=cut)
    in_office = Q(ends_on=None) | Q(ends_on__gte=years_before(on, OFFICE_YEARS))
    return (
        Person.objects.filter(Q(forgotten_at=None) | Q(email__isnull=False), added_at__lt=moment)
        .exclude(user__last_login__gte=moment)
        .exclude(Exists(Office.objects.filter(in_office, person=me)))
        .exclude(Exists(Secretary.objects.filter(ends_after_cut, secretary=me)))
        .exclude(Exists(Secretary.objects.filter(ends_after_cut, principal=me)))
        .exclude(Exists(Booking.objects.filter(participant=me, session__ends_on__gte=cut)))
        .exclude(Exists(Booking.objects.filter(order__booker=me, session__ends_on__gte=cut)))
        .exclude(Exists(AudienceGrant.objects.filter(person=me, ends_on__gte=cut)))
        .exclude(Exists(Interest.objects.filter(person=me)))
    )


def purge_guests(now: datetime) -> int:
    """Forget those who were named by name and address, when their session is over; not a name that the books need."""
    cut = today(now) - timedelta(days=KEPT_DAYS)
    guests = Person.objects.filter(host__isnull=False, forgotten_at=None, added_at__date__lt=cut)
    over = guests.exclude(Exists(Booking.objects.filter(participant=OuterRef("pk"), session__ends_on__gte=cut)))
    for guest in over:
        forget_person(guest, by=None, now=now)
    return len(over)


def purge_secretaries(now: datetime) -> int:
    """Remove who acted for whom."""
    return _remove(Secretary.objects.filter(ends_on__lt=years_before(today(now), ENDED_YEARS)))


def purge_grants(now: datetime) -> int:
    """Remove exceptions with their reasons."""
    return _remove(AudienceGrant.objects.filter(ends_on__lt=years_before(today(now), ENDED_YEARS)))


def purge_history(now: datetime) -> int:
    """Take names from what the admin noted of persons, secretaries and exceptions that are removed."""
    return forget_history_of_the_removed()


def purge_requests(now: datetime) -> int:
    """Remove requests to be deleted that have been followed."""
    return _remove(DeletionRequest.objects.filter(done_at__lt=_moment_before(now, ENDED_YEARS)))


def purge_sign_ins(now: datetime) -> int:
    """Remove visits that have run out."""
    return _remove(Session.objects.filter(expire_date__lt=now))


def _remove(rows: models.QuerySet) -> int:
    _all, by_model = rows.delete()
    return by_model.get(rows.model._meta.label, 0)


#: Persons before what they are judged by.
TABLE = [
    Rule(
        _("diet and room"),
        f"{KEPT_DAYS} days after the session; at once when the seat is given up or the session is cancelled",
        "the hotel's bill and complaints",
        purge_practical,
    ),
    Rule(
        _("an order's contact"),
        f"{CONTACT_YEARS} year after the session",
        "questions about the session and its invoice",
        purge_contacts,
    ),
    Rule(
        _("who came, and who may stand on the list of participants"),
        f"{CONTACT_YEARS} year after the session",
        "to hand out the list, and to answer for what those who stayed away pay",
        purge_attendance,
    ),
    Rule(
        _("why the price of a withdrawal was waived"),
        f"{CONTACT_YEARS} year after the session",
        "to answer for what was not charged",
        purge_waiving,
    ),
    Rule(
        _("an order's person reference and requisition number, and who accepted its conditions by phone"),
        f"{BOOKKEEPING_YEARS} years after the end of the calendar year of the session",
        "bogføringsloven § 12",
        purge_references,
    ),
    Rule(
        _("what stands on invoices and credit notes: names and references"),
        f"{BOOKKEEPING_YEARS} years after the end of the calendar year of the document",
        "bogføringsloven § 12, also after a person is deleted; after that number, payer and sums stay",
        purge_invoices,
    ),
    Rule(
        _("what payers wrote on transfers to the bank, and why staff took a payment back"),
        f"{BOOKKEEPING_YEARS} years after the end of the calendar year of the transfer",
        "bogføringsloven § 12; after that day and amount stay",
        purge_transfers,
    ),
    Rule(
        _("a payment's numbers at Stripe, and what staff wrote about it"),
        f"{BOOKKEEPING_YEARS} years after the end of the calendar year of the session",
        "bogføringsloven § 12; at Stripe they lead to whoever paid. Names and numbers of cards never come here",
        purge_payments,
    ),
    Rule(
        _("which of Stripe's events have been heard"),
        f"{EVENT_DAYS} days",
        "so that none is acted on twice",
        purge_events,
    ),
    Rule(
        _("names on seats with a price"),
        f"{BOOKKEEPING_YEARS} years after the end of the calendar year of the session",
        "bogføringsloven § 12; after that a name that is otherwise forgotten goes here too",
        purge_names,
    ),
    Rule(
        _("seats, orders, payers and amounts"),
        "kept",
        "accounts; without the names they lead to nobody",
    ),
    Rule(
        _("who waits for a date"),
        "until the session is over",
        "so that we can write when the date is there",
        purge_interests,
    ),
    Rule(
        _("what mails said"),
        f"{MAIL_DAYS} days after they were sent or given up",
        "questions about what was written",
        purge_words,
    ),
    Rule(
        _("that a mail was sent, to whom and about what"),
        f"{MAIL_YEARS} years after it was sent",
        "to show that somebody was told",
        purge_mails,
    ),
    Rule(
        _("which version of a session was mailed to an address, the address only as a digest"),
        f"{VERSION_DAYS} days after the session, or until the person is deleted",
        "so that a seat that is lost and regained works in every calendar",
        purge_versions,
    ),
    Rule(
        _("secret addresses of calendars, as a digest, and what stood there"),
        f"{PAST.days} days after a program last asked, or after the session; until revoked or the person is deleted",
        "so that calendars follow, and show a seat that is lost and regained",
        purge_calendars,
    ),
    Rule(
        _("those who were only named as participants: name and e-mail"),
        f"{KEPT_DAYS} days after the session; the name on a seat with a price as long as the books",
        "to write to them about the session",
        purge_guests,
    ),
    Rule(
        _("persons: name, e-mail, phone, sign-in"),
        f"{IDLE_YEARS} years without secretaryship, seat or sign-in, and {OFFICE_YEARS} years after an office",
        "to tell who may sign up; the newly elected are known by who held the office in the term before",
        purge_persons,
    ),
    Rule(
        _("who acted for whom"),
        f"{ENDED_YEARS} years after it ended",
        "to answer for what was done",
        purge_secretaries,
    ),
    Rule(
        _("exceptions and their reasons"),
        f"{ENDED_YEARS} years after they ended",
        "to answer for who was let in",
        purge_grants,
    ),
    Rule(
        _("names in the admin's history of the register"),
        "until the person, the secretary or the exception is removed",
        "to see who changed what in the register",
        purge_history,
    ),
    Rule(
        _("requests to be deleted"),
        f"{ENDED_YEARS} years after they were followed",
        "to show that they were",
        purge_requests,
    ),
    Rule(
        _("visits of those who sign in"),
        "until they run out, a week after the last sign-in",
        "to stay signed in",
        purge_sign_ins,
    ),
    Rule(
        _("register files that staff bring in"),
        "until they have been used, and an hour at the most",
        "so that staff see what a file would do before they say yes",
        purge_register_files,
    ),
    Rule(
        _("the journal"),
        "kept",
        "to answer for who did what; it holds no names, and points at nobody when a person is forgotten",
    ),
]
