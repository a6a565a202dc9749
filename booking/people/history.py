"""What Wagtail notes of staff's work in the register: it names people, and must not outlive what it tells of."""

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import CharField, Exists, OuterRef
from django.db.models.functions import Cast
from django.db.models.signals import post_delete
from wagtail.models import ModelLogEntry

from booking.people.grants import AudienceGrant
from booking.people.models import Person, Secretary

#: The records that Wagtail calls by the name of a person.
NAMED = (Person, Secretary, AudienceGrant)

#: What stands in the history in place of a name.
NAMELESS = "Slettet person"


def forget_history(model: type[models.Model], ids) -> int:
    """Take the names from what was noted of these rows; that somebody did something on a day stays."""
    return _blank(_noted(model).filter(object_id__in=[str(pk) for pk in ids]))


def forget_history_of_the_removed() -> int:
    """The same for rows that are there no more, whatever removed them."""
    count = 0
    for model in NAMED:
        there = model._default_manager.annotate(key=Cast("pk", CharField())).filter(key=OuterRef("object_id"))
        count += _blank(_noted(model).exclude(Exists(there)))
    return count


def forget_history_at_once(instance: models.Model, **_kwargs) -> None:
    forget_history(type(instance), [instance.pk])


def connect() -> None:
    for model in NAMED:
        uid = f"booking.forget_history.{model.__name__}"
        post_delete.connect(forget_history_at_once, sender=model, dispatch_uid=uid)


def _noted(model: type[models.Model]) -> models.QuerySet[ModelLogEntry]:
    return ModelLogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model))


def _blank(noted: models.QuerySet[ModelLogEntry]) -> int:
    return noted.exclude(label=NAMELESS, data={}).update(label=NAMELESS, data={})
