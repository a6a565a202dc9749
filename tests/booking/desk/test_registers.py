"""The records that staff keep: what is saved, what follows, and what is refused in a friendly way."""

import json
from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from booking.dates import today
from booking.models import (
    AddOn,
    Audience,
    CalendarEntry,
    Conditions,
    ConditionsVersion,
    Office,
    Person,
    PriceList,
    PriceRow,
    Secretary,
    Seller,
    Speaker,
    Venue,
)
from booking.people.signin import user_with
from tests.booking.desk.test_bookings import book
from tests.factories import (
    AudienceFactory,
    ConditionsFactory,
    MunicipalityFactory,
    PriceListFactory,
    SellerFactory,
    SessionPageFactory,
    UserFactory,
    VenueFactory,
    mayor_of,
    secretary_of,
)


def told(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


# Places


def test_a_new_address_reaches_the_calendars(client, editor):
    venue = VenueFactory(name="Campus Carlsberg")
    session = SessionPageFactory(venue=venue)
    before = CalendarEntry.objects.get(session=session)

    client.post(
        reverse("venues:edit", args=[venue.pk]),
        {"name": "Campus Carlsberg", "street": "Ny Gade 1", "postcode": "1799", "city": "København V"},
    )

    after = CalendarEntry.objects.get(session=session)
    assert "Ny Gade 1" in after.place
    assert after.sequence == before.sequence + 1


def test_a_venue_in_use_stays_and_says_why(client, editor):
    venue = VenueFactory()
    SessionPageFactory(venue=venue)
    address = reverse("venues:delete", args=[venue.pk])

    question = client.get(address)
    response = client.post(address)

    assert question.status_code == 200
    assert b'method="POST"' not in question.content
    assert response.status_code == 302
    assert venue.name in told(response)
    assert Venue.objects.filter(pk=venue.pk).exists()


def test_a_venue_that_nobody_uses_goes(client, editor):
    venue = VenueFactory()

    client.post(reverse("venues:delete", args=[venue.pk]))

    assert not Venue.objects.exists()


def test_a_speaker_in_a_programme_stays(client, editor):
    speaker = Speaker.objects.create(name="En oplægsholder")
    item = {"time": "10:00", "kind": "talk", "title": "Oplæg", "speakers": [speaker.pk], "inputs": []}
    SessionPageFactory(programme=json.dumps([{"type": "day", "value": {"heading": "", "items": [item]}}]))

    response = client.post(reverse("speakers:delete", args=[speaker.pk]))

    assert response.status_code == 302
    assert Speaker.objects.exists()


@pytest.mark.parametrize("name", ["persons", "offices", "municipalities", "audiences", "conditions", "price-lists"])
def test_what_a_booking_rests_on_stays(client, administrator, name):
    session = SessionPageFactory()
    [booking] = book(session, "Ærø")
    record = {
        "persons": booking.participant,
        "offices": booking.office,
        "municipalities": booking.office.municipality,
        "audiences": session.audience,
        "conditions": session.conditions,
        "price-lists": session.price_list,
    }[name]
    address = reverse(f"{name}:delete", args=[record.pk])

    assert client.get(address).status_code == 200
    assert client.post(address).status_code == 302
    assert type(record).objects.filter(pk=record.pk).exists()


# People


def test_who_is_put_in_the_register_can_sign_in_at_once(client, administrator):
    client.post(reverse("persons:add"), {"name": "Borgmesteren i Ærø", "email": "Aeroe@Example.org", "phone": ""})

    person = Person.objects.get(name="Borgmesteren i Ærø")
    assert user_with("aeroe@example.org") == person.user


def test_a_changed_address_works_at_once_and_the_old_one_no_more(client, administrator):
    person = mayor_of("Ærø")
    old = person.email

    client.post(
        reverse("persons:edit", args=[person.pk]), {"name": person.name, "email": "ny@example.org", "phone": ""}
    )

    assert user_with("ny@example.org").person == person
    assert user_with(old) is None


@pytest.mark.parametrize("is_new", [True, False])
def test_the_address_of_staff_is_not_written_on_a_person_by_others(client, administrator, is_new):
    staff = UserFactory(email="teknik@example.org", is_superuser=True)
    address = reverse("persons:add") if is_new else reverse("persons:edit", args=[mayor_of("Fanø").pk])

    response = client.post(address, {"name": "Sanne Holm", "email": "Teknik@example.org", "phone": ""})

    assert set(response.context["form"].errors) == {"email"}
    assert not Person.objects.filter(email="teknik@example.org").exists()
    assert user_with("teknik@example.org") == staff


def test_staff_put_themselves_in_the_register(client, administrator):
    client.post(reverse("persons:add"), {"name": "Sanne Holm", "email": administrator.email, "phone": ""})

    assert Person.objects.get(email=administrator.email).user == administrator
    assert user_with(administrator.email) == administrator


def test_who_is_deleted_leaves_neither_sign_in_nor_name_in_the_admins_history(client, administrator):
    client.post(reverse("persons:add"), {"name": "Gert Glemt", "email": "gert@example.org", "phone": ""})
    person = Person.objects.get(name="Gert Glemt")

    client.post(reverse("persons:delete", args=[person.pk]))

    assert not Person.objects.filter(pk=person.pk).exists()
    assert user_with("gert@example.org") is None
    assert not User.objects.filter(email="gert@example.org").exists()
    noted = ModelLogEntry.objects.filter(object_id=str(person.pk))
    assert {entry.action for entry in noted} == {"wagtail.create", "wagtail.delete"}
    assert {entry.label for entry in noted} == {"Slettet person"}
    assert "Gert" not in str([entry.data for entry in noted])


def test_a_deleted_secretaryship_leaves_no_names_in_the_admins_history(client, administrator):
    mayor = mayor_of("Fanø")
    link = Secretary.objects.get(secretary=secretary_of(mayor))

    client.post(reverse("secretaries:delete", args=[link.pk]))

    assert not Secretary.objects.exists()
    [entry] = ModelLogEntry.objects.all()
    assert (entry.action, entry.label) == ("wagtail.delete", "Slettet person")


def test_a_second_sitting_mayor_is_refused_beside_the_form(client, administrator):
    mayor_of("Ærø")
    other = secretary_of()
    municipality = MunicipalityFactory(name="Ærø")

    response = client.post(
        reverse("offices:add"),
        {
            "person": other.pk,
            "kind": "mayor",
            "municipality": municipality.pk,
            "starts_on": "2026-01-01",
            "ends_on": "",
        },
    )

    assert response.status_code == 200
    assert response.context["form"].errors
    assert Office.objects.count() == 1


def test_a_person_is_chosen_by_name_in_any_case(client, administrator):
    mayor_of("Ærø")
    mayor_of("Fanø")

    found = client.get(reverse("choose-person:choose_results"), {"q": "ærø"}).content.decode()

    assert "Borgmesteren i Ærø" in found
    assert "Borgmesteren i Fanø" not in found


def test_a_secretary_is_given_to_a_mayor(client, administrator):
    mayor, helper = mayor_of("Ærø"), secretary_of()

    client.post(
        reverse("secretaries:add"),
        {"secretary": helper.pk, "principal": mayor.pk, "starts_on": "2026-01-01", "ends_on": ""},
    )

    assert Secretary.objects.get().principal == mayor


@pytest.mark.parametrize("name", ["persons", "offices", "secretaries"])
def test_thirty_people_cost_as_many_queries_as_one(client, administrator, name, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    secretary_of(mayor_of("Kommune 0"))
    client.get(reverse(f"{name}:index"))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse(f"{name}:index"))
    for number in range(1, 15):
        secretary_of(mayor_of(f"Kommune {number}"))

    with django_assert_num_queries(len(one)):
        client.get(reverse(f"{name}:index"))


# Audiences


def test_an_audience_is_ticked_together_and_says_whom_it_admits(client, administrator):
    audience = AudienceFactory(name="Borgmestre")
    mayor_of("Ærø")
    mayor_of("Fanø")
    address = reverse("audiences:edit", args=[audience.pk])

    sentence = audience.sentence(today(timezone.now()))
    assert "2" in sentence
    assert sentence in client.get(address).content.decode()
    client.post(address, {"name": "Borgmestre", "opening": "offices", "offices": ["mayor", "municipal_director"]})

    assert Audience.objects.get(pk=audience.pk).offices == ["mayor", "municipal_director"]


# Prices


def rows_form(*rows: dict, initial: int = 0) -> dict:
    """What a browser sends for the rows of a price list."""
    form = {
        "rows-TOTAL_FORMS": len(rows),
        "rows-INITIAL_FORMS": initial,
        "rows-MIN_NUM_FORMS": 0,
        "rows-MAX_NUM_FORMS": 1000,
    }
    for number, row in enumerate(rows):
        form |= {f"rows-{number}-{name}": value for name, value in row.items()}
    return form


DAY = {
    "kind": "day",
    "valid_from": "2027-01-01",
    "net": "5300",
    "vat_rate": "0.25",
    "includes": "",
    "id": "",
    "per": "seat",
    "seats_from": "1",
}


def test_a_price_list_is_written_with_its_rows(client, administrator):
    seller = SellerFactory()

    client.post(reverse("price-lists:add"), {"name": "Nyt", "seller": seller.pk, "invoiced": "held", **rows_form(DAY)})

    [row] = PriceList.objects.get(name="Nyt").rows_on(date(2027, 1, 1))
    assert (row.kind, row.net) == ("day", Decimal(5300))


@pytest.mark.parametrize(
    "rows",
    [[DAY | {"net": "5300,50"}], [DAY | {"net": "-1"}], [DAY, DAY], [DAY | {"valid_from": ""}]],
    ids=["ore", "negative", "the same day twice", "no day"],
)
def test_an_impossible_price_is_told_beside_the_form(client, administrator, rows):
    seller = SellerFactory()

    response = client.post(
        reverse("price-lists:add"), {"name": "Nyt", "seller": seller.pk, "invoiced": "held", **rows_form(*rows)}
    )

    assert response.status_code == 200
    assert not PriceRow.objects.exists()


def test_the_form_shows_whole_kroner(client, administrator):
    price_list = PriceListFactory()

    page = client.get(reverse("price-lists:edit", args=[price_list.pk])).content.decode()

    assert 'value="5300"' in page
    assert "5300.00" not in page


# Conditions

RULE = {"free_days": "", "share_days": "", "share_percent": ""}


def test_another_text_is_another_version_and_the_old_one_is_untouched(client, administrator):
    conditions = ConditionsFactory()
    first = conditions.current()
    address = reverse("conditions:edit", args=[conditions.pk])

    client.post(address, {"name": conditions.name, "text": "Noget nyt.", **RULE})

    assert conditions.current().number == 2
    assert conditions.current().text == "Noget nyt."
    assert ConditionsVersion.objects.get(pk=first.pk).text == "Tilmeldingen er bindende."
    assert "Tilmeldingen er bindende." in client.get(address).content.decode()


def test_another_rule_is_another_version(client, administrator):
    conditions = ConditionsFactory()

    client.post(
        reverse("conditions:edit", args=[conditions.pk]),
        {"name": conditions.name, "text": "Tilmeldingen er bindende.", **RULE, "free_days": "14"},
    )

    assert conditions.current().free_days == 14
    assert conditions.versions.count() == 2


@pytest.mark.parametrize(
    ("field", "written"),
    [("free_days", "40000"), ("share_days", "9" * 30), ("share_percent", "150"), ("share_percent", "0")],
)
def test_a_rule_that_cannot_be_is_refused_beside_its_field(client, administrator, field, written):
    conditions = ConditionsFactory()
    rule = {"free_days": "30", "share_days": "14", "share_percent": "50"} | {field: written}

    answer = client.post(
        reverse("conditions:edit", args=[conditions.pk]), {"name": conditions.name, "text": "Andet.", **rule}
    )

    assert list(answer.context["form"].errors) == [field]
    assert conditions.versions.count() == 1


def test_another_name_or_nothing_new_makes_no_version(client, administrator):
    conditions = ConditionsFactory(name="Før")

    client.post(
        reverse("conditions:edit", args=[conditions.pk]),
        {"name": "Efter", "text": "Tilmeldingen er bindende.\r\n", **RULE},
    )

    assert Conditions.objects.get().name == "Efter"
    assert conditions.versions.count() == 1


def test_new_conditions_begin_with_version_one(client, administrator):
    client.post(reverse("conditions:add"), {"name": "Nye", "text": "En\r\n\r\nTo", **RULE})

    assert Conditions.objects.get().current().number == 1
    assert Conditions.objects.get().current().text == "En\n\nTo"


def test_half_a_rule_is_refused(client, administrator):
    response = client.post(reverse("conditions:add"), {"name": "Nye", "text": "Tekst", **RULE, "share_days": "7"})

    assert response.status_code == 200
    assert not Conditions.objects.exists()


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (DAY | {"kind": ""}, "kind"),
        (DAY | {"vat_rate": "0.00"}, "exempt_reason"),
        (DAY | {"per": "pair", "seats_from": "2"}, "seats_from"),
        (DAY | {"per": "order", "seats_from": "0"}, "seats_from"),
        (DAY | {"seats_from": "99999999"}, "seats_from"),
        (DAY | {"net": "5,300"}, "net"),
        (DAY | {"net": "5.30"}, "net"),
        (DAY | {"net": "1e3"}, "net"),
    ],
)
def test_a_price_that_makes_no_sense_is_told_beside_its_field(client, administrator, row, field):
    seller = SellerFactory()

    answer = client.post(
        reverse("price-lists:add"), {"name": "Nyt", "seller": seller.pk, "invoiced": "held", **rows_form(row)}
    )

    [form] = answer.context["form"].formsets["rows"].forms
    assert form.has_error(field)
    assert not PriceList.objects.exists()


@pytest.mark.parametrize("written", ["5300", "5.300", "5.300,00", "5 300", "5300,00"])
def test_kroner_are_understood_as_danes_write_them(client, administrator, written):
    seller = SellerFactory()

    client.post(
        reverse("price-lists:add"),
        {"name": "Nyt", "seller": seller.pk, "invoiced": "held", **rows_form(DAY | {"net": written})},
    )

    assert PriceRow.objects.get().net == 5300


def test_a_list_says_which_of_its_prices_counts(client, administrator):
    prices = PriceListFactory()

    for name in ("price-lists:edit", "price-lists:inspect"):
        page = client.get(reverse(name, args=[prices.pk])).content.decode()
        assert "Har afholdelsen sin egen pris, koster hver plads det." in page


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"cvr": "12345675"}, "cvr"),
        ({"cvr": "1234567"}, "cvr"),
        ({"postcode": "23OO"}, "postcode"),
        ({"bank_registration": "3001"}, "bank_account"),
        ({"bank_account": "1234567"}, "bank_registration"),
        ({"bank_registration": "30 01", "bank_account": "1234567"}, "bank_registration"),
        ({"fik_creditor": "1234567"}, "fik_creditor"),
    ],
)
def test_a_seller_nobody_could_pay_is_told_beside_the_field(client, administrator, wrong, field):
    answer = client.post(reverse("sellers:add"), {"name": "KL", "cvr": "12345674"} | wrong)

    assert answer.context["form"].has_error(field)
    assert not Seller.objects.exists()


def test_an_add_on_with_a_price_or_on_a_page_is_not_deleted(client, administrator):
    night = AddOn.objects.create(name="Ekstra overnatning")
    PriceRow.objects.create(price_list=PriceListFactory(), add_on=night, valid_from=date(2026, 1, 1), net=900)

    answer = client.post(reverse("add-ons:delete", args=[night.pk]))

    assert answer.status_code in {200, 302}
    assert AddOn.objects.filter(pk=night.pk).exists()
