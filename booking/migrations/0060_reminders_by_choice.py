from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0059_sellers_of_earlier_orders"),
    ]

    operations = [
        migrations.AddField(
            model_name="sessionpage",
            name="reminders",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "As the offer has it"),
                    ("both", "A week before and the day before"),
                    ("week", "Only a week before"),
                    ("day", "Only the day before"),
                    ("none", "No reminders"),
                ],
                default="",
                help_text="What those with a seat are reminded of by mail, at 8 o'clock.",
                max_length=4,
                verbose_name="reminders",
            ),
        ),
    ]
