"""Where an invoice goes is put right before it is issued, by whoever ordered; and what was issued is theirs to read."""

import re
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
import time_machine
from django.urls import reverse
from pypdf import PdfReader

from booking.invoicing.correct import InvoiceDetails, NothingToCorrect, correct
from booking.invoicing.issue import credit
from booking.invoicing.models import Invoice
from booking.journal.models import Fact
from booking.mypage.retention import purge_invoices
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from booking.signup.models import Booking
from tests.booking.invoicing.test_issue import AFTER, HELD, at, issue_all, listed
from tests.booking.signup.test_reserve import NOW, PURCHASE, order
from tests.factories import SessionPageFactory, UserFactory, mayor_of, secretary_of

OTHER_EAN = "5790000000012"
CORRECTED = InvoiceDetails(OTHER_EAN, "Bo", "REK 2", "")
SENT = {"ean": "5790 0000 00012", "person_reference": "Bo", "requisition": "REK 2", "invoice_format": ""}


@pytest.fixture(autouse=True)
def somebody_sells(seller):
    return seller


@pytest.fixture(autouse=True)
def january():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def placed():
    mayor = mayor_of("Fanø")
    return order(SessionPageFactory(starts_on=HELD), mayor, booker=secretary_of(mayor))


def page(placed) -> str:
    return reverse("booking:invoice_details", args=[placed.reference])


def receipt(client, placed) -> str:
    return client.get(reverse("booking:receipt", args=[placed.reference])).content.decode()


# The verb


def test_the_invoice_says_what_was_corrected(placed):
    correct(placed, CORRECTED, by=placed.booker.user, now=NOW)

    buyer = issue_all()[0].document.buyer

    assert (buyer.gln, buyer.person_reference, buyer.requisition) == (OTHER_EAN, "Bo", "REK 2")


def test_the_order_says_which_e_invoice_it_is_and_its_credit_note_is_the_same(placed):
    correct(placed, replace(CORRECTED, invoice_format="oioubl"), by=placed.booker.user, now=NOW)

    [invoice] = issue_all()
    placed.payer.invoice_format = "peppol"
    placed.payer.save()

    assert (invoice.format, credit(invoice, reason="Forkert.", now=AFTER).format) == ("oioubl", "oioubl")


def test_the_journal_says_who_corrected_what_and_names_nobody(placed):
    correct(placed, CORRECTED, by=placed.booker.user, now=NOW)

    fact = Fact.objects.about(placed).get(kind="invoice_corrected")
    assert (fact.by, fact.at) == (placed.booker.user, NOW)
    assert fact.details == {
        "order": placed.reference,
        "fields": ["gln", "person_reference", "requisition"],
        "ean": [PURCHASE.gln, OTHER_EAN],
    }


def test_what_is_the_same_is_no_correction(placed):
    same = InvoiceDetails.of(placed)

    assert correct(placed, same, by=placed.booker.user, now=NOW) == []
    assert not Fact.objects.filter(kind="invoice_corrected").exists()


def test_what_was_invoiced_is_not_corrected(placed):
    [invoice] = issue_all()

    with pytest.raises(NothingToCorrect):
        correct(placed, CORRECTED, by=placed.booker.user, now=AFTER)

    placed.refresh_from_db()
    assert (placed.gln, Invoice.objects.get().content) == (PURCHASE.gln, invoice.content)


def test_what_was_credited_to_be_invoiced_again_can_be_corrected(placed):
    [invoice] = issue_all()
    credit(invoice, reason="Forkert EAN-nummer.", now=AFTER)

    correct(placed, CORRECTED, by=None, now=AFTER)

    assert issue_all()[0].document.buyer.gln == OTHER_EAN


def test_what_was_credited_for_good_is_not_corrected(placed):
    [invoice] = issue_all()
    credit(invoice, reason="Eftergivet.", now=AFTER, anew=False)

    with pytest.raises(NothingToCorrect):
        correct(placed, CORRECTED, by=None, now=AFTER)


@pytest.mark.parametrize("why", ["cancelled session", "withdrawn in time", "free", "card"])
def test_where_no_invoice_comes_there_is_nothing_to_correct(placed, why):
    booking = placed.bookings.get()
    if why == "cancelled session":
        cancel_session(booking.session, now=NOW, by=None)
    elif why == "withdrawn in time":
        cancel_booking(booking, by=UserFactory(), now=NOW, waived_because="Kulance")
    elif why == "free":
        placed = order(SessionPageFactory(own_net=0), mayor_of("Ærø"))
    else:
        placed.pays_by_card = True
        placed.save()

    with pytest.raises(NothingToCorrect):
        correct(placed, CORRECTED, by=None, now=NOW)


def test_a_seat_that_is_owed_for_is_corrected_too(placed):
    cancel_booking(placed.bookings.get(), by=None, now=AFTER)

    assert correct(placed, CORRECTED, by=None, now=AFTER)


# The page


def test_the_booker_corrects_it_from_the_receipt(client, placed):
    client.force_login(placed.booker.user)
    assert page(placed) in receipt(client, placed)

    answer = client.post(page(placed), SENT)

    assert answer.url == reverse("booking:receipt", args=[placed.reference])
    placed.refresh_from_db()
    assert InvoiceDetails.of(placed) == CORRECTED


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_else_sees_the_page(client, placed, method):
    participant = placed.bookings.get().participant
    for user in (participant.user, mayor_of("Ærø").user, UserFactory(), UserFactory(is_superuser=True)):
        client.force_login(user)
        assert getattr(client, method)(page(placed), SENT).status_code == 404
        assert page(placed) not in receipt(client, placed)
    client.logout()
    assert getattr(client, method)(page(placed), SENT).status_code == 302

    placed.refresh_from_db()
    assert placed.gln == PURCHASE.gln


@pytest.mark.parametrize(
    ("field", "written", "code"),
    [
        ("ean", "", "required"),
        ("ean", "40170725", "length"),
        ("ean", "579800981157X", "letters"),
        ("ean", "5798009811579", "check_digit"),
        ("ean", "0000000000000", "check_digit"),
        ("person_reference", "x" * 81, "max_length"),
        ("requisition", "x" * 2000, "max_length"),
        ("requisition", "a\x07b", "control_characters"),
        ("requisition", "a\u202eb", "control_characters"),
        ("invoice_format", "word", "invalid_choice"),
    ],
)
def test_bad_input_changes_nothing_and_keeps_what_was_written(client, placed, field, written, code):
    client.force_login(placed.booker.user)

    answer = client.post(page(placed), SENT | {field: written})

    assert answer.status_code == 422
    assert answer.context["form"].has_error(field, code)
    assert 'value="REK 2"' in answer.content.decode() or field == "requisition"
    placed.refresh_from_db()
    assert placed.gln == PURCHASE.gln


@pytest.mark.parametrize(
    "written", ["5790 0000 00012", "5790\u00a0000\u202f000012", "EAN: 5790000000012", "5790.000-000012"]
)
def test_an_ean_number_is_read_however_it_is_pasted(client, placed, written):
    client.force_login(placed.booker.user)

    assert client.post(page(placed), SENT | {"ean": written}).status_code == 302

    placed.refresh_from_db()
    assert placed.gln == OTHER_EAN


def test_when_it_is_sent_the_page_says_so_and_takes_nothing(client, placed):
    [invoice] = issue_all()
    client.force_login(placed.booker.user)

    shown, sent = client.get(page(placed)), client.post(page(placed), SENT)

    assert (shown.status_code, sent.status_code) == (200, 422)
    for answer in (shown, sent):
        said = answer.content.decode()
        assert invoice.number in said
        assert "mailto:" in said
        assert 'name="ean"' not in said
    assert page(placed) not in receipt(client, placed)


# What was issued


def words_of(answer) -> str:
    return PdfReader(BytesIO(answer.content)).pages[0].extract_text()


def own(invoice) -> str:
    return reverse("booking:own_invoice", args=[invoice.pk])


def test_the_booker_reads_invoices_and_credit_notes_of_their_order(client, placed):
    [invoice] = issue_all()
    note = credit(invoice, reason="Forkert.", now=AFTER)
    client.force_login(placed.booker.user)

    said = receipt(client, placed)

    assert own(invoice) in said
    assert own(note) in said
    assert "6.625,00" in words_of(client.get(own(invoice)))
    assert "K1" in words_of(client.get(own(note)))


def test_nobody_else_reads_them(client, placed):
    [invoice] = issue_all()
    participant = placed.bookings.get().participant
    other = order(SessionPageFactory(), mayor_of("Ærø")).booker
    for user in (participant.user, other.user, UserFactory(), UserFactory(is_superuser=True)):
        client.force_login(user)
        assert client.get(own(invoice)).status_code == 404
        assert own(invoice) not in receipt(client, placed)
    client.logout()
    assert client.get(own(invoice)).status_code == 302


def test_one_with_others_orders_on_it_is_named_and_not_shown(client, placed):
    mayor = placed.bookings.get().participant
    colleague = order(SessionPageFactory(starts_on=HELD), mayor, booker=secretary_of(mayor))
    [invoice] = issue_all()
    note = credit(invoice, charges=invoice.charges.filter(booking__order=placed), reason="Forkert.", now=AFTER)
    for booker in (placed.booker, colleague.booker):
        client.force_login(booker.user)
        for document in (invoice, note):
            assert client.get(own(document)).status_code == 404
    said = receipt(client, colleague)
    assert set(re.findall(r"\b[FK]1\b", said)) == {"F1"}
    assert own(invoice) not in said


def test_what_bookkeeping_no_longer_keeps_is_not_offered(client, placed):
    [invoice] = issue_all()
    purge_invoices(at(date(2033, 1, 1)))
    client.force_login(placed.booker.user)

    assert client.get(own(invoice)).status_code == 404
    assert own(invoice) not in receipt(client, placed)


# How it will look


def test_the_receipt_says_where_the_invoice_goes(client, placed):
    correct(placed, CORRECTED, by=None, now=NOW)
    client.force_login(placed.booker.user)

    said = receipt(client, placed)

    assert f"{OTHER_EAN}, att. Bo, " in said
    assert "REK 2" in said


@pytest.mark.parametrize("when", ["held", "booked", "monthly"])
def test_the_receipt_says_when_by_the_price_list(client, when):
    placed = order(SessionPageFactory(starts_on=HELD, price_list=listed(when)), mayor_of("Fanø"))
    client.force_login(placed.booker.user)

    said = receipt(client, placed)

    assert ("tirsdag den 1. juni 2027" in said) == (when == "monthly")
    assert Booking.objects.count() == 1
