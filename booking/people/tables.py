"""Reading a table that somebody has made in Excel: CSV of any kind, or XLSX. What can't be read says why."""

import codecs
import csv
import io
import zipfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.datetime import MAC_EPOCH

MEGABYTE = 1024 * 1024
MAX_BYTES = 5 * MEGABYTE
#: What a workbook may fill when it is unpacked: a small file can hold a huge one.
MAX_UNPACKED_BYTES = 20 * MEGABYTE
MAX_PARTS = 1000
MAX_ROWS = 20_000
MAX_COLUMNS = 50
#: A sheet that was formatted to the bottom goes on for a million empty rows; after so many nobody writes any more.
MAX_EMPTY_ROWS = 500
#: The header stands within the first rows; a title may stand above it.
HEADER_WITHIN = 10

#: What æ, ø and å become when UTF-8 is taken for something else, and what is left of letters that were lost.
BROKEN_LETTERS = ("Ã¦", "Ã¸", "Ã¥", "Ã†", "Ã˜", "Ã…", "\ufffd")


class Unreadable(Exception):
    """The file is not a table that we can read; the message is a sentence for whoever brought it."""


class Formula(str):
    """A cell that holds a formula, not a value."""

    __slots__ = ()


class Fault(str):
    """A cell in which Excel itself reports an error, such as #N/A."""

    __slots__ = ()


@dataclass
class Table:
    """A header and the rows below it, each with its line in the file. ``how`` says how the file was read.

    ``day_zero`` is the date that Excel counts days from where a date is only a number.
    """

    how: str
    day_zero: date = date(1899, 12, 30)
    header: list[str] = field(default_factory=list)
    rows: list[tuple[int, list[Any]]] = field(default_factory=list)


def plain(text: Any) -> str:
    """Letters and digits alone, in lower case: "E-mail " and "e mail" are one."""
    return "".join(character for character in str(text).casefold() if character.isalnum())


def read_table(content: bytes, *, known: Collection[str]) -> Table:
    """Read CSV or XLSX, told apart by what the file begins with. ``known`` are the plain names of columns.

    Raises Unreadable.
    """
    if len(content) > MAX_BYTES:
        raise Unreadable(
            _("The file is too large: %(size)d MB. It may be %(most)d MB.")
            % {"size": -(-len(content) // MEGABYTE), "most": MAX_BYTES // MEGABYTE}
        )
    if not content.strip():
        raise Unreadable(_("The file is empty."))
    lines: Iterable[tuple[int, list[Any]]]
    if content.startswith(b"PK\x03\x04"):
        how, day_zero, lines = _workbook(content)
        table = Table(how, day_zero)
    elif content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(
            _("The file is an old Excel file (.xls) or has a password. Save it as .xlsx, without a password.")
        )
    else:
        how, lines = _text(content, known)
        table = Table(how)
    _fill(table, lines, known)
    if not table.header:
        raise Unreadable(_("The file is empty."))
    return table


def _fill(table: Table, lines: Iterable[tuple[int, list[Any]]], known: Collection[str]) -> None:
    """The header is the first line with the most known columns, among the first few; what follows it are rows."""
    filled = (
        (number, cells) for number, cells in lines if any(str(cell).strip() for cell in cells if cell is not None)
    )
    first = list(islice(filled, HEADER_WITHIN))
    if not first:
        return
    place = max(range(len(first)), key=lambda number: (_recognised(first[number][1], known), -number))
    table.header = ["" if cell is None else str(cell).strip() for cell in first[place][1]]
    table.rows = first[place + 1 :]
    for row in filled:
        table.rows.append(row)
        if len(table.rows) > MAX_ROWS:
            raise Unreadable(
                _("The file has more than %(most)d rows. Divide it into several files.") % {"most": MAX_ROWS}
            )


def _recognised(cells: Iterable[Any], known: Collection[str]) -> int:
    return sum(plain(cell) in known for cell in cells if cell is not None)


# Text


def _text(content: bytes, known: Collection[str]) -> tuple[str, Iterator[tuple[int, list[Any]]]]:
    text, encoding = _decoded(content)
    if "\0" in text:
        raise Unreadable(_("The file is neither a CSV file nor an Excel workbook."))
    if any(letters in text for letters in BROKEN_LETTERS):
        raise Unreadable(
            _("The letters æ, ø and å are broken in the file. Save it again from Excel as “CSV UTF-8”, or as .xlsx.")
        )
    skipped = 1 if text[:4].casefold() == "sep=" else 0  # Excel's own line about its separator
    delimiters = {";": _("semicolons"), ",": _("commas"), "\t": _("tabs")}
    delimiter = max(delimiters, key=lambda mark: _header_quality(text, mark, known))
    how = _("Read as text (%(encoding)s), separated by %(delimiter)s.") % {
        "encoding": encoding,
        "delimiter": delimiters[delimiter],
    }
    return how, _csv_lines(text, delimiter, skipped)


def _decoded(content: bytes) -> tuple[str, str]:
    """The text and the encoding's name. Excel writes UTF-8 with a mark, Windows-1252, or UTF-16 with a mark."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        tries = [("utf-16", "UTF-16")]
    else:
        tries = [("utf-8-sig", "UTF-8"), ("cp1252", "Windows-1252")]
    for codec, name in tries:
        try:
            return content.decode(codec), name
        except UnicodeDecodeError:
            continue
    raise Unreadable(_("The file is neither a CSV file nor an Excel workbook."))


def _header_quality(text: str, delimiter: str, known: Collection[str]) -> int:
    lines = islice(io.StringIO(text, newline=""), HEADER_WITHIN)
    try:
        return max((_recognised(cells, known) for cells in csv.reader(lines, delimiter=delimiter)), default=0)
    except csv.Error:
        return 0


def _csv_lines(text: str, delimiter: str, skipped: int) -> Iterator[tuple[int, list[Any]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            if line > skipped:
                yield line, [Formula(cell) if cell.startswith("=") else cell for cell in cells[:MAX_COLUMNS]]
            line = reader.line_num + 1
    except csv.Error as error:
        raise Unreadable(
            _("From line %(line)d on the file can't be divided into columns. Is a quotation mark missing or left over?")
            % {"line": line}
        ) from error


# Workbooks


def _workbook(content: bytes) -> tuple[str, date, list[tuple[int, list[Any]]]]:
    damaged = _("The Excel file is damaged and can't be opened. Save it again as .xlsx.")
    try:
        parts = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except Exception as error:  # zipfile, too, has many words for damage: BadZipFile is one of them
        raise Unreadable(damaged) from error
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise Unreadable(_("The file is not an Excel workbook. Save it as .xlsx or as CSV."))
    # What a part claims is what is read of it at the most, so the sum can be trusted.
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise Unreadable(
            _("The Excel file fills more than %(most)d MB when it is unpacked. Save only the sheet with the register.")
            % {"most": MAX_UNPACKED_BYTES // MEGABYTE}
        )
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        sheet = book.worksheets[0]
        lines = list(_sheet_lines(sheet))
    except Unreadable:
        raise
    except Exception as error:  # openpyxl meets damage with whatever happens to break first
        raise Unreadable(damaged) from error
    how = _("Read as an Excel workbook: the sheet “%(sheet)s”.") % {"sheet": sheet.title}
    return how, MAC_EPOCH.date() if book.epoch == MAC_EPOCH else Table.day_zero, lines


def _sheet_lines(sheet) -> Iterator[tuple[int, list[Any]]]:
    sheet.reset_dimensions()  # some programs write a wrong one
    empty = 0
    for line, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), start=1):
        values = [_value(cell) for cell in cells]
        if all(value is None for value in values):
            empty += 1
            if empty > MAX_EMPTY_ROWS:
                return
            continue
        empty = 0
        if line > MAX_ROWS + MAX_EMPTY_ROWS + HEADER_WITHIN:
            raise Unreadable(
                _("The file has more than %(most)d rows. Divide it into several files.") % {"most": MAX_ROWS}
            )
        yield line, values


def _value(cell) -> Any:
    match cell.data_type:
        case "f":
            return Formula(cell.value)
        case "e":
            return Fault(cell.value)
    if isinstance(cell.value, str) and cell.value.startswith("="):
        return Formula(cell.value)
    return cell.value
