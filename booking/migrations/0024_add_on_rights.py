"""Course administrators keep add-ons; finance looks at them."""

from django.db import migrations

from booking.desk.roles import make_roles


def make(apps, schema_editor):
    make_roles(apps)


class Migration(migrations.Migration):
    dependencies = [("booking", "0023_bookings_without_amounts")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
