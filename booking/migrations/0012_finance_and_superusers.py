"""Finance and superusers; and diets and rooms are for those who arrange."""

from django.db import migrations

from booking.desk.roles import make_roles


def make(apps, schema_editor):
    make_roles(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0011_told"),
        ("wagtailredirects", "0008_add_verbose_name_plural"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="booking",
            options={
                "ordering": ["-booked_at", "-pk"],
                "permissions": [
                    ("cancel_booking", "Can cancel booking"),
                    ("see_needs_booking", "Can see diets and rooms of bookings"),
                    ("substitute_booking", "Can put another person in the seat of a booking"),
                ],
                "verbose_name": "booking",
                "verbose_name_plural": "bookings",
            },
        ),
        migrations.RunPython(make, migrations.RunPython.noop),
    ]
