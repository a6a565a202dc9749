"""The two roles of staff, and nothing of Wagtail's own."""

from django.db import migrations

from booking.desk.roles import make_roles, retire_wagtails_groups


def make(apps, schema_editor):
    make_roles(apps)
    retire_wagtails_groups(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0003_outbox_given_up"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("wagtailadmin", "0001_create_admin_access_permissions"),
        ("wagtailcore", "0098_apitoken"),
        ("wagtaildocs", "0014_alter_document_file_size"),
        ("wagtailimages", "0027_image_description"),
    ]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
