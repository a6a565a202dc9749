"""``manage.py run_due``: everything that waits for its time, or failed the first time."""

import logging
from collections.abc import Callable
from datetime import datetime
from io import StringIO

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.models import Page, Revision

from booking.calendars.feed import refresh_due
from booking.calendars.outside import OutsideCalendar
from booking.calendars.renew import renew_due
from booking.invoicing.hand_over import hand_over_due
from booking.invoicing.run import issue_due
from booking.journal import record as journal
from booking.journal.kinds import CALLED, NO_SEAT, OFFER_LAPSED, OFFERED, PAIR_LAPSED
from booking.management.moment import moment
from booking.messages.deliver import deliver_due
from booking.messages.reminders import remind_due
from booking.mypage import retention
from booking.payments import stripe
from booking.payments.reconcile import reconcile_due
from booking.payments.refund import send_due
from booking.payments.settle import settle_due
from booking.sessions import live
from booking.signup.models import Booking, BookingStatus
from booking.signup.pairs import lapse_due
from booking.signup.waiting import offer_due

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Run by a timer, every minute; several at once do no harm. What fails does not stop the rest."""

    help = "Publishes what is timed, does again what failed, sends the mail that waits, keeps the calendar in step."

    def add_arguments(self, parser):
        parser.add_argument(
            "--at",
            help="ISO time to take for now (timed publishing always goes by the clock), e.g. 2027-05-05T12:00+02:00",
        )

    def handle(self, *args, at=None, **options):
        now = moment(at) if at else timezone.now()
        #: In this order, so that what one brings about the next takes up.
        kinds: dict[str, Callable[[datetime], tuple[str, bool]]] = {
            _("Timed publishing"): _publish,
            _("Sessions"): _recover,
            # Seats that were held when the keys were taken away are freed all the same.
            **(
                {_("Payments"): _settle}
                if settings.TAKES_CARDS or Booking.objects.filter(status=BookingStatus.HELD).exists()
                else {}
            ),
            **({_("Refunds"): _give_back, _("Reconciliation"): _reconcile} if settings.TAKES_CARDS else {}),
            _("Pairs"): _lapse,
            _("Waiting lists"): _offer,
            _("Follow-ups"): _catch_up,
            _("Invoices"): _issue,
            _("Hand-over of invoices"): _hand_over,
            **({_("Outside calendars"): _renew} if OutsideCalendar.objects.exists() else {}),
            _("Calendar"): _refresh,
            _("Reminders"): _remind,
            _("Mail"): _deliver,
            _("Retention"): _purge,
        }
        failed = [name for name, work in kinds.items() if not self._run(name, work, now)]
        if failed:
            raise CommandError(_("This failed: %(names)s.") % {"names": ", ".join(failed)})

    def _run(self, name: str, work: Callable[[datetime], tuple[str, bool]], now: datetime) -> bool:
        try:
            said, well = work(now)
        except Exception:
            logger.exception("run_due: %s failed", work.__name__)
            said, well = _("failed"), False
        self.stdout.write(f"{name}: {said}")
        return well


def _publish(now: datetime) -> tuple[str, bool]:
    clock = timezone.now()
    waiting = Revision.objects.filter(approved_go_live_at__lt=clock).count()
    expired = Page.objects.live().filter(expire_at__lt=clock).count()
    call_command("publish_scheduled", stdout=StringIO())
    return _("%(published)d published, %(expired)d taken off the site") % {
        "published": waiting,
        "expired": expired,
    }, True


def _recover(now: datetime) -> tuple[str, bool]:
    return _("%(count)d brought in step with their pages") % {"count": live.recover(now=now)}, True


def _settle(now: datetime) -> tuple[str, bool]:
    settled, failed = settle_due(now)
    return _("%(settled)d settled, %(failed)d not") % {"settled": settled, "failed": failed}, not failed


def _give_back(now: datetime) -> tuple[str, bool]:
    done, failed = send_due(now)
    return _("%(done)d done, %(failed)d failed") % {"done": done, "failed": failed}, not failed


def _reconcile(now: datetime) -> tuple[str, bool]:
    try:
        outcome = reconcile_due(now)
    except stripe.Unreachable:
        return _("Stripe does not answer, so nothing was compared"), False
    if outcome is None:
        return _("nothing to do now"), True
    return _("%(found)d found, %(repaired)d put right, %(waiting)d wait for a person") % {
        "found": len(outcome.found),
        "repaired": outcome.repaired,
        "waiting": outcome.waiting,
    }, True


def _lapse(now: datetime) -> tuple[str, bool]:
    done, failed = lapse_due(now)
    return _("%(freed)d seats freed that were kept for a pair") % {"freed": done[PAIR_LAPSED]}, not failed


def _offer(now: datetime) -> tuple[str, bool]:
    done, failed = offer_due(now)
    said = _("%(offered)d offered a seat, %(ended)d waited or kept a seat in vain") % {
        "offered": done[OFFERED] + done[CALLED],
        "ended": done[OFFER_LAPSED] + done[NO_SEAT],
    }
    return said, not failed


def _catch_up(now: datetime) -> tuple[str, bool]:
    done, failed = journal.catch_up(now)
    return _("%(done)d done, %(failed)d failed") % {"done": done, "failed": failed}, not failed


def _issue(now: datetime) -> tuple[str, bool]:
    outcome = issue_due(now)
    said = _("%(issued)d issued") % {"issued": len(outcome.issued)}
    if outcome.refusals:
        counts = {"issued": len(outcome.issued), "refused": len(outcome.refusals)}
        said = _("%(issued)d issued, %(refused)d not: see why under Bookings, Ready to be invoiced") % counts
    if outcome.failed:
        said += ", " + _("%(failed)d failed: see the log") % {"failed": outcome.failed}
    return said, not outcome.failed


def _hand_over(now: datetime) -> tuple[str, bool]:
    handed, failed = hand_over_due(now)
    return _("%(handed)d handed over, %(failed)d not") % {"handed": handed, "failed": failed}, not failed


def _renew(now: datetime) -> tuple[str, bool]:
    done, failed = renew_due(now)
    return _("%(done)d brought up to date, %(failed)d not") % {"done": done, "failed": failed}, True


def _refresh(now: datetime) -> tuple[str, bool]:
    return _("changed") if refresh_due(now=now) else _("unchanged"), True


def _remind(now: datetime) -> tuple[str, bool]:
    return _("%(count)d mails written") % {"count": remind_due(now)}, True


def _deliver(now: datetime) -> tuple[str, bool]:
    sent, failed = deliver_due(now)
    return _("%(sent)d sent, %(failed)d not") % {"sent": sent, "failed": failed}, not failed


def _purge(now: datetime) -> tuple[str, bool]:
    counts = [(rule.what, count) for rule, count in retention.purge(now) if count != 0]
    if not counts:
        return _("nothing to remove"), True
    said = ", ".join(f"{what}: {_('failed') if count is None else count}" for what, count in counts)
    return said, all(count is not None for _what, count in counts)
