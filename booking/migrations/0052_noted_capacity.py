"""How many seats a session had when it last was published, so that more of them are offered at once."""

from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def note_capacity(apps, schema_editor):
    entries, sessions = apps.get_model("booking", "CalendarEntry"), apps.get_model("booking", "SessionPage")
    capacity = sessions.objects.filter(pk=OuterRef("session")).values("capacity")[:1]
    entries.objects.exclude(session=None).update(capacity=Subquery(capacity))


class Migration(migrations.Migration):
    dependencies = [("booking", "0051_outside_calendar_rights")]

    operations = [
        migrations.AddField(
            model_name="calendarentry",
            name="capacity",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.RunPython(note_capacity, migrations.RunPython.noop),
    ]
