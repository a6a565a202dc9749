"""In development a sign-in code can be read in the terminal and on a page."""

import pytest
import time_machine
from django.core.mail import EmailMultiAlternatives, get_connection
from django.utils.translation import gettext

pytestmark = pytest.mark.urls("cms.urls_dev")


def send(subject: str, body: str, attachment: str = "") -> None:
    message = EmailMultiAlternatives(subject, body, to=["sekretaer.fanoe@example.org"])
    message.connection = get_connection("cms.mailbox.PrintAndKeep")
    message.attach_alternative("<p>html</p>", "text/html")
    if attachment:
        message.attach("afholdelse.ics", attachment, "text/calendar")
    message.send()


def test_mail_is_printed_as_a_person_reads_it(capsys):
    send("Din kode på siden", "Koden er ÆØÅ123", attachment="BEGIN:VCALENDAR")

    printed = capsys.readouterr().out
    assert "To: sekretaer.fanoe@example.org" in printed
    assert "Subject: Din kode på siden" in printed
    assert "Koden er ÆØÅ123" in printed
    assert "[afholdelse.ics]\nBEGIN:VCALENDAR" in printed
    assert "html" not in printed


def test_the_page_shows_the_newest_first(client, db):
    send("Den første", "Kode A")
    send("Den anden", "Kode <B>")

    response = client.get("/udvikling/post/")

    page = response.content.decode()
    assert page.index("Den anden") < page.index("Den første")
    assert "Kode &lt;B&gt;" in page
    assert "no-store" in response["Cache-Control"]


@time_machine.travel("2026-11-22T12:00+00:00", tick=False)
def test_the_page_tells_danish_time(client, db):
    send("Din kode", "Kode A")

    assert "13.00" in client.get("/udvikling/post/").content.decode()


def test_an_empty_mailbox_says_so(client, db):
    assert gettext("No mail has been sent yet.") in client.get("/udvikling/post/").content.decode()
