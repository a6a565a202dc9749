"""That a programme has come is told once, to those who had their seat before."""

import pytest
import time_machine

from booking.models import SessionPage
from booking.sessions import live
from tests.booking.messages.orders import NOW, book
from tests.booking.messages.test_changes import publish, subject, words
from tests.factories import SessionPageFactory, mayor_of

pytestmark = pytest.mark.django_db(transaction=True)

SECRETARY, MAYOR = "sekretaer@example.org", "borgmester@example.org"
PROGRAMME = [
    {"type": "day", "value": {"heading": "", "items": [{"time": "10:00", "kind": "talk", "title": "Rum & tid"}]}}
]


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW) as clock:
        yield clock


@pytest.fixture
def session(sink) -> SessionPage:
    session = SessionPageFactory(title="Lederskab")
    book(session)
    sink.mails.clear()
    return session


def as_stream(lines):
    return SessionPage._meta.get_field("programme").to_python(lines)


def test_the_first_programme_is_told_with_its_lines(session, sink):
    publish(session, programme=as_stream(PROGRAMME))

    assert sorted(mail["To"] for mail in sink.mails) == [MAYOR, SECRETARY]
    [mail] = sink.to(MAYOR)
    assert subject(mail) == "Program: Lederskab, onsdag den 5. maj 2027"
    lines = words(mail).splitlines()
    assert lines[lines.index("Onsdag den 5. maj 2027") + 1] == "10.00 Rum & tid"
    assert "10.00 Rum &amp; tid" in words(mail, "html")


def test_what_comes_after_the_first_programme_is_no_news(session, sink):
    publish(session, programme=as_stream(PROGRAMME))
    sink.mails.clear()

    publish(session, programme=as_stream([PROGRAMME[0], PROGRAMME[0]]))
    publish(session, programme=as_stream([]))
    publish(session, programme=as_stream(PROGRAMME))

    assert sink.mails == []


def test_a_draft_of_a_programme_is_told_to_nobody(session, sink):
    page = SessionPage.objects.get(pk=session.pk)
    page.programme = as_stream(PROGRAMME)
    page.save_revision()

    assert sink.mails == []


def test_whoever_signs_up_with_the_programme_there_is_not_told_of_it(sink):
    session = SessionPageFactory(programme=as_stream(PROGRAMME))
    book(session)
    sink.mails.clear()

    publish(session, intro="En anden indledning")

    assert sink.mails == []


def test_a_programme_that_no_signal_told_of_is_found(session, sink, monkeypatch):
    monkeypatch.setattr(live, "_on_published", lambda *args, **kwargs: None)
    SessionPage.objects.filter(pk=session.pk).update(programme=as_stream(PROGRAMME))

    live.recover()
    live.recover()

    assert len(sink.mails) == 2


def test_one_mail_to_a_secretary_with_two_seats(session, sink):
    other = mayor_of("Samsø", person__email="samsoe@example.org")
    book(session, participant=other, booker=other, contact_email=SECRETARY)
    sink.mails.clear()

    publish(session, programme=as_stream(PROGRAMME))

    [mail] = sink.to(SECRETARY)
    assert "Borgmesteren i Fanø" in words(mail)
    assert "Borgmesteren i Samsø" in words(mail)
