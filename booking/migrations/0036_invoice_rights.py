"""Finance and course administrators see invoices, issue and credit them, and note that they are paid."""

from django.db import migrations

from booking.desk.roles import make_roles


def make(apps, schema_editor):
    make_roles(apps)


class Migration(migrations.Migration):
    dependencies = [("booking", "0035_invoices")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
