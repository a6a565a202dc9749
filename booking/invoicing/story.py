"""A document's story from the journal, in order and in words: why it was made, of what, and what became of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from booking.dates import danish_span
from booking.invoicing.models import Charge, Invoice, Reversal
from booking.journal import kinds
from booking.journal.admin import done_by, named
from booking.journal.models import Fact
from booking.money import kroner
from booking.payments.models import Payment, Refund
from booking.pricing.models import Invoiced
from booking.sessions.calendar_entry import CalendarEntry
from booking.sessions.models import SessionPage
from booking.signup.models import Booking, Order

#: What of a booking bears on what is invoiced.
OF_BOOKINGS = (
    kinds.BOOKED,
    kinds.CANCELLED,
    kinds.MISSED,
    kinds.SUBSTITUTED,
    kinds.SWITCHED,
    kinds.FEE_WAIVED,
    kinds.FEE_RELEASED,
)

#: Why a document was made, by what the journal has of it.
BECAUSE = {
    Invoiced.HELD: gettext_lazy("By the price list it is invoiced when the session has been held."),
    Invoiced.BOOKED: gettext_lazy("By the price list it is invoiced at booking."),
    Invoiced.MONTHLY: gettext_lazy("By the price list the sessions of a month are invoiced together on the 1st after."),
    "withdrawn": gettext_lazy("By the conditions the withdrawal is to be paid for."),
    "card": gettext_lazy("It was paid by card."),
    "refund": gettext_lazy("Money went back to the card."),
}

CARRIERS = {
    "folder": gettext_lazy("Laid for collection by the bookkeeping or the access point."),
    "http": gettext_lazy("Sent to the access point."),
    "mail": gettext_lazy("Sent by mail with PDF and XML."),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened, and who did it."""

    at: datetime
    what: str
    by: str


def story(document: Invoice) -> list[Step]:
    """All that led to the document and came of it, the oldest first."""
    family = [document, *document.credit_notes.all()] + ([document.credits] if document.credits else [])
    others = _others(document)
    bookings = Booking.objects.filter(
        Q(charges__invoice=document) | Q(charges__credited_by=document) | Q(payments__invoice=document)
    ).distinct()
    by_id = {
        booking.pk: booking for booking in bookings.select_related("participant", "session__calendar_entry", "order")
    }
    entries = {booking.session.entry.pk for booking in by_id.values() if booking.session.entry}
    asked = [
        (Invoice, [one.pk for one in family], ()),
        (Invoice, [one.pk for one in others], [kinds.INVOICED, kinds.CREDITED]),
        (Booking, by_id, OF_BOOKINGS),
        (Order, {booking.order_id for booking in by_id.values()}, [kinds.INVOICE_CORRECTED]),
        (CalendarEntry, entries, [kinds.SESSION_CANCELLED]),
        (Payment, filter(None, [document.payment_id]), [kinds.PAID]),
        (Refund, filter(None, [document.refund_id]), [kinds.REFUNDED]),
    ]
    wanted = Q()
    for model, ids, only in asked:
        kind = Q(kind__in=only) if only else Q()
        wanted |= Q(about_type=ContentType.objects.get_for_model(model), about_id__in=list(ids)) & kind
    found = Fact.objects.filter(wanted).select_related("by", "on_behalf_of").order_by("at", "pk")
    facts = [fact for fact in found if not fact.details.get("called_off")]  # the session's own cancelling tells of it
    teller = _Teller(document, [*family, *others], by_id, facts)
    return [Step(fact.at, teller.tell(fact), done_by(fact)) for fact in facts]


def _others(document: Invoice) -> list[Invoice]:
    """The invoices that the same seats were on before, with what took them back, and those that came after."""
    origin = document.credits_id or document.pk
    own = Charge.objects.filter(Q(invoice=document) | Q(credited_by=document))
    charges = Charge.objects.filter(booking__in=own.values("booking")).exclude(invoice=origin)
    found = {}
    for charge in charges.select_related("invoice", "credited_by"):
        found[charge.invoice_id] = charge.invoice
        if charge.credited_by and charge.invoice_id < origin:
            found[charge.credited_by_id] = charge.credited_by
    return list(found.values())


class _Teller:
    """Puts facts into words, for the page of one document."""

    def __init__(
        self, document: Invoice, family: Iterable[Invoice], bookings: dict[int, Booking], facts: Sequence[Fact]
    ):
        self.document = document
        self.family = {one.pk: one for one in family}
        self.bookings = bookings
        self.switches = [fact for fact in facts if fact.kind == kinds.SWITCHED]
        self.entries = {one.session.entry.pk: one.session.title for one in bookings.values() if one.session.entry}
        self.reversals = Reversal.objects.in_bulk(
            [fact.details["reversal"] for fact in facts if "reversal" in fact.details]
        )
        left = {fact.details["from_session"] for fact in self.switches}
        self.titles = dict(SessionPage.objects.filter(pk__in=left).values_list("pk", "title")) if left else {}
        self.words: dict[str, Callable[[Fact], str]] = {
            kinds.BOOKED: lambda fact: self._of_seat(fact, _("%(who)s was signed up for %(session)s.")),
            kinds.CANCELLED: lambda fact: self._of_seat(fact, _("%(who)s was withdrawn from %(session)s.")),
            kinds.MISSED: lambda fact: self._of_seat(fact, _("%(who)s stayed away from %(session)s and pays in full.")),
            kinds.SUBSTITUTED: lambda fact: self._of_seat(fact, _("%(who)s took over the seat at %(session)s.")),
            kinds.SWITCHED: lambda fact: self._of_seat(fact, _("%(who)s switched to %(session)s.")),
            kinds.FEE_WAIVED: lambda fact: self._of_seat(fact, _("What %(who)s owed for the withdrawal was waived.")),
            kinds.FEE_RELEASED: lambda fact: self._of_seat(
                fact, _("What %(who)s owed for the withdrawal fell away, as the session was cancelled.")
            ),
            kinds.SESSION_CANCELLED: lambda fact: (
                _("The session “%(title)s” is cancelled.") % {"title": self.entries[fact.about_id]}
            ),
            kinds.PAID: lambda _fact: _("Paid by card."),
            kinds.REFUNDED: lambda fact: _("%(amount)s was paid back to the card.") % {"amount": _kroner(fact)},
            kinds.INVOICE_CORRECTED: lambda fact: _("The invoice details of %(order)s were corrected.") % fact.details,
            kinds.INVOICED: self._invoiced,
            kinds.CREDITED: self._credited,
            kinds.HANDED_OVER: self._handed_over,
            kinds.DEPOSITED: lambda fact: (
                _("%(amount)s came to the bank on %(date)s.") % {"amount": _kroner(fact), "date": _day(fact)}
            ),
            kinds.SETTLED: lambda fact: _("Marked as paid on %(date)s.") % {"date": _day(fact)},
            kinds.SETTLEMENT_REVERSED: lambda fact: self._why(fact, _("It was not paid after all.")),
            kinds.DEPOSIT_REVERSED: lambda fact: self._why(
                fact, _("%(amount)s was not for this invoice.") % {"amount": _kroner(fact)}
            ),
        }

    def tell(self, fact: Fact) -> str:
        """In words; a kind that is new here by its name."""
        return self.words[fact.kind](fact) if fact.kind in self.words else named(fact.kind)

    def _of_seat(self, fact: Fact, words: str) -> str:
        """Whose seat it was then, and where: it may have passed to another person, or to another run, since."""
        booking = self.bookings[fact.about_id]
        who = fact.on_behalf_of or booking.participant
        return words % {"who": who.name, "session": self._title_at(fact, booking)}

    def _title_at(self, fact: Fact, booking: Booking) -> str:
        for switch in self.switches:
            if switch.about_id == booking.pk and switch.pk > fact.pk:
                return self.titles.get(switch.details["from_session"], booking.session.title)
        return booking.session.title

    def _invoiced(self, fact: Fact) -> str:
        origin = self.document.credits_id or self.document.pk
        if fact.about_id < origin:
            return _("Invoiced before, as invoice %(number)s.") % {"number": fact.details["number"]}
        if fact.about_id > origin:
            return _("Invoiced again, as invoice %(number)s.") % {"number": fact.details["number"]}
        why = [str(BECAUSE[one]) for one in fact.details.get("because", ()) if one in BECAUSE]
        return " ".join([*why, _("Issued as invoice %(number)s.") % {"number": fact.details["number"]}])

    def _why(self, fact: Fact, words: str) -> str:
        reversal = self.reversals.get(fact.details["reversal"])
        return " ".join(filter(None, [words, reversal and reversal.reason]))

    def _credited(self, fact: Fact) -> str:
        note = self.family[fact.about_id]
        words = _("Credit note %(number)s of %(amount)s was issued, against %(invoice)s.")
        told = {"number": note.number, "amount": kroner(note.total), "invoice": fact.details["invoice"]}
        return " ".join(filter(None, [words % told, note.content.get("note", "")]))

    def _handed_over(self, fact: Fact) -> str:
        """Of another of the family, its number goes before."""
        state = fact.details["state"]
        if state == "handed_over":
            words = str(CARRIERS.get(fact.details.get("carrier", ""), _("Handed over.")))
        elif state == "ready":
            words = _("Is to be handed over again.")
        else:
            reason = fact.details.get("reason", "")
            words = _("Accepted by the receiver.") if state == "accepted" else _("Refused by the receiver.")
            words = f"{words} {reason}".strip()
        return words if fact.about_id == self.document.pk else f"{self.family[fact.about_id].number}: {words}"


def _kroner(fact: Fact) -> str:
    return kroner(Decimal(fact.details["amount"]))


def _day(fact: Fact) -> str:
    day = date.fromisoformat(fact.details["paid_on"])
    return danish_span(day, day)
