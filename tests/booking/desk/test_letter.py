"""Writing to all at a session: from the form over the preview to the outbox."""

import re
from html import unescape

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from booking.models import Booking, Fact, OutboxMessage
from booking.signup.cancel import cancel_booking
from tests.booking.desk.test_bookings import NAMES, book
from tests.booking.desk.test_sessions import editor_of
from tests.booking.signup.test_reserve import NOW
from tests.factories import SessionPageFactory

LETTER = {"circle": "confirmed", "subject": "Parkering", "text": "Der er plads i gården."}


def address(session) -> str:
    return reverse("session_letter", args=[session.pk])


def preview(client, session, **changes):
    return client.post(address(session), LETTER | changes)


def hidden(page) -> dict[str, str]:
    """What the preview sends on."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.content.decode())
    return {name: unescape(value) for name, value in found}


def send(client, session, page):
    return client.post(address(session), hidden(page) | {"send": ""})


def letters():
    return OutboxMessage.objects.filter(kind="circular")


def test_nothing_leaves_before_the_preview(client, administrator):
    session = SessionPageFactory()
    book(session, "Ærø", "Fanø")

    assert client.get(address(session)).status_code == 200
    page = preview(client, session)

    assert letters().count() == 0
    said = page.content.decode()
    for words in ("Borgmesteren i Ærø", "Borgmesteren i Fanø", "kontakt@example.org", session.contact.email):
        assert words in said
    assert "Der er plads i gården." in said


def test_the_mail_is_shown_as_it_goes(client, administrator):
    session = SessionPageFactory()
    book(session, "Ærø")

    page = preview(client, session, text='"><script>alert(1)</script>')

    send(client, session, page)
    assert page.context["drawn"] == letters().first().text
    assert "<script>alert" not in page.content.decode()


def test_the_numbers_of_the_preview_are_those_of_the_outbox(client, administrator):
    session = SessionPageFactory()
    _one, _other, left = book(session, "Ærø", "Fanø", "Samsø")
    cancel_booking(left, by=None, now=NOW)
    page = preview(client, session)

    response = send(client, session, page)

    found = page.context["mailing"]
    assert (len(found.participants), len(found.addresses), len(found.left_out)) == (2, 3, 1)
    assert letters().count() == 3
    assert set(letters().values_list("recipient", flat=True)) == set(found.addresses)
    assert "3" in " ".join(str(message) for message in get_messages(response.wsgi_request))
    assert Fact.objects.get(kind="written_to").by == administrator


def test_pressing_twice_sends_once(client, administrator):
    session = SessionPageFactory()
    book(session, "Ærø")
    page = preview(client, session)

    assert send(client, session, page).status_code == 302
    assert send(client, session, page).status_code == 302
    assert letters().count() == 2


def test_if_somebody_came_meanwhile_it_is_shown_anew_and_then_sent(client, administrator):
    session = SessionPageFactory()
    book(session, "Ærø")
    page = preview(client, session)
    book(session, "Fanø")

    shown_anew = send(client, session, page)
    assert letters().count() == 0
    assert "Borgmesteren i Fanø" in shown_anew.content.decode()

    send(client, session, shown_anew)
    assert letters().count() == 3


def test_the_letter_can_be_changed_after_the_preview(client, administrator):
    session = SessionPageFactory()
    book(session, "Ærø")
    page = preview(client, session, text="Første <linje>\r\n\r\nAnden")

    form = client.post(address(session), hidden(page) | {"edit": "", "text": "Første <linje>\r\n\r\nAnden"})

    assert form.context["form"]["text"].value() == "Første <linje>\r\n\r\nAnden"
    assert letters().count() == 0


@pytest.mark.parametrize("missing", ["subject", "text", "circle"])
def test_what_is_missing_is_asked_for(client, administrator, missing):
    session = SessionPageFactory()

    page = preview(client, session, **{missing: ""})

    assert page.status_code == 422
    assert missing in page.context["form"].errors


def test_a_subject_of_two_lines_is_refused(client, administrator):
    session = SessionPageFactory()

    assert preview(client, session, subject="Hej\nBcc: alle@example.org").status_code == 422


def test_without_anybody_to_write_to_there_is_nothing_to_send(client, administrator):
    session = SessionPageFactory()

    page = preview(client, session)

    assert 'name="send"' not in page.content.decode()
    assert send(client, session, page).status_code == 200
    assert letters().count() == 0


def test_what_a_colleague_has_written_is_listed(client, administrator):
    session = SessionPageFactory()
    book(session, "Ærø")
    send(client, session, preview(client, session))

    assert "Parkering" in client.get(address(session)).content.decode()


@pytest.mark.parametrize("who", ["editor", "finance"])
def test_others_do_not_write(client, db, who, request):
    request.getfixturevalue(who)
    session = SessionPageFactory()
    book(session, "Ærø")

    assert preview(client, session).status_code == 302
    assert send(client, session, preview(client, session)).status_code == 302
    if who == "editor":
        assert address(session) not in editor_of(client, session)
    assert letters().count() == 0


def test_the_preview_of_thirty_costs_as_many_queries_as_of_one(client, administrator, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    session = SessionPageFactory()
    book(session, "Ærø")
    preview(client, session)
    with CaptureQueriesContext(connection) as one:
        preview(client, session)
    book(session, *NAMES[1:])

    with django_assert_num_queries(len(one)):
        preview(client, session)
    assert Booking.objects.count() == 10
