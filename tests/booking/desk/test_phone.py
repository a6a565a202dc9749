"""Signing somebody up by phone: from the participant over price and conditions to the booking."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from booking.desk.phone import ANOTHER_PRICE, SEAT_FREE, TOO_FEW
from booking.journal.admin import SET_ASIDE
from booking.journal.kinds import QUEUED
from booking.models import AddOn, AudienceGrant, Booking, Fact, Order, OutboxMessage, PriceRow, SessionPage
from booking.sessions.live import cancel_session
from tests.booking.desk.test_bookings import book
from tests.booking.desk.test_sessions import editor_of
from tests.factories import AudienceFactory, OfficeFactory, PersonFactory, SessionPageFactory, mayor_of, secretary_of

SAID = {
    "ean": "5798009811578",
    "person_reference": "Anna Lund",
    "requisition": "4500012345",
    "contact_name": "Bente Borg",
    "contact_email": "bente@example.org",
    "contact_phone": "",
    "accepted_by": "Bente Borg",
    "accepted_how": "phone",
    "note": "",
}


def address(session) -> str:
    return reverse("session_book", args=[session.pk])


def ask(client, session, person):
    return client.get(address(session), {"participant": person.pk})


def hidden(page) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode())
    return {name: unescape(value) for name, value in found}


def say(client, session, page, person, **changes):
    """Send what the page holds, and what is said on the phone."""
    return client.post(address(session), hidden(page) | SAID | {"booker": person.pk} | changes)


def errors(page) -> list[str]:
    form = page.context["form"]
    return [str(error) for some in form.errors.values() for error in some]


def test_who_calls_is_signed_up_and_gets_the_usual_mails(client, administrator, django_capture_on_commit_callbacks):
    session, mayor = SessionPageFactory(title="Krydspres"), mayor_of("Fanø")
    secretary = secretary_of(mayor, name="Bente Borg")
    page = ask(client, session, mayor)

    with django_capture_on_commit_callbacks(execute=True):
        response = say(client, session, page, secretary, **{f"{mayor.pk}-diet": "Vegetar"})

    booking = Booking.objects.get()
    assert response.url == reverse("bookings:inspect", args=[booking.pk])
    assert (booking.participant, booking.order.booker, booking.diet) == (mayor, secretary, "Vegetar")
    assert (booking.order.gln, booking.order.requisition) == ("5798009811578", "4500012345")
    assert (booking.order.accepted_by, booking.order.accepted_how) == ("Bente Borg", "phone")
    assert booking.is_confirmed
    assert Fact.objects.about(booking).get().by == administrator
    recipients = set(OutboxMessage.objects.values_list("recipient", flat=True))
    assert recipients == {"bente@example.org", mayor.email}
    assert "Bente Borg" in client.get(response.url).content.decode()


def test_price_and_conditions_are_there_to_be_read_aloud(client, administrator):
    session, mayor = SessionPageFactory(), mayor_of("Fanø")

    page = ask(client, session, mayor).content.decode()

    for words in ("5.300,00 kr.", "6.625,00 kr.", "Tilmeldingen er bindende.", "Inkl. forplejning, ekskl. transport."):
        assert words in page


def test_the_form_knows_who_calls_and_how_their_last_invoice_was_sent(client, administrator):
    mayor = mayor_of("Fanø")
    secretary = secretary_of(mayor, name="Bente Borg")
    earlier = SessionPageFactory()
    say(client, earlier, ask(client, earlier, mayor), secretary)

    form = ask(client, SessionPageFactory(), mayor).context["form"]

    assert [words for _key, words in form.fields["booker"].choices] == ["Bente Borg", mayor.name]
    assert form.initial["booker"] == str(secretary.pk)
    assert (form.initial["contact_email"], form.initial["ean"]) == (secretary.email, "5798009811578")


def test_pressing_twice_makes_one_booking(client, administrator):
    session, mayor = SessionPageFactory(capacity=1), mayor_of("Fanø")
    page = ask(client, session, mayor)

    first, again = (say(client, session, page, mayor) for _time in range(2))

    assert first.url == again.url
    assert Booking.objects.count() == 1


def test_a_price_that_changed_meanwhile_is_shown_and_asked_for_anew(client, administrator):
    session, mayor = SessionPageFactory(), mayor_of("Fanø")
    page = ask(client, session, mayor)
    PriceRow.objects.update(net=6000)

    shown_anew = say(client, session, page, mayor)

    assert str(ANOTHER_PRICE) in errors(shown_anew)
    assert not Booking.objects.exists()
    assert say(client, session, shown_anew, mayor).status_code == 302
    assert Booking.objects.get().price.net == 6000


@pytest.mark.parametrize("missing", ["ean", "contact_name", "contact_email", "accepted_by", "accepted_how", "booker"])
def test_what_is_missing_is_asked_for(client, administrator, missing):
    session, mayor = SessionPageFactory(), mayor_of("Fanø")

    page = say(client, session, ask(client, session, mayor), mayor, **{missing: ""})

    assert page.status_code == 422
    assert missing in page.context["form"].errors
    assert not Booking.objects.exists()


def test_a_stranger_does_not_book_for_them(client, administrator):
    session, mayor = SessionPageFactory(), mayor_of("Fanø")

    page = say(client, session, ask(client, session, mayor), PersonFactory())

    assert "booker" in page.context["form"].errors


def test_all_seats_are_taken_until_somebody_says_why_not(client, administrator):
    session, mayor = SessionPageFactory(capacity=1), mayor_of("Fanø")
    book(session, "Ærø")
    page = ask(client, session, mayor)

    for changes in ({}, {"set_aside": "full"}, {"reason": "Vært"}, {"set_aside": "closed", "reason": "Vært"}):
        assert say(client, session, page, mayor, **changes).status_code == 422
    assert Booking.objects.count() == 1

    say(client, session, page, mayor, set_aside="full", reason="Vært for afholdelsen")
    booking = Booking.objects.get(participant=mayor)
    fact = Fact.objects.about(booking).get()
    assert fact.details == {
        "order": booking.order.reference,
        "set_aside": ["full"],
        "reason": "Vært for afholdelsen",
    }
    for page in (reverse("bookings:inspect", args=[booking.pk]), reverse("journal:inspect", args=[fact.pk])):
        said = client.get(page).content.decode()
        assert str(SET_ASIDE["full"]) in said
        assert "Vært for afholdelsen" in said


def test_giving_more_seats_than_there_are_is_a_right_of_its_own(client, administrator):
    session, mayor = SessionPageFactory(capacity=1), mayor_of("Fanø")
    book(session, "Ærø")
    page = ask(client, session, mayor)
    administrator.groups.get().permissions.remove(Permission.objects.get(codename="overbook_booking"))

    assert "set_aside" not in ask(client, session, mayor).context["form"].fields
    refused = say(client, session, page, mayor, set_aside="full", reason="Vært")

    assert errors(refused)
    assert not Booking.objects.filter(participant=mayor).exists()


# The waiting list


@pytest.fixture
def full():
    session = SessionPageFactory(title="Krydspres", capacity=1)
    book(session, "Ærø")
    return session


@pytest.mark.parametrize("may_overbook", [True, False])
def test_when_all_seats_are_taken_who_calls_can_be_put_in_line(
    client, administrator, full, may_overbook, django_capture_on_commit_callbacks
):
    mayor = mayor_of("Fanø")
    secretary = secretary_of(mayor, name="Bente Borg")
    if not may_overbook:
        administrator.groups.get().permissions.remove(Permission.objects.get(codename="overbook_booking"))

    with django_capture_on_commit_callbacks(execute=True):
        answer = say(client, full, ask(client, full, mayor), secretary, line="1")

    booking = Booking.objects.get(participant=mayor)
    assert answer.url == reverse("bookings:inspect", args=[booking.pk])
    assert booking.is_waiting
    assert booking.price.net == 5300
    assert (booking.order.booker, booking.order.accepted_by) == (secretary, "Bente Borg")
    fact = Fact.objects.about(booking).get()
    assert (fact.kind, fact.by, fact.details) == (QUEUED, administrator, {"order": booking.order.reference})
    assert set(OutboxMessage.objects.filter(fact=fact).values_list("recipient", flat=True)) == {
        "bente@example.org",
        mayor.email,
    }


def test_a_place_in_line_needs_no_ean_number_and_no_reason(client, administrator, full):
    mayor = mayor_of("Fanø")

    say(client, full, ask(client, full, mayor), mayor, line="1", ean="")

    booking = Booking.objects.get(participant=mayor)
    assert (booking.is_waiting, booking.order.gln) == (True, "")


def test_what_is_wrong_is_said_on_top_and_a_seat_in_spite_of_all_can_still_be_chosen(client, administrator, full):
    mayor = mayor_of("Fanø")

    answer = say(client, full, ask(client, full, mayor), mayor, line="1", contact_name="")

    page = answer.content.decode()
    assert page.index('href="#id_contact_name"') < page.index('name="set_aside"') < page.index('id="id_contact_name"')
    assert len(errors(answer)) == 1


def test_the_line_is_for_those_whom_the_session_is_for(client, administrator, full):
    """An exception from the audience is made for a place in line as for a seat: with a tick and a reason."""
    director = OfficeFactory(kind="municipal_director").person
    page = ask(client, full, director)

    assert say(client, full, page, director, line="1").status_code == 422
    say(client, full, page, director, line="1", set_aside="not_for_you", reason="Oplægsholder")

    assert Booking.objects.get(participant=director).is_waiting
    assert AudienceGrant.objects.get().person == director


def test_nobody_is_put_in_line_while_there_is_a_seat(client, administrator, full):
    mayor = mayor_of("Fanø")
    page = ask(client, full, mayor)
    SessionPage.objects.update(capacity=2)

    answer = say(client, full, page, mayor, line="1")

    assert errors(answer) == [str(SEAT_FREE)]
    assert not Booking.objects.filter(participant=mayor).exists()


def test_there_is_no_line_for_pairs_nor_for_what_has_begun(client, administrator, full):
    mayor = mayor_of("Fanø")
    SessionPage.objects.update(takes_pairs=True)

    assert 'name="line"' not in ask(client, full, mayor).content.decode()
    assert say(client, full, ask(client, full, mayor), mayor, line="1").status_code == 422


def test_sign_up_that_is_closed_is_opened_for_one(client, administrator):
    session, mayor = SessionPageFactory(), mayor_of("Fanø")
    SessionPage.objects.update(signup_closes_at=timezone.now() - timedelta(hours=1))

    page = ask(client, session, mayor)
    say(client, session, page, mayor, set_aside="closed", reason="Mailen nåede ikke frem")

    assert Fact.objects.about(Booking.objects.get()).get().details["set_aside"] == ["closed"]


def test_an_exception_from_the_audience_is_made_on_the_way(client, administrator):
    session = SessionPageFactory(audience=AudienceFactory(name="Direktører", offices=["municipal_director"]))
    mayor = mayor_of("Fanø")

    page = ask(client, session, mayor)
    say(client, session, page, mayor, set_aside="not_for_you", reason="Oplægsholder")

    assert Booking.objects.get().participant == mayor
    assert AudienceGrant.objects.get().granted_by == administrator


@pytest.mark.parametrize("hinder", ["cancelled", "over", "draft"])
def test_what_can_not_be_sold_takes_no_calls(client, administrator, hinder):
    session, mayor = SessionPageFactory(), mayor_of("Fanø")
    page = ask(client, session, mayor)
    if hinder == "cancelled":
        cancel_session(session, by=None, now=timezone.now())
    elif hinder == "over":
        SessionPage.objects.update(starts_on="2026-01-05", ends_on="2026-01-05")
    else:
        session.unpublish()

    assert ask(client, session, mayor).status_code == 302
    say(client, session, page, mayor)

    assert not Booking.objects.exists()
    assert address(session) not in editor_of(client, session)


def test_whoever_has_a_seat_is_not_signed_up_again(client, administrator):
    session = SessionPageFactory()
    [booking] = book(session, "Ærø")

    page = ask(client, session, booking.participant)

    assert page.context["call"].barred
    assert "cost" not in page.context


def test_nobody_outside_the_register_is_signed_up(client, administrator):
    session = SessionPageFactory()
    forgotten = PersonFactory(forgotten_at=timezone.now())

    for who in (forgotten.pk, 99999, "x", ""):
        page = client.get(address(session), {"participant": who})
        assert page.context["chosen"].errors
    assert client.post(address(session), SAID | {"participant": forgotten.pk}).status_code == 422


def test_what_is_free_asks_for_no_invoice(client, administrator):
    session, mayor = SessionPageFactory(own_net=0), mayor_of("Fanø")
    page = ask(client, session, mayor)

    assert "ean" not in page.context["form"].fields
    say(client, session, page, mayor, ean="")
    assert Booking.objects.get().price.is_free


@pytest.mark.parametrize("who", ["editor", "finance"])
def test_others_sign_nobody_up(client, db, who, request):
    request.getfixturevalue(who)
    session, mayor = SessionPageFactory(), mayor_of("Fanø")

    assert ask(client, session, mayor).status_code == 302
    client.post(address(session), SAID | {"participant": mayor.pk, "booker": mayor.pk, "shown": "5300.00+1325.00"})

    assert not Booking.objects.exists()


# Others who come along


@pytest.fixture
def summit(db):
    """For mayors and those they name; a night more costs 900 kr."""
    session = SessionPageFactory(audience=AudienceFactory(name="Med følge", takes_guests=True), capacity=3)
    night = AddOn.objects.create(name="Ekstra overnatning")
    PriceRow.objects.create(price_list=session.price_list, add_on=night, valid_from=date(2022, 1, 1), net=900)
    session.add_ons = [night]
    session.save_revision().publish()
    return session


COMPANY = "Anne Holm; anne.holm@example.org\nBo Riis; bo.riis@example.org"


def test_guests_of_a_caller_are_in_one_order_with_what_is_added(client, administrator, summit):
    mayor, night = mayor_of("Fanø"), str(summit.add_ons.get().pk)
    said = {"guests": COMPANY, "guest_add_ons": night}

    priced = say(client, summit, ask(client, summit, mayor), mayor, **said)
    done = say(client, summit, priced, mayor, **said)

    assert errors(priced) == [str(ANOTHER_PRICE)]
    assert priced.context["cost"].seats.price.net == 17700
    assert done.url == reverse("bookings:inspect", args=[Booking.objects.get(participant=mayor).pk])
    order = Order.objects.get()
    assert {booking.participant.name: booking.price.net for booking in order.bookings.all()} == {
        mayor.name: 5300,
        "Anne Holm": 6200,
        "Bo Riis": 6200,
    }


def test_guests_for_whom_there_is_no_room_are_refused_with_the_number_that_is_left(client, administrator, summit):
    mayor, more = mayor_of("Fanø"), COMPANY + "\nIda Dam; ida.dam@example.org"

    priced = say(client, summit, ask(client, summit, mayor), mayor, guests=more)
    refused = say(client, summit, priced, mayor, guests=more)

    assert refused.context["form"].errors["guests"] == [TOO_FEW % {"left": 3}]
    assert not Order.objects.exists()


def test_a_session_that_takes_no_guests_asks_staff_for_none(client, administrator):
    assert 'name="guests"' not in ask(client, SessionPageFactory(), mayor_of("Fanø")).content.decode()
