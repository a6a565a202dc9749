from django.apps import AppConfig
from wagtail.users.apps import WagtailUsersAppConfig


class CmsConfig(AppConfig):
    """The project itself: settings, root addresses, health, security headers."""

    name = "cms"


class StaffConfig(WagtailUsersAppConfig):
    """Wagtail's users and groups, with our own list of users."""

    user_viewset = "booking.desk.staff.StaffViewSet"
