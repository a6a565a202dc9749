"""Course administrators grant exceptions, keep the health councils and put successors in seats."""

from django.db import migrations

from booking.desk.roles import make_roles


def make(apps, schema_editor):
    make_roles(apps)


class Migration(migrations.Migration):
    dependencies = [("booking", "0009_successors")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
