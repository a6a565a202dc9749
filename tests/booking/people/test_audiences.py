"""Whom an audience lets in, on which day, and what it says of itself."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from booking.journal.models import Fact
from booking.people.audiences import Audience, NotForYou, Opening, Refusal
from booking.people.grants import end_access, grant_access
from booking.people.models import ElectionTerm, Office, OfficeKind, Person, Secretary
from booking.signup.standing import CannotBook, admit
from tests.factories import (
    ElectionTermFactory,
    MunicipalityFactory,
    OfficeFactory,
    PersonFactory,
    SessionPageFactory,
    UserFactory,
    mayor_of,
    secretary_of,
)

ELECTED = date(2026, 1, 1)
LATER = date(2027, 5, 5)
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def terms(db):
    for year in (2022, 2026, 2030):
        ElectionTermFactory(starts_on=date(year, 1, 1), ends_on=date(year + 3, 12, 31))


def audience(**rule) -> Audience:
    offices = [] if "opening" in rule else [OfficeKind.MAYOR.value]
    return Audience.objects.create(**{"name": "Målgruppe", "offices": offices, **rule})


def limited_to(*names: str, **rule) -> Audience:
    made = audience(**rule)
    made.municipalities.set([MunicipalityFactory(name=name) for name in names])
    return Audience.objects.get(pk=made.pk)


def refusal(rule: Audience, person: Person, on: date = LATER) -> NotForYou:
    with pytest.raises(NotForYou) as refused:
        rule.admit(person, on=on)
    return refused.value


# Newly elected


@pytest.mark.parametrize(
    ("offices", "on", "is_new"),
    [
        ([("Fanø", ELECTED, None)], LATER, True),
        ([("Fanø", date(2025, 12, 31), None)], LATER, False),
        ([("Fanø", date(2022, 1, 1), None)], LATER, False),
        ([("Fanø", date(2027, 3, 1), None)], LATER, True),
        ([("Fanø", date(2022, 1, 1), date(2022, 1, 1)), ("Fanø", ELECTED, None)], LATER, False),
        ([("Ærø", date(2022, 1, 1), date(2025, 12, 31)), ("Fanø", ELECTED, None)], LATER, False),
        ([("Ærø", date(2018, 1, 1), date(2021, 12, 31)), ("Fanø", ELECTED, None)], LATER, True),
        ([("Fanø", ELECTED, date(2026, 6, 30)), ("Fanø", date(2027, 1, 1), None)], LATER, True),
        ([("Fanø", ELECTED, None)], date(2029, 12, 31), True),
        ([("Fanø", ELECTED, None)], date(2030, 1, 1), False),
        ([("Fanø", ELECTED, None)], date(2025, 12, 31), False),
        ([("Fanø", date(2034, 1, 1), None)], date(2034, 5, 5), False),
    ],
    ids=[
        "since the election",
        "since the day before",
        "since the election before",
        "in mid-term",
        "a day in the term before",
        "elsewhere in the term before",
        "two terms ago",
        "twice in this term",
        "on the term's last day",
        "in the next term",
        "before it begins",
        "in a term that nobody knows",
    ],
)
def test_newly_elected_is_by_the_terms(terms, offices, on, is_new):
    person = PersonFactory()
    for name, starts_on, ends_on in offices:
        last = OfficeFactory(
            person=person, municipality=MunicipalityFactory(name=name), starts_on=starts_on, ends_on=ends_on
        )

    assert last.is_newly_elected(on) is is_new
    assert Office.objects.newly_elected(on).filter(person=person).exists() is is_new
    assert audience(newly_elected=True).admits(person, on=on) is is_new


def test_another_office_in_the_term_before_does_not_count(terms):
    deputy = OfficeFactory(kind=OfficeKind.DEPUTY_MAYOR, ends_on=date(2025, 12, 31)).person
    OfficeFactory(person=deputy, starts_on=ELECTED)

    assert audience(newly_elected=True).admits(deputy, on=LATER)


def test_the_term_before_is_four_years_also_when_the_register_lacks_it(db):
    ElectionTermFactory(starts_on=ELECTED, ends_on=date(2029, 12, 31))
    ElectionTermFactory(starts_on=date(2014, 1, 1), ends_on=date(2017, 12, 31))
    veteran = mayor_of("Fanø", starts_on=date(2022, 1, 1))
    old_hand = mayor_of("Ærø", starts_on=date(2018, 1, 1), ends_on=date(2021, 12, 31))
    OfficeFactory(person=old_hand, municipality=MunicipalityFactory(name="Ærø"), starts_on=ELECTED)

    assert ElectionTerm.objects.at(LATER).before() == (date(2022, 1, 1), date(2025, 12, 31))
    assert not audience(newly_elected=True).admits(veteran, on=LATER)
    assert Audience.objects.get().admits(old_hand, on=LATER)


def test_all_the_newly_elected_are_found_at_once(terms, django_assert_num_queries):
    for number in range(20):
        mayor_of(f"Kommune {number}", starts_on=ELECTED if number < 8 else date(2022, 1, 1))

    rule = audience(newly_elected=True)
    assert rule.municipalities.count() == 0
    with django_assert_num_queries(4):  # the municipalities, two terms, the persons
        assert len(rule.admitted(LATER)) == 8


# Why not


def test_the_refusal_says_that_the_office_ended(terms):
    mayor = mayor_of("Fanø", ends_on=date(2025, 12, 31))

    refused = refusal(audience(), mayor)

    assert refused.reason == Refusal.OFFICE_ENDED
    assert refused.office == mayor.offices.get()


def test_the_refusal_says_that_the_office_has_not_begun(terms):
    assert refusal(audience(), mayor_of("Fanø", starts_on=date(2027, 6, 1))).reason == Refusal.OFFICE_NOT_BEGUN


def test_the_refusal_says_that_it_is_another_municipality(terms):
    rule = limited_to("Ballerup")

    refused = refusal(rule, mayor_of("Fanø"))

    assert refused.reason == Refusal.WRONG_MUNICIPALITY
    assert refused.office.municipality.name == "Fanø"


def test_the_refusal_says_that_one_is_not_newly_elected(terms):
    assert refusal(audience(newly_elected=True), mayor_of("Fanø")).reason == Refusal.NOT_NEWLY_ELECTED


def test_the_refusal_says_that_there_is_no_such_office(terms):
    refused = refusal(audience(), OfficeFactory(kind=OfficeKind.MUNICIPAL_DIRECTOR).person)

    assert refused.reason == Refusal.NO_OFFICE
    assert refused.office is None


def test_a_signing_up_hands_the_reason_on(terms):
    session = SessionPageFactory()

    with pytest.raises(CannotBook) as refused:
        admit(session, mayor_of("Fanø", ends_on=date(2025, 12, 31)))

    assert refused.value.refusal.reason == Refusal.OFFICE_ENDED


# Open audiences


def test_everyone_in_office_is_let_in_and_those_who_act_for_them(terms):
    rule = audience(opening=Opening.REGISTER)
    mayor, director = mayor_of("Fanø"), OfficeFactory(kind=OfficeKind.MUNICIPAL_DIRECTOR).person
    secretary, stranger = secretary_of(mayor), PersonFactory()

    assert rule.admit(mayor, on=LATER) == mayor.offices.get()
    assert rule.admit(director, on=LATER) == director.offices.get()
    assert rule.admit(secretary, on=LATER) is None
    assert refusal(rule, stranger).reason == Refusal.NO_OFFICE


def test_a_secretary_is_let_in_as_long_as_somebody_she_acts_for_is_in_office(terms):
    rule = audience(opening=Opening.REGISTER)
    secretary = secretary_of(mayor_of("Fanø", ends_on=date(2027, 5, 4)))

    assert rule.admits(secretary, on=date(2027, 5, 4))
    assert not rule.admits(secretary, on=LATER)


def test_those_who_left_are_let_in_to_nothing_new(terms):
    former = mayor_of("Fanø", ends_on=date(2025, 12, 31))

    for opening in (Opening.REGISTER, Opening.ANYONE):
        assert refusal(audience(name=opening, opening=opening), former).reason == Refusal.OFFICE_ENDED


def test_anyone_is_let_in_when_it_is_known_which_municipality_they_come_from(terms):
    rule = audience(opening=Opening.ANYONE)
    employee = PersonFactory(municipality=MunicipalityFactory(name="Fanø"))

    assert rule.admit(employee, on=LATER) is None
    assert refusal(rule, PersonFactory()).reason == Refusal.NO_MUNICIPALITY


def test_whoever_comes_without_an_office_still_has_a_payer(terms):
    mayor = mayor_of("Fanø")
    session = SessionPageFactory(audience=audience(opening=Opening.ANYONE))

    assert admit(session, mayor).office == mayor.offices.get()
    admission = admit(session, secretary_of(mayor))
    assert (admission.office, admission.municipality.name) == (None, "Fanø")
    assert admit(session, PersonFactory(municipality=MunicipalityFactory(name="Ærø"))).municipality.name == "Ærø"


def test_an_open_audience_can_be_kept_to_some_municipalities(terms):
    rule = limited_to("Ballerup", opening=Opening.ANYONE)

    assert rule.admits(mayor_of("Ballerup"), on=LATER)
    assert rule.admits(secretary_of(mayor_of("Ballerup", kind=OfficeKind.COMMITTEE_CHAIR)), on=LATER)
    assert refusal(rule, mayor_of("Fanø")).reason == Refusal.WRONG_MUNICIPALITY
    assert not rule.admits(secretary_of(mayor_of("Ærø")), on=LATER)


def test_an_audience_needs_an_office_or_is_open():
    with pytest.raises(ValidationError):
        Audience(name="Ingen", offices=[]).clean()
    opened = Audience(name="Alle", opening=Opening.ANYONE, offices=["mayor"], newly_elected=True)
    opened.clean()
    assert (opened.offices, opened.newly_elected) == ([], False)


# Exceptions


@pytest.mark.parametrize(("on", "admitted"), [(LATER, True), (LATER + timedelta(days=1), False)])
def test_an_exception_holds_to_the_end_of_its_last_day(terms, on, admitted):
    director = OfficeFactory(kind=OfficeKind.MUNICIPAL_DIRECTOR).person
    rule = audience()
    grant_access(rule, director, reason="Afløser", ends_on=LATER, by=UserFactory(), now=NOW)

    assert rule.admits(director, on=on) is admitted
    if admitted:
        assert rule.admit(director, on=on) == director.offices.get()


def test_an_exception_is_for_one_person_and_one_audience(terms):
    guest, other = (OfficeFactory(kind=OfficeKind.COUNCIL_MEMBER).person for _number in range(2))
    rule, second = audience(), audience(name="En anden")
    grant_access(rule, guest, reason="Oplægsholder", ends_on=LATER, by=UserFactory(), now=NOW)

    assert rule.admits(guest, on=LATER)
    assert not rule.admits(other, on=LATER)
    assert not second.admits(guest, on=LATER)


def test_an_exception_without_a_municipality_lets_nobody_in(terms):
    stranger = PersonFactory()
    rule = audience()
    grant_access(rule, stranger, reason="Gæst", ends_on=LATER, by=UserFactory(), now=NOW)

    assert refusal(rule, stranger).reason == Refusal.NO_MUNICIPALITY


def test_an_exception_that_is_ended_ends_at_once_and_is_written_down(terms):
    guest = OfficeFactory(kind=OfficeKind.COUNCIL_MEMBER).person
    rule, staff = audience(), UserFactory()
    grant = grant_access(rule, guest, reason="Oplægsholder", ends_on=LATER, by=staff, now=NOW)

    end_access(grant, by=staff, now=NOW)
    end_access(grant, by=staff, now=NOW)

    assert not rule.admits(guest, on=date(2026, 11, 1))
    facts = Fact.objects.about(grant).order_by("pk")
    assert [(fact.kind, fact.by, fact.on_behalf_of) for fact in facts] == [
        ("access_granted", staff, guest),
        ("access_ended", staff, guest),
    ]
    assert "Oplægsholder" not in str([fact.details for fact in facts])


# One and all agree


@pytest.mark.parametrize("seed", range(6))
def test_one_by_one_and_all_at_once_give_the_same_answer(terms, seed):
    chance = random.Random(seed)
    places = [MunicipalityFactory(name=f"Kommune {number}") for number in range(3)]
    days = [date(year, month, 1) for year in range(2021, 2031) for month in (1, 7)]
    persons = [PersonFactory(municipality=chance.choice([None, None, None, *places])) for _number in range(14)]
    for person in persons:
        for kind in chance.sample([OfficeKind.COUNCIL_MEMBER, OfficeKind.COMMITTEE_CHAIR], chance.randrange(3)):
            first = chance.choice(days)
            last = chance.choice([None, first + timedelta(days=chance.randrange(1500))])
            OfficeFactory(person=person, municipality=chance.choice(places), kind=kind, starts_on=first, ends_on=last)
    for _number in range(8):
        secretary, principal = chance.sample(persons, 2)
        Secretary.objects.get_or_create(
            secretary=secretary,
            principal=principal,
            starts_on=chance.choice(days),
            defaults={"ends_on": chance.choice([None, date(2031, 1, 1)])},
        )
    staff = UserFactory()
    let_in = 0
    for number, opening in enumerate([*Opening, *Opening, *Opening]):
        offices = [OfficeKind.COUNCIL_MEMBER.value, OfficeKind.COMMITTEE_CHAIR.value][: 1 + number % 2]
        rule = audience(
            name=f"Målgruppe {number}",
            opening=opening,
            offices=offices if opening == Opening.OFFICES else [],
            newly_elected=opening == Opening.OFFICES and chance.random() < 0.5,
        )
        rule.municipalities.set(chance.sample(places, chance.randrange(3)))
        for guest in chance.sample(persons, 2):
            grant_access(rule, guest, reason="Gæst", ends_on=chance.choice(days), by=staff, now=NOW)
        for on in chance.sample(days, 4):
            rule = Audience.objects.get(pk=rule.pk)
            one_by_one = {person for person in persons if rule.admits(person, on=on)}
            assert set(rule.admitted(on)) == one_by_one
            assert all(person.municipality_on(on) for person in one_by_one)
            let_in += len(one_by_one)
    assert let_in > 50


# What it says of itself


def in_english(rule: Audience, on: date = LATER) -> str:
    with translation.override("en"):
        return Audience.objects.get(pk=rule.pk).sentence(on)


def test_the_sentence_says_whom_and_how_many(terms):
    for name in ("Fanø", "Ærø"):
        mayor_of(name)

    assert in_english(audience()) == "Mayors in all municipalities. Today that is 2 persons."


def test_the_sentence_names_a_few_municipalities_and_counts_many(terms):
    few = limited_to("Fanø", "Ærø", newly_elected=True)
    many = limited_to(*(f"Kommune {number}" for number in range(5)), name="Mange")
    mayor_of("Kommune 3")

    assert in_english(few) == "Newly elected mayors in Fanø and Ærø. Today that is nobody."
    assert in_english(many) == "Mayors in 5 chosen municipalities. Today that is 1 person."


def test_the_sentence_counts_exceptions(terms):
    mayor_of("Fanø")
    rule = audience(offices=[OfficeKind.MAYOR.value, OfficeKind.DEPUTY_MAYOR.value])
    director = OfficeFactory(kind=OfficeKind.MUNICIPAL_DIRECTOR).person
    grant_access(rule, director, reason="Makker", ends_on=LATER, by=UserFactory(), now=NOW)
    grant_access(rule, Person.objects.first(), reason="Alligevel", ends_on=LATER, by=UserFactory(), now=NOW)

    assert in_english(rule) == (
        "Mayors and deputy mayors in all municipalities. Today that is 2 persons."
        " 1 of them has been granted an exception."
    )


def test_the_sentence_of_an_open_audience(terms):
    secretary_of(mayor_of("Fanø"))
    here = limited_to("Ærø", name="Ærø", opening=Opening.ANYONE)

    assert in_english(audience(opening=Opening.REGISTER)) == (
        "Everyone in office and those who act for them. Today that is 2 persons."
    )
    assert in_english(here) == "Anyone who can sign in, in Ærø. Today that is nobody."


@pytest.mark.parametrize("mayors", [1, 12])
def test_the_sentence_asks_the_database_as_often_for_many_as_for_one(terms, mayors, django_assert_num_queries):
    for number in range(mayors):
        mayor_of(f"Kommune {number}")
    rule = audience()

    with django_assert_num_queries(2):
        rule.sentence(LATER)
