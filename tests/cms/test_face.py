"""The face: the parts in docs/face.md, the stylesheet behind them, and forms that tell what is wrong."""

import re
from datetime import date

import pytest
from django import forms
from django.conf import settings
from django.template.loader import render_to_string

STYLESHEET = (settings.BASE_DIR / "cms" / "static" / "site.css").read_text()
#: The pages. A mail is no page: mail programs drop stylesheets and know no policy, so its style stands on the elements.
MAILS = settings.BASE_DIR / "templates" / "booking" / "mail"
PAGES = sorted(path for path in (settings.BASE_DIR / "templates").rglob("*.html") if MAILS not in path.parents)
EXAMPLES = re.findall(r"```html\n(.*?)```", (settings.BASE_DIR / "docs" / "face.md").read_text(), re.DOTALL)


class Invoice(forms.Form):
    ean = forms.CharField(label="EAN-nummer", help_text="13 cifre.")
    room = forms.ChoiceField(label="Værelse", widget=forms.RadioSelect, choices=[("yes", "Ja"), ("no", "Nej")])
    requisition = forms.CharField(label="Rekvisitionsnummer", required=False)


def test_every_class_in_the_guide_stands_in_the_stylesheet():
    lists = [names for example in EXAMPLES for names in re.findall(r'class="([^"{]+)"', example)]
    used = {name for names in lists for name in names.split()}

    assert len(used) > 50
    assert {name for name in used if not re.search(rf"\.{name}(?![\w-])", STYLESHEET)} == set()


@pytest.mark.parametrize("template", PAGES, ids=lambda path: str(path.relative_to(settings.BASE_DIR)))
def test_no_page_carries_style_or_script_of_its_own(template):
    text = template.read_text()

    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)", text)


@pytest.mark.parametrize("template", sorted(MAILS.glob("*.html")), ids=lambda path: path.name)
def test_no_mail_carries_script_or_a_stylesheet(template):
    assert not re.search(r"<style|<link|<script|\son[a-z]+=|class=", template.read_text())


def test_field_ties_its_label_hint_and_error_to_the_control():
    form = Invoice({"ean": "", "room": "yes"})

    html = render_to_string("components/field.html", {"field": form["ean"]})

    assert '<label class="field-label" for="id_ean">' in html
    assert 'aria-describedby="id_ean_helptext id_ean_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_ean_helptext"' in html
    assert 'id="id_ean_error"' in html


def test_radios_are_a_fieldset_with_a_legend():
    html = render_to_string("components/field.html", {"field": Invoice()["room"]})

    assert "<fieldset" in html
    assert "<legend" in html
    assert "<label class=" not in html


def test_error_summary_links_each_error_to_a_control_that_exists():
    form = Invoice({"ean": "", "room": ""})
    fields = "".join(render_to_string("components/field.html", {"field": field}) for field in form)

    summary = render_to_string("components/error_summary.html", {"form": form})

    links = re.findall(r'href="#([^"]+)"', summary)
    assert links == ["id_ean", "id_room_0"]
    assert all(f'id="{link}"' in fields for link in links)


def test_error_summary_is_silent_when_all_is_well():
    form = Invoice({"ean": "5790000000000", "room": "no"})

    assert render_to_string("components/error_summary.html", {"form": form}).strip() == ""


def test_leaf_shows_two_days_and_both_months():
    html = render_to_string("components/date_leaf.html", {"first": date(2027, 9, 30), "last": date(2027, 10, 1)})

    words = " ".join(re.sub("<[^>]+>", " ", html).split())
    assert words == "sept 30. – 1. okt 2027"


def test_leaf_without_a_day_shows_the_words():
    html = render_to_string("components/date_leaf.html", {"words": "maj/juni", "year": 2028, "first": date(2027, 1, 1)})

    assert "maj/juni" in html
    assert "jan" not in html
