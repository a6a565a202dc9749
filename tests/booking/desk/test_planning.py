"""An editor who plans a date meets what it falls together with: in the editor, as it is typed, and after saving."""

from datetime import UTC, date, datetime
from html import unescape

import pytest
import time_machine
from django.urls import reverse
from django.utils.translation import gettext_lazy

from tests.factories import SessionPageFactory

NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def sessions(db):
    return [SessionPageFactory(title=title, starts_on=date(2027, 5, 6)) for title in ("Den ene", "Den anden")]


def test_the_editor_says_it_of_the_page_as_last_saved(client, editor, sessions):
    page = client.get(reverse("wagtailadmin_pages:edit", args=[sessions[0].pk])).content.decode()

    assert "Kristi himmelfartsdag" in page
    assert "Den anden" in page
    assert "planning.js" in page


def test_a_new_page_has_nothing_to_say_yet(client, editor, sessions):
    parent = sessions[0].get_parent()

    page = client.get(reverse("wagtailadmin_pages:add", args=["booking", "sessionpage", parent.pk]))

    assert page.status_code == 200
    assert "Kristi himmelfartsdag" not in page.content.decode()


@pytest.mark.parametrize(
    ("written", "holiday", "other"),
    [
        ({"starts_on": "06.05.2027"}, True, False),
        ({"starts_on": "2027-05-06", "audience": "the audience"}, True, True),
        ({"starts_on": "05.05.2027", "ends_on": "07.05.2027", "audience": "the audience"}, True, True),
        ({"starts_on": "07.05.2027", "audience": "the audience"}, False, False),
        ({"starts_on": "06.05.2027", "when_text": "maj"}, False, False),
        ({"starts_on": "i morgen", "audience": "99999", "page": "x", "choice": "-1"}, False, False),
        ({"starts_on": "06.05.2027", "ends_on": "31.12.9999"}, True, False),
        ({"starts_on": "31.12.9999", "audience": "the audience"}, False, False),
        ({"starts_on": "0001-01-01"}, False, False),
        ({}, False, False),
    ],
)
def test_a_date_that_is_typed_is_answered(client, editor, sessions, written, holiday, other):
    if written.get("audience") == "the audience":
        written = written | {"audience": sessions[0].audience_id}

    answer = client.get(reverse("session_collisions"), {"page": sessions[0].pk} | written)

    assert answer.status_code == 200
    assert ("Kristi himmelfartsdag" in answer.content.decode()) == holiday
    assert ("Den anden" in answer.content.decode()) == other
    assert "Den ene" not in answer.content.decode()


UNREADABLE = gettext_lazy(
    "The date can't be read yet, so it is not known what else there is. Write it like 01.07.2027."
)


@pytest.mark.parametrize(
    ("written", "is_said"),
    [
        ({"starts_on": "6. maj 2027"}, True),
        ({"starts_on": "31.06.2027"}, True),
        ({"starts_on": "05.05.2027", "ends_on": "fredag"}, True),
        ({"starts_on": "06.05.2027"}, False),
        ({"starts_on": "6. maj 2027", "when_text": "maj"}, False),
        ({"starts_on": ""}, False),
    ],
)
def test_a_date_that_cannot_be_read_is_not_called_free(client, editor, sessions, written, is_said):
    answer = unescape(client.get(reverse("session_collisions"), written).content.decode())

    assert (str(UNREADABLE) in answer) == is_said


def test_finance_plans_no_dates(client, finance):
    assert client.get(reverse("session_collisions")).status_code in {302, 403}


def save(client, session, *, accept: str, **changes):
    """Post the editor's form as it stands, with ``changes``."""
    edit = reverse("wagtailadmin_pages:edit", args=[session.pk])
    form = client.get(edit).context["form"]
    values = {field.html_name: field.value() for field in form if field.name != "programme"}
    values = {name: value for name, value in values.items() if value not in (None, [], False)}
    formsets = {f"comments-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL")}
    posted = values | formsets | {"programme-count": "0"} | changes
    return client.post(edit, posted, headers={"accept": accept}, follow=True)


def test_saving_says_it_and_goes_ahead(client, editor, sessions):
    response = save(client, sessions[0], accept="text/html", ends_on="2027-05-07", kind="overnight")

    [said] = [str(message) for message in response.context["messages"] if "Kristi himmelfartsdag" in str(message)]
    assert "Den anden" in said
    sessions[0].refresh_from_db()
    assert sessions[0].get_latest_revision_as_object().ends_on == date(2027, 5, 7)


def test_autosave_says_nothing(client, editor, sessions):
    response = save(client, sessions[0], accept="application/json", ends_on="2027-05-07", kind="overnight")

    assert response.status_code == 200
    assert "Kristi" not in response.content.decode()
    page = client.get(reverse("wagtailadmin_home"))
    assert [message for message in page.context["messages"] if "Kristi" in str(message)] == []
