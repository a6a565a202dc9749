"""What Wagtail's admin still says in English: run me after each upgrade of Wagtail.

    .venv/bin/python locale/wagtail/missing.py

A text counts as Danish when the app it stands in, or our catalogue beside this file, has it in Danish. Another app's
Danish does not count: that app may not be installed.
"""

import ast
import re
import sys
from collections.abc import Iterator
from gettext import GNUTranslations, NullTranslations
from importlib.util import find_spec
from pathlib import Path

OURS = Path(__file__).parent
DOMAINS = ("django", "djangojs")
#: A .mo file keeps a text's context in front of it, with this between them.
CONTEXT_MARK = "\x04"
KEYWORD = re.compile(r"^(msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?) (\".*\")$")

#: The keywords of a .po file and what stands after each.
Entry = dict[str, str]


class Silence(NullTranslations):
    """Says nothing, so that a text without Danish can be told from one that is the same in both languages."""

    def gettext(self, message: str) -> str:
        return ""

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return ""


def entries(catalogue: Path) -> Iterator[Entry]:
    """The texts of a .po file, without its header."""
    entry: Entry = {}
    keyword = ""
    for line in [*catalogue.read_text(encoding="utf-8").splitlines(), ""]:
        if match := KEYWORD.match(line):
            keyword = match[1]
            entry[keyword] = ast.literal_eval(match[2])
        elif line.startswith('"'):
            entry[keyword] += ast.literal_eval(line)
        elif entry and not line:
            if entry["msgid"]:
                yield entry
            entry = {}


def compiled(locale: Path, domain: str) -> NullTranslations:
    """The Danish in a locale folder, as compiled; silence where there is none."""
    path = locale / "da" / "LC_MESSAGES" / f"{domain}.mo"
    if not path.exists():
        return Silence()
    with path.open("rb") as file:
        catalogue = GNUTranslations(file)
    catalogue.add_fallback(Silence())
    return catalogue


def danish(catalogue: NullTranslations, entry: Entry) -> list[str]:
    """What a compiled catalogue says for a text: one sentence, or the one for 1 and the one for more."""
    text = CONTEXT_MARK.join(entry[part] for part in ("msgctxt", "msgid") if part in entry)
    if plural := entry.get("msgid_plural"):
        return [catalogue.ngettext(text, plural, n) for n in (1, 2)]
    return [catalogue.gettext(text)]


def missing() -> list[tuple[str, str, str]]:
    """App, domain and English text of everything in the installed Wagtail that has no Danish."""
    spec = find_spec("wagtail")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("wagtail")
    wagtail = Path(spec.origin).parent
    found = []
    for domain in DOMAINS:
        ours = compiled(OURS, domain)
        for catalogue in sorted(wagtail.glob(f"**/locale/en/LC_MESSAGES/{domain}.po")):
            locale = catalogue.parents[2]
            app = ".".join(locale.parent.relative_to(wagtail.parent).parts)
            theirs = compiled(locale, domain)
            found += [
                (app, domain, entry["msgid"])
                for entry in entries(catalogue)
                if not all(danish(ours, entry)) and not all(danish(theirs, entry))
            ]
    return found


if __name__ == "__main__":
    lacking = missing()
    sys.stdout.writelines(f"{app} ({domain}): {text!r}\n" for app, domain, text in lacking)
    sys.stdout.write(f"{len(lacking)} texts have no Danish.\n")
