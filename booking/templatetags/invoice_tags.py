"""What is read of an order's invoices, wherever the order stands."""

from django import template
from django.urls import reverse
from django.utils.text import capfirst
from wagtail.permissions import policy_registry

from booking.dates import danish_moment
from booking.invoicing.correct import still_to_invoice
from booking.invoicing.models import Invoice
from booking.invoicing.own import documents_of, documents_on, withdrawal_sentence
from booking.models import Booking, Order, Person
from booking.money import kroner
from booking.pricing.quote import Quote
from booking.signup.sentences import order_invoice_sentence

register = template.Library()


@register.filter
def what_for(document: Invoice) -> str:
    """What a document is for, each thing once."""
    return "; ".join(dict.fromkeys(line["description"] for line in document.content["lines"]))


@register.simple_tag
def invoiced_when_given_up(booking: Booking, fee: Quote) -> str:
    """How giving the seat up for this price is invoiced, if it is; the two of a pair leave together."""
    leaving = list(booking.of_the_pair()) if booking.pair else [booking]
    return withdrawal_sentence(leaving, fee, payer=booking.order.payer_name)


@register.inclusion_tag("booking/components/order_invoices.html")
def order_invoices(order: Order, person: Person | None) -> dict:
    """How what is left to invoice will be; and for the booker, what was issued, and the way to correct the rest."""
    is_theirs = person is not None and order.booker_id == person.pk
    left = still_to_invoice(order).select_related("order", "session__price_list").order_by("session__starts_on", "pk")
    return {
        "order": order,
        "sentences": list(dict.fromkeys(order_invoice_sentence(booking) for booking in left)),
        "is_theirs": is_theirs,
        "documents": documents_of(order) if is_theirs else [],
    }


@register.inclusion_tag("booking/admin/order_invoices.html", takes_context=True)
def invoices_of(context, order: Order) -> dict:
    """For staff: what was issued, and the way to correct what is left; nothing for those who see no invoices."""
    policy = policy_registry.get_by_type(Invoice)
    may = {action: policy.user_has_permission(context["request"].user, action) for action in ("view", "issue")}
    return {
        "order": order,
        "documents": documents_of(order) if may["view"] else [],
        "may_correct": may["issue"] and still_to_invoice(order).exists(),
    }


@register.simple_tag(takes_context=True)
def with_documents(context, booking: Booking, history: list[dict]) -> list[dict]:
    """What has happened to a booking, and among it when it was invoiced and credited, for those who see invoices."""
    policy = policy_registry.get_by_type(Invoice)
    if not policy.user_has_permission(context["request"].user, "view"):
        return history
    issued = [
        {
            "moment": document.issued_at,
            "at": danish_moment(document.issued_at),
            "what": f"{capfirst(document.get_kind_display())} {document.number}",
            "url": reverse("invoices:inspect", args=[document.pk]),
            "by": document.by,
            "why": " ".join(filter(None, [kroner(document.total), document.content.get("note", "")])),
        }
        for document in documents_on(booking).select_related("by").defer("xml")
    ]
    return sorted([*history, *issued], key=lambda event: event["moment"])
