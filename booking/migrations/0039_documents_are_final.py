from django.db import migrations, models

import booking.invoicing.final


class Migration(migrations.Migration):

    dependencies = [
        ('booking', '0038_mailed_versions'),
    ]

    operations = [
        migrations.AddField(
            model_name='invoice',
            name='emptied_in',
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name='charge',
            constraint=booking.invoicing.final.WrittenOnce(but=('stands', 'credited_by'), name='charges_are_final', when='OLD.credited_by_id IS NULL AND NEW.credited_by_id IS NOT NULL'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=booking.invoicing.final.WrittenOnce(but=('content', 'xml', 'emptied_in'), name='documents_are_final', when="OLD.emptied_in IS NULL AND NEW.emptied_in > CAST(substr(CAST(OLD.issued_on AS text), 1, 4) AS integer) + 5 AND CAST(NEW.content AS text) = '{}' AND length(NEW.xml) = 0"),
        ),
    ]
