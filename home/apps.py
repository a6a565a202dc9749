from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HomeConfig(AppConfig):
    """What KL says: front page, catalogue, offers and text pages."""

    name = "home"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Catalogue")
