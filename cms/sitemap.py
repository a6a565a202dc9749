"""What search engines are told: every live public page, and what to leave alone."""

from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from wagtail.contrib.sitemaps import Sitemap as WagtailSitemap


class UnderOurAddress(Sitemap):
    """Addresses begin with the site's own, whatever name the request came by."""

    def _urls(self, page, protocol, domain) -> list[dict]:
        entries = super()._urls(page, protocol, domain)
        return [entry | {"location": urljoin(settings.SITE_URL, urlsplit(entry["location"]).path)} for entry in entries]


class PageSitemap(UnderOurAddress, WagtailSitemap):
    """Every live public page."""


class CalendarSitemap(UnderOurAddress):
    """What is public and no page of Wagtail's."""

    def items(self) -> list[str]:
        return ["booking:calendar", "booking:subscribe"]

    def location(self, item: str) -> str:
        return reverse(item)


@require_safe
@cache_control(public=True, max_age=3600)
def robots(request) -> HttpResponse:
    """Point to the sitemap; keep out of what needs sign-in anyway."""
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /konto/",
        "Disallow: /min-side/",
        "Disallow: /tilmelding/",
        f"Sitemap: {urljoin(settings.SITE_URL, '/sitemap.xml')}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
