from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0061_reminders_turned_off_earlier"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="sessionpage",
            name="has_reminders",
        ),
    ]
