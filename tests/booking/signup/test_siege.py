"""Many people at few seats over real HTTP, while the servers are killed; and then the books are counted.

SIEGE says how many people there are: some by default, hundreds when somebody wants to know.
"""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
import requests
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.journal.models import Fact, FollowUp
from booking.models import OutboxMessage
from booking.signup.link import key_for
from booking.signup.models import Booking, Order
from tests.booking.signup.filled import WRITTEN, _Fields
from tests.booking.signup.test_killed import run_due, told
from tests.booking.signup.test_race import ROOT, is_legal, lives
from tests.factories import ConditionsFactory, SessionPageFactory, mayor_of, secretary_of

PEOPLE = int(os.environ.get("SIEGE", "16"))
SEATS = max(3, PEOPLE // 12)
#: Seconds between two deaths.
RESPITE = 2.5 if PEOPLE > 50 else 1.5
PATIENCE = 60 + 2 * PEOPLE


class Servers:
    """gunicorn, which is killed with all its workers again and again, and started anew as any host would."""

    def __init__(self, mail: Path):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "cms.settings.test",
            "RACE_DATABASE": str(connection.settings_dict["NAME"]),
            "RACE_MAIL": str(mail),
            "WEB_CONCURRENCY": "2",
        }
        self.log = (mail.parent / "servers.log").open("ab")
        self.ended, self.has_died = threading.Event(), threading.Event()
        self.deaths = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        words = ["-m", "gunicorn", "--bind", f"127.0.0.1:{self.port}", "--access-logfile", os.devnull]
        self.process = subprocess.Popen(
            [sys.executable, *words, "tests.booking.signup.besieged"],
            cwd=ROOT,
            env=self.environment,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )

    def kill(self):
        """Without a word, whatever they were doing."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def die_again_and_again(self, dice: random.Random):
        """Each life is longer than the one before, or on a busy machine nobody would ever be served."""
        while not self.ended.wait(RESPITE * dice.uniform(0.5, 1.5) * (1 + self.deaths / 5)):
            if self.answers():  # one that is not up yet has nothing to lose
                self.kill()
                self.deaths += 1
                self.start()
                self.has_died.set()

    def answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/", timeout=5).status_code == 200
        except requests.RequestException:
            return False


@contextmanager
def siege(mail: Path, seed: int):
    """Servers that die, until the siege is over."""
    servers = Servers(mail)
    killer = threading.Thread(target=servers.die_again_and_again, args=[random.Random(seed)])
    killer.start()
    try:
        yield servers
    finally:
        servers.ended.set()
        killer.join()
        servers.kill()
        if connection.vendor == "postgresql":  # which finds out only when it would answer them
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )


class Visitor:
    """Somebody who signs up, withdraws or says yes, and sends everything again when no answer comes."""

    def __init__(self, servers: Servers, user, mayor, session):
        client = Client()
        client.force_login(user)
        self.cookies = {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}
        self.servers, self.mayor, self.session = servers, mayor, session
        self.failures: list[str] = []

    def ask(self, method: str, path: str, data=None):
        """The answer, whenever it comes."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                with requests.Session() as browser:
                    browser.cookies.update(self.cookies | {"csrftoken": "a" * 32})
                    answer = browser.request(
                        method,
                        self.servers.url + path,
                        data={**data, "csrfmiddlewaretoken": "a" * 32} if data else None,
                        headers={"Referer": self.servers.url},
                        timeout=60,
                        allow_redirects=False,
                    )
            except requests.RequestException:
                time.sleep(0.2)
                continue
            if answer.status_code >= 500:
                self.failures.append(f"{method} {path}: {answer.status_code}")
            return answer
        raise TimeoutError(path)

    def fields(self, page, action: str) -> dict:
        parser = _Fields(action)
        parser.feed(page.text)
        return parser.values

    def sign_up(self, *, twice: bool) -> str:
        """Send the form until there is a receipt; some press the button twice."""
        action = reverse("booking:sign_up", args=[self.session.pk])
        page = self.ask("GET", self.session.get_url())
        for _try in range(6):
            values = self.fields(page, action) | WRITTEN
            answers = [lambda values=values: self.ask("POST", action, values)] * (2 if twice else 1)
            with ThreadPoolExecutor(len(answers)) as hands:
                page, *_others = [press.result() for press in [hands.submit(answer) for answer in answers]]
            if page.status_code == 302:
                return page.headers["Location"]
            assert page.status_code in {422, 500}, page.status_code
        raise AssertionError(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page.text))[:2000])

    def withdraw(self, booking: Booking) -> None:
        path = reverse("booking:withdraw", args=[booking.order.reference, booking.pk])
        page = self.ask("GET", path)
        if page.status_code == 302:
            return  # the other press was there first
        shown = re.search(r'name="shown" value="([^"]*)"', page.text)
        self.ask("POST", path, {"shown": shown[1], "sure": "on"})

    def accept(self, booking: Booking) -> None:
        self.ask("POST", reverse("booking:place_in_line", args=[key_for(booking, participant=True)]), {"yes": "1"})


@pytest.fixture
def mailed(tmp_path, settings):
    """Where all mail goes, from here and from the servers."""
    mail = tmp_path / "mail"
    mail.mkdir()
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(mail)
    return mail


def test_hundreds_at_few_seats_with_servers_that_die_leave_books_that_are_right(transactional_db, mailed):
    session = SessionPageFactory(capacity=SEATS, conditions=ConditionsFactory(free_days=7))
    mayors = [mayor_of(f"Kommune {number}") for number in range(PEOPLE)]
    with siege(mailed, seed=5) as servers:
        visitors = {
            mayor.pk: Visitor(servers, (secretary_of(mayor) if number % 2 else mayor).user, mayor, session)
            for number, mayor in enumerate(mayors)
        }
        with ThreadPoolExecutor(min(PEOPLE, 40)) as town_halls:
            receipts = list(
                town_halls.map(lambda one: one.sign_up(twice=one.mayor.pk % 3 == 0), list(visitors.values()))
            )
            assert seats_taken(session) == SEATS
            assert servers.has_died.wait(PATIENCE)
            # Half of those who have a seat leave; whoever is offered one says yes, and perhaps once more.
            seated = list(Booking.objects.filter(status="confirmed").select_related("order").order_by("pk"))
            leaving = [(visitors[one.participant_id].withdraw, one) for one in seated[: SEATS // 2]]
            list(town_halls.map(lambda one: one[0](one[1]), leaving * 2))
            run_due()
            offered = list(Booking.objects.filter(status="offered").select_related("order"))
            list(town_halls.map(lambda one: visitors[one.participant_id].accept(one), offered * 2))

    OutboxMessage.objects.filter(sent_at=None).update(claimed_until=None, not_before=timezone.now())
    FollowUp.objects.filter(done_at=None).update(not_before=timezone.now())
    run_due()
    run_due()

    # Nobody was turned away with an error, and nobody's order was lost or made twice.
    assert [failure for visitor in visitors.values() for failure in visitor.failures] == []
    assert Counter(receipts) == Counter(
        reverse("booking:receipt", args=[order.reference]) for order in Order.objects.all()
    )
    assert Booking.objects.values("participant").distinct().count() == Booking.objects.count() == PEOPLE
    # Seats: never one too many, never a lost one; whoever was offered one said yes.
    statuses = Counter(Booking.objects.values_list("status", flat=True))
    assert statuses == {
        "confirmed": SEATS - statuses["offered"],
        "cancelled": SEATS // 2,
        "waiting": PEOPLE - SEATS - SEATS // 2,
    } | ({"offered": statuses["offered"]} if statuses["offered"] else {})
    assert all(is_legal(life) for life in lives())
    # The line: as they came, and served in that order.
    for kind in ("queued", "offered"):
        about = list(Fact.objects.filter(kind=kind).order_by("pk").values_list("about_id", flat=True))
        assert about == sorted(about)
    last_served = Fact.objects.filter(kind="offered").latest("pk").about_id
    assert not Booking.objects.filter(status="waiting", pk__lt=last_served).exists()
    # Money: a price each, and nothing owed by those who left in time.
    assert {one.price.net for one in Booking.objects.prefetch_related("lines")} == {Decimal(5300)}
    assert sum(one.due().gross for one in Booking.objects.all()) == 6625 * statuses["confirmed"]
    # Mails: one of each fact to each, all sent; and what a dying server sent twice is the same letter.
    assert set(told().values()) == {1}
    told_of = set(OutboxMessage.objects.values_list("fact", flat=True))
    staying = Fact.objects.filter(kind="booked", about_id__in=Booking.objects.filter(status="confirmed").values("pk"))
    leaving = Fact.objects.filter(kind="cancelled")  # who left before a server lived to confirm it hears only of that
    assert {*staying.values_list("pk", flat=True), *leaving.values_list("pk", flat=True)} <= told_of
    assert not OutboxMessage.objects.filter(sent_at=None).exists()
    letters = {
        found for file in mailed.iterdir() for found in re.findall(r"^Message-ID: (.*)$", file.read_text("utf-8"), re.M)
    }
    assert letters == set(OutboxMessage.objects.values_list("message_id", flat=True))
    assert not FollowUp.objects.filter(done_at=None).exists()


def seats_taken(session) -> int:
    return Booking.objects.filter(session=session).holding_a_seat().count()
