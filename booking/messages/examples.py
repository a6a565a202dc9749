"""A mail of each kind about people and a session that do not exist, to see how a text reads. Nothing is stored."""

from datetime import date, datetime, time
from types import SimpleNamespace
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from booking.calendars.addresses import address
from booking.dates import COPENHAGEN, When, danish_day, danish_deadline
from booking.mail import Letter

_WHEN = When(date(2027, 5, 5), date(2027, 5, 5), time(10), time(16))


def example_of(kind: str) -> Letter:
    """The letter as it comes with the house, with its example's facts."""
    name, subject, context = _letters()[kind]
    return Letter(name, subject % _words(), _common() | context, text_kind=kind)


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
    session = SimpleNamespace(
        title=_("Leadership in practice"),
        when=_WHEN,
        starts_on=_WHEN.starts_on,
        place="KL, Weidekampsgade 10, 2300 København S",
    )
    contact = SimpleNamespace(name="Kirsten Kontakt", email="kontakt@example.org")
    order = SimpleNamespace(reference="ABCD-2345", pays_by_card=False)
    booking = SimpleNamespace(participant=SimpleNamespace(name="Bente Borgmester"), order=order)
    return {
        "session": session,
        "booking": booking,
        "contact": contact,
        "left": booking.participant,
        "title": session.title,
        "receipt_url": address("booking:my_page"),
        "my_page_url": address("booking:my_page"),
        "session_url": address("booking:my_page"),
        "facts": [
            (_("Reference"), order.reference),
            (_("Participant"), booking.participant.name),
            (_("Session"), session.title),
            (_("When"), capfirst(str(_WHEN))),
            (_("Where"), session.place),
        ],
    }


def _about_waiting(heading: str, paragraph: str, action: str = "") -> dict[str, Any]:
    return {
        "heading": heading % _words(),
        "paragraphs": [paragraph % _words()],
        "action": (action, address("booking:my_page")) if action else None,
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
    queued = _about_waiting(
        _("%(person)s is on the waiting list for %(title)s."),
        _("Nobody is signed up by that, and there is nothing to pay."),
        _("See the place on the list, or leave it"),
    )
    offered = _about_waiting(
        _("%(person)s is offered a seat at %(title)s."),
        _("The seat is kept until %(until)s."),
        _("Answer the offer"),
    )
    see_place = _("See the place on the list, or leave it")
    called = _about_waiting(
        _("A seat is free at %(title)s."),
        _("There is little time left, so all who wait are told now, and the first to take the seat has it."),
        _("Take the seat"),
    )
    lapsed = _about_waiting(_("The seat at %(title)s has been passed on."), _("We had no answer by %(until)s."))
    declined = _about_waiting(
        _("%(person)s is no longer on the waiting list for %(title)s."),
        _("Thank you for the answer. The seat goes to the next on the list, and there is nothing to pay."),
    )
    offer_withdrawn = _about_waiting(
        _("The offer of a seat at %(title)s no longer holds."),
        _("%(person)s keeps the place on the waiting list, and we write again when there is a seat."),
        see_place,
    )
    passed_over = _about_waiting(
        _("A seat came free at %(title)s, but %(person)s could not have it."),
        _("%(person)s keeps the place on the waiting list, should that change."),
        see_place,
    )
    left = _about_waiting(
        _("%(person)s is no longer on the waiting list for %(title)s."), _("There is nothing to pay.")
    )
    no_seat = _about_waiting(
        _("No seat came free at %(title)s."),
        _("%(person)s was on the waiting list to the last. The session has begun, and the list is closed."),
    )
    pair_asked = _about_waiting(
        _("%(person)s is invited to take part together with %(other)s."),
        _("Both seats are kept until %(until)s."),
        _("Answer, yes or no"),
    )
    pair_awaits = _about_waiting(
        _("%(person)s awaits the answer of the other of the pair."),
        _("We have asked %(other)s, who has to say yes."),
    )
    pair_ended = _about_waiting(
        _("Nothing came of the pair at %(title)s."),
        _("Neither of the two is signed up, both seats are free, and there is nothing to pay."),
    )
    days = [(danish_day(_WHEN.starts_on), [f"10.00 {_('Welcome')}", f"12.00 {_('Meal')}"])]
    reminder = ("reminder", _("Reminder: %(title)s, %(days)s"), {"has_programme": True})
    link = {
        "principal": _words()["principal"],
        "contact": None,
        "facts": [(_("You act for"), _words()["principal"]), (_("You sign in with"), "sekretaer@example.org")],
    }
    invoice = _document(_("Invoice %(number)s") % {"number": "F123"}, "F123")
    credit_note = _document(_("Credit note %(number)s") % {"number": "K45"}, "K45")
    code = {"contact": None, "my_page_url": "", "facts": [], "code": "ABCD-EFGH", "signed": _("KL's offers to mayors")}
    return {
        "booked": ("booked", _("Signed up: %(title)s, %(days)s"), {}),
        "ordered": (
            "ordered",
            _("Signed up: %(count)d persons for %(title)s, %(days)s"),
            {"count": 2, "participants": "Bente Borgmester, Karl Kommunaldirektør"},
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
        "seat_passed_on": ("seat_passed_on", _("Seat passed on: %(title)s, %(days)s"), {}),
        "switched": ("switched", _("Switched: %(title)s, %(days)s"), {"run": danish_day(_WHEN.starts_on)}),
        "cancelled": ("cancelled", _("Sign-up cancelled: %(title)s, %(days)s"), {}),
        "session_changed": (
            "session_changed",
            _("New time: %(title)s, %(days)s"),
            {"heading": _("%(title)s has a new time.") % _words(), "has_file": True},
        ),
        "programme": ("programme", _("Programme: %(title)s, %(days)s"), {"days": days}),
        "session_cancelled": ("session_cancelled", _("Session cancelled: %(title)s, %(days)s"), {"has_file": True}),
        "reminder_week": reminder,
        "reminder_day": reminder,
        "dated": ("dated", _("There is a date: %(title)s, %(days)s"), nobody),
        "paid": ("paid", _("Receipt: %(amount)s"), amount),
        "refunded": ("refunded", _("Paid back: %(amount)s"), amount),
        "not_paid": ("not_paid", _("Not paid: %(title)s, %(days)s"), {"person": _words()["person"]}),
        "fee_fell_away": (
            "fee_fell_away",
            _("Nothing to pay for the withdrawal: %(title)s, %(days)s"),
            {"why": _("We have waived what the withdrawal cost.")},
        ),
        "invoice": ("invoice", invoice["heading"], nobody | invoice),
        "credit_note": ("invoice", credit_note["heading"], nobody | credit_note),
        "secretary_named": ("secretary_named", _("You can now act for %(principal)s"), nobody | link),
        "sign_in": ("sign_in", _("Your code for signing in"), nobody | code),
    }
