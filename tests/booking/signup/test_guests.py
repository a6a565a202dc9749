"""Guests: participants named by name and address, whom a booker vouches for, beside those in the register."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import gettext

from booking.models import AddOn, Choice, Person, PriceRow
from booking.people.models import OfficeKind
from booking.people.secretaries import end_secretary
from booking.people.signin import user_with
from booking.signup.guest_field import on_line
from booking.signup.guests import IN_A_DAY, Guest, NoHost
from booking.signup.hold import confirm_seats, expire_seats
from booking.signup.models import Booking, BookingStatus, Order
from booking.signup.refusals import TOO_MANY_GUESTS
from booking.signup.standing import CannotBook, Obstacle
from tests.booking.signup.filled import fields_on, filled, send
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import (
    AudienceFactory,
    MunicipalityFactory,
    OfficeFactory,
    PersonFactory,
    SessionPageFactory,
    mayor_of,
    secretary_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("january")]

COUNCIL = "Anne Holm, anne.holm@example.org\nBo Riis, bo.riis@example.org"


@pytest.fixture
def mayor():
    return mayor_of("Fanø")


@pytest.fixture
def booker(client, mayor):
    secretary = secretary_of(mayor, name="Sekretær Sørensen")
    client.force_login(secretary.user)
    return secretary


def summit(**session):
    """For mayors, and for those they name."""
    audience = AudienceFactory(name="Borgmestre og dem, de tager med", takes_guests=True)
    return SessionPageFactory(**{"title": "Topmøde", "audience": audience} | session)


def sent(client, session, text=COUNCIL, **values):
    """As without scripts: the first answer shows what it costs, and that is accepted."""
    answer = send(client, session, filled(client, session, guests=text, **values))
    if answer.status_code == 302:
        return answer
    again = fields_on(answer, session) | {"guests": text, "accepted": "on"}
    return send(client, session, again)


def problems(client, session, text, **values):
    """What is said beside the field."""
    answer = send(client, session, filled(client, session, guests=text, **values))
    assert answer.status_code == 422
    assert not Order.objects.exists()
    assert text.strip() in answer.content.decode().replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"')
    return list(answer.context["form"].errors["guests"])


def seated():
    return dict(Booking.objects.order_by("pk").values_list("participant__name", "status"))


# Named


def test_those_who_are_named_get_a_seat_each_in_the_one_order(client, mayor, booker):
    session = summit()

    answer = sent(client, session, participant=[str(mayor.pk)])

    placed = Order.objects.get()
    assert answer.url == reverse("booking:receipt", args=[placed.reference])
    assert list(seated()) == ["Borgmesteren i Fanø", "Anne Holm", "Bo Riis"]
    assert placed.quote().net == 3 * 5300
    assert placed.payer.name == "Fanø"
    anne = Person.objects.get(name="Anne Holm")
    assert (anne.email, anne.guest_email, anne.host, anne.municipality.name, anne.user) == (
        None,
        "anne.holm@example.org",
        mayor,
        "Fanø",
        None,
    )


def test_the_only_one_it_is_for_is_ticked_beforehand(client, mayor, booker):
    session = summit()

    assert fields_on(client.get(session.get_url()), session)["participant"] == str(mayor.pk)


def test_nobody_of_the_register_need_take_part(client, mayor, booker):
    sent(client, summit(), participant=None)

    assert list(seated()) == ["Anne Holm", "Bo Riis"]


@pytest.mark.parametrize(
    ("capacity", "words"),
    [(None, "You are signing up %(count)s persons."), (1, "You are putting %(count)s persons on the waiting list.")],
)
def test_how_many_are_about_to_be_signed_up_is_said_with_those_named(client, mayor, booker, capacity, words):
    session = summit(capacity=capacity)
    order(session, mayor_of("Ballerup"))
    values = filled(client, session, guests=COUNCIL, participant=str(mayor.pk))

    summary = client.post(reverse("booking:quote", args=[session.pk]), values).content.decode()
    redisplayed = send(client, session, values | {"contact_name": ""}).content.decode()

    for page in (summary, redisplayed):
        assert gettext(words) % {"count": 3} in page


def test_who_has_a_seat_already_can_name_others(client, mayor, booker):
    session = summit()
    order(session, mayor, booker=booker)

    sent(client, session)

    assert list(seated()) == ["Borgmesteren i Fanø", "Anne Holm", "Bo Riis"]


def test_what_was_typed_waits_for_who_signs_in_again_without_the_diets(client, mayor, booker):
    session = summit(kind="overnight", ends_on=date(2027, 5, 6))
    values = filled(client, session, guests="Anne Holm, anne.holm@example.org, nøddeallergi")
    client.logout()

    assert send(client, session, values).status_code == 403
    client.force_login(booker.user)
    page = client.get(session.get_url()).content.decode()

    assert "Anne Holm, anne.holm@example.org" in page
    assert "nøddeallergi" not in page


def test_a_form_without_anybody_asks_for_somebody(client, mayor, booker):
    session = summit()

    answer = send(client, session, filled(client, session, participant=None))

    assert answer.status_code == 422
    assert "participant" in answer.context["form"].errors


def test_twenty_five_are_pasted_from_a_sheet(client, mayor, booker):
    lines = "\r\n".join(f"Medlem {number:02}\tmedlem{number:02}@example.org" for number in range(1, 26))

    sent(client, summit(), lines, participant=None)

    assert Booking.objects.filter(status=BookingStatus.CONFIRMED).count() == 25
    assert Order.objects.get().quote().net == 25 * 5300


# The promise of an audience


def test_an_audience_takes_nobody_else_unless_staff_say_so(client, mayor, booker):
    session = SessionPageFactory()

    page = client.get(session.get_url()).content.decode()
    send(client, session, filled(client, session, guests=COUNCIL))

    assert 'name="guests"' not in page
    assert list(seated()) == ["Borgmesteren i Fanø"]


def test_naming_is_refused_on_the_verb_as_well(mayor, booker):
    session = SessionPageFactory()

    with pytest.raises(NoHost):
        order(session, mayor, booker=booker, guests=[Guest("Anne Holm", "anne.holm@example.org")])
    assert not Person.objects.filter(name="Anne Holm").exists()


def test_who_acts_for_nobody_it_is_for_names_nobody(client):
    session = summit()
    stranger = OfficeFactory(kind=OfficeKind.COUNCIL_MEMBER).person
    client.force_login(stranger.user)

    assert 'name="guests"' not in client.get(session.get_url()).content.decode()
    with pytest.raises(NoHost):
        order(session, booker=stranger, guests=[Guest("Anne Holm", "anne.holm@example.org")])


def test_a_secretary_who_was_let_go_names_nobody(mayor, booker):
    session = summit()
    end_secretary(booker.acts_for.get(), by=None, now=NOW)

    with pytest.raises(NoHost):
        order(session, booker=booker, guests=[Guest("Anne Holm", "anne.holm@example.org")])


def test_guests_come_from_a_municipality_that_the_audience_is_for(client, mayor, booker):
    session = summit()
    session.audience.municipalities.set([MunicipalityFactory(name="Ballerup")])

    assert 'name="guests"' not in client.get(session.get_url()).content.decode()


def test_those_who_act_for_two_municipalities_say_which(client, mayor, booker):
    other = mayor_of("Ballerup")
    secretary_of_both = secretary_of(mayor, other)
    client.force_login(secretary_of_both.user)
    session = summit()

    answer = sent(client, session, participant=None)
    assert answer.context["form"].errors["guests"]

    sent(client, session, participant=[str(other.pk)])
    assert Order.objects.get().payer.name == "Ballerup"


# An address opens nothing and tells nothing


def test_an_address_of_the_register_is_answered_like_any_other(client, mayor, booker):
    """A colleague whom the booker does not act for stays as they are: no seat, no name, no diet of theirs is shown."""
    session = summit()
    colleague = OfficeFactory(
        kind=OfficeKind.DEPUTY_MAYOR, person__name="Rigtige Navn", person__email="anne.holm@example.org"
    ).person

    receipt = client.get(sent(client, session).url).content.decode()

    assert "Anne Holm" in receipt
    assert "Rigtige Navn" not in receipt
    assert not colleague.bookings.exists()
    assert Person.objects.get(name="Anne Holm") != colleague


def test_somebody_of_the_register_with_a_seat_there_is_not_given_away(client, mayor, booker):
    session = summit()
    other = mayor_of("Ballerup", person__email="anne.holm@example.org")
    order(session, other)

    answer = sent(client, session)

    assert answer.status_code == 302


def test_a_typed_address_opens_no_sign_in(client, mayor, booker):
    sent(client, summit(), participant=None)

    assert user_with("anne.holm@example.org") is None
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.filter(name="Anne Holm").update(email="anne.holm@example.org")


def test_whoever_has_the_address_finds_the_seat_on_my_page(client, mayor, booker):
    anne = PersonFactory(name="Anne H.", email="anne.holm@example.org")
    url = sent(client, summit(), participant=None).url
    client.force_login(anne.user)

    page = client.get(reverse("booking:my_page")).content.decode()
    receipt = client.get(url).content.decode()

    assert "Topmøde" in page
    assert "Anne Holm" in receipt
    assert "Bo Riis" not in receipt


def test_a_guest_is_in_no_list_of_the_register(mayor, booker):
    session = summit()
    order(session, booker=booker, guests=[Guest("Anne Holm", "anne.holm@example.org")])
    anyone = AudienceFactory(name="Alle", opening="anyone", offices=[])

    assert not Person.objects.registered().filter(name="Anne Holm").exists()
    assert not anyone.admitted(date(2027, 5, 5)).filter(name="Anne Holm").exists()


# The same person


def test_one_seat_is_enough_for_an_address_of_a_municipality(client, mayor, booker):
    session = summit()
    sent(client, session, participant=None)
    client.force_login(mayor.user)

    answer = send(client, session, filled(client, session, participant=None, guests="A. Holm; anne.holm@example.org"))

    assert answer.context["form"].errors["guests"] == [on_line(1, "A. Holm er allerede tilmeldt.")]
    assert Order.objects.count() == 1


def test_an_address_of_somebody_on_the_list_is_to_be_ticked(client, mayor, booker):
    [problem] = problems(client, summit(), f"Borgmesteren, {mayor.email}", participant=None)

    assert mayor.name in problem


def test_everything_wrong_is_said_at_once_and_what_was_typed_stays(client, mayor, booker):
    said = problems(client, summit(), f"Anne Holm\nBorgmesteren, {mayor.email}\nBo, bo@", participant=None)

    assert sorted(sentence.split(":")[0][-1] for sentence in said) == ["1", "2", "3"]


def test_a_secretary_can_name_herself(client, mayor, booker):
    sent(client, summit(), f"Sekretær Sørensen, {booker.email}", participant=None)

    assert list(seated()) == ["Sekretær Sørensen"]


def test_there_is_an_end_to_how_many_one_names_in_a_day(client, mayor, booker):
    session = summit()
    order(session, booker=booker, guests=[Guest("x", f"x{number}@example.org") for number in range(IN_A_DAY)])

    answer = sent(client, session, participant=None)

    assert answer.context["form"].errors["guests"] == [TOO_MANY_GUESTS]


# Fewer seats than people


def test_as_many_as_there_is_room_for_get_a_seat_and_the_rest_wait(client, mayor, booker):
    session = summit(capacity=2)

    sent(client, session, participant=[str(mayor.pk)], if_short="rest_waits")

    assert seated() == {
        "Borgmesteren i Fanø": BookingStatus.CONFIRMED,
        "Anne Holm": BookingStatus.CONFIRMED,
        "Bo Riis": BookingStatus.WAITING,
    }


def test_it_is_all_or_none_unless_the_booker_says_otherwise(client, mayor, booker):
    answer = sent(client, summit(capacity=2), participant=[str(mayor.pk)])

    assert answer.context["form"].errors["if_short"]
    assert not Order.objects.exists()
    assert not Person.objects.filter(name="Anne Holm").exists()


def test_guests_join_the_line_of_a_full_session(client, mayor, booker):
    session = summit(capacity=1)
    order(session, mayor_of("Ballerup"))

    sent(client, session, participant=None)

    assert seated()["Anne Holm"] == seated()["Bo Riis"] == BookingStatus.WAITING


# Afterwards


def test_whoever_acts_for_the_host_withdraws_the_guest(client, mayor, booker):
    sent(client, summit(), participant=None)
    seat = Booking.objects.get(participant__name="Anne Holm")
    url = reverse("booking:withdraw", args=[seat.order.reference, seat.pk])
    next_secretary = secretary_of(mayor, name="Ny Sekretær")
    end_secretary(booker.acts_for.get(), by=None, now=NOW - timedelta(days=1))

    assert client.get(url).status_code == 404
    client.force_login(next_secretary.user)
    assert client.get(url).status_code == 200


def test_money_that_comes_too_late_buys_a_guest_no_second_seat(mayor, booker):
    """The one who names them again makes another row of them, and they are the same all the same."""
    session, anne = summit(), [Guest("Anne Holm", "anne.holm@example.org")]
    held = order(session, booker=booker, guests=anne).bookings.get()
    Booking.objects.filter(pk=held.pk).update(status=BookingStatus.HELD)
    expire_seats(held.order, [held.pk], now=NOW)
    order(session, booker=booker, guests=anne)

    assert not confirm_seats(held.order, [held.pk], now=NOW)
    assert Booking.objects.seated().count() == 1


def test_a_guest_at_one_run_of_a_choice_is_not_named_at_another(mayor, booker):
    choice = Choice.objects.create(name="Marts eller april")
    runs = [summit(choice=choice)]
    runs.append(SessionPageFactory(title="Topmøde igen", audience=runs[0].audience, choice=choice))
    anne = [Guest("Anne Holm", "anne.holm@example.org")]
    order(runs[0], booker=booker, guests=anne)

    with pytest.raises(CannotBook) as refused:
        order(runs[1], booker=booker, guests=anne)

    assert refused.value.obstacle == Obstacle.OTHER_RUN


def test_the_form_asks_as_often_of_one_line_as_of_thirty(client, mayor, booker):
    session = summit()
    values = filled(client, session, participant=None, accepted=None)
    counts = []
    for lines in (1, 30):
        text = "\n".join(f"Navn {number}, navn{number}@example.org" for number in range(lines))
        with CaptureQueriesContext(connection) as asked:
            send(client, session, values | {"guests": text})
        counts.append(len(asked))

    assert counts[0] == counts[1]


# What is added to their seats


@pytest.fixture
def night(mayor, booker):
    """A summit at which a night more costs 900 kr."""
    session = summit()
    night = AddOn.objects.create(name="Ekstra overnatning")
    PriceRow.objects.create(price_list=session.price_list, add_on=night, valid_from=date(2022, 1, 1), net=900)
    session.add_ons = [night]
    session.save()
    return session


def test_one_choice_of_add_ons_is_for_all_who_are_named(client, mayor, night):
    key = str(night.add_ons.get().pk)

    sent(client, night, participant=str(mayor.pk), guest_add_ons=key)

    order = Order.objects.get()
    nets = {booking.participant.name: booking.price.net for booking in order.bookings.prefetch_related("lines")}
    assert nets == {mayor.name: 5300, "Anne Holm": 6200, "Bo Riis": 6200}
    assert order.quote().price.net == 17700


def test_the_page_prices_them_before_anything_is_pressed(client, mayor, night):
    key = str(night.add_ons.get().pk)

    answer = send(client, night, filled(client, night, guests=COUNCIL, participant=None, guest_add_ons=key))

    assert answer.status_code == 422
    assert answer.context["panel"].quote.price.net == 12400


def test_an_add_on_that_is_not_offered_is_refused_beside_its_field(client, mayor, night):
    answer = send(client, night, filled(client, night, guests=COUNCIL, participant=None, guest_add_ons="99"))

    assert answer.context["form"].has_error("guest_add_ons", "invalid_choice")
    assert not Order.objects.exists()


def test_where_nothing_can_be_added_nothing_is_asked(client, mayor, booker):
    assert 'name="guest_add_ons"' not in client.get(summit().get_url()).content.decode()
