"""What ``make run`` uses: SQLite, local files, mail to the console. No account, key or service needed."""

import os

from .base import *

DEBUG = os.environ.get("DEBUG") == "1"
SECRET_KEY = "development only, and known to everyone"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

SITE_URL = f"http://localhost:{os.environ.get('PORT', '8000')}"
WAGTAILADMIN_BASE_URL = SITE_URL

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": BASE_DIR / "var" / "db.sqlite3",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}

MEDIA_ROOT = BASE_DIR / "var" / "media"
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
DEFAULT_FROM_EMAIL = "borgmestertilbud@example.org"
