"""Finance and course administrators see what differs from Stripe's books, and say when it is in order."""

from django.db import migrations

from booking.desk.roles import make_roles


def make(apps, schema_editor):
    make_roles(apps)


class Migration(migrations.Migration):
    dependencies = [("booking", "0029_accepted_by")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
