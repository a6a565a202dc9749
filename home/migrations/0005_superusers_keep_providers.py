"""Superusers keep the providers too."""

from django.db import migrations

from home.roles import give_providers


class Migration(migrations.Migration):
    dependencies = [
        ("home", "0004_provider_permissions"),
        ("booking", "0012_finance_and_superusers"),
    ]

    operations = [migrations.RunPython(lambda apps, schema_editor: give_providers(apps), migrations.RunPython.noop)]
