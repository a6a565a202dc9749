""" "Hent alt om mig": all of one's own, and of others no more than names."""

import json
from datetime import date
from io import BytesIO
from zipfile import ZipFile

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import gettext

from booking.messages.versions import next_versions
from booking.models import (
    AudienceGrant,
    Booking,
    CalendarEntry,
    Fact,
    Interest,
    MailedVersion,
    OutboxMessage,
    Payment,
    Person,
    Refund,
)
from booking.mypage.everything import everything_about
from booking.mypage.forget import ask_to_be_forgotten
from booking.people.secretaries import name_secretary
from booking.signup.cancel import cancel_booking
from booking.signup.reserve import Purchase
from tests.booking.mypage.test_forget import message
from tests.booking.payments.test_balance import give_back, paid_by_card
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import AudienceFactory, PersonFactory, SessionPageFactory, UserFactory, mayor_of, secretary_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("january")]

PURCHASE = Purchase(
    contact_name="Solveig Holm",
    contact_email="solveig.kontakt@example.org",
    contact_phone="11 22 33 44",
    gln="5798009811578",
    person_reference="Bente fra økonomi",
    requisition="R-2027/44",
)


@pytest.fixture
def january():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def mayor():
    return mayor_of("Fanø", person__phone="76 66 06 60", person__email="fanoe@example.org")


@pytest.fixture
def secretary(mayor):
    return secretary_of(mayor, name="Solveig Holm", email="solveig@example.org", phone="55 55 55 55")


@pytest.fixture
def booking(mayor, secretary) -> Booking:
    """What the secretary ordered for the mayor, with all that a booking can hold."""
    placed = order(SessionPageFactory(title="Krydspres"), mayor, booker=secretary, purchase=PURCHASE)
    placed.bookings.update(diet="Vegetar", room="Stille værelse", attended=True, may_be_listed=True)
    return placed.bookings.get()


def held(client, person) -> tuple[dict, str]:
    client.force_login(person.user)
    answer = client.get(reverse("booking:everything"))
    assert answer.headers["Content-Type"] == "application/zip"
    assert "alt-om-mig-2027-01-11.zip" in answer.headers["Content-Disposition"]
    file = ZipFile(BytesIO(answer.content))
    assert file.namelist() == ["alt-om-mig.html", "alt-om-mig.json"]
    return json.loads(file.read("alt-om-mig.json")), file.read("alt-om-mig.html").decode()


def test_all_of_ones_own_is_there(client, mayor, secretary, booking):
    Interest.objects.create(session=SessionPageFactory(title="Retning"), person=mayor, created_at=NOW)
    AudienceGrant.objects.create(
        audience=AudienceFactory(name="Nyvalgte"),
        person=mayor,
        reason="Var syg",
        granted_by=UserFactory(),
        granted_at=NOW,
        ends_on=date(2027, 6, 1),
    )
    message(
        Fact.objects.get(kind="booked"), mayor.email, text="Vi glæder os til at se dig.", calendar="BEGIN:VCALENDAR"
    )
    ask_to_be_forgotten(mayor, by=mayor.user, now=NOW)

    everything, page = held(client, mayor)

    assert everything["person"][0]["phone"] == "76 66 06 60"
    assert everything["offices"][0]["municipality"] == "Fanø"
    assert everything["secretaries"][0]["name"] == "Solveig Holm"
    [seat] = everything["bookings"]
    assert (seat["session"], seat["diet"], seat["room"]) == ("Krydspres", "Vegetar", "Stille værelse")
    assert (seat["attendance"], seat["may_be_listed"]) == (gettext("came"), gettext("yes"))
    assert "5.300,00 kr." in seat["price"]
    assert "6.625,00 kr." in seat["price"]
    assert seat["conditions_text"] == "Tilmeldingen er bindende."
    assert (seat["booked_by"], seat["payer"], seat["reference"]) == (
        "Solveig Holm",
        booking.order.payer_name,
        booking.order.reference,
    )
    assert everything["interests"][0]["session"] == "Retning"
    assert everything["exceptions"][0]["reason"] == "Var syg"
    assert everything["messages"][0]["text"] == "Vi glæder os til at se dig."
    assert len(everything["requests"]) == 1
    assert [(fact["by"], fact["for"]) for fact in everything["journal"]] == [
        ("Solveig Holm", mayor.name),
        (mayor.name, mayor.name),
    ]
    for words in ("Krydspres", "Vegetar", "76 66 06 60", "Var syg", "Vi glæder os", booking.order.reference):
        assert words in page


def test_the_calendar_files_mailed_to_the_reader_are_named_and_no_others(client, mayor, secretary, booking):
    entry = CalendarEntry.objects.get(session=booking.session)
    MailedVersion.objects.all().delete()
    next_versions(entry, ["FANOE@example.org", secretary.email], at=NOW)
    next_versions(entry, [mayor.email], at=NOW)

    everything, _page = held(client, mayor)

    [file] = everything["calendar_files"]
    assert (file["session"], file["version"]) == ("Krydspres", str(entry.sequence + 1))
    assert file["stamped"].startswith("11. januar 2027")
    assert "@example.org" not in str(file)


def test_whoever_paid_by_card_takes_along_what_was_paid_and_paid_back(client):
    placed, payment = paid_by_card("Ærø")
    Payment.objects.update(intent_id="pi_1")
    give_back(payment, 1000)
    Refund.objects.update(note="Hanne var syg")

    everything, page = held(client, placed.booker)
    of_participant, _page = held(client, placed.bookings.get().participant)

    came, gone = everything["payments"]
    assert (came["reference"], came["amount"], came["stripe"]) == (placed.reference, "6.625,00 kr.", "pi_1")
    assert (gone["refund"], gone["note"]) == ("1.000,00 kr.", "Hanne var syg")
    assert "Hanne var syg" in page
    assert of_participant["payments"] == []


def test_of_others_there_is_no_more_than_the_name(client, mayor, secretary, booking):
    """The mayor's file says that the secretary booked, not how to reach her or what she wrote for the invoice."""
    everything, page = held(client, mayor)

    for words in ("solveig@example.org", "solveig.kontakt@example.org", "11 22 33 44", "55 55 55 55", "R-2027/44"):
        assert words not in page
        assert words not in json.dumps(everything)
    assert everything["orders"] == []


def test_the_booker_has_the_order_but_not_what_the_kitchen_knows(client, mayor, secretary, booking):
    everything, page = held(client, secretary)

    assert everything["orders"][0]["contact_email"] == "solveig.kontakt@example.org"
    assert everything["orders"][0]["requisition"] == "R-2027/44"
    assert everything["bookings"][0]["participant"] == mayor.name
    assert everything["acts_for"][0]["name"] == mayor.name
    for words in ("Vegetar", "Stille værelse", mayor.phone, mayor.email):
        assert words not in page
        assert words not in json.dumps(everything)


def test_another_mayors_things_are_in_nobody_elses_file(client, mayor, booking):
    everything, page = held(client, mayor_of("Ærø", person__phone="", person__name="Borgmesteren i Ærø"))

    assert "Fanø" not in page
    assert everything["bookings"] == everything["journal"] == everything["messages"] == []


def test_mails_to_whoever_had_the_address_before_are_not_mine(client, mayor, booking):
    """A mailbox passes from mayor to mayor, its old letters do not."""
    message(Fact.objects.get(kind="booked"), "borgmester@example.org", text="Til forgængeren")
    Person.objects.filter(pk=mayor.pk).update(email=None)
    successor = mayor_of("Ærø", person__email="borgmester@example.org")

    everything, page = held(client, successor)

    assert OutboxMessage.objects.filter(recipient=successor.email).exists()
    assert everything["messages"] == []
    assert "Til forgængeren" not in page


def test_a_secretarys_registered_name_is_not_told_by_the_file(client, mayor):
    PersonFactory(name="Solveig Hedegaard", email="kendt@example.org")
    name_secretary(mayor, email="kendt@example.org", name="Solle", by=mayor.user, now=NOW)

    everything, page = held(client, mayor)

    assert everything["secretaries"][0]["name"] == "Solle"
    assert "Hedegaard" not in page + json.dumps(everything)


def test_no_secret_is_in_the_file(client, mayor, booking):
    mayor.user.set_unusable_password()
    mayor.user.save()
    client.force_login(mayor.user)
    key = client.session.session_key

    _everything, page = held(client, mayor)

    for secret in (key, mayor.user.password, mayor.user.username, str(booking.order.submission)):
        assert secret not in page


def test_whom_one_did_things_for_as_staff_is_not_ones_own(client, mayor, booking):
    former = PersonFactory(name="Forhenværende Medarbejder")
    cancel_booking(booking, by=former.user, now=NOW)

    _data, page = held(client, former)

    assert mayor.name not in page


def test_staff_are_the_house(client, mayor):
    booking = order(SessionPageFactory(), mayor).bookings.get()
    cancel_booking(booking, by=UserFactory(first_name="Kirsten Kursus"), now=NOW)

    everything, page = held(client, mayor)

    assert everything["journal"][-1]["by"] == "KL"
    assert "Kirsten Kursus" not in page


def test_what_people_write_is_text_in_the_page(client, mayor):
    Person.objects.filter(pk=mayor.pk).update(name="<script>alert(1)</script>")

    _everything, page = held(client, mayor)

    assert "<script>" not in page


@pytest.mark.parametrize("user", [None, "stranger"])
def test_nobody_else_gets_a_file(client, user):
    if user:
        client.force_login(UserFactory())

    answer = client.get(reverse("booking:everything"))

    assert answer.status_code == (200 if user else 302)
    assert answer.headers["Content-Type"].startswith("text/html")


def test_thirty_bookings_ask_no_more_than_one(mayor, booking, django_assert_num_queries):
    everything_about(mayor)
    with CaptureQueriesContext(connection) as one:
        everything_about(mayor)
    for number in range(29):
        session = SessionPageFactory(starts_on=date(2027, 2 + number % 9, 1 + number % 27))
        fact = Fact.objects.about(order(session, mayor).bookings.get()).get()
        message(fact, mayor.email)
    mayor = Person.objects.get(pk=mayor.pk)
    str(mayor.user)

    with django_assert_num_queries(len(one)):
        sections = everything_about(mayor)

    assert {section.key: len(section.entries) for section in sections}["bookings"] == 30


def test_why_a_price_was_waived_is_the_participants_to_take_along(client, mayor, secretary, booking):
    cancel_booking(booking, by=UserFactory(), now=NOW, waived_because="Var syg")

    [seat] = held(client, mayor)[0]["bookings"]
    [ordered] = held(client, secretary)[0]["bookings"]

    assert seat["waived_reason"] == "Var syg"
    assert "eftergivet" in seat["withdrawal"]
    assert ordered["withdrawal"] == seat["withdrawal"]
    assert "waived_reason" not in ordered
