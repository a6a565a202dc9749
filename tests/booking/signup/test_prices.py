"""The price on page, form and receipt: one quote, whoever it is for and whatever is added."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from booking.dates import today
from booking.people.models import OfficeKind, Person
from booking.pricing.models import AddOn, PriceRow
from booking.signup.models import Booking, Order, OrderLine
from booking.signup.pass_on_views import DEARER
from booking.signup.refusals import PRICE_CHANGED, PRICE_OF_CHOICE
from booking.signup.substitute import substitute
from tests.booking.signup.filled import fields_on, filled, send
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import (
    AudienceFactory,
    MunicipalityFactory,
    OfficeFactory,
    SessionPageFactory,
    mayor_of,
    secretary_of,
)

FROM = date(2026, 1, 1)


@pytest.fixture
def mayor(db):
    return mayor_of("Fanø")


@pytest.fixture
def director(mayor):
    municipality = mayor.offices.get().municipality
    return OfficeFactory(kind=OfficeKind.MUNICIPAL_DIRECTOR, municipality=municipality).person


@pytest.fixture
def session(db):
    """For mayors and directors, who pay 3.000 kr. where others pay 5.300 kr.; a night more costs 900 kr."""
    directors = AudienceFactory(name="Kommunaldirektører", offices=[OfficeKind.MUNICIPAL_DIRECTOR.value])
    both = AudienceFactory(name="Begge", offices=[OfficeKind.MAYOR.value, OfficeKind.MUNICIPAL_DIRECTOR.value])
    ahead = today(timezone.now()) + timedelta(days=200)
    session = SessionPageFactory(title="Topmøde", audience=both, starts_on=ahead)
    PriceRow.objects.create(
        price_list=session.price_list, kind="day", audience=directors, valid_from=FROM, net=Decimal(3000)
    )
    night = AddOn.objects.create(name="Ekstra overnatning")
    PriceRow.objects.create(price_list=session.price_list, add_on=night, valid_from=FROM, net=Decimal(900))
    session.add_ons = [night]
    session.save()
    return session


@pytest.fixture
def booker(client, mayor, director):
    secretary = secretary_of(mayor, director)
    client.force_login(secretary.user)
    return secretary


def members(count: int) -> list[Person]:
    """So many of the council of Fanø."""
    municipality = MunicipalityFactory(name="Fanø")
    return [OfficeFactory(kind=OfficeKind.COUNCIL_MEMBER, municipality=municipality).person for _number in range(count)]


def live(client, session, values):
    return client.post(reverse("booking:quote", args=[session.pk]), values).content.decode()


def test_each_pays_the_price_that_is_for_them(session, mayor, director):
    assert order(session, mayor).quote().net == 5300
    assert order(session, director, shown="3000.00+750.00").quote().net == 3000


def test_the_page_says_what_each_audience_pays(client, session):
    page = client.get(session.get_url()).content.decode()

    for words in ("5.300,00 kr.", "6.625,00 kr.", "Kommunaldirektører", "3.000,00 kr.", "3.750,00 kr."):
        assert words in page


def test_a_price_that_depends_on_the_participant_is_shown_before_it_binds(client, session, booker, director):
    values = filled(client, session, participant=str(director.pk))
    assert values["shown"] == ""

    refused = send(client, session, values)

    assert refused.context["form"].non_field_errors() == [PRICE_OF_CHOICE]
    again = fields_on(refused, session)
    assert again["shown"] == "3000.00+750.00"
    assert "accepted" not in again
    assert send(client, session, again | {"accepted": "on"}).status_code == 302
    assert Booking.objects.get().price.gross == 3750


def test_the_sum_and_the_button_follow_what_is_chosen(client, session, booker, director):
    values = filled(client, session, participant=str(director.pk), add_ons=str(session.add_ons.get().pk))

    summary = live(client, session, values)

    assert 'value="3900.00+975.00"' in summary
    assert "4.875,00 kr." in summary.split("<button")[1]
    assert not Order.objects.exists()


def test_what_was_added_is_a_line_of_its_own_everywhere(client, session, booker, mayor):
    night = session.add_ons.get()
    chosen = filled(client, session, participant=str(mayor.pk), add_ons=str(night.pk), shown="6200.00+1550.00")

    receipt = client.get(send(client, session, chosen).url).content.decode()

    lines = OrderLine.objects.values_list("description", "unit_net", "quantity", "seats")
    assert sorted(lines) == [("Ekstra overnatning", 900, 1, 1), ("Topmøde", 5300, 1, 1)]
    for words in ("Ekstra overnatning", "900,00 kr.", "6.200,00 kr.", "1.550,00 kr.", "7.750,00 kr."):
        assert words in receipt


@pytest.mark.parametrize("forged", ["999", "0", "-1", "x", "1e3"])
def test_only_what_is_offered_can_be_added(client, session, booker, mayor, forged):
    answer = send(client, session, filled(client, session, participant=str(mayor.pk), add_ons=forged))

    assert answer.status_code == 422
    [seat] = answer.context["form"].wrong_seats
    assert seat.has_error("add_ons", "invalid_choice")
    assert not Order.objects.exists()


def test_what_has_no_price_is_not_offered(client, session, booker):
    PriceRow.objects.filter(add_on__isnull=False).delete()

    assert "Ekstra overnatning" not in client.get(session.get_url()).content.decode()


def test_another_vat_rate_is_another_price(client, session, booker, mayor):
    values = filled(client, session, participant=str(mayor.pk), shown="5300.00+1325.00")
    reason = "Momsfritaget efter momslovens § 13, stk. 1, nr. 3"
    PriceRow.objects.filter(audience=None, kind="day").update(vat_rate=0, exempt_reason=reason)

    refused = send(client, session, values)

    assert set(refused.context["form"].non_field_errors()) <= {PRICE_CHANGED, PRICE_OF_CHOICE}
    assert reason in refused.content.decode()
    assert not Order.objects.exists()


def test_what_was_agreed_outlives_the_price_list(session, mayor):
    agreed = order(session, mayor).quote()
    PriceRow.objects.update(net=9999, vat_rate=0, includes="Intet.")

    assert Order.objects.get().quote() == agreed


def test_an_order_of_a_whole_council_pays_one_price_and_the_bookings_add_up_to_it(session):
    PriceRow.objects.create(
        price_list=session.price_list, kind="day", per="order", seats_from=3, valid_from=FROM, net=Decimal(10000)
    )
    council = members(3)
    session.audience = AudienceFactory(name="Byrådet", offices=[OfficeKind.COUNCIL_MEMBER.value])
    session.save()
    booker = secretary_of(*council)

    placed = order(session, *council, booker=booker)

    assert placed.quote().gross == 12500 == sum(booking.price.gross for booking in placed.bookings.all())
    assert [booking.is_in_shared_price for booking in placed.bookings.order_by("pk")] == [False, True, True]


@pytest.mark.parametrize("name", ["", "mayor"])
def test_the_live_sum_is_for_those_who_can_sign_up(client, session, name):
    if name:
        client.force_login(OfficeFactory(kind=OfficeKind.COUNCIL_MEMBER).person.user)

    answer = client.post(reverse("booking:quote", args=[session.pk]), {})

    assert answer.status_code == (200 if name else 302)
    assert "5.300" not in answer.content.decode()


def test_the_live_sum_costs_no_more_with_many_prices(client, session, booker, mayor, django_assert_max_num_queries):
    values = filled(client, session, participant=str(mayor.pk))

    with django_assert_max_num_queries(40):
        live(client, session, values)


def test_the_booking_knows_the_day_of_its_price(session, mayor):
    PriceRow.objects.create(price_list=session.price_list, kind="day", valid_from=NOW.date(), net=Decimal(6000))

    assert session.quote(now=NOW).net == 6000
    assert order(session, mayor).quote().net == 6000


def test_a_seat_at_a_price_for_some_is_not_passed_on_to_whoever_pays_more(client, session, booker, mayor, director):
    seat = order(session, director, booker=booker, shown="3000.00+750.00").bookings.get()
    pass_on = reverse("booking:pass_on", args=[seat.order.reference, seat.pk])

    page = client.post(pass_on, {"participant": mayor.pk})

    assert (page.status_code, page.context["form"].errors["participant"]) == (422, [DEARER])
    seat.refresh_from_db()
    assert seat.participant == director
    assert substitute(seat, participant=mayor, by=None, now=NOW).participant == mayor  # staff may


def test_a_seat_is_passed_on_to_whoever_pays_less(session, booker, mayor, director):
    seat = order(session, mayor, booker=booker).bookings.get()

    assert substitute(seat, participant=director, by=booker.user, booker=booker, now=NOW).price.net == 5300
