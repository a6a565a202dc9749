"""What the public sees. Everything comes from the environment; a missing name stops the start and is named.

What each name means stands in docs/production.md.
"""

import os

from botocore.config import Config

from cms.logs import logging_to_console

from .base import *
from .identity_provider import identity_provider_from

SECRET_KEY = os.environ["SECRET_KEY"]
SECRET_KEY_FALLBACKS = os.environ.get("SECRET_KEY_FALLBACKS", "").split()

SITE_URL = os.environ["SITE_URL"].rstrip("/")
if not SITE_URL.startswith("https://"):
    raise ValueError("SITE_URL must begin with https://")
WAGTAILADMIN_BASE_URL = SITE_URL
CALENDAR_DOMAIN = os.environ.get("CALENDAR_DOMAIN", "")
ALLOWED_HOSTS = os.environ["ALLOWED_HOSTS"].split(",")
CSRF_TRUSTED_ORIGINS = [SITE_URL]

# The names libpq, psql and pg_dump read too. Others of theirs (PGSSLMODE, PGSSLROOTCERT ...) work by themselves.
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ["PGHOST"],
        "PORT": os.environ.get("PGPORT", ""),
        "NAME": os.environ["PGDATABASE"],
        "USER": os.environ["PGUSER"],
        "PASSWORD": os.environ["PGPASSWORD"],
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5},
    }
}
CACHES = {"default": DATABASE_CACHE}

# Mail waits in the database for `manage.py db_worker --backend mail`.
TASKS = TASKS | {"mail": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

EMAIL_BACKEND = "booking.smtp.EmailBackend"
EMAIL_HOST = os.environ["EMAIL_HOST"]
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "587"))
EMAIL_HOST_USER = os.environ["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = os.environ["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = os.environ.get("EMAIL_USE_TLS", "1") == "1"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = os.environ["DEFAULT_FROM_EMAIL"]

STORAGES: dict[str, dict] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
if "S3_BUCKET" in os.environ:
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": os.environ["S3_BUCKET"],
            "endpoint_url": os.environ["S3_ENDPOINT_URL"],
            "access_key": os.environ["S3_ACCESS_KEY"],
            "secret_key": os.environ["S3_SECRET_KEY"],
            "region_name": os.environ.get("S3_REGION"),
            "custom_domain": os.environ["MEDIA_HOST"],  # where browsers fetch it; let the content policy know
            "file_overwrite": False,
            "querystring_auth": False,
        },
    }
    images = [os.environ["MEDIA_HOST"]]
else:
    MEDIA_ROOT = os.environ["MEDIA_ROOT"]
    images = []

INVOICE_OUTBOX = os.environ.get("INVOICE_OUTBOX", "").strip()
if INVOICE_OUTBOX.startswith("s3://"):
    _bucket, _slash, _below = INVOICE_OUTBOX.removeprefix("s3://").partition("/")
    STORAGES["invoices"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": _bucket,
            "location": _below.strip("/"),
            "endpoint_url": os.environ["S3_ENDPOINT_URL"],
            "access_key": os.environ["S3_ACCESS_KEY"],
            "secret_key": os.environ["S3_SECRET_KEY"],
            "region_name": os.environ.get("S3_REGION"),
            "client_config": Config(connect_timeout=5, read_timeout=10, retries={"max_attempts": 2}),
        },
    }

# Behind a proxy that ends TLS. It must set or remove this header itself, or anyone can claim to come by HTTPS.
if "PROXY_SSL_HEADER" in os.environ:
    SECURE_PROXY_SSL_HEADER = (os.environ["PROXY_SSL_HEADER"], "https")
#: How many proxies of ours add themselves to X-Forwarded-For. Too few, and all visitors share one limit at sign-in; too
#: many, and anybody can claim to come from elsewhere.
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("PROXY_COUNT", "0"))
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SILENCED_SYSTEM_CHECKS = [
    "security.W019",  # our own frames: the editor shows drafts in one
    "security.W021",  # the preload list holds whole domains, and the domain above ours is not ours to sign up
]

STAFF_NEED_SECOND_FACTOR = True

IDENTITY_PROVIDER = identity_provider_from(os.environ)
if IDENTITY_PROVIDER and not IDENTITY_PROVIDER["issuer"].startswith("https://"):
    raise ValueError("OIDC_ISSUER must begin with https://")

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-sessionid"  # a browser takes such a cookie from this very host over HTTPS alone
CSRF_COOKIE_NAME = "__Host-csrftoken"

_site = CONTENT_SECURITY_POLICY["DIRECTIVES"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": _site | {"img-src": [*_site["img-src"], *images], "upgrade-insecure-requests": True}
}
ADMIN_CONTENT_SECURITY_POLICY = ADMIN_CONTENT_SECURITY_POLICY | {
    "img-src": [*ADMIN_CONTENT_SECURITY_POLICY["img-src"], *images]
}

LOGGING = logging_to_console("JsonFormatter")
