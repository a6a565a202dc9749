"""A programme that is on the site already is no news: whoever has a seat there has seen it."""

from django.db import migrations
from django.utils import timezone


def mark(apps, schema_editor):
    SessionPage = apps.get_model("booking", "SessionPage")
    CalendarEntry = apps.get_model("booking", "CalendarEntry")
    pages = SessionPage.objects.filter(live=True).only("pk", "programme")
    shown = [page.pk for page in pages if page.programme]
    CalendarEntry.objects.filter(session__in=shown, programme_at=None).update(programme_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("booking", "0046_mail_texts_and_reminders")]

    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
