"""A mail of each kind about people and a session that do not exist, to see how a text reads. Nothing is stored."""

from datetime import date, datetime, time
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from booking.calendars.addresses import address
from booking.dates import COPENHAGEN, When, danish_day, danish_deadline, danish_moment
from booking.mail import Letter
from booking.messages.letters import price_facts, session_facts
from booking.pricing.models import ConditionsVersion, Invoiced
from booking.pricing.quote import Line, Quote
from booking.signup.sentences import both_amounts, fee_sentence, invoice_sentence, withdrawal_sentences

_WHEN = When(date(2027, 5, 5), date(2027, 5, 5), time(10), time(16))
_BEFORE = When(date(2027, 4, 28), date(2027, 4, 28), time(10), time(16))
_BOOKED_ON = date(2027, 1, 11)
_HERE = "KL, Weidekampsgade 10, 2300 København S"
_REFERENCE, _EAN, _CVR = "ABCD-2345", "5798009811578", "58271713"
_ATTENTION, _REQUISITION = "Bente fra økonomi", "R-2027/44"

#: The files that go with a mail, by its kind.
_PUTS_IN, _STRIKES_OUT = "kalender.ics", "frameldt.ics"
FILES = {
    **dict.fromkeys(("booked", "ordered", "session_changed", "session_cancelled"), (_PUTS_IN,)),
    **dict.fromkeys(("cancelled", "seat_passed_on"), (_STRIKES_OUT,)),
    "switched": (_PUTS_IN, _STRIKES_OUT),
    "invoice": ("F123.pdf", "F123.xml"),
    "credit_note": ("K45.pdf", "K45.xml"),
}

#: The mails that nobody at KL or Komponent is named in as the one to write to.
_WITHOUT_CONTACT = ("invoice", "credit_note", "secretary_named", "sign_in", "unknown_address")


def example_of(kind: str) -> Letter:
    """The letter as it comes with the house, with its example's facts."""
    name, subject, context = _letters()[kind]
    return Letter(name, subject % _words(), _common() | context, text_kind=kind)


def reply_to_example(kind: str) -> str:
    """Where the answer to such a mail goes, by the address of the example's contact; nothing where there is none."""
    return "" if kind in _WITHOUT_CONTACT else _contact().email


def _words() -> dict[str, Any]:
    return {
        "title": _("Leadership in practice"),
        "days": danish_day(_WHEN.starts_on),
        "until": danish_deadline(datetime(2027, 4, 12, 12, tzinfo=COPENHAGEN)),
        "person": "Bente Borgmester",
        "other": "Karl Kommunaldirektør",
        "principal": "Bente Borgmester",
        "amount": "6.625,00 kr.",
        "count": 2,
    }


def _common() -> dict[str, Any]:
    session = _session()
    order = SimpleNamespace(reference=_REFERENCE, pays_by_card=False)
    booking = SimpleNamespace(participant=SimpleNamespace(name="Bente Borgmester"), order=order)
    return {
        "session": session,
        "booking": booking,
        "contact": _contact(),
        "left": booking.participant,
        "title": session.title,
        "receipt_url": address("booking:my_page"),
        "my_page_url": address("booking:my_page"),
        "session_url": address("booking:my_page"),
        "facts": _facts(),
    }


def _contact() -> SimpleNamespace:
    return SimpleNamespace(name="Kirsten Kontakt", email="kontakt@example.org")


def _facts(*more: tuple[str, str], people: str = "Bente Borgmester", label: str = "") -> list[tuple[str, str]]:
    """What the mails about a seat have in common, and what this one has besides."""
    return [(_("Reference"), _REFERENCE), (label or _("Participant"), people), *_of_session(), *more]


def _of_session() -> list[tuple[str, str]]:
    return session_facts(_session())


def _session() -> SimpleNamespace:
    return SimpleNamespace(
        title=_("Leadership in practice"), when=_WHEN, starts_on=_WHEN.starts_on, place=_HERE, entry=None
    )


def _quote(seats: int = 1) -> Quote:
    includes = _("Meals are included.")
    return Quote.of([Line(_("Leadership in practice"), unit_net=Decimal(5300), quantity=seats, includes=includes)])


def _agreed(seats: int = 1) -> dict[str, Any]:
    """What is agreed by signing up: the price, the invoice and the conditions."""
    costly = ConditionsVersion.objects.filter(conditions__sessions__price_list__rows__net__gt=0)
    conditions = costly.order_by("-created_at", "-pk").first() or ConditionsVersion(
        text=_("The conditions of the session stand here."), free_days=28
    )
    several = {"people": "Bente Borgmester, Karl Kommunaldirektør", "label": _("Participants")} if seats > 1 else {}
    where = {"ean": _EAN, "attention": _ATTENTION, "requisition": _REQUISITION}
    return {
        "facts": _facts(*price_facts(_quote(seats)), **several),
        "invoice": [
            (_("Payer"), "Ballerup Kommune"),
            (_("CVR number"), _CVR),
            (_("EAN number"), _EAN),
            (_("Person reference"), _ATTENTION),
            (_("Requisition number"), _REQUISITION),
        ],
        "invoice_sent": invoice_sentence(_session(), invoiced=Invoiced.HELD, **where),
        "conditions": [paragraph for paragraph in conditions.text.splitlines() if paragraph.strip()],
        "withdrawal": withdrawal_sentences(conditions, quote=_quote(seats), starts_on=_WHEN.starts_on, on=_BOOKED_ON),
    }


def _about_waiting(
    heading: str, *paragraphs: str, action: str = "", facts: list[tuple[str, str]] | None = None
) -> dict[str, Any]:
    return {
        "heading": heading % _words(),
        "paragraphs": [paragraph % _words() for paragraph in paragraphs],
        "action": (action, address("booking:my_page")) if action else None,
        **({"facts": facts} if facts else {}),
        "frist": _words()["until"],
        "anden": _words()["other"],
    }


def _document(title: str, number: str) -> dict[str, Any]:
    return {
        "heading": _("%(title)s from %(seller)s") % {"title": title, "seller": "KL"},
        "nummer": number,
        "facts": [(_("Date"), danish_day(_WHEN.starts_on)), (_("In all, including VAT"), _words()["amount"])],
        "contact": None,
        "my_page_url": "",
        "signed": "KL",
    }


def _letters() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """For each kind its template, its subject, and what only it has."""
    amount, nobody = {"amount": _words()["amount"]}, {"session": None, "booking": None}
    of_order = [(_("Reference"), _REFERENCE), *_of_session()]
    see_place, see_session = _("See the place on the list, or leave it"), _("See the session")
    by_line, prices = (_("On the waiting list"), _("Number %(place)d") % {"place": 2}), price_facts(_quote())
    queued = _about_waiting(
        _("%(person)s is on the waiting list for %(title)s."),
        _("Nobody is signed up by that, and there is nothing to pay."),
        _("When there is a seat, we write to you, and you say yes or no. Until then it binds you to nothing."),
        _("The price and the conditions are those that you accepted when you joined the list."),
        action=see_place,
        facts=[by_line, *_facts(*prices)],
    )
    offered = _about_waiting(
        _("%(person)s is offered a seat at %(title)s."),
        _("The seat is kept until %(until)s."),
        _("If you say yes, the sign-up is binding, at the price and on the conditions that you accepted."),
        _("If you say no, or do not answer in time, the seat goes to the next on the waiting list."),
        action=_("Answer the offer"),
        facts=[(_("Answer by"), _words()["until"]), *_facts(*prices)],
    )
    called = _about_waiting(
        _("A seat is free at %(title)s."),
        _("There is little time left, so all who wait are told now, and the first to take the seat has it."),
        _("If you take it, the sign-up is binding, at the price and on the conditions that you accepted."),
        action=_("Take the seat"),
        facts=_facts(*prices),
    )
    lapsed = _about_waiting(
        _("The seat at %(title)s has been passed on."),
        _("We had no answer by %(until)s."),
        _("%(person)s is no longer on the waiting list."),
        _("You can join the list again on the page of the session."),
        action=see_session,
    )
    declined = _about_waiting(
        _("%(person)s is no longer on the waiting list for %(title)s."),
        _("Thank you for the answer. The seat goes to the next on the list, and there is nothing to pay."),
        action=see_session,
    )
    offer_withdrawn = _about_waiting(
        _("The offer of a seat at %(title)s no longer holds."),
        _("The session is being changed, so nobody can be given a seat right now."),
        _("%(person)s keeps the place on the waiting list, and we write again when there is a seat."),
        action=see_place,
    )
    passed_over = _about_waiting(
        _("A seat came free at %(title)s, but %(person)s could not have it."),
        _("%(person)s keeps the place on the waiting list, should that change."),
        action=see_place,
    )
    left = _about_waiting(
        _("%(person)s is no longer on the waiting list for %(title)s."),
        _("There is nothing to pay."),
        _("You can join the list again on the page of the session."),
        action=see_session,
    )
    no_seat = _about_waiting(
        _("No seat came free at %(title)s."),
        _("%(person)s was on the waiting list to the last. The session has begun, and the list is closed."),
        _("There is nothing to pay."),
    )
    pair = [
        (_("Reference"), _REFERENCE),
        (_("The pair"), "Bente Borgmester, Karl Kommunaldirektør"),
        *_of_session(),
    ]
    pair_asked = _about_waiting(
        _("%(person)s is invited to take part together with %(other)s."),
        _("The session is for two together. Both have a seat, or neither."),
        _("Both seats are kept until %(until)s."),
        _("The municipality pays for both. A yes is binding for both, on the conditions that the page shows."),
        action=_("Answer, yes or no"),
        facts=[*pair, *prices],
    )
    pair_awaits = _about_waiting(
        _("%(person)s awaits the answer of the other of the pair."),
        _("We have asked %(other)s, who has to say yes."),
        _("Both seats are kept until %(until)s. Then both are signed up, or neither; we write in any case."),
        facts=[*pair, *prices],
    )
    pair_ended = _about_waiting(
        _("Nothing came of the pair at %(title)s."),
        _("We had no answer by %(until)s."),
        _("Neither of the two is signed up, both seats are free, and there is nothing to pay."),
        facts=pair,
    )
    days = [(danish_day(_WHEN.starts_on), [f"10.00 {_('Welcome')}", f"12.00 {_('Meal')}"])]
    before = {"now": str(_WHEN), "before": str(_BEFORE)}
    title, _when, place = _of_session()
    new_time = (_("When"), capfirst(_("%(now)s (before: %(before)s)") % before))
    moved = [(_("Reference"), _REFERENCE), (_("Participant"), _words()["person"]), title, new_time, place]
    receipt = [
        of_order[0],
        of_order[1],
        (_("Paid"), danish_moment(datetime(2027, 1, 11, 10, 15, tzinfo=COPENHAGEN))),
        (_("Payer"), "Ballerup Kommune"),
        (_("CVR number"), _CVR),
        *prices,
        (_("Seller"), "KL"),
    ]
    off = {"has_file": True, "is_invoiced": True}
    waived = _("By the conditions, the withdrawal would cost %(amounts)s. We have waived that.") % {
        "amounts": both_amounts(_quote().price)
    }
    reminder = ("reminder", _("Reminder: %(title)s, %(days)s"), {"has_programme": True})
    link = {
        "principal": _words()["principal"],
        "contact": None,
        "facts": [(_("You act for"), _words()["principal"]), (_("You sign in with"), "sekretaer@example.org")],
    }
    invoice = _document(_("Invoice %(number)s") % {"number": "F123"}, "F123")
    credit_note = _document(_("Credit note %(number)s") % {"number": "K45"}, "K45")
    at_the_door = {"contact": None, "my_page_url": "", "facts": [], "signed": _("KL's offers to mayors")}
    return {
        "booked": ("booked", _("Signed up: %(title)s, %(days)s"), _agreed()),
        "ordered": (
            "ordered",
            _("Signed up: %(count)d persons for %(title)s, %(days)s"),
            _agreed(seats=2) | {"count": 2, "participants": "Bente Borgmester, Karl Kommunaldirektør"},
        ),
        "queued": ("waiting_list", _("On the waiting list: %(title)s, %(days)s"), queued),
        "offered": ("waiting_list", _("Offered a seat: %(title)s. Answer by %(until)s"), offered),
        "called": ("waiting_list", _("A seat is free: %(title)s, %(days)s"), called),
        "offer_lapsed": ("waiting_list", _("The seat has been passed on: %(title)s, %(days)s"), lapsed),
        "declined": ("waiting_list", _("The seat has been declined: %(title)s, %(days)s"), declined),
        "offer_withdrawn": ("waiting_list", _("The offer no longer holds: %(title)s"), offer_withdrawn),
        "passed_over": (
            "waiting_list",
            _("On the waiting list, but not for this seat: %(title)s, %(days)s"),
            passed_over,
        ),
        "queue_left": ("waiting_list", _("No longer on the waiting list: %(title)s, %(days)s"), left),
        "no_seat": ("waiting_list", _("No seat came free: %(title)s, %(days)s"), no_seat),
        "pair_asked": (
            "waiting_list",
            _("Will you take part together? %(title)s. Answer by %(until)s"),
            pair_asked,
        ),
        "pair_awaits": ("waiting_list", _("Awaits %(other)s: %(title)s, %(days)s"), pair_awaits),
        "pair_ended": ("waiting_list", _("Not signed up: %(title)s, %(days)s"), pair_ended),
        "seat_passed_on": ("seat_passed_on", _("Seat passed on: %(title)s, %(days)s"), {"facts": of_order}),
        "switched": (
            "switched",
            _("Switched: %(title)s, %(days)s"),
            {"run": _("on %(days)s") % {"days": _WHEN.short}, "facts": [*moved, *prices]},
        ),
        "cancelled": (
            "cancelled",
            _("Sign-up cancelled: %(title)s, %(days)s"),
            {"fee": [fee_sentence(Quote())], "has_file": True},
        ),
        "session_changed": (
            "session_changed",
            _("New time: %(title)s, %(days)s"),
            {"heading": _("%(title)s has a new time.") % _words(), "has_file": True, "facts": moved},
        ),
        "programme": ("programme", _("Programme: %(title)s, %(days)s"), {"days": days}),
        "session_cancelled": (
            "session_cancelled",
            _("Session cancelled: %(title)s, %(days)s"),
            off,
        ),
        "session_revived": (
            "session_revived",
            _("Held after all: %(title)s, %(days)s"),
            {"had_price": True, "facts": [(_("Participant"), _words()["person"]), *_of_session()]},
        ),
        "reminder_week": reminder,
        "reminder_day": reminder,
        "dated": (
            "dated",
            _("There is a date: %(title)s, %(days)s"),
            nobody | {"facts": [*_of_session(), *prices, (_("For whom"), _("Mayors"))]},
        ),
        "paid": ("paid", _("Receipt: %(amount)s"), amount | {"facts": receipt}),
        "refunded": (
            "refunded",
            _("Paid back: %(amount)s"),
            amount
            | {
                "facts": receipt[:2],
                "why": _("The booking has been cancelled, and this is what the conditions give back."),
            },
        ),
        "not_paid": (
            "not_paid",
            _("Not paid: %(title)s, %(days)s"),
            {"person": _words()["person"], "facts": of_order},
        ),
        "fee_fell_away": (
            "fee_fell_away",
            _("Nothing to pay for the withdrawal: %(title)s, %(days)s"),
            {"why": waived, "facts": _facts((_("Falls away"), both_amounts(_quote().price)))},
        ),
        "invoice": ("invoice", invoice["heading"], nobody | invoice),
        "credit_note": ("invoice", credit_note["heading"], nobody | credit_note),
        "secretary_named": ("secretary_named", _("You can now act for %(principal)s"), nobody | link),
        "sign_in": ("sign_in", _("Your code for signing in"), nobody | at_the_door | {"code": "ABCD-EFGH"}),
        "unknown_address": (
            "unknown_address",
            _("This address cannot sign in"),
            nobody | at_the_door | {"address": "sekretaer@example.org"},
        ),
    }
