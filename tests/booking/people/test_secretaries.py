"""An office holder names secretaries and ends it; what they do is done for somebody."""

from datetime import date, datetime, timedelta

import pytest
import time_machine

from booking.dates import COPENHAGEN
from booking.journal.kinds import SECRETARY_ENDED, SECRETARY_NAMED
from booking.journal.models import Fact
from booking.models import Person, Secretary
from booking.people.secretaries import (
    NAMED_A_DAY,
    HoldsNoOffice,
    OwnSecretary,
    TooMany,
    end_secretary,
    name_secretary,
)
from booking.people.signin import give_staff_sign_in, user_with
from tests.factories import PersonFactory, mayor_of, secretary_of

NOW = datetime(2027, 1, 11, 9, tzinfo=COPENHAGEN)
TODAY = NOW.date()

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def january():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def mayor():
    return mayor_of("Fanø")


def name(principal, email="Solveig@Example.org", called="Solveig Holm", **changes):
    return name_secretary(principal, email=email, name=called, **{"by": principal.user, "now": NOW} | changes)


def test_a_new_address_makes_a_person_who_can_sign_in(mayor):
    link = name(mayor)

    secretary = Person.objects.get(email="solveig@example.org")
    assert (secretary.name, link.secretary) == ("Solveig Holm", secretary)
    assert user_with("solveig@example.org").person == secretary
    assert secretary.may_act_for(mayor, TODAY)
    fact = Fact.objects.about(link).get()
    assert (fact.kind, fact.by, fact.on_behalf_of, fact.details) == (SECRETARY_NAMED, mayor.user, mayor, {})


def test_an_address_in_the_register_is_that_person_whatever_they_are_called(mayor):
    known = PersonFactory(name="Solveig Hedegaard Holm", email="solveig@example.org")

    link = name(mayor, called="Solle")

    known.refresh_from_db()
    assert link.secretary == known
    assert known.name == "Solveig Hedegaard Holm"
    assert link.name_for_principal == "Solle"


def test_a_known_person_without_sign_in_gets_one(mayor):
    known = PersonFactory(email="solveig@example.org", user=None)

    name(mayor)

    known.refresh_from_db()
    assert known.user.email == "solveig@example.org"


def test_nobody_renames_the_staff_of_the_house(mayor):
    user = give_staff_sign_in("kursus@example.org", "Kirsten Kursus", [])

    name(mayor, "kursus@example.org", "Et andet navn")

    user.refresh_from_db()
    assert user.get_full_name() == "Kirsten Kursus"
    assert user.person.name == "Kirsten Kursus"


def test_the_last_day_counts(mayor):
    secretary = name(mayor, ends_on=date(2027, 1, 31)).secretary

    assert secretary.may_act_for(mayor, date(2027, 1, 31))
    assert not secretary.may_act_for(mayor, date(2027, 2, 1))
    assert Fact.objects.get().details == {"ends_on": "2027-01-31"}


def test_naming_again_changes_the_last_day(mayor):
    name(mayor, ends_on=date(2027, 1, 31))

    name(mayor)

    assert Secretary.objects.get().ends_on is None


@pytest.mark.parametrize("office", [{"ends_on": date(2027, 1, 10)}, {"starts_on": date(2027, 1, 12)}])
def test_whoever_holds_no_office_today_names_nobody(office):
    former = mayor_of("Ærø", **office)

    with pytest.raises(HoldsNoOffice):
        name(former)

    assert not Person.objects.filter(email="solveig@example.org").exists()


def test_nobody_names_themselves(mayor):
    with pytest.raises(OwnSecretary):
        name(mayor, mayor.email.upper())


def test_a_secretary_names_nobody_for_herself(mayor):
    with pytest.raises(HoldsNoOffice):
        name(secretary_of(mayor))


def test_the_mails_that_one_can_cause_are_counted(mayor, january):
    for number in range(NAMED_A_DAY):
        name(mayor, f"s{number}@example.org")
    with pytest.raises(TooMany):
        name(mayor)
    name(mayor_of("Ærø"))

    january.shift(timedelta(days=1))
    name(mayor, now=NOW + timedelta(days=1))


def test_ending_it_holds_at_once(mayor):
    link = name(mayor)

    end_secretary(link, by=mayor.user, now=NOW)

    assert not link.secretary.may_act_for(mayor, TODAY)
    fact = Fact.objects.get(kind=SECRETARY_ENDED)
    assert (fact.by, fact.on_behalf_of) == (mayor.user, mayor)


def test_ending_twice_is_told_once(mayor):
    link = name(mayor)

    end_secretary(link, by=mayor.user, now=NOW)
    end_secretary(link, by=mayor.user, now=NOW)

    assert Fact.objects.filter(kind=SECRETARY_ENDED).count() == 1


def test_whoever_was_ended_today_can_be_named_again_today(mayor):
    link = name(mayor)
    end_secretary(link, by=mayor.user, now=NOW)

    again = name(mayor)

    assert again == link
    assert link.secretary.may_act_for(mayor, TODAY)


def test_an_end_that_has_passed_stays_as_it_was(mayor):
    secretary_of(mayor)
    Secretary.objects.update(ends_on=date(2026, 5, 1))

    end_secretary(Secretary.objects.get(), by=mayor.user, now=NOW)

    assert Secretary.objects.get().ends_on == date(2026, 5, 1)
