"""The numbers of the step before publishing, against what then happens, for changes of every kind at once and alone."""

from datetime import UTC, date, datetime, time
from itertools import combinations
from threading import Barrier, Thread

import pytest
import time_machine
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.urls import reverse
from wagtail.models import Page, PageViewRestriction
from wagtail.test.utils.form_data import querydict_from_html

from booking.messages.consequences import Consequences, consequences_of
from booking.messages.models import OutboxMessage
from booking.models import QuietRevision, SessionPage
from booking.signup.cancel import cancel_booking
from booking.signup.models import IN_LINE, BookingStatus
from booking.signup.waiting import offer_free_seats
from tests.booking.desk.test_publish import MAYOR, NEXT_WEEK, SECRETARY, ask, choose, mails, step
from tests.booking.messages.orders import NOW, book
from tests.booking.messages.test_changes import publish
from tests.booking.messages.test_programme import PROGRAMME, as_stream
from tests.booking.signup.test_reserve import order
from tests.factories import OfferPageFactory, SessionPageFactory, VenueFactory, mayor_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW) as clock:
        yield clock


@pytest.fixture
def session() -> SessionPage:
    """With one seat, which two addresses have to do with."""
    session = SessionPageFactory(title="Lederskab", venue=VenueFactory())
    book(session)
    OutboxMessage.objects.all().delete()
    return session


#: What an editor may change, by name. Whatever needs the database is made by the test.
CHANGES = {
    "another day": {"starts_on": date(2027, 5, 12), "ends_on": date(2027, 5, 12)},
    "tomorrow": {"starts_on": date(2027, 1, 5), "ends_on": date(2027, 1, 5)},
    "last year": {"starts_on": date(2026, 5, 5), "ends_on": date(2026, 5, 5)},
    "other hours": {"starts_time": time(9), "ends_time": time(15)},
    "no date": {"when_text": "efteråret 2027", "starts_time": None, "ends_time": None},
    "place": {},
    "online": {"kind": "online", "own_net": 0},
    "link": {"join_link": "https://moede.example.org/1"},
    "programme": {},
    "title": {"title": "Nyt navn"},
    "more seats": {"capacity": 3},
    "no limit": {"capacity": None},
    "fewer seats": {"capacity": 1},
    "closed": {"signup_closes_at": datetime(2027, 1, 1, tzinfo=UTC)},
}


def change(page: SessionPage, *names: str) -> SessionPage:
    for name in names:
        for field, value in CHANGES[name].items():
            setattr(page, field, value)
    if "place" in names:
        page.venue = VenueFactory(name="KL", street="", postcode="", city="København")
    if "programme" in names:
        page.programme = as_stream(PROGRAMME)
    return page


def with_a_line() -> SessionPage:
    """Two seats: one taken, one offered to the first of three who wait."""
    page = SessionPageFactory(title="Lederskab", venue=VenueFactory(), capacity=1)
    book(page)
    for name in ("aeroe", "samsoe", "odder"):
        order(page, mayor_of(name, person__email=f"{name}@example.org"), waits=True, now=NOW)
    publish(page, capacity=2)
    OutboxMessage.objects.all().delete()
    page = SessionPage.objects.get(pk=page.pk)
    assert page.bookings.filter(status=BookingStatus.OFFERED).count() == 1
    return page


ALONE = [(name,) for name in CHANGES]
TOGETHER = list(combinations(["another day", "last year", "no date", "programme", "more seats"], 2))


def publish_changed(*names: str, quiet: bool = False) -> Consequences:
    """What was counted beforehand; the mails are written by then."""
    page = change(with_a_line(), *names)
    revision = page.save_revision()
    found = consequences_of(revision.as_object(), now=NOW)
    if quiet:
        QuietRevision.objects.create(revision=revision)
    revision.publish()
    offer_free_seats(SessionPage.objects.get(pk=page.pk), now=NOW)
    return found


@pytest.mark.parametrize("names", ALONE + TOGETHER, ids=" and ".join)
def test_who_is_counted_is_who_is_written_to(names):
    found = publish_changed(*names)

    counted = [*found.seated.values(), *found.waiting.values()]
    assert mails() == sorted(address for addresses in counted for address in addresses)


@pytest.mark.parametrize("names", ALONE, ids=" and ".join)
def test_without_a_message_only_those_in_line_are_written_to_of_the_seats(names):
    found = publish_changed(*names, quiet=True)

    assert OutboxMessage.objects.count() == found.of_seats


def test_a_slip_of_the_year_that_would_close_the_waiting_list_is_shown_first(client, editor):
    page = with_a_line()

    seen = step(client, page, starts_on="2026-05-05", ends_on="2026-05-05")

    assert seen.context["found"].by_kind == [("offer_lapsed", 0, 2), ("no_seat", 0, 4)]
    assert "så ventelisten bliver lukket og kan ikke åbnes igen" in seen.content.decode()
    assert page.bookings.filter(status__in=IN_LINE).count() == 3


def test_nobody_is_counted_who_is_not_told_because_the_page_is_behind_a_lock(client, editor, session):
    PageViewRestriction.objects.create(page=session.get_parent(), restriction_type="login")
    OutboxMessage.objects.all().delete()

    answer = ask(client, session, **NEXT_WEEK)

    assert answer["Location"] == reverse("wagtailadmin_explore", args=[session.get_parent().pk])
    assert mails() == []


# More than one at work


def test_of_two_who_see_the_step_the_second_is_shown_that_it_is_done(client, editor, session):
    first = step(client, session, **NEXT_WEEK)
    second = client.get(first.request["PATH_INFO"])

    assert choose(client, first, "quiet").status_code == 302
    again = choose(client, second, "tell")

    assert again.status_code == 409
    assert again.context["found"].mails == 0
    assert mails() == []


def test_a_seat_given_up_between_the_step_and_the_button_is_counted_anew(client, editor, session):
    seen = step(client, session, **NEXT_WEEK)
    cancel_booking(session.bookings.get(), by=None, now=NOW)
    OutboxMessage.objects.all().delete()

    again = choose(client, seen, "tell")

    assert (again.status_code, again.context["found"].mails) == (409, 0)
    assert SessionPage.objects.get(pk=session.pk).starts_on == date(2027, 5, 5)


def test_another_address_of_the_place_between_the_step_and_the_button_is_counted_anew(client, editor, session):
    other = VenueFactory(name="KL", street="", postcode="", city="København")
    seen = step(client, session, venue=str(other.pk))
    other.name = "KL-huset"
    other.save()

    again = choose(client, seen, "tell")

    assert again.status_code == 409
    assert "KL-huset" in again.content.decode()


def test_of_two_who_press_at_once_one_tells(client, editor, session):
    seen = step(client, session, **NEXT_WEEK)
    start, answers = Barrier(2), []

    def press():
        other = Client()
        other.force_login(editor, backend="django.contrib.auth.backends.ModelBackend")
        start.wait()
        try:
            answers.append(choose(other, seen, "tell").status_code)
        finally:
            connections.close_all()

    threads = [Thread(target=press) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)

    assert sorted(answers) == [302, 409]
    assert mails() == [MAYOR, SECRETARY]


def test_the_step_says_how_many_mails_go_to_contacts_of_orders(client, editor, session):
    other = mayor_of("Samsø", person__email="samsoe@example.org")
    book(session, participant=other, booker=other, contact_email=other.email)
    OutboxMessage.objects.all().delete()

    seen = step(client, session, **NEXT_WEEK)

    assert (seen.context["found"].to_themselves, seen.context["found"].to_contacts) == (2, 1)
    said = " ".join(seen.content.decode().split())
    assert "Mails til dem, der deltager eller venter: 2. Mails til dem, der er kontakt for bestillingen: 1." in said


# Other ways to the site


def test_going_back_to_an_earlier_version_leads_to_the_step_too(client, editor, session):
    earlier = SessionPage.objects.get(pk=session.pk).save_revision()
    publish(session, starts_on=date(2027, 5, 12), ends_on=date(2027, 5, 12))
    OutboxMessage.objects.all().delete()
    url = reverse("wagtailadmin_pages:revisions_revert", args=[session.pk, earlier.pk])
    form = querydict_from_html(client.get(url).content.decode(), form_id="page-edit-form").dict()

    answer = client.post(
        reverse("wagtailadmin_pages:edit", args=[session.pk]), form | {"programme-count": "0", "action-publish": "1"}
    )

    page = Page.objects.get(pk=session.pk)
    assert answer["Location"] == reverse("publish_session", args=[page.pk, page.latest_revision_id])
    assert mails() == []
    choose(client, client.get(answer["Location"]), "tell")
    assert mails() == [MAYOR, SECRETARY]
    assert SessionPage.objects.get(pk=session.pk).starts_on == date(2027, 5, 5)


def test_a_copy_and_a_move_tell_nobody_and_take_no_choice_along(client, editor, session):
    page = SessionPage.objects.get(pk=session.pk)
    QuietRevision.objects.create(revision=page.save_revision())

    copied = page.copy(update_attrs={"slug": "kopi", "title": "Kopi"})
    page.move(OfferPageFactory(), pos="last-child")

    assert mails() == []
    assert not QuietRevision.objects.filter(revision__in=copied.revisions.all()).exists()
    assert not copied.specific.bookings.exists()


def test_a_session_that_went_off_the_site_with_its_offer_and_comes_back_leads_to_the_step(
    client,
    editor,
    session,
):
    offer = session.get_parent()
    unpublish = reverse("wagtailadmin_pages:unpublish", args=[offer.pk])
    client.post(unpublish, {"include_descendants": "on"})
    assert not SessionPage.objects.get(pk=session.pk).live
    assert mails() == []

    seen = step(client, session, **NEXT_WEEK)
    choose(client, seen, "tell")

    assert seen.context["found"].mails == 2
    assert mails() == [MAYOR, SECRETARY]


def test_what_is_published_with_its_offer_is_not_told_behind_the_editors_back(client, editor, session):
    page = SessionPage.objects.get(pk=session.pk)
    page.starts_on = page.ends_on = date(2027, 5, 12)
    page.save_revision()
    url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])

    client.post(f"{url}?id={session.get_parent().pk}", {"include_descendants": "on"})

    assert SessionPage.objects.get(pk=session.pk).starts_on == date(2027, 5, 5)
    assert mails() == []


def test_the_choice_of_a_timed_change_that_is_taken_back_is_not_that_of_the_next(
    client,
    editor,
    session,
    now,
):
    choose(client, step(client, session, go_live_at="2027-01-10 12:00", **NEXT_WEEK), "quiet")
    timed = Page.objects.get(pk=session.pk).latest_revision_id
    client.post(reverse("wagtailadmin_pages:revisions_unschedule", args=[session.pk, timed]))

    choose(client, step(client, session, go_live_at="", **NEXT_WEEK), "tell")
    now.move_to(datetime(2027, 1, 11, tzinfo=UTC))
    call_command("publish_scheduled")

    assert mails() == [MAYOR, SECRETARY]
    assert SessionPage.objects.get(pk=session.pk).starts_on == date(2027, 5, 12)
