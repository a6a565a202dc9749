from django.db import migrations


def write_transfers(apps, schema_editor):
    """Until today a deposit was a whole transfer, and what the payer had written was not kept."""
    deposits, transfers = (apps.get_model("booking", name).objects for name in ("Deposit", "Transfer"))
    for deposit in deposits.filter(transfer=None).select_related("invoice__series").order_by("pk"):
        deposit.transfer = transfers.create(
            seller_id=deposit.invoice.series.seller_id,
            paid_on=deposit.paid_on,
            amount=deposit.amount,
            key=deposit.key,
            noted_at=deposit.noted_at,
        )
        deposit.save(update_fields=["transfer"])


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0063_transfers"),
    ]

    operations = [
        migrations.RunPython(write_transfers, migrations.RunPython.noop),
    ]
