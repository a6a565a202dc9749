"""The outbox is a folder or a store of S3's kind; both show whole files alone, under names that do not change."""

import json

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from booking.invoicing.carriers import name_of
from booking.invoicing.hand_over import hand_over_due, read_receipts
from booking.invoicing.models import HandOver, Invoice
from booking.invoicing.outbox import Folder, outbox
from booking.invoicing.run import issue_due
from tests.booking.invoicing.bucket import Bucket
from tests.booking.invoicing.test_issue import AFTER
from tests.booking.signup.test_reserve import order
from tests.factories import SessionPageFactory, mayor_of

NAME = "31210917-F1"


@pytest.fixture
def row(seller) -> HandOver:
    order(SessionPageFactory(), mayor_of("Fanø"))
    return issue_due(AFTER).issued[0].hand_over


@pytest.fixture
def bucket(settings):
    bucket = Bucket()
    settings.STORAGES = settings.STORAGES | {
        "invoices": {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "bucket_name": "fakturaer",
                "endpoint_url": bucket.url,
                "access_key": "test",
                "secret_key": "only for this test",
                "region_name": "eu-west-1",
                "location": "ud",
                "querystring_auth": False,
            },
        }
    }
    yield bucket
    bucket.close()


@pytest.fixture(params=["S3", "memory", "folder"])
def anywhere(request, settings, tmp_path):
    """Each kind of place, by Django's own words for it."""
    match request.param:
        case "S3":
            request.getfixturevalue("bucket")
        case "memory":
            kind = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
            settings.STORAGES = settings.STORAGES | {"invoices": kind}
        case "folder":
            settings.INVOICE_OUTBOX = str(tmp_path / "ud")
    return outbox()


def receipt(storage, said) -> None:
    storage.save(f"receipts/{NAME}.json", ContentFile(json.dumps(said).encode()))


def files(storage, folder="") -> list[str]:
    return sorted(storage.listdir(folder)[1])


def stands() -> tuple[str, str]:
    row = HandOver.objects.get()
    return row.state, row.reason


def test_a_document_is_laid_there_once_and_whole(row, anywhere):
    assert hand_over_due(AFTER) == (1, 0)
    HandOver.objects.update(state="ready", not_before=AFTER)  # sent, and died before it was noted
    assert hand_over_due(AFTER) == (1, 0)

    assert files(anywhere) == [f"{NAME}.xml"]
    with anywhere.open(f"{NAME}.xml") as file:
        assert file.read() == bytes(Invoice.objects.get().xml)


@pytest.mark.parametrize(
    ("said", "stood"),
    [
        ({"state": "accepted"}, ("accepted", "")),
        ({"state": "refused", "reason": "Ukendt EAN-nummer"}, ("refused", "Ukendt EAN-nummer")),
    ],
    ids=["accepted", "refused"],
)
def test_a_receipt_is_read_from_where_the_document_was_laid(row, anywhere, said, stood):
    hand_over_due(AFTER)
    receipt(anywhere, said)

    assert read_receipts(AFTER) == 1
    assert read_receipts(AFTER) == 0

    assert stands() == stood
    assert (files(anywhere, "receipts"), files(anywhere, "receipts/read")) == ([], [f"{NAME}.json"])


def test_without_receipts_there_is_nothing_to_read(row, anywhere):
    assert read_receipts(AFTER) == 0


def test_what_lies_there_under_its_name_is_never_written_over(row, anywhere):
    anywhere.save(f"{NAME}.xml", ContentFile(b"en anden"))

    assert hand_over_due(AFTER) == (0, 1)

    assert stands()[0] == "refused"
    with anywhere.open(f"{NAME}.xml") as file:
        assert file.read() == b"en anden"


def test_a_store_that_is_down_is_tried_again(row, bucket):
    bucket.fails = 20

    assert hand_over_due(AFTER) == (0, 1)
    assert (stands(), bucket.objects) == (("ready", ""), {})


def test_what_lies_in_the_store_is_named_by_seller_and_number(row, bucket):
    hand_over_due(AFTER)

    assert bucket.objects == {f"ud/{name_of(row.invoice)}.xml": bytes(row.invoice.xml)}


class Watched(ContentFile):
    """Content that notes what can be seen in a folder while it is being written."""

    def __init__(self, content: bytes, folder):
        super().__init__(content)
        self.folder, self.seen = folder, []

    def read(self, *args):
        self.seen.append([path.name for path in self.folder.iterdir()])
        return super().read(*args)


def test_a_folder_shows_no_half_file(tmp_path):
    content = Watched(b"hele filen", tmp_path)

    Folder(location=tmp_path).save("F1.xml", content)

    assert content.seen == [[]]
    assert [path.name for path in tmp_path.iterdir()] == ["F1.xml"]


def test_storages_know_the_outbox_by_its_name(bucket):
    assert outbox() is storages["invoices"]
