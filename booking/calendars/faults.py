"""Why somebody else's calendar could not be taken in, in the words of whoever looks after it."""

from django.utils.translation import gettext_lazy as _

#: By the values of ``fetch.Trouble`` and ``reading.Fault``. ``detail`` is a status, or the title of an event.
SENTENCES = {
    "not_https": _("The address must begin with https://."),
    "port": _("The address names a port. Only the usual one for https is asked."),
    "inside": _("The address leads into a closed network. Only addresses on the open internet are asked."),
    "unknown_host": _("There is no such server. Look at the address."),
    "unreachable": _("The server did not answer."),
    "certificate": _("The server could not prove who it is: its certificate does not hold."),
    "too_slow_server": _("The server was too slow."),
    "redirects": _("The address sends on to another too many times."),
    "status": _("The server answered with the error %(detail)s."),
    "encoding": _("The server packed the file in a way that can't be opened."),
    "too_large": _("The file is too large for a calendar."),
    "not_text": _("The file is not text in UTF-8, as calendar files are."),
    "not_a_calendar": _("What came is not a whole calendar file (.ics)."),
    "broken_event": _("The event “%(detail)s” can't be understood."),
    "too_many_events": _("The file has too many events."),
    "too_many_days": _("The events of the file take place too many times."),
    "too_often": _("The event “%(detail)s” repeats several times a day."),
    "too_slow": _("The file takes too long to read."),
}


def sentence(fault: str, detail: str = "") -> str:
    """Why; of an event without a title, that it has none."""
    return str(SENTENCES[fault]) % {"detail": detail or _("without a title")}
