"""Guests: participants who were named by name and address, and the audiences that take them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0040_order_invoice_format")]

    operations = [
        migrations.AddField(
            model_name="audience",
            name="takes_guests",
            field=models.BooleanField(
                default=False,
                help_text="Whoever signs up somebody whom it is for can also name others from the same municipality, by name and e-mail address. Only for sessions where they can vouch for whoever comes, such as a whole council.",
                verbose_name="those they name as well",
            ),
        ),
        migrations.AddField(
            model_name="person",
            name="guest_email",
            field=models.EmailField(blank=True, editable=False, max_length=254, verbose_name="guest's e-mail"),
        ),
        migrations.AddField(
            model_name="person",
            name="host",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="guests",
                to="booking.person",
            ),
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(
                condition=models.Q(("guest_email", ""), _negated=True),
                fields=["guest_email"],
                name="guests_by_address",
            ),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("guest_email", ""), ("host", None)),
                    models.Q(("email", None), ("host__isnull", False), ("user", None)),
                    _connector="OR",
                ),
                name="guests_have_no_sign_in",
                violation_error_message="This person was named as a participant only, and is not in the register.",
            ),
        ),
    ]
