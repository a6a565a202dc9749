"""What the public feeds answered lately, to anybody: hundreds of programs ask the same day and night."""

import re
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from django.core.exceptions import DisallowedHost
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse

from booking.paths import FeedConverter

FILE_ADDRESS = re.compile(r"/kalender/.+\.ics")
FEED_ADDRESS = re.compile(rf"/kalender/({FeedConverter.regex})\.ics")

#: All that a feed's answer depends on, beside its address and what is stored.
ASKED = (
    "HTTP_ACCEPT_ENCODING",
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_MATCH",
    "HTTP_IF_UNMODIFIED_SINCE",
)

#: So many answers of one feed a worker keeps. Calendar programs ask in a few ways; in many, only who means ill.
MOST_ANSWERS = 64


class NoCookiesMiddleware:
    """Nobody below learns of the cookies that come with the request for a calendar file.

    It is the same for everybody, or for whoever has the key. A cookie that has run out would be answered with another,
    and caches keep the answer.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if FILE_ADDRESS.fullmatch(request.path_info):
            request.META.pop("HTTP_COOKIE", None)
        return self.get_response(request)


class Kept(NamedTuple):
    """What was asked of one version of a feed, and what makes the answer again."""

    version: tuple
    answers: dict[tuple, Callable[[], HttpResponse]]


class FeedAnswersMiddleware:
    """Answer as before when the same is asked of the same version of a public feed, before anybody else thinks of it.

    Which version is stored is read each time, so that no worker says less than the others. An answer is kept with the
    headers that everything below has set; what differs from one request to the next must be set above.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        self.kept: dict[str, Kept] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        found = _feed_asked_for(request)
        if found is None:
            return self.get_response(request)
        key, version = found
        kept = self.kept.get(key)
        if kept is None or kept.version != version:
            kept = self.kept[key] = Kept(version, {})
        asked = tuple(map(request.META.get, ASKED))
        if answer := kept.answers.get(asked):
            return answer()
        response = self.get_response(request)
        if response.status_code in {200, 304}:
            if len(kept.answers) >= MOST_ANSWERS:
                kept.answers.clear()
            # Had the feed moved on since its version was read, this is newer than it is taken for. It is never older.
            kept.answers[asked] = partial(type(response), response.content, headers=dict(response.items()))
        return response


def _feed_asked_for(request: HttpRequest) -> tuple[str, tuple] | None:
    """Its key and the version that is stored; None where the view has to look, or to refuse."""
    address = FEED_ADDRESS.fullmatch(request.path_info)
    if address is None or request.method not in {"GET", "HEAD"}:
        return None
    try:
        request.get_host()
        version = _latest(address[1])
    except (DisallowedHost, DatabaseError, InterfaceError):
        return None  # it will be met again below, and refused or reported as for any other page
    return version and (address[1], version)


def _latest(key: str) -> tuple | None:
    """Whatever tells one version from the next. In plain SQL, because the ORM takes ten times as long to write it."""
    with connection.cursor() as cursor:
        cursor.execute('SELECT id, revision, changed_at FROM booking_feed WHERE "key" = %s', [key])
        return cursor.fetchone()
