"""Which reminders a session is to have, and who says so: the session itself, or its offer, or else the site."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from wagtail.models import Page

from booking.messages.models import MailText
from booking.sessions.models import Reminders, SessionPage

#: The kinds of mail that each choice stands for.
KINDS = {
    Reminders.BOTH: frozenset({"reminder_week", "reminder_day"}),
    Reminders.WEEK: frozenset({"reminder_week"}),
    Reminders.DAY: frozenset({"reminder_day"}),
    Reminders.NONE: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The kinds of reminders that are written, and the page that says so; None where it is the site's standard."""

    kinds: frozenset[str]
    said_by: Page | None

    @property
    def words(self) -> str:
        return str(next(choice.label for choice, kinds in KINDS.items() if kinds == self.kinds))

    def sentence(self, page: Page) -> str:
        """Which it is, and where that is said, for whoever edits ``page``."""
        if self.said_by is None:
            return _("%(which)s. That is the site's standard, from “Texts of mails”.") % {"which": self.words}
        if self.said_by.pk == page.pk:
            return _("%(which)s. That is chosen here, on the page itself.") % {"which": self.words}
        names = {"which": self.words, "offer": self.said_by.title}
        return _("%(which)s. That is chosen on the offer “%(offer)s”.") % names


def wanted_by(sessions: Iterable[SessionPage]) -> dict[int, Wanted]:
    """What each of these sessions is to have: as many queries for many as for one, and none for none."""
    sessions = list(sessions)
    if not sessions:
        return {}
    above = {session.path[: -SessionPage.steplen] for session in sessions if not session.reminders}
    offers = {page.path: page for page in Page.objects.filter(path__in=above).specific()} if above else {}
    site = Wanted(of_site(), None)
    found = {}
    for session in sessions:
        offer = offers.get(session.path[: -SessionPage.steplen])
        found[session.pk] = _said_on(session, session.reminders) or (offer and said_by_offer(offer)) or site
    return found


def said_by_offer(page: Page) -> Wanted | None:
    """What an offer says of the sessions below it; None for one that leaves it to the site, and for other pages."""
    return _said_on(page, getattr(page, "session_reminders", ""))


def of_site() -> frozenset[str]:
    """The reminders that staff have not turned off for the whole site."""
    unwanted = MailText.objects.filter(kind__in=KINDS[Reminders.BOTH], is_sent=False).values_list("kind", flat=True)
    return KINDS[Reminders.BOTH] - set(unwanted)


def _said_on(page: Page, choice: str) -> Wanted | None:
    return Wanted(KINDS[Reminders(choice)], page) if choice else None
