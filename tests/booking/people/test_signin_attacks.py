"""Guessing at codes, all at once and over HTTP, with the cache that production has: the database."""

import os
import re
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from booking.people.signin import give_sign_in, give_staff_sign_in
from tests.factories import PersonFactory

ADDRESS = "sekretaer@example.org"


@pytest.fixture
def shared_cache(settings):
    """The cache of development and production, in place of the one in memory."""
    settings.CACHES = {"default": settings.DATABASE_CACHE}
    call_command("createcachetable")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE cache")


@pytest.fixture
def person(transactional_db):
    person = PersonFactory(email=ADDRESS, user=None)
    give_sign_in(person)
    return person


def code_in(message) -> str:
    return re.search(r"^[A-Z]{4}-[A-Z]{4}$", message.body, re.MULTILINE)[0]


class Browser:
    """As little of a browser as it takes to send forms to a server, from many threads."""

    def __init__(self, server: str):
        self.host = urlsplit(server).netloc
        self.cookies: dict[str, str] = {}

    def send(self, method: str, path: str, **fields) -> tuple[int, str, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        body = None
        if method == "POST":
            body = urlencode(fields | {"csrfmiddlewaretoken": self.cookies["csrftoken"]})
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        server = HTTPConnection(self.host, timeout=60)
        server.request(method, path, body, headers)
        answer = server.getresponse()
        page = answer.read().decode()
        for header, value in answer.getheaders():
            if header == "Set-Cookie":
                name, _equals, value = value.split(";", 1)[0].partition("=")
                self.cookies[name] = value
        server.close()
        return answer.status, answer.headers.get("Location", ""), page

    def copy(self) -> "Browser":
        other = Browser(f"http://{self.host}")
        other.cookies = dict(self.cookies)
        return other


def all_at_once(browser: Browser, path: str, forms: list[dict]) -> list[tuple[int, str, str]]:
    """Every form from a browser of its own, with the same cookies, in the same moment."""
    with ThreadPoolExecutor(len(forms)) as pool:
        return list(pool.map(lambda form: browser.copy().send("POST", path, **form), forms))


@pytest.fixture
def asked(live_server, shared_cache, person):
    """A browser that waits for the code."""
    browser = Browser(live_server.url)
    browser.send("GET", reverse("account_login"))
    status, _location, _page = browser.send("POST", reverse("account_login"), email=ADDRESS)
    assert status == 302
    return browser


def test_many_guesses_at_once_get_no_more_than_three_tries(asked):
    """All but the last are wrong; were each looked at, the right one among them would come in."""
    right = code_in(mail.outbox[0])
    path = reverse("account_confirm_login_code")
    wrong = [{"code": f"BCDF-GH{first}{second}"} for first in "JKLM" for second in "PQR"]

    answers = all_at_once(asked, path, wrong)
    late = asked.copy().send("POST", path, code=right)

    looked_at = [page for status, _location, page in answers if status == 200]
    assert len(looked_at) <= 3
    assert late[1].startswith(reverse("account_login"))


def test_what_others_have_tried_counts_for_the_right_code_too(asked):
    """Two tries are gone; of many guesses in the same moment, the right one with them, one more is looked at."""
    right = code_in(mail.outbox[0])
    path = reverse("account_confirm_login_code")
    wrong = [{"code": f"BCDF-GH{first}{second}"} for first in "JKLM" for second in "PQR"]
    all_at_once(asked, path, wrong[:2])

    answers = all_at_once(asked, path, [*wrong, {"code": right}])

    refused = [location for _status, location, _page in answers if location.startswith(reverse("account_login"))]
    assert len(refused) >= len(wrong)


def test_many_who_ask_at_once_for_one_address_get_three_codes(live_server, shared_cache, person):
    browser = Browser(live_server.url)
    browser.send("GET", reverse("account_login"))

    all_at_once(browser, reverse("account_login"), [{"email": ADDRESS}] * 10)

    assert len(mail.outbox) == 3


ANOTHER_PROCESS = """
import sys, django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
settings.CACHES = {"default": settings.DATABASE_CACHE}
django.setup()
from django.core import mail
from django.test import Client
from django.test.utils import setup_test_environment
setup_test_environment()
Client().post("/konto/log-ind/", {"email": sys.argv[2]})
print("mails:", len(mail.outbox))
"""


def test_the_limit_holds_in_another_process_and_after_a_restart(client, shared_cache, person):
    for _number in range(3):
        client.post(reverse("account_login"), {"email": ADDRESS})
    assert len(mail.outbox) == 3

    def ask_elsewhere(address: str) -> str:
        arguments = [sys.executable, "-c", ANOTHER_PROCESS, str(connection.settings_dict["NAME"]), address]
        environment = os.environ | {"DJANGO_SETTINGS_MODULE": "cms.settings.test"}
        answer = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=120, check=False)
        return answer.stdout.strip() or answer.stderr

    assert ask_elsewhere(ADDRESS) == "mails: 0"
    assert ask_elsewhere("en-anden@example.org") == "mails: 1"


@pytest.mark.parametrize("known", ["ingrid@example.org", "kasper@example.org"])
@pytest.mark.parametrize("is_staff", [True, False])
def test_an_address_that_only_looks_alike_gets_no_code(client, db, known, is_staff):
    """PostgreSQL takes a dotless i for an i; were the code sent to the address as written, a stranger would have it."""
    if is_staff:
        give_staff_sign_in(known, "En redaktør", [])
    else:
        PersonFactory(email=known, user=None)

    alike = known.replace("i", "\u0131").replace("s", "\u017f", 1)
    client.post(reverse("account_login"), {"email": alike})
    client.post(reverse("account_login"), {"email": alike.replace("example", "e\u00e6ample")})

    assert not [message for message in mail.outbox if re.search(r"[A-Z]{4}-[A-Z]{4}", message.body)]


def test_known_and_unknown_addresses_are_answered_in_about_the_same_time(client, db):
    for number in range(15):
        PersonFactory(email=f"kendt{number}@example.org", user=None)
    took: dict[str, list[float]] = {"kendt": [], "ukendt": []}

    for number in range(15):
        for name, times in took.items():
            begun = time.thread_time()
            # From a machine of its own each time, or the limit would answer.
            answer = client.post(
                reverse("account_login"), {"email": f"{name}{number}@example.org"}, REMOTE_ADDR=f"10.0.0.{number}"
            )
            times.append(time.thread_time() - begun)
            assert answer.status_code == 302

    # Both send a mail to somebody's server, which takes longer than this, and varies by more.
    known, unknown = (statistics.median(times) for times in took.values())
    assert abs(known - unknown) < 0.05
