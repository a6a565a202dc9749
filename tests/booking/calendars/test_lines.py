"""Lines of a calendar file: what is escaped, and where they break."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from dateutil.tz import tzical

from booking.calendars.lines import VTIMEZONE, clean, escaped, folded, line, quoted
from booking.dates import COPENHAGEN


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Mad, drikke; og \\ mere", "Mad\\, drikke\\; og \\\\ mere"),
        ("to\nlinjer", "to\\nlinjer"),
        ("to\r\nlinjer", "to\\nlinjer"),
        ("to\rlinjer", "to\\nlinjer"),
        ("to\u2028linjer\x85og en", "to\\nlinjer\\nog en"),
        ("klokke\x07 og \x1b[31mrødt\x7f\x00", "klokke og [31mrødt"),
        ("halv\ud83d", "halv"),
        ("tabulator\tbliver", "tabulator\tbliver"),
        ("kolon: og \"citat\" og 'pling'", "kolon: og \"citat\" og 'pling'"),
        ("\\n er ikke et linjeskift", "\\\\n er ikke et linjeskift"),
    ],
)
def test_text_means_itself(text, written):
    assert escaped(text) == written


def test_nothing_that_splits_a_line_is_left():
    everything = "".join(map(chr, range(0x3000)))

    assert clean(everything).replace("\n", "").splitlines() == [clean(everything).replace("\n", "")]


def test_a_quoted_value_ends_where_it_should():
    assert quoted('KL "Kommunernes"\r\nX:1') == "\"KL 'Kommunernes' X:1\""


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (datetime(2027, 5, 5, 8, 0, 0, 999, tzinfo=UTC), "X:20270505T080000Z\r\n"),
        (datetime(2027, 5, 5, 10, tzinfo=COPENHAGEN), "X;TZID=Europe/Copenhagen:20270505T100000\r\n"),
        (date(2027, 5, 5), "X;VALUE=DATE:20270505\r\n"),
        (3, "X:3\r\n"),
        (["a,b", "c"], "X:a\\,b,c\r\n"),
        ("a,b", "X:a\\,b\r\n"),
    ],
    ids=["moment", "wall clock", "day", "number", "list", "text"],
)
def test_every_kind_of_value_is_written_its_own_way(value, written):
    assert line("X", value) == written


@pytest.mark.parametrize("character", ["a", "æ", "€", "🎉", "\u0301"])
@pytest.mark.parametrize("length", [*range(30, 80), 148, 149, 150, 1000])
def test_lines_break_by_octets_and_never_within_a_character(character, length):
    content = "X:" + character * length

    octets = folded(content).encode()

    lines = octets.split(b"\r\n")
    assert lines.pop() == b""
    assert max(map(len, lines)) <= 75
    assert all(one.decode() for one in lines)
    assert octets.replace(b"\r\n ", b"").decode() == content + "\r\n"


def test_a_line_is_as_full_as_it_can_be():
    assert folded("x" * 75) == "x" * 75 + "\r\n"
    assert folded("x" * 76) == "x" * 75 + "\r\n x\r\n"
    assert folded("x" * 150) == "x" * 75 + "\r\n " + "x" * 74 + "\r\n x\r\n"


def test_a_space_at_the_break_is_kept():
    content = "X:" + "a" * 73 + " " + "b" * 10

    assert folded(content) == "X:" + "a" * 73 + "\r\n  " + "b" * 10 + "\r\n"


@pytest.mark.parametrize("year", range(2022, 2032))
@pytest.mark.parametrize("month", [3, 7, 10, 12])
def test_the_time_zone_in_the_file_is_danish_time(year, month):
    """A program that knows no time zones by name has only these two rules to go by."""
    rules = VTIMEZONE.replace("X-LIC-LOCATION:Europe/Copenhagen\r\n", "")  # which this reader does not know
    told = tzical(StringIO(rules)).get("Europe/Copenhagen")
    first = datetime(year, month, 1, tzinfo=UTC)

    for hours in range(31 * 24):
        moment = first + timedelta(hours=hours)
        assert moment.astimezone(told).replace(tzinfo=None) == moment.astimezone(COPENHAGEN).replace(tzinfo=None)
