"""Being forgotten: what goes, what bookkeeping keeps, who may do it, and what stands in the way."""

from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry

from booking.dates import COPENHAGEN
from booking.desk.roles import ADMINISTRATORS, EDITORS, make_roles
from booking.journal.kinds import DELETION_ASKED, DELETION_WITHDRAWN, PERSON_FORGOTTEN
from booking.journal.record import record
from booking.models import (
    AudienceGrant,
    Booking,
    DeletionRequest,
    Fact,
    Interest,
    Office,
    OutboxMessage,
    Person,
    Secretary,
    Withdrawal,
)
from booking.mypage.forget import (
    NAMELESS,
    HasComingBookings,
    ask_to_be_forgotten,
    forget_person,
    kept_until,
    withdraw_request,
)
from booking.people.signin import give_staff_sign_in, user_with
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from booking.signup.reserve import Purchase
from booking.signup.waiting import leave_line
from tests.booking.payments.test_balance import give_back, paid_by_card
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import AudienceFactory, PersonFactory, SessionPageFactory, UserFactory, mayor_of, secretary_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("january")]

AFTER = datetime(2027, 6, 1, 9, tzinfo=COPENHAGEN)


@pytest.fixture
def january():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def mayor():
    return mayor_of("Fanø", person__phone="76 66 06 60")


def message(fact, recipient, **changes) -> OutboxMessage:
    return OutboxMessage.objects.create(
        fact=fact,
        recipient=recipient,
        **{
            "kind": "booked",
            "subject": "Tilmeldt",
            "text": "Kære Borgmesteren i Fanø",
            "html": "<p>Kære Borgmesteren i Fanø</p>",
            "message_id": f"<{OutboxMessage.objects.count()}@example.org>",
            "created_at": NOW,
            "not_before": NOW,
            "sent_at": NOW,
        }
        | changes,
    )


def test_all_that_leads_to_somebody_goes(mayor):
    email, user = mayor.email, mayor.user
    secretary = secretary_of(mayor)
    Interest.objects.create(session=SessionPageFactory(), person=mayor, created_at=NOW)
    AudienceGrant.objects.create(
        audience=AudienceFactory(), person=mayor, reason="x", granted_by=UserFactory(), granted_at=NOW, ends_on=NOW
    )
    log(mayor, "wagtail.edit", user=UserFactory())

    forget_person(mayor, by=None, now=AFTER)

    mayor.refresh_from_db()
    user.refresh_from_db()
    assert (mayor.name, mayor.email, mayor.phone, mayor.user) == (NAMELESS, None, "", None)
    assert mayor.forgotten_at == AFTER
    assert (user.email, user.first_name, user_with(email)) == ("", "", None)
    for model in (Secretary, Interest, AudienceGrant, Office):
        assert not model.objects.exists()
    assert ModelLogEntry.objects.get().label == NAMELESS
    assert Person.objects.get(pk=secretary.pk).name == secretary.name
    fact = Fact.objects.get(kind=PERSON_FORGOTTEN)
    assert (fact.about, fact.details) == (mayor, {})


def test_whoever_is_signed_in_is_signed_out(client, mayor):
    client.force_login(mayor.user)

    forget_person(mayor, by=None, now=NOW)

    assert client.get(reverse("booking:my_page")).status_code == 302


def test_bookkeeping_keeps_the_name_the_seat_and_the_payer(mayor):
    secretary = secretary_of(mayor)
    placed = order(SessionPageFactory(), mayor, booker=secretary)
    placed.bookings.update(diet="Vegetar", room="Stille", may_be_listed=True)

    forget_person(mayor, by=None, now=AFTER)
    forget_person(secretary, by=None, now=AFTER)

    booking = Booking.objects.get()
    assert booking.participant.name == "Borgmesteren i Fanø"
    assert booking.order.booker.name == secretary.name
    assert (booking.order.payer_name, booking.order.gln, booking.price.net) == (
        placed.payer_name,
        "5798009811578",
        5300,
    )
    assert (booking.order.contact_name, booking.order.contact_email) == ("", "")
    assert (booking.diet, booking.room, booking.may_be_listed) == ("", "", False)
    assert booking.office.ends_on == date(2027, 5, 31)
    assert booking.participant.email is None
    assert kept_until(mayor) == kept_until(secretary) == date(2032, 12, 31)


def test_a_seat_that_cost_nothing_keeps_no_name(mayor):
    order(SessionPageFactory(own_net=0), mayor, purchase=Purchase("Kontakten", "k@example.org"))

    forget_person(mayor, by=None, now=AFTER)

    assert kept_until(mayor) is None


def test_a_name_that_only_stood_on_a_waiting_list_is_not_bookkeepings(mayor):
    leave_line(order(SessionPageFactory(), mayor, waits=True).bookings.get(), by=None, now=NOW)

    forget_person(mayor, by=None, now=NOW)

    assert kept_until(mayor) is None
    assert Booking.objects.get().participant.name == NAMELESS


def test_mails_about_what_they_paid_and_got_back_go_too():
    placed, payment = paid_by_card("Ærø")
    give_back(payment, 1000)
    booker = placed.booker
    for kind, about in (("paid", payment), ("refunded", payment.refunds.get())):
        message(record(kind, about, at=NOW, order=placed.reference, amount="1000.00"), booker.email, kind=kind)

    forget_person(booker, by=None, now=AFTER)

    assert not OutboxMessage.objects.filter(kind__in=["paid", "refunded"]).exists()
    assert payment.kept() == 5625


def test_mails_to_them_go_and_mails_about_them_lose_their_words(mayor):
    secretary = secretary_of(mayor)
    session = SessionPageFactory()
    order(session, mayor, booker=secretary)
    fact = Fact.objects.get(kind="booked")
    message(fact, mayor.email)
    message(fact, secretary.email)
    called_off = cancel_session(SessionPageFactory(), by=None, now=NOW)
    elsewhere = message(Fact.objects.about(called_off).first(), mayor.email)

    forget_person(mayor, by=None, now=AFTER)

    kept = OutboxMessage.objects.get(recipient=secretary.email)
    assert (kept.subject, kept.text, kept.html) == ("Tilmeldt", "", "")
    # Somebody else's matter at an address that has had two owners stays theirs.
    assert OutboxMessage.objects.get(recipient=mayor.email) == elsewhere


@pytest.mark.parametrize("who", ["participant", "booker"])
def test_nobody_is_forgotten_before_their_seats_are_held(mayor, who):
    secretary = secretary_of(mayor)
    order(SessionPageFactory(), mayor, booker=secretary)
    person = {"participant": mayor, "booker": secretary}[who]
    name, email = person.name, person.email

    with pytest.raises(HasComingBookings) as refusal:
        forget_person(person, by=None, now=NOW)

    assert refusal.value.count == 1
    person.refresh_from_db()
    assert (person.name, person.email) == (name, email)
    assert Secretary.objects.exists()


@pytest.mark.parametrize("how", ["cancelled", "called off", "held"])
def test_what_is_cancelled_or_held_stands_in_nobodys_way(mayor, how):
    booking = order(SessionPageFactory(), mayor).bookings.get()
    if how == "cancelled":
        cancel_booking(booking, by=None, now=NOW)
    elif how == "called off":
        cancel_session(booking.session, by=None, now=NOW)

    forget_person(mayor, by=None, now=AFTER if how == "held" else NOW)

    mayor.refresh_from_db()
    assert mayor.email is None


def test_staff_who_are_forgotten_as_persons_keep_their_own_sign_in(mayor):
    editors = Group.objects.create(name="Huset")
    user = give_staff_sign_in("kursus@example.org", "Kirsten", [editors])
    person = PersonFactory(email="kursus@example.org", user=user)

    forget_person(person, by=None, now=NOW)

    assert user_with("kursus@example.org") == user
    user.refresh_from_db()
    assert (user.email, user.first_name) == ("kursus@example.org", "Kirsten")


def test_forgetting_twice_does_no_harm(mayor):
    forget_person(mayor, by=None, now=NOW)
    forget_person(mayor, by=None, now=NOW)

    mayor.refresh_from_db()
    assert mayor.name == NAMELESS


# Asking


def test_asking_twice_is_one_request(mayor):
    first = ask_to_be_forgotten(mayor, by=mayor.user, now=NOW)

    assert ask_to_be_forgotten(mayor, by=mayor.user, now=AFTER) == first
    assert first.answer_by == NOW.date() + timedelta(days=30)
    fact = Fact.objects.get(kind=DELETION_ASKED)
    assert (fact.by, fact.on_behalf_of) == (mayor.user, mayor)


def test_a_request_can_be_taken_back(mayor):
    ask_to_be_forgotten(mayor, by=mayor.user, now=NOW)

    withdraw_request(mayor, by=mayor.user, now=NOW)
    withdraw_request(mayor, by=mayor.user, now=NOW)

    assert not DeletionRequest.objects.exists()
    assert Fact.objects.filter(kind=DELETION_WITHDRAWN).count() == 1


def test_the_request_is_done_when_the_person_is_forgotten(mayor):
    ask_to_be_forgotten(mayor, by=mayor.user, now=NOW)

    forget_person(mayor, by=None, now=AFTER)

    assert DeletionRequest.objects.get().done_at == AFTER


def test_what_is_kept_is_said_before_one_asks(client, mayor):
    client.force_login(mayor.user)
    assert client.get(reverse("booking:deletion")).context["kept_until"] is None
    order(SessionPageFactory(), mayor)

    page = client.get(reverse("booking:deletion"))

    assert "fredag den 31. december 2032" in page.content.decode()
    assert page.context["coming"] == 1
    assert not DeletionRequest.objects.exists()


def test_asking_and_taking_back_on_the_page(client, mayor):
    client.force_login(mayor.user)

    client.post(reverse("booking:deletion"))
    assert DeletionRequest.objects.get().person == mayor
    assert client.get(reverse("booking:deletion")).context["asked"]

    client.post(reverse("booking:deletion"), {"withdraw": "1"})
    assert not DeletionRequest.objects.exists()


# Staff


def staff(role: str) -> Client:
    make_roles()
    user = UserFactory()
    user.groups.add(Group.objects.get(name=role))
    browser = Client()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def addresses(person) -> list[str]:
    request = DeletionRequest.objects.get(person=person)
    return [
        reverse("forget_person", args=[person.pk]),
        reverse("deletion-requests:index"),
        reverse("deletion-requests:inspect", args=[request.pk]),
    ]


def test_a_course_administrator_is_told_what_follows_and_does_it(mayor):
    ask_to_be_forgotten(mayor, by=mayor.user, now=NOW)
    browser = staff(ADMINISTRATORS)

    for address in addresses(mayor):
        assert browser.get(address).status_code == 200
    index = browser.get(reverse("deletion-requests:index")).content.decode()
    assert mayor.name in index
    assert addresses(mayor)[2] in index
    assert addresses(mayor)[0] in browser.get(reverse("persons:edit", args=[mayor.pk])).content.decode()
    assert reverse("deletion-requests:index") in browser.get(reverse("wagtailadmin_home")).content.decode()

    browser.post(reverse("forget_person", args=[mayor.pk]))

    mayor.refresh_from_db()
    assert mayor.name == NAMELESS
    assert Fact.objects.get(kind=PERSON_FORGOTTEN).by is not None
    assert browser.get(addresses(mayor)[2]).status_code == 200


def test_a_refusal_says_how_many_seats_are_in_the_way(mayor):
    order(SessionPageFactory(), mayor)
    browser = staff(ADMINISTRATORS)

    assert "<form" not in browser.get(reverse("forget_person", args=[mayor.pk])).content.decode().split("<h2>")[1]
    browser.post(reverse("forget_person", args=[mayor.pk]))

    mayor.refresh_from_db()
    assert mayor.email


@pytest.mark.parametrize("who", ["editor", "mayor", "stranger", "nobody"])
def test_nobody_else_sees_or_does_it(mayor, who):
    ask_to_be_forgotten(mayor, by=mayor.user, now=NOW)
    browser = staff(EDITORS) if who == "editor" else Client()
    user = {"mayor": mayor.user, "stranger": UserFactory()}.get(who)
    if user:
        browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    for address in addresses(mayor):
        assert browser.get(address).status_code in {302, 403}
        assert browser.post(address).status_code in {302, 403, 405}
    assert mayor.name not in browser.get(reverse("wagtailadmin_home"), follow=True).content.decode() or who == "mayor"

    mayor.refresh_from_db()
    assert mayor.email


def test_an_order_that_names_them_as_its_contact_names_its_booker_instead(mayor):
    placed = order(SessionPageFactory(), mayor, purchase=Purchase("En anden", "anden@example.org", gln="5798009811578"))
    contact = PersonFactory(email="anden@example.org")

    forget_person(contact, by=None, now=NOW)

    placed.refresh_from_db()
    assert (placed.contact_name, placed.contact_email) == (mayor.name, mayor.email)


def test_why_a_price_was_waived_goes_with_whom_it_was_about():
    mayor = mayor_of("Fanø")
    seat = order(SessionPageFactory(), mayor).bookings.get()
    cancel_booking(seat, by=UserFactory(), now=NOW, waived_because="Var syg")

    forget_person(mayor, by=None, now=NOW)

    assert Withdrawal.objects.get().waived_reason == ""
