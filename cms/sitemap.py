"""What search engines are told: every live public page, and what to leave alone."""

from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from wagtail.contrib.sitemaps import Sitemap


class PageSitemap(Sitemap):
    """Every live public page under the site's own address, whatever name the request came by."""

    def _urls(self, page, protocol, domain) -> list[dict]:
        entries = super()._urls(page, protocol, domain)
        return [entry | {"location": urljoin(settings.SITE_URL, urlsplit(entry["location"]).path)} for entry in entries]


@require_safe
@cache_control(public=True, max_age=3600)
def robots(request) -> HttpResponse:
    """Point to the sitemap; keep out of what needs sign-in anyway."""
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /konto/",
        f"Sitemap: {urljoin(settings.SITE_URL, '/sitemap.xml')}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
