"""``manage.py reconcile_payments``: our books of card payments beside Stripe's."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from booking.payments import stripe
from booking.payments.differences import Difference
from booking.payments.reconcile import UnderWay, reconcile_now
from booking.payments.words import difference_in_words


class Command(BaseCommand):
    """What ``run_due`` does by itself once a day, now. Ends with an error when something is left for a person."""

    help = "Lists every difference between our card payments and Stripe's, and puts right what is safe to."

    def handle(self, *args, **options):
        if not settings.TAKES_CARDS:
            self.stdout.write(_("The site takes no cards."))
            return
        try:
            outcome = reconcile_now(timezone.now())
        except UnderWay as error:
            raise CommandError(_("Another process is comparing the books right now.")) from error
        except stripe.Unreachable as error:
            raise CommandError(_("Stripe does not answer, so nothing was compared. Try again later.")) from error
        closed = [difference for difference in outcome.found if not difference.is_open]
        still_open = Difference.objects.open().select_related("payment__order").order_by("found_at", "pk")
        for difference in [*closed, *still_open]:
            self.stdout.write(difference_in_words(difference))
        if outcome.waiting:
            raise CommandError(_("To be looked at by a person: %(count)d.") % {"count": outcome.waiting})
        self.stdout.write(_("All payments agree."))
