"""What was agreed of a booking stands in a line from now on."""

from django.db import migrations


def write_lines(apps, schema_editor):
    bookings = apps.get_model("booking", "Booking").objects.select_related("session").order_by("pk")
    apps.get_model("booking", "OrderLine").objects.bulk_create(
        (
            apps.get_model("booking", "OrderLine")(
                booking=booking,
                description=booking.session.title,
                unit_net=booking.net,
                vat_rate=booking.vat_rate,
                includes=booking.includes,
            )
            for booking in bookings.iterator()
        ),
        batch_size=500,
    )


class Migration(migrations.Migration):
    dependencies = [("booking", "0021_quotes")]

    operations = [migrations.RunPython(write_lines, migrations.RunPython.noop)]
