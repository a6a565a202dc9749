"""Registers with Wagtail what home brings."""

from wagtail import hooks

from home.admin import ProviderViewSet


@hooks.register("register_admin_viewset")
def register_providers():
    return ProviderViewSet()
