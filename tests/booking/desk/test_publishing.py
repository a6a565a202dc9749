from datetime import date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from wagtail.models import PageLogEntry, PageSubscription
from wagtail.test.utils.form_data import querydict_from_html

from booking.dates import COPENHAGEN
from booking.desk.pages import doubts
from booking.models import CalendarEntry, SessionPage
from tests.booking.desk.test_bookings import book
from tests.booking.messages.orders import book as sign_up
from tests.factories import SessionPageFactory, UserFactory

NOW = datetime(2027, 1, 11, 9, tzinfo=COPENHAGEN)


def test_an_editor_can_schedule_a_session(client, editor):
    session = SessionPageFactory()

    form = client.get(reverse("wagtailadmin_pages:edit", args=[session.pk])).context["form"]

    assert {"go_live_at", "expire_at"} <= set(form.fields)


def test_a_scheduled_session_is_nowhere_until_its_hour(db, client):
    session = SessionPageFactory(published=False, go_live_at=timezone.now() + timedelta(hours=1))
    session.save_revision(approved_go_live_at=session.go_live_at).publish()

    assert not CalendarEntry.objects.exists()
    assert session.title not in client.get("/kalender/").content.decode()

    SessionPage.objects.filter(pk=session.pk).update(go_live_at=timezone.now())
    revision = session.get_latest_revision()
    revision.approved_go_live_at = timezone.now() - timedelta(minutes=1)
    revision.content["go_live_at"] = None
    revision.save()
    call_command("publish_scheduled")

    assert CalendarEntry.objects.get().session_id == session.pk


@pytest.mark.parametrize(
    ("facts", "number"),
    [
        ({}, 0),
        ({"price_list": None}, 1),
        ({"starts_on": date(2025, 5, 5)}, 1),
        ({"ends_on": date(2027, 5, 6)}, 1),
        ({"kind": "overnight", "ends_on": date(2027, 5, 6)}, 0),
        ({"starts_time": None, "ends_time": None, "ends_on": date(2027, 6, 30), "when_text": "maj/juni 2027"}, 0),
    ],
    ids=["nothing odd", "no price", "the wrong year", "a day session of two days", "overnight", "in words"],
)
def test_an_editor_is_told_what_looks_like_a_slip(db, facts, number):
    assert len(doubts(SessionPageFactory(**facts), now=NOW)) == number


def test_an_editor_is_told_of_fewer_seats_than_are_taken(db):
    session = SessionPageFactory(capacity=2)
    book(session, "Ærø", "Fanø")
    assert doubts(session, now=NOW) == []

    session.capacity = 1

    assert len(doubts(session, now=NOW)) == 1


def test_the_last_day_of_one_day_stays_empty_in_the_form(client, editor):
    one, two = SessionPageFactory(), SessionPageFactory(kind="overnight", ends_on=date(2027, 5, 6))

    shown = [
        client.get(reverse("wagtailadmin_pages:edit", args=[session.pk])).context["form"]["ends_on"].value()
        for session in (one, two)
    ]

    assert shown == [None, date(2027, 5, 6)]


@pytest.mark.django_db(transaction=True)
def test_a_comment_is_told_of_also_when_the_step_before_publishing_comes(client, editor, mailoutbox):
    session = SessionPageFactory()
    sign_up(session)
    subscriber = UserFactory(email="kollega@example.org", is_superuser=True)
    PageSubscription.objects.create(page=session, user=subscriber, comment_notifications=True)
    url = reverse("wagtailadmin_pages:edit", args=[session.pk])
    form = querydict_from_html(client.get(url).content.decode(), form_id="page-edit-form").dict()
    change = {"programme-count": "0", "starts_on": "2027-05-12", "ends_on": "2027-05-12", "action-publish": "1"}
    comment = {
        "comments-TOTAL_FORMS": "1",
        "comments-INITIAL_FORMS": "0",
        "comments-0-text": "Er salen stor nok?",
        "comments-0-contentpath": "title",
        "comments-0-replies-TOTAL_FORMS": "0",
        "comments-0-replies-INITIAL_FORMS": "0",
    }
    mailoutbox.clear()

    answer = client.post(url, form | change | comment)

    assert "/sessions/publish/" in answer["Location"]
    [mail] = [mail for mail in mailoutbox if mail.to == [subscriber.email]]
    assert "Er salen stor nok?" in mail.body
    assert PageLogEntry.objects.filter(page=session, action="wagtail.comments.create").count() == 1
