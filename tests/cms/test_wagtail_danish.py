"""Editors meet Wagtail's admin in Danish, all of it."""

import json
import runpy
from pathlib import Path

import pytest
from django.conf import settings
from django.test import RequestFactory
from django.utils.translation import gettext, ngettext, override
from django.views.i18n import JavaScriptCatalog

FOLDER = Path(settings.BASE_DIR) / "locale" / "wagtail"
SCRIPT = runpy.run_path(str(FOLDER / "missing.py"))


def test_every_text_of_the_installed_wagtail_has_danish():
    assert SCRIPT["missing"]() == []


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_what_is_compiled_is_what_is_written(domain):
    catalogue = SCRIPT["compiled"](FOLDER, domain)
    stale = [
        entry
        for entry in SCRIPT["entries"](FOLDER / "da" / "LC_MESSAGES" / f"{domain}.po")
        if SCRIPT["danish"](catalogue, entry) != [text for name, text in entry.items() if name.startswith("msgstr")]
    ]

    assert stale == []


@pytest.mark.parametrize(
    ("english", "danish"),
    [
        ("Save draft", "Gem kladde"),  # Wagtail's own Danish says "Gem skitse"
        ("Unpublish", "Træk tilbage"),
        ("Submit for moderation", "Send til godkendelse"),
        ("0 minutes", "0 minutter"),  # must be Django's own words, or "lige nu" is never said
    ],
)
def test_our_words_come_before_wagtails(english, danish):
    with override("da"):
        assert gettext(english) == danish


def test_plurals_follow_the_number():
    with override("da"):
        texts = [
            ngettext("%(num_pages)d page has been moved", "%(num_pages)d pages have been moved", n) % {"num_pages": n}
            for n in (0, 1, 2)
        ]

    assert texts == ["0 sider er flyttet", "1 side er flyttet", "2 sider er flyttet"]


def test_the_scripts_of_the_admin_are_in_danish_too():
    with override("da"):
        view = JavaScriptCatalog.as_view(packages=["wagtail.admin"])  # as in wagtail.admin.urls
        body = view(RequestFactory().get("/")).content.decode()

    catalogue = json.JSONDecoder().raw_decode(body, body.index("{", body.index("newcatalog =")))[0]
    assert catalogue["Main menu"] == "Hovedmenu"
    assert catalogue["%(num)s error"] == ["%(num)s fejl", "%(num)s fejl"]
