"""Words in plain letters: æ is written ae, ø oe and å aa, as Danes do where the keys are missing."""

import unicodedata

from django.utils.text import slugify

LETTERS = {"æ": "ae", "ø": "oe", "å": "aa"}


def in_plain_letters(text: str) -> str:
    """Without letter case, in any alphabet, and with the Danish letters as two: "Økonomi", "oekonomi"."""
    return unicodedata.normalize("NFC", text).casefold().translate(str.maketrans(LETTERS))


def danish_slug(text: str) -> str:
    """For addresses and the names of files: "Fælles løsninger", "faelles-loesninger"."""
    return slugify(in_plain_letters(text))
