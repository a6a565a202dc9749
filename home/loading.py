"""Filling a new site from the content files: every thing is made once, and from then on it belongs to the editors."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from wagtail.models import Page, Site

from booking.dates import today
from booking.models import (
    Audience,
    Choice,
    Conditions,
    ConditionsVersion,
    Contact,
    ElectionTerm,
    Municipality,
    PriceList,
    PriceRow,
    Seller,
    SessionPage,
    Speaker,
    Venue,
)
from booking.people.ground import lay_ground
from home import content
from home.models import CataloguePage, FrontPage, HeadingPage, LoadedThing, OfferPage, Provider, TextPage


@contextmanager
def quietly() -> Iterator[None]:
    """Without the lines that Wagtail and our rooms log for each page and each booking: a load makes hundreds."""
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


@transaction.atomic
def load(*, now: datetime, tell: Callable[[str], None] = lambda line: None, folder: Path = content.FOLDER) -> None:
    """Make what has never been made. A second run changes nothing, whatever editors have done and whatever the date.

    ``tell`` gets a line about each step. Raises ContentError, and then nothing is made at all.
    """
    Loading(content.read(folder), now=now, tell=tell).run()


class Loading:
    """One run, and the things that it has at hand for others to point at."""

    def __init__(self, texts: content.Content, *, now: datetime, tell: Callable[[str], None]):
        self.texts = texts
        self.now = now
        self.tell = tell
        self.made = dict(LoadedThing.objects.values_list("key", "made_id"))
        self.at_hand: dict[str, models.Model | None] = {}

    def run(self) -> None:
        before = len(self.made)
        self.register()
        self.prices()
        self.people_and_places()
        self.pages()
        self.tell(f"{len(self.made) - before} new, {before} made before")

    # What has been made, and what has not

    def once(self, model: type[models.Model], key: str, find: dict, **values: Any) -> models.Model | None:
        """The thing of this key: made earlier (None if deleted since), there already, or new.

        None too if what it belongs to is gone.
        """
        if None in find.values():
            return self.at_hand.setdefault(_key(model, key), None)
        return self._once(
            _key(model, key),
            model,
            lambda: model._default_manager.filter(**find).first() or model._default_manager.create(**find, **values),
        )

    def page(self, parent: Page | None, key: str, page: Page, *, publish: bool = True) -> Page | None:
        """As ``once``, for a page, which is published below its parent as an editor would publish it."""

        def make() -> Page:
            existing = type(page).objects.child_of(parent).filter(slug=page.slug).first()
            if existing:
                return existing
            self.tell(f"  {page.title}")
            page.live = False
            parent.add_child(instance=page)
            if publish:
                page.save_revision().publish()
            return page

        name = _key(type(page), key)
        if parent is None and name not in self.made:
            return self.at_hand.setdefault(name, None)
        return self._once(name, type(page), make)

    def _once(self, name: str, model: type[models.Model], make: Callable[[], models.Model]) -> models.Model | None:
        if name in self.made:
            thing = model._default_manager.filter(pk=self.made[name]).first()
        else:
            thing = make()
            LoadedThing.objects.create(key=name, made_id=thing.pk)
            self.made[name] = thing.pk
        self.at_hand[name] = thing
        return thing

    def the(self, model: type[models.Model], key: str) -> Any:
        """What a row names by its key; None where it names nothing, and for what staff have deleted."""
        return self.at_hand.get(_key(model, key)) if key else None

    def all_the(self, model: type[models.Model], keys: Iterable[str]) -> list:
        things = [self.the(model, key) for key in keys]
        return [thing for thing in things if thing is not None]

    # The steps

    def register(self) -> None:
        """The municipalities and the election terms came with the tables; take what is named to hand."""
        if not Municipality.objects.exists():  # tables that were made without migrations
            lay_ground(apps)
        for municipality in Municipality.objects.filter(name__in=self.texts.municipalities):
            self.at_hand[_key(Municipality, municipality.name)] = municipality
        for name in self.texts.municipalities:
            # Without it, what is meant for one municipality would be open to all of them.
            if self.the(Municipality, name) is None:
                raise content.ContentError(f"the register has no municipality {name!r}")
        for term in ElectionTerm.objects.all():
            self.at_hand[_key(ElectionTerm, str(term))] = term

    def prices(self) -> None:
        self.tell("Prices and conditions")
        for row in self.texts.sellers:
            self.once(Seller, row.name, {"name": row.name}, cvr=row.cvr)
        for listed in self.texts.price_lists:
            price_list = self.once(PriceList, listed.key, {"name": listed.name}, seller=self.the(Seller, listed.seller))
            for row in listed.rows:
                self.once(
                    PriceRow,
                    f"{listed.key}:{row.kind}:{row.valid_from}",
                    {"price_list": price_list, "kind": row.kind, "valid_from": row.valid_from},
                    net=Decimal(row.net),
                    vat_rate=Decimal(listed.vat_rate) / 100,
                    includes=row.includes,
                )
        for row in self.texts.conditions:
            conditions = self.once(Conditions, row.key, {"name": row.title})
            self.once(
                ConditionsVersion,
                f"{row.key}:1",
                {"conditions": conditions, "number": 1},
                text=row.text,
                created_at=self.now,
            )

    def people_and_places(self) -> None:
        self.tell("Providers, audiences, contacts, venues and speakers")
        for place, name in enumerate(content.PROVIDERS, start=1):
            self.once(Provider, name, {"name": name}, sort_order=place)
        for row in self.texts.audiences:
            is_new = _key(Audience, row.key) not in self.made
            audience = self.once(
                Audience,
                row.key,
                {"name": row.name},
                offices=list(row.offices),
                newly_elected=row.newly_elected,
                takes_guests=row.takes_guests,
            )
            if is_new:
                audience.municipalities.set(self.all_the(Municipality, row.municipalities))
        for row in self.texts.contacts:
            self.once(Contact, row.key, {"name": row.name}, organisation=row.organisation, email=row.email)
        for row in self.texts.venues:
            self.once(Venue, row.key, {"name": row.name}, street=row.address, postcode=row.postal_code, city=row.city)
        for row in self.texts.choices:
            self.once(Choice, row.key, {"name": row.name})
        for row in self.texts.speakers:
            self.once(Speaker, row.key, {"name": row.name}, title=row.title)

    def pages(self) -> None:
        self.tell("Pages")
        text = self.texts.front
        root = Page.get_first_root_node()
        is_new = _key(FrontPage, "front") not in self.made
        front = self.page(
            root, "front", FrontPage(title=text.hero_title, slug="forside", intro=text.hero_intro), publish=False
        )
        if is_new:
            self.make_it_the_site(front)
        self.text_pages(front)
        self.catalogue(front)
        if is_new and not front.live:
            front.cards = [("card", self.card(card)) for card in text.cards]
            front.save_revision().publish()

    def make_it_the_site(self, front: FrontPage) -> None:
        """Show it under the site's address, and take away the page that Wagtail welcomes with."""
        site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
        if site is None:
            site = Site(hostname="localhost", is_default_site=True)
        welcome = site.root_page if site.root_page_id else None
        site.root_page = front
        site.site_name = settings.WAGTAIL_SITE_NAME
        site.save()
        if welcome is not None and welcome.specific_class is Page and welcome.depth > 1:
            welcome.delete()
            front.refresh_from_db()

    def text_pages(self, front: FrontPage | None) -> None:
        for row in self.texts.pages:
            self.page(
                front,
                row.slug,
                TextPage(title=row.title, slug=row.slug, intro=row.intro, body=body(row.body), in_footer=True),
            )

    def catalogue(self, front: FrontPage | None) -> None:
        text = self.texts.catalogue
        catalogue = self.page(front, "catalogue", CataloguePage(title=text.title, slug=text.slug, intro=text.intro))
        for row in [*self.texts.headings, *self.texts.groups]:
            parent = self.the(HeadingPage, row.heading) if row.heading else catalogue
            heading = HeadingPage(
                title=row.title,
                slug=row.slug,
                intro=row.intro,
                municipality=self.the(Municipality, row.municipality),
            )
            self.page(parent, row.key, heading)
        for row in self.texts.offers:
            self.page(self.the(HeadingPage, row.group or row.heading), row.slug, self.offer(row))
        for row in self.texts.sessions:
            self.page(self.the(OfferPage, row.offer), row.key, self.session(row))

    # Pages from texts

    def card(self, card: content.Card) -> dict:
        page = None
        if card.target == content.CATALOGUE:
            page = self.the(CataloguePage, "catalogue")
        elif card.target != content.CALENDAR:
            page = self.the(TextPage, card.target)
        return {"title": card.title, "text": card.text, "link_text": card.link_text, "page": page}

    def offer(self, row: content.Offer) -> OfferPage:
        return OfferPage(
            title=row.title,
            slug=row.slug,
            intro=row.intro,
            body=body(row.body),
            providers=self.all_the(Provider, row.providers),
            contacts=self.all_the(Contact, row.contacts),
            status=row.status,
            on_request=row.on_request,
            frequency=row.frequency,
            term=self.the(ElectionTerm, row.term),
            audience=self.the(Audience, row.audience),
            price_list=self.the(PriceList, row.price_list),
            conditions=self.the(Conditions, row.conditions),
        )

    def session(self, row: content.Session) -> SessionPage:
        when = row.when(today(self.now))
        own_net = {"list": None, "undecided": None, "free": Decimal(0)}.get(row.price, row.price)
        return SessionPage(
            title=row.title,
            slug=row.slug,
            kind=row.kind,
            starts_on=when.starts_on,
            ends_on=when.ends_on,
            starts_time=when.starts_time,
            ends_time=when.ends_time,
            when_text=when.words,
            venue=self.the(Venue, row.venue),
            join_link=row.join_url,
            capacity=row.capacity,
            audience=self.the(Audience, row.audience),
            price_list=self.the(PriceList, row.price_list),
            own_net=own_net,
            conditions=self.the(Conditions, row.conditions),
            choice=self.the(Choice, row.choice),
            moderator=row.moderator,
            contact=next(iter(self.all_the(Contact, row.contacts)), None),
            intro=row.intro,
            programme=[("day", self.day(day)) for day in row.days],
        )

    def day(self, day: content.Day) -> dict:
        return {"heading": day.title, "items": [self.item(item) for item in day.items]}

    def item(self, item: content.Item) -> dict:
        return {"time": item.time, **self.part(item), "inputs": [self.part(part) for part in item.inputs]}

    def part(self, part: content.Item | content.Input) -> dict:
        return {
            "kind": part.kind,
            "title": part.title,
            "abstract": content.BodyPart(text=part.abstract).html,
            "speakers": self.all_the(Speaker, part.speakers),
        }


def body(parts: Iterable[content.BodyPart]) -> list[tuple[str, str]]:
    """The blocks of a page's text."""
    blocks = []
    for part in parts:
        if part.heading:
            blocks.append(("heading", part.heading))
        if part.html:
            blocks.append(("text", part.html))
    return blocks


def _key(model: type[models.Model], key: str) -> str:
    return f"{model._meta.model_name}:{key}"
