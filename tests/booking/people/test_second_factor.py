"""Staff come in with a code by mail and something they have; nobody else is asked."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, User
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from booking.desk.roles import EDITORS, make_roles
from booking.journal import kinds
from booking.journal.models import Fact
from booking.people.second_factor import SecondFactorAdapter, reset_second_factor
from booking.people.signin import give_staff_sign_in
from tests.booking.people.authenticator import digits, recovery_codes_on, secret_on
from tests.factories import mayor_of

ADDRESS = "redaktoer@example.org"
NOW = "2026-11-22 12:00:10+01:00"


@pytest.fixture(autouse=True)
def demanded(settings):
    """As in production."""
    settings.STAFF_NEED_SECOND_FACTOR = True


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def staff(db):
    make_roles()
    return give_staff_sign_in(ADDRESS, "En redaktør", [Group.objects.get(name=EDITORS)])


def write_code_from_mail(client, address=ADDRESS, **fields):
    client.post(reverse("account_login"), {"email": address, **fields})
    code = re.search(r"^[A-Z]{4}-[A-Z]{4}$", mail.outbox[-1].body, re.MULTILINE)[0]
    return client.post(reverse("account_confirm_login_code"), {"code": code, **fields})


def set_up(client) -> tuple[str, list[str]]:
    """The app's secret and the recovery codes of whoever is signed in."""
    secret = secret_on(client.get(reverse("mfa_activate_totp")).content.decode())
    answer = client.post(reverse("mfa_activate_totp"), {"code": digits(secret)})
    assert answer.url == reverse("mfa_view_recovery_codes")
    return secret, recovery_codes_on(client.get(answer.url).content.decode())


@pytest.fixture
def member(client, staff, clock):
    """An editor who has set up the app and signed out, two minutes ago: (secret, recovery codes)."""
    write_code_from_mail(client)
    secret, codes = set_up(client)
    client.post(reverse("account_logout"))
    clock.shift(timedelta(minutes=2))
    return secret, codes


def is_at_the_desk(client) -> bool:
    return client.get(reverse("wagtailadmin_home")).status_code == 200


# The first time


def test_the_first_sign_in_leads_to_setting_it_up_and_then_to_the_desk(client, staff, clock):
    answer = write_code_from_mail(client, next="/admin/reports/site-history/")
    assert answer.url == "/admin/reports/site-history/"
    assert client.get(answer.url).url == reverse("mfa_index")
    assert not is_at_the_desk(client)

    _secret, codes = set_up(client)

    assert len(codes) == 10
    assert is_at_the_desk(client)


def test_a_technician_whom_the_console_gave_a_password_sets_it_up_too(client, db, clock):
    User.objects.create_superuser("tekniker", email="tekniker@example.org", password="ikke-til-noget")
    write_code_from_mail(client, "tekniker@example.org")

    set_up(client)

    assert is_at_the_desk(client)


def test_where_one_was_going_stands_under_the_recovery_codes(client, staff, clock):
    write_code_from_mail(client)
    client.get("/admin/reports/site-history/")
    secret = secret_on(client.get(reverse("mfa_activate_totp")).content.decode())
    client.post(reverse("mfa_activate_totp"), {"code": digits(secret)})

    page = client.get(reverse("mfa_view_recovery_codes")).content.decode()

    assert 'href="/admin/reports/site-history/"' in page


def test_a_wrong_first_code_sets_nothing_up_and_keeps_the_secret(client, staff, clock):
    write_code_from_mail(client)
    secret = secret_on(client.get(reverse("mfa_activate_totp")).content.decode())

    page = client.post(reverse("mfa_activate_totp"), {"code": "000000"})

    assert page.context["form"].has_error("code", "incorrect_code")
    assert secret_on(page.content.decode()) == secret
    assert not is_at_the_desk(client)


def test_recovery_codes_are_shown_once_and_stored_by_nobody_on_the_way(client, staff, clock):
    write_code_from_mail(client)
    secret = secret_on(client.get(reverse("mfa_activate_totp")).content.decode())
    client.post(reverse("mfa_activate_totp"), {"code": digits(secret)})

    first, second = (client.get(reverse("mfa_view_recovery_codes")) for _time in range(2))

    assert len(recovery_codes_on(first.content.decode())) == 10
    assert "no-store" in first.headers["Cache-Control"]
    assert recovery_codes_on(second.content.decode()) == []


@pytest.mark.parametrize(
    "address",
    [
        "/admin/",
        "/admin/pages/",
        "/admin/account/",
        "/admin/images/",
        "/admin/logout/",
        "/tilmelding/kvittering/ABCD-EFGH/",
    ],
)
def test_no_part_of_the_admin_is_open_without(client, staff, clock, address):
    write_code_from_mail(client)

    for method in (client.get, client.post):
        assert method(address).url == reverse("mfa_index")


def test_a_mayor_is_never_asked(client, db, clock):
    person = mayor_of("Fanø", person__email="borgmester@example.org")

    write_code_from_mail(client, person.email)

    assert client.get(reverse("booking:my_page")).status_code == 200
    assert client.get(reverse("mfa_index")).status_code == 403
    assert client.get(reverse("mfa_activate_totp")).status_code == 403
    assert client.get("/admin/", follow=True).status_code == 403


def test_it_is_not_demanded_in_development(client, staff, clock, settings):
    settings.STAFF_NEED_SECOND_FACTOR = False

    write_code_from_mail(client)

    assert is_at_the_desk(client)


# Every time


def test_the_code_by_mail_alone_signs_nobody_in(client, member):
    answer = write_code_from_mail(client)

    assert answer.url == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session
    assert not is_at_the_desk(client)


def test_the_app_opens_the_desk_and_the_way_back_is_kept(client, member):
    write_code_from_mail(client, next="/admin/pages/")

    answer = client.post(reverse("mfa_authenticate"), {"code": digits(member[0])})

    assert answer.url == "/admin/pages/"
    assert is_at_the_desk(client)


def test_a_code_may_be_half_a_minute_old_and_is_good_once(client, member, clock):
    write_code_from_mail(client)
    code = digits(member[0], periods_ago=1)
    assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302
    client.post(reverse("account_logout"))

    write_code_from_mail(client)
    code = digits(member[0])
    client.post(reverse("mfa_authenticate"), {"code": code})
    client.post(reverse("account_logout"))
    clock.shift(timedelta(seconds=35))  # it is still within its time
    write_code_from_mail(client)
    again = client.post(reverse("mfa_authenticate"), {"code": code})

    assert again.context["form"].has_error("code", "code_used")
    assert not is_at_the_desk(client)


def test_an_old_code_is_wrong(client, member):
    write_code_from_mail(client)

    page = client.post(reverse("mfa_authenticate"), {"code": digits(member[0], periods_ago=2)})

    assert page.context["form"].has_error("code", "incorrect_code")


def test_a_recovery_code_is_good_once(client, member):
    write_code_from_mail(client)
    client.post(reverse("mfa_authenticate"), {"code": member[1][0]})
    assert is_at_the_desk(client)
    client.post(reverse("account_logout"))

    write_code_from_mail(client)
    client.post(reverse("mfa_authenticate"), {"code": member[1][0]})

    assert not is_at_the_desk(client)


def test_five_wrong_codes_lock_for_five_minutes_from_any_machine(client, member, clock):
    write_code_from_mail(client)
    for _number in range(5):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
    elsewhere = Client(REMOTE_ADDR="10.0.0.9")
    clock.shift(timedelta(seconds=61))
    write_code_from_mail(elsewhere)

    refused = elsewhere.post(reverse("mfa_authenticate"), {"code": digits(member[0])})
    clock.shift(timedelta(minutes=5))
    write_code_from_mail(elsewhere)
    accepted = elsewhere.post(reverse("mfa_authenticate"), {"code": digits(member[0])})

    assert refused.context["form"].has_error("code", "too_many_login_attempts")
    assert accepted.status_code == 302


def test_whoever_was_signed_in_before_it_was_demanded_shows_it_now(client, member, staff):
    client.force_login(staff, backend="allauth.account.auth_backends.AuthenticationBackend")

    asked = client.get("/admin/pages/").url
    answer = client.post(asked, {"code": digits(member[0]), "next": "/admin/pages/"})

    assert asked == reverse("mfa_reauthenticate") + "?next=%2Fadmin%2Fpages%2F"
    assert answer.url == "/admin/pages/"
    assert is_at_the_desk(client)


def test_too_many_who_show_it_again_are_told_in_danish(client, member, staff):
    client.force_login(staff, backend="allauth.account.auth_backends.AuthenticationBackend")

    for _number in range(11):
        answer = client.post(reverse("mfa_reauthenticate"), {"code": "000000"})

    assert answer.status_code == 429
    assert 'lang="da"' in answer.content.decode()


# Keeping it


def test_nothing_is_changed_by_somebody_who_has_not_shown_it(client, member, staff):
    client.force_login(staff, backend="allauth.account.auth_backends.AuthenticationBackend")

    for name in ("mfa_deactivate_totp", "mfa_generate_recovery_codes", "mfa_add_webauthn", "mfa_view_recovery_codes"):
        answer = client.post(reverse(name)) if name != "mfa_view_recovery_codes" else client.get(reverse(name))
        assert answer.url.startswith(reverse("mfa_reauthenticate")), name
    assert client.get(reverse("mfa_index")).url == reverse("mfa_reauthenticate")
    assert Authenticator.objects.filter(user=staff, type=Authenticator.Type.TOTP).exists()


def test_removing_the_app_closes_the_desk_until_it_is_set_up_anew(client, member, clock):
    write_code_from_mail(client)
    client.post(reverse("mfa_authenticate"), {"code": digits(member[0])})

    client.post(reverse("mfa_deactivate_totp"))
    closed = not is_at_the_desk(client)
    clock.shift(timedelta(minutes=2))
    set_up(client)

    assert closed
    assert is_at_the_desk(client)


def test_new_recovery_codes_void_the_old(client, member):
    write_code_from_mail(client)
    client.post(reverse("mfa_authenticate"), {"code": digits(member[0])})

    page = client.post(reverse("mfa_generate_recovery_codes"), follow=True).content.decode()

    assert len(recovery_codes_on(page)) == 10
    assert not set(recovery_codes_on(page)) & set(member[1])


def test_the_journal_says_what_was_set_up_and_holds_no_secret(client, member, staff):
    [fact] = Fact.objects.about(staff)

    assert (fact.kind, fact.by, fact.details) == (kinds.SECOND_FACTOR_SET_UP, staff, {"factor": "totp"})


def test_a_reset_signs_out_everywhere_and_begins_anew(client, member, staff):
    write_code_from_mail(client)
    client.post(reverse("mfa_authenticate"), {"code": digits(member[0])})
    assert is_at_the_desk(client)

    assert reset_second_factor(staff, by=None)

    assert "_auth_user_id" in client.session
    assert "/login/" in client.get("/admin/").url
    write_code_from_mail(client)
    assert client.get("/admin/").url == reverse("mfa_index")
    assert not reset_second_factor(staff, by=None)


def test_the_last_one_out_is_let_in_from_the_console(client, member, staff, capsys):
    call_command("reset_second_factor", ADDRESS.upper())

    assert not Authenticator.objects.filter(user=staff).exists()
    for address in (ADDRESS, "ingen@example.org"):
        with pytest.raises(CommandError):
            call_command("reset_second_factor", address)


def test_the_database_holds_no_secret_in_the_clear(client, member, staff, settings):
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert member[0] not in stored

    written = SecondFactorAdapter().encrypt("hemmeligt")
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another"
    assert SecondFactorAdapter().decrypt(written) == "hemmeligt"
    settings.SECRET_KEY_FALLBACKS = []
    assert SecondFactorAdapter().decrypt(written) != "hemmeligt"


@pytest.mark.django_db(transaction=True)
def test_many_guesses_at_once_at_the_app_get_five_tries(settings):
    """Each from a browser of its own that holds the same cookie, with the cache of production."""
    settings.CACHES = {"default": settings.DATABASE_CACHE}
    call_command("createcachetable")
    make_roles()
    give_staff_sign_in(ADDRESS, "En redaktør", [Group.objects.get(name=EDITORS)])
    client = Client()
    write_code_from_mail(client)
    set_up(client)
    client.post(reverse("account_logout"))
    write_code_from_mail(client)

    def guess(number: int) -> bool:
        other = Client()
        other.cookies = client.cookies
        page = other.post(reverse("mfa_authenticate"), {"code": f"{number:06d}"})
        connection.close()
        return str(SecondFactorAdapter.error_messages["incorrect_code"]) in page.content.decode()

    with ThreadPoolExecutor(12) as pool:
        looked_at = sum(pool.map(guess, range(24)))
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE cache")

    assert 1 <= looked_at <= 5
