"""Sending once more what did not go, when staff ask for it."""

from datetime import datetime
from functools import partial

from django.db import transaction

from booking.messages.deliver import deliver_soon
from booking.messages.models import OutboxMessage


@transaction.atomic
def try_again(message: OutboxMessage, *, now: datetime) -> bool:
    """Let the message go again at once, also if it was given up; say whether there was anything to do.

    A message that somebody is sending right now keeps its lease, so that it does not go twice.
    """
    unsent = OutboxMessage.objects.filter(pk=message.pk, sent_at=None)
    if not unsent.update(failed_at=None, not_before=now, asked_again_at=now):
        return False
    transaction.on_commit(partial(deliver_soon, message.pk), robust=True)
    return True
