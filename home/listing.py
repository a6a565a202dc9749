"""The catalogue as lists: what a line shows, what the filters leave, what a search finds, and under which heading.

Plain functions over pages that are fetched already; none of them asks the database.

The search looks for parts of words in what a reader can see. The database's full-text search knows only the beginnings
of words and stems that differ between SQLite and PostgreSQL, so that "pension" would never find "Borgmesterpension" nor
"økonomi" "Kommunaløkonomi"; and SQLite folds no letter case beyond A to Z. A catalogue has tens of offers, not
thousands, and is read through in a few milliseconds.

A word of one or two letters stands in nearly every text as a part of another, so it is only found as a word of its own
("KL", "AI"); the words that hold sentences together are not looked for at all.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page
from wagtail.rich_text import get_text_for_indexing

from booking.dates import danish_choice, today
from booking.plain_letters import danish_slug, in_plain_letters
from booking.sessions.models import SessionPage
from booking.signup.lines import SessionLine

if TYPE_CHECKING:
    from home.models import HeadingPage, OfferPage

#: What a reader can choose from, by filter: the value in the address and the words on the page.
Choices = dict[str, list[tuple[str, Any]]]

ON_REQUEST = "on_request"

#: Nobody searches for more than this; what is longer is cut.
LONGEST_SEARCH = 100

#: Shorter words than this are found only as words of their own.
SHORTEST_PART = 3

#: Words that stand everywhere and tell nothing apart.
FILLERS = {"i", "og", "at", "af", "en", "et", "er", "paa", "om", "de", "du", "vi", "til", "for", "med", "der", "som"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One offer with the sessions that a list speaks of; the ones called off are left out."""

    offer: "OfferPage"
    upcoming: tuple[SessionPage, ...]
    past: tuple[SessionPage, ...]
    is_past: bool  # of an election term that is over

    @property
    def sessions(self) -> tuple[SessionPage, ...]:
        return self.upcoming + self.past

    @property
    def next_session(self) -> SessionPage | None:
        return self.upcoming[0] if self.upcoming else None


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader has chosen; empty is no choice."""

    q: str = ""
    kind: str = ""
    provider: str = ""
    audience: str = ""
    status: str = ""
    dates: bool = False

    @classmethod
    def chosen(cls, query: Mapping[str, str], choices: Choices) -> "Filters":
        """What an address asks for; a value that is not among the choices is left out."""
        asked = {name: danish_slug(query.get(name, "")) for name in choices}
        asked_words = " ".join(query.get("q", "").replace("\0", " ").split())[:LONGEST_SEARCH]
        return cls(
            q=asked_words if words_of(asked_words) else "",
            dates=query.get("dates", "") not in {"", "0", "off", "false"},
            **{name: value for name, value in asked.items() if value in dict(choices[name])},
        )

    def as_query(self) -> dict[str, Any]:
        """As the fields of the form, and of the address, are called."""
        return {
            "q": self.q,
            "kind": self.kind,
            "provider": self.provider,
            "audience": self.audience,
            "status": self.status,
            "dates": self.dates,
        }

    def __bool__(self) -> bool:
        return any(self.as_query().values())

    @property
    def is_search_alone(self) -> bool:
        return bool(self.q) and not any(value for name, value in self.as_query().items() if name != "q")


@dataclass(slots=True)
class Group:
    """A heading with its own entries, those of past terms by themselves, and the groups below it."""

    heading: "HeadingPage"
    entries: list[Entry] = field(default_factory=list)
    past: list[Entry] = field(default_factory=list)
    groups: list["Group"] = field(default_factory=list)

    @property
    def count(self) -> int:
        """What is offered now; what past terms offered is shown and not counted."""
        return len(self.entries) + count_below(self.groups)

    @property
    def is_empty(self) -> bool:
        return not self.entries and not self.past and all(group.is_empty for group in self.groups)


def entries_of(offers: Iterable["OfferPage"], sessions: Iterable[SessionPage], *, now: datetime) -> list[Entry]:
    """Every offer with its own sessions, which keep the order they come in."""
    upcoming, past = defaultdict(list), defaultdict(list)
    for session in sessions:
        when = session.when
        if when is not None and not session.is_cancelled:
            (past if when.is_over(now) else upcoming)[_above(session)].append(session)
    return [
        Entry(
            offer=offer,
            upcoming=tuple(upcoming[offer.path]),
            past=tuple(past[offer.path]),
            is_past=offer.is_past(today(now)),
        )
        for offer in offers
    ]


def choices_among(entries: Iterable[Entry], *, kinds: list, statuses: list) -> Choices:
    """What can be chosen: every kind, and the providers, audiences and statuses that some offer has."""
    entries = list(entries)
    providers = {provider for entry in entries for provider in entry.offer.providers.all()}
    audiences = {entry.offer.audience for entry in entries if entry.offer.audience}
    used = {entry.offer.status for entry in entries}
    return {
        "kind": [(value, capfirst(words)) for value, words in [*kinds, (ON_REQUEST, _("on request"))]],
        "provider": [
            (danish_slug(provider.name), provider.name)
            for provider in sorted(providers, key=lambda provider: (provider.sort_order, provider.name))
        ],
        "audience": [
            (danish_slug(audience.name), audience.name)
            for audience in sorted(audiences, key=lambda audience: audience.name)
        ],
        "status": [(value, capfirst(words)) for value, words in statuses if value in used],
    }


def matching(entries: Iterable[Entry], filters: Filters, speakers: Mapping[int, str] | None = None) -> list[Entry]:
    """The entries that fit everything chosen; with a search, those first whose titles have the words.

    ``speakers`` are the names behind the numbers that stand in the sessions' programmes.
    """
    fitting = [entry for entry in entries if _fits(entry, filters)]
    if not filters.q:
        return fitting
    words = [word for word in words_of(filters.q) if word not in FILLERS]
    if not words:
        return []
    ranked = [(rank(entry, words, speakers or {}), entry) for entry in fitting]
    found = [(place, entry) for place, entry in ranked if place is not None]
    return [entry for _place, entry in sorted(found, key=lambda pair: pair[0])]


def _fits(entry: Entry, filters: Filters) -> bool:
    offer = entry.offer
    if filters.provider and filters.provider not in {danish_slug(provider.name) for provider in offer.providers.all()}:
        return False
    if filters.audience and not (offer.audience and danish_slug(offer.audience.name) == filters.audience):
        return False
    if filters.status and offer.status != filters.status:
        return False
    sessions = entry.sessions
    if filters.kind == ON_REQUEST:
        if not offer.on_request:
            return False
    elif filters.kind:
        sessions = tuple(session for session in sessions if session.kind == filters.kind)
        if not sessions:
            return False
    return not filters.dates or any(session in entry.upcoming and session.when.is_dated for session in sessions)


def words_of(text: str) -> list[str]:
    """The words in plain letters, without what stands between them."""
    return re.findall(r"[^\W_]+", in_plain_letters(text))


def rank(entry: Entry, words: list[str], speakers: Mapping[int, str]) -> int | None:
    """Where a search puts an offer: 0 for all words in its title, 1 for some, 2 for none; None if a word is missing.

    ``words`` are in plain letters.
    """
    text = "\n".join(_visible_text(entry, speakers))
    if not all(_stands_in(text, words)):
        return None
    in_title = _stands_in(entry.offer.title, words)
    return 0 if all(in_title) else 1 if any(in_title) else 2


def _stands_in(text: str, words: list[str]) -> list[bool]:
    plain, own_words = in_plain_letters(text), set(words_of(text))
    return [word in (plain if len(word) >= SHORTEST_PART else own_words) for word in words]


def _visible_text(entry: Entry, speakers: Mapping[int, str]) -> Iterator[str]:
    offer = entry.offer
    yield offer.title
    yield offer.intro
    yield offer.provider_names
    for session in entry.sessions:
        yield session.title
        yield session.intro
        yield session.moderator
        yield session.place
        for block in session.programme.raw_data:
            yield from _strings(block["value"], speakers)
    for block in offer.body.raw_data:
        yield from _strings(block["value"], {})


def _strings(value, speakers: Mapping[int, str]) -> Iterator[str]:
    """The words in a block as it is stored: read so, no block fetches its image or its speakers from the database."""
    if isinstance(value, str):
        yield get_text_for_indexing(value)
    elif isinstance(value, int):
        yield speakers.get(value, "")
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part["value"] if _is_wrapped(part) else part, speakers)
    elif isinstance(value, dict):
        for name, part in value.items():
            if name not in NOT_READ:
                yield from _strings(part, speakers)


#: Fields of a block that hold a key of ours instead of words.
NOT_READ = {"kind", "time"}


def _is_wrapped(part) -> bool:
    """Whether an item of a list is stored with its type and number around it."""
    return isinstance(part, dict) and part.keys() <= {"type", "value", "id"}


@dataclass(frozen=True, slots=True)
class Runs:
    """Sessions that one chooses between; or, mostly, one that stands alone."""

    lines: tuple[SessionLine, ...]

    @property
    def words(self) -> str:
        """What there is to choose from: "15.-17. marts eller 22.-24. marts", with years; nothing for one alone."""
        if len(self.lines) == 1:
            return ""
        return danish_choice([line.session.when.short for line in self.lines])


def as_choices(lines: Iterable[SessionLine]) -> list[Runs]:
    """The lines in their order, those of one choice together where the first of them stands."""
    together: dict[tuple[str, int], list[SessionLine]] = {}
    for line in lines:
        session = line.session
        key = ("choice", session.choice_id) if session.choice_id else ("session", session.pk)
        together.setdefault(key, []).append(line)
    return [Runs(tuple(runs)) for runs in together.values()]


def grouped(headings: Iterable["HeadingPage"], entries: Iterable[Entry], *, keep_empty: bool = False) -> list[Group]:
    """The entries under their headings, and these within one another, in the order of the headings.

    Entries keep their order. A heading without any is left out unless ``keep_empty``.
    """
    now, past = defaultdict(list), defaultdict(list)
    for entry in entries:
        (past if entry.is_past else now)[_above(entry.offer)].append(entry)
    groups = {heading.path: Group(heading, now[heading.path], past[heading.path]) for heading in headings}
    top = []
    for group in groups.values():
        above = groups.get(_above(group.heading))
        (above.groups if above else top).append(group)
    return top if keep_empty else _without_empty(top)


def _without_empty(groups: list[Group]) -> list[Group]:
    for group in groups:
        group.groups = _without_empty(group.groups)
    return [group for group in groups if not group.is_empty]


def count_below(groups: Iterable[Group]) -> int:
    return sum(group.count for group in groups)


def _above(page: Page) -> str:
    """The path of the page above this one in the tree."""
    return page.path[: -Page.steplen]
