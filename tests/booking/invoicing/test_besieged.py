"""Invoices under attack: what comes between, forged requests, and figures compared wherever they stand."""

import threading
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from pypdf import PdfReader

from booking.invoicing import hand_over
from booking.invoicing.correct import InvoiceDetails, NothingToCorrect, correct
from booking.invoicing.due import ready
from booking.invoicing.issue import NothingToCredit, credit, issue
from booking.invoicing.models import Charge, Invoice
from booking.invoicing.run import issue_due
from booking.journal.record import catch_up
from booking.models import OutboxMessage, Seller
from booking.money import danish_amount
from booking.mypage.retention import purge_invoices
from booking.payments.models import Payment, PaymentState
from booking.people.models import InvoiceFormat, OfficeKind
from booking.pricing.models import AddOn, PriceRow
from booking.pricing.rules import Asked
from booking.sessions.live import cancel_session
from booking.sessions.models import SessionPage
from booking.signup.cancel import cancel_booking
from booking.signup.models import Order
from booking.signup.release import waive_fee
from booking.signup.reserve import Seat, place_order
from tests.booking.desk.conftest import administrator, editor, finance, mayor  # noqa: F401
from tests.booking.invoicing.reader import read
from tests.booking.invoicing.test_correct import CORRECTED
from tests.booking.invoicing.test_issue import AFTER, HELD, at, issue_all, listed
from tests.booking.invoicing.test_race import held, issue_at_once  # noqa: F401
from tests.booking.payments.test_balance import paid_by_card
from tests.booking.signup.test_reserve import NOW, PURCHASE, order
from tests.factories import (
    AudienceFactory,
    ConditionsFactory,
    MunicipalityFactory,
    OfficeFactory,
    SessionPageFactory,
    UserFactory,
    mayor_of,
    secretary_of,
)


@pytest.fixture(autouse=True)
def somebody_sells(seller):
    return seller


def booked(**session):
    session = SessionPageFactory(price_list=listed("booked"), starts_on=HELD, **session)
    return order(session, mayor_of("Fanø")).bookings.get()


# Sellers


def test_two_sellers_have_two_cvr_numbers(somebody_sells):
    """Numbers are unique for each CVR number, and so are the names that carriers know documents by."""
    other = Seller(name="Komponent", cvr=somebody_sells.cvr)

    with pytest.raises(ValidationError):
        other.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        other.save()


def test_two_sellers_have_two_creditor_numbers(somebody_sells):
    """The number on a slip is the invoice's own only as long as the creditor is one seller's."""
    Seller.objects.create(name="Komponent", fik_creditor="12345678")

    with pytest.raises(ValidationError):
        Seller(name="En tredje", fik_creditor="12345678").full_clean()


# What comes between


def test_a_price_that_is_waived_after_its_invoice_is_credited():
    booking = booked()
    cancel_booking(booking, by=None, now=NOW)
    [invoice] = issue_all(NOW)
    waive_fee(booking, reason="Sygdom", by=UserFactory(), now=NOW)

    [note] = issue_all(NOW)

    assert (note.credits, note.total) == (invoice, invoice.total)
    assert issue_all(AFTER) == []


def test_a_share_that_is_owed_takes_the_place_of_the_whole_price():
    conditions = ConditionsFactory(free_days=90)
    conditions.versions.update(share_days=14, share_percent=50)
    booking = booked(conditions=conditions)
    issue_all(NOW)
    cancel_booking(booking, by=None, now=at(date(2027, 4, 1)))

    note, anew = issue_all(at(date(2027, 4, 1)))

    assert (note.number, note.net, anew.number, anew.net) == ("K1", 5300, "F2", 2650)


def test_a_withdrawal_between_what_was_due_and_its_invoice_is_not_invoiced():
    booking = booked(conditions=ConditionsFactory(free_days=14))
    [bundle] = ready(NOW)
    cancel_booking(booking, by=None, now=NOW)

    assert issue(bundle, now=NOW) is None
    assert not Invoice.objects.exists()


def test_a_correction_between_what_was_due_and_its_invoice_waits_for_the_next_round():
    booking = booked()
    [bundle] = ready(NOW)
    correct(booking.order, CORRECTED, by=None, now=NOW)

    assert issue(bundle, now=NOW) is None
    assert issue_all(NOW)[0].document.buyer.gln == CORRECTED.gln


def test_of_a_price_that_two_share_the_one_who_stays_is_invoiced_anew():
    session = SessionPageFactory(
        price_list=listed("booked"), starts_on=HELD, conditions=ConditionsFactory(free_days=14)
    )
    PriceRow.objects.create(
        price_list=session.price_list, kind="day", per="order", valid_from=date(2026, 1, 1), net=9000
    )
    session.audience.offices = [OfficeKind.MAYOR.value, OfficeKind.COUNCIL_MEMBER.value]
    session.audience.save()
    fanoe = mayor_of("Fanø")
    member = OfficeFactory(kind=OfficeKind.COUNCIL_MEMBER, municipality=fanoe.offices.get().municipality).person
    placed = order(session, fanoe, member, booker=secretary_of(fanoe, member))
    [invoice] = issue_all(NOW)
    cancel_booking(invoice.charges.get().booking, by=None, now=NOW)

    note, anew = issue_all(NOW)

    assert (invoice.net, note.net, anew.net) == (9000, 9000, 9000)
    assert anew.charges.get().booking == placed.bookings.get(participant=member)
    assert issue_all(NOW) == []


def test_a_month_is_gathered_across_new_year():
    december = date(2027, 12, 31)
    order(SessionPageFactory(price_list=listed("monthly"), starts_on=december), mayor_of("Fanø"))

    assert issue_all(at(december, 23)) == []
    [invoice] = issue_all(at(date(2028, 1, 1), 0))
    assert (invoice.issued_on, invoice.due_on) == (date(2028, 1, 1), date(2028, 1, 31))


def test_a_session_cancelled_while_its_invoice_is_credited_gives_one_credit_note():
    booking = booked()
    [invoice] = issue_all(NOW)
    credit(invoice, reason="Aflyst.", now=NOW)
    cancel_session(booking.session, by=None, now=NOW)

    assert issue_all(NOW) == []
    assert Invoice.objects.credit_notes().count() == 1


# Handing over


def test_a_credit_note_does_not_leave_before_its_invoice(settings, tmp_path):
    settings.INVOICE_OUTBOX = str(tmp_path)
    booked()
    [invoice] = issue_all(NOW)
    note = credit(invoice, reason="Forkert.", now=NOW)
    type(invoice.hand_over).objects.filter(invoice=invoice).update(not_before=AFTER)

    hand_over.hand_over_due(NOW)
    assert list(tmp_path.glob("*.xml")) == []

    hand_over.hand_over_due(AFTER)
    hand_over.hand_over_due(AFTER)
    assert sorted(path.name for path in tmp_path.glob("*.xml")) == [
        f"31210917-{document.number}.xml" for document in (invoice, note)
    ]


# Forged requests


def test_another_invoices_line_is_not_credited_with_this_one(client, finance):  # noqa: F811
    session = SessionPageFactory(price_list=listed("booked"))
    for name in ("Fanø", "Ærø"):
        order(session, mayor_of(name))
    one, other = issue_all(NOW)
    sent = {"charges": [other.charges.get().pk], "reason": "Forkert.", "anew": "on"}

    answer = client.post(reverse("invoices:credit", args=[one.pk]), sent)

    assert answer.status_code == 422
    assert not Invoice.objects.credit_notes().exists()
    with pytest.raises(NothingToCredit):
        credit(one, charges=other.charges.all(), reason="Forkert.", now=NOW)


@pytest.mark.parametrize("action", ["inspect", "pdf", "xml", "credit", "settle", "again"])
@pytest.mark.parametrize("number", [0, 10**9, 10**30])
def test_a_number_that_there_is_not_is_not_found(client, finance, action, number):  # noqa: F811
    assert client.get(f"/admin/invoices/{action}/{number}/").status_code == 404


@pytest.mark.parametrize("number", ["0", "999999999999999999", "1e3", "-1"])
def test_the_payers_side_is_as_silent(client, number):
    booked()
    [invoice] = issue_all(NOW)
    client.force_login(invoice.charges.get().booking.order.booker.user)

    assert client.get(f"/faktura/{number}.pdf").status_code == 404


@pytest.mark.parametrize("role", ["editor", "mayor"])
@pytest.mark.parametrize("action", ["inspect", "pdf", "xml", "credit", "settle", "again"])
def test_editors_and_secretaries_reach_nothing_of_finances(client, role, action, request):
    booked()
    [invoice] = issue_all(NOW)
    request.getfixturevalue(role)
    sent = {"charges": [invoice.charges.get().pk], "reason": "x", "anew": "on", "paid_on": "2027-01-11"}

    for answer in (client.get, client.post):
        assert answer(reverse(f"invoices:{action}", args=[invoice.pk]), sent).status_code in {302, 403, 405}
    assert Invoice.objects.count() == 1
    assert Invoice.objects.get().settlement is None


# Paid and credited


def test_whoever_marks_a_partly_credited_invoice_as_paid_reads_what_is_left(client, finance):  # noqa: F811
    fanoe, prices = mayor_of("Fanø"), listed("booked")
    for _number in range(2):
        order(SessionPageFactory(price_list=prices), fanoe)
    [invoice] = issue_all(NOW)
    credit(invoice, charges=[invoice.charges.first()], reason="Forkert.", now=NOW, anew=False)

    said = client.get(reverse("invoices:settle", args=[invoice.pk])).content.decode()

    assert "6.625,00 kr." in said
    assert "13.250,00 kr." not in said


# At once


@pytest.mark.django_db(transaction=True)
def test_credited_by_two_at_once_it_is_credited_once(transactional_db, somebody_sells):
    booked()
    [invoice] = issue_all(NOW)
    start, outcomes = threading.Barrier(4), []

    def attempt():
        start.wait()
        try:
            outcomes.append(credit(invoice, reason="Forkert.", now=NOW).number)
        except NothingToCredit:
            outcomes.append("nothing")
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["K1", "nothing", "nothing", "nothing"]


def test_corrected_while_it_is_issued_an_invoice_says_the_old_or_the_new(held):  # noqa: F811
    racing = threading.Thread(target=issue_at_once)
    racing.start()
    corrected = {}
    while racing.is_alive() or not corrected:
        for placed in Order.objects.order_by("-pk"):
            if placed.pk in corrected or not (Invoice.objects.exists() or not racing.is_alive()):
                continue
            try:
                corrected[placed.pk] = bool(correct(placed, CORRECTED, by=None, now=AFTER))
            except NothingToCorrect:
                corrected[placed.pk] = False
    racing.join()
    issue_due(AFTER)

    assert sorted(Invoice.objects.values_list("serial", flat=True)) == list(range(1, 9))
    for invoice in Invoice.objects.all():
        placed = invoice.charges.get().booking.order
        buyer, old = invoice.document.buyer, (PURCHASE.gln, PURCHASE.contact_name, "")
        new = (CORRECTED.gln, CORRECTED.person_reference, CORRECTED.requisition)
        assert (buyer.gln, buyer.person_reference, buyer.requisition) == (new if corrected[placed.pk] else old)
        assert InvoiceDetails.of(placed).gln == buyer.gln


# The same figures wherever they stand


@pytest.mark.parametrize("kind", InvoiceFormat.values)
def test_an_order_of_25_with_add_ons_and_exempt_lines_says_the_same_everywhere(client, finance, kind, broken_rules):  # noqa: F811
    audience = AudienceFactory(name="Alle", offices=[OfficeKind.MAYOR.value, OfficeKind.COUNCIL_MEMBER.value])
    session = SessionPageFactory(title="Kommunalbestyrelsen på Fanø & <Ærø>", audience=audience, starts_on=HELD)
    night, book = (AddOn.objects.create(name=name) for name in ("Ekstra overnatning", "Kursusbog"))
    reason = "Momsfritaget efter momslovens § 13, stk. 1, nr. 3"
    for add_on, net, details in ((night, 949, {}), (book, 333, {"vat_rate": 0, "exempt_reason": reason})):
        PriceRow.objects.create(
            price_list=session.price_list, add_on=add_on, valid_from=date(2026, 1, 1), net=net, **details
        )
    session.add_ons = [night, book]
    session.save()
    fanoe = MunicipalityFactory(name="Fanø", invoice_format=kind)
    mayor = mayor_of("Fanø")  # noqa: F811
    members = [
        OfficeFactory(kind=OfficeKind.COUNCIL_MEMBER, municipality=fanoe, person__name=f"Åse Ø. {number}").person
        for number in range(24)
    ]
    booker = secretary_of(mayor, *members)
    seats = [
        Seat(one, add_ons=tuple(add_on.pk for add_on in chosen))
        for number, one in enumerate([mayor, *members])
        for chosen in [[(), (night,), (book,), (night, book)][number % 4]]
    ]
    quote = session.quote([Asked(add_ons=seat.add_ons) for seat in seats], now=NOW)
    placed = place_order(
        session,
        seats=seats,
        purchase=PURCHASE,
        booker=booker,
        shown=quote.shown,
        shown_conditions=session.conditions.current().pk,
        submission="6a1b0a52-0000-4000-8000-000000000001",
        now=NOW,
    )

    catch_up(NOW)
    [invoice] = issue_all()

    # 25 × 5.300 + 12 × 949 with VAT, and 12 × 333 without.
    net, vat, gross = Decimal(147_884), Decimal(35_972), Decimal(183_856)
    document = invoice.document
    for figures in (quote, placed.quote(), document, read(bytes(invoice.xml))):
        assert (figures.net, figures.vat, figures.gross) == (net, vat, gross)
    assert (invoice.net, invoice.vat, invoice.total) == (net, vat, gross)
    charges = Charge.objects.all()
    assert (sum(charge.net for charge in charges), sum(charge.vat for charge in charges)) == (net, vat)
    assert read(bytes(invoice.xml)) == document
    assert broken_rules(bytes(invoice.xml)) == []
    client.force_login(booker.user)
    pdf = client.get(reverse("booking:own_invoice", args=[invoice.pk])).content
    words = " ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
    receipt = client.get(reverse("booking:receipt", args=[placed.reference])).content.decode()
    mail = OutboxMessage.objects.filter(recipient=PURCHASE.contact_email).first().text
    client.force_login(finance, backend="django.contrib.auth.backends.ModelBackend")
    desk = client.get(reverse("invoices:inspect", args=[invoice.pk])).content.decode()
    for amount in (net, vat, gross):
        for said in (words, receipt, mail, desk):
            assert danish_amount(amount) in said


def test_a_payment_of_nothing_does_not_keep_the_rest_from_being_issued():
    placed = booked().order
    Payment.objects.create(
        order=placed, amount=6625, state=PaymentState.PAID, created_at=NOW, expires_at=NOW, paid_at=NOW
    )

    assert [invoice.number for invoice in issue_all(NOW)] == ["F1"]


def test_one_that_can_not_be_made_does_not_keep_the_rest_from_being_issued():
    placed = booked().order
    Order.objects.filter(pk=placed.pk).update(contact_email="hidden\x0bsign@example.org")
    order(SessionPageFactory(price_list=placed.bookings.get().session.price_list), mayor_of("Ærø"))

    outcome = issue_due(NOW)

    assert ([invoice.number for invoice in outcome.issued], outcome.failed) == (["F1"], 1)


def test_what_nobody_sold_the_desk_says_that_nobody_sells(client, finance):  # noqa: F811
    """So it was with what was ordered before orders said who sells, where the list was taken away since."""
    by_invoice = booked(title="Uden liste").session
    _placed, payment = paid_by_card("Ærø")
    SessionPage.objects.filter(pk__in=[by_invoice.pk, payment.bookings.get().session_id]).update(price_list=None)
    Order.objects.update(seller=None)

    outcome = issue_due(AFTER)
    page = client.get(reverse("ready-to-invoice:index"))

    assert (outcome.issued, len(outcome.refusals), outcome.failed) == ([], 1, 0)
    assert list(page.context["without_seller"]) == [by_invoice]
    assert "Uden liste" in page.content.decode()
    assert page.context["paid"][0]["why_not"] in page.content.decode()


def test_what_is_kept_no_more_is_credited_no_more():
    booking = booked()
    cancel_booking(booking, by=None, now=NOW)
    [invoice] = issue_all(NOW)
    later = at(date(2033, 1, 1))
    purge_invoices(later)
    waive_fee(booking, reason="Sent", by=UserFactory(), now=later)

    assert issue_all(later) == []
    with pytest.raises(NothingToCredit):
        credit(Invoice.objects.get(pk=invoice.pk), reason="Sent", now=later)
