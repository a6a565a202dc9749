from django.db import migrations
from django.db.models import Count


def keep_in_the_feed(apps, schema_editor):
    """What the feed of everything has shown stays in it, but for what is for one municipality alone.

    Where else a session belongs is found by ``run_due``; of one whose page is gone nobody knows any more.
    """
    Audience = apps.get_model("booking", "Audience")
    CalendarEntry = apps.get_model("booking", "CalendarEntry")
    FeedPlace = apps.get_model("booking", "FeedPlace")
    counted = Audience.objects.annotate(places=Count("municipalities"))
    local = set(counted.filter(places=1).values_list("pk", flat=True))
    entries = CalendarEntry.objects.filter(words="").values_list("pk", "kind", "session__audience")
    FeedPlace.objects.bulk_create(
        FeedPlace(entry_id=pk, feed=feed)
        for pk, kind, audience in entries
        if audience not in local
        for feed in (["alle", "online"] if kind == "online" else ["alle"])
    )


class Migration(migrations.Migration):
    dependencies = [("booking", "0042_feeds_of_each_kind")]

    operations = [migrations.RunPython(keep_in_the_feed, migrations.RunPython.noop)]
