"""Course administrators mark attendance, write to participants, sign up by phone and move seats."""

from django.db import migrations

from booking.desk.roles import make_roles


def make(apps, schema_editor):
    make_roles(apps)


class Migration(migrations.Migration):
    dependencies = [("booking", "0015_at_the_desk")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
