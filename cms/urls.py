"""Every address of the site: where each room is mounted."""

from django.http import Http404
from django.urls import include, path, re_path
from django.views.defaults import page_not_found
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
    # Wagtail's own pages read through this; what it can do to pages besides goes past every hook of ours.
    re_path(r"^admin/api/main/pages/[0-9]+/action/", page_not_found, {"exception": Http404()}),
    path("admin/", include(wagtailadmin_urls)),
    path("dokumenter/", include(wagtaildocs_urls)),
    path("konto/", include("booking.people.urls")),
    path("", include("booking.urls")),
    path("", include(wagtail_urls)),
]
