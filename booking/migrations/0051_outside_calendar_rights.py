"""Editors, course administrators and superusers keep the calendars of others."""

from django.db import migrations

from booking.desk.roles import make_roles


def make(apps, schema_editor):
    make_roles(apps)


class Migration(migrations.Migration):
    dependencies = [("booking", "0050_personal_calendars")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
