"""The table of docs/roles.md, walked by HTTP: every list, form, action, export and chooser, as everybody."""

import re
from datetime import date
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from openpyxl import load_workbook
from wagtail.models import GroupPagePermission

from booking.dates import today
from booking.desk.roles import ADMINISTRATORS, EDITORS, FINANCE, SUPERUSERS, make_roles
from booking.invoicing.document import as_kept
from booking.models import (
    AudienceGrant,
    Booking,
    Charge,
    Choice,
    DeletionRequest,
    Difference,
    ElectionTerm,
    Fact,
    HandOver,
    Invoice,
    Office,
    OutboxMessage,
    OutsideCalendar,
    Payment,
    Secretary,
    Series,
    Speaker,
    Venue,
)
from booking.people.signin import give_staff_sign_in
from booking.signup.cancel import cancel_booking
from booking.signup.reserve import Purchase, Seat, place_order
from home.models import Provider
from tests.booking.invoicing.documents import invoice
from tests.booking.signup.test_reserve import order
from tests.factories import SessionPageFactory, UserFactory, mayor_of, secretary_of

NAME = "Borgmesteren i Samsø"

ROLES_MD = Path(settings.BASE_DIR) / "docs" / "roles.md"

#: What both roles keep.
PAGES = ("venues", "contacts", "choices", "speakers", "providers")
#: The register, which course administrators keep.
REGISTER = (
    "municipalities",
    "election-terms",
    "persons",
    "offices",
    "secretaries",
    "audiences",
)
#: What they keep too, and finance looks at.
PRICES = ("sellers", "price-lists", "conditions")

#: Wagtail's own reports, which editors are let into.
REPORTS = [
    reverse_lazy(f"wagtailadmin_reports:{name}")
    for name in ("site_history", "locked_pages", "aging_pages", "workflow", "workflow_tasks")
]

DIET, ROOM = "Vegansk, ingen nødder", "Stueetage ved kørestol"

#: The fixtures that sign somebody in, by their role.
FIXTURES = {EDITORS: "editor", ADMINISTRATORS: "administrator", FINANCE: "finance", SUPERUSERS: "superuser"}


def issued(booking) -> Invoice:
    """An invoice of this booking, as it would have been issued."""
    document = invoice()
    kept = Invoice.objects.create(
        series=Series.objects.create(seller=booking.session.price_list.seller, kind="invoice", last=17),
        serial=17,
        number=document.number,
        kind="invoice",
        issued_at=timezone.now(),
        issued_on=document.issued_on,
        due_on=document.due_on,
        payer=booking.order.payer,
        net=document.net,
        vat=document.vat,
        total=document.total,
        content=as_kept(document),
        format="peppol",
        xml=b"<Invoice/>",
    )
    HandOver.objects.create(invoice=kept, state="refused", not_before=timezone.now())
    Charge.objects.create(invoice=kept, booking=booking, lines=[0], net=document.net, vat=document.vat)
    return kept


@pytest.fixture
def everything(db):
    """One of each: name of the list -> a record in it."""
    session = SessionPageFactory(title="Ny borgmester")
    person = mayor_of("Samsø")
    secretary_of(person)
    booking = place_order(
        session,
        seats=[Seat(person, diet=DIET, room=ROOM)],
        purchase=Purchase("Kontakten", "kontakt@example.org", gln="5798000000005"),
        booker=person,
        shown="5300.00+1325.00",
        shown_conditions=session.conditions.current().pk,
        submission=uuid4(),
        now=timezone.now(),
    ).bookings.get()
    fact = Fact.objects.about(booking).get()
    now = timezone.now()
    make_roles()
    colleague = give_staff_sign_in("kollega@example.org", "En kollega", Group.objects.filter(name=EDITORS))
    payment = Payment.objects.create(
        order=booking.order, amount=6625, state="paid", created_at=now, expires_at=now, paid_at=now
    )
    payment.bookings.add(booking)
    return {
        "session": session,
        "colleague": colleague,
        "deletion-requests": DeletionRequest.objects.create(person=person, asked_at=now),
        "exceptions": AudienceGrant.objects.create(
            audience=session.audience,
            person=person,
            reason="Vært for afholdelsen",
            granted_by=colleague,
            granted_at=now,
            ends_on=date(2030, 12, 31),
        ),
        "group": colleague.groups.get(),
        "in progress": SessionPageFactory(title="I dag", starts_on=today(now)),
        "venues": Venue.objects.create(name="Campus"),
        "contacts": session.contact,
        "choices": Choice.objects.create(name="Kattegatkursus"),
        "outside-calendars": OutsideCalendar.objects.create(name="B98"),
        "speakers": Speaker.objects.create(name="En oplægsholder"),
        "providers": Provider.objects.create(name="Komponent"),
        "municipalities": booking.office.municipality,
        "election-terms": ElectionTerm.objects.create(starts_on=date(2026, 1, 1), ends_on=date(2029, 12, 31)),
        "persons": person,
        "offices": Office.objects.get(person=person),
        "secretaries": Secretary.objects.get(principal=person),
        "audiences": session.audience,
        "sellers": session.price_list.seller,
        "price-lists": session.price_list,
        "conditions": session.conditions,
        "bookings": booking,
        "withdrawn": cancel_booking(order(session, mayor_of("Langeland"), now=now).bookings.get(), by=None, now=now),
        "payments": payment,
        "invoices": issued(booking),
        "differences": Difference.objects.create(kind="other_amount", subject="cs_1", found_at=now),
        "journal": fact,
        "outbox": OutboxMessage.objects.create(
            fact=fact,
            kind="x",
            recipient="samsoe@example.org",
            subject=f"Til {NAME}",
            text=f"Kære {NAME}",
            message_id="<1@example.org>",
            created_at=now,
            not_before=now,
        ),
    }


def _index(name: str) -> str:
    return "list" if name == "speakers" else "index"


def _addresses(everything: dict) -> dict[str, list[str]]:
    """For each right in the table, the addresses it opens."""
    pk = {name: record.pk for name, record in everything.items()}

    def listed(names):
        for name in names:
            yield reverse(f"{name}:{_index(name)}")
            yield reverse(f"{name}:{_index(name)}_results")

    def kept(names):
        for name in names:
            yield reverse(f"{name}:add")
            for action in ("edit", "delete", "history", "usage"):
                yield reverse(f"{name}:{action}", args=[pk[name]])

    def looked_at(names):
        yield from listed(names)
        for name in names:
            yield reverse(f"{name}:inspect", args=[pk[name]])

    session = everything["session"].pk
    return {
        # Wagtail shows the titles of pages to everybody in the admin.
        "the start page": [reverse("wagtailadmin_home"), reverse("wagtailadmin_choose_page")],
        "sessions in figures": [reverse("session_report"), reverse("session_report") + "?export=csv"],
        "pages": [
            reverse("wagtailadmin_explore", args=[session]),
            reverse("wagtailadmin_pages:edit", args=[session]),
            reverse("wagtailadmin_pages:history", args=[session]),
            reverse("wagtailadmin_pages:usage", args=[session]),
            reverse("wagtailadmin_pages:copy", args=[session]),
            reverse("wagtailadmin_pages:unpublish", args=[session]),
        ],
        "images and documents": [
            reverse("wagtailimages:index"),
            reverse("wagtailimages:add"),
            reverse("wagtaildocs:index"),
            reverse("wagtaildocs:add"),
        ],
        "places and people on the pages": [*listed(PAGES), *kept(PAGES)],
        "calendars of others": [
            *listed(["outside-calendars"]),
            *kept(["outside-calendars"]),
            reverse("outside-calendars:fetch", args=[pk["outside-calendars"]]),
            reverse("session_collisions"),
        ],
        "the register": [
            *listed(REGISTER),
            *kept(REGISTER),
            *listed(["health-councils", "exceptions"]),
            reverse("exceptions:add"),
            reverse("exceptions:edit", args=[pk["exceptions"]]),
            reverse("register-import:index"),
            reverse("register-import:template"),
            reverse("choose-person:choose"),
            reverse("choose-person:choose_results"),
            reverse("choose-person:chosen", args=[pk["persons"]]),
            reverse("choose-person:chosen_multiple") + f"?id={pk['persons']}",
        ],
        "requests for deletion, and deleting a person": [
            *looked_at(["deletion-requests"]),
            reverse("forget_person", args=[pk["persons"]]),
        ],
        "keeping prices and conditions": list(kept(PRICES)),
        "looking at prices and conditions": list(looked_at(PRICES)),
        "bookings": [
            *looked_at(["bookings"]),
            reverse("bookings:index") + "?export=csv",
            reverse("bookings:index") + "?export=xlsx",
            reverse("participant_list", args=[session]),
            reverse("participant_list", args=[session]) + "?export=csv",
        ],
        "signing somebody up by phone": [
            reverse("session_book", args=[session]),
            reverse("session_book", args=[session]) + f"?participant={pk['persons']}",
        ],
        "moving a booking to another session": [reverse("move_booking", args=[pk["bookings"]])],
        "waiving what a withdrawal costs": [reverse("bookings:waive", args=[pk["withdrawn"]])],
        "marking who came": [reverse("session_attendance", args=[pk["in progress"]])],
        "payments": [
            *looked_at(["payments", "differences"]),
            reverse("differences:put_right", args=[pk["differences"]]),
            reverse("movements:index"),
            reverse("movements:index") + "?export=csv",
            reverse("movements:index") + "?export=xlsx",
        ],
        "paying back": [reverse("payments:refund", args=[pk["payments"]])],
        "invoices": [
            *looked_at(["invoices"]),
            reverse("invoices:pdf", args=[pk["invoices"]]),
            reverse("invoices:xml", args=[pk["invoices"]]),
            reverse("invoices:credit", args=[pk["invoices"]]),
            reverse("invoices:again", args=[pk["invoices"]]),
            reverse("invoices:settle", args=[pk["invoices"]]),
            reverse("bank-file:index"),
            reverse("vouchers:index"),
            reverse("vouchers:index") + "?export=csv",
            reverse("vouchers:index") + "?export=xlsx",
            reverse("ready-to-invoice:index"),
            reverse("ready-to-invoice:correct", args=[everything["bookings"].order.reference]),
        ],
        "writing to the participants of a session": [reverse("session_letter", args=[session])],
        "diets and rooms": [  # and beside the bookings: see below
            reverse("hotel_list", args=[session]),
            reverse("hotel_list", args=[session]) + "?export=xlsx",
        ],
        "the words of mails": [
            reverse("mail-texts:index"),
            reverse("mail-texts:edit", args=["booked"]),
        ],
        "outbox and journal": list(looked_at(["outbox", "journal"])),
        "cancelling bookings and sessions, and sending mail again": [
            reverse("bookings:cancel", args=[pk["bookings"]]),
            reverse("cancel_session", args=[session]),
            reverse("outbox:again", args=[pk["outbox"]]),
        ],
        "seats that await a successor, and putting somebody in them": [
            reverse("bookings:substitute", args=[pk["bookings"]]),
            reverse("awaiting-successor:index"),
        ],
        "staff, groups and settings": [
            reverse("wagtailusers_users:index"),
            reverse("wagtailusers_users:index_results"),
            reverse("wagtailusers_users:add"),
            reverse("wagtailusers_users:edit", args=[pk["colleague"]]),
            reverse("wagtailusers_users:history", args=[pk["colleague"]]),
            reverse("wagtailusers_users:reset_second_factor", args=[pk["colleague"]]),
            reverse("wagtailusers_groups:index"),
            reverse("wagtailusers_groups:add"),
            reverse("wagtailusers_groups:edit", args=[pk["group"]]),
            reverse("wagtailsites:index"),
            reverse("wagtailsites:add"),
            reverse("wagtailredirects:index"),
            reverse("wagtailredirects:add"),
            reverse("wagtailadmin_collections:index"),
            reverse("wagtailadmin_workflows:index"),
            reverse("wagtailadmin_workflows:add"),
        ],
    }


def _table() -> dict[str, set[str]]:
    """Who may do what, as docs/roles.md says: by the fixture that signs them in."""
    lines = [line for line in ROLES_MD.read_text().splitlines() if line.startswith("| ")]
    _what, *roles = [cell.strip() for cell in lines[0].strip("|").split("|")]
    assert roles == list(FIXTURES)
    table: dict[str, set[str]] = {"anonymous": set(), "mayor": set()} | {FIXTURES[role]: set() for role in roles}
    for line in lines[2:]:
        what, *answers = [cell.strip() for cell in line.strip("|").split("|")]
        assert set(answers) <= {"yes", "no"}
        for role, answer in zip(roles, answers, strict=True):
            table[FIXTURES[role]] |= {what} if answer == "yes" else set()
    return table


TABLE = _table()


@pytest.mark.parametrize("who", TABLE)
def test_everybody_reaches_exactly_what_the_table_says(who, client, everything, request):
    if who != "anonymous":
        request.getfixturevalue(who)

    wrong = []
    assert TABLE["superuser"] == set(_addresses(everything))
    for right, addresses in _addresses(everything).items():
        for address in addresses:
            response = client.get(address)
            if (response.status_code == 200) != (right in TABLE[who]) or response.status_code >= 404:
                wrong.append(f"{who}: {right}: {address}: {response.status_code}")
    assert wrong == []


@pytest.mark.parametrize("who", TABLE)
def test_a_person_is_deleted_by_those_whom_the_table_lets(who, client, everything, request):
    if who != "anonymous":
        request.getfixturevalue(who)
    leaver = DeletionRequest.objects.create(person=mayor_of("Fanø"), asked_at=timezone.now()).person

    client.post(reverse("forget_person", args=[leaver.pk]))

    leaver.refresh_from_db()
    assert (leaver.forgotten_at is not None) == ("requests for deletion, and deleting a person" in TABLE[who])


@pytest.mark.parametrize("who", TABLE)
def test_somebody_else_is_put_in_a_seat_by_those_whom_the_table_lets(who, client, everything, request):
    if who != "anonymous":
        request.getfixturevalue(who)
    booking, successor = everything["bookings"], mayor_of("Fanø")

    client.post(reverse("bookings:substitute", args=[booking.pk]), {"participant": successor.pk})

    has_the_seat = Booking.objects.holding_a_seat().get().participant == successor
    assert has_the_seat == ("seats that await a successor, and putting somebody in them" in TABLE[who])


@pytest.mark.parametrize("who", [who for who in TABLE if "bookings" in TABLE[who]])
def test_diets_and_rooms_are_for_those_who_arrange(who, client, everything, request):
    request.getfixturevalue(who)
    bookings = reverse("bookings:index")

    inspected = client.get(reverse("bookings:inspect", args=[everything["bookings"].pk])).content.decode()
    listed = client.get(bookings).content.decode()
    text = b"".join(client.get(f"{bookings}?export=csv").streaming_content).decode()
    sheet = load_workbook(BytesIO(b"".join(client.get(f"{bookings}?export=xlsx")))).active
    cells = str([cell.value for row in sheet for cell in row])

    sees = "diets and rooms" in TABLE[who]
    for need in (DIET, ROOM):
        assert [need in page for page in (inspected, text, cells)] == [sees] * 3
        assert need not in listed
    assert NAME in inspected
    assert NAME in text
    assert NAME in cells


def test_finance_finds_nothing_at_the_start_that_is_closed_to_it(client, finance, everything):
    page = client.get(reverse("wagtailadmin_home")).content.decode()

    links = set(re.findall(r'href="(/admin/[^"#?]*)"', page)) | set(re.findall(r'"url": "(/admin/[^"#?]*)"', page))

    assert reverse("bookings:index") in links
    assert [link for link in links if client.get(link, follow=True).status_code != 200] == []


@pytest.mark.parametrize("who", ["anonymous", "mayor", "editor", "finance"])
def test_a_post_is_refused_where_the_page_is(who, client, everything, request):
    if who != "anonymous":
        request.getfixturevalue(who)
    booking, session = everything["bookings"], everything["session"]
    sent = {"name": "Noget andet", "text": "Noget andet", "amount": "1", "note": "Nej"}

    for address in (
        reverse("bookings:cancel", args=[booking.pk]),
        reverse("bookings:substitute", args=[booking.pk]),
        reverse("session_attendance", args=[everything["in progress"].pk]),
        reverse("session_letter", args=[session.pk]),
        reverse("session_book", args=[session.pk]),
        reverse("move_booking", args=[booking.pk]),
        reverse("forget_person", args=[everything["persons"].pk]),
        reverse("register-import:index"),
        reverse("exceptions:edit", args=[everything["exceptions"].pk]),
        reverse("cancel_session", args=[session.pk]),
        reverse("revive_session", args=[session.pk]),
        reverse("persons:delete", args=[everything["secretaries"].secretary.pk]),
        reverse("price-lists:edit", args=[everything["price-lists"].pk]),
        reverse("conditions:edit", args=[everything["conditions"].pk]),
        reverse("choose-person:create"),
        reverse("wagtailusers_users:edit", args=[everything["colleague"].pk]),
        reverse("wagtailusers_users:reset_second_factor", args=[everything["colleague"].pk]),
        reverse("wagtailusers_groups:edit", args=[everything["group"].pk]),
    ):
        assert client.post(address, sent).status_code in {302, 403, 405}

    booking.refresh_from_db()
    session.refresh_from_db()
    everything["conditions"].refresh_from_db()
    assert booking.holds_a_seat
    assert not session.is_cancelled
    assert not everything["payments"].refunds.exists()
    assert everything["conditions"].current().text == "Tilmeldingen er bindende."
    assert everything["secretaries"].__class__.objects.exists()


def test_an_editor_meets_no_name_anywhere(client, editor, everything):
    addresses = [one for right in TABLE["editor"] for one in _addresses(everything)[right]]
    addresses += [
        *REPORTS,
        reverse("wagtailadmin_reports:site_history") + "?export=csv",
        reverse("wagtailadmin_pages:search") + "?q=Samsø",
        reverse("wagtailadmin_account"),
        reverse("wagtailadmin_pages:delete", args=[everything["session"].pk]),
    ]

    leaks = [address for address in addresses if NAME in client.get(address, follow=True).getvalue().decode()]

    assert leaks == []


def test_a_course_administrator_meets_names_where_an_editor_meets_numbers(client, administrator, everything):
    edit = client.get(reverse("wagtailadmin_pages:edit", args=[everything["session"].pk])).content.decode()

    assert NAME in edit


def test_an_editor_sees_the_name_of_nobody_who_was_edited(client, editor, everything):
    """Wagtail's history of the whole site names what was saved; a person's name is no business of an editor."""
    from wagtail.log_actions import log

    log(everything["persons"], "wagtail.edit", user=editor)

    report = client.get(reverse("wagtailadmin_reports:site_history")).content.decode()

    assert NAME not in report


def test_nobody_adds_changes_or_deletes_a_booking_not_even_a_superuser(client, everything):
    client.force_login(
        UserFactory(is_superuser=True, is_staff=True), backend="django.contrib.auth.backends.ModelBackend"
    )
    pk = everything["bookings"].pk

    for address in ("new/", f"edit/{pk}/", f"delete/{pk}/"):
        assert client.post(f"/admin/bookings/{address}").status_code == 404
    page = client.get(reverse("bookings:inspect", args=[pk])).content.decode()

    assert f"/admin/bookings/cancel/{pk}/" in page
    assert f"/admin/bookings/delete/{pk}/" not in page
    assert Booking.objects.count() == 2


def test_a_mayor_is_told_kindly_and_does_not_go_in_circles(client, mayor):
    response = client.get(reverse("wagtailadmin_home"), follow=True)

    assert len(response.redirect_chain) < 4
    assert response.status_code in {200, 403}


def test_roles_are_made_once(db):
    make_roles()
    once = {group.name: group.permissions.count() for group in Group.objects.all()}
    on_pages = GroupPagePermission.objects.count()

    make_roles()

    assert {group.name: group.permissions.count() for group in Group.objects.all()} == once
    assert set(once) >= set(FIXTURES)
    assert GroupPagePermission.objects.count() == on_pages
