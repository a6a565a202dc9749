"""The stored feeds: bodies, and revisions that only rise."""

from django.db import models


class Feed(models.Model):
    """One public feed as last built. ``revision`` and ``changed_at`` only rise, also when an event is removed."""

    key = models.CharField(max_length=80, unique=True)
    revision = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField()
    body = models.TextField()

    def __str__(self) -> str:
        return f"{self.key} {self.revision}"
