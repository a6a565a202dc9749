"""``manage.py reset_second_factor ADDRESS``: for the day when nobody is left who could do it in the admin."""

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from booking.people.second_factor import reset_second_factor


class Command(BaseCommand):
    help = "Forget the app, passkeys and recovery codes of somebody on the staff; they set up anew at the next sign-in."

    def add_arguments(self, parser):
        parser.add_argument("address", help="the e-mail address they sign in with")

    def handle(self, *args, address: str, **options):
        users = User.objects.filter(email__iexact=address)
        if not users:
            raise CommandError("Nobody signs in with that address.")
        were_reset = [reset_second_factor(user, by=None) for user in users]
        if not any(were_reset):
            raise CommandError("There was nothing to reset.")
        self.stdout.write("Reset. At the next sign-in they set up anew.")
