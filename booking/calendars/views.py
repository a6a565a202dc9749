"""The calendar over HTTP: the feed, one session's file, the page of what comes, and the stable address of a session."""

import gzip
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote, urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from booking.calendars.addresses import address
from booking.calendars.choose import FeedForm
from booking.calendars.events import CalendarFile, session_file
from booking.calendars.feed import ALL, find, name_of
from booking.calendars.models import Feed
from booking.calendars.months import coming, sources
from booking.calendars.outside import OutsideCalendar
from booking.sessions.calendar_entry import CalendarEntry

#: Seconds that a copy may be used without asking again.
FRESH = 300

#: So many files a worker keeps at hand, of a megabyte at the most.
COPIES = 16


@csrf_exempt  # so that a POST is told what is allowed, not that a token is missing
@require_safe
def feed(request: HttpRequest, key: str) -> HttpResponseBase:
    """A stored feed. Whoever has the latest is told so before its body is read."""
    stored = find(key, now=timezone.now())
    if stored is None:
        raise Http404
    zipped = _takes_gzip(request)
    response = get_conditional_response(request, etag=_etag(stored, zipped), last_modified=_seconds(stored.changed_at))
    if response is None:
        try:
            content = copy_of(stored.pk, stored.revision, stored.changed_at, zipped)
        except Feed.DoesNotExist:  # it moved on between the two readings
            return feed(request, key)
        response = HttpResponse(content, content_type=CalendarFile.mime_type)
        response["Content-Disposition"] = 'inline; filename="tilbud-til-borgmestre.ics"'
        if zipped:
            response["Content-Encoding"] = "gzip"
    patch_vary_headers(response, ["Accept-Encoding"])
    return _stamped(response, _etag(stored, zipped), stored.changed_at)


@csrf_exempt
@require_safe
def session_ics(request: HttpRequest, uid: UUID) -> HttpResponseBase:
    """One session as a file to open. One that was taken off the site says that it is cancelled."""
    entry = get_object_or_404(CalendarEntry, uid=uid, words="")
    etag = f'"{entry.uid}-{entry.sequence}-{_seconds(entry.changed_at)}"'
    response = get_conditional_response(request, etag=etag, last_modified=_seconds(entry.changed_at))
    if response is None:
        response = HttpResponse(session_file(entry), content_type=CalendarFile.mime_type)
        response["Content-Disposition"] = f'attachment; filename="{entry.starts_on:%Y-%m-%d}.ics"'
    return _stamped(response, etag, entry.changed_at)


@require_safe
def event(request: HttpRequest, uid: UUID) -> HttpResponseBase:
    """Where calendars and mails point: on to the session's page wherever it lies now, or a word that it is gone."""
    entry = get_object_or_404(CalendarEntry.objects.select_related("session"), uid=uid)
    page = entry.session
    url = page.get_url(request) if page and page.live else None
    if url is None:
        return TemplateResponse(request, "booking/calendar_gone.html", {"entry": entry}, status=410)
    return HttpResponseRedirect(url)


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """What comes, month by month."""
    months, expected = coming(timezone.now())
    context = {
        "months": months,
        "expected": expected,
        "sources": sources(months),
        "feed_url": address("booking:feed", ALL),
    }
    return TemplateResponse(request, "booking/calendar.html", context)


@require_safe
def subscribe(request: HttpRequest) -> HttpResponse:
    """The way to each feed, and how to get it into one's own calendar, program by program.

    ``?kalender=tilbud/12`` leads to one of them, as the pages of offers and headings do; any other word to them all.
    """
    form = FeedForm(request.GET if "kalender" in request.GET else None)
    feed_url = address("booking:feed", form.chosen())
    webcal_url = "webcal:" + feed_url.partition(":")[2]
    context = {
        "form": form,
        "my_calendars": reverse("booking:my_calendars"),
        "chosen_name": name_of(form.chosen()),
        "feed_url": feed_url,
        "sources": list(OutsideCalendar.objects.filter(is_shown=True).values_list("name", flat=True)),
        "webcal_url": webcal_url,
        "google_url": "https://calendar.google.com/calendar/r?cid=" + quote(webcal_url, safe=""),
        "outlook_url": "https://outlook.office.com/calendar/0/addfromweb?" + urlencode({"url": feed_url}),
    }
    return TemplateResponse(request, "booking/calendar_subscribe.html", context)


def _etag(feed: Feed, zipped: bool) -> str:
    """Says which bytes; the moment tells a feed from one of the same number in a database made anew."""
    return f'"{feed.key}-{feed.revision}-{_seconds(feed.changed_at)}{"-gzip" if zipped else ""}"'


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _stamped(response: HttpResponseBase, etag: str, changed_at: datetime) -> HttpResponseBase:
    """With what a cache must know, also on a 304."""
    response["ETag"] = etag
    response["Last-Modified"] = http_date(_seconds(changed_at))
    response["Cache-Control"] = f"public, max-age={FRESH}"
    return response


def _takes_gzip(request: HttpRequest) -> bool:
    """Whether the client asks for gzip by name, and not with a weight of nought."""
    for offer in request.headers.get("Accept-Encoding", "").lower().split(","):
        coding, _semicolon, weight = offer.partition(";")
        if coding.strip() in {"gzip", "x-gzip"}:
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


@lru_cache(maxsize=COPIES)
def copy_of(pk: int, revision: int, changed_at: datetime, zipped: bool) -> bytes:
    """The bytes of a revision, which every worker sends alike. Raises Feed.DoesNotExist where it is not the latest."""
    body = Feed.objects.values_list("body", flat=True).get(pk=pk, revision=revision, changed_at=changed_at).encode()
    return gzip.compress(body, mtime=0) if zipped else body
