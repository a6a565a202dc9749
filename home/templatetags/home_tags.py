"""What the frame of every page asks of the catalogue: the menus and the way back up."""

from dataclasses import dataclass

from django import template
from django.db.models import Q
from wagtail.models import Page

from home.models import CataloguePage

register = template.Library()


@dataclass(frozen=True, slots=True)
class Link:
    """A page as a menu needs it; its address is worked out once, with the request's knowledge of the site."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Menu:
    """The catalogue, if there is one, and the text pages that the footer shows."""

    catalogue: Link | None
    footer_pages: tuple[Link, ...]


@register.simple_tag(takes_context=True)
def site_menu(context) -> Menu:
    """The menus of header and footer: looked up once a request, and empty on a site without pages."""
    request = context.get("request")
    menu = getattr(request, "site_menu", None)
    if menu is None:
        menu = _menu(request)
        if request is not None:
            request.site_menu = menu
    return menu


@register.simple_tag(takes_context=True)
def ancestors(context, page: Page) -> list[Link]:
    """The pages above this one, from the front page down, for ``components/breadcrumb.html``."""
    return links(page.get_ancestors().filter(depth__gt=1, live=True), context.get("request"))


def links(pages, request) -> list[Link]:
    """The pages that have an address; ``page.url`` alone would look the site up anew for each."""
    found = [(page.title, page.get_url(request)) for page in pages]
    return [Link(title, url) for title, url in found if url]


def _menu(request) -> Menu:
    wanted = Q(cataloguepage__isnull=False) | Q(textpage__in_footer=True)
    pages = Page.objects.live().public().filter(wanted).order_by("path")
    catalogue = [page for page in pages if page.specific_class is CataloguePage]
    texts = [page for page in pages if page not in catalogue]
    return Menu(
        catalogue=next(iter(links(catalogue, request)), None),
        footer_pages=tuple(links(texts, request)),
    )
