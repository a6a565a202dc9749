"""The first screen: what comes next, and what needs somebody."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from booking.dates import today
from booking.models import Fact, OutboxMessage
from tests.booking.desk.test_bookings import book
from tests.factories import SessionPageFactory, mayor_of


def start(client) -> str:
    return client.get(reverse("wagtailadmin_home")).content.decode()


def test_both_roles_see_what_comes_next_with_numbers(client, editor):
    session = SessionPageFactory(title="Ny borgmester", capacity=5)
    book(session, "Ærø")

    page = start(client)

    assert "Ny borgmester" in page
    assert "onsdag den 5. maj 2027" in page
    assert "Borgmesteren i Ærø" not in page


def test_a_message_that_failed_is_seen_by_administrators(client, administrator):
    [booking] = book(SessionPageFactory(), "Ærø")
    now = timezone.now()
    OutboxMessage.objects.create(
        fact=Fact.objects.about(booking).get(),
        kind="x",
        recipient="a@example.org",
        subject="x",
        text="x",
        message_id="<2@example.org>",
        created_at=now,
        not_before=now,
        failed_at=now,
        error="SMTPRecipientsRefused 550",
    )

    assert reverse("outbox:index") + "?state=failed" in start(client)


def test_administrators_see_in_how_many_municipalities_an_office_is_vacant(client, administrator):
    day = today(timezone.now())
    mayor_of("Ærø", ends_on=day - timedelta(days=1))
    mayor_of("Fanø")
    vacant = f"{reverse('municipalities:index')}?without=mayor"

    assert vacant in start(client)
    assert [municipality.name for municipality in client.get(vacant).context["object_list"]] == ["Ærø"]

    mayor_of("Ærø", starts_on=day)
    assert vacant not in start(client)


def test_an_editor_hears_nothing_of_the_outbox(client, editor):
    assert reverse("outbox:index") not in start(client)


def test_more_sessions_cost_no_more_queries(client, editor, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    SessionPageFactory()
    start(client)
    with CaptureQueriesContext(connection) as one:
        start(client)
    for _number in range(4):
        SessionPageFactory()

    with django_assert_num_queries(len(one)):
        start(client)
