"""The outbox and the journal at the desk."""

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from booking.models import Fact, OutboxMessage
from tests.booking.desk.test_bookings import book
from tests.factories import SessionPageFactory


@pytest.fixture
def message(db) -> OutboxMessage:
    """A message that was given up."""
    [booking] = book(SessionPageFactory(), "Ærø")
    now = timezone.now()
    return OutboxMessage.objects.create(
        fact=Fact.objects.about(booking).get(),
        kind="x",
        recipient="aeroe@example.org",
        subject="Om Ærø",
        text="Kære Ærø",
        html="<p>Kære Ærø</p>",
        message_id="<3@example.org>",
        created_at=now,
        not_before=now,
        attempts=3,
        failed_at=now,
        error="SMTPRecipientsRefused 550",
    )


def test_a_message_is_read_with_its_state(client, administrator, message):
    page = client.get(reverse("outbox:inspect", args=[message.pk])).content.decode()

    assert "Kære Ærø" in page
    assert "SMTPRecipientsRefused 550" in page


@pytest.mark.parametrize(("state", "found"), [("failed", 1), ("sent", 0), ("waiting", 0), ("delayed", 0)])
def test_the_outbox_is_filtered_by_state(client, administrator, message, state, found):
    listed = client.get(reverse("outbox:index"), {"state": state, "q": "ærø"}).context["object_list"]

    assert len(listed) == found


def test_what_was_given_up_is_sent_when_staff_ask(client, administrator, message, django_capture_on_commit_callbacks):
    address = reverse("outbox:again", args=[message.pk])
    client.get(address)
    message.refresh_from_db()
    assert message.failed_at

    with django_capture_on_commit_callbacks(execute=True):
        client.post(address)

    message.refresh_from_db()
    assert message.sent_at
    assert [one.to for one in mail.outbox] == [["aeroe@example.org"]]


def test_what_has_been_sent_is_not_sent_again(client, administrator, message, django_capture_on_commit_callbacks):
    OutboxMessage.objects.update(sent_at=timezone.now(), failed_at=None)

    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("outbox:again", args=[message.pk]))

    assert mail.outbox == []


def test_an_editor_sends_nothing_again(client, editor, message, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("outbox:again", args=[message.pk]))

    assert mail.outbox == []


def test_the_journal_says_who_did_what_for_whom(client, administrator, db):
    [booking] = book(SessionPageFactory(), "Ærø")
    client.post(reverse("bookings:cancel", args=[booking.pk]))

    page = client.get(reverse("journal:index"), {"q": booking.order.reference}).content.decode()
    facts = client.get(reverse("journal:index"), {"kind": "cancelled"}).context["object_list"]

    assert booking.order.reference in page
    assert administrator.username in page
    assert [fact.kind for fact in facts] == ["cancelled"]


def test_thirty_facts_cost_as_many_queries_as_one(client, administrator, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    session = SessionPageFactory()
    book(session, "Ærø")
    client.get(reverse("journal:index"))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("journal:index"))
    book(session, "Fanø", "Samsø", "Læsø", "Odense", "Greve")

    with django_assert_num_queries(len(one)):
        client.get(reverse("journal:index"))
