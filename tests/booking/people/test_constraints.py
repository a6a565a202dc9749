"""What the database itself refuses, on SQLite and PostgreSQL, also when two write at once."""

import itertools
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations.writer import MigrationWriter

from booking.people.constraints import AtMostOnAnyDay
from booking.people.models import ElectionTerm, HealthCouncil, Municipality, Office, OfficeKind, Person
from tests.factories import ElectionTermFactory, MunicipalityFactory, OfficeFactory, PersonFactory, mayor_of

NEW_YEAR = date(2026, 1, 1)
EVE = NEW_YEAR - timedelta(days=1)


def refused(**office) -> bool:
    """Whether the database refuses the office; a form must say the same."""
    built = OfficeFactory.build(**{"municipality": None, **office})
    try:
        built.full_clean()
    except ValidationError:
        formless = True
    else:
        formless = False
    try:
        with transaction.atomic():
            built.save()
    except IntegrityError:
        assert formless, "the form would have let it through"
        return True
    assert not formless, "the form refuses what the database takes"
    built.delete()
    return False


@pytest.fixture
def council(db):
    return HealthCouncil.objects.create(name="Sundhedsråd Sydvestjylland", region="Region Syddanmark")


# Mayors


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "is_refused"),
    [
        (date(2018, 1, 1), date(2021, 12, 31), False),
        (date(2018, 1, 1), date(2022, 1, 1), True),
        (date(2018, 1, 1), None, True),
        (date(2023, 1, 1), date(2023, 12, 31), True),
        (EVE, None, True),
        (NEW_YEAR, None, False),
    ],
    ids=["before", "a day too long", "for ever", "within", "a day too early", "after"],
)
def test_a_municipality_has_one_mayor_on_any_day(db, starts_on, ends_on, is_refused):
    mayor_of("Fanø", ends_on=EVE)
    fanoe = MunicipalityFactory(name="Fanø")

    assert refused(person=PersonFactory(), municipality=fanoe, starts_on=starts_on, ends_on=ends_on) is is_refused


@pytest.mark.parametrize(("starts_on", "is_refused"), [(EVE, True), (NEW_YEAR, False)])
def test_nobody_is_mayor_of_two_on_any_day(db, starts_on, is_refused):
    mayor = mayor_of("Fanø", ends_on=EVE)

    assert refused(person=mayor, municipality=MunicipalityFactory(name="Ærø"), starts_on=starts_on) is is_refused


def test_an_office_that_is_moved_is_held_to_the_same(db):
    mayor_of("Fanø")
    elsewhere = mayor_of("Ærø").offices.get()

    with pytest.raises(IntegrityError), transaction.atomic():
        Office.objects.filter(pk=elsewhere.pk).update(municipality=MunicipalityFactory(name="Fanø"))
    deputy = OfficeFactory(kind=OfficeKind.DEPUTY_MAYOR, municipality=MunicipalityFactory(name="Fanø"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Office.objects.filter(pk=deputy.pk).update(kind=OfficeKind.MAYOR)


def test_an_office_can_be_saved_again(db):
    office = mayor_of("Fanø").offices.get()

    office.full_clean()
    office.save()


def test_nobody_holds_the_same_office_twice(db):
    chair = OfficeFactory(kind=OfficeKind.COMMITTEE_CHAIR)
    same = {"person": chair.person, "municipality": chair.municipality}

    assert refused(**same, kind=OfficeKind.COMMITTEE_CHAIR, starts_on=NEW_YEAR)
    assert not refused(**same, kind=OfficeKind.COUNCIL_MEMBER, starts_on=NEW_YEAR)
    assert not refused(person=PersonFactory(), municipality=chair.municipality, kind=OfficeKind.COMMITTEE_CHAIR)


def test_the_refusal_is_said_in_words(db):
    mayor = mayor_of("Fanø")
    second = OfficeFactory.build(person=mayor, municipality=MunicipalityFactory(name="Ærø"))

    with pytest.raises(ValidationError) as refusal:
        second.full_clean()

    assert refusal.value.error_dict["__all__"][0].code == "nobody_is_mayor_of_two"


# Health councils


def member(municipality: Municipality, council: HealthCouncil, **office) -> Office:
    return OfficeFactory(
        kind=OfficeKind.HEALTH_COUNCIL_MEMBER, municipality=municipality, health_council=council, **office
    )


def test_a_municipality_whose_last_member_has_left_is_one_without(council):
    last = member(MunicipalityFactory(name="Fanø"), council, ends_on=date(2027, 5, 5))
    member(MunicipalityFactory(name="Ærø"), council)

    def without(day: int) -> list[Municipality]:
        return list(Municipality.objects.without(OfficeKind.HEALTH_COUNCIL_MEMBER, date(2027, 5, day)))

    assert without(5) == []
    assert without(6) == [last.municipality]


def test_a_fourth_health_council_member_is_refused(council):
    fanoe = MunicipalityFactory(name="Fanø")
    for _number in range(3):
        member(fanoe, council)

    fourth = {"municipality": fanoe, "health_council": council, "kind": OfficeKind.HEALTH_COUNCIL_MEMBER}
    assert refused(person=PersonFactory(), **fourth)
    assert not refused(person=PersonFactory(), **fourth | {"municipality": MunicipalityFactory(name="Varde")})


def test_a_seat_on_the_health_council_passes_from_one_to_another(council):
    fanoe = MunicipalityFactory(name="Fanø")
    member(fanoe, council, ends_on=EVE)
    member(fanoe, council, starts_on=NEW_YEAR)
    for _number in range(2):
        member(fanoe, council)

    assert Office.objects.count() == 4
    fourth = {"municipality": fanoe, "health_council": council, "kind": OfficeKind.HEALTH_COUNCIL_MEMBER}
    assert refused(person=PersonFactory(), **fourth, starts_on=EVE, ends_on=EVE)


def test_a_health_council_member_sits_on_the_council_of_the_municipality(council):
    fanoe = MunicipalityFactory(name="Fanø", health_council=council)
    office = OfficeFactory.build(
        person=PersonFactory(), municipality=fanoe, kind=OfficeKind.HEALTH_COUNCIL_MEMBER, health_council=None
    )

    office.full_clean()

    assert office.health_council == council


def test_without_a_known_council_nobody_is_a_member(council):
    office = OfficeFactory.build(
        person=PersonFactory(), municipality=MunicipalityFactory(name="Fanø"), kind=OfficeKind.HEALTH_COUNCIL_MEMBER
    )

    with pytest.raises(ValidationError):
        office.full_clean()
    with pytest.raises(IntegrityError):
        office.save()


def test_no_other_office_has_a_health_council(council):
    with pytest.raises(IntegrityError):
        OfficeFactory(kind=OfficeKind.MAYOR, health_council=council)


# Election terms


def test_the_database_keeps_terms_apart(db):
    ElectionTermFactory(starts_on=NEW_YEAR, ends_on=date(2029, 12, 31))

    with pytest.raises(IntegrityError), transaction.atomic():
        ElectionTerm.objects.create(starts_on=date(2029, 12, 31), ends_on=date(2033, 12, 31))
    ElectionTerm.objects.create(starts_on=date(2030, 1, 1), ends_on=date(2033, 12, 31))


# The form and the database agree


@pytest.mark.parametrize("seed", range(5))
def test_the_form_and_the_database_give_the_same_answer(db, seed):
    """Offices at random on a few days, in two municipalities: a small world, so that they meet often."""
    chance = random.Random(seed)
    council = HealthCouncil.objects.create(name="Sundhedsråd", region="Region")
    municipalities = [MunicipalityFactory(name=name) for name in ("Fanø", "Ærø")]
    persons = [PersonFactory() for _number in range(5)]
    taken = 0
    for _number in range(60):
        first = chance.randrange(20)
        kind = chance.choice([OfficeKind.MAYOR, OfficeKind.HEALTH_COUNCIL_MEMBER, OfficeKind.COMMITTEE_CHAIR])
        office = {
            "person": chance.choice(persons),
            "municipality": chance.choice(municipalities),
            "kind": kind,
            "health_council": council if kind == OfficeKind.HEALTH_COUNCIL_MEMBER else None,
            "starts_on": NEW_YEAR + timedelta(days=first),
            "ends_on": chance.choice([None, NEW_YEAR + timedelta(days=first + chance.randrange(8))]),
        }
        if not refused(**office):
            OfficeFactory(**office)
            taken += 1
    assert taken > 5


# Two at once


def at_once(count: int, write) -> list[str]:
    """Run ``write(number)`` in threads of their own, each with its connection, and say how each ended."""
    barrier = threading.Barrier(count)

    def attempt(number):
        barrier.wait()
        try:
            with transaction.atomic():
                write(number)
        except IntegrityError:
            return "refused"
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(count) as pool:
        return sorted(pool.map(attempt, range(count)))


def test_two_mayors_at_once_leave_one(transactional_db):
    fanoe = MunicipalityFactory(name="Fanø")
    persons = [PersonFactory() for _number in range(4)]

    ended = at_once(4, lambda number: OfficeFactory(person=persons[number], municipality=fanoe))

    assert ended == ["done"] + ["refused"] * 3
    assert Office.objects.count() == 1


def test_members_at_once_leave_three(transactional_db):
    council = HealthCouncil.objects.create(name="Sundhedsråd", region="Region")
    fanoe = MunicipalityFactory(name="Fanø")
    persons = [PersonFactory() for _number in range(8)]

    ended = at_once(8, lambda number: member(fanoe, council, person=persons[number]))

    assert ended == ["done"] * 3 + ["refused"] * 5
    assert Office.objects.count() == 3


def test_one_office_at_once_is_held_once(transactional_db):
    fanoe, person = MunicipalityFactory(name="Fanø"), PersonFactory()

    def write(number):
        OfficeFactory(person=person, municipality=fanoe, kind=OfficeKind.COUNCIL_MEMBER)

    assert at_once(4, write) == ["done"] + ["refused"] * 3


# The tables


def test_the_rules_outlive_a_change_of_the_table(transactional_db):
    """SQLite makes a changed table anew, and a trigger goes down with the old one."""
    mayor_of("Fanø", ends_on=EVE)
    old, new = Office._meta.get_field("kind"), models.CharField(max_length=30)
    new.set_attributes_from_name("kind")
    new.model = Office
    for before, after in ((old, new), (new, old)):
        with connection.schema_editor() as editor:
            editor.alter_field(Office, before, after)
    name = Municipality._meta.get_field("name")
    longer = models.CharField(max_length=70, unique=True)
    longer.set_attributes_from_name("name")
    longer.model = Municipality
    for before, after in ((name, longer), (longer, name)):
        with connection.schema_editor() as editor:
            editor.alter_field(Municipality, before, after)

    with pytest.raises(IntegrityError):
        mayor_of("Fanø", starts_on=EVE)


def test_a_rule_can_be_taken_away_and_put_back(transactional_db):
    rules = [rule for rule in Office._meta.constraints if isinstance(rule, AtMostOnAnyDay)]
    assert len(rules) == 4
    mayor_of("Fanø")
    without = [rule for rule in Office._meta.constraints if rule not in rules]

    with_all, Office._meta.constraints = Office._meta.constraints, without
    try:
        with connection.schema_editor() as editor:
            for rule in rules:
                editor.remove_constraint(Office, rule)
        second = mayor_of("Fanø")
        second.offices.all().delete()
    finally:
        Office._meta.constraints = with_all
        with connection.schema_editor() as editor:
            for rule in rules:
                editor.add_constraint(Office, rule)

    with pytest.raises(IntegrityError):
        mayor_of("Fanø")


@pytest.mark.parametrize("rule", Office._meta.constraints[2:], ids=lambda rule: rule.name)
def test_a_rule_can_be_written_into_a_migration(rule):
    path, args, kwargs = rule.deconstruct()

    assert path == "booking.people.constraints.AtMostOnAnyDay"
    assert AtMostOnAnyDay(*args, **kwargs) == rule == rule.clone()
    assert rule != AtMostOnAnyDay(*args, **kwargs | {"limit": 9})
    assert MigrationWriter.serialize(rule)[0].startswith(path)


def test_what_a_form_did_not_ask_for_is_not_judged(db):
    mayor_of("Fanø")
    built = OfficeFactory.build(person=PersonFactory(), municipality=MunicipalityFactory(name="Fanø"))

    built.validate_constraints(exclude={"municipality"})
    with pytest.raises(ValidationError):
        built.validate_constraints()


def test_spans_that_meet_are_counted_on_the_day_they_meet():
    rule = AtMostOnAnyDay(limit=2, name="two")
    first, second, third = (date(2026, 1, day) for day in (1, 2, 3))

    assert rule.holds([(first, second), (second, third)])
    assert not rule.holds([(first, second), (second, third), (second, second)])
    assert rule.holds([*itertools.pairwise([first, second, third]), (third + timedelta(days=1), None)])


def test_persons_are_kept_while_they_hold_offices(db):
    mayor = mayor_of("Fanø")

    with pytest.raises(models.ProtectedError):
        Person.objects.filter(pk=mayor.pk).delete()
