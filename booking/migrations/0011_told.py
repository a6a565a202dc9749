"""What each seat was told last, what its session's link was, and words that have taken a date's place."""

from hashlib import sha256

import django.db.models.deletion
from django.db import migrations, models

SHOWN = ("title", "kind", "starts_on", "ends_on", "starts_time", "ends_time", "words", "place")


def begin_with_what_is_so(apps, schema_editor):
    """Whoever has a seat was told how things are now, or has read it on the site; news begins from here."""
    CalendarEntry = apps.get_model("booking", "CalendarEntry")
    Booking = apps.get_model("booking", "Booking")
    Told = apps.get_model("booking", "Told")
    for entry in CalendarEntry.objects.filter(session__isnull=False).select_related("session"):
        if entry.session.join_link:
            entry.link_digest = sha256(entry.session.join_link.encode()).hexdigest()
            entry.save(update_fields=["link_digest"])
        shown = {name: getattr(entry, name) for name in SHOWN}
        Told.objects.bulk_create(
            Told(booking=booking, link_digest=entry.link_digest, **shown)
            for booking in Booking.objects.filter(session=entry.session, status="confirmed")
        )


class Migration(migrations.Migration):

    dependencies = [
        ('booking', '0010_successors_rights'),
    ]

    operations = [
        migrations.AddField(
            model_name='calendarentry',
            name='link_changed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='calendarentry',
            name='link_digest',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='calendarentry',
            name='postponed_to',
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.CreateModel(
            name='Told',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=255)),
                ('kind', models.CharField(choices=[('day', 'day session'), ('online', 'online meeting'), ('overnight', 'overnight session')], max_length=12)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField()),
                ('starts_time', models.TimeField(null=True)),
                ('ends_time', models.TimeField(null=True)),
                ('words', models.CharField(blank=True, max_length=60)),
                ('postponed_to', models.CharField(blank=True, max_length=60)),
                ('place', models.CharField(blank=True, max_length=400)),
                ('link_digest', models.CharField(blank=True, max_length=64)),
                ('booking', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='told', to='booking.booking')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.RunPython(begin_with_what_is_so, migrations.RunPython.noop),
    ]
