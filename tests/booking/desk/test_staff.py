"""Staff are kept by superusers: added without a password, shut out at once, and helped when a telephone is lost."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from booking.desk.roles import EDITORS, FINANCE, SUPERUSERS, make_roles
from booking.journal import kinds
from booking.journal.models import Fact
from booking.people.signin import give_sign_in, give_staff_sign_in, user_with
from tests.factories import UserFactory, mayor_of

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def colleague(superuser):
    return give_staff_sign_in("kollega@example.org", "En kollega", Group.objects.filter(name=EDITORS))


def ids(*names) -> list[int]:
    return list(Group.objects.filter(name__in=names).values_list("pk", flat=True))


def add(client, **fields):
    form = {"first_name": "Den nye", "email": "ny@example.org", "groups": ids(EDITORS)}
    return client.post(reverse("wagtailusers_users:add"), form | fields)


def edit(client, user, **fields):
    form = {"first_name": user.first_name, "email": user.email, "groups": ids(EDITORS), "is_active": "on"} | fields
    form = {name: value for name, value in form.items() if value is not None}
    return client.post(reverse("wagtailusers_users:edit", args=[user.pk]), form)


def test_a_member_is_added_with_a_name_an_address_and_a_group(client, superuser):
    page = client.get(reverse("wagtailusers_users:add")).content.decode()
    answer = add(client, email="Ny@Example.org", groups=ids(EDITORS, FINANCE))

    assert 'type="password"' not in page
    assert "is_superuser" not in page
    assert answer.status_code == 302
    user = user_with("ny@example.org")
    assert (user.get_full_name(), user.email, user.has_usable_password()) == ("Den nye", "ny@example.org", False)
    assert {group.name for group in user.groups.all()} == {EDITORS, FINANCE}
    [fact] = Fact.objects.about(user)
    assert (fact.kind, fact.by, fact.details) == (kinds.STAFF_ADDED, superuser, {"groups": [EDITORS, FINANCE]})


def test_nobody_is_made_a_technician_by_a_forged_form(client, superuser):
    add(client, is_superuser="on", is_staff="on", password1="x" * 12, password2="x" * 12)

    user = user_with("ny@example.org")
    assert not user.is_superuser
    assert not user.has_usable_password()


@pytest.mark.parametrize("field", ["first_name", "email", "groups"])
def test_each_field_is_needed(client, superuser, field):
    before = User.objects.count()

    page = add(client, **{field: ""})

    assert field in page.context["form"].errors
    assert User.objects.count() == before


def test_an_address_belongs_to_one_member(client, colleague):
    page = add(client, email="KOLLEGA@example.org")

    assert "email" in page.context["form"].errors


def test_somebody_in_the_register_can_be_given_a_role_and_keeps_the_address_there(client, superuser):
    person = mayor_of("Fanø")
    give_sign_in(person)

    add(client, email=person.email)
    user = user_with(person.email)
    edit(client, user, email="et-andet@example.org", first_name="Et andet navn")

    user.refresh_from_db()
    assert user == person.user
    assert list(user.groups.values_list("name", flat=True)) == [EDITORS]
    assert user.email == person.email


def test_no_members_address_is_taken_from_the_register(client, colleague):
    person = mayor_of("Fanø")

    page = edit(client, colleague, email=person.email)

    assert "email" in page.context["form"].errors
    assert user_with("kollega@example.org") == colleague


def test_without_the_tick_one_is_out_at_once_and_old_sessions_never_wake(client, colleague):
    theirs = Client()
    theirs.force_login(colleague, backend=BACKEND)
    assert theirs.get("/admin/").status_code == 200

    edit(client, colleague, is_active=None)
    out = theirs.get("/admin/").status_code
    edit(client, colleague)
    still_out = theirs.get("/admin/").status_code

    assert (out, still_out) == (302, 302)
    assert [fact.details["may_sign_in"] for fact in Fact.objects.about(colleague)] == [True, False]


def test_a_role_that_is_taken_away_is_gone_at_the_next_request(client, colleague):
    theirs = Client()
    theirs.force_login(colleague, backend=BACKEND)
    assert theirs.get(reverse("venues:index")).status_code == 200

    edit(client, colleague, groups=ids(FINANCE))

    assert theirs.get(reverse("venues:index")).status_code == 302
    assert theirs.get(reverse("bookings:index")).status_code == 200


def test_a_new_address_signs_out_everywhere(client, colleague):
    theirs = Client()
    theirs.force_login(colleague, backend=BACKEND)

    edit(client, colleague, email="kollega.ny@example.org")

    assert theirs.get("/admin/").status_code == 302
    assert user_with("kollega@example.org") is None


def test_nobody_shuts_themselves_out(client, superuser):
    edit(client, superuser, first_name="Mig selv", groups=ids(EDITORS), is_active=None)

    superuser.refresh_from_db()
    assert superuser.first_name == "Mig selv"
    assert superuser.is_active
    assert list(superuser.groups.values_list("name", flat=True)) == [SUPERUSERS]


def test_the_list_shows_staff_and_nobody_in_the_register(client, colleague):
    person = mayor_of("Fanø")
    give_sign_in(person)

    page = client.get(reverse("wagtailusers_users:index")).content.decode()

    assert "kollega@example.org" in page
    assert person.email not in page
    assert client.get(reverse("wagtailusers_users:edit", args=[person.user.pk])).status_code == 302


def test_a_technician_is_kept_by_technicians_alone(client, superuser):
    technician = UserFactory(is_superuser=True)
    Authenticator.objects.create(user=technician, type="totp", data={})

    edit(client, technician, email="overtaget@example.org")
    client.post(reverse("wagtailusers_users:reset_second_factor", args=[technician.pk]))

    technician.refresh_from_db()
    assert technician.email != "overtaget@example.org"
    assert Authenticator.objects.filter(user=technician).exists()


def test_nobody_is_deleted_or_changed_by_the_dozen(client, colleague):
    person = mayor_of("Fanø")
    give_sign_in(person)
    users = f"?id={colleague.pk}&id={person.user.pk}"

    client.post(reverse("wagtailusers_users:delete", args=[colleague.pk]))
    for action in ("delete", "set_active_state", "assign_role"):
        client.post(f"/admin/bulk/auth/user/{action}/{users}", {"mark_as_active": "", "role": ids(SUPERUSERS)[0]})

    for user in (colleague, person.user):
        user.refresh_from_db()
        assert user.is_active
        assert not user.groups.filter(name=SUPERUSERS).exists()


def test_a_lost_telephone_is_reset_by_a_colleague_and_the_journal_says_who(client, superuser, colleague):
    Authenticator.objects.create(user=colleague, type="totp", data={})
    theirs = Client()
    theirs.force_login(colleague, backend=BACKEND)
    address = reverse("wagtailusers_users:reset_second_factor", args=[colleague.pk])

    offered = client.get(reverse("wagtailusers_users:edit", args=[colleague.pk])).content.decode()
    asked = client.get(address)
    answer = client.post(address, follow=True)

    assert address in offered
    assert asked.status_code == 200
    assert address not in answer.content.decode()
    assert not Authenticator.objects.filter(user=colleague).exists()
    assert theirs.get("/admin/").status_code == 302
    [fact] = Fact.objects.about(colleague)
    assert (fact.kind, fact.by) == (kinds.SECOND_FACTOR_RESET, superuser)


def test_the_list_asks_the_database_as_often_for_thirty_as_for_one(client, colleague, django_assert_max_num_queries):
    index = reverse("wagtailusers_users:index")
    client.get(index)
    with django_assert_max_num_queries(30) as few:
        client.get(index)
    for number in range(15):
        give_staff_sign_in(f"kollega{number}@example.org", f"Kollega {number}", Group.objects.filter(name=EDITORS))

    with django_assert_max_num_queries(30) as many:
        client.get(index)

    assert len(many) == len(few)


def test_staff_find_their_two_step_sign_in_among_their_own_settings(client, colleague):
    assert reverse("mfa_index") in client.get(reverse("wagtailadmin_account")).content.decode()


def test_the_first_superuser_is_added_at_the_console(db, capsys):
    make_roles()

    call_command("add_staff", "Foerste@example.org", "Den Første", SUPERUSERS)

    user = user_with("foerste@example.org")
    assert (user.get_full_name(), user.groups.get().name) == ("Den Første", SUPERUSERS)
    assert Fact.objects.about(user).get().by is None
    with pytest.raises(CommandError, match=SUPERUSERS):
        call_command("add_staff", "foerste@example.org", "Den Første", "Chef")
