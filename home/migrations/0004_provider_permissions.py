"""Both roles keep the providers."""

from django.db import migrations

from home.roles import give_providers


class Migration(migrations.Migration):
    dependencies = [
        ("home", "0003_place_in_lists"),
        ("booking", "0004_roles"),
    ]

    operations = [migrations.RunPython(lambda apps, schema_editor: give_providers(apps), migrations.RunPython.noop)]
