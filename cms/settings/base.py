"""What is the same everywhere. One plain list; dev, test and production override."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF, UNSAFE_INLINE

BASE_DIR = Path(__file__).resolve().parents[2]
#: What the site writes while it runs in development and tests. Never tracked.
VAR_DIR = BASE_DIR / "var"

# Apps and middleware

INSTALLED_APPS = [
    "cms.apps.CmsConfig",
    "home.apps.HomeConfig",
    "booking.apps.BookingConfig",
    "wagtail.contrib.redirects",
    "wagtail.contrib.sitemaps",
    "wagtail.embeds",
    "wagtail.sites",
    "cms.apps.StaffConfig",  # wagtail.users
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "django_tasks",
    "django_tasks_db",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.humanize",  # the Danish of "2 hours ago" in Wagtail's workflows
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "cms.health.HealthMiddleware",  # first: a probe knows no host name and needs no session
    "django.middleware.security.SecurityMiddleware",
    "booking.calendars.answers.NoCookiesMiddleware",  # ahead of whoever reads or sets one
    "booking.calendars.answers.FeedAnswersMiddleware",  # ahead of all that a feed does not need
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "cms.headers.PermissionsPolicyMiddleware",
    "cms.headers.ContentPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "cms.headers.PrivatePagesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "cms.second_factor.StaffSecondFactorMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
]

ROOT_URLCONF = "cms.urls"
WSGI_APPLICATION = "cms.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Language and time. Danish alone, so no page varies by the reader's browser.

LANGUAGE_CODE = "da"
LANGUAGES = [("da", "Dansk")]
LOCALE_PATHS = [
    BASE_DIR / "locale",
    BASE_DIR / "locale" / "wagtail",  # the Danish that Wagtail's admin lacks
]
TIME_ZONE = "Europe/Copenhagen"
USE_TZ = True

#: Whether `manage.py load_demo` may fill this site with people and bookings to try it with.
DEMO = False

# Data

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

#: SQLite as a server wants it: readers beside a writer, and a writer that waits its turn instead of failing.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 30,  # seconds a writer waits for another
    "init_command": (
        "PRAGMA journal_mode=WAL;"
        "PRAGMA synchronous=NORMAL;"
        "PRAGMA temp_store=MEMORY;"
        "PRAGMA cache_size=-20000;"
        "PRAGMA mmap_size=134217728;"
        "PRAGMA journal_size_limit=67108864;"
        "PRAGMA recursive_triggers=ON;"  # else INSERT OR REPLACE removes a row and no trigger hears of it
    ),
}

#: In the database, so that all workers share it: rate limits at sign-in count in it. With Django's 300 entries anybody
#: could push the counts out by asking for many addresses.
DATABASE_CACHE = {
    "BACKEND": "django.core.cache.backends.db.DatabaseCache",
    "LOCATION": "cache",
    "OPTIONS": {"MAX_ENTRIES": 50_000},
}

# Wagtail enqueues search indexing on "default"; mail has a queue of its own, so that it never waits behind it.
TASKS = {
    "default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"},
    "mail": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"},
}

# Files

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
MEDIA_URL = "/media/"
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# Who is who

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]

# Signing in is by a code sent to the address in the register (booking/people/signin.py). There are no passwords.
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "booking:my_page"
ACCOUNT_ADAPTER = "booking.people.adapter.RegisterAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # the code itself shows that the address is theirs
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 5 * 60  # seconds; mail is not always quick
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 3
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # our own mail to them does not speak of signing up
ACCOUNT_RATE_LIMITS = {"request_login_code": "20/m/ip,3/m/key", "identity_provider": "20/m/ip"}

#: Where people can also sign in (booking/people/identity_provider.py), or None. The environment says.
IDENTITY_PROVIDER: dict[str, str] | None = None
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5  # seconds that each answer of the identity provider is waited for

#: Whether staff reach their desk with a second factor alone (booking/people/second_factor.py). Production says yes.
STAFF_NEED_SECOND_FACTOR = False
MFA_ADAPTER = "booking.people.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1  # a code may be half a minute old: telephones' clocks differ, and typing takes time
MFA_RECOVERY_CODES_SHOW_ONCE = True

SESSION_COOKIE_AGE = 7 * 24 * 60 * 60
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True  # no script of ours reads it; Wagtail's take the token from the page

# What a browser may do with our pages

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"  # as frame-ancestors below, for browsers that don't know that one

PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in ["camera", "microphone", "geolocation", "payment", "usb", "browsing-topics", "interest-cohort"]
)

#: The site itself: our own files, nothing inline, nobody else's.
CONTENT_SECURITY_POLICY: dict[str, dict] = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [SELF],  # Wagtail shows drafts in a frame beside the editor
    }
}

#: Wagtail's admin has inline scripts and styles. It alone gets this policy.
ADMIN_CONTENT_SECURITY_POLICY = {
    "default-src": [SELF],
    "script-src": [SELF, UNSAFE_INLINE],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:", "blob:"],
    "object-src": [NONE],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [SELF],
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # the editor's form of a long page

# Wagtail

WAGTAIL_SITE_NAME = "KL's tilbud til borgmestre"
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
WAGTAIL_DATE_FORMAT = "%d.%m.%Y"  # in the fields where staff pick a day
WAGTAIL_DATETIME_FORMAT = "%d.%m.%Y %H:%M"
WAGTAIL_ALLOW_UNICODE_SLUGS = False  # addresses in plain letters (home/slugs.py)
#: A session that people are told of is not published by the last approval alone, but in the step that shows it.
WAGTAIL_FINISH_WORKFLOW_ACTION = "booking.desk.approval.publish_approved"
WAGTAIL_GRAVATAR_PROVIDER_URL = None  # else the admin asks a stranger for portraits
WAGTAIL_ENABLE_UPDATE_CHECK = False  # else the admin asks wagtail.org for news
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False  # the address is the key to sign-in: staff change it, not the reader
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False  # sign-in is by code; there are no passwords
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAILUSERS_PASSWORD_ENABLED = False
WAGTAILSEARCH_BACKENDS = {
    "default": {"BACKEND": "wagtail.search.backends.database", "SEARCH_CONFIG": "danish"},
}
WAGTAILIMAGES_EXTENSIONS = ["gif", "jpg", "jpeg", "png", "webp"]
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 10 * 1024 * 1024
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 50_000_000
WAGTAILDOCS_EXTENSIONS = ["csv", "docx", "odt", "pdf", "pptx", "txt", "xlsx"]
WAGTAILDOCS_MAX_UPLOAD_SIZE = 20 * 1024 * 1024

# Cards. Offered where both keys are set; half a pair stops the start, wherever that is.

# Where invoices go: a folder that is collected from, or an access point's address. With neither, finance takes them.
INVOICE_OUTBOX = os.environ.get("INVOICE_OUTBOX", "").strip()
INVOICE_ENDPOINT = os.environ.get("INVOICE_ENDPOINT", "").strip()
INVOICE_TOKEN = os.environ.get("INVOICE_TOKEN", "").strip()
if bool(INVOICE_ENDPOINT) != bool(INVOICE_TOKEN):
    raise ValueError("Set both INVOICE_ENDPOINT and INVOICE_TOKEN, or neither")

STRIPE_SECRET_KEY = os.environ.get("STRIPE_SECRET_KEY", "").strip()
STRIPE_WEBHOOK_SECRET = os.environ.get("STRIPE_WEBHOOK_SECRET", "").strip()
STRIPE_API_BASE = (os.environ.get("STRIPE_API_BASE") or "https://api.stripe.com").rstrip("/")
TAKES_CARDS = bool(STRIPE_SECRET_KEY)
if bool(STRIPE_SECRET_KEY) != bool(STRIPE_WEBHOOK_SECRET):
    raise ValueError("Set both STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET, or neither")
#: Where one pays. Should Stripe name another place, such as a domain of one's own, a page with a link leads there.
STRIPE_PAGES = ["https://checkout.stripe.com"]
if STRIPE_API_BASE != "https://api.stripe.com":
    STRIPE_PAGES.append("{0.scheme}://{0.netloc}".format(urlsplit(STRIPE_API_BASE)))
if TAKES_CARDS:
    # The form's answer leads on to the page where one pays, and a browser counts that as the form's own address.
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"] += STRIPE_PAGES

# Calendars

#: What the UID of every calendar event ends in; empty means SITE_URL's host. It must never change once a calendar has
#: seen an event, or every subscriber has each of them twice: on a move to another name, write the old one here.
CALENDAR_DOMAIN = ""

#: Servers, as "http://127.0.0.1:8123", that may be asked for a calendar although they are no public ones with https
#: (booking/calendars/fetch.py). For development and tests; production has none.
OUTSIDE_CALENDARS_NEARBY: list[str] = []
