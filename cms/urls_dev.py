"""The site's addresses and two that exist in development alone: the mail that was sent, and uploaded files."""

from django.conf import settings
from django.urls import path, re_path
from django.views.static import serve

from cms.mailbox import sent_mail
from cms.urls import urlpatterns as site_urlpatterns

urlpatterns = [
    path("udvikling/post/", sent_mail, name="sent_mail"),
    re_path(r"^media/(?P<path>.*)$", serve, {"document_root": settings.MEDIA_ROOT}),
    *site_urlpatterns,
]
