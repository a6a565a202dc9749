from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BookingConfig(AppConfig):
    """What people do: the integrated booking module. Here the rooms are wired together."""

    name = "booking"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Booking")

    def ready(self) -> None:
        from booking.sessions import live

        live.connect()
