"""Finance's desk: what is ready, what was issued, and what can be done with it."""

import re
from datetime import date
from io import BytesIO

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils.translation import gettext
from pypdf import PdfReader

from booking.invoicing.issue import credit
from booking.invoicing.models import Charge, Invoice, Reversal
from booking.invoicing.run import issue_due
from booking.invoicing.settle import mark_paid
from booking.journal.models import Fact
from booking.messages.models import OutboxMessage
from booking.mypage.retention import purge_invoices
from booking.pricing.models import Invoiced, PriceList
from tests.booking.invoicing.conftest import seller  # noqa: F401
from tests.booking.invoicing.test_correct import CORRECTED, SENT
from tests.booking.invoicing.test_issue import AFTER, at
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import SessionPageFactory, mayor_of

READY = "ready-to-invoice:index"


@pytest.fixture(autouse=True)
def the_day_after():
    with time_machine.travel(AFTER, tick=False) as clock:
        yield clock


@pytest.fixture
def placed(seller, finance):  # noqa: F811
    return order(SessionPageFactory(title="Lederskab"), mayor_of("Fanø"))


@pytest.fixture
def invoice(placed):
    [issued] = issue_due(AFTER).issued
    return issued


def test_what_is_ready_is_shown_with_its_payer_and_sum(client, placed):
    page = client.get(reverse(READY)).content.decode()

    assert placed.payer_name in page
    assert "6.625,00 kr." in page


def mark(client) -> str:
    return client.get(reverse(READY)).context["rows"][0]["mark"]


def test_the_preview_is_the_invoice_without_a_number(client, placed):
    answer = client.get(reverse("ready-to-invoice:preview", args=[mark(client)]))

    assert answer["Content-Type"] == "application/pdf"
    words = PdfReader(BytesIO(answer.content)).pages[0].extract_text()
    assert "6.625,00" in words
    assert not re.search(r"\bF1\b", words)
    assert not Invoice.objects.exists()


def test_one_can_be_issued_at_once_and_a_second_click_issues_no_more(client, placed, finance):
    bundle = {"bundle": mark(client)}

    client.post(reverse(READY), bundle)
    client.post(reverse(READY), bundle)

    [issued] = Invoice.objects.all()
    assert (issued.number, issued.by) == ("F1", finance)


def test_what_keeps_an_invoice_back_is_said_instead_of_a_button(client, placed, seller):  # noqa: F811
    type(seller).objects.update(bank_account="", bank_registration="")

    page = client.get(reverse(READY))

    [row] = page.context["rows"]
    assert "KL" in row["why_not"]
    assert b'name="bundle"' not in page.content


def test_an_issued_document_is_had_as_pdf_and_as_xml(client, invoice):
    paper = client.get(reverse("invoices:pdf", args=[invoice.pk]))
    xml = client.get(reverse("invoices:xml", args=[invoice.pk]))

    assert "F1" in PdfReader(BytesIO(paper.content)).metadata.title
    assert xml.content == bytes(invoice.xml)


def test_it_is_credited_with_a_reason_and_comes_back_to_be_invoiced(client, invoice, finance):
    charge = invoice.charges.get()

    client.post(reverse("invoices:credit", args=[invoice.pk]), {"charges": [charge.pk], "reason": "Fejl", "anew": "on"})

    note = invoice.credit_notes.get()
    assert (note.number, note.by, note.document.note) == ("K1", finance, "Fejl")
    assert len(client.get(reverse(READY)).context["rows"]) == 1


@pytest.fixture
def credited(client, invoice):
    """Credited by finance, to be invoiced again."""
    sent = {"charges": [invoice.charges.get().pk], "reason": "Forkert EAN-nummer", "anew": "on"}
    return client.post(reverse("invoices:credit", args=[invoice.pk]), sent, follow=True)


def test_a_credit_note_is_called_one_and_says_of_which_invoice(client, invoice, credited):
    page = client.get(reverse("invoices:inspect", args=[invoice.credit_notes.get().pk]))

    assert page.context["page_title"] == gettext("Credit note")
    assert page.context["standing"] == gettext("Credits %(number)s") % {"number": "F1"}


def test_what_staff_credited_is_not_issued_again_by_itself(client, credited):
    assert issue_due(AFTER).issued == []

    [row] = client.get(reverse(READY)).context["rows"]
    assert row["held_back"]


def test_the_credit_leads_to_the_correction_which_lets_it_go(client, credited, placed):
    correction = reverse("ready-to-invoice:correct", args=[placed.reference])
    assert correction in credited.content.decode()

    client.post(correction, SENT)

    [anew] = issue_due(AFTER).issued
    assert (anew.number, anew.document.buyer.gln) == ("F2", CORRECTED.gln)


def test_what_was_credited_is_issued_by_hand_as_it_is(client, credited, placed):
    client.post(reverse(READY), {"bundle": mark(client)})

    assert Invoice.objects.invoices().first().number == "F2"
    assert not placed.bookings.get().awaits_correction


def test_what_was_credited_is_not_taken_along_by_other_seats_of_the_payer(credited, placed):
    booking = placed.bookings.get()
    order(SessionPageFactory(), booking.participant)

    [other] = issue_due(AFTER).issued

    assert other.charges.count() == 1
    assert not Charge.objects.standing().filter(booking=booking).exists()


def test_what_is_credited_for_good_awaits_nothing(client, invoice, placed):
    sent = {"charges": [invoice.charges.get().pk], "reason": "Eftergivet"}

    said = client.post(reverse("invoices:credit", args=[invoice.pk]), sent, follow=True).content.decode()

    assert reverse("ready-to-invoice:correct", args=[placed.reference]) not in said
    assert client.get(reverse(READY)).context["rows"] == []


@pytest.mark.parametrize("missing", ["charges", "reason"])
def test_without_a_choice_or_a_reason_nothing_is_credited(client, invoice, missing):
    sent = {"charges": [invoice.charges.get().pk], "reason": "Fejl", "anew": "on"}
    del sent[missing]

    answer = client.post(reverse("invoices:credit", args=[invoice.pk]), sent)

    assert answer.status_code == 422
    assert answer.context["form"].has_error(missing, "required")
    assert not invoice.credit_notes.exists()


def listed(client, standing) -> list[str]:
    return [row.number for row in client.get(reverse("invoices:index"), {"standing": standing}).context["object_list"]]


def test_an_invoice_is_to_be_paid_then_overdue_then_paid(client, invoice, finance, the_day_after):
    assert (listed(client, "open"), listed(client, "overdue")) == (["F1"], [])

    the_day_after.move_to(at(date(2027, 6, 6)))
    client.force_login(finance, backend="django.contrib.auth.backends.ModelBackend")
    assert (listed(client, "open"), listed(client, "overdue")) == (["F1"], ["F1"])

    client.post(reverse("invoices:settle", args=[invoice.pk]), {"paid_on": "2027-06-05"})
    assert (listed(client, "overdue"), listed(client, "paid")) == ([], ["F1"])
    fact = Fact.objects.get(kind="settled")
    assert (fact.by, fact.details) == (finance, {"number": "F1", "paid_on": "2027-06-05"})


def test_an_invoice_is_not_paid_on_a_day_to_come(client, invoice):
    answer = client.post(reverse("invoices:settle", args=[invoice.pk]), {"paid_on": "2027-05-07"})

    assert answer.context["form"].has_error("paid_on", "future")
    assert listed(client, "paid") == []


def test_what_is_paid_is_not_marked_again(client, invoice):
    for _time in range(2):
        client.post(reverse("invoices:settle", args=[invoice.pk]), {"paid_on": "2027-05-06"})

    assert Fact.objects.filter(kind="settled").count() == 1


def test_what_is_credited_whole_is_credited(client, invoice):
    client.post(
        reverse("invoices:credit", args=[invoice.pk]), {"charges": [invoice.charges.get().pk], "reason": "Fejl"}
    )

    assert (listed(client, "open"), listed(client, "credited")) == ([], ["F1"])


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_as_often_however_many_there_are(client, seller, finance, django_assert_num_queries, count):  # noqa: F811
    session = SessionPageFactory()
    for number in range(count):
        order(session, mayor_of(f"Kommune {number}"))
    issue_due(AFTER)
    client.get(reverse("invoices:index"))

    with django_assert_num_queries(QUERIES):
        page = client.get(reverse("invoices:index"))

    assert len(page.context["object_list"]) == count


QUERIES = 13


def test_five_years_after_its_year_a_document_keeps_number_and_sums_alone(client, invoice):
    assert purge_invoices(at(date(2032, 12, 31))) == 0
    assert purge_invoices(at(date(2033, 1, 1))) == 1

    kept = Invoice.objects.get()
    assert (kept.number, kept.total, kept.content, bytes(kept.xml)) == ("F1", invoice.total, {}, b"")
    assert client.get(reverse("invoices:inspect", args=[kept.pk])).status_code == 200
    assert client.get(reverse("invoices:pdf", args=[kept.pk])).status_code == 404


def test_calling_off_says_first_what_will_be_credited(client, administrator, seller, the_day_after):  # noqa: F811
    the_day_after.move_to(NOW)
    session = SessionPageFactory()
    PriceList.objects.update(invoiced=Invoiced.BOOKED)
    order(session, mayor_of("Fanø"))
    address = reverse("cancel_session", args=[session.pk])
    assert "6.625,00 kr." not in client.get(address).content.decode()

    issue_due(NOW)

    page = client.get(address)
    assert page.context["invoices"] == 1
    assert "6.625,00 kr." in page.content.decode()


def test_whoever_has_an_invoice_hears_of_the_credit_note(
    client,
    administrator,
    seller,  # noqa: F811
    the_day_after,
    django_capture_on_commit_callbacks,
):
    the_day_after.move_to(NOW)
    session = SessionPageFactory()
    PriceList.objects.update(invoiced=Invoiced.BOOKED)
    order(session, mayor_of("Fanø"))
    issue_due(NOW)

    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("cancel_session", args=[session.pk]))

    [text] = set(OutboxMessage.objects.filter(kind="session_cancelled").values_list("text", flat=True))
    assert "kreditnota" in text
    assert "sender vi ingen faktura" not in text


def test_the_day_of_a_payment_is_chosen_with_the_script_it_needs(client, invoice):
    page = client.get(reverse("invoices:settle", args=[invoice.pk])).content.decode()

    assert "date-time-chooser" in page


# What was noted wrongly


def reverse_page(invoice) -> str:
    return reverse("invoices:reverse", args=[invoice.pk])


def test_a_wrong_marking_is_taken_back_with_a_reason(client, invoice, finance):
    mark_paid(invoice, paid_on=AFTER.date(), by=finance, now=AFTER)
    [[what, _words]] = client.get(reverse_page(invoice)).context["form"].fields["what"].choices

    assert client.post(reverse_page(invoice), {"what": what}).status_code == 422
    for _click in range(2):
        client.post(reverse_page(invoice), {"what": what, "reason": "Forkert faktura."})

    assert list(Invoice.objects.open()) == [invoice]
    assert [(one.reason, one.by) for one in Reversal.objects.all()] == [("Forkert faktura.", finance)]
    page = client.get(reverse("invoices:inspect", args=[invoice.pk])).content.decode()
    assert "Forkert faktura." in page


def test_what_has_no_payment_noted_has_nothing_to_take_back(client, invoice, finance):
    assert reverse_page(invoice) not in client.get(reverse("invoices:inspect", args=[invoice.pk])).content.decode()
    assert client.get(reverse_page(invoice)).status_code == 302
    assert client.post(reverse_page(invoice), {"what": "settlement-1", "reason": "x"}).status_code == 422


def test_nobody_takes_a_payment_back_who_may_not_mark_as_paid(client, editor, invoice):
    settlement = mark_paid(invoice, paid_on=AFTER.date(), by=None, now=AFTER)
    client.force_login(editor, backend="django.contrib.auth.backends.ModelBackend")

    client.post(reverse_page(invoice), {"what": f"settlement-{settlement.pk}", "reason": "x"})

    assert not Reversal.objects.exists()


def history_of(client, placed) -> str:
    """The last part of the booking's page."""
    page = client.get(reverse("bookings:inspect", args=[placed.bookings.get().pk])).content.decode()
    return page[page.rindex(gettext("What has happened")) :]


def test_a_bookings_history_has_its_invoices_and_credit_notes(client, invoice, placed, finance):
    note = credit(invoice, reason="Forkert EAN-nummer.", by=finance, now=AFTER)

    words = " ".join(history_of(client, placed).split())

    told = [reverse("invoices:inspect", args=[one.pk]) for one in (invoice, note)] + ["Forkert EAN-nummer."]
    assert sorted(told, key=words.index) == told


def test_those_who_see_no_invoices_see_none_in_a_bookings_history(client, invoice, placed, finance):
    finance.groups.get().permissions.remove(Permission.objects.get(codename="view_invoice"))

    assert reverse("invoices:inspect", args=[invoice.pk]) not in history_of(client, placed)
