"""What calendars see follows the live page: every change that shows makes one new version, and nothing else does."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone
from wagtail.models import PageViewRestriction

from booking.journal.kinds import JOIN_LINK_CHANGED, SESSION_CANCELLED, SESSION_SHOWN
from booking.journal.models import Fact
from booking.models import CalendarEntry, Choice, SessionPage
from booking.sessions import live
from tests.factories import (
    ContactFactory,
    OfferPageFactory,
    SessionPageFactory,
    VenueFactory,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)
FIRST_LINK, SECOND_LINK = "https://moede.example.org/1", "https://moede.example.org/2"
UNDATED = {"starts_on": date(2028, 5, 1), "ends_on": date(2028, 6, 30), "starts_time": None, "ends_time": None}


def entry_of(session: SessionPage) -> CalendarEntry:
    return CalendarEntry.objects.get(session=session.pk)


def publish(session: SessionPage, **changes) -> None:
    """Change the page as an editor does, and publish it."""
    page = SessionPage.objects.get(pk=session.pk)
    for name, value in changes.items():
        setattr(page, name, value)
    page.save_revision().publish()


def test_publishing_makes_the_first_version():
    session = SessionPageFactory(title="Lederskab")

    entry = entry_of(session)
    assert (entry.title, entry.sequence, entry.is_off) == ("Lederskab", 0, False)
    assert Fact.objects.about(entry).get().kind == SESSION_SHOWN


def test_a_draft_has_no_version():
    session = SessionPageFactory(published=False)
    session.save_revision()

    assert not CalendarEntry.objects.exists()
    assert session.entry is None


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Ny titel"},
        {"kind": "online"},
        {"starts_time": time(9)},
        {"ends_time": time(19)},
        {"starts_on": date(2027, 5, 12), "ends_on": date(2027, 5, 12)},
        {"ends_on": date(2027, 5, 6)},
        {"starts_time": None, "ends_time": None},
        {"starts_time": None, "ends_time": None, "when_text": "maj/juni 2027"},
    ],
    ids=lambda changes: "+".join(changes),
)
def test_what_a_calendar_shows_makes_a_new_version(changes):
    session = SessionPageFactory()
    before = entry_of(session)

    publish(session, **changes)

    after = entry_of(session)
    assert after.uid == before.uid
    assert after.created_at == before.created_at
    assert after.sequence == before.sequence + 1
    assert after.changed_at > before.changed_at
    assert Fact.objects.about(after).count() == 2


def test_another_venue_makes_a_new_version():
    session = SessionPageFactory()

    publish(session, venue=VenueFactory())

    assert entry_of(session).sequence == 1
    assert entry_of(session).place == "Campus Carlsberg, Humletorvet 3, 1799 København V"


def test_a_venue_that_is_put_right_makes_a_new_version_of_all_its_sessions():
    venue = VenueFactory()
    here, there = SessionPageFactory(venue=venue), SessionPageFactory(venue=VenueFactory(name="Andetsteds"))

    venue.street = "Humletorvet 27"
    venue.save()
    live.venue_changed(venue)
    live.venue_changed(venue)

    assert entry_of(here).sequence == 1
    assert "Humletorvet 27" in entry_of(here).place
    assert entry_of(there).sequence == 0


def test_a_venues_address_changes_nothing_for_a_session_online():
    venue = VenueFactory()
    session = SessionPageFactory(kind="online", venue=venue)

    venue.street = "Humletorvet 27"
    venue.save()
    live.venue_changed(venue)

    assert entry_of(session).sequence == 0


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"slug": "et-andet-navn"},
        {"intro": "En ny indledning."},
        {"capacity": 12},
        {"own_net": Decimal(1000)},
        {"moderator": "En anden"},
        {"signup_closes_at": datetime(2027, 4, 1, tzinfo=UTC)},
        {"seo_title": "Søgetitel"},
        {"programme": [("day", {"heading": "Dag 1", "items": []})]},
    ],
    ids=lambda changes: "+".join(changes) or "nothing",
)
def test_what_a_calendar_does_not_show_changes_no_version(changes):
    session = SessionPageFactory()
    before = entry_of(session)

    publish(session, **changes)

    after = entry_of(session)
    assert (after.sequence, after.changed_at) == (before.sequence, before.changed_at)
    assert Fact.objects.about(after).filter(kind="session_shown").count() == 1


def test_another_link_for_participants_is_noted_and_changes_no_version():
    session = SessionPageFactory()
    before = entry_of(session)

    for link in (FIRST_LINK, FIRST_LINK, SECOND_LINK, ""):
        publish(session, join_link=link)

    after = entry_of(session)
    assert (after.sequence, after.changed_at) == (before.sequence, before.changed_at)
    assert Fact.objects.about(after).filter(kind=JOIN_LINK_CHANGED).count() == 3
    assert after.link_digest == ""


def test_the_link_for_participants_is_kept_from_what_calendars_see():
    session = SessionPageFactory(kind="online", join_link=FIRST_LINK)
    publish(session, join_link=SECOND_LINK)

    values = [*vars(entry_of(session)).values(), *Fact.objects.values_list("details", flat=True)]
    assert not [value for value in values if "example.org" in str(value)]


def test_a_first_version_with_a_link_has_nothing_to_add():
    session = SessionPageFactory(join_link=FIRST_LINK)

    assert Fact.objects.about(entry_of(session)).get().kind == SESSION_SHOWN


@pytest.mark.parametrize("words", ["maj/juni 2028", "efteråret 2028"])
def test_words_in_the_place_of_a_date_leave_the_date_to_be_struck(words):
    session = SessionPageFactory()
    before = entry_of(session)

    publish(session, **UNDATED, when_text=words)

    after = entry_of(session)
    assert (after.postponed_to, after.words, after.sequence) == (words, "", 1)
    assert after.when == before.when
    assert after.is_struck
    assert not after.is_dated
    assert not after.is_off


def test_a_postponed_session_with_new_words_keeps_the_date_that_calendars_saw():
    session = SessionPageFactory()
    publish(session, **UNDATED, when_text="maj/juni 2028")

    publish(session, starts_on=date(2029, 1, 1), ends_on=date(2029, 2, 28), when_text="januar 2029")

    entry = entry_of(session)
    assert (entry.postponed_to, entry.starts_on, entry.sequence) == ("januar 2029", date(2027, 5, 5), 2)


def test_a_postponed_session_with_a_date_again_is_the_same_one():
    session = SessionPageFactory()
    uid = entry_of(session).uid
    publish(session, **UNDATED, when_text="maj/juni 2028")

    publish(session, starts_on=date(2028, 5, 9), ends_on=date(2028, 5, 9), when_text="")

    entry = entry_of(session)
    assert (entry.uid, entry.sequence, entry.postponed_to, entry.starts_on) == (uid, 2, "", date(2028, 5, 9))
    assert entry.is_dated


def test_words_that_never_were_a_date_have_nothing_to_be_struck():
    session = SessionPageFactory(**UNDATED, when_text="maj/juni 2028")

    publish(session, when_text="efteråret 2028")

    entry = entry_of(session)
    assert (entry.words, entry.postponed_to, entry.starts_on) == ("efteråret 2028", "", date(2028, 5, 1))


def test_another_contact_changes_no_version():
    session = SessionPageFactory()

    publish(session, contact=ContactFactory())

    assert entry_of(session).sequence == 0


def test_a_draft_of_a_live_page_changes_no_version():
    session = SessionPageFactory(title="Lederskab")
    page = SessionPage.objects.get(pk=session.pk)

    page.title = "Kladde"
    revision = page.save_revision()
    page.save_revision(overwrite_revision=revision)  # autosave

    assert (entry_of(session).title, entry_of(session).sequence) == ("Lederskab", 0)


def test_a_change_that_is_only_scheduled_shows_when_its_time_comes():
    session = SessionPageFactory(title="Lederskab")
    page = SessionPage.objects.get(pk=session.pk)
    page.title = "Ledelse"
    page.go_live_at = timezone.now() + timedelta(days=2)
    page.save_revision().publish()

    assert (entry_of(session).title, entry_of(session).sequence) == ("Lederskab", 0)

    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        call_command("publish_scheduled", stdout=StringIO())

    assert (entry_of(session).title, entry_of(session).sequence) == ("Ledelse", 1)


def test_a_new_page_that_is_only_scheduled_enters_when_its_time_comes():
    session = SessionPageFactory(published=False)
    session.go_live_at = timezone.now() + timedelta(days=2)
    session.save_revision().publish()

    assert not CalendarEntry.objects.exists()

    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        call_command("publish_scheduled", stdout=StringIO())

    assert entry_of(session).sequence == 0


def test_a_page_that_expires_is_shown_as_cancelled():
    session = SessionPageFactory(expire_at=timezone.now() + timedelta(days=2))

    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        call_command("publish_scheduled", stdout=StringIO())

    assert entry_of(session).is_off


def test_unpublishing_shows_it_as_cancelled_and_publishing_again_takes_that_back():
    session = SessionPageFactory()
    uid = entry_of(session).uid

    session.unpublish()
    gone = entry_of(session)
    session.unpublish()

    assert (gone.is_off, gone.sequence) == (True, 1)
    assert entry_of(session).sequence == 1

    publish(session)

    back = entry_of(session)
    assert (back.uid, back.is_off, back.sequence) == (uid, False, 2)


def drafted(session: SessionPage, **changes) -> SessionPage:
    """The page as it is written down after an editor has saved a draft of a page that is not live."""
    draft = session.get_latest_revision_as_object()
    for name, value in changes.items():
        setattr(draft, name, value)
    draft.save()
    draft.save_revision()
    return SessionPage.objects.get(pk=session.pk)


ANOTHER_DAY = {"starts_on": date(2027, 2, 8), "ends_on": date(2027, 2, 9), "title": "Udkast"}


def test_a_draft_of_a_session_taken_off_the_site_leaves_what_was_shown_last_in_its_row():
    session = SessionPageFactory(title="Lederskab")
    session.unpublish()

    row = drafted(session, **ANOTHER_DAY)

    assert (row.title, row.starts_on, row.ends_on) == ("Lederskab", date(2027, 5, 5), date(2027, 5, 5))
    assert (row.draft_title, row.has_unpublished_changes, row.live) == ("Udkast", True, False)
    assert row.get_latest_revision_as_object().starts_on == date(2027, 2, 8)


def test_a_draft_that_is_scheduled_leaves_it_there_until_its_hour():
    session = SessionPageFactory(title="Lederskab")
    session.unpublish()
    go_live_at = timezone.now() + timedelta(days=2)

    drafted(session, go_live_at=go_live_at, **ANOTHER_DAY).get_latest_revision().publish()
    assert SessionPage.objects.get(pk=session.pk).title == "Lederskab"

    with time_machine.travel(go_live_at + timedelta(days=1), tick=False):
        call_command("publish_scheduled", stdout=StringIO())
    row = SessionPage.objects.get(pk=session.pk)
    assert (row.title, row.starts_on, row.live, entry_of(session).title) == ("Udkast", date(2027, 2, 8), True, "Udkast")


def test_a_draft_that_never_was_public_is_in_its_row():
    SessionPageFactory().delete()  # its calendar entry stays, and is nobody's now

    assert drafted(SessionPageFactory(published=False), **ANOTHER_DAY).title == "Udkast"


def test_deleting_the_page_leaves_a_cancelled_version():
    session = SessionPageFactory(title="Lederskab")
    uid = entry_of(session).uid

    session.delete()

    entry = CalendarEntry.objects.get(uid=uid)
    assert (entry.session, entry.title, entry.is_off, entry.sequence) == (None, "Lederskab", True, 1)


def test_deleting_the_offer_above_leaves_cancelled_versions():
    offer = OfferPageFactory()
    SessionPageFactory(parent=offer)
    SessionPageFactory(parent=offer)

    offer.delete()

    assert [(entry.is_off, entry.sequence) for entry in CalendarEntry.objects.all()] == [(True, 1), (True, 1)]


def test_a_copy_has_a_version_of_its_own():
    session = SessionPageFactory(title="Lederskab")

    copy = session.copy(update_attrs={"slug": "kopi"})

    assert entry_of(copy).uid != entry_of(session).uid
    assert entry_of(copy).sequence == 0


def test_a_copy_that_is_not_published_has_no_version():
    session = SessionPageFactory()

    copy = session.copy(update_attrs={"slug": "kopi"}, keep_live=False)

    assert copy.entry is None
    assert CalendarEntry.objects.count() == 1


def test_copying_an_offer_gives_every_session_a_version_of_its_own():
    offer = OfferPageFactory()
    SessionPageFactory(parent=offer)
    SessionPageFactory(parent=offer)

    offer.copy(recursive=True, update_attrs={"slug": "kopi"})

    assert len(set(CalendarEntry.objects.values_list("uid", flat=True))) == 4


def test_an_alias_is_the_same_session_and_has_no_version():
    session = SessionPageFactory()
    session.create_alias(parent=OfferPageFactory())

    publish(session, title="Ny titel")

    assert CalendarEntry.objects.count() == 1


def test_moving_a_page_changes_no_version():
    session = SessionPageFactory(parent=OfferPageFactory())

    SessionPage.objects.get(pk=session.pk).move(OfferPageFactory(), pos="last-child")

    assert entry_of(session).sequence == 0


def test_moving_a_page_below_a_private_one_shows_it_as_cancelled():
    private = OfferPageFactory()
    PageViewRestriction.objects.create(page=private, restriction_type=PageViewRestriction.LOGIN)
    session = SessionPageFactory(parent=OfferPageFactory())

    SessionPage.objects.get(pk=session.pk).move(private, pos="last-child")

    assert entry_of(session).is_off


@pytest.mark.parametrize("kind", [PageViewRestriction.LOGIN, PageViewRestriction.PASSWORD, PageViewRestriction.GROUPS])
@pytest.mark.parametrize("where", ["the page", "its parent"])
def test_a_page_made_private_is_shown_as_cancelled_until_it_is_public_again(kind, where):
    offer = OfferPageFactory()
    session = SessionPageFactory(parent=offer)
    page = session if where == "the page" else offer

    restriction = PageViewRestriction.objects.create(page=page, restriction_type=kind, password="x")

    assert (entry_of(session).is_off, entry_of(session).sequence) == (True, 1)

    restriction.delete()

    assert (entry_of(session).is_off, entry_of(session).sequence) == (False, 2)


def test_a_page_that_never_was_public_has_no_version():
    offer = OfferPageFactory()
    PageViewRestriction.objects.create(page=offer, restriction_type=PageViewRestriction.LOGIN)

    session = SessionPageFactory(parent=offer)

    assert session.entry is None
    assert not CalendarEntry.objects.exists()


@pytest.mark.parametrize("was_public", [True, False], ids=["once public", "never public"])
def test_deleting_a_private_offer_brings_nothing_back(was_public):
    offer = OfferPageFactory()
    if was_public:
        SessionPageFactory(parent=offer)
    PageViewRestriction.objects.create(page=offer, restriction_type=PageViewRestriction.LOGIN)
    if not was_public:
        SessionPageFactory(parent=offer)

    offer.delete()

    assert [entry.is_off for entry in CalendarEntry.objects.all()] == [True] * was_public


@pytest.mark.parametrize("was_public", [True, False], ids=["once public", "never public"])
def test_deleting_a_private_session_brings_nothing_back(was_public):
    session = SessionPageFactory(published=was_public)
    PageViewRestriction.objects.create(page=session, restriction_type=PageViewRestriction.LOGIN)
    publish(session)

    SessionPage.objects.get(pk=session.pk).delete()

    assert [entry.is_off for entry in CalendarEntry.objects.all()] == [True] * was_public


def test_calling_a_session_off_makes_one_new_version(django_user_model):
    session = SessionPageFactory()
    editor = django_user_model.objects.create(username="redaktør")

    live.cancel_session(session, by=editor, now=NOW)
    live.cancel_session(session, by=editor, now=NOW + timedelta(hours=1))

    entry = entry_of(session)
    assert (entry.is_off, entry.cancelled_at, entry.sequence) == (True, NOW, 1)
    assert [fact.kind for fact in Fact.objects.about(entry).order_by("pk")] == [
        SESSION_SHOWN,
        SESSION_SHOWN,
        SESSION_CANCELLED,
    ]
    assert Fact.objects.get(kind=SESSION_CANCELLED).by == editor
    assert SessionPage.objects.get(pk=session.pk).is_cancelled


def test_a_session_called_off_stays_so_when_its_page_is_published_again():
    session = SessionPageFactory()
    live.cancel_session(session, by=None, now=NOW)

    publish(session, title="Ny titel")
    SessionPage.objects.get(pk=session.pk).unpublish()
    publish(session)

    assert entry_of(session).is_off
    assert entry_of(session).cancelled_at == NOW


def test_versions_made_within_a_second_have_moments_of_their_own():
    with time_machine.travel(NOW, tick=False):
        session = SessionPageFactory()
        first = entry_of(session).changed_at
        publish(session, title="Ny titel")
        second = entry_of(session).changed_at
        publish(session, title="Nyere titel")
        third = entry_of(session).changed_at

    assert [first, second, third] == [NOW + timedelta(seconds=number) for number in range(3)]


def test_a_clock_put_back_never_takes_a_version_back():
    session = SessionPageFactory()
    before = entry_of(session).changed_at

    with time_machine.travel(before - timedelta(days=1), tick=False):
        publish(session, title="Ny titel")

    assert entry_of(session).changed_at > before


def test_recovery_finds_what_the_signals_missed():
    missed, stale, vanished, linked, right = (SessionPageFactory() for _number in range(5))
    CalendarEntry.objects.filter(session=missed).delete()
    SessionPage.objects.filter(pk=stale.pk).update(title="Ny titel")
    SessionPage.objects.filter(pk=vanished.pk).update(live=False)
    SessionPage.objects.filter(pk=linked.pk).update(join_link=FIRST_LINK)

    assert live.recover() == 4
    assert live.recover() == 0

    assert entry_of(missed).sequence == 0
    assert (entry_of(stale).title, entry_of(stale).sequence) == ("Ny titel", 1)
    assert entry_of(vanished).is_off
    assert Fact.objects.about(entry_of(linked)).filter(kind=JOIN_LINK_CHANGED).exists()
    assert entry_of(right).sequence == 0


@pytest.mark.parametrize("sessions", [1, 30])
def test_recovery_asks_a_fixed_number_of_questions_when_all_is_well(sessions, django_assert_num_queries):
    offer = OfferPageFactory()
    for _number in range(sessions):
        SessionPageFactory(parent=offer)

    with django_assert_num_queries(8):
        assert live.recover() == 0


# A move: those who had planned to come must plan anew


@pytest.mark.parametrize(
    ("changes", "is_move"),
    [
        ({"starts_on": date(2027, 5, 6), "ends_on": date(2027, 5, 6)}, True),
        ({"ends_on": date(2027, 5, 6)}, True),
        ({"kind": "online"}, True),
        ({"venue": "Hotel Nyborg Strand, Nyborg"}, True),
        ({"venue": "Kosmopol, København K"}, False),
        ({"venue": "Et sted vi ikke kender byen på"}, False),
        ({"venue": None}, False),
        ({"starts_time": time(9)}, False),
        ({"title": "Et andet navn"}, False),
        ({"when_text": "efteråret 2027", "starts_time": None, "ends_time": None}, False),
    ],
    ids=lambda value: "+".join(map(str, value.values())) if isinstance(value, dict) else None,
)
def test_other_days_another_town_and_online_instead_of_there_are_a_move(changes, is_move):
    session = SessionPageFactory(venue=VenueFactory())
    if changes.get("venue"):
        name, _comma, city = changes["venue"].partition(", ")
        changes = {"venue": VenueFactory(name=name, city=city)}

    publish(session, **changes)

    assert (entry_of(session).moved_at is not None) == is_move


def test_an_address_put_right_is_no_move():
    session = SessionPageFactory(venue=VenueFactory(city="Kjøbenhavn"))
    session.venue.city = "København"
    session.venue.save()

    live.venue_changed(session.venue)

    assert (entry_of(session).sequence, entry_of(session).moved_at) == (1, None)


def test_a_town_is_remembered_while_the_place_is_unknown():
    session = SessionPageFactory(venue=VenueFactory())
    publish(session, venue=None)
    assert entry_of(session).moved_at is None

    publish(session, venue=VenueFactory(name="Hotel Nyborg Strand", city="Nyborg"))

    assert entry_of(session).moved_at is not None


def test_a_postponed_session_is_moved_when_it_has_its_new_days():
    session = SessionPageFactory()
    publish(session, **UNDATED, when_text="maj/juni 2028")
    assert entry_of(session).moved_at is None

    publish(session, starts_on=date(2028, 5, 9), ends_on=date(2028, 5, 9), when_text="")

    assert entry_of(session).moved_at is not None


def test_a_first_date_is_no_move():
    session = SessionPageFactory(**UNDATED, when_text="maj/juni 2028")

    publish(session, starts_on=date(2028, 5, 9), ends_on=date(2028, 5, 9), when_text="")

    assert entry_of(session).moved_at is None


# Alternate runs


@pytest.fixture
def runs():
    choice = Choice.objects.create(name="Kattegatkursus")
    runs = [SessionPageFactory(choice=choice, starts_on=date(2027, 3, day)) for day in (15, 22)]
    live.recover()
    return runs


def test_what_calendars_show_of_a_run_names_the_others(runs):
    assert [entry_of(run).other_runs for run in runs] == ["22. marts 2027", "15. marts 2027"]
    assert entry_of(SessionPageFactory()).other_runs == ""


def test_a_run_that_moves_changes_what_is_shown_of_the_other_once(runs, django_capture_on_commit_callbacks):
    before = entry_of(runs[0])

    with django_capture_on_commit_callbacks(execute=True):
        publish(runs[1], starts_on=date(2027, 3, 29), ends_on=date(2027, 3, 29))
    with django_capture_on_commit_callbacks(execute=True):
        publish(runs[1], slug="et-andet-navn")

    after = entry_of(runs[0])
    assert (after.other_runs, after.sequence) == ("29. marts 2027", before.sequence + 1)
    assert after.moved_at is None


@pytest.mark.parametrize("way", ["cancelled", "unpublished", "deleted", "taken out of the choice"])
def test_a_run_that_is_none_any_more_is_named_no_longer(runs, way, django_capture_on_commit_callbacks):
    first, second = runs
    with django_capture_on_commit_callbacks(execute=True):
        match way:
            case "cancelled":
                live.cancel_session(second, by=None, now=timezone.now())
            case "unpublished":
                second.unpublish()
            case "deleted":
                second.delete()
            case _:
                publish(second, choice=None)
                live.recover()  # which the timer does every minute

    assert entry_of(first).other_runs == ""
    assert live.recover() == 0
