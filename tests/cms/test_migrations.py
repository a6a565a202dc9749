"""A new database is made by the migrations, on each of the two."""

import os
import subprocess
import sys

from django.conf import settings

SCRIPT = """
import django
django.setup()
from django.core.management import call_command
from django.test.utils import setup_databases, teardown_databases
databases = setup_databases(verbosity=0, interactive=False)
call_command("migrate", check_unapplied=True, verbosity=0)

from wagtail.models import Locale, Page
root = Page.objects.get(depth=1)
root.add_child(instance=Page(title="Borgmesterpension"))
print(Locale.objects.get().language_code, Page.objects.search("borgmesterpension").count())
teardown_databases(databases, verbosity=0)
"""


def test_the_migrations_make_a_database_that_works():
    made = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "cms.settings.test"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert made.returncode == 0, made.stderr
    assert made.stdout.split() == ["da", "1"]
