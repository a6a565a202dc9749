import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0041_guests")]

    operations = [
        migrations.AddField("calendarentry", "expected_on", models.DateField(null=True)),
        migrations.AddField("calendarentry", "expected_until", models.DateField(null=True)),
        migrations.AddField("feed", "built_on", models.DateField(null=True)),
        migrations.AddField("feed", "name", models.CharField(blank=True, max_length=300)),
        migrations.CreateModel(
            name="FeedPlace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("feed", models.CharField(max_length=40)),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="places",
                        to="booking.calendarentry",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("feed", "entry"), name="a_session_stands_once_in_a_feed")
                ],
            },
        ),
    ]
