"""Addresses and keys in plain letters: æ is written ae, ø oe and å aa, as Danes do where the keys are missing.

Wagtail alone would write a page's address with æ, ø and å, which mails show as %C3%A6; and when it is told to keep to
plain letters, it makes them ae, o and a.
"""

import unicodedata

from django.utils.text import slugify
from wagtail.admin.widgets import SlugInput

LETTERS = {"æ": "ae", "ø": "oe", "å": "aa"}


def in_plain_letters(text: str) -> str:
    """Without letter case, in any alphabet, and with the Danish letters as two: "Økonomi", "oekonomi"."""
    return unicodedata.normalize("NFC", text).casefold().translate(str.maketrans(LETTERS))


def danish_slug(text: str) -> str:
    return slugify(in_plain_letters(text))


class DanishSlugInput(SlugInput):
    """The field for a page's address, which the editor's script fills from the title."""

    def __init__(self, attrs=None, **kwargs):
        capitals = {letter.upper(): plain.upper() for letter, plain in LETTERS.items()}
        super().__init__(attrs, formatters=list((LETTERS | capitals).items()), **kwargs)
