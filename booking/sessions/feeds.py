"""Which feeds a session belongs in: by where its page lies, whom it is for and how it is held.

A feed is named by the end of its address: "alle", "online", "forventet", "tilbud/12", "maalgruppe/3".
"""

from collections.abc import Iterable

from django.db.models import Count
from wagtail.models import Page

from booking.people.audiences import Audience
from booking.pricing.models import SessionKind
from booking.sessions.models import SessionPage

#: What is for more than one municipality.
ALL = "alle"
#: The same, held online.
ONLINE = "online"
#: The same, while its date is only words; and afterwards, with the date.
EXPECTED = "forventet"


def below(page_id: int) -> str:
    """The feed of what lies below a page: an offer, or a heading."""
    return f"tilbud/{page_id}"


def meant_for(audience_id: int) -> str:
    """The feed of what is for an audience."""
    return f"maalgruppe/{audience_id}"


def catalogue_models() -> list[type[Page]]:
    """The kinds of pages that have a feed: those that sessions lie below, and those above them."""
    offers = SessionPage.allowed_parent_page_models()
    return list(dict.fromkeys([*offers, *(above for offer in offers for above in offer.allowed_parent_page_models())]))


def feeds_of(pages: Iterable[SessionPage]) -> dict[int, set[str]]:
    """The feeds that each session belongs in now; two queries, however many they are.

    What is for one municipality alone, such as a course for its council, is no matter of all the others.
    """
    pages = list(pages)
    above = {page.path[:end] for page in pages for end in range(Page.steplen, len(page.path), Page.steplen)}
    catalogue = Page.objects.filter(path__in=above).type(*catalogue_models())
    ids = dict(catalogue.order_by().values_list("path", "pk"))
    audiences = {page.audience_id for page in pages}
    counted = Audience.objects.filter(pk__in=audiences).annotate(places=Count("municipalities")).order_by()
    local = set(counted.filter(places=1).values_list("pk", flat=True))
    return {page.pk: _feeds_of(page, ids, is_local=page.audience_id in local) for page in pages}


def _feeds_of(page: SessionPage, ids: dict[str, int], *, is_local: bool) -> set[str]:
    found = {below(pk) for path, pk in ids.items() if page.path.startswith(path)}
    if page.audience_id:
        found.add(meant_for(page.audience_id))
    if not is_local:
        found.add(ALL)
        if page.kind == SessionKind.ONLINE:
            found.add(ONLINE)
        if page.when_text:
            found.add(EXPECTED)
    return found
