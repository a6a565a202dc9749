from datetime import datetime

import pytest
import time_machine
from django.db import transaction
from wagtail.models import Locale, Page, Site

from booking.dates import COPENHAGEN
from home.loading import load

#: A Sunday: the week before it is over, the week after it has not begun.
LOADED_AT = datetime(2026, 11, 22, 10, tzinfo=COPENHAGEN)


@pytest.fixture(scope="module")
def catalogue_for_all(django_db_setup, django_db_blocker):
    """The whole catalogue in a database of its own making, once for the tests of a module."""
    with django_db_blocker.unblock(), transaction.atomic():
        Locale.objects.get_or_create(language_code="da")
        root = Page.get_first_root_node() or Page.add_root(title="Root", slug="root")
        welcome = root.add_child(title="Welcome to your new Wagtail site!", slug="home")
        Site.objects.update_or_create(is_default_site=True, defaults={"hostname": "localhost", "root_page": welcome})
        with time_machine.travel(LOADED_AT, tick=False):
            load(now=LOADED_AT)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def catalogue(catalogue_for_all, db):
    """The loaded catalogue on the day it was loaded; what a test does to it, the next one does not see."""
    with time_machine.travel(LOADED_AT, tick=False):
        yield
