"""What was given up before now cost what the conditions said that day; what is shared knows by whom, and moves by where."""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from django.db import migrations

from booking.desk.roles import make_roles


def make(apps, schema_editor):
    make_roles(apps)


def remember_places(apps, schema_editor):
    entries = apps.get_model("booking", "CalendarEntry").objects.filter(session__venue__isnull=False)
    for entry in entries.select_related("session"):
        entry.venue_id = entry.session.venue_id
        entry.save(update_fields=["venue"])


def share(apps, schema_editor):
    for line in apps.get_model("booking", "OrderLine").objects.filter(seats__gt=1).select_related("booking"):
        sharing = line.booking.order.bookings.filter(pk__gte=line.booking_id).order_by("pk")
        line.shared_by.set(sharing[: line.seats])


def write_withdrawals(apps, schema_editor):
    """Seats only: what was held or waited for cost nothing."""
    Booking = apps.get_model("booking", "Booking")
    Fact = apps.get_model("booking", "Fact")
    CalendarEntry = apps.get_model("booking", "CalendarEntry")
    content_type = apps.get_model("contenttypes", "ContentType").objects.filter(app_label="booking", model="booking")
    told = Fact.objects.filter(kind="cancelled", about_type__in=content_type).order_by("pk")
    given_up = {fact.about_id: fact for fact in told if not fact.details.get("was_held")}
    bookings = Booking.objects.filter(pk__in=given_up, status="cancelled").select_related("session", "conditions")
    for booking in bookings:
        withdrawal = apps.get_model("booking", "Withdrawal").objects.create(
            booking=booking, withdrawn_at=booking.cancelled_at, by_id=given_up[booking.pk].by_id
        )
        called_off = CalendarEntry.objects.filter(session=booking.session_id, cancelled_at__lte=booking.cancelled_at)
        percent = 0 if called_off.exists() else _percent(booking)
        for line in booking.lines.all() if percent else []:
            share = (line.quantity * line.unit_net * percent / 100).quantize(Decimal(1), ROUND_HALF_UP)
            withdrawal.lines.create(
                description=line.description if percent == 100 else f"{percent} % af: {line.description}"[:300],
                quantity=line.quantity if percent == 100 else 1,
                unit_net=line.unit_net if percent == 100 else share,
                vat_rate=line.vat_rate,
                exempt_reason=line.exempt_reason,
                includes=line.includes,
            )


def _percent(booking) -> int:
    rule, starts_on = booking.conditions, booking.session.starts_on
    day = booking.cancelled_at.astimezone(ZoneInfo("Europe/Copenhagen")).date()
    if rule.free_days is not None and day <= starts_on - timedelta(days=rule.free_days):
        return 0
    if rule.share_days is not None and day <= starts_on - timedelta(days=rule.share_days):
        return rule.share_percent
    return 100


class Migration(migrations.Migration):
    dependencies = [("booking", "0026_withdrawals")]

    operations = [
        migrations.RunPython(make, migrations.RunPython.noop),
        migrations.RunPython(remember_places, migrations.RunPython.noop),
        migrations.RunPython(share, migrations.RunPython.noop),
        migrations.RunPython(write_withdrawals, migrations.RunPython.noop),
    ]
