"""One's own calendar at a secret address: what stands in it, who can read it, and which version it is."""

import logging
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256

import pytest
import time_machine
from django.test import Client

from booking.calendars.models import PersonalCalendar
from booking.calendars.personal import NotYours, close_calendar, open_calendar
from booking.calendars.renew import take_in
from booking.models import (
    Audience,
    Booking,
    Choice,
    ElectionTerm,
    Fact,
    Office,
    OutsideCalendar,
    Secretary,
    SessionPage,
)
from booking.mypage.forget import forget_person
from booking.people.audiences import admits_by_office
from booking.people.secretaries import end_secretary
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from booking.signup.interest import show_interest, withdraw_interest
from booking.signup.revive import hold_after_all
from booking.signup.substitute import substitute
from booking.signup.switch import switch
from tests.booking.calendars.readers import Seen, agreed
from tests.booking.calendars.test_reading import calendar
from tests.booking.calendars.test_reading import event as said
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import (
    AudienceFactory,
    ContactFactory,
    ElectionTermFactory,
    MunicipalityFactory,
    OfferPageFactory,
    OfficeFactory,
    SessionPageFactory,
    VenueFactory,
    mayor_of,
    secretary_of,
)

pytestmark = pytest.mark.django_db

LINK = "https://moede.example.org/hemmeligt"


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def mayor():
    return mayor_of("Fanø")


class Subscriber:
    """A program that asks at one address, and takes an event anew only when its version is higher."""

    def __init__(self, key: str):
        self.path = f"/kalender/min/{key}.ics"
        self.events: dict[str, Seen] = {}

    def poll(self) -> list[Seen]:
        response = Client().get(self.path)
        assert response.status_code == 200
        seen = {event.uid: event for event in agreed(response.content.decode())}
        for uid, event in seen.items():
            known = self.events.get(uid)
            self.events[uid] = event if known is None or event.sequence > known.sequence else known
        assert list(seen.values()) == [self.events[uid] for uid in seen]  # whatever changed has a higher version
        return sorted(seen.values(), key=lambda event: event.title)


@pytest.fixture
def subscriber(mayor):
    return Subscriber(open_calendar(mayor, mayor, by=mayor.user, now=NOW))


def publish(session, **changes):
    page = SessionPage.objects.get(pk=session.pk)
    for name, value in changes.items():
        setattr(page, name, value)
    page.save_revision().publish()


# What stands in it


def test_a_seat_stands_there_with_link_and_whom_to_ask(mayor, subscriber):
    contact = ContactFactory(name="Borgmestertilbud i KL", phone="33 70 33 70")
    session = SessionPageFactory(title="Lederskab", kind="online", own_net=0, join_link=LINK, contact=contact)
    order(session, mayor)

    [seat] = subscriber.poll()

    assert (seat.status, seat.title, seat.place) == ("CONFIRMED", "Lederskab", LINK)
    assert seat.uid == f"{session.calendar_entry.uid}@borgmestre.example.org"
    assert LINK in seat.description
    assert "Borgmestertilbud i KL, 33 70 33 70, borgmestertilbud@example.org" in seat.description
    assert "https://borgmestre.example.org/min-side/" in seat.description


def test_whoever_waits_for_a_seat_is_tentative_and_has_no_link(mayor, subscriber):
    session = SessionPageFactory(title="Lederskab", kind="online", own_net=0, join_link=LINK, capacity=1)
    order(session, mayor_of("Ærø"))
    order(session, mayor, waits=True)

    [waiting] = subscriber.poll()

    assert (waiting.status, waiting.title) == ("TENTATIVE", "På venteliste: Lederskab")
    assert LINK not in waiting.place + waiting.description


def test_a_date_that_one_waits_for_is_a_tentative_span(mayor, subscriber):
    session = SessionPageFactory(
        title="Lederskab",
        when_text="maj/juni 2028",
        starts_on=date(2028, 5, 1),
        ends_on=date(2028, 6, 30),
        starts_time=None,
        ends_time=None,
    )
    show_interest(session, mayor, now=NOW)

    [waiting] = subscriber.poll()
    assert (waiting.status, waiting.starts, waiting.ends) == ("TENTATIVE", date(2028, 5, 1), date(2028, 7, 1))

    withdraw_interest(session, mayor)
    [gone] = subscriber.poll()
    assert (gone.status, gone.title) == ("CANCELLED", "Ikke tilmeldt: Lederskab")


def test_nothing_of_others_stands_there(mayor, subscriber):
    """Neither whom one has signed up, nor who has signed one up, nor the seats of others at the same session."""
    secretary = secretary_of(mayor, name="Sofie Sekretær")
    other = mayor_of("Ærø", person__name="Anna Anden")
    Secretary.objects.create(secretary=mayor, principal=other, starts_on=date(2022, 1, 1))
    order(SessionPageFactory(title="Hendes"), other, booker=mayor)
    order(SessionPageFactory(title="Fælles"), mayor, booker=secretary)

    assert [seen.title for seen in subscriber.poll()] == ["Fælles"]
    body = Client().get(subscriber.path).content.decode()
    for word in ("Sofie", "Anna", "5.300", "sekretariat@example.org", "5798009811578", "Hendes"):
        assert word not in body


def test_a_public_feed_and_ones_own_speak_of_the_same_event(mayor, subscriber, client):
    session = SessionPageFactory(venue=VenueFactory())
    order(session, mayor)
    client.get("/kalender/alle.ics")

    [public], [own] = agreed(client.get("/kalender/alle.ics").content.decode()), subscriber.poll()

    assert (own.uid, own.starts, own.ends, own.place, own.title) == (
        public.uid,
        public.starts,
        public.ends,
        public.place,
        public.title,
    )


# Versions


def test_losing_a_seat_and_getting_it_back_shows(mayor, subscriber):
    session = SessionPageFactory(title="Lederskab")
    booking = order(session, mayor).bookings.get()
    [had] = subscriber.poll()
    cancel_booking(booking, by=None, now=NOW)
    [lost] = subscriber.poll()
    order(session, mayor)
    [back] = subscriber.poll()

    assert [(one.status, one.title, one.sequence) for one in (had, lost, back)] == [
        ("CONFIRMED", "Lederskab", 0),
        ("CANCELLED", "Frameldt: Lederskab", 1),
        ("CONFIRMED", "Lederskab", 2),
    ]
    assert had.uid == lost.uid == back.uid
    assert had.stamp < lost.stamp < back.stamp


def test_a_change_of_the_session_is_a_version_above_all_that_were_shown(mayor, subscriber):
    session = SessionPageFactory(title="Lederskab")
    booking = order(session, mayor).bookings.get()
    subscriber.poll()
    for _again in range(2):
        cancel_booking(booking, by=None, now=NOW)
        subscriber.poll()
        booking = order(session, mayor).bookings.get(status="confirmed")
        subscriber.poll()

    publish(session, starts_time=time(9))

    [seen] = subscriber.poll()
    assert (seen.sequence, seen.starts.hour) == (5, 7)


def test_nothing_new_is_the_same_bytes(mayor, subscriber, client, now):
    order(SessionPageFactory(), mayor)
    first = client.get(subscriber.path)
    now.shift(timedelta(days=1))
    second = client.get(subscriber.path)

    assert (second.content, second["ETag"]) == (first.content, first["ETag"])
    assert client.get(subscriber.path, headers={"If-None-Match": first["ETag"]}).status_code == 304


def test_a_link_that_comes_is_a_new_version(mayor, subscriber):
    session = SessionPageFactory(kind="online", own_net=0)
    order(session, mayor)
    subscriber.poll()

    publish(session, join_link=LINK)

    [seen] = subscriber.poll()
    assert (seen.place, seen.sequence) == (LINK, 1)


def test_a_session_called_off_is_struck_out_without_its_link(mayor, subscriber):
    session = SessionPageFactory(title="Lederskab", kind="online", own_net=0, join_link=LINK)
    order(session, mayor)
    subscriber.poll()

    cancel_session(session, by=None, now=NOW)

    [seen] = subscriber.poll()
    assert (seen.status, seen.title, seen.sequence) == ("CANCELLED", "Aflyst: Lederskab", 1)
    assert LINK not in seen.description


def test_a_session_held_after_all_comes_back_with_a_seat_of_their_own_alone(mayor, subscriber):
    session = SessionPageFactory(title="Lederskab")
    order(session, mayor)
    subscriber.poll()
    cancel_session(session, by=None, now=NOW)
    [off] = subscriber.poll()

    hold_after_all(session, by=None, now=NOW)
    [without] = subscriber.poll()
    order(SessionPage.objects.get(), mayor)
    [seated] = subscriber.poll()

    assert [seen.status for seen in (off, without, seated)] == ["CANCELLED", "CANCELLED", "CONFIRMED"]
    assert seated.title == "Lederskab"
    assert off.sequence <= without.sequence < seated.sequence


def test_a_seat_that_is_passed_on_or_switched_leaves_its_date_struck_out(mayor, subscriber):
    choice, offer = Choice.objects.create(name="Kattegatkursus"), OfferPageFactory()
    first, second = (
        SessionPageFactory(title=title, parent=offer, choice=choice, starts_on=day)
        for title, day in (("Første", date(2027, 3, 15)), ("Andet", date(2027, 3, 22)))
    )
    booking = order(first, mayor).bookings.get()
    subscriber.poll()

    switch(booking, to=second, by=None, now=NOW)
    assert [(seen.title, seen.status) for seen in subscriber.poll()] == [
        ("Andet", "CONFIRMED"),
        ("Frameldt: Første", "CANCELLED"),
    ]

    substitute(Booking.objects.get(), participant=mayor_of("Ærø"), by=None, now=NOW)
    assert [(seen.title, seen.status) for seen in subscriber.poll()] == [
        ("Frameldt: Andet", "CANCELLED"),
        ("Frameldt: Første", "CANCELLED"),
    ]


@pytest.mark.parametrize(("days", "stands"), [(30, True), (31, False)])
def test_what_was_lost_stays_struck_out_for_a_month(mayor, subscriber, now, days, stands):
    booking = order(SessionPageFactory(), mayor).bookings.get()
    subscriber.poll()
    cancel_booking(booking, by=None, now=NOW)
    subscriber.poll()

    now.move_to(datetime(2027, 5, 5, 9, tzinfo=UTC) + timedelta(days=days))

    assert bool(subscriber.poll()) is stands


# Who can read it


def test_the_key_is_long_and_only_its_hash_is_stored(mayor):
    key = open_calendar(mayor, mayor, by=mayor.user, now=NOW)

    assert len(bytes.fromhex(key)) == 32
    assert PersonalCalendar.objects.get().digest == sha256(key.encode()).hexdigest()
    assert key not in str(PersonalCalendar.objects.values())
    assert key not in str(list(Fact.objects.values()))


def test_another_address_takes_the_place_of_the_first(mayor, client):
    first = Subscriber(open_calendar(mayor, mayor, by=mayor.user, now=NOW))
    second = Subscriber(open_calendar(mayor, mayor, by=mayor.user, now=NOW))

    assert client.get(first.path).status_code == 404
    assert client.get(second.path).status_code == 200


def test_a_revoked_address_is_as_unknown_as_one_that_never_was(mayor, subscriber, client):
    close_calendar(mayor, mayor, by=mayor.user, now=NOW)

    revoked = client.get(subscriber.path)
    never = client.get(f"/kalender/min/{'0' * 64}.ics")

    assert revoked.status_code == never.status_code == 404
    assert (revoked.content, dict(revoked.headers)) == (never.content, dict(never.headers))


def test_a_secretary_has_the_principals_calendar_until_they_act_no_longer(mayor, client):
    secretary = secretary_of(mayor)
    order(SessionPageFactory(title="Lederskab"), mayor)
    theirs = Subscriber(open_calendar(secretary, mayor, by=secretary.user, now=NOW))
    assert [seen.title for seen in theirs.poll()] == ["Lederskab"]

    end_secretary(secretary.acts_for.get(), by=mayor.user, now=NOW)
    assert client.get(theirs.path).status_code == 404

    Secretary.objects.create(secretary=secretary, principal=mayor, starts_on=NOW.date())
    assert client.get(theirs.path).status_code == 404


def test_a_secretary_whose_day_is_over_finds_nothing_the_next(mayor, client, now):
    secretary = secretary_of(mayor)
    secretary.acts_for.update(ends_on=NOW.date())
    theirs = Subscriber(open_calendar(secretary, mayor, by=secretary.user, now=NOW))
    theirs.poll()

    now.shift(timedelta(days=1))

    assert client.get(theirs.path).status_code == 404


def test_nobody_opens_the_calendar_of_whom_they_do_not_act_for(mayor):
    with pytest.raises(NotYours):
        open_calendar(mayor_of("Ærø"), mayor, by=None, now=NOW)

    assert not PersonalCalendar.objects.exists()


@pytest.mark.parametrize("who", ["the reader", "the person"])
def test_forgetting_either_removes_it(mayor, client, who):
    secretary = secretary_of(mayor)
    theirs = Subscriber(open_calendar(secretary, mayor, by=None, now=NOW))

    forget_person(secretary if who == "the reader" else mayor, by=None, now=NOW)

    assert client.get(theirs.path).status_code == 404
    assert not PersonalCalendar.objects.exists()


# Over HTTP


def test_it_is_kept_by_nobody_on_the_way_and_listed_nowhere(subscriber):
    client = Client()
    client.force_login(mayor_of("Ærø").user)

    response = client.get(subscriber.path)

    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Cache-Control"] == "private, no-cache"
    assert response["X-Robots-Tag"] == "noindex"
    assert response["Referrer-Policy"] == "no-referrer"
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_it_is_only_read(subscriber, method):
    response = Client(enforce_csrf_checks=True).generic(method, subscriber.path)

    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


def test_head_says_the_same_without_the_body(mayor, subscriber, client):
    order(SessionPageFactory(), mayor)
    get, head = client.get(subscriber.path), client.head(subscriber.path)

    assert head.content == b""
    assert dict(head.headers) == dict(get.headers)


@pytest.mark.parametrize("what", ["found", "revoked", "posted to"])
def test_no_log_has_the_key(mayor, caplog, what):
    key = open_calendar(mayor, mayor, by=mayor.user, now=NOW)
    if what == "revoked":
        close_calendar(mayor, mayor, by=mayor.user, now=NOW)

    with caplog.at_level(logging.DEBUG):
        Client().generic("POST" if what == "posted to" else "GET", f"/kalender/min/{key}.ics")

    assert key not in caplog.text


@pytest.mark.parametrize("bookings", [1, 30])
def test_it_asks_as_much_for_one_seat_as_for_thirty(mayor, client, django_assert_num_queries, bookings):
    subscriber = Subscriber(open_calendar(mayor, mayor, with_offers=True, by=mayor.user, now=NOW))
    offer = OfferPageFactory()
    for number in range(bookings):
        day = date(2027, 2, 1) + timedelta(days=number)
        order(SessionPageFactory(parent=offer, starts_on=day, venue=VenueFactory()), mayor)
        SessionPageFactory(parent=offer, starts_on=day, title=f"Tilbud {number}")
    follow_b98(*[said("DTSTART:20270303T090000Z", uid=str(number)) for number in range(bookings)])
    client.get(subscriber.path)

    with django_assert_num_queries(QUERIES):
        body = client.get(subscriber.path).content

    assert body.count(b"BEGIN:VEVENT") == 3 * bookings


#: The calendar, restrictions, sessions, municipalities, offices, terms, dates, seats and versions; then the calendars
#: of others, their municipalities and events, offices and terms.
QUERIES = 14


# What comes with an office


def follow_b98(*events: str, **fields) -> OutsideCalendar:
    members, _created = Audience.objects.get_or_create(name="Borgmestre", defaults={"offices": ["mayor"]})
    followed = OutsideCalendar.objects.create(name="B98", **{"members": members} | fields)
    take_in(followed, calendar(*events), now=NOW)
    return followed


MEETING = said("DTSTART:20270303T090000Z", "DTEND:20270303T110000Z", "SUMMARY:B98-møde", "SEQUENCE:7", uid="b98-1@kl")


def test_the_meetings_of_those_who_are_members_by_office_stand_there(mayor, subscriber):
    follow_b98(MEETING)
    director = OfficeFactory(kind="municipal_director", municipality=MunicipalityFactory(name="Fanø")).person

    [meeting] = subscriber.poll()

    assert (meeting.title, meeting.status, meeting.uid) == ("B98-møde", "CONFIRMED", "b98-1@kl")
    assert meeting.starts == datetime(2027, 3, 3, 9, tzinfo=UTC)
    assert Subscriber(open_calendar(director, director, by=director.user, now=NOW)).poll() == []


def test_a_meeting_without_an_end_stands_in_order(mayor, subscriber, client):
    follow_b98(said("DTSTART:20270304T090000Z", "SUMMARY:Uden slut", uid="2"), MEETING)

    body = client.get(subscriber.path).content

    assert 0 < body.index(b"B98-m\xc3\xb8de") < body.index(b"Uden slut")


def test_a_meeting_follows_its_calendar(subscriber):
    followed = follow_b98(MEETING)
    [held] = subscriber.poll()
    take_in(followed, calendar(), now=NOW + timedelta(hours=1))

    [off] = subscriber.poll()

    assert (off.uid, off.status, off.title) == (held.uid, "CANCELLED", "Aflyst: B98-møde")
    assert off.sequence > held.sequence


@pytest.mark.parametrize(("ends_on", "stands"), [(date(2027, 3, 2), False), (date(2027, 3, 3), True)])
def test_a_meeting_comes_with_an_office_that_is_held_on_its_day(mayor, subscriber, ends_on, stands):
    follow_b98(MEETING)
    mayor.offices.update(ends_on=ends_on)

    assert bool(subscriber.poll()) is stands


@pytest.mark.parametrize(("place", "stands"), [("Fanø", True), ("Ærø", False)])
def test_a_body_of_some_municipalities_meets_for_theirs_alone(mayor, subscriber, place, stands):
    members = AudienceFactory(name="KKR Syddanmark", offices=["mayor"])
    members.municipalities.add(MunicipalityFactory(name=place))
    follow_b98(MEETING, members=members)

    assert bool(subscriber.poll()) is stands


@pytest.mark.parametrize("fields", [{"members": None}, {"is_shown": False}], ids=["no members", "not on the site"])
def test_other_calendars_stand_in_nobodys_own(subscriber, fields):
    follow_b98(MEETING, **fields)

    assert subscriber.poll() == []


# What an office gives access to


def test_what_an_office_gives_access_to_is_shown_to_whoever_wants_it(mayor, subscriber):
    session = SessionPageFactory(title="Lederskab")
    SessionPageFactory(title="For andre", audience=AudienceFactory(name="Direktører", offices=["municipal_director"]))
    assert subscriber.poll() == []

    PersonalCalendar.objects.update(with_offers=True)
    [offer] = subscriber.poll()
    order(session, mayor)
    [seat] = subscriber.poll()
    PersonalCalendar.objects.update(with_offers=False)

    assert (offer.status, offer.title) == ("TENTATIVE", "For dig: Lederskab")
    assert (seat.status, seat.title, seat.sequence) == ("CONFIRMED", "Lederskab", 1)
    assert [seen.title for seen in subscriber.poll()] == ["Lederskab"]


def test_an_offer_that_is_none_any_more_goes_without_a_word_and_comes_back_as_a_later_version(mayor, subscriber):
    SessionPageFactory(title="Lederskab")
    sequences = []
    for wanted in (True, False, True):
        PersonalCalendar.objects.update(with_offers=wanted)
        sequences.append([seen.sequence for seen in subscriber.poll()])

    assert sequences == [[0], [], [2]]


@pytest.mark.parametrize("newly", [False, True])
@pytest.mark.parametrize("here", [None, "Fanø", "Ærø"])
@pytest.mark.parametrize(
    "held",
    [
        [("mayor", date(2026, 1, 1), None)],
        [("mayor", date(2022, 1, 1), None)],
        [("mayor", date(2018, 1, 1), date(2021, 12, 31)), ("mayor", date(2026, 1, 1), None)],
        [("mayor", date(2018, 1, 1), date(2022, 1, 1)), ("mayor", date(2026, 1, 1), None)],
        [("mayor", date(2026, 1, 1), date(2027, 5, 4))],
        [("mayor", date(2027, 5, 6), None)],
        [("council_member", date(2018, 1, 1), None), ("mayor", date(2026, 1, 1), None)],
        [("council_member", date(2018, 1, 1), None)],
        [],
    ],
    ids=["new", "second term", "after a pause", "a day before", "ended", "not begun", "risen", "other office", "none"],
)
@pytest.mark.parametrize("terms", ["both", "one", "none"])
def test_an_office_gives_access_here_as_it_does_at_sign_up(newly, here, held, terms):
    person = mayor_of("Fanø")
    Office.objects.filter(person=person).delete()
    for kind, starts_on, ends_on in held:
        OfficeFactory(
            person=person,
            kind=kind,
            municipality=MunicipalityFactory(name="Fanø"),
            starts_on=starts_on,
            ends_on=ends_on,
        )
    ElectionTerm.objects.all().delete()
    if terms != "none":
        ElectionTermFactory()
    if terms == "both":
        ElectionTermFactory(starts_on=date(2022, 1, 1), ends_on=date(2025, 12, 31))
    audience = AudienceFactory(name="Prøve", newly_elected=newly)
    if here:
        audience.municipalities.add(MunicipalityFactory(name=here))
    on = date(2027, 5, 5)

    found = admits_by_office(audience, person.offices.all(), on=on, terms=ElectionTerm.objects.all())

    assert found is audience.admits(person, on=on)
