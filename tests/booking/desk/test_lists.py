"""The lists that leave the house: what stands on them, who does, and what a cell may hold."""

from datetime import date, time
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from booking.models import Booking, Person
from tests.booking.desk.test_bookings import NAMES, book, csv_rows
from tests.booking.desk.test_sessions import editor_of
from tests.factories import SessionPageFactory

LISTS = ("participant_list", "hotel_list")


def night(**kwargs):
    return SessionPageFactory(
        kind="overnight", starts_on=date(2027, 5, 5), ends_on=date(2027, 5, 6), ends_time=time(12), **kwargs
    )


def need(booking, **needs) -> None:
    Booking.objects.filter(pk=booking.pk).update(**needs)


def csv_of(client, name, session) -> list[list[str]]:
    return csv_rows(client.get(reverse(name, args=[session.pk]), {"export": "csv"}))


def cells_of(client, name, session) -> list:
    response = client.get(reverse(name, args=[session.pk]), {"export": "xlsx"})
    sheet = load_workbook(BytesIO(b"".join(response.streaming_content))).active
    return [cell for row in sheet.iter_rows(min_row=2) for cell in row]


def page_of(client, name, session) -> str:
    return client.get(reverse(name, args=[session.pk])).content.decode()


def test_the_hotel_reads_names_rooms_arrival_and_diet_and_nothing_else(client, administrator):
    session = night()
    [booking] = book(session, "Ærø")
    need(booking, room="Stueetage", diet="Vegetar")

    head, row = csv_of(client, "hotel_list", session)
    cells = [cell.value for cell in cells_of(client, "hotel_list", session)]
    page = page_of(client, "hotel_list", session)

    assert len(head) == 5
    assert row == ["Borgmesteren i Ærø", "Stueetage", "05-05-2027", "10:00", "Vegetar"]
    assert cells == ["Borgmesteren i Ærø", "Stueetage", date(2027, 5, 5), time(10), "Vegetar"]
    for said in ("Borgmesteren i Ærø", "Stueetage", "05-05-2027", "10.00", "Vegetar"):
        assert f"<td>{said}</td>" in page
    for unsaid in (booking.participant.email, booking.order.reference, booking.order.contact_email, "5.300"):
        assert unsaid not in page


def test_participants_read_names_offices_and_municipalities_of_those_who_said_yes(client, administrator):
    session = night()
    listed, _unlisted = book(session, "Ærø", "Fanø")
    need(listed, may_be_listed=True, diet="Vegetar", room="Stueetage")

    _head, *rows = csv_of(client, "participant_list", session)
    page = page_of(client, "participant_list", session)

    assert rows == [["Borgmesteren i Ærø", "Borgmester", "Ærø"]]
    assert [cell.value for cell in cells_of(client, "participant_list", session)] == rows[0]
    assert "Fanø" not in page
    assert "Vegetar" not in page


@pytest.mark.parametrize("status", ["waiting", "offered", "held", "expired", "cancelled"])
@pytest.mark.parametrize("name", LISTS)
def test_only_confirmed_seats_are_on_a_list(client, administrator, name, status):
    session = night()
    other, _here = book(session, "Fanø", "Ærø")
    now = timezone.now()
    Booking.objects.update(may_be_listed=True)
    need(
        other,
        status=status,
        waiting_since=now,
        offered_until=now,
        cancelled_at=now if status == "cancelled" else None,
    )

    assert [row[0] for row in csv_of(client, name, session)[1:]] == ["Borgmesteren i Ærø"]
    assert "Fanø" not in page_of(client, name, session)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "＝"])
def test_no_cell_becomes_a_formula(client, administrator, sign):
    session = night()
    [booking] = book(session, "Ærø")
    words = f"{sign}HYPERLINK(1)"
    need(booking, room=words, diet=words, may_be_listed=True)
    Person.objects.filter(pk=booking.participant_id).update(name=words)

    for name, dangerous in (("hotel_list", 3), ("participant_list", 1)):
        [row] = csv_of(client, name, session)[1:]
        assert [cell for cell in row if cell.startswith(sign)] == []
        assert row.count(f"'{words}") == dangerous
        assert "f" not in {cell.data_type for cell in cells_of(client, name, session)}


@pytest.mark.parametrize("kind", ["day", "online"])
def test_where_nobody_eats_there_is_no_list_for_the_hotel(client, administrator, kind):
    session = SessionPageFactory(kind=kind)

    assert (reverse("hotel_list", args=[session.pk]) in editor_of(client, session)) == (kind != "online")


def test_diet_and_room_are_not_for_finance(client, finance):
    session = night()
    book(session, "Ærø")

    assert client.get(reverse("hotel_list", args=[session.pk])).status_code == 302
    assert client.get(reverse("hotel_list", args=[session.pk]), {"export": "csv"}).status_code == 302
    page = client.get(reverse("participant_list", args=[session.pk]))
    assert page.context["back_url"] == f"{reverse('bookings:index')}?session={session.pk}"


@pytest.mark.parametrize("export", ["", "csv", "xlsx"])
@pytest.mark.parametrize("name", LISTS)
def test_thirty_cost_as_many_queries_as_one(client, administrator, name, export, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def look():
        return client.get(reverse(name, args=[session.pk]), {"export": export} if export else {}).getvalue()

    session = night(own_net=5300)
    book(session, "Ærø")
    Booking.objects.update(may_be_listed=True)
    look()
    with CaptureQueriesContext(connection) as one:
        look()
    book(session, *NAMES[1:])
    Booking.objects.update(may_be_listed=True)

    with django_assert_num_queries(len(one)):
        look()
