from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("booking", "0002_staff"),
    ]

    operations = [
        migrations.AddField(
            model_name="outboxmessage",
            name="failed_at",
            field=models.DateTimeField(null=True, verbose_name="given up"),
        ),
        migrations.RemoveIndex(
            model_name="outboxmessage",
            name="outbox_due",
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(
                condition=models.Q(("failed_at", None), ("sent_at", None)), fields=["not_before"], name="outbox_due"
            ),
        ),
    ]
