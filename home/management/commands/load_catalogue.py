from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from home.content import FOLDER, ContentError
from home.loading import load, quietly


class Command(BaseCommand):
    help = "Fill a new site with the catalogue and the mayors' course. A second run changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("--folder", type=Path, default=FOLDER, help="where the content files are")

    def handle(self, *args, folder, **options):
        try:
            with quietly():
                load(now=timezone.now(), tell=self.stdout.write, folder=folder)
        except ContentError as error:
            raise CommandError(str(error)) from error
