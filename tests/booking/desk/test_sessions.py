"""A session in the editor: its bookings, its price, and calling it off."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from booking.journal.kinds import SESSION_CANCELLED, SESSION_REVIVED
from booking.models import Booking, CalendarEntry, Fact, Interest, OutboxMessage
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from tests.booking.desk.test_bookings import book
from tests.factories import OfferPageFactory, SessionPageFactory, mayor_of


def editor_of(client, session) -> str:
    return client.get(reverse("wagtailadmin_pages:edit", args=[session.pk])).content.decode()


def told(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def test_an_editor_sees_numbers(client, editor):
    session = SessionPageFactory(capacity=5)
    book(session, "Ærø", "Fanø")

    page = editor_of(client, session)

    assert "<dd>2</dd>" in page
    assert "<dd>3</dd>" in " ".join(page.split()).replace("<dd> ", "<dd>").replace(" </dd>", "</dd>")
    assert "Borgmesteren i Ærø" not in page


def test_an_administrator_sees_names_municipalities_and_states(client, administrator):
    session = SessionPageFactory()
    book(session, "Ærø")
    Interest.objects.create(session=session, person=mayor_of("Fanø"), created_at="2026-01-01T00:00Z")

    page = editor_of(client, session)

    assert "Borgmesteren i Ærø" in page
    assert "Borgmesteren i Fanø" in page
    assert reverse("bookings:index") + f"?session={session.pk}" in page


def test_a_page_that_is_not_saved_has_its_tabs(client, administrator):
    offer = OfferPageFactory()

    response = client.get(reverse("wagtailadmin_pages:add", args=["booking", "sessionpage", offer.pk]))

    assert response.status_code == 200


def test_the_tab_costs_as_many_queries_for_ten_as_for_one(client, administrator, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    session = SessionPageFactory()
    book(session, "Ærø")
    editor_of(client, session)
    with CaptureQueriesContext(connection) as one:
        editor_of(client, session)
    book(session, "Fanø", "Samsø", "Læsø", "Odense")

    with django_assert_num_queries(len(one)):
        editor_of(client, session)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, ["5.300,00 kr.", "6.625,00 kr.", "Borgmesterforløb"]),
        ({"own_net": Decimal(100)}, ["100,00 kr.", "125,00 kr."]),
        ({"kind": "online"}, ["Borgmesterforløb"]),
        ({"price_list": None}, []),
    ],
    ids=["from the list", "its own", "no row", "no list"],
)
def test_the_editor_reads_what_a_seat_costs(client, editor, facts, said):
    page = editor_of(client, SessionPageFactory(**facts))

    for words in said:
        assert words in page


def test_a_missing_price_is_told_and_a_free_one_is_not_missing(client, editor):
    missing = SessionPageFactory(kind="online")
    free = SessionPageFactory(kind="online", own_net=Decimal(0), starts_on=date(2027, 6, 1))

    assert "help-warning" in editor_of(client, missing)
    assert "help-warning" not in editor_of(client, free)


def test_calling_off_asks_first_tells_how_many_and_keeps_the_bookings(client, administrator):
    session = SessionPageFactory()
    book(session, "Ærø", "Fanø")
    address = reverse("cancel_session", args=[session.pk])

    question = client.get(address).content.decode()
    session.refresh_from_db()
    assert "2" in question
    assert not session.is_cancelled

    response = client.post(address)

    session = type(session).objects.get(pk=session.pk)
    assert response.status_code == 302
    assert session.is_cancelled
    assert session.live
    assert Booking.objects.holding_a_seat().count() == 2
    assert Fact.objects.get(kind=SESSION_CANCELLED).by == administrator


def test_a_session_that_has_been_held_cannot_be_called_off(client, administrator):
    session = SessionPageFactory(starts_on=date(2026, 3, 3))
    address = reverse("cancel_session", args=[session.pk])

    response = client.post(address)

    assert "har været holdt" in told(response)
    assert not Fact.objects.filter(kind=SESSION_CANCELLED).exists()


def test_calling_off_again_changes_nothing(client, administrator):
    session = SessionPageFactory()
    address = reverse("cancel_session", args=[session.pk])
    client.post(address)

    assert client.get(address).status_code == 302
    assert client.post(address).status_code == 302
    assert Fact.objects.filter(kind=SESSION_CANCELLED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_before_a_session_is_called_off_it_says_how_many_are_told_that_they_owe_nothing(client, administrator):
    session = SessionPageFactory()
    left, _stays = book(session, "Ærø", "Fanø")
    cancel_booking(left, by=None, now=timezone.now())
    address = reverse("cancel_session", args=[session.pk])

    shown = client.get(address).context
    client.post(address)

    mails = OutboxMessage.objects.values_list("kind", flat=True)
    assert shown["let_off"] == sum(kind == "fee_fell_away" for kind in mails) > 0
    assert shown["mails"] == sum(kind == "session_cancelled" for kind in mails) > 0


def test_a_cancellation_that_nobody_was_told_of_is_taken_back(client, administrator):
    session = SessionPageFactory()
    client.post(reverse("cancel_session", args=[session.pk]))
    address = reverse("revive_session", args=[session.pk])
    assert client.get(address).status_code == 200
    assert CalendarEntry.objects.get().is_off

    assert client.post(address).status_code == 302
    client.post(address)

    entry = CalendarEntry.objects.get()
    assert (entry.is_off, entry.sequence) == (False, 2)
    assert Fact.objects.get(kind=SESSION_REVIVED).by == administrator


def test_an_editor_takes_no_cancellation_back(client, editor):
    session = SessionPageFactory()
    cancel_session(session, by=None, now=timezone.now())

    client.post(reverse("revive_session", args=[session.pk]))

    assert CalendarEntry.objects.get().is_off


def test_before_a_cancellation_is_taken_back_it_says_whose_seats_end_and_how_many_are_told(client, administrator):
    session = SessionPageFactory()
    book(session, "Ærø", "Fanø")
    client.post(reverse("cancel_session", args=[session.pk]))
    address = reverse("revive_session", args=[session.pk])

    shown = client.get(address).context
    client.post(address)

    assert (shown["ended"], shown["mails"]) == (2, len(told_of_reviving()))
    assert not CalendarEntry.objects.get().is_off
    assert not Booking.objects.active().exists()


def told_of_reviving() -> set[str]:
    ended = Booking.objects.filter(called_off=True).select_related("order", "participant")
    return {address for booking in ended for address in (booking.order.contact_email, booking.participant.mailbox)}


def test_where_it_says_that_the_session_is_cancelled_a_button_leads_to_taking_that_back(client, administrator):
    session = SessionPageFactory()
    address = reverse("revive_session", args=[session.pk])
    assert address not in editor_of(client, session)

    cancel_session(session, by=None, now=timezone.now())

    assert editor_of(client, session).count(address) == 2  # the menu of the page, and the tab


def test_once_it_would_have_begun_nobody_could_sign_up_again_so_a_cancellation_stays(client, administrator):
    today = timezone.localdate()
    session = SessionPageFactory(starts_on=today + timedelta(days=3))
    book(session, "Ærø")
    client.post(reverse("cancel_session", args=[session.pk]))

    with time_machine.travel(timezone.now() + timedelta(days=4)):
        client.force_login(administrator)
        assert client.post(reverse("revive_session", args=[session.pk])).status_code == 302

    assert CalendarEntry.objects.get().is_off
    assert not Fact.objects.filter(kind=SESSION_REVIVED).exists()


def test_a_draft_that_was_never_out_has_nothing_to_call_off(client, administrator):
    draft = SessionPageFactory(published=False)
    address = reverse("cancel_session", args=[draft.pk])

    assert address not in editor_of(client, draft)
    assert client.post(address).status_code == 302
    assert not Fact.objects.filter(kind=SESSION_CANCELLED).exists()


def test_the_way_to_call_off_stands_in_the_editor_for_administrators_alone(client, administrator, request):
    session = SessionPageFactory()
    address = reverse("cancel_session", args=[session.pk])
    assert address in editor_of(client, session)

    request.getfixturevalue("editor")

    assert address not in editor_of(client, session)
