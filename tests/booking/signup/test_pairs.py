"""Two who come as a pair: both or neither, whoever starts, and however the other answers."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.urls import reverse

from booking.dates import COPENHAGEN
from booking.journal import kinds
from booking.journal.models import Fact
from booking.models import Secretary
from booking.people.models import OfficeKind
from booking.pricing.models import PriceRow
from booking.pricing.rules import Asked
from booking.signup.cancel import FeeChanged, cancel_booking
from booking.signup.fee import fee_of
from booking.signup.models import Booking, BookingStatus, Order
from booking.signup.pairs import (
    BadKey,
    PairGone,
    confirm_pair,
    decline_pair,
    key_for,
    lapse_due,
    partners,
    read_key,
    sign_up_pair,
)
from booking.signup.refusals import THE_OTHER
from booking.signup.reserve import CannotAsk, MayNotActFor, NoCards, NotAPair, Seat, SeveralPayers
from booking.signup.standing import CannotBook, Obstacle, seats_left
from booking.signup.substitute import substitute
from tests.booking.signup.filled import fields_on, filled, send
from tests.booking.signup.test_race import go
from tests.booking.signup.test_reserve import NOW, PURCHASE, order
from tests.factories import (
    AudienceFactory,
    MunicipalityFactory,
    OfficeFactory,
    SessionPageFactory,
    mayor_of,
    secretary_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("january")]

CONFIRMED, PAIRING, CANCELLED, EXPIRED, HELD = (
    BookingStatus.CONFIRMED,
    BookingStatus.PAIRING,
    BookingStatus.CANCELLED,
    BookingStatus.EXPIRED,
    BookingStatus.HELD,
)
FOR_TWO = "10600.00+2650.00"


def director_of(place, **person):
    details = {f"person__{field}": value for field, value in ({"name": f"Direktøren i {place}"} | person).items()}
    municipality = MunicipalityFactory(name=place)
    return OfficeFactory(kind=OfficeKind.MUNICIPAL_DIRECTOR, municipality=municipality, **details).person


def for_pairs(**session):
    offices = [OfficeKind.MAYOR.value, OfficeKind.MUNICIPAL_DIRECTOR.value]
    audience = AudienceFactory(name="Borgmestre og kommunaldirektører", offices=offices)
    return SessionPageFactory(**{"title": "Parløb", "audience": audience, "takes_pairs": True} | session)


@pytest.fixture
def mayor():
    return mayor_of("Fanø")


@pytest.fixture
def director():
    return director_of("Fanø")


@pytest.fixture
def session():
    return for_pairs()


def ask(session, starter, other, *, booker=None, now=NOW, **changes):
    """Sign two up as a pair; the other is asked, if the booker does not act for them."""
    given = {
        "seats": [Seat(starter), Seat(other)],
        "asks": other,
        "purchase": PURCHASE,
        "shown": session.quote([Asked(pair="pair"), Asked(pair="pair")], now=now).shown,
        "shown_conditions": session.conditions.current().pk,
        "submission": uuid4(),
    }
    return sign_up_pair(session, booker=booker or starter, now=now, **(given | changes))


def asked(session, starter, other, **changes):
    """The seat of whoever is asked."""
    return ask(session, starter, other, **changes).bookings.get(participant=other)


def statuses():
    return list(Booking.objects.order_by("pk").values_list("status", flat=True))


# Beginning


def test_whoever_acts_for_both_signs_both_up_at_once(session, mayor, director):
    placed = ask(session, mayor, director, booker=secretary_of(mayor, director), asks=None)

    assert statuses() == [CONFIRMED, CONFIRMED]
    assert len(set(placed.bookings.values_list("pair", flat=True))) == 1
    assert placed.quote().net == 10600


def test_a_price_for_pairs_is_shared_by_both(session, mayor, director):
    PriceRow.objects.create(
        price_list=session.price_list, kind="day", per="pair", valid_from=date(2026, 1, 1), net=Decimal(9000)
    )

    placed = ask(session, mayor, director)

    assert [booking.price.net for booking in placed.bookings.order_by("pk")] == [9000, 0]


def test_the_other_is_asked_and_both_seats_are_kept_until_the_answer(mayor, director):
    session = for_pairs(capacity=2)

    placed = ask(session, mayor, director)

    own, others = placed.bookings.order_by("pk")
    assert (own.status, own.asked_at, others.status, others.asked_at) == (PAIRING, None, PAIRING, NOW)
    assert own.offered_until == others.offered_until == NOW + timedelta(days=3)
    assert seats_left(session) == 0
    facts = Fact.objects.filter(kind=kinds.PAIR_ASKED).order_by("pk")
    assert list(facts.values_list("by", "on_behalf_of")) == [(mayor.user_id, mayor.pk), (mayor.user_id, director.pk)]


@pytest.mark.parametrize("count", [1, 3])
def test_a_session_for_pairs_takes_two(session, count):
    people = [mayor_of("Fanø"), director_of("Fanø"), director_of("Fanø")][:count]

    with pytest.raises(NotAPair):
        order(session, *people, booker=secretary_of(*people))


def test_one_seat_is_of_no_use_to_two(mayor, director):
    session = for_pairs(capacity=1)

    for changes in ({}, {"rest_waits": True}):
        with pytest.raises(CannotBook) as refusal:
            ask(session, mayor, director, **changes)

        assert refusal.value.obstacle == Obstacle.FULL
    assert not Order.objects.exists()


def test_a_pair_comes_from_one_municipality(session, mayor):
    with pytest.raises(SeveralPayers):
        ask(session, mayor, director_of("Ærø"))


def test_only_whom_the_session_is_for_can_be_asked(session, mayor):
    member = OfficeFactory(kind=OfficeKind.COUNCIL_MEMBER, municipality=mayor.offices.get().municipality).person

    with pytest.raises(CannotBook) as refusal:
        ask(session, mayor, member)

    assert (refusal.value.obstacle, refusal.value.participant) == (Obstacle.NOT_FOR_YOU, member)


def test_nobody_signs_up_two_for_whom_they_do_not_act(session, mayor, director):
    stranger = mayor_of("Ærø")

    for asks in (None, director):
        with pytest.raises(MayNotActFor):
            ask(session, mayor, director, booker=stranger, asks=asks)


def test_nobody_is_asked_along_where_no_pairs_are_taken(mayor, director):
    with pytest.raises(MayNotActFor):
        ask(for_pairs(takes_pairs=False), mayor, director)


@pytest.mark.parametrize("reason", ["no address", "too near"])
def test_nobody_is_asked_who_could_not_answer(session, mayor, reason):
    email = None if reason == "no address" else "direktoer@example.org"
    director = director_of("Fanø", email=email, user=None)
    now = NOW if reason == "no address" else datetime(2027, 5, 4, 9, tzinfo=COPENHAGEN)

    with pytest.raises(CannotAsk):
        ask(session, mayor, director, now=now)

    assert not Order.objects.exists()


def test_a_card_is_for_whoever_acts_for_both(session, mayor, director, settings):
    settings.TAKES_CARDS = True
    session.price_list.takes_cards = True
    session.price_list.save()

    with pytest.raises(NoCards):
        ask(session, mayor, director, pays_by_card=True)
    ask(session, mayor, director, booker=secretary_of(mayor, director), asks=None, pays_by_card=True)

    assert statuses() == [HELD, HELD]


def test_those_who_can_be_named_hold_office_in_the_same_place(session, mayor, director):
    director_of("Ærø")
    OfficeFactory(kind=OfficeKind.COUNCIL_MEMBER, municipality=mayor.offices.get().municipality)

    assert partners(session, [mayor], besides={mayor.pk}) == [director]


# Answers


def test_a_yes_gives_both_their_seats(session, mayor, director):
    seat = asked(session, mayor, director)
    later = NOW + timedelta(hours=5)

    confirm_pair(seat, by=None, now=later, diet="Vegetar", may_be_listed=True)

    own, others = Booking.objects.order_by("pk")
    assert (own.status, others.status) == (CONFIRMED, CONFIRMED)
    assert (own.accepted_at, others.accepted_at) == (NOW, later)
    assert (own.diet, others.diet, others.may_be_listed) == ("", "Vegetar", True)
    assert Fact.objects.filter(kind=kinds.BOOKED).count() == 2
    assert confirm_pair(seat, by=None, now=later).is_confirmed  # a second yes changes nothing
    assert Fact.objects.filter(kind=kinds.BOOKED).count() == 2


def test_whoever_asked_can_not_answer_for_the_other(session, mayor, director):
    own = ask(session, mayor, director).bookings.get(participant=mayor)

    with pytest.raises(PairGone):
        confirm_pair(own, by=mayor.user, now=NOW)

    assert statuses() == [PAIRING, PAIRING]


@pytest.mark.parametrize("who", ["mayor", "director"])
def test_a_no_of_either_frees_both_seats(session, mayor, director, who):
    ask(session, mayor, director)
    seat = Booking.objects.get(participant={"mayor": mayor, "director": director}[who])

    decline_pair(seat, by=None, now=NOW)

    assert statuses() == [CANCELLED, CANCELLED]
    with pytest.raises(PairGone):
        confirm_pair(Booking.objects.get(participant=director), by=None, now=NOW)


def test_no_answer_in_time_frees_both_seats(session, mayor, director):
    until = asked(session, mayor, director).offered_until

    lapse_due(until - timedelta(seconds=1))
    assert statuses() == [PAIRING, PAIRING]
    out = StringIO()
    call_command("run_due", at=until.isoformat(), stdout=out)

    assert statuses() == [EXPIRED, EXPIRED]
    assert not any(booking.was_held for booking in Booking.objects.all())
    assert "2" in next(line for line in out.getvalue().splitlines() if line.startswith(("Pairs", "Par")))
    assert lapse_due(until) == ({}, 0)


def test_a_late_yes_gives_nobody_a_seat(session, mayor, director):
    seat = asked(session, mayor, director)

    with pytest.raises(PairGone):
        confirm_pair(seat, by=None, now=seat.offered_until)


def test_the_audience_is_asked_anew_about_both(session, mayor, director):
    seat = asked(session, mayor, director)
    mayor.offices.update(ends_on=NOW.date())

    with pytest.raises(CannotBook) as refusal:
        confirm_pair(seat, by=None, now=NOW)

    assert refusal.value.participant == mayor
    assert statuses() == [PAIRING, PAIRING]


def test_two_who_name_each_other_have_said_yes(session, mayor, director):
    first = ask(session, mayor, director)

    second = ask(session, director, mayor)

    assert second == first
    assert statuses() == [CONFIRMED, CONFIRMED]


def test_naming_another_is_no_yes(session, mayor, director):
    other = director_of("Fanø", name="Den anden direktør")
    ask(session, mayor, director)

    with pytest.raises(CannotBook) as refusal:
        ask(session, director, other)

    assert refusal.value.obstacle == Obstacle.ALREADY_BOOKED
    assert statuses() == [PAIRING, PAIRING]


# Afterwards


@pytest.mark.parametrize("who", ["mayor", "director"])
def test_the_two_leave_together_and_pay_what_both_owe(session, mayor, director, who):
    ask(session, mayor, director, booker=secretary_of(mayor, director), asks=None)
    seat = Booking.objects.get(participant={"mayor": mayor, "director": director}[who])

    with pytest.raises(FeeChanged):
        cancel_booking(seat, by=None, now=NOW, shown="5300.00+1325.00")
    assert fee_of(seat, now=NOW).shown == FOR_TWO
    cancel_booking(seat, by=None, now=NOW, shown=FOR_TWO)

    assert statuses() == [CANCELLED, CANCELLED]
    assert sum(booking.withdrawal.owed().net for booking in Booking.objects.all()) == 10600


def test_a_shared_price_is_owed_once(session, mayor, director):
    PriceRow.objects.create(
        price_list=session.price_list, kind="day", per="pair", valid_from=date(2026, 1, 1), net=Decimal(9000)
    )
    placed = ask(session, mayor, director, booker=secretary_of(mayor, director), asks=None)

    cancel_booking(placed.bookings.earliest("pk"), by=None, now=NOW, shown="9000.00+2250.00")

    assert sum(booking.withdrawal.owed().net for booking in Booking.objects.all()) == 9000


def test_staff_take_back_a_pair_that_awaits_its_answer(session, mayor, director):
    seat = asked(session, mayor, director)

    cancel_booking(seat, by=None, now=NOW)

    assert statuses() == [CANCELLED, CANCELLED]
    assert not hasattr(Booking.objects.first(), "withdrawal")


def test_a_substitute_comes_from_the_same_municipality(session, mayor, director):
    placed = ask(session, mayor, director, booker=secretary_of(mayor, director), asks=None)
    seat = placed.bookings.get(participant=director)

    with pytest.raises(CannotBook) as refusal:
        substitute(seat, participant=director_of("Ærø"), by=None, now=NOW)
    assert refusal.value.obstacle == Obstacle.OTHER_MUNICIPALITY
    successor = director_of("Fanø", name="Den nye direktør")

    substitute(seat, participant=successor, by=None, now=NOW)

    assert set(placed.bookings.values_list("participant__name", flat=True)) == {mayor.name, "Den nye direktør"}


# The form


@pytest.fixture
def secretary(client, mayor):
    secretary = secretary_of(mayor, name="Sekretær Sørensen")
    client.force_login(secretary.user)
    return secretary


def test_one_starts_on_the_page_and_names_the_other(client, session, secretary, mayor, director):
    values = filled(client, session, partner=str(director.pk), diet="Vegetar")

    answer = send(client, session, values)

    assert values["shown"] == FOR_TWO
    placed = Order.objects.get()
    assert answer.url == reverse("booking:receipt", args=[placed.reference])
    own, others = placed.bookings.order_by("pk")
    assert (own.participant, own.diet, others.participant, others.diet) == (mayor, "Vegetar", director, "")
    assert statuses() == [PAIRING, PAIRING]
    receipt = client.get(answer.url).content.decode()
    assert reverse("booking:pair", args=[key_for(own)]) in receipt
    assert reverse("booking:pair", args=[key_for(others)]) not in receipt


def test_a_secretary_of_both_ticks_both(client, session, secretary, mayor, director):
    Secretary.objects.create(secretary=secretary, principal=director, starts_on=date(2026, 1, 1))

    values = filled(client, session, participant=[str(mayor.pk), str(director.pk)], shown=FOR_TWO)

    assert send(client, session, values).status_code == 302
    assert statuses() == [CONFIRMED, CONFIRMED]


def test_one_alone_is_told_to_name_the_other(client, session, secretary, director):
    answer = send(client, session, filled(client, session, partner=""))

    assert answer.context["form"].errors["partner"] == [str(THE_OTHER)]
    assert not Order.objects.exists()


def test_the_price_of_both_is_shown_before_the_other_is_chosen(client, session, secretary, mayor, director):
    director_of("Fanø", name="Vicedirektøren")

    page = client.get(session.get_url())

    assert fields_on(page, session)["shown"] == FOR_TWO
    assert not fields_on(page, session).get("partner")


@pytest.mark.parametrize("per", ["seat", "pair"])
def test_the_page_says_whether_the_price_is_for_each(client, session, per):
    if per == "pair":
        row = {"kind": "day", "per": "pair", "valid_from": date(2026, 1, 1), "net": Decimal(9000)}
        PriceRow.objects.create(price_list=session.price_list, **row)

    page = client.get(session.get_url()).content.decode()

    assert ("Pr. person" in page) == (per == "seat")


def test_the_only_one_who_can_be_named_is_named_beforehand(client, session, secretary, mayor, director):
    assert fields_on(client.get(session.get_url()), session)["partner"] == str(director.pk)


def test_the_form_says_that_a_pair_withdraws_together(client, session, mayor, director):
    client.force_login(secretary_of(mayor, director).user)

    answer = send(client, session, filled(client, session, participant=[mayor.pk, director.pk], accepted=None))

    page = answer.content.decode().split('id="order-summary"')[1]
    assert "De to i et par framelder sig sammen." in page
    assert "framelde sig alene" not in page


def test_only_those_who_are_shown_can_be_named(client, session, secretary, director):
    stranger = director_of("Ærø")

    answer = send(client, session, filled(client, session, partner=str(stranger.pk), shown=FOR_TWO))

    assert answer.context["form"].has_error("partner", "invalid_choice")
    assert not Order.objects.exists()


def test_where_there_is_nobody_to_name_one_is_told_whom_to_ask(client, session, secretary):
    page = client.get(session.get_url()).content.decode()

    assert 'name="partner"' not in page
    assert session.contact.email in page.split('id="tilmelding"')[1]


# The link


@pytest.fixture
def link(session, mayor, director):
    return reverse("booking:pair", args=[key_for(asked(session, mayor, director))])


def test_the_link_answers_without_signing_in(client, link):
    assert client.get(link).status_code == 200
    assert statuses() == [PAIRING, PAIRING]

    answer = client.post(link, {"yes": "1", "accepted": "on", "diet": "Cøliaki"}, follow=True)

    assert answer.status_code == 200
    assert statuses() == [CONFIRMED, CONFIRMED]
    assert Booking.objects.get(diet="Cøliaki").asked_at


def test_the_conditions_are_accepted_by_whoever_says_yes(client, link):
    answer = client.post(link, {"yes": "1", "diet": "Cøliaki"})

    assert answer.status_code == 422
    assert 'value="Cøliaki"' in answer.content.decode()
    assert statuses() == [PAIRING, PAIRING]


def test_a_no_by_the_link_frees_both_seats(client, link):
    client.post(link, {"no": "1"})

    assert statuses() == [CANCELLED, CANCELLED]


def test_the_link_names_nobody_to_whoever_has_only_the_address(client, link, mayor, director):
    assert director.name not in client.get(link).content.decode()
    assert mayor.name not in client.get(link).content.decode()
    client.force_login(director.user)
    page = client.get(link)
    assert director.name in page.content.decode()
    assert (page.headers["X-Robots-Tag"], "no-store" in page.headers["Cache-Control"]) == ("noindex", True)


def test_a_link_is_that_of_one_person(client, session, mayor, director):
    seat = asked(session, mayor, director)
    old = reverse("booking:pair", args=[key_for(seat)])
    confirm_pair(seat, by=None, now=NOW)
    substitute(seat, participant=director_of("Fanø", name="Den nye direktør"), by=None, now=NOW)

    assert client.get(old).status_code == 404
    for forged in ("x", "1p1", f"abc-{seat.pk}p{director.pk}"):
        assert client.get(reverse("booking:pair", args=[forged])).status_code == 404
        with pytest.raises(BadKey):
            read_key(forged)


def test_the_one_who_asked_takes_it_back_by_their_own_link(client, session, mayor, director):
    own = ask(session, mayor, director).bookings.get(participant=mayor)
    link = reverse("booking:pair", args=[key_for(own)])

    assert client.post(link, {"yes": "1", "accepted": "on"}).status_code == 422
    assert statuses() == [PAIRING, PAIRING]
    client.post(link, {"no": "1"})

    assert statuses() == [CANCELLED, CANCELLED]


def test_whoever_is_asked_finds_it_on_my_page(client, session, mayor, director):
    seat = asked(session, mayor, director)
    client.force_login(director.user)

    page = client.get(reverse("booking:my_page")).content.decode()

    assert reverse("booking:pair", args=[key_for(seat)]) in page


def test_the_page_of_a_withdrawal_names_both(client, session, mayor, director):
    placed = ask(session, mayor, director, booker=secretary_of(mayor, director), asks=None)
    client.force_login(mayor.user)
    seat = placed.bookings.get(participant=mayor)

    page = client.get(reverse("booking:withdraw", args=[placed.reference, seat.pk])).content.decode()

    assert page.count(f"Meld {mayor.name} og {director.name} fra") == 3  # title, heading and button
    assert FOR_TWO in page


def test_nobody_waits_for_the_seats_of_a_pair(client, session, mayor, director, january):
    placed = ask(session, mayor, director, booker=secretary_of(mayor, director), asks=None)
    january.move_to(datetime(2027, 4, 30, 12, tzinfo=COPENHAGEN))
    client.force_login(mayor.user)
    seat = placed.bookings.get(participant=mayor)

    page = client.get(reverse("booking:withdraw", args=[placed.reference, seat.pk])).content.decode()

    assert "I dag koster det 10.600,00" in page.replace("\xa0", " ")
    assert "ventelisten" not in page


def test_whoever_withdraws_a_pair_hears_that_both_have_left(client, session, mayor, director):
    placed = ask(session, mayor, director, booker=secretary_of(mayor, director), asks=None)
    client.force_login(mayor.user)
    seat = placed.bookings.get(participant=mayor)

    address = reverse("booking:withdraw", args=[placed.reference, seat.pk])
    answer = client.post(address, {"shown": fee_of(seat, now=NOW).shown}, follow=True)

    assert statuses() == [CANCELLED, CANCELLED]
    assert f"{mayor.name} og {director.name} er ikke længere tilmeldt." in answer.content.decode()


# Races


@pytest.mark.django_db(transaction=True)
def test_two_who_start_with_each_other_at_once_have_one_seat_each():
    session, mayor, director = for_pairs(), mayor_of("Fanø"), director_of("Fanø")

    ended = go(session, [("ask", mayor), ("ask", director)])

    assert ended == ["asked", "asked"]
    assert statuses() == [CONFIRMED, CONFIRMED]
    assert Order.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_yes_that_meets_its_deadline_is_one_or_the_other():
    session, pairs = for_pairs(), []
    for name in ("Fanø", "Ærø", "Samsø", "Læsø"):
        pairs.append(asked(session, mayor_of(name), director_of(name)))
    until = pairs[0].offered_until
    before = until - timedelta(seconds=1)

    ended = go(session, [attempt for seat in pairs for attempt in (("confirm", seat, before), ("lapse", seat, until))])

    assert ended.count("lapsed") == 4
    seats = [sorted(Booking.objects.filter(pair=seat.pair).values_list("status", flat=True)) for seat in pairs]
    assert all(both in ([CONFIRMED, CONFIRMED], [EXPIRED, EXPIRED]) for both in seats)
    assert ended.count("paired") == seats.count([CONFIRMED, CONFIRMED])
    assert ended.count("pair_gone") == seats.count([EXPIRED, EXPIRED])
