from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0043_places_in_feeds")]

    operations = [
        migrations.AddField(
            model_name="booking",
            name="counts_from",
            field=models.DateField(blank=True, null=True, verbose_name="days counted from"),
        ),
    ]
