"""Who signs in with which address: the register decides, at once."""

from django.contrib.auth.models import Group

from booking.people.signin import give_sign_in, give_staff_sign_in, user_with
from tests.factories import PersonFactory, UserFactory


def person_with(email, **kwargs):
    return PersonFactory(email=email, user=None, **kwargs)


def test_a_sign_in_has_an_opaque_name_and_no_password(db):
    user = give_sign_in(person_with("fanoe@example.org"))

    assert "fanoe" not in user.username
    assert not user.has_usable_password()
    assert user.email == "fanoe@example.org"


def test_giving_a_sign_in_again_changes_nothing(db):
    person = person_with("fanoe@example.org")
    first = give_sign_in(person)

    again = give_sign_in(person)

    assert (again.pk, again.password) == (first.pk, first.password)


def test_an_address_in_the_register_signs_in_without_further_ado(db):
    person = person_with("fanoe@example.org")

    user = user_with(" Fanoe@Example.org ")

    person.refresh_from_db()
    assert user == person.user


def test_a_changed_address_takes_over_at_once(db):
    person = person_with("gammel@example.org")
    user = give_sign_in(person)

    person.email = "ny@example.org"
    person.save()

    assert user_with("gammel@example.org") is None
    assert user_with("ny@example.org") == user


def test_a_person_without_an_address_has_no_sign_in(db):
    person = person_with("fanoe@example.org")
    user = give_sign_in(person)

    person.email = None
    person.save()

    assert give_sign_in(person) is None
    assert person.user is None
    user.refresh_from_db()
    assert user.email == ""
    assert user_with("fanoe@example.org") is None


def test_a_changed_address_signs_out_everywhere(db, client):
    person = person_with("gammel@example.org")
    client.force_login(give_sign_in(person))
    assert client.get("/min-side/").status_code == 200

    person.email = "ny@example.org"
    person.save()
    give_sign_in(person)

    assert client.get("/min-side/").status_code == 302


def test_an_unchanged_address_signs_nobody_out(db, client):
    person = person_with("fanoe@example.org")
    client.force_login(give_sign_in(person))

    give_sign_in(person)

    assert client.get("/min-side/").status_code == 200


def test_an_address_can_move_from_one_person_to_another(db):
    first, second = person_with("kontor@example.org"), person_with("anden@example.org")
    give_sign_in(first)
    give_sign_in(second)

    first.email = "ny@example.org"
    first.save()
    second.email = "kontor@example.org"
    second.save()

    second.refresh_from_db()
    assert user_with("kontor@example.org") == second.user


def test_staff_sign_in_with_their_groups(db):
    editors = Group.objects.create(name="Redaktører")

    user = give_staff_sign_in("Redaktion@example.org", "Redaktionen", [editors])

    assert user_with("redaktion@example.org") == user
    assert list(user.groups.all()) == [editors]
    assert not user.has_usable_password()
    assert give_staff_sign_in("redaktion@example.org", "Redaktionen", [editors]) == user


def test_the_register_cannot_hand_a_staff_account_to_another_address(db):
    staff = give_staff_sign_in("redaktion@example.org", "Redaktionen", [Group.objects.create(name="Redaktører")])
    person = person_with("redaktion@example.org")
    assert give_sign_in(person) == staff

    person.email = "fremmed@example.org"
    person.save()

    assert user_with("fremmed@example.org") != staff
    assert user_with("redaktion@example.org") == staff


def test_a_deactivated_user_stays_out(db):
    person = person_with("fanoe@example.org")
    user = give_sign_in(person)
    user.is_active = False
    user.save()

    assert user_with("fanoe@example.org") is None


def test_nobody_has_the_empty_address(db):
    PersonFactory(email=None, user=None)

    assert user_with("") is None


# Whoever is no longer in the register


def test_a_user_who_is_neither_in_the_register_nor_staff_signs_in_no_more(db):
    UserFactory(email="ingen@example.org")

    assert user_with("ingen@example.org") is None


def test_a_deleted_person_signs_in_no_more_and_leaves_no_address(db, client):
    person = person_with("fanoe@example.org", name="Frida Holm")
    user = give_sign_in(person)
    client.force_login(user)

    person.delete()

    user.refresh_from_db()
    assert (user.email, user.first_name, user.last_login) == ("", "", None)
    assert user_with("fanoe@example.org") is None
    assert client.get("/min-side/").status_code == 302


def test_staff_who_are_deleted_in_the_register_still_come_to_their_desk(db):
    staff = give_staff_sign_in("redaktion@example.org", "Redaktionen", [Group.objects.create(name="Redaktører")])
    person = person_with("redaktion@example.org")
    give_sign_in(person)

    person.delete()

    assert user_with("redaktion@example.org") == staff


def test_nobody_takes_the_place_of_staff_with_their_address(db):
    """However the address came on the person, the code that is sent to it opens the desk."""
    staff = give_staff_sign_in("redaktion@example.org", "Redaktionen", [Group.objects.create(name="Redaktører")])
    person = person_with("anden@example.org")
    former = give_sign_in(person)

    person.email = "redaktion@example.org"
    person.save()

    assert user_with("redaktion@example.org") == staff
    former.refresh_from_db()
    assert former.email == ""
    person.refresh_from_db()
    assert person.user == staff


def test_an_address_that_only_looks_like_that_of_staff_takes_nothing_from_them(db):
    """PostgreSQL takes a dotless i for an i."""
    staff = give_staff_sign_in("ingrid@example.org", "Ingrid", [Group.objects.create(name="Redaktører")])

    give_sign_in(person_with("\u0131ngrid@example.org"))

    assert user_with("ingrid@example.org") == staff
