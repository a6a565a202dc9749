"""A mail of each kind about people and a session that do not exist, to see how a text reads. Nothing is stored."""

from datetime import date, datetime, time
from types import SimpleNamespace
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from booking.calendars.addresses import address
from booking.dates import COPENHAGEN, When, danish_day, danish_deadline
from booking.messages.letters import Letter

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
        "person": booking.participant,
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


def _about_waiting(heading: str, paragraph: str, action: str) -> dict[str, Any]:
    return {
        "heading": heading % _words(),
        "paragraphs": [paragraph % _words()],
        "action": (action, address("booking:my_page")),
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
    days = [(danish_day(_WHEN.starts_on), [f"10.00 {_('Welcome')}", f"12.00 {_('Meal')}"])]
    reminder = ("reminder", _("Reminder: %(title)s, %(days)s"), {"has_programme": True})
    link = {
        "principal": _words()["principal"],
        "contact": None,
        "facts": [(_("You act for"), _words()["principal"]), (_("You sign in with"), "sekretaer@example.org")],
    }
    return {
        "booked": ("booked", _("Signed up: %(title)s, %(days)s"), {}),
        "ordered": (
            "ordered",
            _("Signed up: %(count)d persons for %(title)s, %(days)s"),
            {"count": 2, "participants": "Bente Borgmester, Karl Kommunaldirektør"},
        ),
        "queued": ("waiting_list", _("On the waiting list: %(title)s, %(days)s"), queued),
        "offered": ("waiting_list", _("Offered a seat: %(title)s. Answer by %(until)s"), offered),
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
        "secretary_named": ("secretary_named", _("You can now act for %(principal)s"), nobody | link),
    }
