"""The municipalities, the health councils and the election terms of a new site."""

from django.db import migrations

from booking.people.ground import lay_ground


def lay(apps, schema_editor):
    lay_ground(apps)


class Migration(migrations.Migration):
    dependencies = [("booking", "0005_register_rules")]

    operations = [migrations.RunPython(lay, migrations.RunPython.noop)]
