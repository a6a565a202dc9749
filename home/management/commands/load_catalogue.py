from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from home.content import ContentError
from home.loading import load, quietly


class Command(BaseCommand):
    help = (
        "Fill a new site with the catalogue, the mayors' course and the municipalities. A second run changes nothing."
    )

    def handle(self, *args, **options):
        try:
            with quietly():
                load(now=timezone.now(), tell=self.stdout.write)
        except ContentError as error:
            raise CommandError(str(error)) from error
