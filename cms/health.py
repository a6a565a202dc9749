"""Whether the site can work at all: what a load balancer asks every few seconds."""

import logging

from django.db import DatabaseError, connection
from django.http import HttpResponse

logger = logging.getLogger(__name__)


def health() -> HttpResponse:
    """Say "ok" when the database answers, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        logger.exception("the database does not answer")
        return HttpResponse("database", status=503, content_type="text/plain", headers={"Cache-Control": "no-store"})
    return HttpResponse("ok", content_type="text/plain", headers={"Cache-Control": "no-store"})


class HealthMiddleware:
    """Answer ``/healthz`` before anything else looks at the request.

    A probe calls by IP address over plain HTTP, so host names, redirects to HTTPS and sessions must not get in its way.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path_info == "/healthz" and request.method in {"GET", "HEAD"}:
            return health()
        return self.get_response(request)
