"""Every address of the site: where each room is mounted."""

from django.urls import include, path, re_path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.contrib.sitemaps.views import sitemap
from wagtail.documents import urls as wagtaildocs_urls

from booking.people.views import staff_sign_in
from cms.sitemap import CalendarSitemap, PageSitemap, robots

urlpatterns = [
    path("sitemap.xml", sitemap, {"sitemaps": {"pages": PageSitemap, "calendar": CalendarSitemap}}, name="sitemap"),
    path("robots.txt", robots, name="robots"),
    # Ahead of Wagtail's: its pages for signing in with a password, and for choosing a new one, are never reached.
    re_path(r"^admin/(?:login|password_reset)/", staff_sign_in),
    path("_util/login/", staff_sign_in),
    path("admin/", include(wagtailadmin_urls)),
    path("dokumenter/", include(wagtaildocs_urls)),
    path("konto/", include("booking.people.urls")),
    path("", include("booking.urls")),
    path("", include(wagtail_urls)),
]
