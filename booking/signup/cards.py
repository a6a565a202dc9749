"""Whether a session can be paid by card; how that is done is none of this room's business."""

from decimal import Decimal

from django.conf import settings

from booking.sessions.models import SessionPage

#: Kroner that can be taken in one payment. Source: Stripe, "Minimum and maximum charge amounts".
LEAST, MOST = Decimal("2.50"), Decimal("999999.99")


def takes_cards(session: SessionPage) -> bool:
    """Where the site has what it needs for cards, and the session's price list allows them."""
    return settings.TAKES_CARDS and session.price_list is not None and session.price_list.takes_cards


def fits_a_card(amount: Decimal) -> bool:
    """Whether so much, including VAT, can be paid in one go."""
    return LEAST <= amount <= MOST
