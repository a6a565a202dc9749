from django.apps import AppConfig


class CmsConfig(AppConfig):
    """The project itself: settings, root addresses, health, security headers."""

    name = "cms"
