"""Who may read a receipt, and what stands on it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from booking.models import OrderLine, PriceRow, Secretary, SessionPage
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from booking.signup.sentences import off_site_sentence
from tests.booking.signup.test_pairs import director_of, for_pairs
from tests.booking.signup.test_reserve import NOW, PURCHASE, order
from tests.factories import PersonFactory, SessionPageFactory, UserFactory, mayor_of, secretary_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("january")]

LINK = "https://moede.example.org/hemmeligt-rum"


def receipt(client, placed):
    return client.get(reverse("booking:receipt", args=[placed.reference]))


def as_user(client, user):
    client.force_login(user)
    return client


@pytest.fixture
def placed():
    mayor = mayor_of("Fanø")
    secretary = secretary_of(mayor, name="Sekretær Sørensen")
    return order(SessionPageFactory(join_link=LINK), mayor, booker=secretary)


def people(placed) -> dict:
    mayor = placed.bookings.get().participant
    administrator, editor = UserFactory(), UserFactory()
    administrator.user_permissions.add(Permission.objects.get(codename="view_booking"))
    editor.user_permissions.add(Permission.objects.get(codename="access_admin"))
    former = secretary_of(mayor)
    Secretary.objects.filter(secretary=former).update(ends_on=date(2027, 1, 10))
    coming = PersonFactory()
    Secretary.objects.create(secretary=coming, principal=mayor, starts_on=date(2027, 1, 12))
    return {
        "booker": placed.booker.user,
        "participant": mayor.user,
        "another secretary": secretary_of(mayor).user,
        "course administrator": administrator,
        "former secretary": former.user,
        "coming secretary": coming.user,
        "another mayor": mayor_of("Ærø").user,
        "secretary of another": secretary_of(mayor_of("Samsø")).user,
        "editor": editor,
        "nobody in the register": UserFactory(),
    }


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("booker", 200),
        ("participant", 200),
        ("another secretary", 200),
        ("course administrator", 200),
        ("former secretary", 404),
        ("coming secretary", 404),
        ("another mayor", 404),
        ("secretary of another", 404),
        ("editor", 404),
        ("nobody in the register", 404),
    ],
)
def test_a_receipt_is_for_those_it_concerns(client, placed, who, status):
    assert receipt(as_user(client, people(placed)[who]), placed).status_code == status


@pytest.mark.parametrize(
    ("who", "sees_it"),
    [("participant", True), ("another secretary", True), ("course administrator", False)],
)
def test_the_joining_link_is_for_the_participant_and_their_secretaries(client, placed, who, sees_it):
    page = receipt(as_user(client, people(placed)[who]), placed).content.decode()

    assert (LINK in page) is sees_it


def test_a_booker_who_no_longer_acts_keeps_the_receipt_and_loses_the_joining_link(client, placed):
    Secretary.objects.update(ends_on=date(2027, 1, 10))

    answer = receipt(as_user(client, placed.booker.user), placed)

    assert answer.status_code == 200
    assert LINK not in answer.content.decode()


@pytest.mark.parametrize(
    ("who", "sees_them"),
    [
        ("participant", True),
        ("another secretary", True),
        ("somebody who only looks at bookings", False),
        ("somebody who arranges", True),
        ("the booker, revoked", False),
    ],
)
def test_diet_and_room_are_for_the_participant_and_those_who_arrange(client, placed, who, sees_them):
    placed.bookings.update(diet="Glutenfri", room="Kørestol")
    known = people(placed)
    looker = known["course administrator"]
    arranger = UserFactory()
    arranger.user_permissions.set(Permission.objects.filter(codename__in=["view_booking", "see_needs_booking"]))
    if who == "the booker, revoked":
        Secretary.objects.filter(secretary=placed.booker).update(ends_on=date(2027, 1, 10))
    user = {
        "somebody who only looks at bookings": looker,
        "somebody who arranges": arranger,
        "the booker, revoked": placed.booker.user,
    }.get(who) or known[who]

    page = receipt(as_user(client, user), placed).content.decode()

    assert [need in page for need in ("Glutenfri", "Kørestol")] == [sees_them] * 2


def test_the_receipt_says_who_accepted_the_conditions_and_when(client, placed):
    page = receipt(as_user(client, placed.booker.user), placed).content.decode()

    assert "Accepteret den 11. januar 2027 kl. 09.00 af Sekretær Sørensen." in page


def test_a_stranger_is_asked_to_sign_in(client, placed):
    answer = receipt(client, placed)

    assert answer.url == f"{reverse('account_login')}?next=/tilmelding/kvittering/{placed.reference}/"


def test_the_facts_stand_on_the_receipt_as_they_were_agreed(client, placed):
    booking = placed.bookings.get()
    PriceRow.objects.update(net=Decimal(9999))
    booking.conditions.conditions.versions.create(number=2, text="Helt nye ord.", created_at=NOW)

    page = receipt(as_user(client, placed.booker.user), placed).content.decode()

    for text in (
        placed.reference,
        booking.session.title,
        'Onsdag den 5. maj 2027 <span class="whole">kl. 10.00-18.00</span>',
        "5.300,00 kr.",
        "1.325,00 kr.",
        "6.625,00 kr.",
        PURCHASE.gln,
        PURCHASE.contact_email,
        booking.participant.name,
        placed.payer_name,
        placed.payer_cvr,
        "Tilmeldingen er bindende.",
        "11. januar 2027 kl. 09.00",
    ):
        assert text in page
    assert "9.999" not in page
    assert "Helt nye ord" not in page


def test_a_cancelled_booking_says_so_and_has_no_joining_link(client, placed):
    cancel_booking(placed.bookings.get(), by=None, now=NOW + timedelta(days=1))

    page = receipt(as_user(client, placed.booker.user), placed).content.decode()

    assert "12. januar 2027 kl. 09.00" in page
    assert LINK not in page


def test_a_cancelled_session_says_so(client, placed):
    cancel_session(placed.bookings.get().session, by=None, now=NOW)

    page = receipt(as_user(client, placed.booker.user), placed).content.decode()

    assert "notice-problem" in page
    assert LINK not in page


def test_nothing_is_to_be_paid_or_awaited_of_a_cancelled_session(client, placed):
    session = placed.bookings.get().session
    cancel_session(session, by=None, now=NOW)

    page = receipt(as_user(client, placed.booker.user), placed).content.decode()

    assert "hele prisen" not in page
    assert "Bliver tid eller sted ændret" not in page
    assert "Vi sender denne kvittering" not in page
    assert "inkl. moms" not in page


def test_while_somebody_may_take_the_seat_it_says_that_the_price_can_fall_away(client, placed, january):
    SessionPage.objects.update(capacity=20)
    booking = placed.bookings.get()
    cancel_booking(booking, by=None, now=NOW)
    chance = "Hvis en fra ventelisten får pladsen, skal der ikke betales noget."
    as_user(client, placed.booker.user)

    before = receipt(client, placed).content.decode()
    january.move_to(booking.session.when.starts_at)
    as_user(client, placed.booker.user)
    after = receipt(client, placed).content.decode()

    assert "skal der betales" in before
    assert "skal der betales" in after
    assert (chance in before, chance in after) == (True, False)


def test_the_sum_at_the_top_is_of_those_who_have_a_seat_and_the_rest_is_said(client):
    two = mayor_of("Fanø"), director_of("Fanø")
    placed = order(for_pairs(takes_pairs=False), *two, booker=secretary_of(*two))
    cancel_booking(placed.bookings.first(), by=None, now=NOW)

    page = receipt(as_user(client, placed.booker.user), placed)

    assert page.context["total"].net == Decimal(5300)
    assert page.context["given_up"].startswith("For dem, der har frameldt sig, skal der betales: 5.300,00")


def test_whoever_ordered_for_several_reads_first_how_many_have_a_seat(client):
    two = mayor_of("Fanø"), director_of("Fanø")
    placed = order(for_pairs(takes_pairs=False), *two, booker=secretary_of(*two))
    as_user(client, placed.booker.user)
    assert "2 deltagere har fået en plads." in receipt(client, placed).content.decode()
    cancel_booking(placed.bookings.first(), by=None, now=NOW)

    assert "1 deltager har fået en plads." in receipt(client, placed).content.decode()


def test_where_nothing_is_paid_nobody_is_called_payer(client, placed):
    as_user(client, placed.booker.user)
    assert "<dt>Betaler</dt>" in receipt(client, placed).content.decode()
    OrderLine.objects.update(unit_net=0)

    assert "<dt>Betaler</dt>" not in receipt(client, placed).content.decode()


def test_a_receipt_outlives_its_page(client, placed):
    session = placed.bookings.get().session
    session.unpublish()

    page = receipt(as_user(client, placed.booker.user), placed).content.decode()

    assert session.title in page
    assert f'href="{session.get_url()}"' not in page


@pytest.mark.parametrize("count", [1, 2])
def test_a_session_taken_off_the_site_says_so_once_and_whom_to_ask(client, count):
    people = [mayor_of("Fanø"), director_of("Fanø")][:count]
    placed = order(for_pairs(takes_pairs=False), *people, booker=secretary_of(*people))
    session = placed.bookings.first().session
    session.unpublish()

    page = receipt(as_user(client, placed.booker.user), placed).content.decode()

    assert page.count(off_site_sentence(session)) == 1
    assert session.contact.email in off_site_sentence(session)
    assert "notice-problem" not in page
    assert "notice-success" in page
    assert reverse("booking:session_ics", args=[session.entry.uid]) not in page
    assert "Bliver tid eller sted ændret" not in page


def test_a_receipt_is_never_stored_or_indexed(client, placed):
    answer = receipt(as_user(client, placed.booker.user), placed)

    assert "no-store" in answer.headers["Cache-Control"]
    assert "private" in answer.headers["Cache-Control"]
    assert 'content="noindex"' in answer.content.decode()


def test_a_reference_that_does_not_exist_is_no_page(client, placed):
    as_user(client, placed.booker.user)

    assert client.get("/tilmelding/kvittering/AAAA-BBBB/").status_code == 404


@pytest.mark.parametrize("reference", ["%00", "a%00", "ABCD-EFG%C3%98"])
def test_an_odd_reference_is_no_page(client, placed, reference):
    client.force_login(placed.booker.user)

    assert client.get(f"/tilmelding/kvittering/{reference}/").status_code == 404
