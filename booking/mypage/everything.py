""" "Hent alt om mig": all that is held about one person, as a page to read and a file for machines. Nothing is left out
but what is somebody else's, and nobody else is more than a name."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.db.models import Prefetch, Q
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from booking.calendars.models import PersonalCalendar
from booking.dates import danish_day, danish_moment, today
from booking.invoicing.models import Invoice
from booking.invoicing.own import documents_for, documents_naming
from booking.journal.admin import named
from booking.journal.models import Fact
from booking.messages.versions import mailed_to
from booking.money import kroner
from booking.mypage.forget import bookings_of, messages_to
from booking.payments.models import Payment, Refund
from booking.people.models import Person, Secretary
from booking.signup.hands import kept_from
from booking.signup.models import Booking, Order
from booking.signup.sentences import both_amounts, owed_sentence


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is held: ``key`` is for machines, ``label`` for readers."""

    key: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Section:
    """All that is held of one kind, entry by entry."""

    key: str
    title: str
    entries: list[list[Item]] = field(default_factory=list)


def as_zip(person: Person, *, now: datetime) -> bytes:
    """A ZIP file with the same twice: ``alt-om-mig.html`` to read and ``alt-om-mig.json`` for machines."""
    sections = everything_about(person)
    held = {
        section.key: [{item.key: item.value for item in entry} for entry in section.entries] for section in sections
    }
    page = render_to_string(
        "booking/everything.html",
        {"person": person, "sections": sections, "moment": danish_moment(now), "year": today(now).year},
    )
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as file:
        file.writestr("alt-om-mig.html", page)
        file.writestr("alt-om-mig.json", json.dumps(held, ensure_ascii=False, indent=2))
    return packed.getvalue()


def everything_about(person: Person) -> list[Section]:
    """The sections in the order of the page; the same few queries, however much there is."""
    return [
        Section("person", _("You"), [_person(person)]),
        Section("offices", _("Your offices"), _offices(person)),
        Section("secretaries", _("They act, or acted, for you"), _secretaries(person)),
        Section("acts_for", _("You act, or acted, for"), _acts_for(person)),
        Section("calendars", _("Calendar addresses"), _calendars(person)),
        Section("exceptions", _("Exceptions granted to you"), _grants(person)),
        Section("orders", _("What you have ordered"), _orders(person)),
        Section("payments", _("What you have paid by card"), _payments(person)),
        Section("invoices", _("Invoices of what you have ordered, and invoices with your name"), _invoices(person)),
        Section("bookings", _("Sign-ups"), _bookings(person)),
        Section("interests", _("Dates that you wait for"), _interests(person)),
        Section("messages", _("Mails to you"), _messages(person)),
        Section("calendar_files", _("Calendar files mailed to you"), _calendar_files(person)),
        Section("requests", _("Requests to be deleted"), _requests(person)),
        Section("journal", _("What was done by you and for you"), _journal(person)),
    ]


def _items(*pairs: tuple[str, str, Any]) -> list[Item]:
    """The items that say something."""
    return [Item(key, capfirst(str(label)), str(value)) for key, label, value in pairs if value not in {None, ""}]


def _days(starts_on, ends_on) -> list[tuple[str, str, Any]]:
    return [
        ("from", _("from"), starts_on and danish_day(starts_on)),
        ("to", _("to"), ends_on and danish_day(ends_on)),
    ]


def _person(person: Person) -> list[Item]:
    signed_in = person.user and person.user.last_login
    return _items(
        ("name", _("name"), person.name),
        ("email", _("e-mail"), person.email),
        ("phone", _("phone"), person.phone),
        ("municipality", _("municipality"), person.municipality),
        ("added", _("added"), danish_moment(person.added_at)),
        ("last_signed_in", _("last signed in"), signed_in and danish_moment(signed_in)),
    )


def _offices(person: Person) -> list[list[Item]]:
    offices = person.offices.select_related("municipality", "health_council").order_by("starts_on", "pk")
    return [
        _items(
            ("office", _("office"), office.get_kind_display()),
            ("municipality", _("municipality"), office.municipality),
            ("health_council", _("health council"), office.health_council),
            *_days(office.starts_on, office.ends_on),
        )
        for office in offices
    ]


def _secretaries(person: Person) -> list[list[Item]]:
    links = person.secretaries.select_related("secretary").order_by("starts_on", "pk")
    return [
        _items(("name", _("name"), link.name_for_principal), *_days(link.starts_on, link.ends_on)) for link in links
    ]


def _acts_for(person: Person) -> list[list[Item]]:
    links = person.acts_for.select_related("principal").order_by("starts_on", "pk")
    return [
        _items(
            ("name", _("name"), link.principal.name),
            ("called", _("you are called"), link.named_as),
            *_days(link.starts_on, link.ends_on),
        )
        for link in links
    ]


def _calendars(person: Person) -> list[list[Item]]:
    """The secret addresses of their own calendar, and of those they fetch; of the addresses we know a digest only."""
    calendars = PersonalCalendar.objects.filter(Q(reader=person) | Q(person=person))
    return [
        _items(
            ("whose", _("whose calendar"), calendar.person.name),
            (
                "fetched_by",
                _("fetched by"),
                calendar.secretary.name_for_principal if calendar.reader_id != person.pk else person.name,
            ),
            ("made", _("address made"), danish_moment(calendar.made_at)),
            ("fetched", _("last fetched"), calendar.fetched_on and danish_day(calendar.fetched_on)),
            ("with_offers", _("with what the office gives access to"), _("yes") if calendar.with_offers else _("no")),
        )
        for calendar in calendars.select_related("person", "secretary__secretary").order_by("pk")
    ]


def _grants(person: Person) -> list[list[Item]]:
    return [
        _items(
            ("audience", _("audience"), grant.audience),
            ("reason", _("reason"), grant.reason),
            ("granted", _("granted"), danish_moment(grant.granted_at)),
            ("to", _("to"), danish_day(grant.ends_on)),
        )
        for grant in person.grants.select_related("audience").order_by("granted_at", "pk")
    ]


def _orders(person: Person) -> list[list[Item]]:
    return [
        _items(
            ("reference", _("reference"), order.reference),
            ("ordered", _("ordered"), danish_moment(order.created_at)),
            ("payer", _("payer"), order.payer_name),
            ("cvr", _("CVR number"), order.payer_cvr),
            ("ean", _("EAN number"), order.gln),
            ("person_reference", _("person reference"), order.person_reference),
            ("requisition", _("requisition number"), order.requisition),
            ("accepted_by", _("conditions accepted by"), order.accepted_by),
            ("accepted_how", _("how they accepted"), order.get_accepted_how_display()),
            ("note", _("note"), order.acceptance_note),
            ("contact", _("contact"), order.contact_name),
            ("contact_email", _("contact's e-mail"), order.contact_email),
            ("contact_phone", _("contact's phone"), order.contact_phone),
        )
        for order in Order.objects.filter(booker=person).order_by("created_at", "pk")
    ]


def _payments(person: Person) -> list[list[Item]]:
    """What was paid for their orders, each followed by what was paid back of it. We know nothing of the card."""
    payments = Payment.objects.filter(order__booker=person).select_related("order").order_by("created_at", "pk")
    found = []
    for payment in payments.prefetch_related(Prefetch("refunds", Refund.objects.order_by("pk"))):
        found.append(
            _items(
                ("reference", _("reference"), payment.order.reference),
                ("amount", _("kroner, including VAT"), kroner(payment.amount)),
                ("state", _("state"), payment.get_state_display()),
                ("begun", _("begun"), danish_moment(payment.created_at)),
                ("paid", _("paid"), payment.paid_at and danish_moment(payment.paid_at)),
                ("stripe", _("payment at Stripe"), payment.intent_id),
            )
        )
        found += [_refund(refund, payment) for refund in payment.refunds.all()]
    return found


def _refund(refund: Refund, payment: Payment) -> list[Item]:
    return _items(
        ("reference", _("reference"), payment.order.reference),
        ("refund", _("refund"), kroner(refund.amount)),
        ("state", _("state"), refund.get_state_display()),
        ("decided", _("decided"), danish_moment(refund.created_at)),
        ("reason", _("reason"), refund.get_reason_display()),
        ("note", _("why"), refund.note),
        ("stripe", _("refund at Stripe"), refund.stripe_id),
    )


def _invoices(person: Person) -> list[list[Item]]:
    """What stands on invoices and credit notes of them and their orders; of the payer's other seats nothing."""
    references = list(Order.objects.filter(booker=person).values_list("reference", flat=True))
    own = set(documents_for(person).filter(is_shared=False).values_list("pk", flat=True))
    found = []
    for document in documents_naming(person).order_by("issued_at", "pk"):
        marks = [""] if document.pk in own else [person.name, *references]
        lines = [
            f"{line['description']}. {line['note']}"
            for line in document.content.get("lines", [])
            if any(mark in line["note"] for mark in marks)
        ]
        if lines or document.pk in own:  # whoever got the seat since is not on it
            found.append(_invoice(document, lines, is_own=document.pk in own))
    return found


def _invoice(invoice: Invoice, lines: list[str], *, is_own: bool) -> list[Item]:
    """All of it where it is of their orders alone; else the ``lines`` with their name or with an order of theirs."""
    content = invoice.content
    buyer = content.get("buyer", {}) if is_own else {}
    return _items(
        ("number", _("number"), invoice.number),
        ("document", _("document"), invoice.get_kind_display()),
        ("dated", _("dated"), danish_day(invoice.issued_on)),
        ("payer", _("payer"), content["buyer"]["name"] if content else ""),
        ("ean", _("EAN number"), buyer.get("gln")),
        ("person_reference", _("person reference"), buyer.get("person_reference")),
        ("requisition", _("requisition number"), buyer.get("requisition")),
        ("email", _("e-mail"), buyer.get("email")),
        ("amount", _("kroner, including VAT"), kroner(invoice.total) if is_own else ""),
        ("lines", _("lines"), " ".join(lines)),
    )


def _bookings(person: Person) -> list[list[Item]]:
    """The seats they take or have ordered. What the kitchen and the hotel know of others is the others' own, and so is
    the name of whomever others have put in a seat since."""
    bookings = bookings_of(person).for_listing().select_related("conditions__conditions")
    bookings = bookings.prefetch_related("withdrawal__lines").order_by("booked_at", "pk")
    return [_booking(booking, person) for booking in kept_from(person, bookings, on=today(timezone.now()))]


def _booking(booking: Booking, person: Person) -> list[Item]:
    is_theirs = booking.participant_id == person.pk or booking.participant.is_at(person)
    return _items(
        ("reference", _("reference"), booking.order.reference),
        ("session", _("session"), booking.session.title),
        ("when", _("When"), booking.session.when),
        ("participant", _("participant"), booking.participant.name),
        ("booked_by", _("Booked by"), booking.order.booker.name),
        ("payer", _("payer"), booking.order.payer_name),
        ("admitted_as", _("admitted as"), booking.office),
        ("status", _("Status"), booking.get_status_display()),
        (
            "waiting_since",
            _("on the waiting list since"),
            booking.waiting_since and danish_moment(booking.waiting_since),
        ),
        ("answer_by", _("answer by"), booking.offered_until and danish_moment(booking.offered_until)),
        ("booked", _("booked"), danish_moment(booking.booked_at)),
        ("cancelled", _("cancelled"), booking.cancelled_at and danish_moment(booking.cancelled_at)),
        ("withdrawal", _("withdrawal"), _withdrawal(booking)),
        ("price", _("Price"), _("Free of charge") if booking.price.is_free else both_amounts(booking.price)),
        ("includes", _("included and not"), " ".join(booking.quote().includes)),
        ("conditions", _("conditions"), booking.conditions),
        ("conditions_text", _("the conditions' text"), booking.conditions.text),
        ("accepted", _("conditions accepted"), danish_moment(booking.accepted_at)),
        *(_practical(booking) if is_theirs else []),
    )


def _withdrawal(booking: Booking) -> str:
    """What it costs that the seat was given up; nothing of one that was not."""
    withdrawal = booking.withdrawal_or_none
    return owed_sentence(withdrawal) if withdrawal else ""


def _practical(booking: Booking) -> list[tuple[str, str, Any]]:
    return [
        ("diet", _("diet"), booking.diet),
        ("room", _("room"), booking.room),
        ("may_be_listed", _("on the list of participants"), _("yes") if booking.may_be_listed else _("no")),
        ("attendance", _("attendance"), booking.attendance),
        ("waived_reason", _("why it was waived"), booking.withdrawal_or_none and booking.withdrawal.waived_reason),
    ]


def _interests(person: Person) -> list[list[Item]]:
    return [
        _items(
            ("session", _("session"), interest.session.title), ("asked", _("asked"), danish_moment(interest.created_at))
        )
        for interest in person.interests.select_related("session")
    ]


def _messages(person: Person) -> list[list[Item]]:
    return [
        _items(
            ("to", _("to"), message.recipient),
            ("subject", _("subject"), message.subject),
            ("written", _("written"), danish_moment(message.created_at)),
            ("sent", _("sent"), message.sent_at and danish_moment(message.sent_at)),
            ("text", _("text"), message.text),
            ("calendar", _("calendar file"), message.calendar),
            ("left_calendar", _("calendar file that strikes out"), message.left_calendar),
        )
        for message in messages_to(person).defer("html").order_by("created_at", "pk")
    ]


def _calendar_files(person: Person) -> list[list[Item]]:
    """The version of each session that a file last put into their calendar; the count of others is the others' own."""
    return [
        _items(
            ("session", _("session"), version.entry.title),
            ("version", _("number of the version"), version.sequence),
            ("stamped", _("stamped"), danish_moment(version.stamped_at)),
        )
        for version in mailed_to(person.email or "").select_related("entry").order_by("stamped_at", "pk")
    ]


def _requests(person: Person) -> list[list[Item]]:
    return [
        _items(
            ("asked", _("request received"), danish_moment(request.asked_at)),
            ("done", _("deleted"), request.done_at and danish_moment(request.done_at)),
        )
        for request in person.deletion_requests.order_by("asked_at")
    ]


def _journal(person: Person) -> list[list[Item]]:
    """Each fact once, by whom and for whom; staff are KL."""
    concerns = Q(on_behalf_of__in=person.selves().values("pk"))
    if person.user_id:
        concerns |= Q(by=person.user_id)
    facts = Fact.objects.about(person) | Fact.objects.filter(concerns)
    # Whom somebody did things for as one of KL's staff is not theirs to take along.
    theirs = {person.pk, *Secretary.objects.filter(secretary=person).values_list("principal", flat=True)}
    return [_fact(fact, theirs) for fact in facts.select_related("by__person", "on_behalf_of").order_by("pk")]


def _fact(fact: Fact, theirs: set[int]) -> list[Item]:
    return _items(
        ("what", _("What"), named(fact.kind)),
        ("at", _("When"), danish_moment(fact.at)),
        ("by", _("By"), _actor(fact)),
        ("for", _("For"), fact.on_behalf_of.name if fact.on_behalf_of_id in theirs else ""),
        ("reference", _("reference"), fact.details.get("order")),
        ("reason", _("reason"), fact.details.get("reason")),
    )


def _actor(fact: Fact) -> str:
    """A person by name; staff are the house, and so is the site itself."""
    actor: Person | None = getattr(fact.by, "person", None) if fact.by else None
    return actor.name if actor else "KL"
