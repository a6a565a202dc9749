"""The way in: an address, a code from the mail, and back to where one was."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.test import Client
from django.urls import NoReverseMatch, reverse

from booking.messages.models import MailText, OutboxMessage
from booking.models import Fact
from booking.people.signin import give_sign_in, give_staff_sign_in
from tests.factories import PersonFactory, SessionPageFactory

ADDRESS = "sekretaer@example.org"


@pytest.fixture
def person(db):
    return PersonFactory(email=ADDRESS, user=None)


def ask(client, email=ADDRESS, **fields):
    return client.post(reverse("account_login"), {"email": email, **fields})


def code_in(message) -> str:
    return re.search(r"^[A-Z]{4}-[A-Z]{4}$", message.body, re.MULTILINE)[0]


def write(client, code, **fields):
    return client.post(reverse("account_confirm_login_code"), {"code": code, **fields})


def is_signed_in(client) -> bool:
    return "_auth_user_id" in client.session


def test_the_code_from_the_mail_signs_in_and_comes_back_to_the_form(client, person):
    back = SessionPageFactory().get_url() + "#tilmelding"

    page = ask(client, next=back)
    answer = write(client, code_in(mail.outbox[0]), next=back)

    assert page.status_code == 302
    assert mail.outbox[0].to == [ADDRESS]
    assert (answer.status_code, answer.url) == (302, back)
    assert is_signed_in(client)


def test_staff_give_the_mail_with_the_code_its_words_and_never_the_code(client, person):
    MailText.objects.create(kind="sign_in", subject="Log ind", introduction="Kære læser", closing="{code} {kode")
    ask(client)

    [message] = mail.outbox
    code = code_in(message)
    [html] = [part.content for part in message.alternatives]
    assert message.subject == "Log ind"
    assert message.body.index(code) < message.body.index("Kære læser")
    assert html.index(code) < html.index("Kære læser")
    assert "Giv ikke koden til andre." in message.body
    assert message.body.endswith("Venlig hilsen\nKL's tilbud til borgmestre\n")
    assert code in html
    assert not OutboxMessage.objects.exists()
    assert not Fact.objects.filter(details__icontains=code).exists()
    assert write(client, code).status_code == 302
    assert is_signed_in(client)


def test_the_way_back_is_carried_through_both_pages(client, person):
    back = "/tilbud/afholdelse/#tilmelding"

    first = client.get(reverse("account_login"), {"next": back})
    second = client.get(ask(client, next=back).url)

    for page in (first, second):
        assert f'<input type="hidden" name="next" value="{back}">' in page.content.decode()


def test_case_and_hyphen_of_the_code_do_not_matter(client, person):
    ask(client)

    write(client, " " + code_in(mail.outbox[0]).replace("-", "").lower())

    assert is_signed_in(client)


def test_an_unknown_address_gets_the_same_page_and_a_polite_mail(client, person):
    known = client.get(ask(client).url).content.decode()
    client.logout()

    unknown = client.get(ask(client, "fremmed@example.org").url).content.decode()

    token = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
    assert token.sub("", unknown).replace("fremmed@example.org", ADDRESS) == token.sub("", known)
    assert mail.outbox[1].to == ["fremmed@example.org"]
    assert not re.search(r"[A-Z]{4}-[A-Z]{4}", mail.outbox[1].body)
    assert "http" not in mail.outbox[1].body


def test_staff_give_the_mail_to_an_unknown_address_its_words_and_it_stays_what_it_is(client, db):
    MailText.objects.create(
        kind="unknown_address", subject="Ingen kode", introduction="Skriv til os.", closing="Hilsen\nKL"
    )

    ask(client, "fremmed@example.org")

    [message] = mail.outbox
    [html] = [part.content for part in message.alternatives]
    assert (message.subject, message.to) == ("Ingen kode", ["fremmed@example.org"])
    for read in (message.body, html):
        assert read.index("Den adresse står ikke i vores register") < read.index("Skriv til os.")
        assert "Var det ikke dig, der bad om koden, skal du ikke gøre noget." in read
    assert message.body.endswith("Hilsen\nKL\n")
    assert not OutboxMessage.objects.exists()


def test_no_code_fits_an_unknown_address(client, db):
    ask(client, "fremmed@example.org")

    write(client, "")
    write(client, "BCDF-GHJK")

    assert not is_signed_in(client)


def test_three_wrong_codes_end_the_attempt(client, person):
    ask(client, next="/min-side/")
    code = code_in(mail.outbox[0])

    for _number in range(2):
        assert write(client, "BCDF-GHJK").status_code == 200
    third = write(client, "BCDF-GHJK", next="/min-side/")

    assert third.url == reverse("account_login") + "?next=%2Fmin-side%2F"
    assert write(client, code).status_code == 302
    assert not is_signed_in(client)


def test_a_code_lives_for_five_minutes(client, person):
    with time_machine.travel("2026-11-22 12:00+01:00", tick=False) as clock:
        ask(client)
        clock.shift(timedelta(minutes=5, seconds=1))

        answer = write(client, code_in(mail.outbox[0]))

    assert answer.url == reverse("account_login")
    assert not is_signed_in(client)


def test_a_code_is_used_once(client, person):
    ask(client)
    code = code_in(mail.outbox[0])
    write(client, code)
    client.post(reverse("account_logout"))

    write(client, code)

    assert not is_signed_in(client)


def test_a_code_on_its_way_to_an_address_that_is_changed_is_void(client, person):
    give_sign_in(person)
    ask(client)
    person.email = "ny@example.org"
    person.save()

    answer = write(client, code_in(mail.outbox[0]))

    assert answer.url == reverse("account_login")
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example/", "https:evil.example", "/\\evil.example"]
)
def test_nobody_is_sent_elsewhere(client, person, address):
    ask(client, next=address)

    answer = write(client, code_in(mail.outbox[0]), next=address)

    assert answer.url == reverse("booking:my_page")


def test_an_address_gets_three_codes_a_minute(client, person):
    answers = [ask(client).status_code for _number in range(4)]

    assert answers == [302, 302, 302, 200]
    assert len(mail.outbox) == 3


def test_a_machine_asks_twenty_times_a_minute(client, db):
    answers = [ask(client, f"nummer{number}@example.org").status_code for number in range(21)]

    assert answers == [302] * 20 + [200]


def test_a_wrong_address_is_told_beside_its_field(client, db):
    page = ask(client, "ikke en adresse").content.decode()

    assert 'id="id_email_error"' in page
    assert 'value="ikke en adresse"' in page
    assert not mail.outbox


def test_coming_back_to_the_first_page_begins_anew(client, person):
    ask(client, "skrevet-forkert@example.org")

    page = client.get(reverse("account_login"))

    assert page.status_code == 200


def test_a_mail_server_that_is_down_is_told_and_not_hidden(client, person, settings):
    settings.EMAIL_BACKEND = "booking.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nobody listens there

    page = ask(client)

    assert page.status_code == 200
    assert page.context["form"].non_field_errors()


def test_signing_in_leaves_no_address_and_no_code_in_the_log(client, person, caplog):
    caplog.set_level("DEBUG")
    ask(client)
    code = code_in(mail.outbox[0])

    write(client, code)

    assert code not in caplog.text
    assert ADDRESS not in caplog.text


@pytest.mark.parametrize(
    "name",
    ["account_signup", "account_email", "account_change_password", "account_reset_password", "account_reauthenticate"],
)
def test_other_account_pages_do_not_exist(name):
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.parametrize(
    "path",
    ["/konto/signup/", "/konto/email/", "/konto/password/reset/", "/konto/password/change/", "/konto/login/"],
)
def test_their_addresses_lead_nowhere(client, db, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/admin/login/", "/admin/password_reset/", "/_util/login/"])
def test_passwords_are_asked_for_nowhere(client, db, path):
    answer = client.get(path, {"next": "/admin/pages/"})

    assert answer.url == reverse("account_login") + "?next=/admin/pages/"
    assert 'type="password"' not in client.get(answer.url).content.decode()


def test_staff_come_back_to_the_admin(client, db):
    editors = Group.objects.create(name="Redaktører")
    editors.permissions.add(Permission.objects.get(codename="access_admin"))
    give_staff_sign_in(ADDRESS, "Redaktionen", [editors])

    first = client.get(client.get("/admin/").url)
    second = client.get(first.url)
    ask(client, next="/admin/")
    answer = write(client, code_in(mail.outbox[0]), next="/admin/")

    assert second.status_code == 200
    assert answer.url == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_staff_without_a_page_to_come_back_to_land_at_their_desk(client, db):
    editors = Group.objects.create(name="Redaktører")
    editors.permissions.add(Permission.objects.get(codename="access_admin"))
    give_staff_sign_in(ADDRESS, "Redaktionen", [editors])
    ask(client)

    assert write(client, code_in(mail.outbox[0])).url == "/admin/"


def test_a_secretary_in_the_admin_is_told_no_instead_of_going_round_in_circles(client, person):
    client.force_login(give_sign_in(person))

    answer = client.get("/admin/", follow=True)

    assert answer.status_code == 403


def test_signing_out_asks_on_get_and_does_it_on_post(client, person):
    client.force_login(give_sign_in(person))

    assert client.get(reverse("account_logout")).status_code == 200
    assert is_signed_in(client)
    client.post(reverse("account_logout"))
    assert not is_signed_in(client)


def test_the_pages_of_signing_in_are_never_stored(client, person):
    page = client.get(reverse("account_login"))

    assert "no-store" in page.headers["Cache-Control"]


def test_signing_out_everywhere_ends_it_on_the_other_machines_too(client, person):
    here, elsewhere = client, Client()
    for machine in (here, elsewhere):
        machine.force_login(give_sign_in(person))

    page = here.get(reverse("account_logout")).content.decode()
    here.post(reverse("account_logout_everywhere"))

    assert reverse("account_logout_everywhere") in page
    assert here.get("/min-side/").status_code == 302
    assert elsewhere.get("/min-side/").status_code == 302


def test_nobody_is_signed_out_everywhere_by_a_link(client, person):
    client.force_login(give_sign_in(person))

    assert client.get(reverse("account_logout_everywhere")).status_code == 405
    assert is_signed_in(client)


def test_a_deactivated_user_is_out_at_the_next_request(client, person):
    user = give_sign_in(person)
    client.force_login(user)

    user.is_active = False
    user.save()

    assert client.get("/min-side/").status_code == 302
