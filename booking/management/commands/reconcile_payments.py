"""``manage.py reconcile_payments``: our books of card payments beside Stripe's."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from booking.payments import stripe
from booking.payments.reconcile import Difference, reconcile

KINDS = {
    "unknown_checkout": gettext_lazy("Stripe has a checkout that we don't know"),
    "other_amount": gettext_lazy("the amount is another at Stripe"),
    "other_state": gettext_lazy("the payment stood otherwise at Stripe"),
    "not_at_stripe": gettext_lazy("Stripe does not have the payment"),
    "other_refunds": gettext_lazy("the refunds stood otherwise at Stripe"),
    "other_dispute": gettext_lazy("what the card's holder contests stood otherwise at Stripe"),
    "failed_refund": gettext_lazy("a refund failed, and the money is still ours"),
}


def sentence(difference: Difference) -> str:
    said = f"{difference.reference}: {KINDS[difference.kind]}"
    return f"{said} ({_('put right')})" if difference.is_repaired else said


class Command(BaseCommand):
    """Run by a timer, once a day. Ends with an error when something is left for a person to look at."""

    help = "Lists every difference between our card payments and Stripe's, and puts right what is safe to."

    def handle(self, *args, **options):
        if not settings.TAKES_CARDS:
            self.stdout.write(_("The site takes no cards."))
            return
        left = 0
        try:
            for difference in reconcile(timezone.now()):
                self.stdout.write(sentence(difference))
                left += not difference.is_repaired
        except stripe.Unreachable as error:
            raise CommandError(_("Stripe does not answer. Try again later.")) from error
        if left:
            raise CommandError(_("To be looked at by a person: %(count)d.") % {"count": left})
        self.stdout.write(_("All payments agree."))
