"""Bringing the register in at the desk: seen first, done on the same bytes, nothing left behind."""

import csv
import io
from datetime import timedelta

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.models import Booking, Fact, Office, Person, RegisterFile
from booking.people.models import OfficeKind
from booking.people.tables import MAX_BYTES
from booking.people.waiting import KEPT, purge_register_files
from tests.booking.people.election import AFTER, HEADER, as_csv, as_xlsx, result, sitting_mayors
from tests.booking.people.seats import booking_of
from tests.factories import SessionPageFactory

INDEX, PLAN = "register-import:index", "register-import:plan"


def bring(client, content: bytes, name: str = "register.csv"):
    return client.post(reverse(INDEX), {"file": SimpleUploadedFile(name, content)})


def plan_page(client):
    return client.get(reverse(PLAN))


def carry_out(client, page):
    written = {"digest": page.context["digest"], "fingerprint": page.context["plan"].fingerprint}
    return client.post(reverse(PLAN), written)


def told(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


@pytest.fixture
def mayors(db):
    return sitting_mayors()


@pytest.mark.parametrize("write", [as_csv, as_xlsx])
def test_nothing_is_done_before_the_yes_and_then_exactly_what_was_shown(client, administrator, mayors, write):
    session = SessionPageFactory()
    booking = booking_of(mayors[0], session=session)

    response = bring(client, write(result(40)))
    page = plan_page(client)

    assert response.url == reverse(PLAN)
    assert Office.objects.count() == 98
    shown = page.content.decode()
    assert [len(page.context[name]) for name in ("added", "ended", "changed", "unchanged")] == [40, 40, 0, 58]
    for row in result(40)[:40]:
        assert row[2].replace("’", "&#x27;") in shown or row[2] in shown
    assert page.context["ended"][0]["before"] != page.context["ended"][0]["after"]

    done = carry_out(client, page)

    assert done.url == reverse(INDEX)
    assert "40" in told(done)
    assert reverse("awaiting-successor:index") in told(done)
    assert Office.objects.newly_elected(AFTER).count() == 40
    assert Fact.objects.filter(kind="office_began", by=administrator).count() == 40
    assert not RegisterFile.objects.exists()
    assert Booking.objects.get().participant == booking.participant


def test_a_second_time_there_is_nothing_to_say_yes_to(client, administrator, mayors):
    bring(client, as_csv(result(40)))
    carry_out(client, plan_page(client))

    bring(client, as_csv(result(40)))
    page = plan_page(client)

    assert page.context["may_be_done"] is False
    assert page.context["plan"].does_nothing


def test_bad_rows_stand_by_line_and_keep_all_of_it_from_being_done(client, administrator, mayors):
    rows = result(40)
    rows[3] = (*rows[3][:1], "Kejser", *rows[3][2:])
    bring(client, as_csv(rows))

    page = plan_page(client)
    refused = carry_out(client, page)

    assert [row.line for row in page.context["plan"].bad] == [5]
    assert "Kejser" in page.content.decode()
    assert page.context["may_be_done"] is False
    assert refused.url == reverse(PLAN)
    assert Office.objects.count() == 98
    assert not Fact.objects.filter(kind="office_began").exists()


def test_a_changed_person_stands_before_and_after(client, administrator, mayors):
    rows = [list(row) for row in result(0)[:1]]
    rows[0][4] = "87654321"
    bring(client, as_csv(rows))

    page = plan_page(client)

    [row] = page.context["persons"]
    assert (row["before"], row["after"]) == ("12345678", "87654321")


def test_a_register_that_changed_meanwhile_is_shown_anew(client, administrator, mayors):
    bring(client, as_csv(result(40)))
    page = plan_page(client)
    Office.objects.filter(pk=mayors[0].pk).update(ends_on=AFTER - timedelta(days=1))

    response = carry_out(client, page)

    assert response.url == reverse(PLAN)
    assert told(response)
    assert Person.objects.count() == 98
    assert carry_out(client, plan_page(client)).url == reverse(INDEX)


def test_another_file_brought_in_another_window_is_not_taken_for_the_one_that_was_shown(client, administrator, mayors):
    bring(client, as_csv(result(40)))
    page = plan_page(client)
    bring(client, as_csv(result(1)))

    response = carry_out(client, page)

    assert response.url == reverse(INDEX)
    assert Office.objects.count() == 98


def test_pressed_twice_it_is_done_once(client, administrator, mayors):
    bring(client, as_csv(result(40)))
    page = plan_page(client)

    carry_out(client, page)
    again = carry_out(client, page)

    assert again.status_code == 302
    assert Office.objects.count() == 138


def test_a_file_is_kept_an_hour_and_then_gone(client, administrator, mayors):
    bring(client, as_csv(result(40)))
    page = plan_page(client)

    with time_machine.travel(timezone.now() + KEPT + timedelta(seconds=1)):
        assert plan_page(client).url == reverse(INDEX)
        assert carry_out(client, page).url == reverse(INDEX)
        assert purge_register_files(timezone.now()) == 1
    assert Office.objects.count() == 98


def test_a_discarded_file_is_gone_at_once(client, administrator, mayors):
    bring(client, as_csv(result(40)))

    client.post(reverse(PLAN), {"discard": "1"})

    assert not RegisterFile.objects.exists()
    assert Office.objects.count() == 98


def test_nobody_sees_or_does_what_another_brought(client, administrator, mayors):
    from tests.booking.desk.conftest import _staff

    bring(client, as_csv(result(40)))
    page = plan_page(client)
    client.force_login(_staff("Kursusadministrator"), backend="django.contrib.auth.backends.ModelBackend")

    assert plan_page(client).status_code == 302
    assert carry_out(client, page).status_code == 302
    assert Office.objects.count() == 98


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   \n",
        b"%PDF-1.7 \x00\x01",
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"PK\x03\x04 not a zip after all",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"navn;adresse\nAnne;Vej 1\n",
        as_csv([("Fanø", "Borgmester", "Anne", "", "", "1.1.2026", "")]) + b'"open',
        b"kommune;hverv;navn;e-mail;fra\n" + b"x" * MAX_BYTES,
    ],
    ids=["empty", "blank", "pdf", "png", "half a zip", "old excel", "other columns", "open quote", "too large"],
)
def test_a_file_that_is_no_register_gets_a_sentence_and_changes_nothing(client, administrator, content):
    response = bring(client, content, "noget.csv")

    assert response.status_code == 422
    assert len(response.context["form"].errors["file"]) == 1
    assert not RegisterFile.objects.exists()


def test_no_file_at_all_gets_a_sentence(client, administrator):
    assert client.post(reverse(INDEX)).context["form"].errors["file"]


def test_ten_thousand_rows_are_shown(client, administrator, mayors):
    rows = [
        (
            "Fanø",
            "Byrådsmedlem",
            f"Medlem Nummer {chr(97 + number % 26)}{chr(97 + number // 26 % 26)}",
            "",
            "",
            "1.1.2026",
            "",
        )
        for number in range(600)
    ] + [
        (row[0], "Byrådsmedlem", f"Person {'abcdefghij'[n % 10]}", f"p{n}x{i}@example.org", "", "1.1.2026", "")
        for i, row in enumerate(result(0)[:94])
        for n in range(100)
    ]

    assert bring(client, as_csv(rows)).status_code == 302
    page = plan_page(client)

    assert page.status_code == 200
    assert len(page.context["added"]) == len(rows)
    assert carry_out(client, page).url == reverse(INDEX)
    assert Office.objects.filter(kind=OfficeKind.COUNCIL_MEMBER).count() == len(rows)


def test_the_template_is_a_register_file(client, administrator, mayors):
    response = client.get(reverse("register-import:template"))

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";"))
    assert tuple(rows[0]) == HEADER
    assert len(rows) == 2
    assert bring(client, response.content).status_code == 302
    assert not plan_page(client).context["plan"].bad


@pytest.mark.parametrize("who", ["anonymous", "mayor", "editor"])
def test_it_is_for_those_who_keep_the_register(who, client, db, request):
    if who != "anonymous":
        request.getfixturevalue(who)
    before = Office.objects.count()

    responses = [
        client.get(reverse(INDEX)),
        plan_page(client),
        client.get(reverse("register-import:template")),
        bring(client, as_csv([("Fanø", "Borgmester", "Anne", "", "", "1.1.2026", "")])),
        client.post(reverse(PLAN), {"digest": "x", "fingerprint": "x"}),
    ]

    assert {response.status_code for response in responses} <= {302, 403}
    assert not RegisterFile.objects.exists()
    assert Office.objects.count() == before


def test_a_form_from_elsewhere_is_refused(administrator, mayors):
    client = Client(enforce_csrf_checks=True)
    client.force_login(administrator, backend="django.contrib.auth.backends.ModelBackend")

    assert bring(client, as_csv(result(40))).status_code == 403
    assert client.post(reverse(PLAN), {"digest": "x"}).status_code == 403


def test_no_cache_keeps_the_names(client, administrator, mayors):
    bring(client, as_csv(result(40)))

    assert "no-store" in plan_page(client)["Cache-Control"]
