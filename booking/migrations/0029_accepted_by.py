from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('booking', '0028_differences'),
    ]

    operations = [
        migrations.AddField(
            model_name='order',
            name='accepted_by',
            field=models.CharField(blank=True, max_length=120, verbose_name='conditions accepted by'),
        ),
        migrations.AddField(
            model_name='order',
            name='accepted_how',
            field=models.CharField(blank=True, choices=[('phone', 'by phone'), ('mail', 'by e-mail'), ('meeting', 'at a meeting')], max_length=12, verbose_name='how they accepted'),
        ),
        migrations.AddField(
            model_name='order',
            name='acceptance_note',
            field=models.CharField(blank=True, max_length=200, verbose_name='note'),
        ),
    ]
