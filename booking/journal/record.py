"""Writing facts, and the rooms that follow them.

A fact and what each room owes it are written in the caller's transaction. The rooms are called when it has committed;
whatever failed or died on the way is taken up again by ``catch_up``.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.utils import timezone

from booking.journal.models import Fact, FollowUp

logger = logging.getLogger(__name__)

Follower = Callable[[Fact], None]

#: room -> (the kinds it follows, what it does)
_followers: dict[str, tuple[frozenset[str], Follower]] = {}

#: Minutes before the next try, by the number of tries so far; the last one repeats.
PATIENCE = (1, 5, 15, 60, 240)


def follow(room: str, kinds: Iterable[str], work: Follower) -> None:
    """Let ``room`` do ``work`` once for every fact of these kinds that is recorded from now on."""
    _followers[room] = (frozenset(kinds), work)


@transaction.atomic
def record(
    kind: str, about: models.Model, *, by=None, on_behalf_of=None, at: datetime | None = None, **details
) -> Fact:
    """Write one fact, in the caller's transaction, and call those who follow it after the commit.

    ``by`` is the user who did it (none when the house did), ``on_behalf_of`` the person it was done for.
    """
    [fact] = record_all(kind, [(about, details)], by=by, on_behalf_of=on_behalf_of, at=at)
    return fact


@transaction.atomic
def record_all(
    kind: str,
    things: Iterable[tuple[models.Model, dict]],
    *,
    by=None,
    on_behalf_of=None,
    at: datetime | None = None,
) -> list[Fact]:
    """As ``record``, for many things of one kind that happened at once, each with its details; in few queries."""
    at = at or timezone.now()
    facts = Fact.objects.bulk_create(
        Fact(
            kind=kind,
            at=at,
            about_type=ContentType.objects.get_for_model(about),
            about_id=about.pk,
            by=by,
            on_behalf_of=on_behalf_of,
            details=details,
        )
        for about, details in things
    )
    rooms = [room for room, (kinds, _work) in _followers.items() if kind in kinds]
    due = [FollowUp(fact=fact, room=room, not_before=at) for fact in facts for room in rooms]
    for follow_up in FollowUp.objects.bulk_create(due):
        # Robust: should even the noting of a failure fail, the visitor's booking stands all the same. A lambda, because
        # Django logs such a failure by the function's name, which a partial does not have.
        transaction.on_commit(lambda owed=follow_up.pk: attempt(owed), robust=True)
    return facts


def attempt(follow_up_id: int) -> bool:
    """Do what a room owes a fact, unless it is done; say whether it is done now.

    The work and its receipt commit together. A failure is logged, counted and left for ``catch_up``.
    """
    try:
        with transaction.atomic():
            owed = FollowUp.objects.select_for_update(of=("self",)).select_related("fact").get(pk=follow_up_id)
            if owed.done_at is None:
                _kinds, work = _followers[owed.room]
                work(owed.fact)
                owed.done_at = timezone.now()
                owed.save(update_fields=["done_at"])
    except Exception:
        # Whatever goes wrong in one room must not reach the visitor whose booking has committed, nor the other rooms.
        logger.exception("follow-up %s failed", follow_up_id)
        _put_off(follow_up_id)
        return False
    return True


def catch_up(now: datetime) -> tuple[int, int]:
    """Take up everything that is still owed and due, in order; give the numbers done and failed."""
    due = FollowUp.objects.filter(done_at=None, not_before__lte=now, room__in=_followers).order_by("fact_id", "pk")
    results = [attempt(pk) for pk in due.values_list("pk", flat=True)]
    return results.count(True), results.count(False)


def _put_off(follow_up_id: int) -> None:
    with transaction.atomic():
        owed = FollowUp.objects.select_for_update().get(pk=follow_up_id)
        wait = PATIENCE[min(owed.attempts, len(PATIENCE) - 1)]
        owed.attempts += 1
        owed.not_before = timezone.now() + timedelta(minutes=wait)
        owed.save(update_fields=["attempts", "not_before"])
