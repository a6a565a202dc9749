"""Several seats in one order: each participant has a mail of their own, and whoever ordered has one about all."""

import pytest
import time_machine
from icalendar import Calendar

from booking.journal.kinds import BOOKED, ORDERED
from booking.journal.models import Fact
from booking.journal.record import catch_up
from booking.messages.models import OutboxMessage
from booking.models import FollowUp
from booking.signup.cancel import cancel_booking
from tests.booking.messages.orders import NOW
from tests.booking.messages.test_tell import calendar_of, words
from tests.booking.signup.test_reserve import PURCHASE, order
from tests.booking.signup.test_several import members, summit
from tests.factories import secretary_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW) as clock:
        yield clock


def order_for(people, **changes):
    return order(summit(), *people, booker=secretary_of(*people), now=NOW, **changes)


def test_each_has_a_mail_and_the_contact_one_about_all(sink):
    people = members(25)

    placed = order_for(people)

    assert sorted(mail["To"] for mail in sink.mails) == sorted([PURCHASE.contact_email, *(one.email for one in people)])
    [mail] = sink.to(PURCHASE.contact_email)
    assert "25 person" in mail["Subject"]
    for kind in ("plain", "html"):
        text = words(mail, kind)
        for fact in (placed.reference, "132.500,00", "165.625,00", *(one.name for one in people)):
            assert fact in text
    for one in people:
        [mail] = sink.to(one.email)
        assert [other.name for other in people if other.name in words(mail)] == [one.name]
    events = [Calendar.from_ical(calendar_of(mail)).walk("VEVENT") for mail in sink.mails]
    assert len({str(event["UID"]) for [event] in events}) == 1


def test_a_contact_who_takes_part_hears_of_it_once(sink):
    people = members(3)

    order_for(people, purchase=PURCHASE.__class__(contact_name="Et", contact_email=people[0].email, gln=PURCHASE.gln))

    assert sorted(mail["To"] for mail in sink.mails) == sorted(one.email for one in people)


def test_one_seat_is_told_as_ever(sink):
    [one] = members(1)

    order_for([one])

    assert not Fact.objects.filter(kind=ORDERED).exists()
    assert sorted(mail["To"] for mail in sink.mails) == sorted([PURCHASE.contact_email, one.email])


def test_a_seat_given_up_before_the_mail_was_written_is_not_told(sink):
    people = members(3)
    placed = order_for(people)
    FollowUp.objects.filter(fact__kind__in=[BOOKED, ORDERED], room="messages").update(done_at=None)
    OutboxMessage.objects.all().delete()
    sink.mails.clear()
    cancel_booking(placed.bookings.get(participant=people[0]), by=None, now=NOW)
    sink.mails.clear()

    catch_up(NOW)

    [mail] = sink.to(PURCHASE.contact_email)
    assert "2 person" in mail["Subject"]
    assert people[0].name not in words(mail)
    assert sink.to(people[0].email) == []


def test_those_who_wait_are_told_so_each_in_a_mail(sink):
    people = members(3)
    session = summit(capacity=1)

    order(
        session,
        *people,
        booker=secretary_of(*people),
        now=NOW,
        rest_waits=True,
        shown="5300.00+1325.00 10600.00+2650.00",
    )

    assert not Fact.objects.filter(kind=ORDERED).exists()
    assert len(sink.to(PURCHASE.contact_email)) == 3
    assert [len(sink.to(one.email)) for one in people] == [1, 1, 1]
