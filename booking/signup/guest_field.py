"""Many participants in one field, a line each: typed, or pasted from a sheet or a mail's list of addresses."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from booking.people.models import Person
from booking.sessions.models import SessionPage
from booking.signup.fields import MailboxValidator
from booking.signup.guests import IN_AN_ORDER, Guest

#: "Holm, Anne" <anne@...>; as mail programs write an address.
_OF_A_MAIL = re.compile(r'\s*"?(?P<name>[^<>";]*?)"?\s*<(?P<email>[^<>\s]*)>\s*(?:[;,]|$)')
#: Anne Holm anne@...
_WITH_A_SPACE = re.compile(r"(?P<name>.*?)\s+(?P<email>\S+@\S+)")
#: What no name has, and what links and addresses have.
_NOT_IN_A_NAME = frozenset("@/\\<>:{}")
#: A host, which mail programs make a link of; "H.C. Andersen" has one letter before each point.
_HOST = re.compile(r"\w{2,}\.\w{2,}")
#: More than anybody writes of themselves.
_LONG = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """What the lines say: the guests that can be told, and a sentence for each line that is wrong."""

    guests: list[Guest]
    wrong: list[str]


def read_guests(text: str, *, takes_diet: bool = False, takes_room: bool = False) -> Reading:
    """A name and an address on each line; then diet and room, as far as they are asked for."""
    guests: list[Guest] = []
    wrong: list[str] = []
    line_of: dict[str, int] = {}
    for number, line in enumerate(_plain(text).splitlines(), start=1):
        for pieces in _pieces(line):
            guest = Guest(*pieces, line=number)
            problem = _problem(guest, line, takes_diet=takes_diet, takes_room=takes_room)
            if not problem and guest.email in line_of:
                problem = _("The address is on line %(other)d too. Everybody needs an address of their own.") % {
                    "other": line_of[guest.email]
                }
            if problem:
                wrong.append(on_line(number, problem))
                continue
            line_of[guest.email] = number
            guests.append(guest)
    return Reading(guests, wrong)


def on_line(number: int, sentence: str) -> str:
    return _("Line %(number)d: %(sentence)s") % {"number": number, "sentence": sentence}


def without_wishes(text: str) -> str:
    """The same lines with names and addresses alone, for where nothing of anybody's health may be kept."""
    lines = []
    for line in _plain(text).splitlines():
        lines += [f"{name}, {email}" for name, email, _diet, _room in _pieces(line)]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Without the signs that nobody can see, which are pasted along from sheets and mails."""
    return "".join(character for character in text if unicodedata.category(character) not in {"Cf", "Co", "Cs"})


def _pieces(line: str) -> Iterator[tuple[str, str, str, str]]:
    """Name, address, diet and room of each person on a line; a mail's list has several."""
    if not line.strip():
        return
    if "<" in line:
        found = list(_OF_A_MAIL.finditer(line))
        if "".join(one.group() for one in found) == line:
            yield from ((one["name"].strip(), one["email"].lower(), "", "") for one in found)
            return
    sign, times = next(((sign, 3) for sign in "\t;" if sign in line), (",", 2))  # a diet may have commas in it
    pieces = line.strip().split(sign, times)
    if len(pieces) == 1:
        spaced = _WITH_A_SPACE.fullmatch(line.strip())
        pieces = [spaced["name"], spaced["email"]] if spaced else [line, ""]
    name, email, *wishes = [" ".join(piece.split()) for piece in pieces]
    diet, room = [*wishes, "", ""][:2]
    yield name, email.lower(), diet, room


def _problem(guest: Guest, line: str, *, takes_diet: bool, takes_room: bool) -> str:
    """What is wrong with one of them; nothing if it is all right."""
    if not guest.email:
        return _("Write a name and an e-mail address with a semicolon between them. It says “%(line)s”.") % {
            "line": line.strip()[:60]
        }
    turned = "@" in guest.name and "@" not in guest.email
    if not guest.name or turned:
        address = guest.name if turned else guest.email
        return _("Write the name before the address %(email)s.") % {"email": address[:60]}
    problem, _field = guest_problem(guest.name, guest.email)
    if problem:
        return problem
    if (guest.diet and not takes_diet) or (guest.room and not takes_room):
        return _("There is more on the line than a name and an address, and we do not ask for more.")
    if max(len(guest.diet), len(guest.room)) > _LONG:
        return _("Write %(count)d characters at most after the address.") % {"count": _LONG}
    return ""


def guest_problem(name: str, email: str) -> tuple[str, str]:
    """What is wrong with a guest's name or address, and which of the two it is; nothing twice if all is right."""
    if not name.strip():
        return _("Write the name."), "name"
    is_long = len(name) > Person._meta.get_field("name").max_length
    if is_long or _NOT_IN_A_NAME & set(name) or _HOST.search(name):
        return _("“%(name)s” does not look like a name.") % {"name": name[:60]}, "name"
    if not _is_mailbox(email.strip()):
        return _("“%(email)s” is not a whole e-mail address, such as navn@kommune.dk.") % {"email": email[:60]}, "email"
    return "", ""


def _is_mailbox(email: str) -> bool:
    try:
        MailboxValidator()(email)
    except ValidationError:
        return False
    return len(email) <= Person._meta.get_field("guest_email").max_length


class GuestsField(forms.CharField):
    """The lines, cleaned to guests; all that is wrong is said at once, and what was typed stays."""

    widget = forms.Textarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"})

    #: Whether the session asks for them.
    takes_diet = takes_room = False

    def fit(self, session: SessionPage) -> None:
        """Take, and explain, as much on a line as the session asks for."""
        self.takes_diet, self.takes_room = session.needs_diet, session.needs_room
        self.help_text = _guests_hint(session)

    def to_python(self, value) -> list[Guest]:
        reading = read_guests(super().to_python(value), takes_diet=self.takes_diet, takes_room=self.takes_room)
        if reading.wrong:
            raise ValidationError(reading.wrong)
        if len(reading.guests) > IN_AN_ORDER:
            raise ValidationError(
                gettext_lazy("Write %(limit)d at most in one go. There are %(count)d."),
                params={"limit": IN_AN_ORDER, "count": len(reading.guests)},
            )
        return reading.guests

    def validate(self, value: list[Guest]):
        """Nobody need be named."""

    def run_validators(self, value: list[Guest]):
        """Each line has been looked at."""


def _guests_hint(session: SessionPage) -> str:
    """How a line is written, with an example of all that the session asks for."""
    wishes = [_("vegetarian")] if session.needs_diet else []
    wishes += [_("no room")] if session.needs_room else []
    example = "; ".join(["Anne Holm", "anne.holm@kommune.dk", *wishes])
    hint = _(
        "One on each line: name and e-mail address. They need not be in our register. You vouch for them, and each "
        "gets a mail with a calendar file. For example: %(example)s"
    )
    return hint % {"example": example}
