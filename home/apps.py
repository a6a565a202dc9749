from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HomeConfig(AppConfig):
    """What KL says: front page, catalogue, offers and text pages."""

    name = "home"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Catalogue")

    def ready(self) -> None:
        from django.db.models import SlugField
        from wagtail.admin.forms.models import register_form_field_override

        from home.slugs import DanishSlugInput

        register_form_field_override(SlugField, override={"widget": DanishSlugInput})
