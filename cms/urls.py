"""Every address of the site: where each room is mounted."""

from django.urls import include, path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.contrib.sitemaps.views import sitemap
from wagtail.documents import urls as wagtaildocs_urls

urlpatterns = [
    path("admin/", include(wagtailadmin_urls)),
    path("dokumenter/", include(wagtaildocs_urls)),
    path("konto/", include("allauth.account.urls")),
    path("sitemap.xml", sitemap, name="sitemap"),
    path("", include("booking.urls")),
    path("", include(wagtail_urls)),
]
