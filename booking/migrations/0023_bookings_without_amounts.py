from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("booking", "0022_lines_of_bookings")]

    operations = [
        migrations.RemoveConstraint(
            model_name='booking',
            name='booking_net_not_negative',
        ),
        migrations.RemoveField(
            model_name='booking',
            name='includes',
        ),
        migrations.RemoveField(
            model_name='booking',
            name='net',
        ),
        migrations.RemoveField(
            model_name='booking',
            name='vat_rate',
        ),
    ]
