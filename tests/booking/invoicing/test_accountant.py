"""What an accountant does with documents that were made through the site: every figure is summed up once more."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO, StringIO
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse
from lxml import etree
from pypdf import PdfReader

from booking.invoicing.models import Invoice
from booking.money import danish_amount
from booking.people.models import InvoiceFormat, Person
from booking.pricing.models import AddOn, PriceRow
from booking.signup.models import Booking
from tests.booking.desk.conftest import finance  # noqa: F401
from tests.booking.invoicing.test_issue import AFTER, HELD, listed
from tests.booking.signup.filled import fields_on, filled, send
from tests.factories import ConditionsFactory, MunicipalityFactory, SessionPageFactory, mayor_of

EXEMPT = "Momsfritaget efter momslovens § 13, stk. 1, nr. 3"
FORMATS = pytest.mark.parametrize("kind", InvoiceFormat.values)


@pytest.fixture(autouse=True)
def january(seller):
    with time_machine.travel(datetime(2027, 1, 10, 9, tzinfo=ZoneInfo("Europe/Copenhagen")), tick=False) as clock:
        yield clock


@pytest.fixture
def books(client, finance, january, broken_rules):  # noqa: F811
    """All that is issued the day after the session, by hand, as finance fetches it; each held against the rules."""

    def fetch(now=AFTER) -> list[dict]:
        january.move_to(now)
        call_command("issue_invoices", stdout=StringIO())
        client.force_login(finance, backend="django.contrib.auth.backends.ModelBackend")
        found = []
        for invoice in Invoice.objects.order_by("issued_at", "pk"):
            xml = client.get(reverse("invoices:xml", args=[invoice.pk])).content
            assert broken_rules(xml) == []
            found.append(summed_up(etree.fromstring(xml)))
            page = client.get(reverse("invoices:inspect", args=[invoice.pk])).content.decode()
            pdf = client.get(reverse("invoices:pdf", args=[invoice.pk])).content
            words = " ".join(sheet.extract_text() for sheet in PdfReader(BytesIO(pdf)).pages)
            for name in ("net", "vat", "gross"):
                assert danish_amount(found[-1][name]) in page
                assert danish_amount(found[-1][name]) in words
        return found

    return fetch


def summed_up(tree) -> dict:
    """The figures of a document, none of which is taken on trust."""
    is_oioubl = "OIOUBL" in tree.findtext("{*}CustomizationID")

    def amounts(element, path: str) -> list[Decimal]:
        return [Decimal(one.text) for one in element.iterfind("/".join(f"{{*}}{name}" for name in path.split("/")))]

    sold: dict[Decimal, Decimal] = defaultdict(Decimal)
    for line in [*tree.iterfind("{*}InvoiceLine"), *tree.iterfind("{*}CreditNoteLine")]:
        [net] = amounts(line, "LineExtensionAmount")
        [each] = amounts(line, "Price/PriceAmount")
        [count] = amounts(line, "InvoicedQuantity") or amounts(line, "CreditedQuantity")
        category = "TaxTotal/TaxSubtotal/TaxCategory" if is_oioubl else "Item/ClassifiedTaxCategory"
        [rate] = amounts(line, f"{category}/Percent")
        assert net == each * count
        assert net > 0
        sold[rate] += net
    told = {}
    for part in tree.iterfind("{*}TaxTotal/{*}TaxSubtotal"):
        [rate] = amounts(part, "TaxCategory/Percent")
        [net], [vat] = amounts(part, "TaxableAmount"), amounts(part, "TaxAmount")
        assert vat == (net * rate / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
        code = part.findtext("{*}TaxCategory/{*}ID")
        assert (
            code
            == {True: {True: "StandardRated", False: "ZeroRated"}, False: {True: "S", False: "E"}}[is_oioubl][rate > 0]
        )
        assert bool(part.findtext("{*}TaxCategory/{*}TaxExemptionReason")) == (rate == 0)
        told[rate] = net
    assert told == dict(sold)
    net = sum(sold.values())
    [vat] = amounts(tree, "TaxTotal/TaxAmount")
    assert [vat] == [sum(amounts(tree, "TaxTotal/TaxSubtotal/TaxAmount"))]
    assert amounts(tree, "LegalMonetaryTotal/LineExtensionAmount") == [net]
    assert amounts(tree, "LegalMonetaryTotal/TaxExclusiveAmount") == [vat if is_oioubl else net]
    assert amounts(tree, "LegalMonetaryTotal/TaxInclusiveAmount") == [net + vat]
    assert amounts(tree, "LegalMonetaryTotal/PayableAmount") == [net + vat]
    due = tree.findtext("{*}DueDate") or tree.findtext("{*}PaymentMeans/{*}PaymentDueDate")
    return {
        "number": tree.findtext("{*}ID"),
        "rates": dict(sold),
        "net": net,
        "vat": vat,
        "gross": net + vat,
        "due": due,
        "credits": tree.findtext("{*}BillingReference/{*}InvoiceDocumentReference/{*}ID"),
        "to": tree.findtext("{*}AccountingCustomerParty/{*}Party/{*}EndpointID"),
        "requisition": tree.findtext("{*}OrderReference/{*}ID"),
    }


def signed_up(client, session, kind="", *, payer="Fanø", **changes) -> Booking:
    """The mayor signs up on the session's page; the receipt says what will be invoiced."""
    MunicipalityFactory(name=payer, invoice_format=kind or InvoiceFormat.PEPPOL)
    mayor = Person.objects.filter(offices__municipality__name=payer).first() or mayor_of(payer)
    client.force_login(mayor.user)
    values = filled(client, session, **changes)
    answer = send(client, session, values)
    if answer.status_code == 422:  # what was chosen costs more than the page said, and is to be accepted again
        answer = send(client, session, values | fields_on(answer, session) | {"accepted": "on"})
    assert answer.status_code == 302, answer.context["form"].errors
    return Booking.objects.get(session=session, participant=mayor)


def with_add_ons(session, *prices):
    """Add-ons of so many kroner; those with a reason are without VAT."""
    for number, (net, reason) in enumerate(prices):
        add_on = AddOn.objects.create(name=f"Tilkøb {number}")
        vat = {"vat_rate": 0, "exempt_reason": reason} if reason else {}
        PriceRow.objects.create(
            price_list=session.price_list, add_on=add_on, valid_from=date(2026, 1, 1), net=net, **vat
        )
        session.add_ons.add(add_on)
    session.save()
    return [str(pk) for pk in session.add_ons.values_list("pk", flat=True)]


def told(*documents) -> list[tuple]:
    return [(one["number"], one["net"], one["vat"]) for one in documents]


@FORMATS
def test_a_free_seat_with_an_add_on_is_invoiced_for_the_add_on(client, books, kind):
    session = SessionPageFactory(own_net=0, starts_on=HELD)
    signed_up(client, session, kind, add_ons=with_add_ons(session, (949, "")))

    assert told(*books()) == [("F1", 949, Decimal("237.25"))]


@FORMATS
def test_one_rate_and_two_laws_without_one(client, books, kind):
    session = SessionPageFactory(starts_on=HELD)
    add_ons = with_add_ons(session, (333, EXEMPT), (1, "Momsfritaget efter momslovens § 13, stk. 1, nr. 6"))
    signed_up(client, session, kind, add_ons=add_ons)

    [invoice] = books()

    assert invoice["rates"] == {Decimal("25.00"): 5300, Decimal("0.00"): 334}
    assert told(invoice) == [("F1", 5634, 1325)]


@FORMATS
def test_what_is_all_exempt_has_no_vat(client, books, kind):
    session = SessionPageFactory(own_net=0, starts_on=HELD)
    signed_up(client, session, kind, add_ons=with_add_ons(session, (333, EXEMPT)))

    assert told(*books()) == [("F1", 333, 0)]


@FORMATS
@pytest.mark.parametrize(
    ("percent", "issued"), [(33, [("F1", 2062, Decimal("515.50"))]), (0, []), (100, [("F1", 6249, Decimal("1562.25"))])]
)
def test_a_share_is_of_each_line_in_whole_kroner(client, books, january, kind, percent, issued):
    """33 % of 5.300 and of 949 kr. is 1.749 and 313,17."""
    conditions = ConditionsFactory(free_days=21)
    conditions.versions.update(share_days=14, share_percent=percent)
    session = SessionPageFactory(starts_on=HELD, conditions=conditions)
    booking = signed_up(client, session, kind, add_ons=with_add_ons(session, (949, "")))
    january.move_to(datetime(2027, 4, 19 if percent < 100 else 30, 12, tzinfo=ZoneInfo("Europe/Copenhagen")))
    client.force_login(booking.participant.user)
    address = reverse("booking:withdraw", args=[booking.order.reference, booking.pk])
    client.post(address, {"shown": client.get(address).context["fee"].shown})
    booking.refresh_from_db()
    assert booking.cancelled_at

    assert told(*books()) == issued


@FORMATS
@pytest.mark.parametrize(
    ("changes", "to", "requisition"),
    [
        ({"ean": "0 123456 789012"}, "0123456789012", "4500012345"),
        ({"requisition": " R  1 🎓 & < \" ' ]]>"}, "5798009811578", "R 1 🎓 & < \" ' ]]>"),
        ({"requisition": "Æ" * 80}, "5798009811578", "Æ" * 80),
    ],
    ids=["begins with nought", "odd characters", "long"],
)
def test_references_arrive_as_they_were_written(client, books, kind, changes, to, requisition):
    signed_up(client, SessionPageFactory(starts_on=HELD), kind, **changes)

    [invoice] = books()

    assert (invoice["to"], invoice["requisition"]) == (to, requisition)


@FORMATS
def test_a_title_and_a_name_of_any_letters_are_invoiced(client, books, kind):
    session = SessionPageFactory(title="Ledelse 🎓 & <b>\"'" + "Ø" * 200, starts_on=HELD)
    signed_up(client, session, kind)

    assert told(*books()) == [("F1", 5300, 1325)]


@FORMATS
def test_a_municipality_without_a_cvr_number_is_reached_by_its_ean_number(client, books, kind):
    MunicipalityFactory(name="Grønland", cvr="")
    signed_up(client, SessionPageFactory(starts_on=HELD), kind, payer="Grønland")

    assert told(*books()) == [("F1", 5300, 1325)]


def test_a_due_date_on_a_holiday_stays_within_thirty_days(client, books):
    """Grundlovsdag is the 30th day after; 29 more would be a day too many."""
    signed_up(client, SessionPageFactory(starts_on=HELD))

    assert [one["due"] for one in books()] == ["2027-06-05"]


@FORMATS
def test_a_line_is_credited_then_the_rest_then_nothing(client, books, finance, kind):  # noqa: F811
    prices = listed("monthly")
    for day in (3, 4):
        signed_up(client, SessionPageFactory(starts_on=date(2027, 5, day), price_list=prices), kind)
    first_of_june = datetime(2027, 6, 1, 6, tzinfo=ZoneInfo("Europe/Copenhagen"))
    books(first_of_june)
    [invoice] = Invoice.objects.all()
    page = reverse("invoices:credit", args=[invoice.pk])
    charges = list(invoice.charges.order_by("pk"))

    client.post(page, {"charges": [charges[0].pk], "reason": "Forkert."})
    client.post(page, {"charges": [one.pk for one in charges], "reason": "Også forkert."})
    client.post(page, {"charges": [charges[1].pk], "reason": "Resten."})
    client.post(page, {"charges": [charges[1].pk], "reason": "Igen."})
    note = Invoice.objects.get(number="K1")
    client.post(reverse("invoices:credit", args=[note.pk]), {"charges": [charges[0].pk], "reason": "Kredit af kredit."})

    found = books(first_of_june + timedelta(hours=1))
    assert told(*found) == [("F1", 10600, 2650), ("K1", 5300, 1325), ("K2", 5300, 1325)]
    assert [one["credits"] for one in found] == [None, "F1", "F1"]


@pytest.mark.parametrize(
    ("held", "before", "after"),
    [
        (date(2027, 12, 31), "2027-12-31T23:59:59+01:00", "2028-01-01T00:00:00+01:00"),
        (date(2027, 3, 31), "2027-03-31T23:59:59+02:00", "2027-04-01T00:00:00+02:00"),
        (date(2027, 10, 31), "2027-10-31T23:59:59+01:00", "2027-11-01T00:00:00+01:00"),
    ],
    ids=["a new year", "after spring forward", "the day of autumn back"],
)
def test_a_month_ends_at_midnight_in_denmark(client, books, held, before, after):
    signed_up(client, SessionPageFactory(starts_on=held, price_list=listed("monthly")))

    assert books(datetime.fromisoformat(before)) == []
    [invoice] = books(datetime.fromisoformat(after))
    assert Invoice.objects.get().issued_on == held + timedelta(days=1)
    assert date.fromisoformat(invoice["due"]) == held + timedelta(days=31)
