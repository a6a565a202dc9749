"""Logs help without telling on anyone."""

import json
import logging
import sys

import pytest

from cms.logs import JsonFormatter, ReadableFormatter, scrubbed

KEY = "Xk3vQm9PzR7tLw2YbN8sHd5fGj4cVa6uEoT1iMxKqWe"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("mail to borgmester.fanoe@example.org refused", "mail to <e-mail> refused"),
        ("Key (email)=(a.b+c@example.org) exists", "Key (email)=(<e-mail>) exists"),
        ("GET /kalender/?q=pension&til=a@example.org 200", "GET /kalender/?<query> 200"),
        (f"GET /kalender/{KEY}.ics 200", "GET /kalender/<token>.ics 200"),
        ("GET /kalender/" + "0f" * 32 + "/ 200", "GET /kalender/<token>/ 200"),
        (
            "GET /tilbud/borgmesterkursus-2026-2029-det-personlige-lederskab-modul-3/ 200",
            "GET /tilbud/borgmesterkursus-2026-2029-det-personlige-lederskab-modul-3/ 200",
        ),
        ("booking 7KQ2-M4 confirmed", "booking 7KQ2-M4 confirmed"),
    ],
)
def test_what_tells_on_people_is_not_kept(text, kept):
    assert scrubbed(text) == kept


def record_of_a_failure() -> logging.LogRecord:
    try:
        try:
            raise KeyError("sekretaer.fanoe@example.org")
        except KeyError as error:
            raise ValueError("null in column x\nDETAIL: Failing row contains (Bente Andersen, 2412001234)") from error
    except ValueError:
        return logging.LogRecord("booking", logging.ERROR, __file__, 1, "order %s", ("7KQ2",), sys.exc_info())


def test_production_writes_one_json_object_a_line():
    line = JsonFormatter().format(record_of_a_failure())

    entry = json.loads(line)
    assert "\n" not in line
    assert (entry["level"], entry["logger"], entry["message"]) == ("error", "booking", "order 7KQ2")
    assert "ValueError: null in column x" in entry["error"]
    assert "KeyError: '<e-mail>'" in entry["error"]  # its cause
    assert "record_of_a_failure" in entry["error"]


def test_an_error_does_not_carry_the_row_it_failed_on():
    line = JsonFormatter().format(record_of_a_failure())

    assert "Andersen" not in line
    assert "2412001234" not in line
    assert "@" not in line


def test_a_missing_page_is_logged_without_what_was_asked(client, db, caplog):
    caplog.set_level(logging.DEBUG)

    client.post("/findes-ikke/?email=mette@example.org", {"name": "Mette Madsen"})

    lines = [
        formatter.format(record) for formatter in (ReadableFormatter(), JsonFormatter()) for record in caplog.records
    ]
    assert any("/findes-ikke/" in line for line in lines)
    assert not any(secret in line for line in lines for secret in ["mette@", "email=", "Madsen"])


def test_a_made_up_host_is_one_line(client, settings, caplog):
    settings.ALLOWED_HOSTS = ["testserver"]

    assert client.get("/", headers={"host": "made-up.example.org"}).status_code == 400

    [record] = [record for record in caplog.records if record.name == "django.security.DisallowedHost"]
    assert record.exc_info is None
