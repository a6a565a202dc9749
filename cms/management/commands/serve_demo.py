"""The whole site on one machine, with content and people to try it with: what ``make run`` starts."""

import hashlib
import logging
import os
import socket
import threading
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import close_old_connections, connection
from django.db.migrations.executor import MigrationExecutor

from booking.models import PriceList

logger = logging.getLogger(__name__)

WELCOME = """
  The site:                {site}/
  The editors' side:       {site}/admin/

  Sign in with a code sent by mail; there are no passwords. The code is shown {codes}
    redaktoer@example.org         keeps the pages
    kursus@example.org            looks after bookings and people
    oekonomi@example.org          writes the invoices
    superbruger@example.org       does all that, and keeps the staff
    sekretaer.fanoe@example.org   signs up the mayor of Fanø

  Stop with Ctrl+C. To begin afresh, delete the directory var/.
"""


def content_digest() -> str:
    """A fingerprint of the files that the catalogue and the demo are loaded from."""
    digest = hashlib.sha256()
    for app in ("home", "booking"):
        for file in sorted((settings.BASE_DIR / app).rglob("*")):
            if file.suffix in {".toml", ".csv"}:
                digest.update(str(file.relative_to(settings.BASE_DIR)).encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()


def do_what_is_due(every: float) -> None:
    """Run ``run_due`` again and again beside the server, as a timer does in production."""
    pause = threading.Event()
    while not pause.wait(every):
        close_old_connections()
        try:
            call_command("run_due", stdout=StringIO())  # what went wrong is logged; the rest is of no interest here
        except Exception:  # whatever it was, the next round tries again
            logger.exception("run_due failed")
        finally:
            connection.close()


class Command(BaseCommand):
    help = "Prepare the database, load the catalogue and demo people the first time, and serve the site."
    requires_system_checks = []

    def handle(self, *args, **options):
        self.stop_if_taken(settings.HOST, int(settings.PORT))
        database = Path(settings.DATABASES["default"]["NAME"])
        database.parent.mkdir(parents=True, exist_ok=True)
        is_new = not database.exists()
        self.bring_tables_up_to_date()
        self.load_content(is_new=is_new)

        threading.Thread(target=do_what_is_due, kwargs={"every": 60}, daemon=True).start()
        codes = f"here in the terminal and on {settings.SITE_URL}/udvikling/post/"
        if "EMAIL_HOST" in os.environ:
            codes = f"in the inbox: mail goes through {settings.EMAIL_HOST}"
        self.stdout.write(WELCOME.format(site=settings.SITE_URL, codes=codes))
        if settings.TAKES_CARDS:
            self.stdout.write(f"  Cards are charged by {settings.STRIPE_API_BASE}\n")
        os.environ["DJANGO_RUNSERVER_HIDE_WARNING"] = "true"
        call_command("runserver", f"{settings.HOST}:{settings.PORT}", use_reloader=False, skip_checks=True)

    def stop_if_taken(self, host: str, port: int) -> None:
        """Say at once, not after a minute's preparation, that somebody else has the port."""
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                reason = f"Cannot serve on {host}:{port}: {error.strerror}. Another port: make run PORT=8001"
                raise CommandError(reason) from error

    def bring_tables_up_to_date(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Making the tables (half a minute the first time)")
            call_command("migrate", interactive=False)
        call_command("createcachetable", verbosity=0)

    def load_content(self, *, is_new: bool) -> None:
        """Load the catalogue and the demo into a new database, or when their files have changed since."""
        loaded = settings.VAR_DIR / "loaded.sha256"
        digest = content_digest()
        if not is_new and loaded.exists() and loaded.read_text() == digest:
            return
        self.stdout.write("Loading the catalogue")
        call_command("load_catalogue")
        self.stdout.write("Making demo people and bookings")
        call_command("load_demo")
        if settings.TAKES_CARDS:
            PriceList.objects.update(takes_cards=True)
        loaded.write_text(digest)
