"""A new page's address is written in plain letters, in the editor's script as on the server."""

import json

import pytest
from django.urls import reverse
from django.utils.html import escape

from booking.plain_letters import LETTERS
from home.slugs import DanishSlugInput
from tests.factories import HeadingPageFactory, UserFactory


def test_the_editor_s_script_is_told_how_danish_letters_are_written(client, db):
    client.force_login(UserFactory(is_superuser=True), backend="django.contrib.auth.backends.ModelBackend")

    page = client.get(reverse("wagtailadmin_pages:add", args=["home", "offerpage", HeadingPageFactory().pk]))

    html = page.content.decode()
    written = DanishSlugInput().attrs["data-w-slug-formatters-value"]
    assert escape(written) in html
    assert 'data-w-slug-allow-unicode-value="true"' not in html.lower()


@pytest.mark.parametrize("letter", [*LETTERS, *(letter.upper() for letter in LETTERS)])
def test_every_danish_letter_is_known(letter):
    formatters = json.loads(DanishSlugInput().attrs["data-w-slug-formatters-value"])

    assert letter in [pattern[0] for pattern, _replacement in formatters]
