"""``manage.py issue_invoices``: every invoice and credit note that is due, as ``run_due`` issues them by itself."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from booking.invoicing.run import issue_due
from booking.management.moment import moment


class Command(BaseCommand):
    help = "Issues what is to be invoiced and credited. What was issued before is not issued again."

    def add_arguments(self, parser):
        parser.add_argument("--at", help="ISO time to take for now, e.g. 2027-05-06T06:00+02:00")

    def handle(self, *args, at=None, **options):
        outcome = issue_due(moment(at) if at else timezone.now())
        for invoice in outcome.issued:
            self.stdout.write(f"{invoice.number}: {invoice.payer}, {invoice.total}")
        for sentence in dict.fromkeys(outcome.refusals):
            self.stderr.write(sentence)
        missing = len(outcome.refusals) + outcome.failed
        if missing:
            raise CommandError(_("%(count)d invoices were not issued.") % {"count": missing})
