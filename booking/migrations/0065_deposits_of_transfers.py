import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0064_transfers_of_earlier_deposits"),
    ]

    operations = [
        migrations.AlterField(
            model_name="deposit",
            name="transfer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deposits",
                to="booking.transfer",
                verbose_name="transfer",
            ),
        ),
        migrations.RemoveField(model_name="deposit", name="key"),
        migrations.RemoveField(model_name="deposit", name="paid_on"),
    ]
