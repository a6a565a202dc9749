from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from wagtail.models import Page

from booking.models import FollowUp, OutboxMessage, Person
from home.loading import load
from home.models import FrontPage, OfferPage
from tests.home.conftest import LOADED_AT


def test_a_page_that_was_there_before_is_taken_over_as_it_is(db):
    front = FrontPage(title="Vores egen forside", slug="forside")
    Page.get_first_root_node().add_child(instance=front)

    load(now=LOADED_AT)

    assert FrontPage.objects.get().title == "Vores egen forside"
    assert OfferPage.objects.count() == 29


def test_a_site_in_use_refuses(db, settings):
    settings.DEMO = False

    with pytest.raises(CommandError):
        call_command("load_demo")
    assert not Person.objects.exists()


def test_the_demo_needs_the_catalogue(db, settings):
    settings.DEMO = True

    with pytest.raises(CommandError, match="load_catalogue"):
        call_command("load_demo")


def test_a_new_site_is_filled_without_a_flood_of_lines(transactional_db, settings, capsys):
    settings.DEMO = True
    settings.EMAIL_BACKEND = "cms.mailbox.PrintAndKeep"

    call_command("load_catalogue")
    call_command("load_demo")

    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) < 120
    assert "Subject" not in printed.out
    assert printed.err == ""
    messages = OutboxMessage.objects.all()
    assert messages.exists()
    assert not messages.filter(sent_at=None).exists()
    assert len(list(Path(settings.MAILBOX_DIR).glob("*.eml"))) == messages.count()
    assert not FollowUp.objects.filter(done_at=None).exists()
