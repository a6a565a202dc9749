"""A register file between the dry run and the yes: kept an hour for whoever brought it, and for nobody else."""

import hashlib
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models, transaction

#: Long enough to read what the file would do, and to fetch a cup of coffee.
KEPT = timedelta(hours=1)


class RegisterFileQuerySet(models.QuerySet):
    def waiting(self, now: datetime) -> "RegisterFileQuerySet":
        return self.filter(brought_at__gt=now - KEPT)


class RegisterFile(models.Model):
    """The bytes that one user has been shown the effect of. They hold persons, so they go as soon as they are used."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    content = models.BinaryField()
    brought_at = models.DateTimeField()

    objects = RegisterFileQuerySet.as_manager()

    def __str__(self) -> str:
        return self.digest


@transaction.atomic
def bring(content: bytes, *, user, now: datetime) -> RegisterFile:
    """Keep a file for ``user``, in place of the one that they brought before."""
    purge_register_files(now)
    values = {"digest": hashlib.sha256(content).hexdigest(), "content": content, "brought_at": now}
    file, _is_new = RegisterFile.objects.update_or_create(user=user, defaults=values)
    return file


def purge_register_files(now: datetime) -> int:
    """Remove the files that nobody said yes to in time; give their number."""
    count, _by_model = RegisterFile.objects.filter(brought_at__lte=now - KEPT).delete()
    return count
