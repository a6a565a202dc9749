"""Files as people really make them: what is read, and the sentence for what is not."""

import io
import random
import zipfile
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from openpyxl import Workbook
from openpyxl.utils.datetime import MAC_EPOCH

from booking.models import Fact
from booking.people.ground import lay_ground
from booking.people.importing import HasBadRows, carry_out, plan_import
from booking.people.models import Office, OfficeKind, Person
from booking.people.rows import Reading, read_rows
from booking.people.tables import MAX_BYTES, MAX_ROWS, Unreadable
from tests.booking.people.election import HEADER, as_csv, as_xlsx
from tests.factories import MunicipalityFactory

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
GOOD = ("Ærø", "Borgmester", "Søren Åkjær", "soeren@example.org", "12 34 56 78", "1.1.2026", "")


@pytest.fixture(autouse=True)
def aeroe(db):
    MunicipalityFactory(name="Høje-Taastrup", code="169")
    MunicipalityFactory(name="København", code="101")
    return MunicipalityFactory(name="Ærø", code="492")


def only_row(content: bytes):
    reading = read_rows(content)
    assert reading.bad == []
    [row] = reading.rows
    return row


def with_(**changes) -> tuple:
    return tuple(changes.get(name.replace("-", ""), value) for name, value in zip(HEADER, GOOD, strict=True))


def reason(*cells, **changes) -> str:
    [bad] = read_rows(as_csv([cells or with_(**changes)])).bad
    assert bad.line == 2
    return bad.reason


# Encodings and separators


@pytest.mark.parametrize("delimiter", [";", ",", "\t"], ids=["semicolons", "commas", "tabs"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16"])
def test_text_is_read_however_excel_saved_it(encoding, delimiter):
    row = only_row(as_csv([GOOD], encoding=encoding, delimiter=delimiter))

    assert (row.municipality.name, row.name, row.kind, row.email) == (
        "Ærø",
        "Søren Åkjær",
        OfficeKind.MAYOR,
        "soeren@example.org",
    )


def test_it_is_said_how_a_file_was_read():
    assert "Windows-1252" in read_rows(as_csv([GOOD], encoding="cp1252")).how
    assert "UTF-8" in read_rows(as_csv([GOOD], encoding="utf-8")).how
    assert "Register" in read_rows(in_sheet("Register", [HEADER, GOOD])).how


def in_sheet(title: str, rows, epoch=None) -> bytes:
    book = Workbook()
    if epoch:
        book.epoch = epoch
    book.active.title = title
    for row in rows:
        book.active.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def test_excels_own_line_about_the_separator_is_passed_over():
    assert only_row(b"sep=;\r\n" + as_csv([GOOD], encoding="utf-8")).line == 3


def test_a_title_may_stand_above_the_header():
    row = only_row(b"Borgmestre pr. 1. januar 2026;;;;;;\n\n" + as_csv([GOOD], encoding="utf-8"))

    assert row.line == 4


@pytest.mark.parametrize(
    "header",
    [
        ("Kommune", "Hverv", "Navn", "E-mail", "Telefon", "Fra", "Til"),
        ("municipality", "office", "name", "e-mail", "phone", "from", "to"),
        ("KOMMUNE ", "hverv:", "Fulde navn", "mail", "Tlf.", "Fra dato", "Til dato"),
    ],
    ids=["danish", "english", "free"],
)
def test_the_header_may_be_danish_or_english(header):
    assert only_row(as_csv([GOOD], header=header)).starts_on == date(2026, 1, 1)


def test_columns_stand_in_any_order_and_others_are_passed_over():
    reading = read_rows(as_csv([(*GOOD[::-1], "S")], header=(*HEADER[::-1], "Parti")))

    assert reading.rows[0].name == "Søren Åkjær"
    assert reading.ignored == ["Parti"]


def test_phone_and_end_may_be_left_out():
    row = only_row(as_csv([(*GOOD[:4], GOOD[5])], header=(*HEADER[:4], HEADER[5])))

    assert (row.phone, row.ends_on) == ("", None)


def test_empty_lines_do_not_count_but_keep_their_numbers():
    rows = [("",) * 7, GOOD, (" ",) * 7, with_(kommune="Atlantis")]
    reading = read_rows(as_csv(rows))

    assert ([row.line for row in reading.rows], [bad.line for bad in reading.bad]) == ([3], [5])


def test_a_cell_may_hold_a_line_break_and_lines_are_counted_as_in_the_file():
    reading = read_rows(as_csv([with_(telefon="12 34\n56 78"), with_(kommune="Atlantis")]))

    assert reading.rows[0].phone == "12 34 56 78"
    assert reading.bad[0].line == 4


# Values


@pytest.mark.parametrize(
    "name", ["Ærø", "ærø kommune", "Ærø  Kommune", "492", "0492", "Høje Taastrup", "Høje Tåstrup", "Københavns Kommune"]
)
def test_a_municipality_is_known_by_name_or_code(name):
    assert only_row(as_csv([with_(kommune=name)])).municipality.name in {"Ærø", "Høje-Taastrup", "København"}


def test_a_number_of_any_length_is_no_municipality():
    assert reason(kommune="9" * 5000)


def test_every_municipality_is_known_as_people_write_it(db):
    from django.apps import apps

    from booking.people.models import Municipality

    Municipality.objects.all().delete()
    lay_ground(apps)
    for municipality in Municipality.objects.all():
        for name in (municipality.name, municipality.full_name, municipality.name.upper(), municipality.code):
            assert only_row(as_csv([with_(kommune=name)])).municipality == municipality


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("Borgmester", OfficeKind.MAYOR),
        ("overborgmester", OfficeKind.MAYOR),
        ("mayor", OfficeKind.MAYOR),
        ("1. viceborgmester", OfficeKind.DEPUTY_MAYOR),
        ("KOMMUNALDIREKTØR", OfficeKind.MUNICIPAL_DIRECTOR),
        ("Udvalgsformand ", OfficeKind.COMMITTEE_CHAIR),
        ("kommunalbestyrelsesmedlem", OfficeKind.COUNCIL_MEMBER),
        ("council_member", OfficeKind.COUNCIL_MEMBER),
    ],
)
def test_an_office_is_known_by_what_it_is_called(written, kind):
    assert only_row(as_csv([with_(hverv=written)])).kind == kind


@pytest.mark.parametrize(
    "written",
    [
        "2026-01-01",
        "2026-01-01 00:00:00",
        "1.1.2026",
        "01-01-2026",
        "1/1/2026",
        "01.01.2026 00:00",
        "1. januar 2026",
        "den 1. januar 2026",
        "46023",
    ],
)
def test_a_date_is_read_however_it_is_written(written):
    assert only_row(as_csv([with_(fra=written)])).starts_on == date(2026, 1, 1)


@pytest.mark.parametrize(
    "value",
    [datetime(2026, 1, 1), date(2026, 1, 1), 46023, 46023.0, "46023", "1.1.2026"],  # noqa: DTZ001 - as Excel has it
    ids=repr,
)
def test_a_date_in_a_workbook_is_a_date_a_number_or_words(value):
    assert only_row(as_xlsx([with_(fra=value)])).starts_on == date(2026, 1, 1)


def test_a_workbook_from_an_old_mac_counts_its_days_from_1904():
    days = (date(2026, 1, 1) - date(1904, 1, 1)).days

    assert only_row(in_sheet("Ark1", [HEADER, with_(fra=days)], epoch=MAC_EPOCH)).starts_on == date(2026, 1, 1)


@pytest.mark.parametrize(
    "written", ["31.2.2026", "1.13.2026", "2026", "i dag", "1.1.26", "0", "-1", "1.1.1066", "99999", "12345678"]
)
def test_what_is_no_date_is_said(written):
    assert written in reason(fra=written)
    assert Person.objects.count() == 0


def test_an_office_does_not_end_before_it_begins():
    assert reason(til="31.12.2025")


def test_numbers_in_a_workbook_are_phones_and_codes_too():
    row = only_row(as_xlsx([with_(kommune=492, telefon=12345678)]))

    assert (row.municipality.name, row.phone) == ("Ærø", "12345678")
    assert only_row(as_xlsx([with_(telefon=12345678.0)])).phone == "12345678"


def test_what_our_own_export_guarded_is_read_as_it_was():
    assert only_row(as_csv([with_(telefon="'+45 12 34 56 78")])).phone == "+45 12 34 56 78"


def test_spaces_are_tidied():
    row = only_row(as_csv([with_(navn=" Søren\u00a0 Åkjær ", email=" Soeren@Example.ORG\u200b")]))

    assert (row.name, row.email) == ("Søren Åkjær", "soeren@example.org")


def test_letters_put_together_from_two_are_made_whole():
    assert only_row(as_csv([with_(navn="Søren A\u030akjær")])).name == "Søren Åkjær"


@pytest.mark.parametrize(
    "changes",
    [
        {"kommune": ""},
        {"kommune": "Atlantis"},
        {"hverv": ""},
        {"hverv": "Kejser"},
        {"navn": ""},
        {"navn": "123"},
        {"navn": "S¿ren"},
        {"navn": "x" * 121},
        {"navn": "<script>"},
        {"email": "soeren"},
        {"email": "a@example.org; b@example.org"},
        {"email": "x" * 250 + "@example.org"},
        {"telefon": "ring"},
        {"telefon": "1" * 21},
        {"fra": ""},
        {"navn": "=HYPERLINK(1)"},
        {"telefon": "=1+1"},
        {"email": "@SUM(1)"},
    ],
    ids=str,
)
def test_each_fault_is_a_sentence_and_nothing_is_changed(changes):
    content = as_csv([with_(navn="Ida Dam", email="ida@example.org"), with_(**changes)])

    plan = plan_import(content, now=NOW)

    [bad] = plan.bad
    assert bad.line == 3
    assert bad.reason.endswith(".")
    with pytest.raises(HasBadRows):
        carry_out(plan, by=None, now=NOW)
    assert (Person.objects.count(), Office.objects.count(), Fact.objects.count()) == (0, 0, 0)


def test_all_that_is_wrong_with_a_row_is_said_at_once():
    said = reason("Atlantis", "Kejser", "", "nej", "ring", "engang", "1.1.26")

    assert said.count(".") >= 7


def test_a_formula_in_a_workbook_is_not_taken_for_its_value():
    [bad] = read_rows(as_xlsx([with_(navn="=A1")])).bad

    assert "=A1" in bad.reason


def test_an_error_in_a_workbook_is_said():
    [bad] = read_rows(as_xlsx([with_(telefon="#N/A")])).bad

    assert "#N/A" in bad.reason


def test_a_member_of_an_unknown_council_is_refused():
    assert reason(hverv="sundhedsrådsmedlem")


# Files that are no register


def packed(parts: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return written.getvalue()


def repacked(content: bytes, part: str, changed) -> bytes:
    """The workbook with one of its parts changed."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = changed(parts[part])
    return packed(parts)


def bomb(sheet: bytes) -> bytes:
    """Each entity is ten of the one before: a few hundred letters that become gigabytes."""
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (number, b"&l%d;" % (number - 1) * 10) for number in range(1, 10))
    row = b'<row r="9"><c t="inlineStr"><is><t>&l9;</t></is></c></row>'
    kind = b'<!DOCTYPE worksheet [<!ENTITY l0 "lol">' + laughs + b"]>"
    return kind + sheet.split(b"?>", 1)[-1].replace(b"</sheetData>", row + b"</sheetData>")


NO_REGISTERS = {
    "empty": lambda: b"",
    "only spaces": lambda: b" \r\n\r\n ",
    "only a mark": lambda: b"\xef\xbb\xbf",
    "only commas": lambda: b";;;\n;;;\n",
    "no header": lambda: as_csv([], header=GOOD),
    "columns missing": lambda: as_csv([GOOD[:3]], header=HEADER[:3]),
    "a column twice": lambda: as_csv([(*GOOD, "x")], header=(*HEADER, "mail")),
    "too large": lambda: b"x" * (MAX_BYTES + 1),
    "too many rows": lambda: as_csv([GOOD] * (MAX_ROWS + 1)),
    "letters lost": lambda: as_csv([with_(navn="S\ufffdren")]),
    "letters broken": lambda: as_csv([GOOD]).decode("utf-8-sig").encode().decode("cp1252", "ignore").encode(),
    "half utf-8": lambda: as_csv([GOOD], encoding="utf-8") + b"\xe6",
    "quotation mark left over": lambda: as_csv([GOOD], encoding="utf-8") + b'"\xc3\x86r\xc3\xb8;Borgmester',
    "binary": lambda: bytes(range(256)) * 20,
    "pdf": lambda: b"%PDF-1.7\n" + random.Random(1).randbytes(3000),
    "old excel": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000),
    "any zip": lambda: packed({"hej.txt": b"hej"}),
    "open document": lambda: packed({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}),
    "cut workbook": lambda: as_xlsx([GOOD])[:2000],
    "workbook without sheets": lambda: repacked(as_xlsx([GOOD]), "xl/worksheets/sheet1.xml", lambda part: b""),
    "workbook of rubbish": lambda: repacked(as_xlsx([GOOD]), "xl/workbook.xml", lambda part: b"<hej/>"),
    "zip bomb": lambda: repacked(as_xlsx([GOOD]), "xl/styles.xml", lambda part: b"0" * 60_000_000),
    "many parts": lambda: packed({"xl/workbook.xml": b""} | {f"x{number}": b"" for number in range(1500)}),
    "xml bomb": lambda: repacked(as_xlsx([GOOD]), "xl/worksheets/sheet1.xml", bomb),
    "empty workbook": lambda: as_xlsx([], header=()),
    "workbook with too many rows": lambda: as_xlsx([GOOD] * (MAX_ROWS + 1)),
}


@pytest.mark.parametrize("make", NO_REGISTERS.values(), ids=NO_REGISTERS)
def test_what_is_no_register_gets_a_sentence(make):
    with pytest.raises(Unreadable) as refusal:
        read_rows(make())

    assert str(refusal.value).endswith((".", "?"))


def test_a_sheet_that_is_formatted_to_the_bottom_is_read_to_its_last_row():
    book = Workbook()
    book.active.append(HEADER)
    book.active.append(GOOD)
    book.active.cell(row=60_000, column=1, value=None)
    book.active.row_dimensions[60_000].height = 20
    written = io.BytesIO()
    book.save(written)

    assert len(read_rows(written.getvalue()).rows) == 1


def test_a_workbook_packed_by_a_program_of_the_future_is_refused():
    content = bytearray(as_xlsx([GOOD]))
    content[content.index(b"PK\x01\x02") + 6] = 146  # the version that is needed to unpack the first part

    with pytest.raises(Unreadable):
        read_rows(bytes(content))


@pytest.mark.parametrize("seed", range(300))
def test_a_damaged_file_is_read_or_refused_and_never_breaks(seed):
    """Bytes changed, cut out or doubled at random, in text and in workbooks."""
    chance = random.Random(seed)
    rows = [GOOD, with_(navn="Ida Dam", email="ida@example.org", hverv="udvalgsformand")]
    with time_machine.travel(NOW, tick=False):  # a workbook says when it was made
        workbook = as_xlsx(rows)
    content = bytearray(workbook if seed % 3 == 0 else as_csv(rows, encoding=chance.choice(["utf-8", "cp1252"])))
    for _number in range(chance.randrange(1, 6)):
        place = chance.randrange(len(content))
        match chance.randrange(3):
            case 0:
                content[place] = chance.randrange(256)
            case 1:
                del content[place : place + chance.randrange(1, 40)]
            case 2:
                content[place:place] = content[place : place + chance.randrange(1, 40)]
    try:
        plan = plan_import(bytes(content), now=NOW)
    except Unreadable:
        return
    assert isinstance(plan.reading, Reading)
    for row in plan.reading.rows:
        assert row.starts_on <= (row.ends_on or row.starts_on + timedelta(days=1))
