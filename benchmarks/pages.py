"""How dear each page and a sign-up are, beside a view that does nothing: ``.venv/bin/python -m benchmarks.pages``.

The real catalogue and the demo people, in a database of its own that goes away; everything in one process through the
whole middleware, so that the ratios hold on any machine and the milliseconds do not. Nothing is asserted.
"""

import logging
import os
import tempfile

import django

_written = tempfile.TemporaryDirectory(prefix="cms-benchmark-")
os.environ["DJANGO_SETTINGS_MODULE"] = "cms.settings.dev"
os.environ["VAR_DIR"] = _written.name
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext, setup_test_environment  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402

from benchmarks.feed import milliseconds  # noqa: E402
from booking.models import Booking, Person, SessionPage  # noqa: E402
from booking.signup.cancel import cancel_booking  # noqa: E402
from cms.urls import urlpatterns as site  # noqa: E402

urlpatterns = [path("nothing/", lambda request: HttpResponse("ok")), *site]

ROUNDS = 60


def prepare() -> None:
    """Tables, catalogue, people; mail goes nowhere."""
    setup_test_environment(debug=False)
    settings.ROOT_URLCONF = "benchmarks.pages"
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    for command in ("migrate", "createcachetable", "load_catalogue", "load_demo"):
        with open(os.devnull, "w") as nowhere:
            call_command(command, stdout=nowhere, verbosity=0)
    logging.disable(logging.WARNING)  # the demo puts the level back where it found it


def sign_up(client: Client, session: SessionPage) -> None:
    """Read the form, send it, and give the seat back without being timed for it."""
    panel = client.get(session.url).context["panel"]
    answer = client.post(
        f"/tilmelding/{session.pk}/",
        {
            "participant": panel.eligible[0].person.pk,
            "ean": "5798009811578",
            "contact_name": "Sekretæren",
            "contact_email": "sekretaer@example.org",
            "accepted": "on",
            "submission": panel.form["submission"].value(),
            "shown_net": str(panel.tariff.net),
            "shown_conditions": session.conditions.current().pk,
        },
    )
    assert answer.status_code == 302, answer.status_code  # noqa: S101 - a refusal would be timed as a sign-up
    cancel_booking(Booking.objects.latest("pk"), by=None, now=timezone.now())


def main() -> None:
    prepare()
    stranger, secretary = Client(), Client()
    secretary.force_login(Person.objects.get(email="sekretaer.fanoe@example.org").user)
    session = SessionPage.objects.filter(kind="overnight").upcoming().first()
    offer = session.get_parent()
    work = {
        "a view that does nothing": lambda: stranger.get("/nothing/"),
        "front page": lambda: stranger.get("/"),
        "catalogue": lambda: stranger.get("/tilbud/"),
        "catalogue, searched": lambda: stranger.get("/tilbud/", {"q": "pension"}),
        "offer": lambda: stranger.get(offer.url),
        "session, stranger": lambda: stranger.get(session.url),
        "session, with the form": lambda: secretary.get(session.url),
        "calendar": lambda: stranger.get("/kalender/"),
        "my page": lambda: secretary.get("/min-side/"),
        "form, order, mail, and back": lambda: sign_up(secretary, session),
    }
    nothing = None
    for name, call in work.items():
        taken = milliseconds(call, ROUNDS)
        nothing = nothing or taken
        with CaptureQueriesContext(connection) as queries:
            call()
        line = f"{name:<30} {taken:8.2f} ms   x {taken / nothing:5.1f}   {len(queries):3} queries"
        print(line)  # noqa: T201 - its report


if __name__ == "__main__":
    main()
