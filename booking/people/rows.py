"""The rows of a register file as clean values, or as sentences about what is wrong with them."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from booking.dates import MONTHS
from booking.people.models import HealthCouncil, Municipality, OfficeKind, Person
from booking.people.tables import Fault, Formula, Table, Unreadable, plain, read_table

#: A column and what it is called in a file, first in Danish as we write it ourselves.
COLUMNS = {
    "municipality": ("kommune", "municipality", "kommunenavn", "kommunekode"),
    "office": ("hverv", "office", "rolle", "post", "stilling"),
    "name": ("navn", "name", "fulde navn"),
    "email": ("e-mail", "email", "mail", "e-mailadresse", "mailadresse", "e-post"),
    "phone": ("telefon", "phone", "tlf", "telefonnummer", "mobil", "mobiltelefon"),
    "starts_on": ("fra", "from", "fra dato", "startdato", "tiltrådt"),
    "ends_on": ("til", "to", "til dato", "slutdato", "fratrådt"),
    "health_council": ("sundhedsråd", "health council"),
}
EXPECTED = ("municipality", "office", "name", "email", "phone", "starts_on", "ends_on")
REQUIRED = ("municipality", "office", "name", "email", "starts_on")

#: What the offices are called in files, beside their own names.
OFFICES = {
    OfficeKind.MAYOR: ("borgmester", "overborgmester", "mayor"),
    OfficeKind.DEPUTY_MAYOR: ("viceborgmester", "1. viceborgmester", "2. viceborgmester", "deputy mayor"),
    OfficeKind.MUNICIPAL_DIRECTOR: ("kommunaldirektør", "adm. direktør", "municipal director"),
    OfficeKind.COMMITTEE_CHAIR: ("udvalgsformand", "udvalgsforkvinde", "udvalgsforperson", "committee chair"),
    OfficeKind.COUNCIL_MEMBER: ("byrådsmedlem", "kommunalbestyrelsesmedlem", "borgerrepræsentant", "council member"),
    OfficeKind.HEALTH_COUNCIL_MEMBER: ("sundhedsrådsmedlem", "medlem af sundhedsrådet", "health-council member"),
}
KIND_BY_NAME = {plain(name): kind for kind, names in OFFICES.items() for name in (kind.value, *names)}

EARLIEST, LATEST = date(1970, 1, 1), date(2099, 12, 31)
#: The numbers that Excel can mean by such a date, counted from its own first day.
SERIAL_NUMBERS = range(20_000, 80_000)

DANISH_DATE = re.compile(r"(\d{1,2})[./-] ?(\d{1,2})[./-] ?(\d{4})(?: .*)?")
ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T].*)?")
WRITTEN_DATE = re.compile(r"(?:den )?(\d{1,2})\.? ([a-z]+) (\d{4})")
SHORT_YEAR = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2}")
PHONE = re.compile(r"\+?[\d ()./-]*\d[\d ()./-]*")

#: The signs that stand in names beside letters. Others come from a file in a strange encoding.
SIGNS_IN_NAMES = frozenset(" -–'’.,()")


class Wrong(Exception):
    """Something in a row is wrong; the message is a sentence that says what."""


@dataclass(frozen=True)
class Row:
    """One line: a person who holds an office in a municipality from a day on."""

    line: int
    municipality: Municipality
    kind: OfficeKind
    name: str
    email: str | None
    phone: str
    starts_on: date
    ends_on: date | None
    health_council: HealthCouncil | None
    names_health_council: bool = False  # or else it is the municipality's own


@dataclass(frozen=True)
class BadRow:
    """A line that nothing can be done with, and why."""

    line: int
    reason: str


@dataclass
class Reading:
    """A file as it was read."""

    how: str
    rows: list[Row] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)  # columns that nobody knows


def read_rows(content: bytes) -> Reading:
    """Read a register file. Raises Unreadable when it is no table, or not one of office holders."""
    names = {plain(name): column for column, names in COLUMNS.items() for name in names}
    table = read_table(content, known=names)
    places = _places(table, names)
    reading = Reading(table.how)
    reading.ignored = [name for name in table.header if name and plain(name) not in names]
    reader = _RowReader(table)
    for line, cells in table.rows:
        values = {column: cells[place] if place < len(cells) else None for column, place in places.items()}
        try:
            reading.rows.append(reader.row(line, values))
        except Wrong as wrong:
            reading.bad.append(BadRow(line, str(wrong)))
    return reading


def _places(table: Table, names: dict[str, str]) -> dict[str, int]:
    """Where each column stands."""
    places: dict[str, int] = {}
    for place, header in enumerate(table.header):
        column = names.get(plain(header))
        if column in places:
            raise Unreadable(
                _("Two columns mean the same: “%(first)s” and “%(second)s”. Remove one of them.")
                % {"first": table.header[places[column]], "second": header}
            )
        if column:
            places[column] = place
    missing = [COLUMNS[column][0] for column in REQUIRED if column not in places]
    if missing:
        raise Unreadable(
            _("The file lacks: %(missing)s. It must have the columns %(columns)s, with their names in the first row.")
            % {"missing": ", ".join(missing), "columns": ", ".join(COLUMNS[column][0] for column in EXPECTED)}
        )
    return places


class _RowReader:
    """Reads the rows of one file, with the municipalities and health councils at hand."""

    def __init__(self, table: Table):
        self.day_zero = table.day_zero
        self.municipalities: dict[str, Municipality] = {}
        for municipality in Municipality.objects.select_related("health_council"):
            for name in _names_of(municipality):
                self.municipalities[name] = municipality
        self.councils = {_council_name(council.name): council for council in HealthCouncil.objects.all()}

    def row(self, line: int, values: dict[str, Any]) -> Row:
        wrong: list[str] = []

        def read(column: str, reader) -> Any:
            try:
                return reader(_value(values.get(column)))
            except Wrong as fault:
                wrong.append(str(fault))
                return None

        municipality = read("municipality", self._municipality)
        kind = read("office", _kind)
        name = read("name", _name)
        email = read("email", _email)
        phone = read("phone", _phone)
        starts_on = read("starts_on", lambda value: self._day(value, required=True))
        ends_on = read("ends_on", self._day)
        council = read("health_council", self._council)
        if starts_on and ends_on and ends_on < starts_on:
            wrong.append(_("The office ends before it begins."))
        sits_on_one = kind == OfficeKind.HEALTH_COUNCIL_MEMBER
        names_one = sits_on_one and council is not None
        if sits_on_one and municipality and not council:
            council = municipality.health_council
            if council is None:
                wrong.append(_("Write which health council it is: the register does not know the municipality's."))
        if wrong:
            raise Wrong(" ".join(wrong))
        if not sits_on_one:
            council = None
        return Row(line, municipality, kind, name, email, phone, starts_on, ends_on, council, names_one)

    def _municipality(self, value: Any) -> Municipality:
        if value is None:
            raise Wrong(_("The municipality is missing."))
        found = self.municipalities.get(_municipality_name(_text(value)))
        if found is None:
            raise Wrong(_("“%(value)s” is not a municipality in the register.") % {"value": shown(value)})
        return found

    def _council(self, value: Any) -> HealthCouncil | None:
        if value is None:
            return None
        found = self.councils.get(_council_name(_text(value)))
        if found is None:
            raise Wrong(_("“%(value)s” is not a health council in the register.") % {"value": shown(value)})
        return found

    def _day(self, value: Any, *, required: bool = False) -> date | None:
        if value is None:
            if required:
                raise Wrong(_("The date that the office begins is missing."))
            return None
        try:
            day = date_from(value, self.day_zero)
        except ValueError:
            day = None
        if day is None or not EARLIEST <= day <= LATEST:
            if isinstance(value, str) and SHORT_YEAR.fullmatch(value):
                raise Wrong(_("Write the year of “%(value)s” with four digits.") % {"value": shown(value)})
            raise Wrong(_("“%(value)s” is not a date. Write it as 1.1.2026.") % {"value": shown(value)})
        return day


def shown(value: Any) -> str:
    """A value as it is quoted in a sentence: not too much of it."""
    text = str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def spaced(text: str) -> str:
    """With single spaces and whole letters, however it was typed."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def _value(cell: Any) -> Any:
    """What a cell holds: None if nothing, words without stray spaces."""
    if isinstance(cell, Formula):
        raise Wrong(_("“%(value)s” is a formula. Write the value itself.") % {"value": shown(cell)})
    if isinstance(cell, Fault):
        raise Wrong(_("Excel reports an error in a cell: %(value)s.") % {"value": shown(cell)})
    if isinstance(cell, str):
        text = spaced(cell.replace("\u200b", ""))
        if text.startswith("'") and text[1:2] in {"+", "-", "=", "@"}:
            text = text[1:]  # our own exports guard such cells in this way
        return text or None
    return cell


def _text(value: Any) -> str:
    """Words; a whole number as Excel shows it."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)


def _kind(value: Any) -> OfficeKind:
    if value is None:
        raise Wrong(_("The office is missing."))
    kind = KIND_BY_NAME.get(plain(value))
    if kind is None:
        raise Wrong(
            _("“%(value)s” is not an office in the register. It can be: %(offices)s.")
            % {"value": shown(value), "offices": ", ".join(names[0] for names in OFFICES.values())}
        )
    return kind


def _name(value: Any) -> str:
    if value is None:
        raise Wrong(_("The name is missing."))
    name = _text(value)
    most = Person._meta.get_field("name").max_length
    if len(name) > most:
        raise Wrong(_("The name is longer than %(most)d characters.") % {"most": most})
    strange = [sign for sign in name if unicodedata.category(sign)[0] not in "LM" and sign not in SIGNS_IN_NAMES]
    if strange or not any(sign.isalpha() for sign in name):
        raise Wrong(_("“%(value)s” is not a name.") % {"value": shown(name)})
    return name


def _email(value: Any) -> str | None:
    if value is None:
        return None
    email = _text(value).lower().removeprefix("mailto:")
    try:
        validate_email(email)
    except ValidationError as error:
        raise Wrong(_("“%(value)s” is not an e-mail address.") % {"value": shown(value)}) from error
    return email


def _phone(value: Any) -> str:
    if value is None:
        return ""
    phone = _text(value)
    if len(phone) > Person._meta.get_field("phone").max_length or not PHONE.fullmatch(phone):
        raise Wrong(_("“%(value)s” is not a phone number.") % {"value": shown(phone)})
    return phone


def date_from(value: Any, day_zero: date) -> date | None:
    """A date as Excel or a Dane writes it. Raises ValueError if there is no such day."""
    match value:
        case datetime():
            return value.date()
        case date():
            return value
        case bool():
            return None
        case int() | float():
            return day_zero + timedelta(days=int(value)) if int(value) in SERIAL_NUMBERS else None
        case str():
            return _written_date(value, day_zero)
    return None


def _written_date(text: str, day_zero: date) -> date | None:
    if text.isascii() and text.isdigit():
        return date_from(int(text), day_zero) if len(text) == 5 else None
    if found := ISO_DATE.fullmatch(text):
        year, month, day = map(int, found.groups())
    elif found := DANISH_DATE.fullmatch(text):
        day, month, year = map(int, found.groups())
    elif (found := WRITTEN_DATE.fullmatch(text.lower())) and found[2] in MONTHS:
        day, month, year = int(found[1]), MONTHS.index(found[2]) + 1, int(found[3])
    else:
        return None
    return date(year, month, day)


def _municipality_name(text: str) -> str:
    """A municipality's name or code, however it is written: "Høje Taastrup", "Københavns Kommune", "0151"."""
    if text.isascii() and text.isdigit():
        return text.lstrip("0")
    name = plain(text).replace("å", "aa")
    return name.removesuffix("kommune").removesuffix("regions").removesuffix("s")


def _names_of(municipality: Municipality) -> Iterator[str]:
    yield _municipality_name(municipality.name)
    yield municipality.code.lstrip("0")


def _council_name(text: str) -> str:
    return plain(text).removeprefix("sundhedsråd").removeprefix("et")
