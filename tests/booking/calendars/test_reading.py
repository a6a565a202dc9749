"""A stranger's calendar file is read whole, or not at all and with the reason."""

from datetime import UTC, date, datetime
from time import monotonic

import pytest

from booking.calendars import reading
from booking.calendars.reading import Event, Fault, Unreadable, read, read_here

FIRST, LAST = date(2026, 11, 1), date(2030, 11, 1)


def calendar(*lines: str) -> bytes:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Test//DA", *lines, "END:VCALENDAR", ""]).encode()


def event(*lines: str, uid: str = "b98@example.org") -> str:
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", *lines, "END:VEVENT"])


def events(*lines: str) -> list[Event]:
    return read_here(calendar(*lines), first=FIRST, last=LAST)


def times(*lines: str) -> list[tuple]:
    return [(one.starts_at or one.starts_on, one.ends_at or one.ends_on) for one in events(*lines)]


def test_an_event_is_read_with_all_that_is_shown():
    [read] = events(
        event(
            "SUMMARY:B98-møde\\, marts",
            "LOCATION:KL-Huset",
            "DESCRIPTION:Dagsorden følger.\\nMød til tiden.",
            "URL:https://kalender.example.org/b98",
            "DTSTART:20270305T090000Z",
            "DTEND:20270305T110000Z",
            "STATUS:CANCELLED",
        )
    )

    assert read == Event(
        uid="b98@example.org",
        recurrence="",
        title="B98-møde, marts",
        place="KL-Huset",
        description="Dagsorden følger.\nMød til tiden.",
        url="https://kalender.example.org/b98",
        starts_on=date(2027, 3, 5),
        ends_on=date(2027, 3, 5),
        starts_at=datetime(2027, 3, 5, 9, tzinfo=UTC),
        ends_at=datetime(2027, 3, 5, 11, tzinfo=UTC),
        is_cancelled=True,
    )


OWN_ZONE = """\
BEGIN:VTIMEZONE
TZID:Min egen
BEGIN:STANDARD
DTSTART:19701025T030000
TZOFFSETFROM:+0530
TZOFFSETTO:+0430
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
TZOFFSETFROM:+0430
TZOFFSETTO:+0530
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
END:VTIMEZONE""".splitlines()


@pytest.mark.parametrize(
    ("lines", "starts", "ends"),
    [
        (["DTSTART:20270701T080000Z", "DURATION:PT2H"], (8, 0), (10, 0)),
        (["DTSTART;TZID=Europe/Copenhagen:20270701T100000", "DURATION:PT2H"], (8, 0), (10, 0)),
        (["DTSTART;TZID=Romance Standard Time:20270701T100000", "DURATION:PT2H"], (8, 0), (10, 0)),
        (["DTSTART:20270701T100000", "DTEND:20270701T120000"], (8, 0), (10, 0)),
        (["DTSTART;TZID=Ingen kender den:20270701T100000", "DURATION:PT2H"], (8, 0), (10, 0)),
        (["DTSTART;TZID=Min egen:20270701T100000", "DTEND;TZID=Min egen:20270701T120000"], (4, 30), (6, 30)),
        (["DTSTART:20270701T080000Z"], (8, 0), (8, 0)),
    ],
    ids=["utc", "copenhagen", "outlook's name", "floating is Danish", "unknown zone is Danish", "own zone", "no end"],
)  # fmt: skip
def test_a_time_is_a_moment_whatever_its_zone(lines, starts, ends):
    assert times(*OWN_ZONE, event(*lines)) == times(event(*lines), *OWN_ZONE) == [
        (datetime(2027, 7, 1, *starts, tzinfo=UTC), datetime(2027, 7, 1, *ends, tzinfo=UTC))
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "first", "last"),
    [
        (["DTSTART;VALUE=DATE:20270305"], (3, 5), (3, 5)),
        (["DTSTART;VALUE=DATE:20270305", "DTEND;VALUE=DATE:20270307"], (3, 5), (3, 6)),
        (["DTSTART;VALUE=DATE:20270305", "DTEND;VALUE=DATE:20270305"], (3, 5), (3, 5)),
        (["DTSTART;VALUE=DATE:20270305", "DURATION:P2D"], (3, 5), (3, 6)),
        (["DTSTART:20270305T220000", "DTEND:20270306T000000"], (3, 5), (3, 5)),
        (["DTSTART:20270305T233000Z", "DTEND:20270306T003000Z"], (3, 6), (3, 6)),
    ],
    ids=["a day", "two days", "no length", "by duration", "until midnight", "another day here"],
)
def test_the_days_are_danish_and_the_last_is_among_them(lines, first, last):
    [read] = events(event(*lines))

    assert (read.starts_on, read.ends_on) == (date(2027, *first), date(2027, *last))


def test_a_series_keeps_its_hour_when_the_clock_changes():
    monthly = event(
        "DTSTART;TZID=Europe/Copenhagen:20270210T100000",
        "DTEND;TZID=Europe/Copenhagen:20270210T120000",
        "RRULE:FREQ=MONTHLY;BYDAY=2WE;UNTIL=20270414T080000Z",
    )

    assert [(read.uid, read.recurrence, read.starts_at) for read in events(monthly)] == [
        ("b98@example.org", "20270210T090000Z", datetime(2027, 2, 10, 9, tzinfo=UTC)),
        ("b98@example.org", "20270310T090000Z", datetime(2027, 3, 10, 9, tzinfo=UTC)),
        ("b98@example.org", "20270414T080000Z", datetime(2027, 4, 14, 8, tzinfo=UTC)),
    ]


def test_days_are_left_out_of_a_series_added_to_it_and_moved_in_it():
    series = event(
        "DTSTART;VALUE=DATE:20270104",
        "RRULE:FREQ=WEEKLY;COUNT=4",
        "EXDATE;VALUE=DATE:20270111",
        "RDATE;VALUE=DATE:20270301",
    )
    moved = event("DTSTART;VALUE=DATE:20270119", "RECURRENCE-ID;VALUE=DATE:20270118", "SUMMARY:Flyttet")
    called_off = event("DTSTART;VALUE=DATE:20270125", "RECURRENCE-ID;VALUE=DATE:20270125", "STATUS:CANCELLED")

    for order in ([series, moved, called_off], [called_off, moved, series]):
        assert [(read.recurrence, read.starts_on, read.is_cancelled) for read in events(*order)] == [
            ("20270104", date(2027, 1, 4), False),
            ("20270118", date(2027, 1, 19), False),
            ("20270125", date(2027, 1, 25), True),
            ("20270301", date(2027, 3, 1), False),
        ]


@pytest.mark.parametrize(
    ("length", "ends"),
    [("DURATION:P1D", 10), ("DURATION:P1DT2H", 12), ("DURATION:PT23H", 10), ("DTEND:20270328T100000Z", 10)],
)
def test_a_day_of_length_is_a_day_on_the_clock_and_an_hour_is_an_hour(length, ends):
    """The night between has 23 hours."""
    lines = event("DTSTART;TZID=Europe/Copenhagen:20270327T120000", length)

    assert times(lines) == [(datetime(2027, 3, 27, 11, tzinfo=UTC), datetime(2027, 3, 28, ends, tzinfo=UTC))]


def test_a_time_added_to_a_series_may_have_a_length_of_its_own():
    added = "RDATE;VALUE=PERIOD:20270305T090000Z/PT3H,20270306T090000Z/20270306T113000Z"

    assert times(event("DTSTART:20270301T090000Z", "DURATION:PT1H", added)) == [
        (datetime(2027, 3, 1, 9, tzinfo=UTC), datetime(2027, 3, 1, 10, tzinfo=UTC)),
        (datetime(2027, 3, 5, 9, tzinfo=UTC), datetime(2027, 3, 5, 12, tzinfo=UTC)),
        (datetime(2027, 3, 6, 9, tzinfo=UTC), datetime(2027, 3, 6, 11, 30, tzinfo=UTC)),
    ]


@pytest.mark.parametrize(
    ("starts", "left_out"),
    [
        ("DTSTART;TZID=Europe/Copenhagen:20270301T090000", "EXDATE;TZID=Europe/Copenhagen:20270302T090000"),
        ("DTSTART;TZID=Europe/Copenhagen:20270301T090000", "EXDATE:20270302T080000Z"),
        ("DTSTART;TZID=Europe/Copenhagen:20270301T090000", "EXDATE;VALUE=DATE:20270302"),
        ("DTSTART;VALUE=DATE:20270301", "EXDATE;VALUE=DATE:20270302"),
        ("DTSTART;VALUE=DATE:20270301", "EXDATE:20270302T000000Z"),
    ],
    ids=["its hour", "its hour elsewhere", "the day of its hour", "its day", "an hour of its day"],
)
def test_a_day_is_left_out_however_it_is_named(starts, left_out):
    found = events(event(starts, "RRULE:FREQ=DAILY;COUNT=3", left_out))

    assert [one.starts_on.day for one in found] == [1, 3]


@pytest.mark.parametrize("turned", [1, -1], ids=["the new one last", "the new one first"])
def test_of_two_versions_in_a_file_the_higher_counts(turned):
    old = event("DTSTART:20270301T080000Z", "RRULE:FREQ=WEEKLY;COUNT=2", "SUMMARY:Mandage", "SEQUENCE:1")
    new = event("DTSTART:20270302T080000Z", "RRULE:FREQ=WEEKLY;COUNT=2", "SUMMARY:Tirsdage", "SEQUENCE:2")

    found = events(*[old, new][::turned])

    assert [(one.title, one.starts_on.day) for one in found] == [("Tirsdage", 2), ("Tirsdage", 9)]


def test_of_two_versions_with_one_number_the_last_counts():
    first, last = (event("DTSTART:20270301T080000Z", f"SUMMARY:{title}") for title in ("Først", "Sidst"))

    assert [one.title for one in events(first, last)] == ["Sidst"]


def test_a_line_may_be_folded_within_a_letter():
    """The standard asks readers to bear it."""
    lines = calendar(event("DTSTART:20270301T080000Z", "SUMMARY:Møde på Ærø"))
    folded = lines.replace("ø".encode(), b"\xc3\r\n \xb8").replace("å".encode(), b"\xc3\n\t\xa5")

    assert [one.title for one in read_here(folded, first=FIRST, last=LAST)] == ["Møde på Ærø"]


def test_a_file_may_hold_several_calendars():
    one, other = (calendar(event("DTSTART:20270301T080000Z", uid=uid)) for uid in ("a@example.org", "b@example.org"))

    assert [read.uid for read in read_here(one + other, first=FIRST, last=LAST)] == ["a@example.org", "b@example.org"]


def test_an_endless_series_is_followed_to_the_end_of_the_time_that_is_asked_for():
    read = events(event("DTSTART;VALUE=DATE:19950601", "RRULE:FREQ=YEARLY"))

    assert [one.starts_on.year for one in read] == [2027, 2028, 2029, 2030]


def test_what_is_outside_the_time_and_what_is_private_is_left_out():
    read = events(
        event("DTSTART;VALUE=DATE:20261031", uid="before"),
        event("DTSTART;VALUE=DATE:20261030", "DTEND;VALUE=DATE:20261102", uid="still going on"),
        event("DTSTART;VALUE=DATE:20301102", uid="after"),
        event("DTSTART;VALUE=DATE:20270101", "CLASS:PRIVATE", uid="private"),
        event("DTSTART;VALUE=DATE:20270101", "CLASS:CONFIDENTIAL", uid="confidential"),
    )

    assert [one.uid for one in read] == ["still going on"]


def test_text_comes_without_what_no_page_may_show():
    [read] = events(
        event("DTSTART;VALUE=DATE:20270305", "SUMMARY:A\x01B  C", "URL:javascript:alert(1)", "LOCATION:" + "x" * 999)
    )

    assert (read.title, read.url, len(read.place)) == ("AB C", "", 400)


def test_an_event_without_a_name_of_its_own_gets_the_same_one_each_time():
    nameless = ["BEGIN:VEVENT", "DTSTART;VALUE=DATE:20270305", "SUMMARY:KKR", "END:VEVENT"]

    assert events(*nameless)[0].uid == events("X-NOTHING:1", *nameless)[0].uid
    assert len(events(event("DTSTART;VALUE=DATE:20270305", uid="x" * 300))[0].uid) == 64


DAILY = "DTSTART;VALUE=DATE:20270101\r\nRRULE:FREQ=DAILY"
FINE = event("DTSTART;VALUE=DATE:20270305", "SUMMARY:Topmøde")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", Fault.NOT_A_CALENDAR),
        (b"<!doctype html><title>Log ind</title>", Fault.NOT_A_CALENDAR),
        (calendar(FINE)[:-30], Fault.NOT_A_CALENDAR),
        (calendar("END:VCALENDAR"), Fault.NOT_A_CALENDAR),
        (calendar("en linje uden mening"), Fault.NOT_A_CALENDAR),
        (calendar(*["BEGIN:VEVENT"] * 2000, *["END:VEVENT"] * 2000), Fault.NOT_A_CALENDAR),
        (calendar(FINE).decode().encode("utf-16"), Fault.NOT_TEXT),
        (calendar(FINE.replace("ø", "\xf8")).decode().encode("latin-1"), Fault.NOT_TEXT),
        (calendar("X:" + "x" * reading.MOST_BYTES), Fault.TOO_LARGE),
        (calendar(*["X:1"] * (reading.MOST_LINES + 1)), Fault.TOO_LARGE),
        (calendar(*[FINE] * (reading.MOST_EVENTS + 1)), Fault.TOO_MANY_EVENTS),
        (calendar(event("SUMMARY:Uden dag")), Fault.BROKEN_EVENT),
        (calendar(event("DTSTART:i morgen")), Fault.BROKEN_EVENT),
        (calendar(event("DTSTART:PT1H")), Fault.BROKEN_EVENT),
        (calendar(event("DTSTART:20270305T100000Z", "RECURRENCE-ID:100000")), Fault.BROKEN_EVENT),
        (calendar(event("DTSTART:20270305T100000Z", "DTSTART:20270306T100000Z")), Fault.BROKEN_EVENT),
        (calendar(event("DTSTART;VALUE=DATE:20270305", "DTEND;VALUE=DATE:20270301")), Fault.BROKEN_EVENT),
        (calendar(event("DTSTART;VALUE=DATE:20270305", "DTEND:20270306T100000Z")), Fault.BROKEN_EVENT),
        (calendar(event("DTSTART:20270305T100000Z", "DURATION:P99999999999W")), Fault.BROKEN_EVENT),
        (calendar(event("DTSTART;VALUE=DATE:20270305", "RECURRENCE-ID;VALUE=DATE:09990101")), Fault.BROKEN_EVENT),
        (calendar(event("DTSTART:20270305T100000Z", "RECURRENCE-ID:02990101T000000Z")), Fault.BROKEN_EVENT),
        (calendar(event("DTSTART;VALUE=DATE:00010101", "DTEND;VALUE=DATE:20280101")), Fault.BROKEN_EVENT),
        (calendar(event("DTSTART:20270305T100000Z", "DTEND:99991231T230000Z")), Fault.BROKEN_EVENT),
        (calendar(event("DTSTART:20270305T100000Z", "RRULE:FREQ=WEEKLY;BYDAY=XX")), Fault.BROKEN_EVENT),
        (calendar(event("DTSTART:20270305T100000Z", "RRULE:INTERVAL=2")), Fault.BROKEN_EVENT),
        (calendar(event("DTSTART:20270305T100000Z", "RRULE:FREQ=SECONDLY", "SUMMARY:Bombe")), Fault.TOO_OFTEN),
        (calendar(event("DTSTART:20270305T100000Z", "RRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5,6")), Fault.TOO_MANY_DAYS),
        (calendar(event(DAILY, uid="a"), event(DAILY, uid="b")), Fault.TOO_MANY_DAYS),
    ],
)  # fmt: skip
def test_a_broken_huge_or_hostile_file_is_told_by_its_fault(content, fault):
    with pytest.raises(Unreadable) as here:
        read_here(content, first=FIRST, last=LAST)
    with pytest.raises(Unreadable) as elsewhere:
        read(content, first=FIRST, last=LAST)

    assert (here.value.fault, elsewhere.value.fault) == (fault, fault)


def test_the_fault_names_the_event():
    with pytest.raises(Unreadable) as unreadable:
        read(calendar(FINE, event("SUMMARY:Kontaktudvalg", "DTSTART:i morgen")), first=FIRST, last=LAST)

    assert unreadable.value.where == "Kontaktudvalg"


def test_reading_elsewhere_gives_the_same_events():
    content = calendar(FINE, event("DTSTART:20270305T100000Z", "RRULE:FREQ=WEEKLY;COUNT=3", uid="uge"))

    assert read(content, first=FIRST, last=LAST) == read_here(content, first=FIRST, last=LAST)
    assert len(read(content, first=FIRST, last=LAST)) == 4


def test_a_rule_that_never_comes_to_a_day_is_given_up(monkeypatch):
    monkeypatch.setattr(reading, "PATIENCE", 3)
    rule = "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"
    never = [event("DTSTART:00010101T000000Z", rule, uid=str(number)) for number in range(99)]

    began = monotonic()
    with pytest.raises(Unreadable) as unreadable:
        read(calendar(*never), first=FIRST, last=LAST)

    assert unreadable.value.fault == Fault.TOO_SLOW
    assert monotonic() - began < 90  # patience is with the file, not with each of its events
