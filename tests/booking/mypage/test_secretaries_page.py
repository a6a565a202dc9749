"""The page on which secretaries are named and ended, as each of those who might try."""

from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from booking.models import Fact, OutboxMessage, Person, Secretary
from tests.booking.signup.filled import filled, send
from tests.booking.signup.test_reserve import NOW
from tests.factories import PersonFactory, SessionPageFactory, UserFactory, mayor_of, secretary_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("january")]

PAGE = "booking:secretaries"
WRITTEN = {"name": "Solveig Holm", "email": "solveig@example.org", "ends_on": ""}


@pytest.fixture
def january():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def mayor():
    return mayor_of("Fanø")


def name(client, person, **changes):
    client.force_login(person.user)
    return client.post(reverse(PAGE), WRITTEN | changes)


def end(client, person, link):
    client.force_login(person.user)
    return client.post(reverse("booking:secretary_end", args=[link.pk]))


def test_a_mayor_names_a_secretary(client, mayor):
    answer = name(client, mayor, ends_on="2027-12-31")

    assert answer.url == reverse(PAGE)
    link = Secretary.objects.get()
    assert (link.secretary.name, link.principal, link.ends_on) == ("Solveig Holm", mayor, date(2027, 12, 31))
    page = client.get(reverse(PAGE)).content.decode()
    assert "Solveig Holm" in page
    assert "fredag den 31. december 2027" in page


@pytest.mark.parametrize("written", ["31-12-2027", "31.12.2027", "31/12/2027", "2027-12-31"])
def test_a_date_is_read_as_danes_write_it(client, mayor, written):
    name(client, mayor, ends_on=written)

    assert Secretary.objects.get().ends_on == date(2027, 12, 31)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("name", {"name": " "}),
        ("name", {"name": "x" * 121}),
        ("email", {"email": ""}),
        ("email", {"email": "solveig"}),
        ("ends_on", {"ends_on": "2027-01-10"}),
        ("ends_on", {"ends_on": "i morgen"}),
    ],
)
def test_what_is_missing_or_wrong_is_said_at_its_field(client, mayor, field, changes):
    answer = name(client, mayor, **changes)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Secretary.objects.exists()


def test_one_can_not_name_oneself(client, mayor):
    assert list(name(client, mayor, email=mayor.email).context["form"].errors) == ["email"]


def test_the_answer_is_the_same_for_a_known_address(mayor):
    """Word for word, on the answer, on the page that lists it, and on My page."""
    PersonFactory(name="Solveig Hedegaard", email="kendt@example.org")
    pages = []
    for number, email in enumerate(["kendt@example.org", "ny@example.org"]):
        principal = mayor_of(f"Kommune {number}", person__name="Borgmesteren")
        browser = Client()
        answer = name(browser, principal, email=email)
        answers = [answer, browser.get(answer.url), browser.get(reverse("booking:my_page"))]
        texts = [one.content.decode() for one in answers]
        assert "Solveig Hedegaard" not in "".join(texts)
        pages.append((answer.status_code, answer.url, "Solveig Holm" in texts[1], email in texts[1]))

    assert pages[0] == pages[1]


def test_the_one_who_was_named_gets_a_mail(client, mayor, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        name(client, mayor, ends_on="2027-12-31")

    message = OutboxMessage.objects.get()
    assert (message.kind, message.recipient) == ("secretary_named", "solveig@example.org")
    assert mayor.name in message.text
    assert "fredag den 31. december 2027" in message.text
    assert reverse("booking:my_page") in message.html


def test_a_mail_is_not_sent_about_what_has_ended(client, mayor, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        name(client, mayor)
        end(client, mayor, Secretary.objects.get())

    assert not OutboxMessage.objects.exists()


def test_an_office_that_ends_while_the_form_is_open_names_nobody(client, mayor):
    client.force_login(mayor.user)
    assert client.get(reverse(PAGE)).context["holds_office"]
    mayor.offices.update(ends_on=date(2027, 1, 10))

    answer = client.post(reverse(PAGE), WRITTEN)

    assert answer.status_code == 422
    assert answer.context["form"].non_field_errors()
    assert not Person.objects.filter(email="solveig@example.org").exists()


def test_a_secretary_names_nobody(client, mayor):
    answer = name(client, secretary_of(mayor))

    assert answer.status_code == 422
    assert Secretary.objects.count() == 1


def test_somebody_outside_the_register_names_nobody(client):
    client.force_login(UserFactory())

    assert client.post(reverse(PAGE), WRITTEN).status_code == 403
    assert not Secretary.objects.exists()


def test_a_mayor_ends_it_and_the_next_request_is_refused(client, mayor):
    secretary = secretary_of(mayor)
    session = SessionPageFactory()
    hers = Client()
    hers.force_login(secretary.user)
    form = filled(hers, session, participant=str(mayor.pk))

    end(client, mayor, Secretary.objects.get())
    answer = send(hers, session, form)

    assert answer.status_code == 422
    assert not mayor.bookings.exists()


def test_a_secretary_can_stop(client, mayor):
    secretary = secretary_of(mayor)

    assert end(client, secretary, Secretary.objects.get()).url == reverse(PAGE)

    assert not secretary.may_act_for(mayor, NOW.date())
    assert Fact.objects.get().by == secretary.user


@pytest.mark.parametrize("who", ["another mayor", "their secretary", "stranger", "nobody", "staff"])
def test_nobody_else_can_end_it(client, mayor, who):
    secretary_of(mayor)
    link = Secretary.objects.get()
    other = mayor_of("Ærø")
    person = {"another mayor": other, "their secretary": secretary_of(other)}.get(who)
    user = {"stranger": UserFactory(), "staff": UserFactory(is_superuser=True)}.get(who) or (person and person.user)
    if user:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    answer = client.post(reverse("booking:secretary_end", args=[link.pk]))

    assert answer.status_code == {"nobody": 302, "stranger": 403, "staff": 403}.get(who, 404)
    link.refresh_from_db()
    assert link.ends_on is None


def test_nothing_is_ended_by_following_a_link(client, mayor):
    secretary_of(mayor)
    client.force_login(mayor.user)

    assert client.get(reverse("booking:secretary_end", args=[Secretary.objects.get().pk])).status_code == 405


@pytest.mark.parametrize("address", ["booking:secretaries", "booking:deletion", "booking:phone"])
def test_a_form_without_its_token_is_refused(mayor, address):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(mayor.user)

    assert strict.post(reverse(address), WRITTEN).status_code == 403
    assert not Secretary.objects.exists()


def test_what_was_done_stands_in_the_journal_as_one_for_another(client, mayor):
    secretary = secretary_of(mayor)
    session = SessionPageFactory()
    client.force_login(secretary.user)

    send(client, session, filled(client, session, participant=str(mayor.pk)))

    fact = Fact.objects.get(kind="booked")
    assert (fact.by.person, fact.on_behalf_of) == (secretary, mayor)


def test_those_who_ended_are_not_listed(client, mayor):
    secretary = secretary_of(mayor, name="Solveig Holm")
    Secretary.objects.update(ends_on=date(2027, 1, 10))
    client.force_login(mayor.user)

    assert "Solveig Holm" not in client.get(reverse(PAGE)).content.decode()
    client.force_login(secretary.user)
    assert mayor.name not in client.get(reverse(PAGE)).content.decode()


def test_whoever_left_office_keeps_their_history_and_signs_up_for_nothing(client, january):
    mayor = mayor_of("Fanø", ends_on=date(2027, 12, 31))
    secretary = secretary_of(mayor)
    held = SessionPageFactory(title="Holdt i maj")
    client.force_login(mayor.user)
    send(client, held, filled(client, held))
    january.move_to(datetime(2028, 1, 1, 9, tzinfo=NOW.tzinfo))
    client.force_login(mayor.user)
    after = SessionPageFactory(title="Efter", starts_on=date(2028, 3, 1))

    page = client.get(reverse("booking:my_page")).content.decode()
    assert "Holdt i maj" in page
    assert mayor.bookings.get().order.reference in page
    form = {"participant": str(mayor.pk), "accepted": "on", "contact_name": "x", "contact_email": "x@example.org"}
    for person in (mayor, secretary):
        client.force_login(person.user)
        assert send(client, after, form).status_code == 422
        assert client.get(after.get_url()).status_code == 200
    assert mayor.bookings.count() == 1


@pytest.mark.parametrize("opening", ["offices", "register", "anyone"])
def test_no_audience_lets_in_whoever_left_office(opening):
    former = mayor_of("Fanø", ends_on=date(2026, 12, 31))
    session = SessionPageFactory()
    session.audience.opening = opening

    assert not session.audience.admits(former, on=NOW.date())


def test_thirty_secretaries_ask_no_more_than_one(client, mayor, django_assert_max_num_queries):
    secretary_of(mayor)
    client.force_login(mayor.user)
    client.get(reverse(PAGE))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse(PAGE))
    for _number in range(29):
        secretary_of(mayor)

    with django_assert_max_num_queries(len(one)):
        page = client.get(reverse(PAGE))
    assert len(page.context["secretaries"]) == 30


def test_the_page_is_nobodys_but_the_readers(client, mayor):
    client.force_login(mayor.user)
    for address in (PAGE, "booking:phone", "booking:deletion", "booking:everything", "booking:my_page"):
        answer = client.get(reverse(address))

        assert answer.status_code == 200
        assert "no-store" in answer.headers["Cache-Control"]
        assert "private" in answer.headers["Cache-Control"]
        assert answer.headers["X-Robots-Tag"] == "noindex"


def test_the_phone_number_is_ones_own_to_change(client, mayor):
    client.force_login(mayor.user)

    assert client.post(reverse("booking:phone"), {"phone": "+45 76 66 06 60"}).url == reverse("booking:my_page")
    assert client.post(reverse("booking:phone"), {"phone": "ring bare"}).status_code == 422

    mayor.refresh_from_db()
    assert mayor.phone == "+45 76 66 06 60"
    fact = Fact.objects.about(mayor).get()
    assert (fact.by, fact.details) == (mayor.user, {"fields": ["phone"]})


def test_a_day_later_the_secretary_of_one_day_is_gone(client, mayor, january):
    name(client, mayor, ends_on="2027-01-11")
    january.shift(timedelta(days=1))

    client.force_login(mayor.user)
    assert not client.get(reverse("booking:my_page")).context["secretaries"]
