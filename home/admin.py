"""The records that offer pages are written with, as editors keep them."""

from wagtail.admin.panels import FieldPanel

from booking.registers import RegisterViewSet
from home.models import Provider


class ProviderViewSet(RegisterViewSet):
    model = Provider
    name = "providers"
    icon = "pick"
    menu_hook = "register_places_menu_item"  # beside the contacts and venues of ``booking``
    menu_order = 10
    panels = [FieldPanel("name"), FieldPanel("sort_order")]
    list_display = ["name", "sort_order"]
