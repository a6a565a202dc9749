"""What an editor is shown before a venue gets another name or address, and that just that then happens."""

import pytest
import time_machine
from django.urls import reverse

from booking.messages.models import OutboxMessage
from booking.models import CalendarEntry, SessionPage, Venue
from booking.sessions.live import cancel_session
from tests.booking.messages.conftest import post_office, sink  # noqa: F401
from tests.booking.messages.orders import NOW, book
from tests.factories import SessionPageFactory, VenueFactory, mayor_of

pytestmark = pytest.mark.django_db(transaction=True)

SECRETARY, MAYOR = "sekretaer@example.org", "borgmester@example.org"
NEW = {"name": "Campus Carlsberg", "street": "Ny Gade 1", "postcode": "1799", "city": "København V"}


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW) as clock:
        yield clock


@pytest.fixture
def venue() -> Venue:
    return VenueFactory(name="Campus Carlsberg", street="Gammel Gade 1", postcode="1799", city="København V")


@pytest.fixture
def session(venue) -> SessionPage:
    session = SessionPageFactory(title="Lederskab", venue=venue)
    book(session)
    OutboxMessage.objects.all().delete()
    return session


def save(client, venue: Venue, **more):
    return client.post(reverse("venues:edit", args=[venue.pk]), NEW | more)


def mails() -> list[str]:
    return sorted(OutboxMessage.objects.values_list("recipient", flat=True))


def street(venue: Venue) -> str:
    return Venue.objects.get(pk=venue.pk).street


def test_who_is_told_is_shown_and_nothing_has_happened_yet(client, editor, venue, session):
    SessionPageFactory(title="Uden deltagere", venue=venue)

    seen = save(client, venue)

    [(shown, found)] = seen.context["found"]
    assert (shown.title, found.to_seated, found.to_waiting) == ("Lederskab", 2, 0)
    [change] = found.changes
    assert (change.before, change.after) == (
        "Campus Carlsberg, Gammel Gade 1, 1799 København V",
        "Campus Carlsberg, Ny Gade 1, 1799 København V",
    )
    assert (street(venue), mails()) == ("Gammel Gade 1", [])
    assert CalendarEntry.objects.get(session=session).sequence == 0


def test_the_numbers_shown_are_what_then_happens(client, editor, venue, session):
    other = mayor_of("Samsø", person__email="samsoe@example.org")
    book(SessionPageFactory(venue=venue), participant=other, booker=other)
    OutboxMessage.objects.all().delete()
    seen = save(client, venue)

    save(client, venue, shown=seen.context["shown"], tell="")

    assert seen.context["mails"] == 3
    assert mails() == [MAYOR, "samsoe@example.org", SECRETARY]
    assert street(venue) == "Ny Gade 1"


def test_a_repair_without_a_message_reaches_calendars_alone(client, editor, venue, session):
    seen = save(client, venue)

    save(client, venue, shown=seen.context["shown"], quiet="")

    entry = CalendarEntry.objects.get(session=session)
    assert (entry.sequence, "Ny Gade 1" in entry.place, mails()) == (1, True, [])


def test_a_repair_without_a_message_is_never_told(client, editor, venue, session):
    seen = save(client, venue)
    save(client, venue, shown=seen.context["shown"], quiet="")

    seen = save(client, venue, city="Valby")
    [(_session, found)] = seen.context["found"]

    assert [change.before for change in found.changes] == ["Campus Carlsberg, Ny Gade 1, 1799 København V"]


def test_numbers_that_changed_meanwhile_are_shown_again(client, editor, venue, session):
    seen = save(client, venue)
    other = mayor_of("Samsø", person__email="samsoe@example.org")
    book(session, participant=other, booker=other)
    OutboxMessage.objects.all().delete()

    again = save(client, venue, shown=seen.context["shown"], tell="")

    assert (again.status_code, again.context["mails"]) == (409, 3)
    assert (street(venue), mails()) == ("Gammel Gade 1", [])


def test_one_can_go_back_to_the_form_with_what_was_typed(client, editor, venue, session):
    seen = save(client, venue)

    form = save(client, venue, shown=seen.context["shown"], back="")

    assert b'value="Ny Gade 1"' in form.content
    assert street(venue) == "Gammel Gade 1"


def _without_change(venue, session):
    Venue.objects.filter(pk=venue.pk).update(street="Ny Gade 1")
    CalendarEntry.objects.update(place=Venue.objects.get(pk=venue.pk).address)


def _cancelled(venue, session):
    cancel_session(session, by=None, now=NOW)


def _off_the_site(venue, session):
    SessionPage.objects.get(pk=session.pk).unpublish()


def _online(venue, session):
    page = SessionPage.objects.get(pk=session.pk)
    page.kind = "online"
    page.save_revision().publish()


@pytest.mark.parametrize("become", [_without_change, _cancelled, _off_the_site, _online])
def test_what_nobody_is_told_of_is_saved_at_once(client, editor, venue, session, become):
    become(venue, session)
    OutboxMessage.objects.all().delete()

    answer = save(client, venue)

    assert answer["Location"] == reverse("venues:index")
    assert (street(venue), mails()) == ("Ny Gade 1", [])
