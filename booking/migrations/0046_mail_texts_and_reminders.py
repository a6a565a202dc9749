import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('booking', '0045_outside_calendars'),
    ]

    operations = [
        migrations.CreateModel(
            name='MailText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=40, unique=True, verbose_name='kind')),
                ('subject', models.CharField(blank=True, max_length=120, verbose_name='subject')),
                ('introduction', models.TextField(blank=True, max_length=1500, verbose_name='introduction')),
                ('closing', models.TextField(blank=True, max_length=600, verbose_name='closing')),
                ('is_sent', models.BooleanField(default=True, verbose_name='is sent')),
            ],
            options={
                'verbose_name': 'text of a mail',
                'verbose_name_plural': 'texts of mails',
            },
        ),
        migrations.AddField(
            model_name='calendarentry',
            name='programme_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name='Reminder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=40)),
                ('starts_on', models.DateField()),
                ('written_at', models.DateTimeField()),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reminders', to='booking.calendarentry')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('entry', 'kind', 'starts_on'), name='nobody_is_reminded_twice')],
            },
        ),
    ]
