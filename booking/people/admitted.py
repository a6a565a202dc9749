"""Whom an audience lets in, counted: the same rule as ``Audience.admit``, asked of the whole register at once."""

from datetime import date

from django.db.models import Exists, OuterRef

from booking.people.models import Audience, ElectionTerm, Office, OfficeQuerySet


def admitting_offices(audience: Audience, *, on: date) -> OfficeQuerySet:
    """The offices held on ``on`` that let their holders in."""
    offices = Office.objects.held_on(on).filter(kind__in=audience.offices)
    if audience.municipalities.exists():
        offices = offices.filter(municipality__in=audience.municipalities.all())
    return _newly_elected(offices, on) if audience.newly_elected else offices


def admitted_count(audience: Audience, *, on: date) -> int:
    """How many persons it lets in."""
    return admitting_offices(audience, on=on).values("person").distinct().count()


def _newly_elected(offices: OfficeQuerySet, on: date) -> OfficeQuerySet:
    term = ElectionTerm.objects.filter(starts_on__lte=on, ends_on__gte=on).first()
    if term is None:
        return offices.none()
    before = ElectionTerm.objects.filter(ends_on__lt=term.starts_on).order_by("-ends_on").first()
    if before is None:
        return offices
    held_before = Office.objects.held_between(before.starts_on, before.ends_on).filter(
        person=OuterRef("person"), kind=OuterRef("kind")
    )
    return offices.exclude(Exists(held_before))
