"""What every test stands on: the rows Wagtail takes for granted, a browser if there is one, and no way out."""

import ipaddress
import os
import shutil
import socket
from importlib import import_module
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from hypothesis import settings as hypothesis

# The browser's driver runs an event loop in this thread, and Django then takes all of the test for asynchronous.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
BROWSER_REQUIRED = os.environ.get("CI") == "true" or os.environ.get("REQUIRE_BROWSER") == "1"
NO_BROWSER = "no Chromium found (on Debian: apt-get install chromium; elsewhere: set CHROMIUM to its path)"


# A busy machine is no failure, and what fails once fails again for whoever looks into it.
hypothesis.register_profile("house", deadline=None, derandomize=True, database=None)
hypothesis.load_profile("house")


# The outside world


class OutsideNetwork(RuntimeError):
    """A test tried to reach another machine."""


_connect = socket.socket.connect


def _connect_nearby(self, address):
    if self.family in {socket.AF_INET, socket.AF_INET6}:
        host = address[0]
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise OutsideNetwork(address)
    return _connect(self, address)


socket.socket.connect = _connect_nearby


# The database


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Tables come straight from the models; on SQLite the search index must be made as Wagtail's migration makes it."""
    if connection.vendor == "sqlite":
        migration = import_module("wagtail.search.migrations.0006_customise_indexentry").Migration
        [both] = [operation for operation in migration.operations if hasattr(operation, "database_operations")]
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("DROP TABLE wagtailsearch_indexentry_fts")
            for operation in both.database_operations:
                cursor.execute(operation.sql)


@pytest.fixture(autouse=True)
def wagtail_ground(request):
    """The locale, the root page and the root collection, which Wagtail's migrations make and a flush removes."""
    if {"live_server", "transactional_db"} & set(request.fixturenames):
        request.getfixturevalue("transactional_db")
    elif "db" in request.fixturenames or request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
    else:
        return

    from wagtail.models import Collection, Locale, Page

    if not Page.objects.filter(depth=1).exists():
        Locale.objects.get_or_create(language_code="da")
        Page.add_root(title="Root", slug="root")
    if not Collection.objects.exists():
        Collection.add_root(name="Root")


@pytest.fixture(autouse=True)
def empty_cache():
    """Rate limits, Wagtail's site paths and copies of feeds are kept; no test may inherit another's."""
    from booking.calendars.views import copy_of  # when there is a Django to import it

    cache.clear()
    copy_of.cache_clear()


@pytest.fixture(autouse=True)
def empty_mailbox(settings):
    """Whatever a test writes to development's mailbox, the next one does not see."""
    yield
    shutil.rmtree(settings.MAILBOX_DIR, ignore_errors=True)


# The browser


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent / "browser" in item.path.parents:
            item.add_marker("browser")


def pytest_runtest_setup(item):
    if item.get_closest_marker("browser") and not CHROMIUM:
        (pytest.fail if BROWSER_REQUIRED else pytest.skip)(NO_BROWSER)


def pytest_terminal_summary(terminalreporter):
    if not CHROMIUM:
        terminalreporter.section("BROWSER TESTS DID NOT RUN", sep="!", red=True)
        terminalreporter.line(NO_BROWSER)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """The machine's own Chromium, which will not run in its sandbox as root."""
    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    return browser_type_launch_args | {"executable_path": CHROMIUM, "args": sandbox}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    """A Danish reader."""
    return browser_context_args | {"locale": "da-DK", "timezone_id": "Europe/Copenhagen"}


@pytest.fixture
def page(page):
    """A page that waits for a busy machine: what never comes is told late, what comes late is no failure."""
    page.set_default_timeout(60_000)
    return page
