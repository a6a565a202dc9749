"""What somebody had written when they turned out to be signed out: kept a while in their own visit."""

import re
from typing import Any

from django.utils import timezone

from booking.sessions.models import SessionPage
from booking.signup.guest_field import without_wishes
from booking.signup.order_form import SignUpForm

_KEY = "sign_up_kept"
#: Seconds; long enough to sign in again, short enough for a borrowed machine.
KEPT_FOR = 60 * 60

#: Neither the ticks and numbers that belong to one showing of the form, nor what says something of a person's health.
_NOT_KEPT = {"submission", "shown", "to_line", "shown_conditions", "accepted"}
#: What is kept of a seat, under the id of whoever it is for.
_OF_A_SEAT = re.compile(r"(?P<person>[0-9]{1,18})-(?P<field>may_be_listed|add_ons)")
#: As much of a list of names and addresses as is kept.
_LONG = 10_000
#: More than anybody chooses.
_MANY = 200


def keep(request, session: SessionPage) -> None:
    """Keep what the form brought until its sender is back."""
    written: dict[str, Any] = {}
    for name in [name for name in request.POST if len(name) < 40][: _MANY * 2]:
        values = [value[:200] for value in request.POST.getlist(name)[:_MANY]]
        of_a_seat = _OF_A_SEAT.fullmatch(name)
        if of_a_seat:
            is_tick = of_a_seat["field"] == "may_be_listed"
            written.setdefault(of_a_seat["person"], {})[of_a_seat["field"]] = values[-1] if is_tick else values
        elif name in {"participant", "guest_add_ons"}:
            written[name] = values
        elif name == "guests":
            written[name] = without_wishes(request.POST[name][:_LONG])
        elif name in SignUpForm.base_fields.keys() - _NOT_KEPT:
            written[name] = values[-1]
    request.session[_KEY] = {"session": session.pk, "at": timezone.now().timestamp(), "written": written}


def kept_for(request, session: SessionPage) -> dict[str, Any]:
    """What was kept for this session's form, if it is not too long ago."""
    kept = request.session.get(_KEY)
    if not kept or kept["session"] != session.pk or kept["at"] < timezone.now().timestamp() - KEPT_FOR:
        return {}
    return kept["written"]


def forget(request) -> None:
    request.session.pop(_KEY, None)
