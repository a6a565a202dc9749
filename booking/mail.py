"""A mail before it has an address, and one that has. All rooms write theirs with these; the words may be staff's."""

from collections.abc import Callable
from dataclasses import dataclass, field
from email.header import Header
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail before it has an address: ``name`` is its template in templates/booking/mail/."""

    name: str
    subject: str
    context: dict[str, Any] = field(default_factory=dict)
    calendar: str = ""
    text_kind: str = ""  # where one template has several texts of staff's

    @property
    def kind(self) -> str:
        """Which of staff's texts is meant for it (booking.messages.texts)."""
        return self.text_kind or self.name

    def text(self) -> str:
        """The plain words, without the empty lines that template tags leave."""
        lines = render_to_string(f"booking/mail/{self.name}.txt", self.context).splitlines()
        kept: list[str] = []
        for line in (line.rstrip() for line in lines):
            if line or (kept and kept[-1]):
                kept.append(line)
        return "\n".join(kept).strip() + "\n"

    def html(self) -> str:
        return render_to_string(f"booking/mail/{self.name}.html", self.context | {"subject": self.subject})


class Mail(EmailMultiAlternatives):
    """A mail whose subject begins on its own line.

    Django folds a subject before it is a header, and then it is folded once more: the first line is left empty, and
    some programs read a space before the subject.
    """

    def message(self, **policy: Any) -> Any:
        message: Any = super().message(**policy)
        message.replace_header("Subject", Header(str(self.subject), header_name="Subject"))
        return message


Dresser = Callable[[Letter], Letter]

#: Who puts staff's words into letters.
_dressers: list[Dresser] = []


def dress_with(work: Dresser) -> None:
    """Let ``work`` put staff's words into the letters of rooms below it from now on."""
    if work not in _dressers:
        _dressers.append(work)


def dressed(letter: Letter) -> Letter:
    """The letter in staff's words, where a room above has any; else as it comes with the house."""
    for work in _dressers:
        letter = work(letter)
    return letter
