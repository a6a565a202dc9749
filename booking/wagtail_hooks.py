"""Registers with Wagtail what the rooms bring; nothing is made here."""

from wagtail.snippets.models import register_snippet

from booking.models import Speaker

register_snippet(Speaker)
