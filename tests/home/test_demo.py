import pytest
from django.contrib.auth import get_user_model
from stdnum import ean

from booking.invoicing.run import issue_due
from booking.models import Booking, Fact, Office, Order, OutboxMessage, OutsideEvent, Person, Seller, SessionPage
from booking.people.models import OfficeKind
from booking.signup.lines import session_lines
from booking.signup.standing import session_obstacle
from home.demo import FREE_OF_CHARGE, JUST_HELD, NEARLY_FULL, ONE_OF_TWO_RUNS, address, load_demo, the_session
from tests.home.conftest import LOADED_AT


@pytest.fixture
def demo(catalogue):
    load_demo(now=LOADED_AT)


def test_every_municipality_has_a_sitting_mayor_and_forty_are_new(demo):
    mayors = Office.objects.filter(kind=OfficeKind.MAYOR).held_on(LOADED_AT.date())

    assert mayors.count() == 98
    assert sum(office.is_newly_elected(LOADED_AT.date()) for office in mayors) == 40
    assert Person.objects.filter(name__startswith="Tidligere borgmester i", email=None, user=None).count() == 40
    assert all(person.name.startswith("Borgmesteren i ") for person in Person.objects.filter(offices__in=mayors))


def test_addresses_are_spelled_without_danish_letters():
    assert address("borgmester", "Fanø") == "borgmester.fanoe@example.org"
    assert address("borgmester", "Ærø") == "borgmester.aeroe@example.org"
    assert address("borgmester", "Høje-Taastrup") == "borgmester.hoeje-taastrup@example.org"


def test_the_secretary_of_fanoe_acts_for_the_mayor(demo):
    secretary = Person.objects.get(email="sekretaer.fanoe@example.org")
    mayor = Person.objects.get(email="borgmester.fanoe@example.org")

    assert list(secretary.principals(LOADED_AT.date())) == [mayor]
    assert secretary.user.email == secretary.email
    assert Person.objects.get(email="sekretaer.aeroe@example.org").principals(LOADED_AT.date()).count() == 2


def test_editors_and_course_administrators_are_different_people(demo):
    users = get_user_model().objects

    assert [group.name for group in users.get(email="redaktoer@example.org").groups.all()] == ["Redaktør"]
    assert [group.name for group in users.get(email="kursus@example.org").groups.all()] == ["Kursusadministrator"]
    assert not users.filter(is_superuser=True).exists()


def test_the_bookings_give_staff_something_to_see(demo):
    sessions = [the_session(key) for key in (JUST_HELD, NEARLY_FULL, FREE_OF_CHARGE)]
    held, nearly_full, free = session_lines(sessions, now=LOADED_AT)

    assert held.obstacle == "over"
    assert held.session.bookings.holding_a_seat().count() == 8
    assert nearly_full.seats_left == 2
    assert nearly_full.few_left
    assert free.session.bookings.filter(lines__unit_net=0).count() == 4
    assert Booking.objects.filter(status="cancelled").count() == 1
    assert Booking.objects.exclude(order__booker__acts_for=None).exists()
    for order in Order.objects.exclude(gln=""):
        assert len(order.gln) == 13
        assert ean.is_valid(order.gln)


def test_a_calendar_from_elsewhere_says_that_it_is_an_example(demo):
    events = OutsideEvent.objects.filter(starts_on__gte=LOADED_AT.date())

    assert events.count() == 7
    assert all("(eksempel)" in event.title and "Opdigtet, så" in event.description for event in events)


def test_the_journal_names_whoever_booked(demo):
    assert {fact.by.email for fact in Fact.objects.filter(kind__in=["booked", "cancelled"])} == set(
        Order.objects.values_list("booker__email", flat=True)
    )


def test_the_mayor_of_fanoe_can_still_be_signed_up(demo):
    mayor = Person.objects.get(email="borgmester.fanoe@example.org")

    assert {booking.session for booking in mayor.bookings.all()} == {the_session(JUST_HELD)}


def test_a_member_of_ballerups_council_has_one_of_two_runs_and_the_secretary_acts_for_them_all(demo):
    secretary = Person.objects.get(email="sekretaer.ballerup@example.org")
    members = secretary.principals(LOADED_AT.date()).order_by("pk")
    run = the_session(ONE_OF_TWO_RUNS)
    [other_run] = run.other_runs()

    assert [run.audience.admits(member, on=run.starts_on) for member in members] == [True, True, True, False]
    assert [booking.participant for booking in run.bookings.all()] == [members[0]]
    assert session_obstacle(other_run, now=LOADED_AT) is None
    assert {booking.order.payer.name for booking in run.bookings.all()} == {"Ballerup"}


def test_a_second_run_changes_nothing(demo):
    def everything():
        models = (Booking, Fact, Office, Order, OutboxMessage, Person, get_user_model())
        return [list(model.objects.order_by("pk").values_list()) for model in models]

    before = everything()

    load_demo(now=LOADED_AT)

    assert everything() == before


def test_a_session_that_editors_took_away_gets_no_bookings(catalogue):
    SessionPage.objects.get(slug="ny-teknologi-og-data").delete()

    load_demo(now=LOADED_AT)

    assert the_session(FREE_OF_CHARGE) is None
    assert Booking.objects.exists()


def test_the_demo_issues_invoices_that_say_they_are_a_demo(demo):
    outcome = issue_due(LOADED_AT)

    assert outcome.refusals == []
    assert len(outcome.issued) == 8
    for seller in Seller.objects.all():
        seller.full_clean()
        assert "opdigtet" in seller.address


def test_what_is_written_about_a_seller_stays(catalogue):
    Seller.objects.filter(name="KL").update(street="Weidekampsgade 10")
    load_demo(now=LOADED_AT)

    assert Seller.objects.get(name="KL").cvr == ""


def test_without_the_demo_no_number_is_invented(catalogue):
    assert set(Seller.objects.values_list("cvr", "street", "bank_account", "fik_creditor")) == {("", "", "", "")}
