"""A document's page tells its whole story, in order."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils.translation import override

from booking.dates import COPENHAGEN
from booking.invoicing.bank_file import Incoming
from booking.invoicing.deposits import take_in
from booking.invoicing.hand_over import hand_over_due, read_receipts, try_again
from booking.invoicing.issue import credit
from booking.invoicing.models import HandOver, Invoice
from booking.invoicing.run import issue_due
from booking.invoicing.settle import mark_paid
from booking.invoicing.story import story
from booking.people.models import Person
from booking.sessions.live import cancel_session
from booking.sessions.models import Choice
from booking.signup.cancel import cancel_booking
from booking.signup.substitute import substitute
from booking.signup.switch import switch
from tests.booking.invoicing.bank_files import DAY, slip
from tests.booking.invoicing.test_cards import payment  # noqa: F401
from tests.booking.invoicing.test_hand_over import folder, receipt  # noqa: F401
from tests.booking.invoicing.test_issue import AFTER, at
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import ConditionsFactory, OfferPageFactory, SessionPageFactory, UserFactory, mayor_of

LATER = datetime(2027, 7, 1, 9, tzinfo=COPENHAGEN)
WHO = "Borgmesteren i Fanø"


@pytest.fixture(autouse=True)
def in_english():
    with override("en"):
        yield


@pytest.fixture
def invoice(seller) -> Invoice:
    order(SessionPageFactory(title="Lederskab"), mayor_of("Fanø"))
    return issue_due(AFTER).issued[0]


def told(document) -> list[str]:
    return [step.what for step in story(document)]


def test_it_tells_why_of_what_and_how_it_was_paid(invoice, folder, seller):  # noqa: F811
    finance = UserFactory(first_name="Finn", last_name="Økonom")
    hand_over_due(AFTER)
    receipt(folder, {"state": "refused", "reason": "Ukendt EAN-nummer"})
    read_receipts(AFTER)
    try_again(invoice.hand_over, by=finance, now=AFTER)
    hand_over_due(AFTER)
    first = Incoming(DAY, Decimal(6000), slip())
    take_in([first, replace(first, amount=Decimal(625))], seller=seller, by=finance, now=LATER)

    steps = story(invoice)

    assert [step.what for step in steps] == [
        f"{WHO} was signed up for Lederskab.",
        "By the price list it is invoiced when the session has been held. Issued as invoice F1.",
        "Laid for collection by the bookkeeping or the access point.",
        "Refused by the receiver. Ukendt EAN-nummer",
        "Is to be handed over again.",
        "Laid for collection by the bookkeeping or the access point.",
        "6.000,00 kr. came to the bank on 1. juni 2027.",
        "625,00 kr. came to the bank on 1. juni 2027.",
        "Marked as paid on 1. juni 2027.",
    ]
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    assert {steps[place].by for place in (4, 6, 8)} == {"Finn Økonom"}


def test_invoice_and_credit_note_tell_of_each_other(invoice):
    note = credit(invoice, reason="Forkert EAN-nummer.", now=AFTER)
    words = "Credit note K1 of 6.625,00 kr. was issued, against F1. Forkert EAN-nummer."

    assert told(invoice)[-1] == words
    assert told(note) == told(invoice)


def test_what_is_invoiced_again_tells_of_what_it_replaces_and_that_tells_of_it(invoice):
    """Also of a third time; a seat that was not replaced adds nothing to the story of another."""
    credit(invoice, reason="Forkert EAN-nummer.", now=AFTER)
    [second] = issue_due(LATER).issued
    credit(second, reason="Forkert person.", now=LATER)
    [third] = issue_due(LATER + timedelta(days=1)).issued
    replaced = [
        "Invoiced before, as invoice F1.",
        "Credit note K1 of 6.625,00 kr. was issued, against F1. Forkert EAN-nummer.",
        "Invoiced before, as invoice F2.",
        "Credit note K2 of 6.625,00 kr. was issued, against F2. Forkert person.",
    ]

    assert told(third)[1:5] == replaced
    assert told(invoice)[-2:] == ["Invoiced again, as invoice F2.", "Invoiced again, as invoice F3."]
    assert told(Invoice.objects.get(number="K1")) == told(invoice)
    assert told(second)[1:3] == replaced[:2]
    assert told(second)[-1] == "Invoiced again, as invoice F3."


def test_of_a_cancelled_session_document_and_story_say_so(invoice):
    cancel_session(
        invoice.charges.get().booking.session, now=AFTER, by=UserFactory(first_name="Kim", last_name="Kursus")
    )

    [note] = issue_due(AFTER).issued

    assert "Lederskab" in note.document.note
    [called_off] = [step for step in story(note) if step.what == "The session “Lederskab” is cancelled."]
    assert called_off.by == "Kim Kursus"
    assert told(note)[-1].endswith(note.document.note)


def test_a_late_withdrawal_tells_that_the_conditions_ask_for_it(seller):
    session = SessionPageFactory(title="Lederskab", conditions=ConditionsFactory(free_days=14))
    booking = order(session, mayor_of("Fanø")).bookings.get()
    cancel_booking(booking, by=None, now=at(date(2027, 5, 1)))
    [invoice] = issue_due(AFTER).issued

    assert told(invoice)[1:] == [
        f"{WHO} was withdrawn from Lederskab.",
        "By the conditions the withdrawal is to be paid for. Issued as invoice F1.",
    ]


def test_a_card_payment_tells_that_it_was_one(payment):  # noqa: F811
    [invoice] = issue_due(NOW).issued

    assert told(invoice)[-1] == "It was paid by card. Issued as invoice F1."


def test_longer_stories_take_no_more_queries(invoice, django_assert_max_num_queries):
    fanoe = mayor_of("Ærø")
    for day in range(10):
        order(SessionPageFactory(starts_on=date(2027, 5, 5) - timedelta(days=day)), fanoe)
    [longer] = issue_due(AFTER).issued
    credit(longer, reason="Forkert.", now=AFTER)
    story(invoice)

    with django_assert_max_num_queries(5):
        assert len(story(invoice)) == 2
    with django_assert_max_num_queries(5):
        assert len(story(longer)) == 12


def test_after_five_years_it_still_tells_what_happened(invoice):
    mark_paid(invoice, paid_on=date(2027, 5, 20), by=None, now=LATER)
    Invoice.objects.empty_before(date(2028, 1, 1), on=date(2033, 1, 1))

    assert told(Invoice.objects.get())[-1] == "Marked as paid on 20. maj 2027."


def test_whoever_passed_the_seat_on_is_named_as_long_as_it_was_theirs(seller):
    mayor = mayor_of("Fanø")
    booking = order(SessionPageFactory(title="Lederskab"), mayor).bookings.get()
    office = mayor.offices.get()
    office.ends_on = NOW.date() - timedelta(days=1)
    office.save()
    successor = mayor_of("Fanø", starts_on=NOW.date())
    Person.objects.filter(pk=successor.pk).update(name="Den nye")
    successor.refresh_from_db()
    substitute(booking, participant=successor, by=None, now=NOW)
    [invoice] = issue_due(AFTER).issued

    assert told(invoice)[:2] == [
        f"{WHO} was signed up for Lederskab.",
        "Den nye took over the seat at Lederskab.",
    ]


def test_a_switch_to_another_run_names_both(seller):
    offer, choice = OfferPageFactory(), Choice.objects.create(name="Kattegat")
    first, second = (
        SessionPageFactory(parent=offer, choice=choice, title=title, starts_on=day)
        for title, day in (("Hold 1", date(2027, 5, 4)), ("Hold 2", date(2027, 5, 5)))
    )
    switch(order(first, mayor_of("Fanø")).bookings.get(), to=second, by=None, now=NOW)
    [invoice] = issue_due(AFTER).issued

    assert told(invoice)[:2] == [f"{WHO} was signed up for Hold 1.", f"{WHO} switched to Hold 2."]


def test_a_hand_over_that_is_let_go_again_begins_anew(invoice, folder):  # noqa: F811
    hand_over_due(AFTER)
    receipt(folder, {"state": "refused", "reason": "Nede"})
    read_receipts(AFTER)

    try_again(invoice.hand_over, now=AFTER)

    assert HandOver.objects.get().attempts == 0
