"""Our books beside Stripe's: what differs is kept where staff see it, and put right where that is safe.

Safe is to take over what Stripe says of our own payments, refunds and disputes, by the same ways as when a webhook
tells of it. No checkout is opened and no money is sent from here.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from booking.dates import today
from booking.journal.kinds import DIFFERENCE_PUT_RIGHT
from booking.journal.record import record
from booking.ledger import NOTHING
from booking.payments import refund, settle, stripe
from booking.payments.differences import Difference, DifferenceKind, Ending, Reconciliation
from booking.payments.models import UNSETTLED, Payment, PaymentState, Refund, RefundState

logger = logging.getLogger(__name__)

#: How far back payments are compared. What changes later is a refund or a dispute, and these are looked for by their
#: own days, however old the payment is.
PAYMENT_DAYS = 35
REFUND_DAYS = 120
DISPUTE_DAYS = 730
#: After so long a refund should have been sent.
UNSENT_AFTER = timedelta(hours=24)

OF_REFUNDS = [
    DifferenceKind.REFUND_UNKNOWN,
    DifferenceKind.REFUND_OTHERWISE,
    DifferenceKind.REFUND_NOT_AT_STRIPE,
]

#: How long a comparison is in one process's hands: far longer than it takes.
LEASE = timedelta(hours=1)
#: Minutes before the next try when Stripe did not answer, by the number of tries so far; the last one repeats.
PATIENCE = (5, 15, 60)


class UnderWay(Exception):
    """Another process is at it right now."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a comparison came to: the differences that were found, and how many still wait for a person."""

    found: list[Difference]
    waiting: int

    @property
    def repaired(self) -> int:
        return sum(not difference.is_open for difference in self.found)


@dataclass(frozen=True, slots=True)
class TheirBooks:
    """What Stripe has, read before anything is compared or changed."""

    checkouts: dict[str, stripe.Checkout] = field(default_factory=dict)
    refunds: dict[str, stripe.GivenBack] = field(default_factory=dict)
    disputes: dict[str, stripe.Dispute] = field(default_factory=dict)  # the latest of each payment, by its intent


@dataclass(frozen=True, slots=True)
class Found:
    """Something that differs, and how it is put right, where that is safe."""

    kind: DifferenceKind
    subject: str
    payment: Payment | None
    ours: Decimal | None
    theirs: Decimal | None
    repair: Callable[[], object] | None = None
    intent_id: str = ""

    @property
    def place(self) -> tuple[str, str]:
        return self.kind, self.subject


# Once a day


def reconcile_due(now: datetime) -> Outcome | None:
    """Compare the books of this day, once; None when that has been done, or is not due. Raises stripe.Unreachable."""
    turn = _claim(now)
    return _take(turn, now) if turn else None


def reconcile_now(now: datetime) -> Outcome:
    """Compare the books, whether or not it has been done today. Raises UnderWay or stripe.Unreachable."""
    turn = _claim(now, again=True)
    if turn is None:
        raise UnderWay
    return _take(turn, now)


@transaction.atomic
def _claim(now: datetime, *, again: bool = False) -> Reconciliation | None:
    """Take this day's comparison into our hands, unless it is in another's, or done, or put off."""
    Reconciliation.objects.get_or_create(on=today(now), defaults={"not_before": now})
    wanted = Q() if again else Q(done_at=None, not_before__lte=now)
    free = Q(claimed_until=None) | Q(claimed_until__lte=timezone.now())
    turns = Reconciliation.objects.select_for_update(of=("self",), skip_locked=True)
    turn = turns.filter(wanted, free, on=today(now)).first()
    if turn:
        turn.claimed_until = timezone.now() + LEASE
        turn.attempts += 1
        turn.save(update_fields=["claimed_until", "attempts"])
    return turn


def _take(turn: Reconciliation, now: datetime) -> Outcome:
    try:
        outcome = reconcile(now)
    except BaseException as error:
        wait = PATIENCE[min(turn.attempts, len(PATIENCE)) - 1]
        Reconciliation.objects.filter(pk=turn.pk).update(
            claimed_until=None, failed_at=now, not_before=now + timedelta(minutes=wait)
        )
        if isinstance(error, stripe.Refused):  # a list can't be had; tomorrow may be another day
            raise stripe.Unreachable from error
        raise
    Reconciliation.objects.filter(pk=turn.pk).update(claimed_until=None, failed_at=None, done_at=now)
    return outcome


# The comparison


def reconcile(now: datetime) -> Outcome:
    """Compare, put right what is safe, and note every difference. Raises stripe.Unreachable or stripe.Refused.

    What seems to differ is looked at once more, for somebody may be paying meanwhile. A difference is noted before it
    is put right, so that whoever dies between the two leaves it to be seen.
    """
    books = _read(now)
    seeming = {one.place: one for one in compare(books, now)}
    _look_again(books, seeming.values())
    found = [one for one in compare(books, now) if one.place in seeming]
    noted = [difference for one in found if (difference := _note(one, now))]
    for one in found:
        if one.repair:
            _repair(one)
    _look_again(books, [one for one in found if one.repair])
    left = {one.place for one in compare(books, now)}
    _close(left, {one.place for one in found if one.repair}, now)
    for difference in noted:
        difference.refresh_from_db()
    logger.info("reconciled: %d found, %d left", len(noted), len(left))
    return Outcome(noted, Difference.objects.open().count())


def compare(books: TheirBooks, now: datetime) -> Iterator[Found]:
    """Every difference between the two books. Asks nobody and changes nothing."""
    ours = list(_recent(now))
    by_key = _by_key(books, ours)
    yield from _checkouts(books, by_key, now)
    yield from _missing(books, ours)
    by_intent = _by_intent(books, by_key)
    yield from _refunds(books, by_intent)
    yield from _our_refunds(books, now)
    yield from _disputes(books, by_intent)


def _read(now: datetime) -> TheirBooks:
    """All of it, or none: nothing is changed before Stripe has answered everything."""
    books = TheirBooks()
    books.checkouts.update((one.id, one) for one in stripe.checkouts_since(now - timedelta(days=PAYMENT_DAYS)))
    books.refunds.update((one.id, one) for one in stripe.refunds_since(now - timedelta(days=REFUND_DAYS)))
    for dispute in stripe.disputes_since(now - timedelta(days=DISPUTE_DAYS)):  # the newest first
        books.disputes.setdefault(dispute.intent_id, dispute)
    for checkout_id in _recent(now).exclude(checkout_id=None).values_list("checkout_id", flat=True):
        if checkout_id not in books.checkouts:
            _read_one(books.checkouts, checkout_id, stripe.read_checkout)
    for refund_id in _sent_refunds(now).values_list("stripe_id", flat=True):
        if refund_id not in books.refunds:
            _read_one(books.refunds, refund_id, stripe.read_refund)
    return books


def _look_again(books: TheirBooks, found: Iterable[Found]) -> None:
    """Read anew what these are about. What is not ours does not change by what we do."""
    for one in found:
        if one.payment is None or one.kind in {DifferenceKind.REFUND_UNSENT, DifferenceKind.REFUND_FAILED}:
            continue
        if one.kind == DifferenceKind.DISPUTE_UNSEEN:
            books.disputes.update((dispute.intent_id, dispute) for dispute in stripe.disputes_of(one.intent_id))
        elif one.kind in OF_REFUNDS:
            _read_one(books.refunds, one.subject, stripe.read_refund)
        else:
            _read_one(books.checkouts, one.subject, stripe.read_checkout)


def _read_one(kept: dict[str, Any], its_id: str, read: Callable[[str], Any]) -> None:
    """What Stripe has by this id, if it has it."""
    with suppress(stripe.Refused):
        kept[its_id] = read(its_id)


def _recent(now: datetime) -> QuerySet[Payment]:
    """Our payments that are compared; those that are still open, however old."""
    since = now - timedelta(days=PAYMENT_DAYS)
    compared = Payment.objects.filter(Q(created_at__gte=since) | Q(state__in=UNSETTLED))
    return compared.select_related("order").order_by("pk")


def _by_key(books: TheirBooks, ours: Iterable[Payment]) -> dict[str, Payment]:
    """The payments by their keys, which stand on Stripe's checkouts; on one that is not ours anything may stand."""
    by_key = {str(payment.key): payment for payment in ours}
    others = {one.key for one in books.checkouts.values()} - by_key.keys()
    older = Payment.objects.filter(key__in=[key for key in others if _is_uuid(key)]).select_related("order")
    return by_key | {str(payment.key): payment for payment in older}


def _is_uuid(words: str) -> bool:
    try:
        return bool(UUID(words))
    except ValueError:
        return False


def _by_intent(books: TheirBooks, by_key: dict[str, Payment]) -> dict[str, Payment]:
    """The payments that refunds and disputes are of: of any age, and also those whose money we have not heard of."""
    intents = {given.intent_id for given in books.refunds.values()} | books.disputes.keys()
    ours = Payment.objects.filter(intent_id__in=intents - {""}).select_related("order")
    unheard = {one.intent_id: by_key[one.key] for one in books.checkouts.values() if one.key in by_key}
    return unheard | {payment.intent_id: payment for payment in ours}


def _sent_refunds(now: datetime) -> QuerySet[Refund]:
    sent = Refund.objects.filter(state__in=[RefundState.PENDING, RefundState.DONE]).exclude(stripe_id=None)
    recent = sent.filter(created_at__gte=now - timedelta(days=REFUND_DAYS))
    return recent.select_related("payment__order").order_by("pk")


def _checkouts(books: TheirBooks, by_key: dict[str, Payment], now: datetime) -> Iterator[Found]:
    for checkout in books.checkouts.values():
        payment = by_key.get(checkout.key)
        paid = checkout.amount if checkout.is_paid else NOTHING
        if payment is None:
            yield Found(DifferenceKind.UNKNOWN_CHECKOUT, checkout.id, None, None, paid)
        elif checkout.amount != payment.amount:
            yield Found(DifferenceKind.OTHER_AMOUNT, checkout.id, payment, payment.amount, checkout.amount)
        elif checkout.is_paid and payment.is_paid and checkout.intent_id != payment.intent_id:
            yield Found(DifferenceKind.PAID_TWICE, checkout.id, payment, NOTHING, paid)
        elif kind := _differs(payment, checkout):
            had = payment.amount if payment.is_paid else NOTHING
            repair = partial(settle.look, payment, now=now, checkout_id=checkout.id)
            yield Found(kind, checkout.id, payment, had, paid, repair)


def _differs(payment: Payment, checkout: stripe.Checkout) -> DifferenceKind | None:
    if checkout.is_paid:
        return None if payment.is_paid else DifferenceKind.PAID_AT_STRIPE
    if checkout.is_expired:
        return DifferenceKind.CLOSED_AT_STRIPE if payment.is_unsettled else None
    if checkout.is_open and payment.state != PaymentState.OPEN:
        return DifferenceKind.OPEN_AT_STRIPE
    return None


def _missing(books: TheirBooks, ours: list[Payment]) -> Iterator[Found]:
    for payment in ours:
        has_money = payment.is_paid or payment.is_unsettled
        if has_money and payment.checkout_id and payment.checkout_id not in books.checkouts:
            had = payment.amount if payment.is_paid else NOTHING
            yield Found(DifferenceKind.NOT_AT_STRIPE, payment.checkout_id, payment, had, None)


def _refunds(books: TheirBooks, by_intent: dict[str, Payment]) -> Iterator[Found]:
    ours = Refund.objects.filter(payment__in=by_intent.values())
    by_id: dict[str, Refund] = {}
    for one in ours:
        by_id |= {str(one.key): one} | ({one.stripe_id: one} if one.stripe_id else {})
    for given in books.refunds.values():
        theirs = NOTHING if given.has_failed else given.amount
        payment = by_intent.get(given.intent_id)
        if payment is None:
            yield Found(DifferenceKind.UNKNOWN_REFUND, given.id, None, None, theirs)
            continue
        repair = partial(_with_payment, refund.look_at_refunds, payment.pk)
        known = by_id.get(given.id) or by_id.get(given.key)
        if known is None:
            yield Found(DifferenceKind.REFUND_UNKNOWN, given.id, payment, None, theirs, repair)
        elif known.state != _state_of(given) or known.amount != given.amount or known.stripe_id != given.id:
            had = NOTHING if known.state in {RefundState.FAILED, RefundState.OWED} else known.amount
            yield Found(DifferenceKind.REFUND_OTHERWISE, given.id, payment, had, theirs, repair)


def _state_of(given: stripe.GivenBack) -> str:
    if given.has_failed:
        return RefundState.FAILED
    return RefundState.DONE if given.is_done else RefundState.PENDING


def _our_refunds(books: TheirBooks, now: datetime) -> Iterator[Found]:
    for one in _sent_refunds(now):
        if one.stripe_id not in books.refunds:
            yield Found(DifferenceKind.REFUND_NOT_AT_STRIPE, one.stripe_id, one.payment, one.amount, None)
    others = Refund.objects.select_related("payment__order").order_by("pk")
    for one in others.filter(state=RefundState.OWED, created_at__lte=now - UNSENT_AFTER):
        yield Found(DifferenceKind.REFUND_UNSENT, f"refund {one.pk}", one.payment, one.amount, NOTHING)
    for one in others.filter(state=RefundState.FAILED, next_try=None):
        has_gone = one.stripe_id in books.refunds and not books.refunds[one.stripe_id].has_failed
        if one.payment.kept() > 0 and not has_gone:  # else it stands otherwise at Stripe, which is told above
            yield Found(DifferenceKind.REFUND_FAILED, f"refund {one.pk}", one.payment, one.amount, NOTHING)


def _disputes(books: TheirBooks, by_intent: dict[str, Payment]) -> Iterator[Found]:
    for intent_id, dispute in books.disputes.items():
        payment = by_intent.get(intent_id)
        if payment and payment.dispute != dispute.status:
            had = dispute.amount if payment.dispute else NOTHING
            repair = partial(_with_payment, refund.look_at_disputes, payment.pk)
            yield Found(DifferenceKind.DISPUTE_UNSEEN, dispute.id, payment, had, dispute.amount, repair, intent_id)


def _with_payment(work: Callable[[Payment], None], payment_id: int) -> None:
    """With the payment as it is by then: its money may have been put right just before."""
    work(Payment.objects.get(pk=payment_id))


# What is kept of it


@transaction.atomic
def _note(found: Found, now: datetime) -> Difference | None:
    """The open row of a difference; None if a person has put these very figures right before."""
    figures = {"payment": found.payment, "ours": found.ours, "theirs": found.theirs}
    rows = Difference.objects.filter(kind=found.kind, subject=found.subject)
    is_open = rows.open().select_for_update().first()
    if is_open is None and rows.filter(ending=Ending.BY_PERSON, ours=found.ours, theirs=found.theirs).exists():
        return None
    if is_open is None:
        is_open, _is_new = Difference.objects.get_or_create(
            kind=found.kind, subject=found.subject, closed_at=None, defaults={**figures, "found_at": now}
        )
    elif (is_open.ours, is_open.theirs) != (found.ours, found.theirs):
        is_open.ours, is_open.theirs = found.ours, found.theirs
        is_open.save(update_fields=["ours", "theirs"])
    return is_open


def _repair(found: Found) -> None:
    """Take over what Stripe says. What can't be is left to a person, and does not keep the others."""
    try:
        found.repair()
    except stripe.Refused:
        logger.warning("%s can't be put right: Stripe refused", found.subject)
    except stripe.Unreachable:
        raise
    except Exception:
        logger.exception("%s can't be put right", found.subject)


@transaction.atomic
def _close(left: set[tuple[str, str]], repaired: set[tuple[str, str]], now: datetime) -> None:
    """Whatever does not differ any more is closed, by our own doing or not."""
    for difference in Difference.objects.open().select_for_update():
        place = (difference.kind, difference.subject)
        if place not in left:
            difference.closed_at = now
            difference.ending = Ending.REPAIRED if place in repaired else Ending.GONE
            difference.save(update_fields=["closed_at", "ending"])


@transaction.atomic
def put_right(difference: Difference, *, note: str, by, now: datetime) -> bool:
    """A person says that it is in order now, and why; False if that was said before."""
    difference = Difference.objects.select_for_update(of=("self",)).get(pk=difference.pk)
    if not difference.is_open:
        return False
    difference.closed_at, difference.ending, difference.note, difference.by = now, Ending.BY_PERSON, note, by
    difference.save(update_fields=["closed_at", "ending", "note", "by"])
    record(DIFFERENCE_PUT_RIGHT, difference, by=by, at=now, order=difference.reference)
    return True
