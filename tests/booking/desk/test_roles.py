"""The table of docs/roles.md, walked by HTTP: every list, form, action, export and chooser, as everybody."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from wagtail.models import GroupPagePermission

from booking.desk.roles import ADMINISTRATORS, EDITORS, make_roles
from booking.models import Booking, ElectionTerm, Fact, Office, OutboxMessage, Secretary, Speaker, Venue
from booking.signup.reserve import Purchase, Seat, place_order
from home.models import Provider
from tests.factories import SessionPageFactory, UserFactory, mayor_of, secretary_of

NAME = "Borgmesteren i Samsø"

ROLES_MD = Path(settings.BASE_DIR) / "docs" / "roles.md"

#: What both roles keep.
PAGES = ("venues", "contacts", "speakers", "providers")
#: What course administrators alone keep.
KEPT = (
    "municipalities",
    "election-terms",
    "persons",
    "offices",
    "secretaries",
    "audiences",
    "sellers",
    "price-lists",
    "conditions",
)
#: What course administrators alone look at.
LOOKED_AT = ("bookings", "outbox", "journal")


@pytest.fixture
def everything(db):
    """One of each: name of the list -> a record in it."""
    session = SessionPageFactory(title="Ny borgmester")
    person = mayor_of("Samsø")
    secretary_of(person)
    booking = place_order(
        session,
        seats=[Seat(person)],
        purchase=Purchase("Kontakten", "kontakt@example.org", gln="5798000000005"),
        booker=person,
        shown_net=Decimal(5300),
        shown_conditions=session.conditions.current().pk,
        submission=uuid4(),
        now=timezone.now(),
    ).bookings.get()
    fact = Fact.objects.about(booking).get()
    now = timezone.now()
    return {
        "session": session,
        "venues": Venue.objects.create(name="Campus"),
        "contacts": session.contact,
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

    def kept(names):
        for name in names:
            index = _index(name)
            yield reverse(f"{name}:{index}")
            yield reverse(f"{name}:{index}_results")
            yield reverse(f"{name}:add")
            for action in ("edit", "delete", "history", "usage"):
                yield reverse(f"{name}:{action}", args=[pk[name]])

    def looked_at(names):
        for name in names:
            yield reverse(f"{name}:index")
            yield reverse(f"{name}:index_results")
            yield reverse(f"{name}:inspect", args=[pk[name]])

    session = everything["session"].pk
    return {
        "the start page": [reverse("wagtailadmin_home")],
        "pages": [
            reverse("wagtailadmin_explore", args=[session]),
            reverse("wagtailadmin_pages:edit", args=[session]),
            reverse("wagtailadmin_pages:history", args=[session]),
            reverse("wagtailadmin_pages:usage", args=[session]),
            reverse("wagtailadmin_pages:copy", args=[session]),
            reverse("wagtailadmin_pages:unpublish", args=[session]),
            reverse("wagtailadmin_choose_page"),
        ],
        "images and documents": [
            reverse("wagtailimages:index"),
            reverse("wagtailimages:add"),
            reverse("wagtaildocs:index"),
            reverse("wagtaildocs:add"),
        ],
        "places and people on the pages": list(kept(PAGES)),
        "register, prices and conditions": [
            *kept(KEPT),
            reverse("choose-person:choose"),
            reverse("choose-person:choose_results"),
            reverse("choose-person:chosen", args=[pk["persons"]]),
            reverse("choose-person:chosen_multiple") + f"?id={pk['persons']}",
        ],
        "bookings, outbox and journal": [
            *looked_at(LOOKED_AT),
            reverse("bookings:index") + "?export=csv",
            reverse("bookings:index") + "?export=xlsx",
        ],
        "cancelling": [
            reverse("bookings:cancel", args=[pk["bookings"]]),
            reverse("cancel_session", args=[session]),
            reverse("outbox:again", args=[pk["outbox"]]),
        ],
        "users, groups and settings": [
            reverse("wagtailusers_users:index"),
            reverse("wagtailusers_groups:index"),
            reverse("wagtailsites:index"),
            reverse("wagtailadmin_workflows:index"),
        ],
    }


def _table() -> dict[str, set[str]]:
    """Who may do what, as docs/roles.md says."""
    lines = [line for line in ROLES_MD.read_text().splitlines() if line.startswith("| ")]
    _what, *roles = [cell.strip() for cell in lines[0].strip("|").split("|")]
    assert roles == [EDITORS, ADMINISTRATORS]
    table: dict[str, set[str]] = {"anonymous": set(), "mayor": set(), "editor": set(), "administrator": set()}
    for line in lines[2:]:
        what, editor, administrator = [cell.strip() for cell in line.strip("|").split("|")]
        table["editor"] |= {what} if editor == "yes" else set()
        table["administrator"] |= {what} if administrator == "yes" else set()
    return table


TABLE = _table()


@pytest.mark.parametrize("who", TABLE)
def test_everybody_reaches_exactly_what_the_table_says(who, client, everything, request):
    if who != "anonymous":
        request.getfixturevalue(who)

    wrong = []
    assert TABLE["administrator"] < set(_addresses(everything))
    for right, addresses in _addresses(everything).items():
        for address in addresses:
            response = client.get(address)
            if (response.status_code == 200) != (right in TABLE[who]) or response.status_code >= 404:
                wrong.append(f"{who}: {right}: {address}: {response.status_code}")
    assert wrong == []


@pytest.mark.parametrize("who", ["anonymous", "mayor", "editor"])
def test_a_post_is_refused_where_the_page_is(who, client, everything, request):
    if who != "anonymous":
        request.getfixturevalue(who)
    booking, session = everything["bookings"], everything["session"]

    for address in (
        reverse("bookings:cancel", args=[booking.pk]),
        reverse("cancel_session", args=[session.pk]),
        reverse("persons:delete", args=[everything["secretaries"].secretary.pk]),
        reverse("price-lists:edit", args=[everything["price-lists"].pk]),
        reverse("conditions:edit", args=[everything["conditions"].pk]),
        reverse("choose-person:create"),
    ):
        assert client.post(address, {"name": "Noget andet", "text": "Noget andet"}).status_code in {302, 403, 405}

    booking.refresh_from_db()
    session.refresh_from_db()
    everything["conditions"].refresh_from_db()
    assert booking.holds_a_seat
    assert not session.is_cancelled
    assert everything["conditions"].current().text == "Tilmeldingen er bindende."
    assert everything["secretaries"].__class__.objects.exists()


def test_an_editor_meets_no_name_anywhere(client, editor, everything):
    addresses = [one for right in TABLE["editor"] for one in _addresses(everything)[right]]
    addresses += [
        reverse("wagtailadmin_reports:site_history"),
        reverse("wagtailadmin_pages:search") + "?q=Samsø",
        reverse("wagtailadmin_pages:delete", args=[everything["session"].pk]),
    ]

    leaks = [address for address in addresses if NAME in client.get(address, follow=True).content.decode()]

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
    assert Booking.objects.count() == 1


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
    assert set(once) >= {EDITORS, ADMINISTRATORS}
    assert GroupPagePermission.objects.count() == on_pages
