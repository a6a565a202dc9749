"""What is told of money that did not come, or did not stay: letters, as in ``letters.py``."""

from django.utils.translation import gettext as _

from booking.calendars.addresses import address
from booking.dates import danish_day
from booking.mail import Letter
from booking.messages.letters import about, session_facts
from booking.money import kroner
from booking.payments.models import Payment, Refund
from booking.payments.words import failure_in_words
from booking.signup.models import Booking


def not_paid(booking: Booking) -> Letter:
    """For the payer: the seat was held, and is not any more."""
    session = booking.session
    context = about(booking) | {
        "person": booking.participant.name,
        "facts": [(_("Reference"), booking.order.reference), *session_facts(session)],
        "session_url": address("booking:event", session.entry.uid) if session.entry else "",
    }
    subject = _("Not paid: %(title)s, %(days)s") % {"title": session.title, "days": danish_day(session.starts_on)}
    return Letter("not_paid", subject, context)


def refund_failed(refund: Refund, booking: Booking) -> Letter:
    """For staff: it could not be paid back; they can try again, or find another way."""
    amount = kroner(refund.amount)
    why = [(_("Why"), failure_in_words(refund.failure))] if refund.failure else []
    context = {
        "facts": [*_facts(refund.payment, booking), *why],
        "amount": amount,
        "payment_url": address("payments:inspect", refund.payment_id),
    }
    return Letter("refund_failed", _("Could not be paid back: %(amount)s") % {"amount": amount}, context)


def disputed(payment: Payment, booking: Booking, *, status: str) -> Letter:
    """For staff: the card's holder contests the payment, or it has been decided who was right."""
    amount = kroner(payment.amount)
    context = {
        "facts": _facts(payment, booking),
        "amount": amount,
        "status": status,
        "payment_url": address("payments:inspect", payment.pk),
    }
    match status:
        case "won":
            subject = _("Contested payment won: %(amount)s")
        case "lost":
            subject = _("Contested payment lost: %(amount)s")
        case _status:
            subject = _("Payment contested: %(amount)s")
    return Letter("disputed", subject % {"amount": amount}, context)


def _facts(payment: Payment, booking: Booking) -> list[tuple[str, str]]:
    order = payment.order
    return [
        (_("Reference"), order.reference),
        (_("Session"), booking.session.title),
        (_("Payer"), order.payer_name),
        (_("Contact"), f"{order.contact_name}, {order.contact_email}"),
    ]
