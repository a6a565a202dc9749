"""The lines of a calendar file: values escaped, and long lines folded by octets. Pure text, no database.

Source: RFC 5545, sections 3.1 (folding) and 3.3 (value types).
"""

import re
from datetime import UTC, date, datetime

TIMEZONE = "Europe/Copenhagen"
LINE_OCTETS = 75

#: What other programs may take for the end of a line, apart from the line feed itself.
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
#: What no text value may hold: control characters apart from line feed and tab, and halves of characters.
_UNSPEAKABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")

_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


def clean(text: str) -> str:
    """``text`` with plain line feeds and without control characters."""
    return _UNSPEAKABLE.sub("", _LINE_ENDS.sub("\n", text))


def escaped(text: str) -> str:
    """A TEXT value: commas, semicolons, backslashes and line feeds mean themselves."""
    return clean(text).translate(_ESCAPES)


def quoted(text: str) -> str:
    """A parameter's value in quotation marks, which it cannot hold itself."""
    return '"' + clean(text).replace('"', "'").replace("\n", " ") + '"'


def line(name: str, value: str | int | date | datetime | list[str]) -> str:
    """One property with its value as its kind is written, folded and ended."""
    match value:
        case datetime() if value.tzinfo is UTC:
            return folded(f"{name}:{value:%Y%m%dT%H%M%SZ}")
        case datetime():  # a wall clock in Copenhagen
            return folded(f"{name};TZID={TIMEZONE}:{value:%Y%m%dT%H%M%S}")
        case date():
            return folded(f"{name};VALUE=DATE:{value:%Y%m%d}")
        case list():
            return folded(f"{name}:{','.join(escaped(one) for one in value)}")
        case int():
            return folded(f"{name}:{value}")
        case _:
            return folded(f"{name}:{escaped(value)}")


def folded(content: str) -> str:
    """The line with its end, broken after at most 75 octets and never within a character."""
    octets = content.encode()
    if len(octets) <= LINE_OCTETS:
        return content + "\r\n"
    pieces, start, room = [], 0, LINE_OCTETS
    while len(octets) - start > room:
        end = start + room
        while octets[end] & 0b1100_0000 == 0b1000_0000:  # the inside of a character
            end -= 1
        pieces.append(octets[start:end])
        start, room = end, LINE_OCTETS - 1  # the space that begins a continued line
    pieces.append(octets[start:])
    return b"\r\n ".join(pieces).decode() + "\r\n"


#: Danish time as two yearly rules, the one form that every calendar program reads alike.
VTIMEZONE = """\
BEGIN:VTIMEZONE
TZID:Europe/Copenhagen
X-LIC-LOCATION:Europe/Copenhagen
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
""".replace("\n", "\r\n")
