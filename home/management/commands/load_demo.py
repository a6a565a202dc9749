from contextlib import redirect_stdout
from io import StringIO

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from home.demo import NoCatalogue, load_demo
from home.loading import quietly


class Command(BaseCommand):
    help = (
        "Make people and bookings to try the site with; never on a site in use. A second run changes nothing. "
        "The confirmations are sent as always, but development's mailbox does not print them: they are on its page."
    )

    def handle(self, *args, **options):
        if not (settings.DEBUG or settings.DEMO):
            raise CommandError("This site is not for trying out: neither DEBUG nor DEMO is set.")
        try:
            with quietly(), redirect_stdout(StringIO()):  # self.stdout still speaks
                load_demo(now=timezone.now(), tell=self.stdout.write)
        except NoCatalogue as error:
            raise CommandError("Run load_catalogue first: there is nothing to sign up for yet.") from error
