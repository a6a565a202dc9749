"""Addresses as they stand in calendars and mails: whole, and never from the request that happened to build them."""

from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse


def address(name: str, *args) -> str:
    """The full address of a named page, under the site's own name."""
    return settings.SITE_URL + reverse(name, args=args)


def calendar_domain() -> str:
    """What every event's UID ends in. It must never change once a calendar has seen one."""
    return settings.CALENDAR_DOMAIN or urlsplit(settings.SITE_URL).hostname
