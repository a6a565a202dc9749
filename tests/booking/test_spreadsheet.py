from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from openpyxl import load_workbook

from booking.spreadsheet import DanishSpreadsheetMixin, csv_cell, text, xlsx_cell


@pytest.mark.parametrize("typed", ["=1+1", "+45 12", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"])
def test_nothing_typed_becomes_a_formula(typed):
    assert csv_cell(typed) == f"'{typed}"


def test_a_workbook_says_itself_what_is_words():
    assert xlsx_cell("+45 33703208") == "+45 33703208"


@pytest.mark.parametrize("digits", ["5798000000005", "0012", "123456789012"])
def test_excel_keeps_every_digit(digits):
    assert csv_cell(digits) == f'="{digits}"'
    assert xlsx_cell(digits) == digits


@pytest.mark.parametrize("typed", ["12345678", "0", "0012a", '0012"', "٠١٢٣٤٥٦٧٨٩٠١٢"])
def test_other_words_with_digits_stand_as_they_are(typed):
    assert csv_cell(typed) == typed


def test_ordinary_words_are_left_alone():
    assert text("Ærø; 12-06 = fint") == "Ærø; 12-06 = fint"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (Decimal("8800.00"), "8800,00"),
        (Decimal(0), "0,00"),
        (datetime(2026, 7, 1, 10, 0, tzinfo=UTC), "01-07-2026 12:00"),
        (datetime(2026, 12, 1, 23, 30, tzinfo=UTC), "02-12-2026 00:30"),
        (date(2026, 12, 5), "05-12-2026"),
        (None, ""),
        (12, "12"),
    ],
)
def test_values_are_written_the_danish_way(value, cell):
    assert csv_cell(value) == cell


def test_moments_stand_on_the_copenhagen_clock_in_a_workbook():
    assert xlsx_cell(datetime(2026, 7, 1, 10, 0, tzinfo=UTC)) == datetime(2026, 7, 1, 12, 0)  # noqa: DTZ001


def test_a_sign_that_xml_can_not_hold_costs_nobody_the_file():
    assert xlsx_cell("Svære\x0bløsninger") == "Svære løsninger"


def test_the_headings_of_a_workbook_stand_out_and_stay_in_sight():
    class Listing(DanishSpreadsheetMixin):
        list_export = ["when", "=1+1"]
        export_headings = {"when": "Hvornår"}

    Listing().write_xlsx([], output := BytesIO())

    sheet = load_workbook(output).active
    assert [(cell.value, cell.data_type, cell.font.bold) for cell in sheet[1]] == [
        ("Hvornår", "s", True),
        ("=1+1", "s", True),
    ]
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["A"].width >= len("05-12-2026 12:00")
