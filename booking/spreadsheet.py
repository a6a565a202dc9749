"""Lists that open right in a Danish Excel, and in which nothing that a stranger typed can become a formula."""

import csv
import re
from datetime import date, datetime, time
from decimal import Decimal

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from wagtail.admin.views.mixins import Echo, SpreadsheetExportMixin

from booking.dates import COPENHAGEN

#: A cell that begins with one of these is a formula to Excel or to somebody's import.
#: Source: OWASP, CSV Injection.
BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: Digits that Excel would make a number of, and lose some: noughts in front, or all beyond the eleventh.
#: Source: Microsoft, "Keeping leading zeros and large numbers".
LOSES_DIGITS = re.compile(r"0[0-9]+|[0-9]{12,}")
#: Characters that a column of a workbook has room for at the least: a day and an hour, and a name.
WIDTH = 18


def text(value) -> str:
    """Words that stay words in a file of text.

    An apostrophe goes in front of what would begin a formula, and an EAN number becomes a formula of our own, one
    that says its digits: there is no other way to keep them.
    """
    words = str(value)
    if LOSES_DIGITS.fullmatch(words):
        return f'="{words}"'
    return f"'{words}" if words.startswith(BEGINS_A_FORMULA) else words


def csv_cell(value) -> str:
    """A value as a Danish Excel reads it from a file of text: "8800,00", "05-12-2026 12:00"."""
    match value:
        case None:
            return ""
        case bool():
            return _("yes") if value else _("no")
        case datetime():
            return f"{value.astimezone(COPENHAGEN):%d-%m-%Y %H:%M}"
        case date():
            return f"{value:%d-%m-%Y}"
        case time():
            return f"{value:%H:%M}"
        case Decimal():
            return f"{value:.2f}".replace(".", ",")
        case int():
            return str(value)
    return text(value)


def xlsx_cell(value):
    """A value as Excel keeps it: dates, times and numbers as such, moments on the Copenhagen clock.

    Words need no apostrophe here: Wagtail marks each such cell as one of words, whatever it begins with.
    """
    match value:
        case bool():
            return csv_cell(value)
        case datetime():
            return value.astimezone(COPENHAGEN).replace(tzinfo=None)
        case None | date() | time() | Decimal() | int():
            return value
    # A sign that XML can't hold, such as PowerPoint's soft line break, would cost everybody the whole file.
    return ILLEGAL_CHARACTERS_RE.sub(" ", str(value))


def _heading(sheet, words: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, xlsx_cell(words))
    cell.data_type = "s"  # also of a column that a register calls "=1+1"
    cell.font = Font(bold=True)
    return cell


class DanishSpreadsheetMixin(SpreadsheetExportMixin):
    """For a listing: its exports as CSV (UTF-8 with its mark, semicolons) and XLSX."""

    def preprocess_field_value(self, field, value, export_format):
        return csv_cell(value) if export_format == self.FORMAT_CSV else xlsx_cell(value)

    def generate_xlsx_row(self, worksheet, row_dict, date_format=None):
        for cell in super().generate_xlsx_row(worksheet, row_dict):
            match cell.value:
                case datetime():
                    cell.number_format = "dd-mm-yyyy hh:mm"
                case date():
                    cell.number_format = "dd-mm-yyyy"
                case time():
                    cell.number_format = "hh:mm"
                case Decimal():
                    cell.number_format = "#,##0.00"
            yield cell

    def write_xlsx(self, queryset, output):
        """Headings in bold that stay in sight, in columns wide enough for what they name and for any moment."""
        workbook = Workbook(write_only=True, iso_dates=True)
        sheet = workbook.create_sheet(title=_("List"))
        sheet.freeze_panes = "A2"
        headings = [self.get_heading(queryset, field) for field in self.list_export]
        for number, heading in enumerate(headings, start=1):
            sheet.column_dimensions[get_column_letter(number)].width = max(WIDTH, len(heading) + 2)
        sheet.append(_heading(sheet, words) for words in headings)
        for item in queryset:
            sheet.append(self.generate_xlsx_row(sheet, self.to_row_dict(item)))
        workbook.save(output)

    def stream_csv(self, queryset):
        writer = csv.writer(Echo(), delimiter=";")
        yield "\ufeff".encode()
        yield writer.writerow([text(self.get_heading(queryset, field)) for field in self.list_export])
        for item in queryset:
            row = self.to_row_dict(item)
            yield writer.writerow([self.preprocess_field_value(field, row[field], self.FORMAT_CSV) for field in row])

    def write_csv_response(self, queryset):
        response = StreamingHttpResponse(self.stream_csv(queryset), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{self.get_filename()}.csv"'
        return response
