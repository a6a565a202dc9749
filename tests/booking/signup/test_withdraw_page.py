"""Giving a seat up on the site: what the page says before anything is pressed, and what pressing does."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext

from booking.invoicing.run import issue_due
from booking.models import Booking, Fact, Order, SessionPage, Withdrawal
from booking.pricing.models import Invoiced
from booking.sessions.live import cancel_session
from booking.signup.models import BookingStatus
from tests.booking.invoicing.conftest import seller  # noqa: F401
from tests.booking.signup.test_reserve import NOW
from tests.booking.signup.test_withdraw import (
    ALL,
    HALF,
    LAST_DAY_OF_HALF,
    LAST_FREE_DAY,
    MOVED_AT,
    NOTHING,
    noon,
    publish,
    seat,
    shared,
    stepwise,
)
from tests.factories import PersonFactory, SessionPageFactory, mayor_of, secretary_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("january")]


@pytest.fixture
def booking():
    mayor = mayor_of("Fanø")
    return seat(mayor=mayor, booker=secretary_of(mayor))


class Visitor:
    """Somebody who signs in anew for each visit: the clock is moved by weeks."""

    def __init__(self, client: Client, user):
        self.client, self.user = client, user

    def __getattr__(self, method):
        self.client.force_login(self.user)
        return getattr(self.client, method)


@pytest.fixture
def secretary(client, booking):
    return Visitor(client, booking.order.booker.user)


def address(booking) -> str:
    return reverse("booking:withdraw", args=[booking.order.reference, booking.pk])


def receipt(booking) -> str:
    return reverse("booking:receipt", args=[booking.order.reference])


def words(response) -> str:
    return " ".join(response.content.decode().replace("&nbsp;", " ").split())


# What it says


def test_while_it_is_free_it_says_so_and_until_when(secretary, booking):
    page = words(secretary.get(address(booking)))

    assert "I dag koster det ikke noget" in page
    assert f'name="shown" value="{NOTHING}"' in page
    assert "Det gælder til og med mandag den 5. april 2027. Derefter skal der betales." in page
    assert "2.650,00 kr. ekskl. moms, 3.312,50 kr. inkl. moms" in page  # and this after that
    assert "5.300,00 kr. ekskl. moms, 6.625,00 kr. inkl. moms" in page


def test_when_a_share_is_due_it_says_both_amounts_and_until_when_it_is_no_more(secretary, booking, january):
    SessionPage.objects.update(capacity=20)
    january.move_to(noon(LAST_DAY_OF_HALF))

    page = words(secretary.get(address(booking)))

    assert "I dag koster det 2.650,00 kr. ekskl. moms, 3.312,50 kr. inkl. moms" in page
    assert f'name="shown" value="{HALF}"' in page
    assert "Det gælder til og med onsdag den 21. april 2027. Derefter koster det mere." in page
    assert "mandag den 5. april 2027" not in page
    assert "faktureret til Fanø Kommune" in page
    assert "Hvis en fra ventelisten får pladsen, skal der ikke betales noget." in page
    assert reverse("booking:pass_on", args=[booking.order.reference, booking.pk]) in page


def test_after_a_move_it_says_until_when_it_is_free(secretary, booking, january):
    january.move_to(MOVED_AT)
    publish(booking.session, starts_on=date(2027, 5, 6), ends_on=date(2027, 5, 6))

    page = words(secretary.get(address(booking)))

    assert "koster det ikke noget at melde fra til og med tirsdag den 4. maj 2027" in page
    assert f'name="shown" value="{NOTHING}"' in page
    assert "Det siger betingelserne derefter" in page
    assert "onsdag den 21. april 2027" not in page  # by the fourth of May the whole price is due
    assert "til og med tirsdag den 4. maj 2027" in words(secretary.get(receipt(booking)))


def test_while_there_is_no_new_date_it_is_free_and_nothing_is_said_of_days(secretary, booking, january):
    january.move_to(MOVED_AT)
    publish(booking.session, when_text="efteråret 2027", starts_time=None, ends_time=None)

    page = words(secretary.get(address(booking)))

    assert "Så længe der ikke er en ny dato, koster det ikke noget at melde fra." in page
    assert "Det siger betingelserne" not in page


def test_where_taking_part_is_free_withdrawing_is_too(client):
    mayor = mayor_of("Ærø")
    booking = seat(SessionPageFactory(conditions=stepwise(), own_net=0), mayor)
    client.force_login(mayor.user)

    page = words(client.get(address(booking)))

    assert "I dag koster det ikke noget" in page
    assert "Det siger betingelserne" not in page


def test_who_shares_a_price_reads_that_the_others_keep_it(client, january):
    placed = shared()
    first, second, _third = placed.bookings.order_by("pk")
    january.move_to(noon(LAST_DAY_OF_HALF))
    client.force_login(placed.booker.user)

    for booking in (first, second):
        page = words(client.get(address(booking)))
        assert f'name="shown" value="{NOTHING}"' in page
        assert "de andre beholder deres pladser og deler den" in page


@pytest.mark.parametrize(
    ("on", "sentence"),
    [
        (LAST_FREE_DAY, "What invoice %(numbers)s asks for the seat is credited."),
        (
            LAST_DAY_OF_HALF,
            "What invoice %(numbers)s asks for the seat is credited, and this is invoiced instead.",
        ),
        (LAST_DAY_OF_HALF + timedelta(days=1), "It stands on invoice %(numbers)s already, so no other follows."),
    ],
)
@pytest.mark.usefixtures("seller")
def test_where_it_is_invoiced_already_it_says_what_becomes_of_that(secretary, booking, january, on, sentence):
    Order.objects.update(invoiced=Invoiced.BOOKED)
    issue_due(NOW)
    january.move_to(noon(on))

    page = words(secretary.get(address(booking)))

    assert gettext(sentence) % {"numbers": "F1"} in page
    assert "faktureret til Fanø Kommune" not in page


def test_looking_changes_nothing(secretary, booking):
    secretary.get(address(booking))
    secretary.head(address(booking))

    assert Booking.objects.get().is_confirmed


# What pressing does


def test_pressing_withdraws_for_what_was_shown_and_the_receipt_says_it(secretary, booking, january):
    january.move_to(noon(LAST_DAY_OF_HALF))

    answer = secretary.post(address(booking), {"shown": HALF}, follow=True)

    assert answer.redirect_chain == [(receipt(booking), 302)]
    page = words(answer)
    assert "Borgmesteren i Fanø er ikke længere tilmeldt." in page
    assert "2.650,00 kr. ekskl. moms, 3.312,50 kr. inkl. moms" in page
    assert address(booking) not in page
    withdrawal = Withdrawal.objects.get()
    assert (withdrawal.owed().shown, withdrawal.by) == (HALF, booking.order.booker.user)
    fact = Fact.objects.about(booking).latest("pk")
    assert (fact.kind, fact.by, fact.on_behalf_of) == ("cancelled", booking.order.booker.user, booking.participant)


@pytest.mark.parametrize("shown", [{"shown": NOTHING}, {"shown": ""}, {"shown": "x" * 100}, {}])
def test_at_another_price_than_was_shown_nothing_happens_and_it_is_asked_again(secretary, booking, january, shown):
    january.move_to(noon(LAST_DAY_OF_HALF))

    answer = secretary.post(address(booking), shown)

    assert answer.status_code == 422
    assert Booking.objects.get().is_confirmed
    assert f'name="shown" value="{HALF}"' in words(answer)
    assert "I dag koster det 2.650,00 kr." in words(answer)


def test_midnight_between_looking_and_pressing_asks_again(secretary, booking, january):
    january.move_to(noon(LAST_FREE_DAY))
    shown = secretary.get(address(booking)).context["fee"].shown
    january.shift(timedelta(hours=12))

    assert secretary.post(address(booking), {"shown": shown}).status_code == 422
    assert not Withdrawal.objects.exists()


def test_pressing_twice_withdraws_once(secretary, booking):
    for _time in range(2):
        answer = secretary.post(address(booking), {"shown": NOTHING})
        assert answer.url == receipt(booking)

    assert Withdrawal.objects.count() == 1
    assert Fact.objects.filter(kind="cancelled").count() == 1


# Who and when


def test_for_everybody_else_the_page_does_not_exist(booking, client):
    assert client.get(address(booking)).status_code == 302  # to sign in

    for person in (PersonFactory(), mayor_of("Ærø"), secretary_of(mayor_of("Samsø"))):
        stranger = Client()
        stranger.force_login(person.user)
        assert stranger.get(address(booking)).status_code == 404
        assert stranger.post(address(booking), {"shown": NOTHING}).status_code == 404
    other = seat(mayor=mayor_of("Læsø"))
    client.force_login(booking.order.booker.user)
    forged = reverse("booking:withdraw", args=[booking.order.reference, other.pk])
    assert client.post(forged, {"shown": NOTHING}).status_code == 404
    assert Booking.objects.filter(status=BookingStatus.CONFIRMED).count() == 2


def test_a_secretary_who_was_revoked_withdraws_nothing(secretary, booking):
    booking.participant.secretaries.update(ends_on=NOW.date() - timedelta(days=1))

    assert secretary.get(address(booking)).status_code == 404
    assert secretary.post(address(booking), {"shown": NOTHING}).status_code == 404
    assert address(booking) not in words(secretary.get(receipt(booking)))


def test_once_it_has_begun_or_is_called_off_there_is_nothing_to_withdraw(secretary, booking, january):
    assert address(booking) in words(secretary.get(receipt(booking)))
    january.move_to(booking.session.when.starts_at)
    for answer in (secretary.get(address(booking)), secretary.post(address(booking), {"shown": ALL})):
        assert answer.url == receipt(booking)
    january.move_to(NOW)
    cancel_session(SessionPage.objects.get(), by=None, now=NOW)

    answer = secretary.post(address(booking), {"shown": NOTHING}, follow=True)

    assert "Afholdelsen er aflyst" in words(answer)
    assert address(booking) not in words(answer)
    assert Booking.objects.get().is_confirmed


def test_who_waits_is_told_that_there_is_no_seat_to_give_up(client):
    session = SessionPageFactory(capacity=1, conditions=stepwise())
    seat(session)
    waiting = seat(session, mayor_of("Ærø"), waits=True)
    client.force_login(waiting.participant.user)

    page = words(client.post(address(waiting), {"shown": NOTHING}, follow=True))

    assert "står på ventelisten" in page
    waiting.refresh_from_db()
    assert waiting.is_waiting


def test_my_page_leads_there_while_it_can_be_done(secretary, booking, january):
    my_page = reverse("booking:my_page")
    assert address(booking) in words(secretary.get(my_page))

    january.move_to(booking.session.when.starts_at)

    assert address(booking) not in words(secretary.get(my_page))
