"""Every text of ours has its Danish, and what is compiled is what is written.

Texts are found as xgettext would, but without it, so that this runs where gettext is not installed.
"""

import ast
import re
import runpy
from collections.abc import Iterator
from gettext import GNUTranslations
from pathlib import Path

from django.conf import settings
from django.utils.translation.template import templatize

BASE_DIR = Path(settings.BASE_DIR)
CATALOGUE = BASE_DIR / "locale" / "da" / "LC_MESSAGES" / "django.po"
entries = runpy.run_path(str(BASE_DIR / "locale" / "wagtail" / "missing.py"))["entries"]

#: Functions that mark a text, and where among their arguments the context and the text stand.
MARKERS = {
    "_": (None, 0),
    "gettext": (None, 0),
    "gettext_lazy": (None, 0),
    "gettext_noop": (None, 0),
    "ngettext": (None, 0),
    "ngettext_lazy": (None, 0),
    "pgettext": (0, 1),
    "pgettext_lazy": (0, 1),
    "npgettext": (0, 1),
    "npgettext_lazy": (0, 1),
}
STRING = r"""u?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
CALL = re.compile(rf"\b(n?p?gettext|_)\(\s*({STRING}(?:,\s*{STRING})*)")
PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|{(\w+)}")


def in_code(source: str) -> Iterator[tuple[str, str]]:
    """The (context, text) of each call that marks a text for translation."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in MARKERS:
                context, text = MARKERS[name]
                yield "" if context is None else ast.literal_eval(node.args[context]), ast.literal_eval(node.args[text])


def in_template(source: str) -> Iterator[tuple[str, str]]:
    """The same in a template: Django writes it as calls, and crosses out what stands between them."""
    for name, arguments in CALL.findall(templatize(source)):
        texts = ast.literal_eval(f"({arguments},)")
        context, text = MARKERS[name]
        yield "" if context is None else texts[context], texts[text]


def texts() -> set[tuple[str, str]]:
    """Every text of ours that is marked for translation."""
    found: set[tuple[str, str]] = set()
    for app in ("cms", "home", "booking"):
        for file in (BASE_DIR / app).rglob("*.py"):
            found.update(in_code(file.read_text()))
    for file in (BASE_DIR / "templates").rglob("*.*"):
        found.update(in_template(file.read_text()))
    return found


def written() -> dict[tuple[str, str], list[str]]:
    """Our catalogue: the Danish of each text, singular and plural."""
    return {
        (entry.get("msgctxt", ""), entry["msgid"]): [text for key, text in entry.items() if key.startswith("msgstr")]
        for entry in entries(CATALOGUE)
    }


def test_every_text_has_its_danish():
    danish = written()

    assert sorted(text for text in texts() if not all(danish.get(text, [""]))) == []


def test_no_danish_is_a_guess():
    assert "#, fuzzy" not in CATALOGUE.read_text()


def test_placeholders_survive_translation():
    lost = [
        text
        for (_, text), translations in written().items()
        for danish in translations
        if not set(PLACEHOLDER.findall(danish)) <= set(PLACEHOLDER.findall(text))
        or (len(translations) == 1 and set(PLACEHOLDER.findall(danish)) != set(PLACEHOLDER.findall(text)))
    ]

    assert lost == []


def test_what_is_compiled_is_what_is_written():
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        compiled = GNUTranslations(file)._catalog

    stale = [
        text
        for (context, text), translations in written().items()
        for number, danish in enumerate(translations)
        if danish != compiled.get(key := f"{context}\x04{text}" if context else text, compiled.get((key, number)))
    ]
    assert stale == []
