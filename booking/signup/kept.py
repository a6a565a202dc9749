"""What somebody had written when they turned out to be signed out: kept a while in their own visit."""

from django.utils import timezone

from booking.sessions.models import SessionPage
from booking.signup.forms import SignUpForm

_KEY = "sign_up_kept"
#: Seconds; long enough to sign in again, short enough for a borrowed machine.
KEPT_FOR = 60 * 60

#: Neither the ticks and numbers that belong to one showing of the form, nor what says something of a person's health.
_NOT_KEPT = {"submission", "shown", "shown_conditions", "accepted", "diet", "room"}


def keep(request, session: SessionPage) -> None:
    """Keep what the form brought until its sender is back."""
    names = SignUpForm.base_fields.keys() - _NOT_KEPT
    written = {name: request.POST[name][:200] for name in names if name in request.POST}
    request.session[_KEY] = {"session": session.pk, "at": timezone.now().timestamp(), "written": written}


def kept_for(request, session: SessionPage) -> dict[str, str]:
    """What was kept for this session's form, if it is not too long ago."""
    kept = request.session.get(_KEY)
    if not kept or kept["session"] != session.pk or kept["at"] < timezone.now().timestamp() - KEPT_FOR:
        return {}
    return kept["written"]


def forget(request) -> None:
    request.session.pop(_KEY, None)
