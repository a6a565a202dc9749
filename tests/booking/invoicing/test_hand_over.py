"""Documents leave the house once each, by whatever way there is, and what comes back is seen."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from booking.invoicing.hand_over import hand_over, hand_over_due, read_receipts, try_again
from booking.invoicing.models import HAND_OVER_MOVES, HandOver, HandOverState, IllegalMove, Invoice
from booking.invoicing.run import issue_due
from booking.journal.models import Fact
from booking.messages.models import MailText
from tests.booking.invoicing.access_point import AccessPoint
from tests.booking.invoicing.test_cards import payment  # noqa: F401
from tests.booking.invoicing.test_issue import AFTER
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import SessionPageFactory, mayor_of

NAME = "31210917-F1"


@pytest.fixture
def row(seller) -> HandOver:
    order(SessionPageFactory(), mayor_of("Fanø"))
    [invoice] = issue_due(AFTER).issued
    return invoice.hand_over


@pytest.fixture
def folder(settings, tmp_path):
    settings.INVOICE_OUTBOX = str(tmp_path / "ud")
    return tmp_path / "ud"


@pytest.fixture
def point(settings):
    point = AccessPoint()
    settings.INVOICE_ENDPOINT, settings.INVOICE_TOKEN = point.url, point.token
    yield point
    point.close()


def stands(row) -> tuple[str, str, str]:
    row.refresh_from_db()
    return row.state, row.carrier, row.reason


@pytest.mark.parametrize("move", [(was, to) for was in HandOverState.values for to in HandOverState.values])
def test_a_state_changes_as_the_table_says(move):
    was, to = move
    row = HandOver(state=was)

    if to in HAND_OVER_MOVES[was]:
        row.move(to)
        assert row.state == to
    else:
        with pytest.raises(IllegalMove):
            row.move(to)


def test_without_a_way_a_document_stays_ready(row):
    assert hand_over_due(AFTER) == (0, 0)
    assert stands(row) == ("ready", "", "")


# The folder


def test_the_folder_gets_the_xml_once(row, folder):
    assert hand_over_due(AFTER) == (1, 0)
    assert hand_over_due(AFTER) == (0, 0)

    assert [path.name for path in folder.iterdir()] == [f"{NAME}.xml"]
    assert (folder / f"{NAME}.xml").read_bytes() == bytes(Invoice.objects.get().xml)
    assert stands(row) == ("handed_over", "folder", "")


def test_after_a_kill_it_goes_again_under_the_same_name(row, folder):
    hand_over_due(AFTER)
    HandOver.objects.update(state="ready", not_before=AFTER)  # sent, and died before it was noted

    hand_over_due(AFTER)

    assert [path.name for path in folder.iterdir()] == [f"{NAME}.xml"]


def test_what_is_in_somebodys_hands_is_nobody_elses(row, folder):
    HandOver.objects.update(not_before=AFTER + timedelta(minutes=10))

    assert hand_over(row, now=AFTER) is None
    assert not folder.exists()


def test_a_folder_that_cannot_be_written_to_is_tried_again(row, settings, tmp_path):
    (tmp_path / "fil").write_text("")
    settings.INVOICE_OUTBOX = str(tmp_path / "fil" / "ud")

    assert hand_over_due(AFTER) == (0, 1)
    settings.INVOICE_OUTBOX = str(tmp_path / "ud")
    assert hand_over_due(AFTER + timedelta(minutes=5)) == (1, 0)


def receipt(folder, said, name=NAME):
    (folder / "receipts").mkdir(parents=True, exist_ok=True)
    (folder / "receipts" / f"{name}.json").write_text(json.dumps(said))


@pytest.mark.parametrize(
    ("said", "stood"),
    [
        ({"state": "accepted"}, ("accepted", "folder", "")),
        ({"state": "refused", "reason": "Ukendt EAN-nummer"}, ("refused", "folder", "Ukendt EAN-nummer")),
    ],
    ids=["accepted", "refused"],
)
def test_a_receipt_is_read_once_and_put_away(row, folder, said, stood):
    hand_over_due(AFTER)
    receipt(folder, said)

    assert read_receipts(AFTER) == 1
    assert read_receipts(AFTER) == 0

    assert stands(row) == stood
    assert (folder / "receipts" / "read" / f"{NAME}.json").exists()
    told = [fact.details["state"] for fact in Fact.objects.filter(kind="handed_over").order_by("pk")]
    assert told == ["handed_over", said["state"]]


@pytest.mark.parametrize(
    "said", [{}, {"state": "måske"}, [], None], ids=["empty", "unknown word", "no object", "nothing"]
)
def test_a_receipt_that_cannot_be_read_stays_and_changes_nothing(row, folder, said):
    hand_over_due(AFTER)
    receipt(folder, said)

    assert read_receipts(AFTER) == 0

    assert (folder / "receipts" / f"{NAME}.json").exists()
    assert stands(row)[0] == "handed_over"


def test_a_receipt_for_an_unknown_document_stops_no_other(row, folder):
    hand_over_due(AFTER)
    receipt(folder, {"state": "accepted"}, name="00000000-F1")
    receipt(folder, {"state": "accepted"})

    assert read_receipts(AFTER) == 1

    assert stands(row)[0] == "accepted"


def test_what_was_refused_can_go_once_more(row, folder):
    hand_over_due(AFTER)
    receipt(folder, {"state": "refused", "reason": "Nede"})
    read_receipts(AFTER)

    try_again(row, now=AFTER)

    assert stands(row) == ("ready", "folder", "")
    assert hand_over_due(AFTER) == (1, 0)


# The access point


def test_the_access_point_gets_the_xml_with_token_and_key(row, point):
    assert hand_over_due(AFTER) == (1, 0)

    assert point.taken == {NAME: bytes(Invoice.objects.get().xml)}
    assert stands(row) == ("handed_over", "http", "")


def test_a_repeat_is_recognised_by_its_key(row, point):
    hand_over_due(AFTER)
    HandOver.objects.update(state="ready", not_before=AFTER)

    assert hand_over_due(AFTER) == (1, 0)
    assert (point.asked, len(point.taken)) == (2, 1)


@pytest.mark.parametrize("status", [302, 401, 403, 408, 429, 500, 503])
def test_what_is_not_the_documents_fault_is_tried_again(row, point, status):
    point.answers = [(status, "")]

    assert hand_over_due(AFTER) == (0, 1)
    assert stands(row)[0] == "ready"
    assert hand_over_due(AFTER + timedelta(seconds=30)) == (0, 0)  # not yet
    assert hand_over_due(AFTER + timedelta(minutes=5)) == (1, 0)


def test_an_access_point_that_is_down_is_tried_again(row, settings):
    settings.INVOICE_ENDPOINT, settings.INVOICE_TOKEN = "http://127.0.0.1:9/", "x"

    assert hand_over_due(AFTER) == (0, 1)
    assert stands(row)[0] == "ready"


def test_a_token_that_no_header_can_hold_stops_no_other(point, payment, settings, mailoutbox):  # noqa: F811
    settings.INVOICE_TOKEN = "nøgle – ny"
    order(SessionPageFactory(), mayor_of("Samsø"))
    type(payment.order).objects.filter(pk=payment.order_id).update(gln="")
    issue_due(AFTER)

    assert hand_over_due(AFTER) == (1, 1)
    assert HandOver.objects.get(state="ready").invoice.payer.name == "Samsø"
    assert [mail.to for mail in mailoutbox] == [["sekretariat@example.org"]]


def test_a_refusal_is_kept_with_its_reason_and_not_repeated(row, point):
    point.answers = [(422, "Modtageren findes\nikke")]

    assert hand_over_due(AFTER) == (0, 1)
    assert stands(row) == ("refused", "http", "Modtageren findes ikke")
    assert hand_over_due(AFTER + timedelta(days=1)) == (0, 0)


# Mail


def test_whoever_paid_by_card_without_an_ean_number_gets_pdf_and_xml_by_mail(payment, mailoutbox):  # noqa: F811
    type(payment.order).objects.update(gln="")
    [invoice] = issue_due(NOW).issued

    assert hand_over_due(NOW) == (1, 0)

    [mail] = mailoutbox
    assert mail.to == ["sekretariat@example.org"]
    assert [(name, kind) for name, _content, kind in mail.attachments] == [
        ("F1.pdf", "application/pdf"),
        ("F1.xml", "application/xml"),
    ]
    assert mail.extra_headers["Message-ID"] == f"<{NAME}@example.org>"
    assert stands(invoice.hand_over)[:2] == ("handed_over", "mail")
    assert mail.subject == f"Faktura F1 fra {invoice.document.seller.name}"
    [html] = [part.content for part in mail.alternatives]
    for words in (mail.body, html):
        assert "Den er vedhæftet som PDF og som XML til jeres bogholderi." in words
        assert "At betale" in words
    assert mail.body.endswith(f"Venlig hilsen\n{invoice.document.seller.name}\n")


@pytest.mark.parametrize(
    ("written", "subject"), [("Regning {nummer}", "Regning F1"), ("Regning {titel}", "Faktura F1 fra KL")]
)
def test_an_invoice_by_mail_is_in_staffs_words_unless_they_are_broken(payment, mailoutbox, written, subject):  # noqa: F811
    MailText.objects.create(kind="invoice", subject=written, introduction=written, closing="Bogholderiet")
    MailText.objects.create(kind="credit_note", subject="Kreditnota")
    type(payment.order).objects.update(gln="")
    issue_due(NOW)

    assert hand_over_due(NOW) == (1, 0)

    [mail] = mailoutbox
    assert mail.subject == subject
    assert mail.body.endswith("Bogholderiet\n")
    assert "{" not in mail.body
    assert len(mail.attachments) == 2


def test_without_an_address_it_is_refused_with_the_reason(payment, mailoutbox):  # noqa: F811
    type(payment.order).objects.update(gln="", contact_email="")
    [invoice] = issue_due(NOW).issued

    hand_over_due(NOW)

    state, _carrier, reason = stands(invoice.hand_over)
    assert state == "refused"
    assert reason
    assert mailoutbox == []


# The desk


def test_finance_sees_the_reason_and_lets_it_go_again(client, row, folder, admin_user):
    hand_over_due(AFTER)
    receipt(folder, {"state": "refused", "reason": "Ukendt EAN-nummer"})
    read_receipts(AFTER)
    client.force_login(admin_user, backend="django.contrib.auth.backends.ModelBackend")

    client.post(reverse("invoices:again", args=[row.invoice_id]))

    assert stands(row)[0] == "ready"
