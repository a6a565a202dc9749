"""Editors and course administrators keep the words of the mails."""

from django.db import migrations

from booking.desk.roles import make_roles


def make(apps, schema_editor):
    make_roles(apps)


class Migration(migrations.Migration):
    dependencies = [("booking", "0047_programmes_already_told")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
