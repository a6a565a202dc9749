"""Staff follow the calendars of others, and read why one of them failed."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from booking.calendars.feed import ALL, build
from booking.calendars.renew import LEASE
from booking.models import Feed, OutsideCalendar, OutsideEvent
from tests.booking.calendars.outside_server import sends, serving
from tests.booking.calendars.test_reading import calendar, event
from tests.factories import AudienceFactory

NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)
MEETING = event("DTSTART:20270305T090000Z", "DTEND:20270305T110000Z", "SUMMARY:B98-møde")


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def server(settings):
    with serving(calendar(MEETING)) as server:
        settings.OUTSIDE_CALENDARS_NEARBY = [server.origin]
        yield server


def write(client, followed: OutsideCalendar | None = None, **fields):
    address = reverse("outside-calendars:edit", args=[followed.pk]) if followed else reverse("outside-calendars:add")
    return client.post(address, {"name": "B98", "is_shown": "on", **fields}, follow=True)


def brought(content: bytes):
    return SimpleUploadedFile("b98.ics", content, "text/calendar")


def said(response) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def test_an_address_is_fetched_when_it_is_written(client, editor, server):
    response = write(client, url=server.url)

    followed = OutsideCalendar.objects.get()
    assert (followed.url, followed.fetched_at, followed.next_at) == (server.url, NOW, NOW + timedelta(hours=1))
    assert OutsideEvent.objects.get().title == "B98-møde"
    assert "B98-møde" in Feed.objects.get(key=ALL).body == build(now=NOW)
    assert "1 " in said(response)


def test_an_address_that_fails_is_kept_and_the_list_says_why(client, editor, server):
    server.answer = sends(b"", 404)

    assert "404" in said(write(client, url=server.url))

    edit = reverse("outside-calendars:edit", args=[OutsideCalendar.objects.get().pk])
    for address in (reverse("outside-calendars:index"), edit):
        assert "404" in client.get(address).content.decode()


def test_staff_say_whose_meetings_they_are(client, editor):
    mayors = AudienceFactory()
    AudienceFactory(name="Alle", opening="anyone", offices=[])

    write(client, file=brought(calendar(MEETING)), members=mayors.pk)

    followed = OutsideCalendar.objects.get()
    assert followed.members == mayors
    page = client.get(reverse("outside-calendars:edit", args=[followed.pk])).content.decode()
    assert f'<option value="{mayors.pk}" selected>' in page
    assert ">Alle<" not in page


def test_webcal_is_https_by_another_name(client, editor):
    write(client, url="webcal://127.0.0.1/b98.ics")

    followed = OutsideCalendar.objects.get()
    assert (followed.url, followed.fault) == ("https://127.0.0.1/b98.ics", "inside")


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"url": "http://kl.example.org/b98.ics"}, "url", "not_https"),
        ({"url": "https://kl.example.org:8443/b98.ics"}, "url", "port"),
        ({"url": "javascript:alert(1)"}, "url", "invalid"),
        ({"file": brought(b"")}, "file", "not_a_calendar"),
        ({"file": brought(b"<html>")}, "file", "not_a_calendar"),
        ({"file": brought(b"x" * 2_000_001)}, "file", "too_large"),
        ({"file": brought(calendar(event("DTSTART:20270101T000000Z", "RRULE:FREQ=SECONDLY")))}, "file", "too_often"),
        ({}, "url", None),
        ({"url": "https://kl.example.org/b98.ics", "file": brought(calendar(MEETING))}, "file", None),
    ],
)
def test_what_can_not_be_followed_is_told_beside_its_field(client, editor, fields, field, code):
    for file in fields.values():
        if not isinstance(file, str):
            file.seek(0)

    response = write(client, **fields)

    [error] = response.context["form"].errors.as_data()[field]
    assert error.code == code
    assert OutsideCalendar.objects.count() == 0


def test_a_file_is_brought_and_another_takes_its_place(client, editor):
    write(client, file=brought(calendar(MEETING, event("DTSTART;VALUE=DATE:20270601", uid="kkr"))))
    followed = OutsideCalendar.objects.get()

    write(client, followed, file=brought(calendar(MEETING)))

    assert {row.uid: row.is_off for row in OutsideEvent.objects.all()} == {"b98@example.org": False, "kkr": True}


def test_a_new_name_needs_no_new_file_and_is_a_new_version_of_each_event(client, editor):
    write(client, file=brought(calendar(MEETING)))

    write(client, OutsideCalendar.objects.get(), name="Borgmesterkredsen")
    write(client, OutsideCalendar.objects.get(), name="Borgmesterkredsen")

    [event] = OutsideEvent.objects.all()
    assert (event.sequence, event.changed_at) == (1, NOW + timedelta(seconds=1))
    assert "CATEGORIES:Borgmesterkredsen" in Feed.objects.get(key=ALL).body


def test_without_the_tick_events_leave_the_site_and_the_feed(client, editor):
    write(client, file=brought(calendar(MEETING)))
    assert "B98-møde" in client.get(reverse("booking:calendar")).content.decode()

    write(client, OutsideCalendar.objects.get(), is_shown="")

    assert "B98-møde" not in client.get(reverse("booking:calendar")).content.decode()
    assert "B98-møde" not in Feed.objects.get(key=ALL).body


def test_a_calendar_that_is_deleted_takes_its_events_with_it(client, editor):
    write(client, file=brought(calendar(MEETING)))

    client.post(reverse("outside-calendars:delete", args=[OutsideCalendar.objects.get().pk]))

    assert OutsideEvent.objects.count() == 0
    assert "B98-møde" not in Feed.objects.get(key=ALL).body


def test_it_is_fetched_now_by_hand_and_by_nobody_else_meanwhile(client, editor, server):
    write(client, url=server.url)
    followed = OutsideCalendar.objects.get()
    fetch = reverse("outside-calendars:fetch", args=[followed.pk])
    assert fetch in client.get(reverse("outside-calendars:edit", args=[followed.pk])).content.decode()
    server.content = calendar()

    assert client.get(fetch).status_code == 200
    assert OutsideEvent.objects.get().gone_at is None  # looking at the page asks nobody
    client.post(fetch)
    assert OutsideEvent.objects.get().gone_at == NOW

    OutsideCalendar.objects.update(leased_until=NOW + LEASE)
    client.post(fetch)
    assert len(server.asked) == 2


def test_a_file_that_comes_while_another_is_read_is_not_taken_for_read(client, editor):
    write(client, file=brought(calendar(MEETING)))
    OutsideCalendar.objects.update(leased_until=NOW + LEASE)

    response = write(client, OutsideCalendar.objects.get(), file=brought(calendar()))

    [_saved, message] = response.context["messages"]
    assert message.level_tag == "error"
    assert OutsideEvent.objects.get().gone_at is None


def test_another_address_sends_home_whoever_has_the_old_one_in_hand(client, editor, server):
    write(client, url=server.url)
    followed = OutsideCalendar.objects.get()
    OutsideCalendar.objects.update(leased_until=NOW + LEASE, etag='"old"')

    write(client, followed, url=f"{server.origin}/ny.ics")

    assert "If-None-Match" not in server.asked[-1]
    assert server.asked[-1]["path"] == "/ny.ics"


def test_the_list_takes_the_same_queries_for_one_and_for_thirty(client, editor, django_assert_num_queries):
    OutsideCalendar.objects.create(name="B98")
    index = reverse("outside-calendars:index")
    client.get(index)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as one:
        client.get(index)
    OutsideCalendar.objects.bulk_create(OutsideCalendar(name=f"KKR {number}") for number in range(29))

    with django_assert_num_queries(len(one)):
        client.get(index)
