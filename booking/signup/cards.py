"""Whether a session can be paid by card; how that is done is none of this room's business."""

from django.conf import settings

from booking.sessions.models import SessionPage


def takes_cards(session: SessionPage) -> bool:
    """Where the site has what it needs for cards, and the session's price list allows them."""
    return settings.TAKES_CARDS and session.price_list is not None and session.price_list.takes_cards
