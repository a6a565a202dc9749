"""A program that subscribed once: what its calendar holds after each time it asks."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.test import Client
from wagtail.models import PageViewRestriction

from booking.models import SessionPage
from booking.sessions.live import cancel_session
from tests.booking.calendars.readers import Seen, agreed
from tests.factories import OfferPageFactory, SessionPageFactory, VenueFactory

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)
DAY = {"starts_on": date(2027, 5, 5), "ends_on": date(2027, 5, 5), "starts_time": time(10), "ends_time": time(18)}
UNDATED = {"starts_on": date(2028, 5, 1), "ends_on": date(2028, 6, 30), "starts_time": None, "ends_time": None}


class Subscriber:
    """Asks with what it was given last, and takes an event anew only when its version is higher."""

    def __init__(self):
        self.events: dict[str, Seen] = {}
        self._etag = ""
        self._http = Client()

    def poll(self) -> bool:
        """Ask once; say whether there was anything new."""
        answer = self._http.get("/kalender/alle.ics", headers={"If-None-Match": self._etag})
        if answer.status_code == 304:
            return False
        self._etag = answer["ETag"]
        seen = {event.uid: event for event in agreed(answer.content.decode())}
        # What is missing from the file is taken for gone without a word, so nothing may be missing too early.
        self.events = {uid: self._newer(event) for uid, event in seen.items()}
        return True

    def _newer(self, event: Seen) -> Seen:
        known = self.events.get(event.uid)
        return event if known is None or event.sequence > known.sequence else known


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW) as clock:
        yield clock


@pytest.fixture
def subscriber() -> Subscriber:
    return Subscriber()


def publish(session: SessionPage, **changes) -> None:
    page = SessionPage.objects.get(pk=session.pk)
    for name, value in changes.items():
        setattr(page, name, value)
    page.save_revision().publish()


def make_private(session):
    PageViewRestriction.objects.create(page=session.get_parent(), restriction_type=PageViewRestriction.LOGIN)


def make_public(session):
    PageViewRestriction.objects.all().delete()


def unpublish(session):
    SessionPage.objects.get(pk=session.pk).unpublish()


@pytest.mark.parametrize(
    ("takes_away", "brings_back", "title"),
    [
        (lambda session: publish(session, **UNDATED, when_text="maj/juni 2028"), publish, "Udsat: Lederskab"),
        (make_private, make_public, "Aflyst: Lederskab"),
        (unpublish, publish, "Aflyst: Lederskab"),
    ],
    ids=["words for a date", "restricted", "unpublished"],
)
def test_a_date_that_no_longer_holds_is_struck_out_until_it_holds_again(
    subscriber, now, takes_away, brings_back, title
):
    session = SessionPageFactory(title="Lederskab", parent=OfferPageFactory(), venue=VenueFactory(), **DAY)
    subscriber.poll()
    [before] = subscriber.events.values()

    takes_away(session)
    assert subscriber.poll()
    [away] = subscriber.events.values()
    now.shift(timedelta(days=3))
    back = {"when_text": ""} | DAY if brings_back is publish else {}
    brings_back(session, **back)
    assert subscriber.poll()
    [again] = subscriber.events.values()

    assert (away.uid, away.starts, away.ends) == (before.uid, before.starts, before.ends)
    assert (away.status, away.sequence, away.title) == ("CANCELLED", 1, title)
    assert (again.uid, again.status, again.sequence) == (before.uid, "CONFIRMED", 2)
    assert (again.starts, again.ends, again.title, again.place) == (
        before.starts,
        before.ends,
        before.title,
        before.place,
    )
    assert not subscriber.poll()


def test_a_postponed_session_comes_back_on_its_new_day(subscriber):
    session = SessionPageFactory(title="Lederskab", **DAY)
    subscriber.poll()
    publish(session, **UNDATED, when_text="maj/juni 2028")
    subscriber.poll()
    [postponed] = subscriber.events.values()

    publish(session, when_text="", starts_on=date(2028, 5, 9), ends_on=date(2028, 5, 9))
    subscriber.poll()

    [back] = subscriber.events.values()
    assert "maj/juni 2028" in postponed.description
    assert (back.uid, back.sequence, back.status) == (postponed.uid, 2, "CONFIRMED")
    assert (back.starts, back.ends) == (date(2028, 5, 9), date(2028, 5, 10))


def test_new_words_for_a_postponed_session_reach_its_description(subscriber):
    session = SessionPageFactory(**DAY)
    publish(session, **UNDATED, when_text="maj/juni 2028")
    subscriber.poll()

    publish(session, when_text="efteråret 2028")

    assert subscriber.poll()
    [seen] = subscriber.events.values()
    assert "efteråret 2028" in seen.description


def test_a_session_that_never_had_a_date_is_not_struck_out(subscriber):
    session = SessionPageFactory(**UNDATED, when_text="maj/juni 2028")
    subscriber.poll()

    publish(session, when_text="efteråret 2028")

    assert not subscriber.poll()
    assert subscriber.events == {}


def test_a_postponed_session_that_is_called_off_is_called_off(subscriber):
    session = SessionPageFactory(title="Lederskab", **DAY)
    publish(session, **UNDATED, when_text="maj/juni 2028")

    cancel_session(session, by=None, now=NOW)
    subscriber.poll()

    [seen] = subscriber.events.values()
    assert (seen.title, seen.status) == ("Aflyst: Lederskab", "CANCELLED")


def test_a_new_link_for_participants_is_nothing_to_a_subscriber(subscriber):
    session = SessionPageFactory(kind="online", join_link="https://moede.example.org/1")
    subscriber.poll()

    publish(session, join_link="https://moede.example.org/2")

    assert not subscriber.poll()
