"""What Stripe says in words of its own, and how its books differ from ours, as staff read it."""

from decimal import Decimal

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from booking.dates import danish_moment
from booking.money import kroner
from booking.payments.differences import Difference, DifferenceKind

#: How a contested payment stands. Source: Stripe, the Dispute object, "status".
DISPUTES = {
    "warning_needs_response": _("the bank asks; answer in Stripe's pages"),
    "warning_under_review": _("the bank considers its question"),
    "warning_closed": _("the bank asked, and let it rest"),
    "needs_response": _("to be answered in Stripe's pages"),
    "under_review": _("the bank considers it"),
    "prevented": _("settled before it came to anything"),
    "won": _("won"),
    "lost": _("lost"),
}

#: Those in which it is still open what becomes of the money.
OPEN_DISPUTES = ["warning_needs_response", "warning_under_review", "needs_response", "under_review"]

#: Why a refund failed. Source: Stripe, the Refund object, "failure_reason"; and error codes.
FAILURES = {
    "lost_or_stolen_card": _("the card was lost or stolen"),
    "expired_or_canceled_card": _("the card has run out or is closed"),
    "charge_for_pending_refund_disputed": _("the payment was contested meanwhile"),
    "insufficient_funds": _("there is not enough money on the account at Stripe"),
    "declined": _("the bank declined"),
    "merchant_request": _("it was called back in Stripe's pages"),
    "charge_already_refunded": _("all of it had been paid back already"),
    "charge_disputed": _("the payment is contested"),
    "unknown": _("Stripe does not know why"),
}

#: What somebody can do about a difference that does not put itself right.
ADVICE = {
    DifferenceKind.OPEN_AT_STRIPE: _("Close the page in Stripe's pages, or wait until it closes by itself."),
    DifferenceKind.OTHER_AMOUNT: _(
        "Find the payment in Stripe's pages. Pay it back there, or agree with the booker what is still to be paid."
    ),
    DifferenceKind.PAID_TWICE: _("Pay the second payment back in Stripe's pages."),
    DifferenceKind.UNKNOWN_CHECKOUT: _(
        "Find the page in Stripe's pages and see whom it is for. If nothing of ours was paid there, pay the money back."
    ),
    DifferenceKind.UNKNOWN_REFUND: _("Find the refund in Stripe's pages and see whom it is for."),
    DifferenceKind.NOT_AT_STRIPE: _("See whether the site has been moved to another account at Stripe."),
    DifferenceKind.REFUND_NOT_AT_STRIPE: _(
        "The money may never have left. Find the payment in Stripe's pages, and pay back there what is missing."
    ),
    DifferenceKind.REFUND_UNSENT: _("It is tried every minute. If Stripe is up, call whoever runs the site."),
    DifferenceKind.REFUND_FAILED: _(
        "Press Try again on the payment. If it fails once more, ask the booker for an account and send the money there."
    ),
}


def dispute_in_words(status: str) -> str:
    return str(DISPUTES.get(status, status))


def failure_in_words(reason: str) -> str:
    return str(FAILURES.get(reason, reason))


def figure(amount: Decimal | None) -> str:
    """Kroner, or that a book has nothing."""
    return gettext("nothing") if amount is None else kroner(amount)


def advice(difference: Difference) -> str:
    """What somebody can do; empty where nobody need."""
    if not difference.is_open:
        return ""
    usual = gettext("Compare the payment here with the one in Stripe's pages.")
    return str(ADVICE.get(DifferenceKind(difference.kind), usual))


def state_in_words(difference: Difference) -> str:
    """Whether it waits for somebody, or how and when it came to an end."""
    if difference.is_open:
        return gettext("waits for a person")
    return f"{difference.get_ending_display()} {danish_moment(difference.closed_at)}"


def difference_in_words(difference: Difference) -> str:
    """One line: what differs, both figures, since when, and how it stands."""
    return gettext("%(what)s. Here %(ours)s, at Stripe %(theirs)s, since %(since)s; %(state)s.") % {
        "what": difference,
        "ours": figure(difference.ours),
        "theirs": figure(difference.theirs),
        "since": danish_moment(difference.found_at),
        "state": state_in_words(difference),
    }
