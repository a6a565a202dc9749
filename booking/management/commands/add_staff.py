"""``manage.py add_staff ADDRESS NAME GROUP``: the first superuser of a new site; the others are added in the admin."""

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError

from booking.journal import kinds
from booking.journal.record import record
from booking.people.signin import give_staff_sign_in


class Command(BaseCommand):
    help = "Let somebody of the house sign in with an address and work in a group."

    def add_arguments(self, parser):
        parser.add_argument("address", help="where sign-in codes are sent")
        parser.add_argument("name", help="the whole name, in quotation marks")
        parser.add_argument("group", help="Redaktør, Kursusadministrator, Økonomi or Superbruger")

    def handle(self, *args, address: str, name: str, group: str, **options):
        groups = Group.objects.filter(name=group)
        if not groups:
            names = ", ".join(Group.objects.order_by("name").values_list("name", flat=True))
            raise CommandError(f"There is no such group. There are: {names}.")
        user = give_staff_sign_in(address, name, groups)
        record(kinds.STAFF_ADDED, user, groups=[group])
        self.stdout.write(f"{name} signs in with {user.email}, and works as {group}.")
