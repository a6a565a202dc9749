"""One mail for a switch: where the seat is now, where it was, and a calendar file for each."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import transaction

from booking.journal.record import catch_up
from booking.messages.models import OutboxMessage
from booking.models import Choice
from booking.signup.substitute import substitute
from booking.signup.switch import switch
from tests.booking.calendars.readers import agreed
from tests.booking.messages.orders import NOW, book
from tests.factories import SessionPageFactory, VenueFactory, mayor_of

pytestmark = pytest.mark.django_db(transaction=True)

SECRETARY, MAYOR = "sekretaer@example.org", "borgmester@example.org"
SOON = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW) as clock:
        yield clock


@pytest.fixture
def runs(db):
    choice = Choice.objects.create(name="Kattegatkursus")
    return [
        SessionPageFactory(
            title="Kattegatkursus",
            choice=choice,
            starts_on=date(2027, 3, day),
            ends_on=date(2027, 3, day + 2),
            venue=VenueFactory(name=place, street="", postcode="", city=""),
        )
        for day, place in ((15, "Værløse"), (22, "Helsinge"))
    ]


@pytest.fixture
def booking(runs, sink):
    booking = book(runs[0])
    sink.mails.clear()
    return booking


def files(mail) -> dict:
    """The attached calendar files by name, as three programs read them."""
    found = {}
    for part in mail.iter_attachments():
        assert part.get_param("method") == "PUBLISH"
        [found[part.get_filename()]] = agreed(part.get_payload(decode=True).decode())
    return found


def test_the_contact_and_the_participant_get_one_mail_each(runs, booking, sink):
    switch(booking, to=runs[1], by=None, now=SOON)

    assert sorted(mail["To"] for mail in sink.mails) == [MAYOR, SECRETARY]
    [mail] = sink.to(MAYOR)
    assert mail["Subject"] == "Ny afholdelse: Kattegatkursus, mandag den 22. marts 2027"
    for kind in ("plain", "html"):
        text = " ".join(mail.get_body((kind,)).get_content().replace("&amp;", "&").split())
        for words in (
            "Borgmesteren i Fanø er nu tilmeldt den 22.-24. marts 2027.",
            "(før: mandag den 15. – onsdag den 17. marts 2027 kl. 10.00-18.00)",
            "Helsinge (før: Værløse)",
            "Bestillingen, prisen og betingelserne er de samme som før.",
            "5.300,00 kr.",
            booking.order.reference,
        ):
            assert words in text


def test_the_old_date_is_struck_out_and_the_new_one_put_in(runs, booking, sink):
    switch(booking, to=runs[1], by=None, now=SOON)

    [mail] = sink.to(MAYOR)
    seen = files(mail)
    assert {name: (one.uid.split("@")[0], one.status, one.title) for name, one in seen.items()} == {
        "kalender.ics": (str(runs[1].calendar_entry.uid), "CONFIRMED", "Kattegatkursus"),
        "frameldt.ics": (str(runs[0].calendar_entry.uid), "CANCELLED", "Frameldt: Kattegatkursus"),
    }


def test_switching_back_puts_in_again_what_was_struck_out(runs, booking, sink):
    switch(booking, to=runs[1], by=None, now=SOON)
    switch(booking, to=runs[0], by=None, now=SOON + timedelta(minutes=1))

    there, back = map(files, sink.to(MAYOR))
    assert back["kalender.ics"].uid == there["frameldt.ics"].uid
    assert back["kalender.ics"].stamp > there["frameldt.ics"].stamp
    assert back["frameldt.ics"].stamp > there["kalender.ics"].stamp


def test_the_joining_link_goes_to_those_who_may_have_it(runs, booking, sink):
    runs[1].join_link = "https://moede.example.org/hemmelig"
    runs[1].save_revision().publish()
    booking.order.contact_email = "postkasse@example.org"
    booking.order.save()

    switch(booking, to=runs[1], by=None, now=SOON)

    assert "hemmelig" in sink.to(MAYOR)[-1].get_body(("plain",)).get_content()
    assert all(b"hemmelig" not in bytes(mail) for mail in sink.to("postkasse@example.org"))


def test_a_change_of_the_new_run_is_told_and_one_of_the_old_is_not(runs, booking, sink):
    switch(booking, to=runs[1], by=None, now=SOON)
    sink.mails.clear()
    for run in runs:
        run.venue = VenueFactory(name="Et helt andet sted")
        run.save_revision().publish()

    [mail] = sink.to(MAYOR)
    assert "Helsinge" in mail.get_body(("plain",)).get_content()


def test_a_switch_and_a_change_at_once_are_told_in_one_mail(runs, booking, sink):
    """When the new run's other place is told, the switch has been made, and its mail is still owed."""
    with transaction.atomic():
        runs[1].venue = VenueFactory(name="Et helt andet sted")
        runs[1].save_revision().publish()
        switch(booking, to=runs[1], by=None, now=SOON)

    [mail] = sink.to(MAYOR)
    assert mail["Subject"].startswith("Ny afholdelse")
    assert "Et helt andet sted" in mail.get_body(("plain",)).get_content()


def test_what_was_overtaken_is_not_told(runs, booking, sink):
    successor = mayor_of("Ærø", person__email="ny@example.org")
    with transaction.atomic():
        switch(booking, to=runs[1], by=None, now=SOON)
        substitute(booking, participant=successor, by=None, now=SOON)

    assert not OutboxMessage.objects.filter(kind="switched").exists()
    assert [mail["Subject"].split(":")[0] for mail in sink.to("ny@example.org")] == ["Tilmeldt"]


def test_telling_again_tells_nothing_twice(runs, booking, sink):
    switch(booking, to=runs[1], by=None, now=SOON)
    told = len(sink.mails)

    catch_up(SOON + timedelta(days=1))

    assert len(sink.mails) == told
