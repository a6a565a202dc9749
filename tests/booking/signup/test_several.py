"""Several people in one order: a whole council to a summit, all of them or as many as there is room for."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from booking.journal import kinds
from booking.journal.models import Fact
from booking.models import Secretary
from booking.people.models import OfficeKind
from booking.pricing.models import AddOn, PriceRow
from booking.signup.models import Booking, BookingStatus, Order
from booking.signup.refusals import NO_CARD_FOR_WAITING, PRICE_OF_CHOICE, SEVERAL_PAYERS
from booking.signup.reserve import NoCards, PriceChanged, SeveralPayers, TooFewSeats
from booking.signup.sentences import short_sentence
from tests.booking.signup.filled import fields_on, filled, send
from tests.booking.signup.test_reserve import order
from tests.factories import (
    AudienceFactory,
    MunicipalityFactory,
    OfficeFactory,
    SessionPageFactory,
    secretary_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("january")]

CONFIRMED, WAITING = BookingStatus.CONFIRMED, BookingStatus.WAITING


def members(count, municipality="Fanø"):
    """So many of a council, by name: Medlem 01, Medlem 02 ..."""
    place = MunicipalityFactory(name=municipality)
    return [
        OfficeFactory(kind=OfficeKind.COUNCIL_MEMBER, municipality=place, person__name=f"Medlem {number:02}").person
        for number in range(1, count + 1)
    ]


@pytest.fixture
def council():
    return members(4)


@pytest.fixture
def booker(client, council):
    secretary = secretary_of(*council, name="Sekretær Sørensen")
    client.force_login(secretary.user)
    return secretary


def summit(**session):
    audience = AudienceFactory(name="Byrådet", offices=[OfficeKind.COUNCIL_MEMBER.value])
    return SessionPageFactory(**{"title": "Topmøde", "audience": audience} | session)


def chosen(client, session, *people, **changes):
    """The form with these people ticked."""
    return filled(client, session, participant=[str(person.pk) for person in people], **changes)


def sent_twice(client, session, values):
    """As without scripts: the first answer shows what it costs, and that is accepted."""
    again = fields_on(send(client, session, values), session)
    return send(client, session, again | {"accepted": "on"})


def statuses():
    return dict(Booking.objects.values_list("participant__name", "status"))


# Each with their own


def test_one_order_gives_each_their_own_seat(client, council, booker):
    anna, bo, carl, _dorte = council
    session = summit(kind="overnight", ends_on=date(2027, 5, 6))
    said = {f"{anna.pk}-diet": "Vegetar", f"{bo.pk}-room": "Intet værelse", f"{carl.pk}-may_be_listed": "on"}

    answer = sent_twice(client, session, chosen(client, session, anna, bo, carl, **said))

    placed = Order.objects.get()
    assert answer.url == reverse("booking:receipt", args=[placed.reference])
    seats = placed.bookings.order_by("pk").values_list("participant", "status", "diet", "room", "may_be_listed")
    assert list(seats) == [
        (anna.pk, CONFIRMED, "Vegetar", "", False),
        (bo.pk, CONFIRMED, "", "Intet værelse", False),
        (carl.pk, CONFIRMED, "", "", True),
    ]
    assert placed.quote().net == 3 * 8800
    assert set(Fact.objects.filter(kind=kinds.BOOKED).values_list("on_behalf_of", flat=True)) == {
        anna.pk,
        bo.pk,
        carl.pk,
    }


def test_the_price_of_all_is_accepted_before_anything_is_booked(client, council, booker):
    session = summit()
    values = chosen(client, session, *council)
    assert values["shown"] == "5300.00+1325.00"  # of one, while nobody is chosen

    answer = send(client, session, values)

    assert answer.context["form"].non_field_errors() == [PRICE_OF_CHOICE]
    assert not Order.objects.exists()
    again = fields_on(answer, session)
    assert again["shown"] == "21200.00+5300.00"
    assert again["participant"] == [str(member.pk) for member in council]
    assert "accepted" not in again
    button = answer.content.decode().split('<div class="submit">')[1].split("</div>")[0]
    assert "26.500,00 kr." in button


def test_the_sum_follows_everybody_who_is_chosen(client, council, booker):
    session = summit()
    night = AddOn.objects.create(name="Ekstra overnatning")
    PriceRow.objects.create(
        price_list=session.price_list, add_on=night, valid_from=session.price_list.rows.first().valid_from, net=900
    )
    session.add_ons = [night]
    session.save()
    anna, bo, *_others = council
    values = chosen(client, session, anna, bo) | {f"{bo.pk}-add_ons": str(night.pk)}

    summary = client.post(reverse("booking:quote", args=[session.pk]), values).content.decode()

    assert 'value="11500.00+2875.00"' in summary
    assert not Order.objects.exists()


def test_what_is_said_of_somebody_who_is_not_chosen_stands_in_nobodys_way(client, council, booker):
    anna, bo, *_others = council
    session = summit()

    send(client, session, chosen(client, session, anna, **{f"{bo.pk}-diet": "æ" * 201}))

    assert statuses() == {anna.name: CONFIRMED}


def test_what_is_wrong_stands_beside_whom_it_is_about_and_nothing_is_lost(client, council, booker):
    anna, bo, carl, _dorte = council
    session = summit()
    values = chosen(client, session, anna, bo, carl, **{f"{anna.pk}-diet": "Vegetar", f"{carl.pk}-diet": "æ" * 201})
    order(session, bo)

    answer = send(client, session, values)

    assert answer.status_code == 422
    wrong = {seat.person: seat.errors for seat in answer.context["form"].wrong_seats}
    assert list(wrong) == [bo, carl]
    assert bo.name in wrong[bo]["__all__"][0]
    assert "201" in wrong[carl]["diet"][0]
    page = answer.content.decode()
    summary = page.split('class="error-summary"')[1].split("</ul>")[0]
    assert bo.name in summary
    assert carl.name in summary
    again = fields_on(answer, session)
    assert again["participant"] == [str(one.pk) for one in (anna, bo, carl)]
    assert (again[f"{anna.pk}-diet"], again[f"{carl.pk}-diet"]) == ("Vegetar", "æ" * 201)
    assert Order.objects.count() == 1  # Bo's own


def test_nobody_is_signed_up_for_whom_the_booker_does_not_act(client, council, booker):
    session, stranger = summit(), members(1)[0]

    answer = send(client, session, chosen(client, session, council[0], stranger))

    assert answer.context["form"].has_error("participant", "invalid_choice")
    assert not Order.objects.exists()


def test_an_order_has_one_payer(client, council, booker):
    [other] = members(1, "Ærø")
    Secretary.objects.create(secretary=booker, principal=other, starts_on=booker.acts_for.first().starts_on)
    session = summit()

    answer = send(client, session, chosen(client, session, council[0], other, shown="10600.00+2650.00"))

    assert answer.context["form"].errors["participant"] == [str(SEVERAL_PAYERS)]
    assert not Order.objects.exists()
    with pytest.raises(SeveralPayers):
        order(session, council[0], other, booker=booker)


def test_nobody_has_two_seats_in_an_order(client, council, booker):
    session, [anna, *_others] = summit(), council

    send(client, session, chosen(client, session, anna, anna))

    assert Booking.objects.count() == 1


def test_whom_one_chose_is_kept_while_one_signs_in_again(client, council, booker):
    anna, bo, *_others = council
    session = summit()
    values = chosen(client, session, anna, bo, **{f"{bo.pk}-may_be_listed": "on", f"{bo.pk}-diet": "Cøliaki"})
    client.logout()

    send(client, session, values)
    client.force_login(booker.user)
    page = client.get(session.get_url())

    again = fields_on(page, session)
    assert again["participant"] == [str(anna.pk), str(bo.pk)]
    assert again[f"{bo.pk}-may_be_listed"] == "on"
    assert again[f"{bo.pk}-diet"] == ""  # says something of a person's health
    assert again["shown"] == "10600.00+2650.00"


# All or as many as there is room for


def test_all_or_nobody_unless_the_booker_says_otherwise(client, council, booker):
    session = summit(capacity=3)
    values = chosen(client, session, *council, shown="21200.00+5300.00")

    answer = send(client, session, values)

    assert values["if_short"] == "none"
    assert answer.context["form"].errors["if_short"] == [short_sentence(3)]
    assert not Order.objects.exists()
    with pytest.raises(TooFewSeats) as refusal:
        order(session, *council, booker=booker)
    assert refusal.value.left == 3


def test_as_many_as_there_is_room_for_get_a_seat_and_the_rest_wait(client, council, booker):
    session = summit(capacity=3)
    values = chosen(client, session, *council, if_short="rest_waits")

    answer = send(client, session, values)

    again = fields_on(answer, session)
    assert again["shown"] == "15900.00+3975.00 5300.00+1325.00"
    summary = answer.content.decode().split('class="summary"')[1].split('class="submit"')[0]
    assert council[3].name in summary
    assert send(client, session, again | {"accepted": "on"}).status_code == 302
    placed = Order.objects.get()
    assert [booking.status for booking in placed.bookings.order_by("pk")] == [CONFIRMED] * 3 + [WAITING]
    assert [booking.price.net for booking in placed.bookings.order_by("pk")] == [Decimal(5300)] * 4


def test_fewer_seats_than_were_shown_are_accepted_anew(council, booker):
    session = summit(capacity=4)
    order(session, *members(1, "Ærø"))

    with pytest.raises(PriceChanged) as refusal:
        order(session, *council, booker=booker, rest_waits=True, shown="21200.00+5300.00")

    assert refusal.value.cost.shown == "15900.00+3975.00 5300.00+1325.00"
    assert not Order.objects.filter(booker=booker).exists()


def test_those_who_wait_have_no_part_in_the_price_of_a_whole_order(council, booker):
    session = summit(capacity=3)
    row = session.price_list.rows.first()
    PriceRow.objects.create(
        price_list=session.price_list, kind="day", per="order", seats_from=3, valid_from=row.valid_from, net=10000
    )

    placed = order(session, *council, booker=booker, rest_waits=True, shown="10000.00+2500.00 5300.00+1325.00")

    assert [booking.price.net for booking in placed.bookings.order_by("pk")] == [10000, 0, 0, 5300]


def test_where_somebody_waits_an_invoice_pays(client, council, booker, settings):
    settings.TAKES_CARDS = True
    session = summit(capacity=3)
    session.price_list.takes_cards = True
    session.price_list.save()
    shown = "15900.00+3975.00 5300.00+1325.00"

    answer = send(
        client, session, chosen(client, session, *council, if_short="rest_waits", pays_by="card", shown=shown)
    )

    assert answer.context["form"].errors["pays_by"] == [str(NO_CARD_FOR_WAITING)]
    with pytest.raises(NoCards):
        order(session, *council, booker=booker, rest_waits=True, pays_by_card=True, shown=shown)
    assert not Order.objects.exists()


# A council of 25


def test_a_page_for_25_costs_no_more_queries_than_one_for_three(client):
    session = summit()
    counted = []
    for count in (3, 25):
        booker = secretary_of(*members(count))
        client.force_login(booker.user)
        client.get(session.get_url())
        with CaptureQueriesContext(connection) as queries:
            client.get(session.get_url())
        counted.append(len(queries))

    assert counted[0] == counted[1]


def test_the_sum_for_25_costs_no_more_queries_than_for_three(client):
    session = summit()
    row = session.price_list.rows.first()
    PriceRow.objects.create(
        price_list=session.price_list, kind="day", audience=session.audience, valid_from=row.valid_from, net=3000
    )
    counted = []
    for count in (3, 25):
        people = members(count)
        client.force_login(secretary_of(*people).user)
        values = chosen(client, session, *people)
        with CaptureQueriesContext(connection) as queries:
            answer = client.post(reverse("booking:quote", args=[session.pk]), values)
        counted.append(len(queries))
        assert f'value="{3000 * count}.00+{750 * count}.00"' in answer.content.decode()

    assert counted[0] == counted[1]


def test_the_receipt_of_25_names_them_all_and_says_once_what_is_the_same_for_all(client):
    people = members(25)
    booker = secretary_of(*people)
    client.force_login(booker.user)
    placed = order(summit(), *people, booker=booker)

    page = client.get(reverse("booking:receipt", args=[placed.reference])).content.decode()

    assert all(f"<strong>{one.name}</strong>" in page for one in people)
    assert page.count("165.625,00 kr.") == 1
    assert page.count("Tilmeldingen er bindende.") == 1


def test_a_participant_sees_no_other_on_the_receipt(client):
    people = members(3)
    placed = order(summit(), *people, booker=secretary_of(*people))
    client.force_login(people[1].user)

    page = client.get(reverse("booking:receipt", args=[placed.reference])).content.decode()

    assert [one.name for one in people if one.name in page] == [people[1].name]
    assert "6.625,00 kr." in page
    assert "19.875,00 kr." not in page


def test_a_receipt_of_25_costs_no_more_queries_than_one_of_three(client):
    counted = []
    for count in (3, 25):
        people = members(count)
        booker = secretary_of(*people)
        client.force_login(booker.user)
        placed = order(summit(), *people, booker=booker)
        receipt = reverse("booking:receipt", args=[placed.reference])
        client.get(receipt)
        with CaptureQueriesContext(connection) as queries:
            client.get(receipt)
        counted.append(len(queries))

    assert counted[0] == counted[1]


def test_25_of_one_order_are_one_row_on_my_page(client):
    people = members(25)
    booker = secretary_of(*people)
    client.force_login(booker.user)
    order(summit(), *people, booker=booker)

    lines = client.get(reverse("booking:my_page")).context["coming"]

    assert [(line.booking.participant, len(line.others)) for line in lines] == [(people[0], 24)]
