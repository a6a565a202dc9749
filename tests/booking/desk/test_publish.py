"""What an editor is shown before a change of a session is published, and that just that then happens."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse
from wagtail.models import GroupApprovalTask, Page, TaskState, Workflow, WorkflowTask
from wagtail.test.utils.form_data import querydict_from_html

from booking.messages.models import OutboxMessage
from booking.models import Booking, CalendarEntry, Interest, QuietRevision, SessionPage
from booking.sessions.live import cancel_session
from booking.signup.interest import show_interest
from booking.signup.models import BookingStatus
from tests.booking.messages.conftest import post_office, sink  # noqa: F401
from tests.booking.messages.orders import NOW, book
from tests.booking.messages.test_changes import publish
from tests.booking.messages.test_programme import PROGRAMME, as_stream
from tests.booking.signup.test_reserve import order
from tests.booking.signup.test_waiting import statuses
from tests.factories import PersonFactory, SessionPageFactory, VenueFactory, mayor_of

pytestmark = pytest.mark.django_db(transaction=True)

SECRETARY, MAYOR = "sekretaer@example.org", "borgmester@example.org"
NEXT_WEEK = {"starts_on": "2027-05-12", "ends_on": "2027-05-12"}


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW) as clock:
        yield clock


@pytest.fixture
def session() -> SessionPage:
    session = SessionPageFactory(title="Lederskab", venue=VenueFactory())
    book(session)
    OutboxMessage.objects.all().delete()
    return session


def ask(client, session: SessionPage, **changes):
    """Press publish in the editor."""
    url = reverse("wagtailadmin_pages:edit", args=[session.pk])
    form = querydict_from_html(client.get(url).content.decode(), form_id="page-edit-form")
    return client.post(url, form.dict() | {"programme-count": "0", "action-publish": "1"} | changes)


def step(client, session: SessionPage, **changes):
    """Press publish, and see the step before it."""
    answer = ask(client, session, **changes)
    assert answer.status_code == 302
    page = Page.objects.get(pk=session.pk)
    assert answer["Location"] == reverse("publish_session", args=[page.pk, page.latest_revision_id])
    return client.get(answer["Location"])


def choose(client, seen, choice: str):
    return client.post(seen.request["PATH_INFO"], {"shown": seen.context["found"].fingerprint, choice: ""})


def mails() -> list[str]:
    return sorted(OutboxMessage.objects.values_list("recipient", flat=True))


# The step


def test_a_move_is_shown_and_nothing_has_happened_yet(client, editor, session):
    seen = step(client, session, **NEXT_WEEK)

    [change] = seen.context["found"].changes
    assert (change.before, change.after) == (
        "Onsdag den 5. maj 2027 kl. 10.00-18.00",
        "Onsdag den 12. maj 2027 kl. 10.00-18.00",
    )
    assert [(seated, waiting) for _label, seated, waiting in seen.context["mails"]] == [(2, 0)]
    assert SessionPage.objects.get(pk=session.pk).starts_on == date(2027, 5, 5)
    assert SessionPage.objects.get(pk=session.pk).get_latest_revision_as_object().starts_on == date(2027, 5, 12)
    assert mails() == []


def test_the_numbers_shown_are_what_then_happens(client, editor, session):
    other = mayor_of("Samsø", person__email="samsoe@example.org")
    book(session, participant=other, booker=other, contact_email=SECRETARY)
    OutboxMessage.objects.all().delete()
    seen = step(client, session, **NEXT_WEEK)

    answer = choose(client, seen, "tell")

    assert answer.status_code == 302
    assert seen.context["found"].mails == 3
    assert mails() == [MAYOR, "samsoe@example.org", SECRETARY]
    assert SessionPage.objects.get(pk=session.pk).starts_on == date(2027, 5, 12)


@pytest.mark.parametrize(
    "changes", [{"intro": "En ny indledning"}, {"title": "Nyt navn"}, {"slug": "nyt-navn"}, {"capacity": "40"}, {}]
)
def test_what_nobody_is_told_of_is_published_at_once(client, editor, session, changes):
    answer = ask(client, session, **changes)

    assert answer["Location"] == reverse("wagtailadmin_explore", args=[session.get_parent().pk])
    assert mails() == []


def test_a_session_without_participants_is_published_at_once(client, editor):
    session = SessionPageFactory()

    ask(client, session, **NEXT_WEEK)

    assert SessionPage.objects.get(pk=session.pk).starts_on == date(2027, 5, 12)


def test_what_is_called_off_or_over_asks_nothing(client, editor, session, now):
    cancel_session(session, by=None, now=NOW)
    OutboxMessage.objects.all().delete()

    ask(client, session, **NEXT_WEEK)

    assert mails() == []


def test_numbers_that_changed_meanwhile_are_shown_again(client, editor, session):
    seen = step(client, session, **NEXT_WEEK)
    other = mayor_of("Samsø", person__email="samsoe@example.org")
    book(session, participant=other, booker=other)
    OutboxMessage.objects.all().delete()

    again = choose(client, seen, "tell")

    assert again.status_code == 409
    assert again.context["found"].mails == 3
    assert mails() == []
    assert choose(client, again, "tell").status_code == 302
    assert len(mails()) == 3


def test_a_page_that_was_changed_meanwhile_is_not_published(client, editor, session):
    seen = step(client, session, **NEXT_WEEK)
    SessionPage.objects.get(pk=session.pk).save_revision()

    answer = choose(client, seen, "tell")

    assert answer["Location"] == reverse("wagtailadmin_pages:edit", args=[session.pk])
    assert SessionPage.objects.get(pk=session.pk).starts_on == date(2027, 5, 5)


def test_a_second_press_writes_no_second_mail(client, editor, session):
    seen = step(client, session, **NEXT_WEEK)

    choose(client, seen, "tell")
    again = choose(client, seen, "tell")

    assert again.status_code == 409
    assert mails() == [MAYOR, SECRETARY]


def test_those_who_wait_for_a_date_are_counted(client, editor):
    session = SessionPageFactory(
        starts_on=date(2027, 5, 1), ends_on=date(2027, 6, 30), starts_time=None, ends_time=None, when_text="maj/juni"
    )
    show_interest(session, PersonFactory(email="venter@example.org"), now=NOW)

    seen = step(client, session, when_text="", starts_on="2027-05-12", ends_on="2027-05-12")
    assert [(seated, waiting) for _label, seated, waiting in seen.context["mails"]] == [(0, 1)]
    choose(client, seen, "tell")

    assert mails() == ["venter@example.org"]
    assert not Interest.objects.exists()


def with_programme(client, session: SessionPage):
    """The step before a programme is published."""
    page = SessionPage.objects.get(pk=session.pk)
    page.programme = as_stream(PROGRAMME)
    return client.get(reverse("publish_session", args=[page.pk, page.save_revision().pk]))


def test_the_first_programme_is_a_consequence(client, editor, session):
    seen = with_programme(client, session)
    assert [(label, seated) for label, seated, _waiting in seen.context["mails"]] == [("Program offentliggjort", 2)]
    choose(client, seen, "tell")

    assert mails() == [MAYOR, SECRETARY]


# Reminders


def page_words(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_the_step_and_the_tab_say_when_reminders_are_written(client, editor, session):
    seen = step(client, session, **NEXT_WEEK)
    assert "Påmindelserne bliver sendt 5. maj 2027 og 11. maj 2027." in page_words(seen)
    choose(client, seen, "tell")

    tab = page_words(client.get(reverse("wagtailadmin_pages:edit", args=[session.pk])))

    assert "De næste bliver sendt 5. maj 2027 og 11. maj 2027." in tab
    assert "En uge før og dagen før. Det er sitets standard" in tab


def test_the_step_says_what_the_draft_comes_to_and_the_tab_what_is_on_the_site(client, editor, session):
    offer = session.get_parent().specific
    offer.session_reminders = "day"
    offer.save_revision().publish()

    seen = page_words(step(client, session, reminders="none", **NEXT_WEEK))
    tab = page_words(client.get(reverse("wagtailadmin_pages:edit", args=[session.pk])))

    assert "Der følger ingen påmindelser." in seen
    assert f"Kun dagen før. Det er valgt på tilbuddet ”{offer.title}”. De næste bliver sendt 4. maj 2027." in tab
    assert "Ingen påmindelser. Det er valgt her på siden." in tab


def test_the_editor_of_an_offer_is_told_what_reminders_it_comes_to(client, editor, session):
    offer = session.get_parent()

    tab = page_words(client.get(reverse("wagtailadmin_pages:edit", args=[offer.pk])))

    assert "En uge før og dagen før. Det er sitets standard, som er sat under ”Tekster i mails”." in tab


# More seats


@pytest.fixture
def line() -> list[Booking]:
    """A full session, and three who wait."""
    session = SessionPageFactory(title="Lederskab", capacity=1)
    order(session, mayor_of("Fanø"), now=NOW)
    waiting = [
        order(session, mayor_of(name, person__email=f"{name}@example.org"), waits=True, now=NOW).bookings.get()
        for name in ("aeroe", "samsoe", "odder")
    ]
    OutboxMessage.objects.all().delete()
    return waiting


@pytest.mark.parametrize(("capacity", "offered"), [("2", 1), ("3", 2), ("", 3)])
def test_more_seats_are_offered_to_as_many_in_line_as_is_shown(client, editor, line, capacity, offered):
    seen = step(client, line[0].session, capacity=capacity)
    assert [change.before for change in seen.context["found"].changes] == ["1"]
    assert statuses(line) == [BookingStatus.WAITING] * 3

    choose(client, seen, "tell")

    assert seen.context["found"].offered == offered
    assert statuses(line) == [BookingStatus.OFFERED] * offered + [BookingStatus.WAITING] * (3 - offered)
    assert len(mails()) == seen.context["found"].mails == 2 * offered


def test_near_the_start_all_in_line_are_told_of_the_seat(client, editor, line, now):
    now.move_to(datetime(2027, 5, 4, 7, tzinfo=UTC))
    client.force_login(editor, backend="django.contrib.auth.backends.ModelBackend")
    seen = step(client, line[0].session, capacity="2")

    choose(client, seen, "tell")

    assert seen.context["found"].offered == 3
    assert [booking.called_at is not None for booking in Booking.objects.filter(status="waiting")] == [True] * 3
    assert len(mails()) == seen.context["found"].mails == 6


def test_whom_the_session_is_for_no_more_is_told_that_and_passed_over(client, editor, line):
    line[0].participant.offices.update(ends_on=date(2027, 1, 3))
    seen = step(client, line[0].session, capacity="2")

    choose(client, seen, "tell")

    assert seen.context["found"].offered == 1
    assert statuses(line) == [BookingStatus.WAITING, BookingStatus.OFFERED, BookingStatus.WAITING]
    assert len(mails()) == seen.context["found"].mails == 4


def test_an_offer_that_a_postponement_takes_back_is_counted(client, editor, line):
    choose(client, step(client, line[0].session, capacity="2"), "tell")
    OutboxMessage.objects.all().delete()
    words = {"when_text": "efteråret", "starts_time": "", "ends_time": ""}

    seen = step(client, line[0].session, **words)
    choose(client, seen, "tell")

    assert statuses(line) == [BookingStatus.WAITING] * 3
    assert len(mails()) == seen.context["found"].mails


def test_an_offer_of_a_seat_can_not_be_kept_from_those_in_line(client, editor, line):
    assert b'name="quiet"' not in step(client, line[0].session, capacity="2").content

    seen = step(client, line[0].session, capacity="2", **NEXT_WEEK)
    assert b'name="quiet"' in seen.content
    choose(client, seen, "quiet")

    assert len(mails()) == seen.context["found"].of_seats == 2


# Who sees what


def test_an_editor_sees_how_many_have_another_seat_that_day_and_a_course_administrator_who(
    client, editor, session, request
):
    mayor = session.bookings.get().participant
    elsewhere = SessionPageFactory(title="Økonomi", starts_on=date(2027, 5, 12), ends_on=date(2027, 5, 12))
    book(elsewhere, participant=mayor, booker=mayor)

    said = step(client, session, **NEXT_WEEK).content.decode()
    assert "1 af dem med plads har en plads på en anden afholdelse samtidig." in said
    assert mayor.name not in said

    request.getfixturevalue("administrator")
    assert f"{mayor.name}: Økonomi" in step(client, session, **NEXT_WEEK).content.decode()


def test_finance_has_no_business_here(client, finance, session):
    url = reverse("publish_session", args=[session.pk, Page.objects.get(pk=session.pk).latest_revision_id])

    assert client.get(url).status_code == 302
    assert client.post(url, {"tell": ""}).status_code == 302
    assert not CalendarEntry.objects.get().sequence


def test_a_page_that_is_locked_is_not_published(client, editor, session):
    seen = step(client, session, **NEXT_WEEK)
    Page.objects.filter(pk=session.pk).update(locked=True)

    choose(client, seen, "tell")

    assert SessionPage.objects.get(pk=session.pk).starts_on == date(2027, 5, 5)
    assert mails() == []


@pytest.mark.parametrize("action", ["publish", "unpublish", "delete", "create_alias"])
def test_there_is_no_way_around_the_step(client, editor, session, action):
    """Wagtail's own interface for programs asks no hook."""
    page = SessionPage.objects.get(pk=session.pk)
    page.starts_on = page.ends_on = date(2027, 5, 12)
    page.save_revision()
    parent = page.get_parent().pk

    answer = client.post(
        reverse("wagtailadmin_api:pages:action", args=[session.pk, action]), {"destination_page_id": parent}
    )

    assert answer.status_code == 404
    assert SessionPage.objects.get().starts_on == date(2027, 5, 5)


# Without a message


def test_a_repair_without_a_message_reaches_calendars_and_is_never_told(client, editor, session, sink):  # noqa: F811
    choose(client, step(client, session, **NEXT_WEEK), "quiet")
    assert SessionPage.objects.get(pk=session.pk).starts_on == date(2027, 5, 12)
    assert CalendarEntry.objects.get(session=session).sequence == 1
    assert mails() == []

    there = VenueFactory(name="KL", street="", postcode="", city="København")
    choose(client, step(client, session, venue=str(there.pk)), "tell")

    [mail] = sink.to(MAYOR)
    assert "12. maj 2027" in mail.get_body(("plain",)).get_content()
    assert "5. maj 2027" not in mail.get_body(("plain",)).get_content().replace("12. maj", "")
    assert mail["Subject"].startswith("Nyt sted")


def test_a_programme_without_a_message_is_not_told_later(client, editor, session):
    choose(client, with_programme(client, session), "quiet")
    publish(session, intro="Mere")

    assert mails() == []


# Timed


def test_a_timed_change_keeps_the_choice_until_it_is_live(client, editor, session, now):
    seen = step(client, session, go_live_at="2027-01-10 12:00", **NEXT_WEEK)
    assert "10. januar 2027 kl. 12.00" in seen.content.decode()
    choose(client, seen, "quiet")
    assert CalendarEntry.objects.get(session=session).sequence == 0
    assert QuietRevision.objects.get().used_at is None

    now.move_to(datetime(2027, 1, 11, tzinfo=UTC))
    call_command("publish_scheduled")

    assert CalendarEntry.objects.get(session=session).sequence == 1
    assert QuietRevision.objects.get().used_at
    assert mails() == []


def test_the_buttons_of_a_timed_change_say_when(client, editor, session):
    seen = step(client, session, go_live_at="2027-01-10 12:00", **NEXT_WEEK).content.decode()

    buttons = re.findall(r"<button[^>]*>\s*(.*?)\s*</button>", seen, re.DOTALL)
    about = [one for one in buttons if "2027" in one]
    assert len(about) == 2
    assert all("10. januar 2027 kl. 12.00" in one for one in about)


def test_a_timed_change_is_told_when_it_is_live(client, editor, session, now):
    choose(client, step(client, session, go_live_at="2027-01-10 12:00", **NEXT_WEEK), "tell")
    assert mails() == []

    now.move_to(NOW + timedelta(days=7))
    call_command("publish_scheduled")

    assert mails() == [MAYOR, SECRETARY]


# Many at once


def test_sessions_with_news_are_not_published_in_one_go(client, editor, session):
    page = SessionPage.objects.get(pk=session.pk)
    page.starts_on = page.ends_on = date(2027, 5, 12)
    page.save_revision()
    url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])

    client.post(f"{url}?id={session.pk}", {})

    assert SessionPage.objects.get(pk=session.pk).starts_on == date(2027, 5, 5)
    assert mails() == []


# Approved


def in_moderation(session: SessionPage, user) -> TaskState:
    """The change of a day, handed in for approval."""
    page = SessionPage.objects.get(pk=session.pk)
    page.starts_on = page.ends_on = date(2027, 5, 12)
    page.save_revision()
    task = GroupApprovalTask.objects.create(name="Godkendelse")
    task.groups.set(user.groups.all())
    workflow = Workflow.objects.create(name="Godkendelse")
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=1)
    return workflow.start(page, user).current_task_state


@pytest.mark.parametrize("where", ["the editor", "the start page"])
def test_an_approval_leads_to_the_step_before_anything_happens(client, editor, session, where):
    state = in_moderation(session, editor)

    if where == "the editor":
        url = reverse("wagtailadmin_pages:edit", args=[session.pk])
        form = querydict_from_html(client.get(url).content.decode(), form_id="page-edit-form").dict()
        action = {"action-workflow-action": "1", "workflow-action-name": "approve", "programme-count": "0"}
        answer = client.post(url, form | action)
    else:
        answer = client.post(reverse("wagtailadmin_pages:workflow_action", args=[session.pk, "approve", state.pk]))

    page = Page.objects.get(pk=session.pk)
    assert answer["Location"] == reverse("publish_session", args=[page.pk, page.latest_revision_id])
    assert not page.workflow_in_progress
    assert SessionPage.objects.get(pk=session.pk).starts_on == date(2027, 5, 5)
    choose(client, client.get(answer["Location"]), "tell")
    assert SessionPage.objects.get(pk=session.pk).starts_on == date(2027, 5, 12)
    assert mails() == [MAYOR, SECRETARY]


def test_an_approval_that_tells_nobody_publishes(client, editor):
    session = SessionPageFactory()
    state = in_moderation(session, editor)

    client.post(reverse("wagtailadmin_pages:workflow_action", args=[session.pk, "approve", state.pk]))

    assert SessionPage.objects.get(pk=session.pk).starts_on == date(2027, 5, 12)


# Not finished


@pytest.fixture
def unfinished(session) -> SessionPage:
    """A draft that was saved without a day: Wagtail asks for less of a draft than of a page."""
    page = SessionPage.objects.get(pk=session.pk)
    page.starts_on = None
    page.save_revision(clean=False)
    return page


@pytest.mark.parametrize("chosen", ["the page", "the offer above it"])
def test_a_draft_that_lacks_something_is_not_published_with_others(client, editor, unfinished, chosen):
    page = unfinished if chosen == "the page" else unfinished.get_parent()
    if page != unfinished:
        unfinished.unpublish()
    url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])

    answer = client.post(f"{url}?id={page.pk}", {"include_descendants": "on"}, follow=True)

    assert "”Lederskab”" in str(*answer.context["messages"])
    assert SessionPage.objects.get(pk=unfinished.pk).starts_on == date(2027, 5, 5)


def test_a_draft_that_lacks_something_has_no_step(client, editor, unfinished):
    answer = client.get(reverse("publish_session", args=[unfinished.pk, unfinished.latest_revision_id]))

    assert answer["Location"] == reverse("wagtailadmin_pages:edit", args=[unfinished.pk])


def test_a_draft_that_lacks_something_is_not_approved(client, editor, session):
    state = in_moderation(session, editor)
    page = SessionPage.objects.get(pk=session.pk).get_latest_revision_as_object()
    page.kind = ""
    page.save_revision(clean=False)

    answer = client.post(reverse("wagtailadmin_pages:workflow_action", args=[session.pk, "approve", state.pk]))

    assert answer["Location"] == reverse("wagtailadmin_pages:edit", args=[session.pk])
    assert Page.objects.get(pk=session.pk).workflow_in_progress


# Called off


def test_calling_off_says_how_many_mails_follow_and_sends_as_many(client, administrator, session):
    url = reverse("cancel_session", args=[session.pk])

    assert "2 mails bliver sendt: én til hver adresse." in client.get(url).content.decode()
    client.post(url)

    assert mails() == [MAYOR, SECRETARY]
