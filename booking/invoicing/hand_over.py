"""Handing documents over, once each, and reading what comes back."""

import json
import logging
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from django.core.files.storage import Storage
from django.db import transaction
from django.db.models import F

from booking.invoicing.carriers import Refused, Silent, carrier_for, name_of
from booking.invoicing.models import HandOver, HandOverState
from booking.invoicing.outbox import outbox, put_away, read, receipts
from booking.journal.kinds import HANDED_OVER
from booking.journal.record import record

logger = logging.getLogger(__name__)

#: How long a document is in one process's hands. Far longer than any carrier takes.
LEASE = timedelta(minutes=10)

#: Minutes before the next try, by the number of tries so far; the last one repeats.
PATIENCE = (1, 5, 15, 60, 240)

#: What a receipt may say.
ANSWERS = {"accepted": HandOverState.ACCEPTED, "refused": HandOverState.REFUSED}


def hand_over_due(now: datetime) -> tuple[int, int]:
    """Hand over what is ready, and read the receipts; give the numbers handed over and not.

    A credit note waits for its invoice: whoever gets it would not know what it takes back.
    """
    due = HandOver.objects.filter(state=HandOverState.READY, not_before__lte=now).exclude(invoice__content={})
    due = due.exclude(invoice__credits__hand_over__state=HandOverState.READY)
    results = [hand_over(one, now=now) for one in due.select_related("invoice").order_by("pk")]
    read_receipts(now)
    return results.count(True), results.count(False)


def hand_over(row: HandOver, *, now: datetime) -> bool | None:
    """Send one document; True when the other end has it, None when there is no way or it is somebody else's turn.

    Nothing is sent inside a transaction. Should we die after sending, it goes again, and the repeat is recognised.
    """
    way = carrier_for(row.invoice)
    if way is None or not _claim(row, now):
        return None
    name, carry = way
    try:
        carry(row.invoice)
    except Silent as silence:
        _wait(row, now)
        logger.warning("%s was not handed over: %s", row.invoice.number, silence)
        return False
    except Refused as refusal:
        _note(row, HandOverState.REFUSED, now=now, carrier=name, reason=str(refusal))
        return False
    except Exception:
        # Something that no carrier has a name for, such as a token that no header can hold. The others go on.
        _wait(row, now)
        logger.exception("%s was not handed over", row.invoice.number)
        return False
    _note(row, HandOverState.HANDED_OVER, now=now, carrier=name)
    return True


def _wait(row: HandOver, now: datetime) -> None:
    minutes = PATIENCE[min(row.attempts, len(PATIENCE) - 1)]
    HandOver.objects.filter(pk=row.pk).update(not_before=now + timedelta(minutes=minutes))


def _claim(row: HandOver, now: datetime) -> bool:
    """Take the document in hand, if nobody else has."""
    mine = HandOver.objects.filter(pk=row.pk, state=HandOverState.READY, not_before__lte=now)
    return mine.update(not_before=now + LEASE, attempts=F("attempts") + 1) == 1


@transaction.atomic
def _note(row: HandOver, state: str, *, now: datetime, carrier: str = "", reason: str = "") -> None:
    row = HandOver.objects.select_for_update(of=("self",)).select_related("invoice").get(pk=row.pk)
    if row.state == state:
        return
    row.move(state, reason=reason)
    row.carrier = carrier or row.carrier
    if state == HandOverState.HANDED_OVER:
        row.handed_at = now
    else:
        row.answered_at = now
    row.save()
    told = {"reason": row.reason} if row.reason else {}
    record(HANDED_OVER, row.invoice, at=now, number=row.invoice.number, state=state, carrier=row.carrier, **told)


@transaction.atomic
def try_again(row: HandOver, *, now: datetime, by=None) -> None:
    """Let what was refused go once more. Raises IllegalMove."""
    row = HandOver.objects.select_for_update(of=("self",)).select_related("invoice").get(pk=row.pk)
    row.move(HandOverState.READY)
    row.not_before, row.attempts = now, 0
    row.save()
    record(HANDED_OVER, row.invoice, by=by, at=now, number=row.invoice.number, state=HandOverState.READY.value)


def read_receipts(now: datetime) -> int:
    """Take in what lies in ``receipts`` below the outbox; give how many were read.

    A receipt is ``<seller's CVR>-<number>.json``: ``{"state": "accepted"}``, or "refused" with a "reason". It moves to
    ``receipts/read`` when it has been taken in; one that can't be read stays, and is logged.
    """
    storage = outbox()
    return sum(_take_in(storage, name, now) for name in _receipts(storage)) if storage else 0


def _receipts(storage: Storage) -> list[str]:
    try:
        return receipts(storage)
    except Exception:
        # Each storage has errors of its own. Receipts wait where they are.
        logger.exception("the receipts can't be listed")
        return []


def _take_in(storage: Storage, name: str, now: datetime) -> bool:
    try:
        receipt = json.loads(read(storage, name).decode())
        state, reason = ANSWERS[receipt["state"]], str(receipt.get("reason", ""))
        _note(_named(PurePosixPath(name).stem), state, now=now, reason=reason)
        put_away(storage, name)
    except Exception:
        # It says nothing that we know, or can't be had now. One receipt must not keep the others.
        logger.exception("the receipt %s can't be taken in", name)
        return False
    return True


def _named(name: str) -> HandOver:
    """The hand-over of the document that carriers call so."""
    number = name.rpartition("-")[2]
    found = HandOver.objects.filter(invoice__number=number).exclude(invoice__content={}).select_related("invoice")
    for row in found:
        if name_of(row.invoice) == name:
            return row
    raise HandOver.DoesNotExist(name)
