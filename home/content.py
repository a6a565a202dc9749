"""The content files of a new site as values: read, checked, and with their dates reckoned. No database.

What the keys mean stands in the head of each file in ``home/catalogue/``.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import MISSING, dataclass, fields
from datetime import date, time, timedelta
from html import escape
from pathlib import Path
from typing import Any, TypeVar

from booking.dates import When

FOLDER = Path(__file__).parent / "catalogue"

#: Everybody who stands behind an offer, in the order they are named.
PROVIDERS = ("KL", "Komponent", "Komdir")

#: The page that a card on the front page leads to, besides the catalogue and the text pages.
CALENDAR = "calendar"
CATALOGUE = "catalogue"


class ContentError(Exception):
    """A content file says something that nobody understands; the message says where."""


@dataclass(frozen=True, kw_only=True)
class BodyPart:
    """A heading, paragraphs and points; each may be absent."""

    heading: str = ""
    text: str = ""
    points: tuple[str, ...] = ()

    @property
    def html(self) -> str:
        paragraphs = "".join(f"<p>{escape(paragraph, quote=False)}</p>" for paragraph in paragraphs_of(self.text))
        points = "".join(f"<li>{escape(point, quote=False)}</li>" for point in self.points)
        return paragraphs + (f"<ul>{points}</ul>" if points else "")


@dataclass(frozen=True, kw_only=True)
class Heading:
    """A heading of the catalogue, or a group within the one it names."""

    key: str
    title: str
    slug: str
    intro: str
    heading: str = ""
    municipality: str = ""


@dataclass(frozen=True, kw_only=True)
class Offer:
    slug: str
    title: str
    heading: str
    group: str = ""
    providers: tuple[str, ...]
    audience: str
    contacts: tuple[str, ...]
    price_list: str = ""
    conditions: str = ""
    status: str
    on_request: bool
    frequency: str = ""
    term: str
    intro: str
    body: tuple[BodyPart, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Input:
    kind: str
    title: str
    abstract: str = ""
    speakers: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Item:
    time: time
    title: str
    kind: str
    abstract: str = ""
    speakers: tuple[str, ...] = ()
    inputs: tuple[Input, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Day:
    title: str = ""
    items: tuple[Item, ...]


@dataclass(frozen=True, kw_only=True)
class Session:
    """A session, at fixed dates, so many weeks ahead of the day of loading, or in words."""

    key: str
    offer: str
    slug: str
    title: str
    kind: str
    audience: str
    price: str | int
    price_list: str = ""
    conditions: str
    contacts: tuple[str, ...]
    choice: str = ""
    moderator: str = ""
    venue: str = ""
    capacity: int | None = None
    join_url: str = ""
    intro: str = ""
    days: tuple[Day, ...] = ()

    starts_on: date | None = None
    ends_on: date | None = None
    starts_time: time | None = None
    ends_time: time | None = None
    weeks_ahead: int | None = None
    weekday: int | None = None
    nights: int = 0
    words: str = ""
    years_ahead: int = 0
    starts_month: int | None = None
    ends_month: int | None = None

    def when(self, today: date) -> When:
        """When it is held, if the site is filled ``today``."""
        if self.words and self.starts_on:
            return When(self.starts_on, self.ends_on, words=self.words)
        if self.words:
            year = today.year + self.years_ahead
            after = date(year, self.ends_month, 28) + timedelta(days=4)  # in the month after the last one
            return When(
                date(year, self.starts_month, 1),
                after.replace(day=1) - timedelta(days=1),
                words=self.words.format(year=year),
            )
        first = self.starts_on
        if first is None:
            monday = today - timedelta(days=today.weekday())
            first = monday + timedelta(weeks=self.weeks_ahead, days=self.weekday - 1)
        return When(first, self.ends_on or first + timedelta(days=self.nights), self.starts_time, self.ends_time)


@dataclass(frozen=True, kw_only=True)
class Audience:
    key: str
    name: str
    offices: tuple[str, ...]
    newly_elected: bool
    municipalities: tuple[str, ...] = ()
    takes_guests: bool = False


@dataclass(frozen=True, kw_only=True)
class Contact:
    key: str
    name: str
    organisation: str
    email: str


@dataclass(frozen=True, kw_only=True)
class Venue:
    key: str
    name: str
    address: str = ""
    postal_code: str = ""
    city: str = ""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What alternate runs have in common."""

    key: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Speaker:
    key: str
    name: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Seller:
    name: str
    cvr: str = ""


@dataclass(frozen=True, kw_only=True)
class PriceRow:
    kind: str
    valid_from: date
    net: int
    includes: str


@dataclass(frozen=True, kw_only=True)
class PriceList:
    key: str
    name: str
    seller: str
    vat_rate: int
    rows: tuple[PriceRow, ...]


@dataclass(frozen=True, kw_only=True)
class Conditions:
    key: str
    title: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Card:
    title: str
    text: str
    link_text: str
    target: str


@dataclass(frozen=True, kw_only=True)
class Front:
    hero_title: str
    hero_intro: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, kw_only=True)
class CatalogueText:
    title: str
    slug: str
    intro: str


@dataclass(frozen=True, kw_only=True)
class TextPage:
    slug: str
    title: str
    intro: str
    body: tuple[BodyPart, ...] = ()


@dataclass(frozen=True)
class Content:
    """Everything that a new site is filled with."""

    front: Front
    catalogue: CatalogueText
    pages: tuple[TextPage, ...]
    headings: tuple[Heading, ...]
    groups: tuple[Heading, ...]
    offers: tuple[Offer, ...]
    sessions: tuple[Session, ...]
    audiences: tuple[Audience, ...]
    contacts: tuple[Contact, ...]
    venues: tuple[Venue, ...]
    choices: tuple[Choice, ...]
    speakers: tuple[Speaker, ...]
    sellers: tuple[Seller, ...]
    price_lists: tuple[PriceList, ...]
    conditions: tuple[Conditions, ...]

    @property
    def municipalities(self) -> set[str]:
        """The names of those that something is for alone."""
        named = {name for audience in self.audiences for name in audience.municipalities}
        return named | {heading.municipality for heading in self.headings if heading.municipality}


#: What the lists inside a row are made of, by key.
PARTS = {"body": BodyPart, "days": Day, "items": Item, "inputs": Input, "rows": PriceRow, "cards": Card}

Row = TypeVar("Row")


def read(folder: Path = FOLDER) -> Content:
    """All content files in ``folder``. Raises ContentError for a key that nothing knows."""
    files = {
        name: _parsed(folder / f"{name}.toml") for name in ("pages", "headings", "offers", "audiences", "contacts")
    }
    course = _parsed(folder / "course.toml")
    municipal = _parsed(folder / "municipal.toml")
    content = Content(
        front=_row(Front, files["pages"]["front"], "pages.toml, front"),
        catalogue=_row(CatalogueText, files["pages"]["catalogue"], "pages.toml, catalogue"),
        pages=_rows(TextPage, files["pages"]["pages"], "pages.toml"),
        headings=_rows(Heading, files["headings"]["headings"], "headings.toml")
        + _rows(Heading, municipal["headings"], "municipal.toml"),
        groups=_rows(Heading, files["headings"]["groups"], "headings.toml"),
        offers=_rows(Offer, files["offers"]["offers"], "offers.toml")
        + _rows(Offer, course["offers"], "course.toml")
        + _rows(Offer, municipal["offers"], "municipal.toml"),
        sessions=_rows(Session, course["sessions"], "course.toml")
        + _rows(Session, municipal["sessions"], "municipal.toml"),
        audiences=_rows(Audience, files["audiences"]["audiences"], "audiences.toml"),
        contacts=_rows(Contact, files["contacts"]["contacts"], "contacts.toml"),
        venues=_rows(Venue, course["venues"], "course.toml") + _rows(Venue, municipal["venues"], "municipal.toml"),
        choices=_rows(Choice, municipal["choices"], "municipal.toml"),
        speakers=_rows(Speaker, course["speakers"], "course.toml"),
        sellers=_rows(Seller, course["sellers"], "course.toml"),
        price_lists=(_row(PriceList, course["price_list"], "course.toml, price_list"),),
        conditions=_rows(Conditions, course["conditions"], "course.toml"),
    )
    _check(content)
    return content


def paragraphs_of(text: str) -> list[str]:
    """The paragraphs of a text where empty lines part them."""
    return [" ".join(paragraph.split()) for paragraph in text.split("\n\n") if paragraph.strip()]


def _parsed(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ContentError(f"{file.name}: {error}") from error


def _rows(kind: type[Row], rows: Iterable[dict], where: str) -> tuple[Row, ...]:
    made = []
    for row in rows:
        name = row.get("key") or row.get("slug") or row.get("title") or row.get("name") or row.get("kind")
        made.append(_row(kind, row, f"{where}, {name}"))
    return tuple(made)


def _row(kind: type[Row], row: dict, where: str) -> Row:
    known = {field.name: field for field in fields(kind)}
    unknown = sorted(set(row) - set(known))
    if unknown:
        raise ContentError(f"{where}: unknown key {', '.join(unknown)}")
    missing = sorted(name for name, field in known.items() if field.default is MISSING and name not in row)
    if missing:
        raise ContentError(f"{where}: {', '.join(missing)} is missing")
    values = {}
    for name, value in row.items():
        if isinstance(value, str):
            value = value.strip()
        elif isinstance(value, list):
            value = _rows(PARTS[name], value, where) if name in PARTS else tuple(value)
        values[name] = value
    return kind(**values)


def _check(content: Content) -> None:
    """Every key that a row names must be there."""
    keys = {
        "audience": {row.key for row in content.audiences},
        "contact": {row.key for row in content.contacts},
        "venue": {row.key for row in content.venues},
        "choice": {row.key for row in content.choices},
        "speaker": {row.key for row in content.speakers},
        "price list": {row.key for row in content.price_lists},
        "conditions": {row.key for row in content.conditions},
        "seller": {row.name for row in content.sellers},
        "provider": set(PROVIDERS),
        "heading": {row.key for row in content.headings},
        "group": {row.key for row in content.groups},
        "offer": {row.slug for row in content.offers},
        "target": {CATALOGUE, CALENDAR} | {page.slug for page in content.pages},
    }

    def need(what: str, named: Iterable[str], where: str) -> None:
        for key in named:
            if key and key not in keys[what]:
                raise ContentError(f"{where}: there is no {what} {key!r}")

    for group in content.groups:
        need("heading", [group.heading], f"group {group.key}")
    for price_list in content.price_lists:
        need("seller", [price_list.seller], f"price list {price_list.key}")
    for card in content.front.cards:
        need("target", [card.target], f"card {card.title}")
    for row in [*content.offers, *content.sessions]:
        where = f"{type(row).__name__.lower()} {row.slug}"
        need("audience", [row.audience], where)
        need("contact", row.contacts, where)
        need("price list", [row.price_list], where)
        need("conditions", [row.conditions], where)
    for offer in content.offers:
        need("heading", [offer.heading], f"offer {offer.slug}")
        need("group", [offer.group], f"offer {offer.slug}")
        need("provider", offer.providers, f"offer {offer.slug}")
    for session in content.sessions:
        where = f"session {session.key}"
        need("offer", [session.offer], where)
        need("venue", [session.venue], where)
        need("choice", [session.choice], where)
        for day in session.days:
            for item in day.items:
                need("speaker", item.speakers, where)
                for part in item.inputs:
                    need("speaker", part.speakers, where)
        listed = {row.kind for prices in content.price_lists if prices.key == session.price_list for row in prices.rows}
        if session.price == "list" and session.kind not in listed:
            raise ContentError(f"{where}: the price list has no price for this kind")
        if session.price == "undecided" and session.kind in listed:
            raise ContentError(f"{where}: the price list has a price for this kind, so it can't be undecided")
