"""A personal calendar over HTTP: for whoever has the key, as long as it holds, and without a trace of it."""

from hashlib import sha256

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, HttpResponseNotFound
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.csrf import csrf_exempt

from booking.calendars.events import CalendarFile
from booking.calendars.models import PersonalCalendar
from booking.calendars.personal import find_calendar, write_calendar


@csrf_exempt  # so that a POST is told what is allowed, not that a token is missing
def personal_feed(request: HttpRequest, key: str) -> HttpResponseBase:
    """The calendar; what was revoked and what never was are not found alike."""
    response = _answer(request, key)
    response["Cache-Control"] = "private, no-cache"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    # Django notes the address of whatever it refuses, and this one is a secret.
    response._has_been_logged = True
    return response


def _answer(request: HttpRequest, key: str) -> HttpResponseBase:
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    now = timezone.now()
    calendar = find_calendar(key, now=now)
    if calendar is None:
        return HttpResponseNotFound()
    try:
        body = write_calendar(calendar, now=now).encode()
    except PersonalCalendar.DoesNotExist:  # revoked while we wrote
        return HttpResponseNotFound()
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    response = get_conditional_response(request, etag=etag) or HttpResponse(body, content_type=CalendarFile.mime_type)
    if response.status_code == 200:
        response["Content-Disposition"] = 'inline; filename="min-kalender.ics"'
    response["ETag"] = etag
    return response
