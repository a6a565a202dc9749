"""``make run`` on a new machine, and again the next day."""

import os
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.db import connection

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="development has SQLite, whatever the tests have")


@contextmanager
def served(var):
    """The demo with its files in ``var``: where it answers, and what it has printed."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: setting for name, setting in os.environ.items() if name not in {"EMAIL_HOST", "DEBUG"}}
    environment |= {"DJANGO_SETTINGS_MODULE": "cms.settings.dev", "HOST": "127.0.0.1", "PORT": str(port)}
    printed = var.with_suffix(".log")
    with printed.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "manage.py", "serve_demo"],
            cwd=settings.BASE_DIR,
            env=environment | {"VAR_DIR": str(var), "PYTHONUNBUFFERED": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield answering(f"http://127.0.0.1:{port}", server, printed), printed
        finally:
            server.terminate()
            server.wait()


def answering(site, server, printed) -> str:
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urlopen(f"{site}/healthz"):
                return site
        except URLError:
            time.sleep(0.2)
    pytest.fail(f"the demo did not start:\n{printed.read_text()}")


def everything_in(var) -> list[str]:
    with closing(sqlite3.connect(var / "db.sqlite3")) as database:
        return list(database.iterdump())


def test_the_first_start_fills_the_site_and_the_second_changes_nothing(tmp_path):
    var = tmp_path / "var with space"

    with served(var) as (site, printed):
        welcome = printed.read_text()
        for path in ["/", "/udvikling/post/", "/sitemap.xml", "/static/site.css"]:
            with urlopen(site + path) as response:
                assert response.status == 200
    before = everything_in(var)
    with served(var) as (_, printed):
        pass

    for address in ["redaktoer@example.org", "kursus@example.org", "sekretaer.fanoe@example.org", "/udvikling/post/"]:
        assert address in welcome
    assert any("Borgmesterpension" in line for line in before)
    assert "Loading" not in printed.read_text()
    assert everything_in(var) == before


def test_a_port_that_is_taken_is_said_at_once(tmp_path):
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        environment = os.environ | {"DJANGO_SETTINGS_MODULE": "cms.settings.dev", "HOST": "127.0.0.1"}
        refused = subprocess.run(
            [sys.executable, "manage.py", "serve_demo"],
            cwd=settings.BASE_DIR,
            env=environment | {"VAR_DIR": str(tmp_path / "var"), "PORT": str(taken.getsockname()[1])},
            capture_output=True,
            text=True,
            check=False,
        )

    assert refused.returncode == 1
    assert "make run PORT=" in refused.stderr
    assert not (tmp_path / "var").exists()
