"""What the tests use: SQLite, or PostgreSQL when ``TEST_DATABASE`` says so."""

from .base import *

SECRET_KEY = "tests only"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]

SITE_URL = "https://borgmestre.example.org"
WAGTAILADMIN_BASE_URL = SITE_URL

DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "var" / "test.sqlite3"}}
MEDIA_ROOT = BASE_DIR / "var" / "test-media"
DEFAULT_FROM_EMAIL = "borgmestertilbud@example.org"
