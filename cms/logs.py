"""Logs that help without telling on anyone: no bodies, no query strings, no addresses, no secret links.

Knows nothing of Django, so that gunicorn can use it before the site is loaded (``gunicorn.conf.py``).
"""

import json
import logging
import re
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

#: An error with a hundred causes is not a hundred times as interesting.
MOST_LINES = 100

#: What must not be kept, and what is written in its place.
_TELLTALES = [
    (re.compile(r"[^\s@<>\"'=(),;:]+@[^\s@<>\"'=(),;:]+\.\w+"), "<e-mail>"),
    (re.compile(r"\?[^\s\"']+"), "?<query>"),
    # A private calendar's address holds a key. Page addresses are as long, but in lower case and with hyphens.
    (re.compile(r"(?<=/)(?:[0-9a-f]{32,}|(?=[\w-]*[A-Z])[\w-]{32,})"), "<token>"),
]


def scrubbed(text: str) -> str:
    """``text`` without e-mail addresses, query strings and secret links."""
    for pattern, replacement in _TELLTALES:
        text = pattern.sub(replacement, text)
    return text


def _trail(error: BaseException | None) -> Iterator[str]:
    """Where an error came from, and what caused it: kind, message and lines of code, innermost last.

    Only the first line of a message: databases put the row that failed on the next.
    """
    while error:
        yield f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        for frame in traceback.extract_tb(error.__traceback__):
            yield f"  {frame.filename}:{frame.lineno} {frame.name}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


class JsonFormatter(logging.Formatter):
    """One JSON object a line, for whatever collects logs in production."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": scrubbed(record.getMessage()),
        }
        if record.exc_info and record.exc_info[1]:
            entry["error"] = scrubbed("\n".join(islice(_trail(record.exc_info[1]), MOST_LINES)))
        return json.dumps(entry, ensure_ascii=False)


class ReadableFormatter(logging.Formatter):
    """A line a person can read, for development."""

    def format(self, record: logging.LogRecord) -> str:
        return scrubbed(super().format(record))


def without_trail(record: logging.LogRecord) -> bool:
    """What a stranger can cause at will, such as a made-up host name, is one line and never says where in the code."""
    record.exc_info = None
    return True


def logging_to_console(formatter: str, level: str = "INFO") -> dict[str, Any]:
    """Django's ``LOGGING``: ``level`` and up to the console through ``formatter``, a class of this module."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"()": f"cms.logs.{formatter}", "format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}
        },
        "filters": {"without_trail": {"()": lambda: without_trail}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django hangs handlers of its own on these; without them all lines pass through ours.
            "django": {"handlers": [], "level": "NOTSET", "propagate": True},
            "django.server": {"handlers": [], "level": "NOTSET", "propagate": True},
            "django.security.DisallowedHost": {"filters": ["without_trail"]},
            "django_tasks": {"level": "WARNING"},  # two lines for each saved page, else
        },
    }
