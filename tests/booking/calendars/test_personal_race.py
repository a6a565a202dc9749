"""Several programs that ask for one calendar at the same moment."""

from threading import Barrier, Thread

import pytest
import time_machine
from django.db import connection
from django.test import Client

from booking.calendars.personal import open_calendar
from booking.models import PersonalEvent
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import SessionPageFactory, mayor_of

PROGRAMS = 5


@pytest.fixture(autouse=True)
def january():
    with time_machine.travel(NOW, tick=False):
        yield


def at_once(path: str) -> list[tuple[int, bytes]]:
    barrier, answers = Barrier(PROGRAMS), []

    def ask():
        try:
            barrier.wait()
            response = Client().get(path)
            answers.append((response.status_code, response.content))
        finally:
            connection.close()

    threads = [Thread(target=ask) for _number in range(PROGRAMS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return answers


def test_all_are_told_the_same_version(transactional_db):
    mayor = mayor_of("Fanø")
    path = f"/kalender/min/{open_calendar(mayor, mayor, by=None, now=NOW)}.ics"
    session = SessionPageFactory()
    booking = order(session, mayor).bookings.get()

    first = at_once(path)
    booking.session.title = "Ny titel"
    booking.session.save_revision().publish()
    second = at_once(path)

    assert len(first) == len(second) == PROGRAMS
    assert {status for status, _body in first + second} == {200}
    assert len(set(first)) == len(set(second)) == 1
    assert PersonalEvent.objects.get().sequence == 1
