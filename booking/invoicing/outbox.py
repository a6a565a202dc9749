"""Where documents are laid for collection, and receipts come back: a folder, or a store of S3's kind.

Both are storages of Django's. ``STORAGES["invoices"]`` names one; without it ``INVOICE_OUTBOX`` is a folder.
"""

import os
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, storages

RECEIPTS = "receipts"


class Folder(FileSystemStorage):
    """A folder in which nobody ever sees half a file. A name is a document's own, so it is kept."""

    def get_available_name(self, name, max_length=None):
        return name

    def _save(self, name, content):
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f".{path.name}.{os.getpid()}.half")
        half.write_bytes(content.read())
        half.replace(path)
        return name


def outbox() -> Storage | None:
    """None where documents leave in another way."""
    if "invoices" in settings.STORAGES:
        return storages["invoices"]
    return Folder(location=settings.INVOICE_OUTBOX) if settings.INVOICE_OUTBOX else None


class AnotherLiesThere(Exception):
    """The name is taken by something else."""


def lay(storage: Storage, name: str, content: bytes) -> None:
    """Lay a file there, once: a repeat finds it and leaves it. Raises AnotherLiesThere, or what the storage raises."""
    if storage.exists(name):
        if read(storage, name) != content:
            raise AnotherLiesThere(name)
        return
    kept = storage.save(name, ContentFile(content))
    if kept != name:  # somebody laid it there meanwhile, and the storage took another name
        storage.delete(kept)


def read(storage: Storage, name: str) -> bytes:
    with storage.open(name, "rb") as file:
        return file.read()


def receipts(storage: Storage) -> list[str]:
    """The names of those that have not been taken in."""
    try:
        _folders, files = storage.listdir(RECEIPTS)
    except FileNotFoundError:
        return []
    return sorted(f"{RECEIPTS}/{name}" for name in files if name.endswith(".json") and not name.startswith("."))


def put_away(storage: Storage, name: str) -> None:
    """Move a receipt to ``receipts/read``."""
    storage.save(f"{RECEIPTS}/read/{Path(name).name}", ContentFile(read(storage, name)))
    storage.delete(name)
