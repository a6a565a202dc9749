import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('booking', '0037_hand_over'),
    ]

    operations = [
        migrations.CreateModel(
            name='MailedVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recipient_digest', models.CharField(max_length=64)),
                ('sequence', models.PositiveIntegerField()),
                ('stamped_at', models.DateTimeField()),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mailed_versions', to='booking.calendarentry')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('entry', 'recipient_digest'), name='one_count_per_reader')],
            },
        ),
    ]
