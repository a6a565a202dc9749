"""The places in a text of staff's that are filled for each reader: ``{titel}``. Pure text.

Nothing that staff write is run: a text is words and these few names, and whatever else looks like one is refused.
"""

import re
from collections.abc import Collection, Mapping

from django.utils.translation import gettext as _

_PLACE = re.compile(r"\{([^{}]*)\}")


class BrokenText(ValueError):
    """The text can't be filled; the words say why, to whoever wrote it."""


def check(text: str, names: Collection[str]) -> None:
    """Raises BrokenText, unless every brace belongs to one of the names."""
    if "{{" in text or "{%" in text or "}}" in text or "%}" in text:
        raise BrokenText(_("Write one brace on each side of a name, as in {titel}."))
    for found in _PLACE.findall(text):
        if found not in names:
            known = ", ".join(f"{{{name}}}" for name in names)
            raise BrokenText(
                _("“{%(found)s}” is not known here. You can use %(known)s.") % {"found": found, "known": known}
            )
    rest = _PLACE.sub("", text)
    if "{" in rest:
        raise BrokenText(_("A brace is opened and not closed: write a name as in {titel}."))
    if "}" in rest:
        raise BrokenText(_("A brace is closed that was not opened: write a name as in {titel}."))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with each name's value in its place. Raises BrokenText."""
    check(text, values.keys())
    return _PLACE.sub(lambda place: values[place[1]], text)
