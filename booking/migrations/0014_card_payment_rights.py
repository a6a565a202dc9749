"""Course administrators see card payments and may pay back."""

from django.db import migrations

from booking.desk.roles import make_roles


def make(apps, schema_editor):
    make_roles(apps)


class Migration(migrations.Migration):
    dependencies = [("booking", "0013_card_payments")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
