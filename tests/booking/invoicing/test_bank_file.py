"""What a bank's file says is read exactly, and what can't be read is refused whole, with a sentence."""

from datetime import date
from decimal import Decimal

import pytest

from booking.invoicing.bank_file import MAX_PAYMENTS, Incoming, read_bank_file
from booking.people.tables import MAX_BYTES, Unreadable
from tests.booking.invoicing.bank_files import AMOUNT, DAY, camt, entry, part, row, slip, table, workbook


def came(content: bytes) -> list[tuple]:
    return [(one.paid_on, one.amount, one.reference) for one in read_bank_file(content).incoming]


ONE = [(DAY, AMOUNT, slip())]
REFERENCES = {
    "structured": entry(),
    "in words": entry(details="<TxDtls><RmtInf><Ustrd>Faktura F1</Ustrd></RmtInf></TxDtls>"),
    "an invoice's number": entry(
        details="<TxDtls><RmtInf><Strd><RfrdDocInf><Nb>F1</Nb></RfrdDocInf></Strd></RmtInf></TxDtls>"
    ),
}


@pytest.mark.parametrize("kind", ["053", "054"])
@pytest.mark.parametrize("version", ["02", "04", "08", "13"])
def test_both_kinds_of_camt_are_read_in_every_version(kind, version):
    assert came(camt(entry(), kind=kind, version=version)) == ONE


@pytest.mark.parametrize(("how", "reference"), [("structured", slip()), ("in words", "Faktura F1"),
                                                ("an invoice's number", "F1")])  # fmt: skip
def test_a_reference_is_found_wherever_banks_put_it(how, reference):
    assert came(camt(REFERENCES[how])) == [(DAY, AMOUNT, reference)]


@pytest.mark.parametrize("own_amount", [True, False], ids=["version 4 on", "version 2"])
def test_the_payments_of_a_gathered_entry_are_told_apart(own_amount):
    parts = part("6625.00", slip(1), own_amount=own_amount) + part("0.50", slip(2), own_amount=own_amount)

    assert came(camt(entry("6625.50", details=parts))) == [*ONE, (DAY, Decimal("0.50"), slip(2))]


def test_the_file_says_whose_account_it_is_of_and_the_payment_its_number():
    file = read_bank_file(camt(entry(number="B7")))

    assert file.accounts == {"12341234567890"}
    assert file.incoming == [Incoming(DAY, AMOUNT, slip(), "DKK", "B7")]


@pytest.mark.parametrize(
    "change",
    [{"CdtDbtInd": "DBIT"}, {"Sts": "PDNG"}, {"Sts": "<Cd>PDNG</Cd>"}, {"RvslInd": "true"}],
    ids=["went out", "pending", "pending, as later versions say it", "undone"],
)
def test_what_has_not_come_in_is_passed_over_and_counted(change):
    file = read_bank_file(camt(entry(**change), entry()))

    assert (len(file.incoming), file.skipped) == (1, 1)


@pytest.mark.parametrize("sts", ["BOOK", "<Cd>BOOK</Cd>"], ids=["version 2", "later"])
def test_what_is_booked_has_come_in(sts):
    assert came(camt(entry(Sts=sts))) == ONE


TABLES = {
    "as Excel writes it in Denmark": table(row()),
    "in Windows' letters": table(row()).decode("utf-8-sig").encode("cp1252"),
    "with commas": f'Dato,Beløb,Reference\n2027-06-01,"6.625,00",{slip()}'.encode(),
    "with tabs and a point": f"Dato\tBeløb\tReference\n01.06.2027\t6625.00\t{slip()}".encode(),
    "with a title above and a balance": (
        f"Kontoudtog\n\nBogføringsdato;Tekst;Beløb;Saldo\n01-06-2027;{slip()};6.625,00;9.999,99".encode()
    ),
    "with an amount in words": table(row("+6 625,00 kr.")),
    "with a day as one number": table(row().replace("01-06-2027", "20270601")),
    "with noughts that are kept": table(f'01-06-2027;6625,00;"=""{slip()}"""'),
    "as kroner": table(row() + ";DKK", header="Dato;Beløb;Reference;Valuta"),
}


@pytest.mark.parametrize("content", TABLES.values(), ids=TABLES)
def test_a_table_is_read_however_it_was_saved(content):
    assert came(content) == ONE


def test_what_went_out_is_passed_over_and_counted():
    file = read_bank_file(table(row(), row("-100,00"), row("0,00")))

    assert (len(file.incoming), file.skipped) == (1, 2)


BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;">]>'
THIEF = b'<?xml version="1.0"?><!doctype a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
BAD = {
    "empty": b"",
    "half": camt(entry())[:-30],
    "no bank file": b"<html><body>Log ind</body></html>",
    "the day's movements, which are not final": camt(entry()).replace(b"camt.054", b"camt.052"),
    "payments to send": camt(entry()).replace(b"camt.054", b"pain.001"),
    "entities that grow": camt(entry()).replace(b'<?xml version="1.0" encoding="UTF-8"?>', BOMB),
    "entities that fetch": camt(entry(reference="&b;")).replace(b'<?xml version="1.0" encoding="UTF-8"?>', THIEF),
    "the same in other letters": (
        (THIEF + b"<a>&b;</a>").decode().replace('version="1.0"', 'version="1.0" encoding="UTF-16"').encode("utf-16")
    ),
    "the same in letters that hide it": (
        camt(entry()).replace(b'encoding="UTF-8"?>', b'encoding="UTF-7"?>+ADwAIQ-DOCTYPE a+AFsAXQA+-')
    ),
    "no amount": camt(entry()).replace(b'<Amt Ccy="DKK">6625.00</Amt>', b""),
    "an amount that is none": camt(entry("mange")),
    "an amount below nothing": camt(entry("-6625.00")),
    "parts of an øre": camt(entry("6625.001")),
    "no end of an amount": camt(entry("NaN")),
    "more than there is": camt(entry("1e10")),
    "no day": camt(entry()).replace(b"<BookgDt><Dt>2027-06-01</Dt></BookgDt>", b""),
    "a day that is none": camt(entry()).replace(b"2027-06-01", b"2027-02-30"),
    "parts that do not add up": camt(entry("100.00", details=part("60.00", slip()) + part("30.00", slip(2)))),
    "a table without reference": table("01-06-2027;1", header="Dato;Beløb"),
    "a table without amount": table("01-06-2027;1", header="Dato;Reference"),
    "a table without names": table(header=row()),
    "a table with two amounts": table("01-06-2027;1;2;x", header="Dato;Beløb;Indbetalt;Reference"),
    "a table with a strange amount": table(row(), row("6,625")),
    "a table with a number that is no amount": table(row(), row("9" * 40)),
    "a workbook with a number that is no amount": workbook(["Dato", "Beløb", "Reference"], [DAY, 1e300, slip()]),
    "a table with a strange day": table(row().replace("01-06", "31-02")),
    "a table with no day": table(row().replace("01-06-2027", "")),
    "a picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "too large": b"<" + b" " * MAX_BYTES,
    "too many": camt(*[entry(number=str(number)) for number in range(MAX_PAYMENTS + 1)]),
}  # fmt: skip


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_a_file_that_cannot_be_read_is_refused_with_a_sentence(content):
    with pytest.raises(Unreadable) as refusal:
        read_bank_file(content)

    assert str(refusal.value).endswith(".")


def test_a_comment_does_not_end_an_amount():
    assert came(camt(entry("66<!-- -->25.00"))) == ONE


def test_a_bad_row_is_named_by_its_line():
    with pytest.raises(Unreadable, match="3"):
        read_bank_file(table(row(), row("mange")))


def test_a_day_with_a_time_is_a_day():
    content = camt(entry()).replace(b"<Dt>2027-06-01</Dt>", b"<DtTm>2027-06-01T08:15:00+02:00</DtTm>")

    assert came(content)[0][0] == date(2027, 6, 1)
