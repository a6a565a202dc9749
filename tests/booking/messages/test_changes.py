"""What is told when a session changes, as it arrives over SMTP: once, to those it concerns, if it still holds."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from email.message import EmailMessage
from threading import Barrier, Thread

import pytest
import time_machine
from django.db import connection
from django.urls import reverse
from wagtail.models import PageViewRestriction

from booking.dates import danish_day
from booking.journal import record as journal
from booking.journal.kinds import BOOKED, INTERESTED, SESSION_SHOWN
from booking.journal.models import Fact, FollowUp
from booking.journal.record import attempt, catch_up
from booking.messages.models import OutboxMessage, Told
from booking.models import Interest, Order, Secretary, SessionPage
from booking.mypage.forget import forget_person
from booking.sessions.live import cancel_session, venue_changed
from booking.signup.cancel import cancel_booking
from booking.signup.fee import FREE_DAYS_AFTER_MOVE
from booking.signup.interest import show_interest
from tests.booking.calendars.readers import agreed
from tests.booking.messages.orders import NOW, book
from tests.factories import PersonFactory, SessionPageFactory, VenueFactory, mayor_of, secretary_of

pytestmark = pytest.mark.django_db(transaction=True)

SECRETARY, MAYOR = "sekretaer@example.org", "borgmester@example.org"
CAMPUS = "Campus Carlsberg, Humletorvet 3, 1799 København V"
FIRST_LINK, SECOND_LINK = "https://moede.example.org/1", "https://moede.example.org/2"
NEXT_WEEK = {"starts_on": date(2027, 5, 12), "ends_on": date(2027, 5, 12)}
UNDATED = {
    "starts_on": date(2028, 5, 1),
    "ends_on": date(2028, 6, 30),
    "starts_time": None,
    "ends_time": None,
    "when_text": "maj/juni 2028",
}
THE_OLD_DAY, THE_NEW_DAY = "onsdag den 5. maj 2027 kl. 10.00-18.00", "onsdag den 12. maj 2027 kl. 10.00-18.00"


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW) as clock:
        yield clock


@pytest.fixture
def session() -> SessionPage:
    return SessionPageFactory(title="Økonomi & ledelse", venue=VenueFactory())


@pytest.fixture
def booked(session, sink):
    """A seat whose first mails have been read."""
    booking = book(session)
    sink.mails.clear()
    return booking


@pytest.fixture
def meanwhile(monkeypatch):
    """Follow-ups stay undone until they are asked for: the process that should do them is slow, or dead."""
    monkeypatch.setattr(journal, "attempt", lambda follow_up_id: False)
    return monkeypatch


def publish(session: SessionPage, **changes) -> None:
    page = SessionPage.objects.get(pk=session.pk)
    for name, value in changes.items():
        setattr(page, name, value)
    page.save_revision().publish()


def words(mail: EmailMessage, kind: str = "plain") -> str:
    return mail.get_body((kind,)).get_content()


def subject(mail: EmailMessage) -> str:
    return mail["Subject"]


def line(mail: EmailMessage, label: str) -> str:
    """What the mail says after a label."""
    [said] = [one for one in words(mail).splitlines() if one.startswith(f"{label}: ")]
    return said.removeprefix(f"{label}: ")


def calendar_of(mail: EmailMessage):
    [part] = mail.iter_attachments()
    [seen] = agreed(part.get_payload(decode=True).decode())
    return seen


# What is told


def test_a_session_that_moves_is_told_to_everybody_behind_the_seat(session, booked, sink):
    publish(session, **NEXT_WEEK)

    assert sorted(mail["To"] for mail in sink.mails) == [MAYOR, SECRETARY]
    [mail] = sink.to(SECRETARY)
    assert subject(mail) == "Ny tid: Økonomi & ledelse, onsdag den 12. maj 2027"
    assert mail["Reply-To"] == "borgmestertilbud@example.org"
    assert line(mail, "Hvornår") == f"{THE_NEW_DAY.capitalize()} (før: {THE_OLD_DAY})"
    assert line(mail, "Hvor") == CAMPUS
    assert line(mail, "Reference") == booked.order.reference
    assert THE_OLD_DAY in words(mail, "html")
    seen = calendar_of(mail)
    assert (seen.sequence, seen.status, seen.starts.date()) == (1, "CONFIRMED", date(2027, 5, 12))
    assert seen.uid.startswith(str(session.calendar_entry.uid))
    [part] = mail.iter_attachments()
    assert part.get_param("method") == "PUBLISH"


@pytest.mark.parametrize(
    ("at_first", "changes", "news", "label", "said"),
    [
        ({}, {"starts_time": time(9)}, "Ny tid", "Hvornår", "kl. 09.00-18.00 (før: "),
        ({}, {"ends_on": date(2027, 5, 6)}, "Ny tid", "Hvornår", "torsdag den 6. maj"),
        ({}, {"starts_time": None, "ends_time": None}, "Ny tid", "Hvornår", "5. maj 2027 (før: "),
        ({}, {"venue": "there"}, "Nyt sted", "Hvor", f"KL, København (før: {CAMPUS})"),
        ({}, {"venue": None}, "Ændret", "Hvor", f"(før: {CAMPUS})"),
        ({"venue": None}, {"venue": "there"}, "Sted", "Hvor", "KL, København"),
        ({}, {"kind": "online"}, "Nu online", "Hvor", f"Online (før: {CAMPUS})"),
        ({}, {"kind": "overnight", "ends_on": date(2027, 5, 6)}, "Ændret", "Form", "(før: "),
        ({}, {"venue": "there"} | NEXT_WEEK, "Ændret", "Hvor", "KL, København (før: "),
    ],
    ids=["hour", "day more", "no hours", "place", "place gone", "place known", "online", "kind", "time and place"],
)
def test_each_change_is_said_in_words_of_its_own(sink, at_first, changes, news, label, said):
    session = SessionPageFactory(**{"venue": VenueFactory(), "title": "Lederskab"} | at_first)
    there = VenueFactory(name="KL", street="", postcode="", city="København")
    book(session)
    sink.mails.clear()

    publish(session, **{name: there if value == "there" else value for name, value in changes.items()})

    [mail] = sink.to(SECRETARY)
    assert subject(mail).startswith(f"{news}: Lederskab, ")
    assert said in line(mail, label)


def test_a_place_that_is_known_at_last_is_not_compared_with_nothing(sink):
    session = SessionPageFactory(title="Lederskab", venue=None)
    book(session)
    sink.mails.clear()

    publish(session, venue=VenueFactory())

    [mail] = sink.to(MAYOR)
    assert "Stedet for ”Lederskab” er nu på plads." in words(mail)
    assert line(mail, "Hvor") == CAMPUS


def test_an_address_put_right_is_told(session, booked, sink):
    venue = session.venue
    venue.street = "Humletorvet 27"
    venue.save()

    venue_changed(venue)
    venue_changed(venue)

    [mail] = sink.to(MAYOR)
    assert "Humletorvet 27" in line(mail, "Hvor")


def test_two_seats_are_one_mail_to_the_secretary(session, sink):
    fano, aero = mayor_of("Fanø", person__email="fanoe@example.org"), mayor_of("Ærø", person__email="aeroe@example.org")
    secretary = secretary_of(fano, aero, email=SECRETARY)
    first, second = book(session, participant=fano, booker=secretary), book(session, participant=aero, booker=secretary)
    sink.mails.clear()

    publish(session, **NEXT_WEEK)

    assert sorted(mail["To"] for mail in sink.mails) == ["aeroe@example.org", "fanoe@example.org", SECRETARY]
    [mail] = sink.to(SECRETARY)
    assert line(mail, "Reference") == f"{first.order.reference}, {second.order.reference}"
    [mail] = sink.to("fanoe@example.org")
    assert "Ærø" not in words(mail)


# What is not told


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"title": "En ny titel"},
        {"intro": "En ny indledning."},
        {"slug": "et-nyt-navn"},
        {"capacity": 40},
        {"own_net": Decimal(1)},
    ],
    ids=lambda changes: "+".join(changes) or "nothing",
)
def test_what_changes_neither_time_nor_place_is_not_told(session, booked, sink, changes):
    publish(session, **changes)

    assert sink.mails == []


def test_a_draft_is_not_told(session, booked, sink):
    page = SessionPage.objects.get(pk=session.pk)
    page.starts_on = page.ends_on = date(2027, 5, 12)
    page.save_revision()

    assert sink.mails == []


def test_a_new_title_stands_in_the_next_mail(session, booked, sink):
    publish(session, title="Ny titel")
    publish(session, **NEXT_WEEK)

    [mail] = sink.to(MAYOR)
    assert line(mail, "Afholdelse") == "Ny titel"
    assert calendar_of(mail).title == "Ny titel"


def test_a_session_that_is_over_is_put_right_in_silence(session, booked, sink, now):
    now.move_to(datetime(2027, 6, 1, tzinfo=NOW.tzinfo))

    publish(session, ends_time=time(17))

    assert sink.mails == []


def test_a_session_called_off_has_a_mail_of_its_own_and_no_other(session, booked, sink):
    cancel_session(session, by=None, now=NOW)
    publish(session, **NEXT_WEEK)

    assert {message.kind for message in OutboxMessage.objects.exclude(fact__kind=BOOKED)} == {"session_cancelled"}
    assert len(sink.mails) == 2


def test_a_page_taken_off_the_site_and_put_back_is_told_only_if_it_moved(session, booked, sink):
    SessionPage.objects.get(pk=session.pk).unpublish()
    publish(session)
    restriction = PageViewRestriction.objects.create(page=session, restriction_type=PageViewRestriction.LOGIN)
    publish(session, **NEXT_WEEK)
    assert sink.mails == []

    restriction.delete()

    [mail] = sink.to(MAYOR)
    assert THE_OLD_DAY in line(mail, "Hvornår")


def test_a_seat_given_up_hears_no_more(session, booked, sink):
    cancel_booking(booked, by=None, now=NOW)
    sink.mails.clear()

    publish(session, **NEXT_WEEK)

    assert sink.mails == []


# Once, and only what still holds


def test_a_change_that_is_undone_before_it_was_told_is_not_told(session, booked, sink, meanwhile):
    publish(session, **NEXT_WEEK)
    publish(session, starts_on=date(2027, 5, 5), ends_on=date(2027, 5, 5))
    meanwhile.undo()

    assert catch_up(NOW + timedelta(minutes=5))[1] == 0

    assert sink.mails == []


def test_a_change_that_is_undone_after_it_was_told_is_told_too(session, booked, sink):
    publish(session, **NEXT_WEEK)
    publish(session, starts_on=date(2027, 5, 5), ends_on=date(2027, 5, 5))

    assert [line(mail, "Hvornår") for mail in sink.to(MAYOR)] == [
        f"{THE_NEW_DAY.capitalize()} (før: {THE_OLD_DAY})",
        f"{THE_OLD_DAY.capitalize()} (før: {THE_NEW_DAY})",
    ]
    assert [calendar_of(mail).sequence for mail in sink.to(MAYOR)] == [1, 2]


def test_changes_that_wait_together_are_one_mail_with_the_last_of_them(session, booked, sink, meanwhile):
    for day in (12, 19, 26):
        publish(session, starts_on=date(2027, 5, day), ends_on=date(2027, 5, day))
    publish(session, venue=None)
    meanwhile.undo()

    catch_up(NOW + timedelta(minutes=5))

    [mail] = sink.to(MAYOR)
    assert line(mail, "Hvornår") == f"Onsdag den 26. maj 2027 kl. 10.00-18.00 (før: {THE_OLD_DAY})"
    assert calendar_of(mail).sequence == 4


def test_a_follow_up_that_is_done_again_tells_nothing_again(session, booked, sink):
    publish(session, **NEXT_WEEK)
    fact = Fact.objects.filter(kind=SESSION_SHOWN).first()
    FollowUp.objects.filter(fact=fact, room="messages").update(done_at=None)

    assert catch_up(NOW + timedelta(minutes=5)) == (1, 0)

    assert len(sink.mails) == 2


def test_a_seat_that_was_told_of_nothing_yet_is_told_once_how_things_are(session, sink, meanwhile):
    book(session)
    publish(session, **NEXT_WEEK)
    meanwhile.undo()
    first, *later = FollowUp.objects.filter(done_at=None, room="messages").order_by("-pk")

    for owed in (first, *later):  # the last to happen is the first to be told
        attempt(owed.pk)

    assert {message.kind for message in OutboxMessage.objects.all()} == {"booked"}
    [mail] = sink.to(MAYOR)
    assert line(mail, "Hvornår") == THE_NEW_DAY.capitalize()


def test_whoever_signs_up_after_a_change_does_not_hear_of_it(session, booked, sink, meanwhile):
    publish(session, **NEXT_WEEK)
    meanwhile.undo()
    laeso = mayor_of("Læsø", person__email="laesoe@example.org")
    book(session, participant=laeso, booker=laeso)

    catch_up(NOW + timedelta(minutes=5))

    assert [message.kind for message in OutboxMessage.objects.filter(recipient="laesoe@example.org")] == ["booked"]
    assert len(sink.to(MAYOR)) == 1


def test_two_who_tell_at_once_tell_it_once(session, booked, sink, meanwhile):
    publish(session, **NEXT_WEEK)
    publish(session, venue=None)
    meanwhile.undo()
    owed = list(FollowUp.objects.filter(done_at=None, room="messages").values_list("pk", flat=True))
    assert len(owed) == 2
    barrier = Barrier(2)

    def run(follow_up_id):
        try:
            barrier.wait()
            attempt(follow_up_id)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[pk]) for pk in owed]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert sorted(mail["To"] for mail in sink.mails) == [MAYOR, SECRETARY]


@pytest.mark.parametrize("seats", [1, 5])
def test_telling_takes_no_more_questions_for_more_seats_but_the_mails(seats, meanwhile, django_assert_max_num_queries):
    session = SessionPageFactory()
    for number in range(seats):
        participant = mayor_of(f"Kommune {number}", person__email=None, person__user=None)
        booking = book(session, participant=participant, booker=participant, contact_email=f"{number}@example.org")
        Told.objects.create(booking=booking, **{name: getattr(session.calendar_entry, name) for name in Told.SHOWN})
    publish(session, **NEXT_WEEK)
    meanwhile.undo()
    owed = FollowUp.objects.get(done_at=None, room="messages", fact__details__sequence=1)
    meanwhile.setattr("booking.messages.tell.deliver_soon", lambda message_id: None)

    with django_assert_max_num_queries(14 + 2 * seats):
        attempt(owed.pk)

    assert OutboxMessage.objects.count() == seats


# Postponed, and dated again


def test_a_date_that_gives_way_to_words_is_told_and_struck_out(session, booked, sink):
    publish(session, **UNDATED)

    [mail] = sink.to(MAYOR)
    assert subject(mail) == "Udsat: Økonomi & ledelse"
    assert line(mail, "Hvornår") == f"Maj/juni 2028 (før: {THE_OLD_DAY})"
    seen = calendar_of(mail)
    assert (seen.status, seen.sequence, seen.starts.date()) == ("CANCELLED", 1, date(2027, 5, 5))


def test_a_postponed_session_that_is_dated_again_is_told(session, booked, sink):
    publish(session, **UNDATED)
    sink.mails.clear()

    publish(session, starts_on=date(2028, 5, 9), ends_on=date(2028, 5, 9), when_text="")

    [mail] = sink.to(MAYOR)
    assert subject(mail).startswith("Ny tid: ")
    assert line(mail, "Hvornår") == "Tirsdag den 9. maj 2028 (før: maj/juni 2028)"
    assert calendar_of(mail).status == "CONFIRMED"


# The link for participants


@pytest.fixture
def online(sink) -> SessionPage:
    """An online session without its link yet, with one seat; the contact is an address that was typed in."""
    session = SessionPageFactory(title="Lederskab", kind="online", own_net=Decimal(0))
    book(session, contact_email="kopi@example.org")
    sink.mails.clear()
    return session


def test_a_link_goes_to_the_participant_and_the_booker_alone(online, sink):
    publish(online, join_link=FIRST_LINK)

    assert sorted(mail["To"] for mail in sink.mails) == [MAYOR, SECRETARY]
    [mail] = sink.to(MAYOR)
    assert subject(mail) == "Link: Lederskab, onsdag den 5. maj 2027"
    assert "Her er linket til ”Lederskab”." in words(mail)
    assert FIRST_LINK in words(mail)
    assert FIRST_LINK in words(mail, "html")
    assert calendar_of(mail).place == FIRST_LINK


def test_a_new_link_is_told_and_one_that_goes_or_comes_back_is_not(online, sink):
    for link in (FIRST_LINK, SECOND_LINK, "", SECOND_LINK):
        publish(online, join_link=link)

    mails = sink.to(MAYOR)
    assert [subject(mail).partition(":")[0] for mail in mails] == ["Link", "Nyt link"]
    first, second = map(calendar_of, mails)
    assert (first.place, second.place) == (FIRST_LINK, SECOND_LINK)
    assert (first.uid, first.sequence + 1) == (second.uid, second.sequence)
    assert second.stamp > first.stamp


def test_the_file_with_a_new_link_is_later_than_the_one_before(online, sink, now):
    publish(online, join_link=FIRST_LINK)
    now.shift(timedelta(days=1))

    publish(online, join_link=SECOND_LINK)

    first, second = map(calendar_of, sink.to(MAYOR))
    assert second.stamp.date() - first.stamp.date() == timedelta(days=1)


def test_a_booker_who_no_longer_acts_for_the_participant_gets_no_link(online, sink):
    Secretary.objects.update(ends_on=date(2027, 1, 3))

    publish(online, join_link=FIRST_LINK)

    assert [mail["To"] for mail in sink.mails] == [MAYOR]


def test_a_session_that_moves_keeps_its_link_for_those_who_may_have_it(online, sink):
    publish(online, join_link=FIRST_LINK)
    sink.mails.clear()

    publish(online, **NEXT_WEEK)

    [mail] = sink.to(MAYOR)
    assert calendar_of(mail).place == FIRST_LINK
    [copy] = sink.to("kopi@example.org")
    assert "moede.example.org" not in copy.as_string()
    assert calendar_of(copy).place == "Online"


def test_a_link_and_a_date_that_come_together_are_one_mail(online, sink):
    publish(online, join_link=FIRST_LINK, **NEXT_WEEK)

    [mail] = sink.to(MAYOR)
    assert FIRST_LINK in words(mail)
    assert THE_OLD_DAY in line(mail, "Hvornår")
    assert len(sink.to("kopi@example.org")) == 1


# Those who wait for a date


@pytest.fixture
def undated() -> SessionPage:
    return SessionPageFactory(title="Lederskab", venue=VenueFactory(), **UNDATED)


def give_a_date(session: SessionPage, **more) -> None:
    when = {"starts_on": date(2028, 5, 9), "ends_on": date(2028, 5, 9), "starts_time": time(10), "ends_time": time(18)}
    publish(session, **when | {"when_text": ""} | more)


def test_whoever_waits_for_a_date_is_told_once(undated, sink):
    person = PersonFactory(email="venter@example.org")
    show_interest(undated, person, now=NOW)

    give_a_date(undated)
    publish(undated, venue=None)

    [mail] = sink.mails
    assert mail["To"] == "venter@example.org"
    assert subject(mail) == "Nu er der en dato: Lederskab, tirsdag den 9. maj 2028"
    for kind in ("plain", "html"):
        for fact in (
            "Tirsdag den 9. maj 2028 kl. 10.00-18.00",
            CAMPUS,
            "5.300,00 kr.",
            "6.625,00 kr.",
            "Borgmestre",
            f"https://borgmestre.example.org/kalender/afholdelse/{undated.calendar_entry.uid}/",
        ):
            assert fact in words(mail, kind), (kind, fact)
    assert not Interest.objects.exists()


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"own_net": None, "price_list": None}, "Ikke besluttet endnu"),
        ({"own_net": Decimal(0)}, "Gratis"),
        ({"venue": None}, "Sted følger"),
        ({"signup_opens_at": datetime(2027, 3, 1, 8, tzinfo=NOW.tzinfo)}, "1. marts 2027 kl. 09.00"),
    ],
    ids=["no price", "free", "no place", "not open"],
)
def test_whoever_waited_reads_what_is_known(undated, sink, facts, said):
    show_interest(undated, PersonFactory(), now=NOW)

    give_a_date(undated, **facts)

    [mail] = sink.mails
    assert said in words(mail)


def test_new_words_are_no_date(undated, sink):
    show_interest(undated, PersonFactory(), now=NOW)

    publish(undated, when_text="efteråret 2028")

    assert sink.mails == []
    assert Interest.objects.count() == 1


def test_whoever_asks_again_when_it_is_postponed_is_told_again(undated, sink):
    person = PersonFactory()
    for _round in range(2):
        publish(undated, **UNDATED)
        show_interest(undated, person, now=NOW)
        give_a_date(undated)

    assert len(sink.to(person.email)) == 2


def test_whoever_asks_while_the_date_comes_is_told_all_the_same(undated, sink):
    stale = SessionPage.objects.get(pk=undated.pk)
    give_a_date(undated)

    show_interest(stale, PersonFactory(), now=NOW)

    assert len(sink.mails) == 1
    assert not Interest.objects.exists()


def test_whoever_has_no_address_waits_no_longer(undated, sink):
    show_interest(undated, PersonFactory(email=None, user=None), now=NOW)

    give_a_date(undated)

    assert sink.mails == []
    assert not Interest.objects.exists()


def test_whoever_has_a_seat_and_waits_reads_one_mail(session, booked, sink):
    publish(session, **UNDATED)
    sink.mails.clear()
    show_interest(session, booked.participant, now=NOW)

    give_a_date(session)

    [mail] = sink.to(MAYOR)
    assert subject(mail).startswith("Ny tid: ")
    assert not Interest.objects.exists()


def test_a_session_called_off_before_it_had_a_date_is_not_told_to_those_who_wait(undated, sink):
    show_interest(undated, PersonFactory(), now=NOW)
    cancel_session(undated, by=None, now=NOW)

    give_a_date(undated)

    assert sink.mails == []


def test_the_mail_to_somebody_who_waited_answers_that_they_asked(undated, sink):
    person = PersonFactory()
    show_interest(undated, person, now=NOW)

    give_a_date(undated)

    fact = OutboxMessage.objects.get().fact
    assert (fact.kind, fact.on_behalf_of) == (INTERESTED, person)


def test_the_mail_to_somebody_who_waited_is_forgotten_with_them(undated, sink):
    person = PersonFactory()
    show_interest(undated, person, now=NOW)
    give_a_date(undated)

    forget_person(person, by=None, now=NOW)

    assert not OutboxMessage.objects.exists()


# What it costs to withdraw from a session that has been moved

MOVED_FREE = "Derfor koster det ikke noget at melde fra til og med"


def test_a_moved_session_says_until_when_it_costs_nothing_to_withdraw(booked, session, sink):
    publish(session, **NEXT_WEEK)

    until = danish_day(NOW.date() + timedelta(days=FREE_DAYS_AFTER_MOVE))
    for address in (SECRETARY, MAYOR):
        [mail] = sink.to(address)
        for kind in ("plain", "html"):
            assert f"Afholdelsen er flyttet efter tilmeldingen. {MOVED_FREE} {until}." in words(mail, kind)
            assert reverse("booking:receipt", args=[Order.objects.get().reference]) in words(mail, kind)
            assert "Se kvitteringen, hvor du kan melde fra" in words(mail, kind)


def test_that_is_no_later_than_its_new_day(booked, session, sink):
    soon = NOW.date() + timedelta(days=FREE_DAYS_AFTER_MOVE - 4)
    publish(session, starts_on=soon, ends_on=soon)

    [mail] = sink.to(SECRETARY)
    assert f"{MOVED_FREE} {danish_day(soon)}." in words(mail)


def test_a_postponed_session_says_that_it_costs_nothing_while_there_is_no_date(booked, session, sink):
    publish(session, **UNDATED)

    [mail] = sink.to(SECRETARY)
    assert "Så længe der ikke er en ny dato, koster det ikke noget at melde fra." in words(mail)


@pytest.mark.parametrize(
    ("is_free", "changes"), [(True, NEXT_WEEK), (False, {"venue": None})], ids=["a free one", "another place"]
)
def test_where_nothing_has_become_free_nothing_is_said_of_it(sink, is_free, changes):
    session = SessionPageFactory(venue=VenueFactory(), **({"own_net": Decimal(0)} if is_free else {}))
    book(session)
    sink.mails.clear()

    publish(session, **changes)

    [mail] = sink.to(SECRETARY)
    assert "koster det ikke noget" not in words(mail)
