"""An election in all 98 municipalities, made up on the spot: who sat before it, and the file of those who sit after."""

import csv
import io
from datetime import date

from django.apps import apps
from openpyxl import Workbook

from booking.people.ground import lay_ground
from booking.people.models import Municipality, Office, OfficeKind, Person

HEADER = ("kommune", "hverv", "navn", "e-mail", "telefon", "fra", "til")
BEFORE, AFTER = date(2022, 1, 1), date(2026, 1, 1)

FIRST_NAMES = ("Anne", "Bo", "Cecilie", "Dan", "Ellen", "Finn", "Gitte", "Hans", "Ida", "Jens", "Kåre", "Søren", "Ægir")
LAST_NAMES = ("Jensen", "Nørgård", "Ørsted", "Åkjær", "Holm-Bæk", "O’Connor", "Lund", "Friis", "Krogh", "Skov", "Dam")


def name_of(number: int, *, is_new: bool = False) -> str:
    first = FIRST_NAMES[number % len(FIRST_NAMES)]
    last = LAST_NAMES[number % len(LAST_NAMES)]
    return f"{'Ny' if is_new else ''}{first} {last} {'Efter' if is_new else 'Før'}sen"


def sitting_mayors() -> list[Office]:
    """The register as it was: a mayor in each municipality since 2022."""
    lay_ground(apps)
    persons = Person.objects.bulk_create(
        Person(name=name_of(number), email=f"mayor{number}@example.org", phone="12345678") for number in range(98)
    )
    return Office.objects.bulk_create(
        Office(person=person, municipality=municipality, kind=OfficeKind.MAYOR, starts_on=BEFORE)
        for person, municipality in zip(persons, Municipality.objects.all(), strict=True)
    )


def result(new: int = 40) -> list[tuple]:
    """The rows of the file: the first ``new`` municipalities have another mayor, the others the same."""
    return [
        (
            municipality.name,
            "Borgmester",
            name_of(number, is_new=number < new),
            f"new{number}@example.org" if number < new else f"mayor{number}@example.org",
            "12345678",
            "1.1.2026",
            "",
        )
        for number, municipality in enumerate(Municipality.objects.all())
    ]


def as_csv(rows, *, header=HEADER, delimiter=";", encoding="utf-8-sig") -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter).writerows([header, *rows])
    return written.getvalue().encode(encoding)


def as_xlsx(rows, *, header=HEADER) -> bytes:
    book = Workbook()
    for row in [header, *rows]:
        book.active.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()
