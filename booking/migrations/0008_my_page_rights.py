"""Course administrators see who asks to be deleted, and delete them."""

from django.db import migrations

from booking.desk.roles import make_roles


def make(apps, schema_editor):
    make_roles(apps)


class Migration(migrations.Migration):
    dependencies = [("booking", "0007_my_page")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
