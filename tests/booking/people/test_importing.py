"""Bringing the register in: what a good file does, and that nothing else ever happens."""

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from booking.journal.models import Fact
from booking.people.importing import HasBadRows, RegisterChanged, carry_out, plan_import
from booking.people.models import HealthCouncil, Office, OfficeKind, Person
from booking.people.plan import Plan
from booking.people.signin import give_sign_in, user_with
from booking.signup.models import Booking
from tests.booking.people.election import AFTER, BEFORE, HEADER, as_csv, as_xlsx, result, sitting_mayors
from tests.booking.people.seats import booking_of
from tests.factories import MunicipalityFactory, OfficeFactory, UserFactory, mayor_of

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
EVE = date(2025, 12, 31)


@pytest.fixture
def fanoe(db):
    return MunicipalityFactory(name="Fanø")


def plan_of(*rows: tuple, **kwargs) -> Plan:
    return plan_import(as_csv(rows, **kwargs), now=NOW)


def bring_in(*rows: tuple, by=None) -> Plan:
    return carry_out(plan_of(*rows), by=by, now=NOW)


def row(
    municipality="Fanø", office="borgmester", name="Ole Ny", email="ole@example.org", phone="", fra="1.1.2026", til=""
):
    return municipality, office, name, email, phone, fra, til


def state() -> tuple:
    """All that an import may touch."""
    return (
        list(Person.objects.order_by("pk").values_list()),
        list(Office.objects.order_by("pk").values_list()),
        list(User.objects.order_by("pk").values_list()),
        Fact.objects.count(),
    )


def in_words(plan: Plan) -> dict[str, int]:
    return {
        "added": len(plan.added),
        "ended": len(plan.ended),
        "changed": len(plan.changed) + len(plan.persons_changed),
        "unchanged": len(plan.unchanged),
        "bad": len(plan.bad),
    }


# An election


@pytest.mark.parametrize("write", [as_csv, as_xlsx], ids=["csv", "xlsx"])
def test_an_election_ends_forty_offices_and_lets_the_others_run_on(db, write):
    before = sitting_mayors()
    content = write(result(40))

    plan = plan_import(content, now=NOW)
    assert in_words(plan) == {"added": 40, "ended": 40, "changed": 0, "unchanged": 58, "bad": 0}
    assert Office.objects.count() == 98

    carry_out(plan, by=None, now=NOW)

    assert Office.objects.filter(ends_on=EVE).count() == 40
    assert Office.objects.held_on(AFTER).count() == Office.objects.held_on(EVE).count() == 98
    assert Office.objects.newly_elected(AFTER).count() == 40
    assert set(Office.objects.held_on(AFTER).filter(starts_on=BEFORE)) == set(before[40:])

    again = plan_import(content, now=NOW)
    assert in_words(again) == {"added": 0, "ended": 0, "changed": 0, "unchanged": 98, "bad": 0}
    as_it_was = state()
    carry_out(again, by=None, now=NOW)
    assert state() == as_it_was


def test_an_import_touches_no_booking(db):
    offices = sitting_mayors()
    bookings = [booking_of(office) for office in offices[:2] + offices[-1:]]
    as_they_were = list(Booking.objects.order_by("pk").values_list())

    carry_out(plan_import(as_csv(result(40)), now=NOW), by=None, now=NOW)

    assert list(Booking.objects.order_by("pk").values_list()) == as_they_were
    assert len(bookings) == 3


def test_the_journal_says_what_came_and_what_ended_and_names_nobody(db):
    sitting_mayors()
    staff = UserFactory()

    carry_out(plan_import(as_csv(result(40)), now=NOW), by=staff, now=NOW)

    kinds = list(Fact.objects.values_list("kind", flat=True))
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "office_began": 40,
        "office_ended": 40,
        "person_added": 40,
    }
    assert set(Fact.objects.values_list("by", flat=True)) == {staff.pk}
    ended = Fact.objects.filter(kind="office_ended").first()
    assert ended.details == {
        "office": "mayor",
        "municipality": ended.about.municipality.code,
        "starts_on": "2022-01-01",
        "ends_on": "2025-12-31",
    }
    assert not any("example.org" in str(details) for details in Fact.objects.values_list("details", flat=True))


# Who runs on, who follows


def test_a_new_mayor_follows_the_old_the_day_after(fanoe):
    old = mayor_of("Fanø").offices.get()

    plan = bring_in(row())

    assert in_words(plan) == {"added": 1, "ended": 1, "changed": 0, "unchanged": 0, "bad": 0}
    old.refresh_from_db()
    assert old.ends_on == EVE
    new = Office.objects.get(ends_on=None)
    assert (new.person.name, new.person.email, new.starts_on, new.kind) == ("Ole Ny", "ole@example.org", AFTER, "mayor")


def test_a_new_director_follows_the_old_and_a_chair_does_not(fanoe):
    for kind in (OfficeKind.MUNICIPAL_DIRECTOR, OfficeKind.COMMITTEE_CHAIR):
        OfficeFactory(municipality=fanoe, kind=kind)

    plan = bring_in(
        row(office="kommunaldirektør"), row(office="udvalgsformand", name="Ida Dam", email="ida@example.org")
    )

    assert [held.kind for held in plan.ended] == [OfficeKind.MUNICIPAL_DIRECTOR]
    assert Office.objects.held_on(AFTER).filter(kind=OfficeKind.COMMITTEE_CHAIR).count() == 2


def test_an_office_that_was_ended_the_day_before_runs_on(fanoe):
    office = mayor_of("Fanø", ends_on=EVE, person__email="anne@example.org").offices.get()

    plan = bring_in(row(name=office.person.name, email="anne@example.org"))

    assert in_words(plan) == {"added": 0, "ended": 0, "changed": 1, "unchanged": 0, "bad": 0}
    office.refresh_from_db()
    assert (office.starts_on, office.ends_on) == (BEFORE, None)


def test_an_office_after_a_break_is_a_new_one(fanoe):
    mayor = mayor_of("Fanø", ends_on=date(2023, 6, 30), person__email="anne@example.org")

    bring_in(row(name=mayor.name, email="anne@example.org"))

    assert mayor.offices.count() == 2


def test_an_end_that_the_register_knows_is_not_taken_away_by_an_empty_cell(fanoe):
    office = mayor_of("Fanø", ends_on=date(2027, 6, 30), person__email="anne@example.org").offices.get()

    assert in_words(plan_of(row(name=office.person.name, email="anne@example.org")))["unchanged"] == 1


def test_an_end_in_the_file_ends_the_office(fanoe):
    office = mayor_of("Fanø", person__email="anne@example.org").offices.get()

    plan = bring_in(row(name=office.person.name, email="anne@example.org", til="30-06-2027"))

    assert len(plan.ended) == 1
    office.refresh_from_db()
    assert office.ends_on == date(2027, 6, 30)


def test_a_file_may_tell_of_several_terms(fanoe):
    rows = [
        row(name="Ole Ny", fra="2026-01-01"),
        row(name="Anne Lund", email="anne@example.org", fra="2022-01-01"),
        row(name="Bo Friis", email="bo@example.org", fra="2018-01-01", til="2021-12-31"),
    ]

    bring_in(*rows)

    spans = Office.objects.order_by("starts_on").values_list("person__name", "starts_on", "ends_on")
    assert list(spans) == [
        ("Bo Friis", date(2018, 1, 1), date(2021, 12, 31)),
        ("Anne Lund", date(2022, 1, 1), EVE),
        ("Ole Ny", AFTER, None),
    ]
    assert in_words(plan_of(*rows)) == {"added": 0, "ended": 0, "changed": 0, "unchanged": 3, "bad": 0}


def test_a_mayor_may_move_to_another_municipality(fanoe):
    mayor = mayor_of("Fanø", person__email="anne@example.org")
    MunicipalityFactory(name="Ærø")

    bring_in(row("Ærø", name=mayor.name, email="anne@example.org"), row())

    assert list(mayor.offices.order_by("starts_on").values_list("municipality__name", "ends_on")) == [
        ("Fanø", EVE),
        ("Ærø", None),
    ]


def test_one_person_may_hold_several_offices(fanoe):
    fanoe.health_council = HealthCouncil.objects.create(name="Sundhedsråd Sydvestjylland", region="Region Syddanmark")
    fanoe.save()

    bring_in(row(), row(office="Medlem af sundhedsrådet"))

    assert Person.objects.count() == 1
    member = Office.objects.get(kind=OfficeKind.HEALTH_COUNCIL_MEMBER)
    assert member.health_council == fanoe.health_council


def test_a_file_may_name_the_health_council(fanoe):
    council = HealthCouncil.objects.create(name="Sundhedsråd Fyn", region="Region Syddanmark")
    rows = [(*row(office="sundhedsrådsmedlem"), "fyn")]

    carry_out(plan_of(*rows, header=(*HEADER, "sundhedsråd")), by=None, now=NOW)

    assert Office.objects.get().health_council == council


# The same person


def test_a_person_is_known_by_their_address(fanoe):
    mayor = mayor_of("Fanø", person__name="Anne Lund", person__email="anne@example.org")

    plan = bring_in(row(name="Anne Lund Friis", email="Anne@Example.org ", phone="33 70 33 70"))

    assert in_words(plan) == {"added": 0, "ended": 0, "changed": 1, "unchanged": 1, "bad": 0}
    mayor.refresh_from_db()
    assert (mayor.name, mayor.phone) == ("Anne Lund Friis", "33 70 33 70")
    assert Fact.objects.get().details == {"fields": ["name", "phone"]}


def test_a_mailbox_that_passes_on_makes_no_new_mayor_of_the_old(fanoe):
    mayor_of("Fanø", person__name="Peter Hansen", person__email="borgmester@example.org")

    plan = plan_of(row(name="Peter Jensen", email="borgmester@example.org"))

    assert in_words(plan)["bad"] == 1


def test_the_same_name_in_the_same_office_is_a_changed_address_and_works_at_once(fanoe):
    mayor = mayor_of("Fanø", person__name="Anne Lund", person__email="anne@example.org", person__user=None)
    user = give_sign_in(mayor)
    password = user.password

    bring_in(row(name="anne  lund", email="al@example.org"))

    mayor.refresh_from_db()
    assert (mayor.email, mayor.user) == ("al@example.org", user)
    assert user_with("anne@example.org") is None
    assert user_with("al@example.org") == user
    assert User.objects.get(pk=user.pk).password != password  # signed out everywhere


@pytest.mark.parametrize("is_known", [True, False])
def test_a_file_does_not_bring_the_address_of_staff(fanoe, is_known):
    UserFactory(email="teknik@example.org", is_superuser=True)
    if is_known:
        bring_in(row(name="Ole Ny", email="ole@example.org"))

    [bad] = plan_of(row(name="Ole Ny", email="Teknik@example.org")).bad

    assert "teknik@example.org" in bad.reason


def test_staff_who_are_in_the_register_stay_in_the_file(fanoe):
    user = UserFactory(email="ole@example.org", is_superuser=True)
    person = mayor_of("Fanø", person__email="ole@example.org", person__name="Ole Ny", person__user=user)

    assert not plan_of(row(name=person.name, email="ole@example.org")).bad


def test_the_same_name_elsewhere_is_somebody_else(fanoe):
    mayor_of("Ærø", person__name="Anne Lund", person__email="anne@example.org")

    bring_in(row(name="Anne Lund", email="al@example.org"))

    assert Person.objects.filter(name="Anne Lund").count() == 2


def test_an_empty_cell_takes_no_address_or_phone_away(fanoe):
    mayor_of("Fanø", person__name="Anne Lund", person__phone="12345678")

    assert in_words(plan_of(row(name="Anne Lund", email="")))["unchanged"] == 1


def test_somebody_without_an_address_is_brought_in_once(fanoe):
    bring_in(row(email=""))

    assert in_words(plan_of(row(email=""))) == {"added": 0, "ended": 0, "changed": 0, "unchanged": 1, "bad": 0}
    assert Person.objects.get().email is None


def test_a_shared_mailbox_does_not_make_one_mayor_of_two(fanoe):
    mayor_of("Fanø", person__name="Anne Lund", person__email="borgmester@example.org")

    [bad] = plan_of(row(email="borgmester@example.org")).bad

    assert bad.line == 2
    assert "Anne Lund" in bad.reason


def test_two_of_the_same_name_are_told_apart_by_their_addresses(fanoe):
    rows = [row(office="byrådsmedlem", name="Jens Dam", email=f"jens{number}@example.org") for number in (1, 2)]

    bring_in(*rows)

    assert Person.objects.count() == 2
    assert in_words(plan_of(*rows))["unchanged"] == 2


# Rows that contradict each other or the register


@pytest.mark.parametrize(
    "rows",
    [
        [row(), row(name="Ida Dam", email="ole@example.org", office="udvalgsformand")],
        [row(), row(name="Ida Dam", email="ida@example.org")],
        [row(), row()],
        [row(til="31.12.2029"), row(name="Ida Dam", email="ida@example.org", fra="1.1.2028")],
        [row(), row("Ærø")],
        [
            row(office="sundhedsrådsmedlem", name=f"{name} Dam", email=f"{name}@example.org")
            for name in ("Ida", "Ole", "Bo", "Pia")
        ],
    ],
    ids=["shared address", "two mayors", "twice", "overlap", "mayor of two", "four on the health council"],
)
def test_rows_that_can_not_all_be_true_are_refused_together(fanoe, rows):
    MunicipalityFactory(name="Ærø")
    fanoe.health_council = HealthCouncil.objects.create(name="Sundhedsråd", region="Region")
    fanoe.save()
    as_it_was = state()

    plan = plan_of(*rows)

    assert plan.bad
    with pytest.raises(HasBadRows):
        carry_out(plan, by=None, now=NOW)
    assert state() == as_it_was


def test_a_file_older_than_the_register_does_not_undo_it(fanoe):
    mayor_of("Fanø", starts_on=AFTER)

    assert len(plan_of(row(name="Ida Dam", email="ida@example.org", fra="1.1.2022")).bad) == 1
    assert not plan_of(row(name="Ida Dam", email="ida@example.org", fra="1.1.2022", til="31.12.2025")).bad


# Beside others


def test_a_plan_that_no_longer_holds_is_not_carried_out(fanoe):
    plan = plan_of(row())
    mayor_of("Fanø")
    as_it_was = state()

    with pytest.raises(RegisterChanged):
        carry_out(plan, by=None, now=NOW)

    assert state() == as_it_was


def test_a_plan_is_carried_out_once(fanoe):
    plan = plan_of(row())
    carry_out(plan, by=None, now=NOW)

    with pytest.raises(RegisterChanged):
        carry_out(plan, by=None, now=NOW)
    assert Office.objects.count() == 1


def test_whatever_breaks_at_the_very_end_nothing_is_half_done(transactional_db):
    """The database finds at the commit that the user who did it is not there."""
    mayor_of("Fanø")
    as_it_was = state()

    with pytest.raises(RegisterChanged):
        bring_in(row(), by=User(pk=10**6))

    assert state() == as_it_was


def test_two_who_carry_out_the_same_plan_at_once_do_it_once(transactional_db):
    MunicipalityFactory(name="Fanø")
    mayor_of("Fanø")
    plan = plan_of(row(), row(office="udvalgsformand"))
    barrier = threading.Barrier(2)

    def attempt(_number):
        barrier.wait()
        try:
            carry_out(plan, by=None, now=NOW)
        except RegisterChanged:
            return "refused"
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(attempt, range(2))) == ["done", "refused"]
    assert Office.objects.count() == 3


# Many


def test_ten_thousand_rows_take_seconds_and_few_queries(db):
    for number in range(98):
        MunicipalityFactory(name=f"Kommune {number}", code=f"{number + 101}")
    rows = [
        row(f"Kommune {number % 98}", "byrådsmedlem", f"Person {chr(65 + number % 26)}", f"p{number}@example.org")
        for number in range(10_000)
    ]
    content = as_csv(rows)

    started = time.process_time()
    with CaptureQueriesContext(connection) as queries:
        plan = plan_import(content, now=NOW)
    assert len(plan.added) == 10_000
    assert len(queries) < 10
    with CaptureQueriesContext(connection) as queries:
        carry_out(plan, by=None, now=NOW)
    assert len(queries) < 500
    assert len(plan_import(content, now=NOW).unchanged) == 10_000
    assert time.process_time() - started < 60


# The command


def command(tmp_path, content: bytes, *options: str) -> str:
    file, said = tmp_path / "register.csv", io.StringIO()
    file.write_bytes(content)
    call_command("import_register", file, *options, stdout=said)
    return said.getvalue()


def test_the_command_says_what_would_happen_and_does_it_when_told(fanoe, tmp_path):
    mayor_of("Fanø", person__name="Anne Lund")
    content = as_csv([row()])

    said = command(tmp_path, content)
    assert "Ole Ny" in said
    assert "Anne Lund" in said
    assert Office.objects.count() == 1

    command(tmp_path, content, "--apply")
    assert Office.objects.held_on(AFTER).get().person.name == "Ole Ny"


def test_the_command_lists_wrong_rows_and_does_nothing(fanoe, tmp_path):
    as_it_was = state()

    with pytest.raises(CommandError):
        command(tmp_path, as_csv([row(), row("Atlantis")]), "--apply")

    assert state() == as_it_was


@pytest.mark.parametrize("content", [b"", b"hej"], ids=["empty", "no columns"])
def test_the_command_refuses_what_it_can_not_read(db, tmp_path, content):
    with pytest.raises(CommandError):
        command(tmp_path, content)


def test_the_command_says_that_a_file_is_not_there(db, tmp_path):
    with pytest.raises(CommandError):
        call_command("import_register", tmp_path / "nothing.csv")
