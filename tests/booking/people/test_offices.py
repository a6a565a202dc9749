from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from booking.people.audiences import Audience, NotForYou
from booking.people.models import Office, OfficeKind, Person
from tests.factories import (
    ElectionTermFactory,
    MunicipalityFactory,
    OfficeFactory,
    PersonFactory,
    mayor_of,
    secretary_of,
)

ELECTED = date(2026, 1, 1)
LATER = date(2027, 5, 5)


@pytest.fixture
def terms(db):
    ElectionTermFactory(starts_on=date(2022, 1, 1), ends_on=date(2025, 12, 31))
    ElectionTermFactory(starts_on=ELECTED, ends_on=date(2029, 12, 31))


def mayors(**rule) -> Audience:
    return Audience.objects.create(name="Borgmestre", offices=[OfficeKind.MAYOR], **rule)


def test_a_sitting_mayor_is_admitted_by_the_office(terms):
    mayor = mayor_of("Fanø")

    assert mayors().admit(mayor, on=LATER) == mayor.offices.get()


@pytest.mark.parametrize(
    ("day", "admitted"),
    [(date(2021, 12, 31), False), (date(2022, 1, 1), True), (date(2025, 12, 31), True), (ELECTED, False)],
)
def test_the_office_must_be_held_on_the_day(terms, day, admitted):
    mayor = mayor_of("Fanø", ends_on=date(2025, 12, 31))

    assert mayors().admits(mayor, on=day) is admitted


def test_another_office_is_not_admitted(terms):
    director = OfficeFactory(kind=OfficeKind.MUNICIPAL_DIRECTOR).person

    with pytest.raises(NotForYou):
        mayors().admit(director, on=LATER)


def test_newly_elected_did_not_hold_it_in_the_term_before(terms):
    newcomer, veteran = mayor_of("Fanø", starts_on=ELECTED), mayor_of("Ærø")

    audience = mayors(newly_elected=True)

    assert audience.admits(newcomer, on=LATER)
    assert not audience.admits(veteran, on=LATER)


def test_a_mayor_who_moved_to_another_municipality_is_not_newly_elected(terms):
    mayor = mayor_of("Fanø", ends_on=date(2025, 12, 31))
    OfficeFactory(person=mayor, municipality=MunicipalityFactory(name="Ærø"), starts_on=ELECTED)

    assert not mayors(newly_elected=True).admits(mayor, on=LATER)


def test_a_mayor_back_after_a_term_away_is_newly_elected(terms):
    mayor = mayor_of("Fanø", starts_on=date(2018, 1, 1), ends_on=date(2021, 12, 31))
    OfficeFactory(person=mayor, municipality=MunicipalityFactory(name="Fanø"), starts_on=ELECTED)

    assert mayors(newly_elected=True).admits(mayor, on=LATER)


def test_an_audience_can_be_kept_to_some_municipalities(terms):
    here, there = mayor_of("Ballerup"), mayor_of("Fanø")
    audience = mayors()
    audience.municipalities.add(MunicipalityFactory(name="Ballerup"))
    audience = Audience.objects.get()

    assert audience.admits(here, on=LATER)
    assert not audience.admits(there, on=LATER)


def test_one_sitting_mayor_per_municipality(db):
    mayor_of("Fanø")

    with pytest.raises(IntegrityError):
        mayor_of("Fanø")


def test_mayors_of_one_municipality_may_not_overlap(db):
    mayor_of("Fanø")
    early = Office(
        person=PersonFactory(),
        kind=OfficeKind.MAYOR,
        municipality=MunicipalityFactory(name="Fanø"),
        starts_on=date(2021, 6, 1),
        ends_on=date(2022, 1, 1),
    )

    with pytest.raises(ValidationError):
        early.full_clean()


def test_nobody_is_mayor_of_two(db):
    mayor = mayor_of("Fanø")

    with pytest.raises(IntegrityError):
        OfficeFactory(person=mayor, municipality=MunicipalityFactory(name="Ærø"))


@pytest.mark.parametrize(
    ("day", "acts"), [(date(2021, 12, 31), False), (date(2022, 1, 1), True), (date(2026, 5, 5), True), (LATER, False)]
)
def test_a_secretary_acts_from_a_day_to_a_day(db, day, acts):
    mayor = mayor_of("Fanø")
    secretary = secretary_of(mayor)
    secretary.acts_for.update(ends_on=date(2026, 5, 5))

    assert secretary.may_act_for(mayor, day) is acts


def test_a_secretary_acts_for_their_own_principals_only(db):
    secretary = secretary_of(mayor_of("Fanø"), mayor_of("Ærø"))
    stranger = mayor_of("Ballerup")

    assert secretary.principals(LATER).count() == 2
    assert not secretary.may_act_for(stranger, LATER)
    assert stranger.may_act_for(stranger, LATER)


def test_terms_may_not_overlap(db):
    ElectionTermFactory()
    other = ElectionTermFactory.build(starts_on=date(2029, 1, 1), ends_on=date(2032, 12, 31))

    with pytest.raises(ValidationError):
        other.full_clean()


def test_an_empty_address_is_none_so_that_many_may_lack_one(db):
    for _number in range(2):
        person = Person(name="Tidligere borgmester", email="")
        person.full_clean()
        person.save()

    assert Person.objects.filter(email=None).count() == 2
