"""Addresses of pages in plain letters.

Wagtail alone would write a page's address with æ, ø and å, which mails show as %C3%A6; and when it is told to keep to
plain letters, it makes them ae, o and a.
"""

from wagtail.admin.widgets import SlugInput

from booking.plain_letters import LETTERS


class DanishSlugInput(SlugInput):
    """The field for a page's address, which the editor's script fills from the title."""

    def __init__(self, attrs=None, **kwargs):
        capitals = {letter.upper(): plain.upper() for letter, plain in LETTERS.items()}
        super().__init__(attrs, formatters=list((LETTERS | capitals).items()), **kwargs)
