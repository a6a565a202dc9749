"""What is to be invoiced, and that it is invoiced once."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from booking.dates import COPENHAGEN
from booking.invoicing import pdf
from booking.invoicing.due import ready, without_seller
from booking.invoicing.issue import NothingToCredit, credit
from booking.invoicing.models import Charge, DocumentsAreFinal, Invoice, Series
from booking.invoicing.run import issue_due
from booking.journal.models import Fact
from booking.people.models import InvoiceFormat
from booking.pricing.models import Invoiced, PriceList
from booking.sessions.live import cancel_session
from booking.sessions.models import SessionPage
from booking.signup.cancel import cancel_booking
from booking.signup.models import Order
from booking.signup.release import waive_fee
from booking.signup.revive import hold_after_all
from booking.signup.switch import switch
from booking.signup.waiting import offer_free_seats, take_seat
from tests.booking.invoicing.reader import read
from tests.booking.signup.test_reserve import NOW, PURCHASE, order
from tests.booking.signup.test_withdraw import LAST_DAY_OF_HALF, noon, seat
from tests.factories import ConditionsFactory, PriceListFactory, SellerFactory, SessionPageFactory, mayor_of

HELD = date(2027, 5, 5)


def at(day: date, hour=6) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=COPENHAGEN)


AFTER = at(HELD + timedelta(days=1))


@pytest.fixture(autouse=True)
def somebody_sells(seller):
    return seller


def issue_all(now=AFTER) -> list[Invoice]:
    outcome = issue_due(now)
    assert outcome.refusals == []
    return outcome.issued


def test_a_seat_is_invoiced_the_day_after_the_session():
    placed = order(SessionPageFactory(title="Lederskab", starts_on=HELD), mayor_of("Fanø"))

    assert issue_all(at(HELD, 23)) == []
    [invoice] = issue_all()

    assert (invoice.number, invoice.kind) == ("F1", "invoice")
    assert (invoice.net, invoice.vat, invoice.total) == (Decimal(5300), Decimal(1325), Decimal(6625))
    assert (invoice.issued_on, invoice.due_on) == (date(2027, 5, 6), date(2027, 6, 5))
    [line] = invoice.document.lines
    assert (line.description, line.first_on, line.last_on) == ("Lederskab", HELD, HELD)
    assert "Borgmesteren i Fanø" in line.note
    assert placed.reference in line.note


def test_the_invoice_has_the_figures_of_the_receipt_and_the_orders_references():
    placed = order(
        SessionPageFactory(),
        mayor_of("Fanø"),
        purchase=replace(PURCHASE, person_reference="Anne & <Bo>", requisition="Ø-1"),
    )

    [invoice] = issue_all()

    document = invoice.document
    assert (document.net, document.vat, document.gross) == (
        placed.quote().net,
        placed.quote().vat,
        placed.quote().gross,
    )
    assert (document.buyer.gln, document.buyer.person_reference) == ("5798009811578", "Anne & <Bo>")
    assert (document.buyer.requisition, document.buyer.cvr) == ("Ø-1", placed.payer_cvr)


@pytest.mark.parametrize("kind", InvoiceFormat.values)
def test_the_xml_says_what_the_document_says_in_the_payers_format(kind, broken_rules):
    placed = order(SessionPageFactory(), mayor_of("Fanø"))
    placed.payer.invoice_format = kind
    placed.payer.save()

    [invoice] = issue_all()

    assert invoice.format == kind
    assert read(bytes(invoice.xml)) == invoice.document
    assert broken_rules(bytes(invoice.xml)) == []


def test_whoever_gave_no_person_reference_is_reached_by_the_contact():
    order(SessionPageFactory(), mayor_of("Fanø"))

    [invoice] = issue_all()

    assert invoice.document.buyer.person_reference == PURCHASE.contact_name


def test_sessions_of_one_payer_with_the_same_references_come_on_one_invoice():
    fanoe = mayor_of("Fanø")
    order(SessionPageFactory(title="A", starts_on=HELD), fanoe)
    order(SessionPageFactory(title="B", starts_on=HELD - timedelta(days=3)), fanoe)

    [invoice] = issue_all()

    assert [line.description for line in invoice.document.lines] == ["B", "A"]


@pytest.mark.parametrize("differs", ["gln", "person_reference", "requisition"])
def test_what_differs_in_a_reference_is_invoiced_apart(differs):
    fanoe = mayor_of("Fanø")
    other = {"gln": "5790000000012", "person_reference": "Bo", "requisition": "2"}
    order(SessionPageFactory(), fanoe)
    order(SessionPageFactory(), fanoe, purchase=replace(PURCHASE, **{differs: other[differs]}))

    assert [invoice.number for invoice in issue_all()] == ["F1", "F2"]


def test_each_seller_has_numbers_of_its_own(somebody_sells):
    details = {name: getattr(somebody_sells, name) for name in ("street", "postcode", "city")}
    other = SellerFactory(name="Komponent", cvr="99999926", fik_creditor="12345678", **details)
    order(SessionPageFactory(), mayor_of("Fanø"))
    order(SessionPageFactory(price_list=PriceListFactory(name="Komponents", seller=other)), mayor_of("Ærø"))

    issued = issue_all()

    assert {(invoice.series.seller.name, invoice.number) for invoice in issued} == {("KL", "F1"), ("Komponent", "F1")}
    by_slip = next(invoice.document for invoice in issued if invoice.series.seller == other)
    assert by_slip.payment.words == "+71<000000000000018+12345678<"


def test_run_again_there_is_nothing_more_to_issue():
    order(SessionPageFactory(), mayor_of("Fanø"))

    assert len(issue_all()) == 1
    assert issue_all() == []


def test_a_free_seat_is_never_invoiced():
    order(SessionPageFactory(own_net=0), mayor_of("Fanø"))

    assert issue_all() == []


def test_a_session_that_was_cancelled_is_not_invoiced():
    session = SessionPageFactory()
    order(session, mayor_of("Fanø"))
    cancel_session(session, now=NOW, by=None)

    assert issue_all() == []


def test_a_draft_of_a_session_taken_off_the_site_has_not_been_held():
    session = SessionPageFactory(starts_on=date(2027, 8, 5))
    order(session, mayor_of("Fanø"))
    session.unpublish()
    session.starts_on = session.ends_on = date(2027, 5, 5)
    session.save()

    assert issue_all() == []


def test_whoever_stayed_away_pays_in_full():
    booking = order(SessionPageFactory(), mayor_of("Fanø")).bookings.get()
    type(booking).objects.filter(pk=booking.pk).update(attended=False)

    [invoice] = issue_all()

    assert invoice.net == Decimal(5300)


def test_a_late_withdrawal_is_invoiced_by_the_conditions():
    booking = order(SessionPageFactory(conditions=ConditionsFactory(free_days=14)), mayor_of("Fanø")).bookings.get()
    cancel_booking(booking, by=None, now=at(date(2027, 5, 1)))

    [invoice] = issue_all()

    assert invoice.net == Decimal(5300)
    assert "1. maj 2027" in invoice.document.lines[0].note


def test_a_withdrawal_in_time_is_not_invoiced():
    booking = order(SessionPageFactory(conditions=ConditionsFactory(free_days=14)), mayor_of("Fanø")).bookings.get()
    cancel_booking(booking, by=None, now=NOW)

    assert issue_all() == []


# When, by the price list's setting


def listed(invoiced):
    return PriceListFactory(name=f"Liste {invoiced}", invoiced=invoiced)


def test_what_is_invoiced_at_booking_is_invoiced_at_once():
    order(SessionPageFactory(price_list=listed("booked")), mayor_of("Fanø"))

    assert [invoice.issued_on for invoice in issue_all(NOW)] == [NOW.date()]


def test_what_is_invoiced_monthly_waits_for_the_first_and_comes_together():
    fanoe = mayor_of("Fanø")
    for day in (1, 31):
        order(SessionPageFactory(price_list=listed("monthly"), starts_on=date(2027, 5, day)), fanoe)
    order(SessionPageFactory(price_list=listed("monthly"), starts_on=date(2027, 6, 1)), fanoe)

    assert issue_all(at(date(2027, 5, 31), 23)) == []
    [invoice] = issue_all(at(date(2027, 6, 1), 0))
    assert [line.first_on for line in invoice.document.lines] == [date(2027, 5, 1), date(2027, 5, 31)]


@pytest.mark.parametrize("agreed", Invoiced.values)
@pytest.mark.parametrize("since", Invoiced.values)
def test_when_was_agreed_and_a_price_list_that_changes_does_not_reach_it(agreed, since):
    session = SessionPageFactory(price_list=listed(agreed), starts_on=HELD)
    order(session, mayor_of("Fanø"))
    PriceList.objects.update(invoiced=since)

    issued = [bool(issue_all(now)) for now in (NOW, AFTER, at(date(2027, 6, 1)))]

    assert issued == [agreed == when for when in ("booked", "held", "monthly")]


def test_what_was_ordered_before_orders_said_when_is_invoiced_as_its_price_list_said():
    for when in Invoiced.values:
        order(SessionPageFactory(price_list=listed(when)), mayor_of(f"By {when}"))
    Order.objects.update(invoiced=Invoiced.HELD)

    import_module("booking.migrations.0056_orders_say_when_invoiced").write_when(apps, None)

    assert sorted(Order.objects.values_list("invoiced", "bookings__session__price_list__invoiced")) == [
        (when, when) for when in sorted(Invoiced.values)
    ]


# By whom, as was agreed


@pytest.fixture
def komponent(db):
    return SellerFactory(
        name="Komponent", street="Gade 1", postcode="2300", city="København S", fik_creditor="12345678"
    )


def test_a_price_list_that_changes_hands_does_not_reach_what_was_ordered(somebody_sells, komponent):
    session = SessionPageFactory(starts_on=HELD)
    order(session, mayor_of("Fanø"))
    PriceList.objects.update(seller=komponent)
    order(SessionPage.objects.get(pk=session.pk), mayor_of("Ærø"))

    issued = {(one.series.seller, one.number, one.document.buyer.name) for one in issue_all()}

    assert issued == {(somebody_sells, "F1", "Fanø Kommune"), (komponent, "F1", "Ærø Kommune")}


def test_a_session_that_gets_another_list_or_none_does_not_reach_what_was_ordered(somebody_sells, komponent):
    for name, since in (("Fanø", PriceListFactory(name="Komponents", seller=komponent)), ("Ærø", None)):
        session = SessionPageFactory(starts_on=HELD)
        order(session, mayor_of(name))
        SessionPage.objects.filter(pk=session.pk).update(price_list=since)

    assert [one.series.seller for one in issue_all()] == [somebody_sells] * 2
    assert not without_seller()


def test_a_seat_that_nobody_sold_is_invoiced_by_whoever_does_when_the_session_gets_a_list(komponent):
    session = SessionPageFactory(starts_on=HELD, price_list=None, own_net=Decimal(1000))
    order(session, mayor_of("Fanø"))

    assert issue_all() == []
    assert list(without_seller()) == [session]
    SessionPage.objects.update(price_list=PriceListFactory(name="Komponents", seller=komponent))
    assert [one.series.seller for one in issue_all()] == [komponent]


def test_a_seat_moved_to_what_another_sells_is_invoiced_by_whoever_sold_it(somebody_sells, komponent):
    prices = PriceListFactory(name="Komponents", seller=komponent)
    to = SessionPageFactory(starts_on=HELD + timedelta(days=1), price_list=prices)
    booking = order(SessionPageFactory(starts_on=HELD), mayor_of("Fanø")).bookings.get()
    switch(booking, to=to, by=None, now=NOW, within_offer=True)

    [invoice] = issue_all(at(HELD + timedelta(days=2)))

    assert (invoice.series.seller, invoice.charges.get().booking.session) == (somebody_sells, to)


def test_what_was_ordered_before_orders_said_who_sells_keeps_who_invoiced_it_or_is_of_its_list(
    somebody_sells, komponent
):
    invoiced, waits, free = (SessionPageFactory(price_list=listed(when)) for when in ("booked", "held", "monthly"))
    placed = [order(session, mayor_of(name)) for session, name in ((invoiced, "A"), (waits, "B"), (free, "C"))]
    issue_all(NOW)
    PriceList.objects.update(seller=komponent)
    SessionPage.objects.filter(pk=free.pk).update(price_list=None)
    Order.objects.update(seller=None)

    import_module("booking.migrations.0059_sellers_of_earlier_orders").write_seller(apps, None)

    sellers = dict(Order.objects.values_list("pk", "seller"))
    assert [sellers[one.pk] for one in placed] == [somebody_sells.pk, komponent.pk, None]


def test_a_seat_given_up_in_time_after_its_invoice_is_credited():
    session = SessionPageFactory(price_list=listed("booked"), conditions=ConditionsFactory(free_days=14))
    booking = order(session, mayor_of("Fanø")).bookings.get()
    [invoice] = issue_all(NOW)
    cancel_booking(booking, by=None, now=NOW)

    [note] = issue_all(NOW)

    assert (note.number, note.credits, note.total) == ("K1", invoice, invoice.total)
    assert note.content["note"] == gettext("The participant has withdrawn.")
    assert issue_all() == []


def test_a_credit_note_says_why_the_price_of_a_withdrawal_fell_away(django_user_model):
    session = SessionPageFactory(price_list=listed("booked"), capacity=2)
    waived, released = (order(session, mayor_of(name)).bookings.get() for name in ("Fanø", "Odder"))
    waits = order(session, mayor_of("Samsø"), waits=True).bookings.get()
    issue_all(NOW)
    for booking in (waived, released):
        cancel_booking(booking, by=None, now=NOW)
    waive_fee(waived, by=django_user_model.objects.create(username="kursus"), reason="Sygdom", now=NOW)
    offer_free_seats(session, now=NOW)
    waits.refresh_from_db()
    take_seat(waits, by=None, now=NOW)

    notes = [note for note in issue_all(NOW) if note.kind == "credit_note"]

    assert {note.content["note"] for note in notes} == {
        gettext("What the withdrawal cost has been waived."),
        gettext("Somebody on the waiting list has got the seat, so there is nothing to pay for the withdrawal."),
    }


def test_what_the_site_credits_by_itself_awaits_nobody():
    booking, late = seat(), noon(LAST_DAY_OF_HALF)
    Order.objects.update(invoiced=Invoiced.BOOKED)
    issue_all(NOW)
    cancel_booking(booking, by=None, now=late)

    assert [(one.number, one.net) for one in issue_all(late)] == [("K1", 5300), ("F2", 2650)]


def test_a_session_cancelled_after_its_invoice_is_credited():
    session = SessionPageFactory(price_list=listed("booked"))
    order(session, mayor_of("Fanø"))
    [invoice] = issue_all(NOW)
    cancel_session(session, now=NOW, by=None)

    assert [(note.kind, note.credits) for note in issue_all(NOW)] == [("credit_note", invoice)]


def test_a_seat_that_ended_with_its_session_is_credited_though_the_session_is_held_after_all():
    session = SessionPageFactory(price_list=listed("booked"))
    order(session, mayor_of("Fanø"))
    [invoice] = issue_all(NOW)
    cancel_session(session, now=NOW, by=None)
    hold_after_all(session, now=NOW, by=None)

    assert [(note.kind, note.credits) for note in issue_all(NOW)] == [("credit_note", invoice)]
    assert issue_all(AFTER) == []


# Nothing is numbered that is not in order


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ({"bank_account": "", "bank_registration": ""}, "bank account"),
        ({"cvr": ""}, "CVR"),
        ({"cvr": "31210918"}, "CVR"),
        ({"street": ""}, "address"),
        ({"city": ""}, "address"),
    ],
    ids=["account", "CVR", "CVR's digit", "street", "town"],
)
def test_a_seller_with_something_missing_issues_nothing_and_uses_no_number(somebody_sells, missing, sentence):
    type(somebody_sells).objects.filter(pk=somebody_sells.pk).update(**missing)
    order(SessionPageFactory(), mayor_of("Fanø"))

    outcome = issue_due(AFTER)

    assert outcome.issued == []
    [refusal] = outcome.refusals
    assert "KL" in refusal
    assert not Invoice.objects.exists()
    assert not Series.objects.exists()


def test_the_command_says_why_and_fails(somebody_sells):
    type(somebody_sells).objects.update(bank_account="", bank_registration="")
    order(SessionPageFactory(), mayor_of("Fanø"))
    said = StringIO()

    with pytest.raises(CommandError):
        call_command("issue_invoices", at="2027-05-06T06:00", stderr=said)

    assert "KL" in said.getvalue()


def test_the_command_issues_by_hand_what_the_timer_would():
    order(SessionPageFactory(), mayor_of("Fanø"))
    said = StringIO()

    call_command("issue_invoices", at="2027-05-06T06:00", stdout=said)

    assert said.getvalue() == "F1: Fanø, 6625.00\n"
    assert Invoice.objects.count() == 1


def test_a_municipality_without_a_cvr_number_gets_its_invoice_by_ean(broken_rules):
    placed = order(SessionPageFactory(), mayor_of("Fanø"))
    type(placed).objects.filter(pk=placed.pk).update(payer_cvr="")

    [invoice] = issue_all()

    assert broken_rules(bytes(invoice.xml)) == []


def test_control_characters_in_a_reference_do_not_stop_an_invoice(broken_rules):
    placed = order(SessionPageFactory(), mayor_of("Fanø"))
    type(placed).objects.filter(pk=placed.pk).update(requisition="REK\x0b1\x1f")

    [invoice] = issue_all()

    assert invoice.document.buyer.requisition == "REK 1"
    assert broken_rules(bytes(invoice.xml)) == []


# Final


@pytest.fixture
def invoice():
    fanoe = mayor_of("Fanø")
    for day in (HELD - timedelta(days=1), HELD):
        order(SessionPageFactory(starts_on=day), fanoe)
    return issue_all()[0]


def test_an_issued_document_is_never_changed_or_removed(invoice):
    for change in (
        invoice.save,
        invoice.delete,
        lambda: Invoice.objects.update(number="F2"),
        lambda: Invoice.objects.filter(pk=invoice.pk).delete(),
        lambda: Invoice.objects.bulk_update([invoice], ["number"]),
    ):
        with pytest.raises(DocumentsAreFinal):
            change()

    assert Invoice.objects.get().content == invoice.content


def test_later_changes_of_seller_payer_and_person_do_not_reach_it(invoice, somebody_sells):
    before = invoice.document
    somebody_sells.street = "Et andet sted"
    somebody_sells.save()
    booking = invoice.charges.first().booking
    booking.participant.name = "En anden"
    booking.participant.save()

    assert Invoice.objects.get().document == before


def test_the_database_holds_a_booking_to_one_invoice(invoice):
    charge = invoice.charges.first()

    with pytest.raises(IntegrityError), transaction.atomic():
        Charge.objects.create(invoice=invoice, booking=charge.booking, lines=[0], net=1, vat=0)


def test_a_credit_note_names_its_invoice_and_brings_the_bookings_back(invoice):
    note = credit(invoice, reason="Forkert EAN-nummer.", now=AFTER)

    assert (note.number, note.total) == ("K1", invoice.total)
    assert (note.document.credits.number, note.document.note) == ("F1", "Forkert EAN-nummer.")
    assert read(bytes(note.xml)) == note.document
    assert [anew.number for anew in issue_all()] == ["F2"]


def test_one_booking_of_an_invoice_can_be_credited_alone(invoice):
    _first, second = invoice.charges.all()

    note = credit(invoice, charges=[second], reason="Var der ikke.", now=AFTER)

    assert note.document.lines == (invoice.document.lines[1],)
    [bundle] = ready(AFTER)
    assert bundle.bookings == (second.booking,)


def test_a_credit_note_says_whether_it_takes_back_the_whole_invoice(invoice):
    second = invoice.charges.last()

    part = credit(invoice, charges=[second], reason="Var der ikke.", now=AFTER)
    [anew] = issue_all()
    whole = credit(anew, reason="Forkert.", now=AFTER)

    said = [pdf.in_words(note.document)["credits"] for note in (part, whole)]
    assert [note.document.credits.is_whole for note in (part, whole)] == [False, True]
    assert len(set(said)) == 2


def test_what_is_credited_for_good_is_not_invoiced_again(invoice):
    credit(invoice, reason="Eftergivet.", now=AFTER, anew=False)

    assert issue_all() == []


def test_nothing_is_credited_twice(invoice):
    credit(invoice, reason="Forkert.", now=AFTER)

    with pytest.raises(NothingToCredit):
        credit(invoice, reason="Forkert.", now=AFTER)

    assert Invoice.objects.credit_notes().count() == 1


def test_every_document_is_in_the_journal(invoice):
    note = credit(invoice, reason="Forkert.", now=AFTER)

    told = [(fact.kind, fact.details) for fact in Fact.objects.filter(kind__in=["invoiced", "credited"]).order_by("pk")]
    assert told == [
        ("invoiced", {"number": "F1", "because": ["held"]}),
        ("credited", {"number": note.number, "invoice": "F1"}),
    ]
