"""What ``make run`` uses: SQLite, local files, mail on the console. No account, key or service needed."""

import os
from pathlib import Path

from cms.logs import logging_to_console

from .base import *
from .identity_provider import identity_provider_from

VAR_DIR = Path(os.environ.get("VAR_DIR", VAR_DIR))  # two sites beside each other need a directory each

DEBUG = os.environ.get("DEBUG") == "1"  # off unless asked for, so that error pages are the real ones
SECRET_KEY = "known to everyone, for development alone"
DEMO = True

HOST = os.environ.get("HOST", "127.0.0.1")
PORT = os.environ.get("PORT", "8000")
LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = LOOPBACK if HOST in LOOPBACK else ["*"]
SITE_URL = f"http://localhost:{PORT}"
WAGTAILADMIN_BASE_URL = SITE_URL

ROOT_URLCONF = "cms.urls_dev"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": VAR_DIR / "db.sqlite3",
        "OPTIONS": SQLITE_OPTIONS,
    }
}
CACHES = {"default": DATABASE_CACHE}

# Static files straight from the source, looked up anew at each request: no collectstatic.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
MEDIA_ROOT = VAR_DIR / "media"

DEFAULT_FROM_EMAIL = SERVER_EMAIL = "KL's tilbud til borgmestre <tilbud@example.org>"
MAILBOX_DIR = VAR_DIR / "mail"
EMAIL_BACKEND = "cms.mailbox.PrintAndKeep"
if "EMAIL_HOST" in os.environ:
    EMAIL_BACKEND = "booking.smtp.EmailBackend"
    EMAIL_HOST = os.environ["EMAIL_HOST"]
    EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "25"))
    EMAIL_TIMEOUT = 10

# So that a calendar can be followed from the machine at hand.
OUTSIDE_CALENDARS_NEARBY = os.environ.get("OUTSIDE_CALENDARS_NEARBY", "").split()

IDENTITY_PROVIDER = identity_provider_from(os.environ)

LOGGING = logging_to_console("ReadableFormatter")
LOGGING["loggers"]["wagtail"] = {"level": "WARNING"}  # else three lines for each page that the demo is made of
