"""Issuing all that is due: what the timer does by itself, and ``manage.py issue_invoices`` by hand."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from booking.invoicing.document import NotInOrder
from booking.invoicing.due import card_payments, card_refunds, ready, to_take_back
from booking.invoicing.issue import credit_refund, issue, issue_paid, take_back
from booking.invoicing.models import Invoice
from booking.invoicing.sentences import refused

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Outcome:
    """What was issued, and why the rest was not."""

    issued: list[Invoice] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    failed: int = 0


def issue_due(now: datetime) -> Outcome:
    """Credit what is no longer right, issue what is due and not held back.

    Each document commits by itself; what is refused waits.
    """
    outcome = Outcome()
    by_invoice = groupby(to_take_back(), key=lambda charge: charge.invoice)
    _each(outcome, [(invoice, list(charges)) for invoice, charges in by_invoice], lambda one: take_back(*one, now=now))
    due = [bundle for bundle in ready(now) if not bundle.recipient.held_back]
    _each(outcome, due, lambda bundle: issue(bundle, now=now))
    _each(outcome, card_payments(), lambda payment: issue_paid(payment, now=now))
    _each(outcome, card_refunds(), lambda refund: credit_refund(refund, now=now))
    if outcome.refusals:
        logger.info("%d invoices were not issued", len(outcome.refusals))
    return outcome


def _each(outcome: Outcome, things: Iterable, work: Callable) -> None:
    for thing in things:
        try:
            invoice = work(thing)
        except NotInOrder as refusal:
            outcome.refusals.append(refused(refusal))
        except Exception:
            # One document that can't be made must not keep everybody else's.
            logger.exception("an invoice failed")
            outcome.failed += 1
        else:
            if invoice is not None:
                outcome.issued.append(invoice)
