from django.db import migrations


def keep_turned_off(apps, schema_editor):
    """A session without reminders stays so."""
    apps.get_model("booking", "SessionPage").objects.filter(has_reminders=False).update(reminders="none")
    keep_turned_off_in_drafts(apps)


def keep_turned_off_in_drafts(apps):
    """The drafts still have the tick, and would bring the reminders back when they are published."""
    revisions = apps.get_model("wagtailcore", "Revision").objects.filter(
        content_type__app_label="booking", content_type__model="sessionpage", content__has_reminders=False
    )
    for revision in revisions.iterator():
        revision.content["reminders"] = "none"
        revision.save(update_fields=["content"])


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0060_reminders_by_choice"),
        ("wagtailcore", "0078_referenceindex"),
    ]

    operations = [
        migrations.RunPython(keep_turned_off, migrations.RunPython.noop),
    ]
