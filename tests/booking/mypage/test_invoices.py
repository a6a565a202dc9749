"""Invoices as part of what is held about somebody: theirs to read and take along, and kept when they are forgotten."""

import re
from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import gettext

from booking.invoicing.issue import credit
from booking.invoicing.models import Invoice
from booking.models import Person
from booking.mypage.everything import everything_about
from booking.mypage.forget import forget_person
from booking.mypage.retention import purge, purge_invoices
from booking.payments.models import RefundReason
from booking.signup.substitute import substitute
from tests.booking.invoicing.conftest import seller  # noqa: F401
from tests.booking.invoicing.test_issue import AFTER, HELD, at, issue_all
from tests.booking.payments.test_balance import give_back, paid_by_card
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import SessionPageFactory, UserFactory, mayor_of, secretary_of

LATER = at(date(2027, 6, 1))
#: Of an invoice, which chance may not write into a token or a reference.
NUMBER = re.compile(r"\bF1\b")


@pytest.fixture(autouse=True)
def january(seller):  # noqa: F811
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def mayor():
    return mayor_of("Fanø")


@pytest.fixture
def secretary(mayor):
    return secretary_of(mayor, name="Solveig Holm")


@pytest.fixture
def invoice(mayor, secretary):
    order(SessionPageFactory(title="Lederskab", starts_on=HELD), mayor, booker=secretary)
    [issued] = issue_all()
    return issued


def held(person) -> list[dict[str, str]]:
    [section] = [section for section in everything_about(person) if section.key == "invoices"]
    return [{item.key: item.value for item in entry} for entry in section.entries]


def my_invoices(client, person) -> str:
    client.force_login(person.user)
    return client.get(reverse("booking:my_invoices")).content.decode()


def test_the_booker_takes_all_of_it_along(secretary, invoice):
    [entry] = held(secretary)

    assert (entry["number"], entry["ean"], entry["amount"]) == ("F1", "5798009811578", "6.625,00 kr.")
    assert "Lederskab" in entry["lines"]


def test_a_credit_note_says_which_invoice_it_credits(client, secretary, invoice):
    says = gettext("credits %(number)s") % {"number": "F1"}
    receipt = reverse("booking:receipt", args=[invoice.charges.get().booking.order.reference])
    client.force_login(secretary.user)
    before = client.get(receipt).content.decode()
    credit(invoice, reason="Forkert.", now=AFTER)

    assert says not in before
    assert says in client.get(receipt).content.decode()
    assert says in my_invoices(client, secretary)


def test_the_participant_takes_their_line_along(mayor, invoice):
    [entry] = held(mayor)

    assert entry.keys() == {"number", "document", "dated", "payer", "lines"}
    assert mayor.name in entry["lines"]


def test_of_an_invoice_with_others_only_ones_own_lines_are_taken_along(mayor, secretary):
    session = SessionPageFactory(title="Lederskab", starts_on=HELD)
    order(session, mayor, booker=secretary)
    colleague = order(SessionPageFactory(title="Krydspres", starts_on=HELD), mayor, booker=secretary_of(mayor)).booker
    [invoice] = issue_all()

    [entry] = held(secretary)

    assert "Lederskab" in entry["lines"]
    assert "Krydspres" not in entry["lines"]
    assert "amount" not in entry
    assert "Krydspres" in held(colleague)[0]["lines"]
    assert f"/faktura/{invoice.pk}.pdf" not in str(held(secretary))


def test_a_card_payment_and_its_refund_are_among_them(db):
    _placed, payment = paid_by_card("Fanø", "Hanne")
    issue_all(NOW)
    give_back(payment, 1000, reason=RefundReason.STAFF)
    issue_all(NOW)

    assert [entry["number"] for entry in held(payment.order.booker)] == ["F1", "K1"]
    hanne = Person.objects.get(name="Hanne")
    assert "Borgmesteren" not in str([entry["lines"] for entry in held(hanne) if "lines" in entry])


def test_nobody_elses_are_there(mayor, invoice):
    assert held(mayor_of("Ærø")) == []
    assert held(secretary_of(mayor)) == []


def test_the_list_is_the_bookers(client, mayor, secretary, invoice):
    note = credit(invoice, reason="Forkert.", now=AFTER)

    said = my_invoices(client, secretary)

    assert said.index("K1") < said.index("F1")
    assert f"/faktura/{note.pk}.pdf" in said
    assert said.count("Lederskab") == 2
    assert not NUMBER.search(my_invoices(client, mayor))
    assert not NUMBER.search(my_invoices(client, mayor_of("Ærø")))


def test_a_stranger_gets_no_list(client, invoice):
    client.force_login(UserFactory())
    assert not NUMBER.search(client.get(reverse("booking:my_invoices")).content.decode())
    client.logout()
    assert client.get(reverse("booking:my_invoices")).status_code == 302


def test_thirty_invoices_cost_as_many_queries_as_one(client, mayor, secretary, invoice, django_assert_num_queries):
    my_invoices(client, secretary)
    with CaptureQueriesContext(connection) as of_the_list:
        client.get(reverse("booking:my_invoices"))
    with CaptureQueriesContext(connection) as of_everything:
        held(Person.objects.get(pk=secretary.pk))
    for _number in range(29):
        credit(Invoice.objects.invoices().latest("pk"), reason="Forkert.", now=AFTER)
        issue_all()

    with django_assert_num_queries(len(of_the_list)):
        client.get(reverse("booking:my_invoices"))
    with django_assert_num_queries(len(of_everything)):
        assert len(held(Person.objects.get(pk=secretary.pk))) == 59


# Kept


def test_an_invoice_keeps_its_names_when_they_are_forgotten(mayor, secretary, invoice):
    before = invoice.document
    mayor.offices.update(ends_on=date(2027, 5, 31))
    for person in (mayor, secretary):
        forget_person(person, by=None, now=LATER)

    kept = Invoice.objects.get()

    assert (kept.document, bytes(kept.xml)) == (before, bytes(invoice.xml))
    assert mayor.name in kept.document.lines[0].note


def test_it_is_kept_five_years_after_the_end_of_its_year_and_then_emptied(mayor, secretary, invoice):
    for person in (mayor, secretary):
        forget_person(person, by=None, now=LATER)

    purge(at(date(2032, 12, 31)))
    assert Invoice.objects.get().document == invoice.document

    assert purge_invoices(at(date(2033, 1, 1))) == 1
    kept = Invoice.objects.get()
    assert (kept.number, kept.total, kept.content, bytes(kept.xml)) == ("F1", invoice.total, {}, b"")


def test_a_substitute_after_the_invoice_does_not_change_it(mayor, secretary, invoice):
    other = mayor_of("Ærø")
    with time_machine.travel(NOW, tick=False):
        substitute(invoice.charges.get().booking, participant=other, by=None, now=NOW)

    assert issue_all() == []
    assert mayor.name in Invoice.objects.get().document.lines[0].note
    assert mayor.name in held(mayor)[0]["lines"]
    assert held(other) == []


def test_what_was_not_invoiced_for_years_can_still_be(mayor, secretary):
    """The contact and who came are forgotten after a year; an invoice that was refused until then needs neither."""
    placed = order(SessionPageFactory(starts_on=HELD), mayor, booker=secretary)
    placed.bookings.update(attended=False)
    then = at(date(2028, 9, 1))
    purge(then)
    placed.refresh_from_db()
    assert (placed.contact_name, placed.bookings.get().attended) == ("", None)

    [invoice] = issue_all(then)

    assert (invoice.net, invoice.document.buyer.person_reference) == (5300, placed.reference)
