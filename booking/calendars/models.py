"""The stored feeds: bodies, and revisions that only rise."""

from django.db import models


class Feed(models.Model):
    """One public feed as last built. ``revision`` and ``changed_at`` only rise, also when an event is removed."""

    key = models.CharField(max_length=80, unique=True)
    #: As last known: a feed outlives the page, or the audience, that it is of.
    name = models.CharField(max_length=300, blank=True)
    revision = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField()
    body = models.TextField()
    #: The day for which it was last built; the past leaves a feed as days go by.
    built_on = models.DateField(null=True)

    def __str__(self) -> str:
        return f"{self.key} {self.revision}"
