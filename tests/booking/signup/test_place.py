"""The page of a place in line: opened by link or signed in, for whom, and what pressing does."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from booking.dates import COPENHAGEN
from booking.journal.models import Fact
from booking.models import Booking, Secretary, SessionPage
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from booking.signup.link import key_for
from booking.signup.waiting import offer_free_seats
from cms.logs import scrubbed
from tests.booking.signup.filled import EAN
from tests.booking.signup.test_reserve import NOW, Purchase, order
from tests.factories import SessionPageFactory, mayor_of, secretary_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("january")]

DAY_BEFORE = datetime(2027, 5, 4, 9, tzinfo=COPENHAGEN)


@pytest.fixture
def seat():
    return order(SessionPageFactory(capacity=1), mayor_of("Fanø")).bookings.get()


@pytest.fixture
def waiting(seat):
    """The mayor of Ærø waits, signed up by a secretary."""
    mayor = mayor_of("Ærø")
    return order(seat.session, mayor, booker=secretary_of(mayor), waits=True).bookings.get()


@pytest.fixture
def offered(seat, waiting):
    cancel_booking(seat, by=None, now=NOW)
    offer_free_seats(seat.session, now=NOW)
    waiting.refresh_from_db()
    return waiting


def address(booking, *, participant=False) -> str:
    return reverse("booking:place_in_line", args=[key_for(booking, participant=participant)])


def status_of(booking) -> str:
    return Booking.objects.get(pk=booking.pk).status


def test_opening_the_page_changes_nothing_and_names_nobody(client, offered):
    for _scanner in range(2):
        answer = client.get(address(offered))

    page = answer.content.decode()
    assert answer.status_code == 200
    assert status_of(offered) == "offered"
    assert offered.participant.name not in page
    assert offered.order.contact_email not in page
    assert EAN not in page
    assert "6.625,00 kr." in page
    assert "Svar senest torsdag den 14. januar 2027 kl. 09.00." in page
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"


def test_whoever_acts_for_the_participant_reads_the_name(client, offered):
    client.force_login(offered.order.booker.user)

    assert offered.participant.name in client.get(address(offered)).content.decode()


@pytest.mark.parametrize("key", ["x", "x" * 43 + "-1c", "æøå-1p", "%00-1c", "-", "a:b-1c"])
def test_a_made_up_link_opens_nothing(client, offered, key):
    answer = client.get(f"/venteliste/{key}/")

    assert answer.status_code == 404
    assert offered.order.reference not in answer.content.decode()


def test_a_link_is_to_one_place_and_one_holder(client, offered):
    key = key_for(offered, participant=False)
    other = key.replace(f"-{offered.pk}c", f"-{offered.pk}p")

    assert client.get(reverse("booking:place_in_line", args=[other])).status_code == 404


def test_the_contacts_link_is_good_as_long_as_the_booker_acts_for_the_participant(client, offered):
    Secretary.objects.update(ends_on=NOW.date() - timedelta(days=1))

    assert client.get(address(offered)).status_code == 404
    assert client.post(address(offered), {"leave": "1"}).status_code == 404
    assert client.get(address(offered, participant=True)).status_code == 200
    assert status_of(offered) == "offered"


def test_the_key_stands_in_no_log(offered):
    assert key_for(offered, participant=True)[:20] not in scrubbed(f"GET {address(offered, participant=True)} 200")


@pytest.mark.parametrize("is_known", [True, False])
def test_a_no_is_thanked_for(client, offered, is_known):
    if is_known:
        client.force_login(offered.order.booker.user)

    page = client.post(address(offered), {"leave": "1"}, follow=True).content.decode()

    who = offered.participant.name if is_known else "Deltageren"
    assert "Tak for svaret." in page
    assert f"{who} står ikke længere på ventelisten." in page
    assert "Tak for svaret." not in client.get(address(offered)).content.decode()


def test_a_yes_is_not_said_as_if_somebody_else_took_the_seat(client, offered):
    page = client.post(address(offered), {"take": "1"}, follow=True).content.decode()

    assert "Tak. Deltageren er tilmeldt" in page
    assert "taget" not in page


def test_yes_without_signing_in_books_and_says_whose_link_it_was(client, offered):
    answer = client.post(address(offered), {"take": "1"}, follow=True)

    assert answer.status_code == 200
    assert status_of(offered) == "confirmed"
    fact = Fact.objects.about(offered).latest("pk")
    assert (fact.kind, fact.by, fact.details["link"]) == ("booked", None, "contact")


def test_yes_by_whoever_is_signed_in_says_who(client, offered):
    client.force_login(offered.participant.user)

    client.post(address(offered), {"take": "1"})

    fact = Fact.objects.about(offered).latest("pk")
    assert (fact.by, "link" in fact.details) == (offered.participant.user, False)


def test_no_passes_the_seat_on(client, offered, django_capture_on_commit_callbacks):
    second = order(offered.session, mayor_of("Samsø"), waits=True).bookings.get()

    with django_capture_on_commit_callbacks(execute=True):
        client.post(address(offered), {"leave": "1"})

    assert (status_of(offered), status_of(second)) == ("cancelled", "offered")


def test_one_leaves_the_list_by_the_link(client, waiting):
    client.post(address(waiting), {"leave": "1"})

    assert status_of(waiting) == "cancelled"
    assert client.get(address(waiting)).status_code == 200


def test_a_no_that_comes_after_the_yes_gives_up_nothing(client, offered):
    page_with_the_button = address(offered)
    client.post(page_with_the_button, {"take": "1"})

    client.post(page_with_the_button, {"leave": "1"})

    assert status_of(offered) == "confirmed"


def test_a_yes_that_comes_too_late_is_told_so(client, offered, january):
    january.move_to(offered.offered_until)

    answer = client.post(address(offered), {"take": "1"})

    assert answer.status_code == 422
    assert status_of(offered) == "offered"  # nobody has looked yet; it is passed on in a moment


def test_near_the_start_the_second_to_press_is_told_that_the_seat_is_taken(client, seat, waiting, january):
    second = order(seat.session, mayor_of("Samsø"), waits=True).bookings.get()
    january.move_to(DAY_BEFORE)
    cancel_booking(seat, by=None, now=DAY_BEFORE)
    pages = [address(waiting), address(second)]
    assert all('name="take"' in client.get(page).content.decode() for page in pages)

    answers = [client.post(page, {"take": "1"}) for page in reversed(pages)]

    assert [answer.status_code for answer in answers] == [302, 422]
    assert (status_of(second), status_of(waiting)) == ("confirmed", "waiting")
    assert 'name="take"' not in client.get(pages[0]).content.decode()


def test_whoever_it_is_no_longer_for_is_refused_without_a_name(client, offered):
    offered.participant.offices.update(ends_on=NOW.date())

    answer = client.post(address(offered), {"take": "1"})

    assert answer.status_code == 422
    assert status_of(offered) == "offered"
    assert offered.participant.name not in answer.content.decode()


def test_of_a_cancelled_session_there_is_nothing_to_take(client, offered):
    cancel_session(offered.session, by=None, now=NOW)

    page = client.get(address(offered)).content.decode()

    assert 'name="take"' not in page
    assert client.post(address(offered), {"take": "1"}).status_code == 422


def test_another_request_than_get_and_post_is_refused(client, offered):
    assert client.delete(address(offered)).status_code == 405


def test_a_program_that_posts_without_the_pages_own_token_is_refused(offered):
    answer = Client(enforce_csrf_checks=True).post(address(offered), {"take": "1"})

    assert answer.status_code == 403
    assert status_of(offered) == "offered"


# Card or invoice


@pytest.fixture
def by_card(seat, settings):
    """An offer to somebody who meant to pay by card when they joined."""
    settings.TAKES_CARDS = True
    session = SessionPage.objects.get(pk=seat.session_id)
    session.price_list.takes_cards = True
    session.price_list.save()
    mayor = mayor_of("Ærø")
    nowhere = Purchase(contact_name="S", contact_email="s@example.org")
    placed = order(session, mayor, booker=secretary_of(mayor), waits=True, pays_by_card=True, purchase=nowhere)
    cancel_booking(seat, by=None, now=NOW)
    offer_free_seats(session, now=NOW)
    return placed.bookings.get()


def test_the_booker_signed_in_goes_on_to_pay_by_card(client, by_card):
    client.force_login(by_card.order.booker.user)
    assert 'value="card"' in client.get(address(by_card)).content.decode()

    answer = client.post(address(by_card), {"take": "1", "pays_by": "card", "ean": ""})

    assert answer.url == reverse("booking:pay", args=[by_card.order.reference])
    assert status_of(by_card) == "held"


def test_whoever_is_not_signed_in_is_shown_the_way_to_the_card(client, by_card):
    page = client.get(address(by_card)).content.decode()

    assert 'value="card"' not in page
    assert f"{reverse('account_login')}?next=" in page
    assert client.post(address(by_card), {"take": "1", "pays_by": "card"}).status_code == 422
    assert status_of(by_card) == "offered"


@pytest.mark.parametrize(
    ("ean", "status", "ends"), [(EAN, 302, "confirmed"), ("123", 422, "offered"), ("", 422, "offered")]
)
def test_an_ean_number_that_was_not_given_before_is_asked_for(client, by_card, ean, status, ends):
    answer = client.post(address(by_card), {"take": "1", "ean": ean})

    assert (answer.status_code, status_of(by_card)) == (status, ends)
