"""Whoever keeps the pages keeps the choices between sessions, too."""

from django.db import migrations

from booking.desk.roles import make_roles


def make(apps, schema_editor):
    make_roles(apps)


class Migration(migrations.Migration):
    dependencies = [("booking", "0017_alternate_runs")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
