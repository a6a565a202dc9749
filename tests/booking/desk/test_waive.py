"""What a withdrawal costs, at the desk: said before anybody cancels, waived at once or later, and told afterwards."""

from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from booking.dates import today
from booking.models import Booking, Fact, Withdrawal
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from booking.signup.waiting import offer_free_seats, take_seat
from tests.booking.signup.test_reserve import order
from tests.factories import SessionPageFactory, UserFactory, mayor_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking():
    """A seat in three weeks' time, binding at once, and one who waits for it."""
    now = timezone.now()
    session = SessionPageFactory(capacity=1, starts_on=today(now) + timedelta(days=21))
    seat = order(session, mayor_of("Fanø"), now=now).bookings.get()
    order(session, mayor_of("Ærø"), waits=True, now=now)
    return seat


def at(name, booking) -> str:
    return reverse(f"bookings:{name}", args=[booking.pk])


def page(client, address) -> str:
    return " ".join(unescape(client.get(address).content.decode()).split())


def fee() -> Withdrawal:
    return Withdrawal.objects.get()


def test_cancelling_says_what_it_costs_and_keeps_that(client, administrator, booking):
    question = page(client, at("cancel", booking))
    assert "koster en framelding i dag 5.300,00 kr. ekskl. moms, 6.625,00 kr. inkl. moms" in question
    assert 'name="shown" value="5300.00+1325.00"' in question

    client.post(at("cancel", booking), {"shown": "5300.00+1325.00", "waived_because": ""})

    assert (fee().owed().net, fee().by) == (5300, administrator)
    assert "Skal betales nu" in page(client, at("inspect", booking))
    assert at("waive", booking) in page(client, at("inspect", booking))


def test_at_another_price_than_was_shown_nothing_is_cancelled(client, administrator, booking):
    answer = client.post(at("cancel", booking), {"shown": "0.00+0.00"})

    assert answer.status_code == 422
    assert 'name="shown" value="5300.00+1325.00"' in answer.content.decode()
    assert not Withdrawal.objects.exists()


def test_it_is_waived_at_once_with_a_reason(client, administrator, booking):
    client.post(at("cancel", booking), {"shown": "5300.00+1325.00", "waived_because": "Sne på broen"})

    assert (fee().owed().net, fee().waived_by, fee().waived_reason) == (0, administrator, "Sne på broen")
    shown = page(client, at("inspect", booking))
    assert "Sne på broen" in shown
    assert at("waive", booking) not in shown


def test_it_is_waived_later_with_a_reason_and_not_without(client, administrator, booking):
    cancel_booking(booking, by=None, now=timezone.now())
    assert "5.300,00 kr. ekskl. moms" in page(client, at("waive", booking))

    assert client.post(at("waive", booking), {"reason": " "}).status_code == 422
    assert fee().owed().net == 5300
    assert client.post(at("waive", booking), {"reason": "Sne på broen"}).url == at("inspect", booking)
    assert client.post(at("waive", booking), {"reason": "En gang til"}).url == at("inspect", booking)

    assert (fee().owed().net, fee().waived_reason) == (0, "Sne på broen")
    assert client.get(at("waive", booking)).url == at("inspect", booking)
    assert Fact.objects.about(booking).filter(kind="fee_waived").get().by == administrator


def test_the_page_says_who_got_the_seat(client, administrator, booking):
    now = timezone.now()
    cancel_booking(booking, by=None, now=now)
    offer_free_seats(booking.session, now=now)
    taker = Booking.objects.get(status="offered")
    take_seat(taker, by=None, now=now)

    shown = page(client, at("inspect", booking))

    assert "Borgmesteren i Ærø fra ventelisten fik pladsen" in shown
    assert "Skal betales nu</dt><dd>Ikke noget" in shown.replace("> <", "><")


def test_the_page_says_that_the_session_was_cancelled(
    client, administrator, booking, django_capture_on_commit_callbacks
):
    cancel_booking(booking, by=None, now=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        cancel_session(booking.session, by=None, now=timezone.now())

    assert "afholdelsen blev aflyst" in page(client, at("inspect", booking))
    assert fee().owed().is_free


def test_the_spreadsheet_says_what_is_to_be_paid(client, administrator, booking):
    cancel_booking(booking, by=administrator, now=timezone.now(), waived_because="Sne på broen")

    answer = client.get(reverse("bookings:index"), {"export": "csv"})
    head, row, _waiting = [
        line.split(";") for line in b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    ]

    assert row[head.index("Pris ekskl. moms")] == "5300,00"
    assert row[head.index("Skal betales ekskl. moms")] == "0,00"


def test_whoever_may_cancel_but_not_waive_sees_no_field_for_it(client, booking):
    clerk = UserFactory(is_staff=True)
    may = ["access_admin", "view_booking", "cancel_booking"]
    clerk.user_permissions.set(Permission.objects.filter(codename__in=may))
    client.force_login(clerk)

    assert "waived_because" not in page(client, at("cancel", booking))
    client.post(at("cancel", booking), {"shown": "5300.00+1325.00", "waived_because": "Sne på broen"})

    assert fee().owed().net == 5300
    assert at("waive", booking) not in page(client, at("inspect", booking))
    assert client.post(at("waive", booking), {"reason": "Sne på broen"}).status_code == 302
    assert fee().owed().net == 5300
