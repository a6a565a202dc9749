"""Why a document can't be issued, and what to do about it, in the reader's words."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from booking.invoicing.document import Fault, NotInOrder

WHY = {
    Fault.SELLER_UNKNOWN: gettext_lazy("The session has no price list, and so no seller. Choose one on its page."),
    Fault.SELLER_CVR: gettext_lazy("%(seller)s has no valid CVR number. Write it under Prices, Sellers."),
    Fault.SELLER_ADDRESS: gettext_lazy(
        "%(seller)s has no full address. Write street, postcode and town under Prices, Sellers."
    ),
    Fault.SELLER_ACCOUNT: gettext_lazy(
        "%(seller)s has neither a bank account nor a FIK creditor number. Write one of them under Prices, Sellers."
    ),
    Fault.BUYER_GLN: gettext_lazy("The EAN number of %(buyer)s is not valid."),
    Fault.BUYER_CVR: gettext_lazy("The CVR number of %(buyer)s is not valid."),
    Fault.BUYER_NOWHERE: gettext_lazy(
        "%(buyer)s has neither an EAN number nor a CVR number, so there is nowhere to send the invoice."
    ),
    Fault.BUYER_REFERENCE: gettext_lazy("Nobody at %(buyer)s is named as reference."),
    Fault.NO_LINES: gettext_lazy("There is nothing to pay for."),
    Fault.VAT_RATE: gettext_lazy("A line has a rate of VAT that is neither 25 per cent nor none."),
    Fault.EXEMPT_REASON: gettext_lazy("A line without VAT must say by which law, and a line with VAT must not."),
    Fault.SLIP: gettext_lazy("The FIK creditor number of %(seller)s does not have eight digits."),
    Fault.DUE: gettext_lazy("The day by which to pay must be 0 to 30 days after the invoice."),
    Fault.CREDITED: gettext_lazy("A credit note must name its invoice, and an invoice must not."),
    Fault.SUMS: gettext_lazy("The sums do not add up."),
}


def why_not(refusal: NotInOrder) -> str:
    """Every reason, a sentence each."""
    return " ".join(_sentences(refusal.faults, seller=refusal.seller, buyer=refusal.buyer))


def _sentences(faults: Iterable[Fault], **names: str) -> list[str]:
    return [str(WHY[fault]) % names if "%(" in str(WHY[fault]) else str(WHY[fault]) for fault in faults]


def refused(refusal: NotInOrder) -> str:
    """What staff read when an invoice was not issued."""
    return _("The invoice to %(buyer)s was not issued, and no number was used. %(why)s") % {
        "buyer": refusal.buyer,
        "why": why_not(refusal),
    }
